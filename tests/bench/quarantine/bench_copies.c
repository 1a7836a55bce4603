/*
 * What copies of one attachment cost: `bench_copies FOLDER [COUNT [BYTES]]`. COUNT messages (ten
 * thousand), each with a head of its own and all with the same attachment (1 MB), are stored as
 * they come, wholly kept; and beside, in a second quarantine, the same messages with an attachment
 * of 16 bytes. What the first takes more is what the attachment costs beside the records.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "tests/bench/quarantine/copies.h"

static uint64_t measure(const char *folder, unsigned count, size_t bytes)
{
	char *path = alloc_format("%s/%zu", folder, bytes), *data;
	int64_t began_us = clock_monotonic_us();
	struct stat st = {0};
	struct err err = {""};
	uint64_t used;

	if (copies_store(path, count, bytes, &used, &err)) {
		fprintf(stderr, "bench_copies: %s\n", err.text);
		exit(1);
	}
	data = alloc_format("%s/data.mdb", path);
	stat(data, &st);
	printf("%u messages with the same %zu bytes: %.2f MB of pages in use, a file of %.2f MB, "
	       "%.1f s\n",
	        count, bytes, (double)used / 1e6, (double)st.st_size / 1e6,
	        (double)(clock_monotonic_us() - began_us) / 1e6);
	free(data);
	free(path);
	return used;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 10000;
	size_t bytes = argc > 3 ? (size_t)atoll(argv[3]) : 1000000;
	uint64_t with, without;

	if (argc < 2 || !count || bytes < 16) {
		fprintf(stderr, "bench_copies FOLDER [COUNT [BYTES]]\n");
		return 64;
	}
	with = measure(argv[1], count, bytes);
	without = measure(argv[1], count, 16);
	printf("the copies cost %.2f MB besides the records\n",
	        ((double)with - (double)without) / 1e6);
	return 0;
}
