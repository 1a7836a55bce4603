/*
 * clamd beside us: every file of a folder to its socket by INSTREAM, once or until the time is up,
 * by a number of clients at once. Prints "messages seconds found".
 *
 *     bench_clamd SOCKET FOLDER SECONDS CLIENTS
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"

enum { MOST_FILES = 20000, MOST_BYTES = 64 << 20, MOST_CLIENTS = 64 };

/* What clients share. */
struct count {
	atomic_ulong next, found;
};

static struct buf *requests; /* each with all that goes over the socket */
static size_t request_count;

static void add_size(struct buf *request, size_t size)
{
	uint32_t wire = htonl((uint32_t)size);

	buf_add(request, &wire, sizeof(wire));
}

static void read_mail(const char *folder, const char *name)
{
	char *path = alloc_format("%s/%s", folder, name);
	struct buf bytes = {0}, *request;
	struct err err;

	if (request_count < MOST_FILES && !file_read(path, MOST_BYTES, &bytes, &err) &&
	        bytes.size) {
		requests = alloc_grow(requests, request_count + 1, sizeof(*requests));
		request = &requests[request_count++];
		memset(request, 0, sizeof(*request));
		buf_add(request, "zINSTREAM", 10);
		add_size(request, bytes.size);
		buf_add(request, bytes.data, bytes.size);
		add_size(request, 0);
	}
	buf_fini(&bytes);
	free(path);
}

static void read_folder(const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort), at;

	for (at = 0; at < count; at++) {
		if (names[at]->d_name[0] != '.')
			read_mail(folder, names[at]->d_name);
		free(names[at]);
	}
	if (count >= 0)
		free(names);
}

static int ask(const char *path, const struct buf *request, char *answer, size_t room)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t size = -1;
	struct err err;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
	        !file_write_fd(fd, request->data, request->size, &err))
		size = read(fd, answer, room - 1);
	if (fd >= 0)
		close(fd);
	answer[size > 0 ? size : 0] = '\0';
	return size > 0;
}

static void run(const char *path, int64_t end_us, struct count *count)
{
	const struct buf *request;
	unsigned long number;
	char answer[512];

	while (clock_monotonic_us() < end_us &&
	        (number = atomic_fetch_add(&count->next, 1)) < request_count) {
		request = &requests[number];
		if (!ask(path, request, answer, sizeof(answer)) || strstr(answer, "ERROR")) {
			fprintf(stderr, "bench_clamd: %s\n", *answer ? answer : "no answer");
			_exit(1);
		}
		if (strstr(answer, "FOUND"))
			atomic_fetch_add(&count->found, 1);
	}
}

int main(int argc, char **argv)
{
	struct count *count = mmap(
	        NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int clients, client, status, failed = 0;
	int64_t began_us;

	if (argc != 5)
		return 64;
	clients = atoi(argv[4]);
	read_folder(argv[2]);
	if (!request_count || clients < 1 || clients > MOST_CLIENTS)
		return 64;
	began_us = clock_monotonic_us();
	for (client = 0; client < clients; client++)
		if (fork() == 0) {
			run(argv[1], began_us + atoi(argv[3]) * 1000000ll, count);
			_exit(0);
		}
	while (wait(&status) > 0)
		failed |= status != 0;
	printf("%lu %.3f %lu\n", count->next < request_count ? count->next : request_count,
	        (double)(clock_monotonic_us() - began_us) / 1e6, count->found);
	return failed;
}
