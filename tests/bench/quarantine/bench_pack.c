/*
 * What compressing saves and costs: `bench_pack FOLDER MAILS [MOST]` stores the mails in a folder
 * (each a file, MOST of them, 3000 where nothing is said), whole, in groups of 32 as from as many
 * writers, for each level of zstd into stores of their own in FOLDER, three times in turn, and
 * tells the medians. FOLDER must not be there; it is left for looking at.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "quarantine/store.h"
#include "quarantine/strings.h"

enum { WRITERS = 32, MOST = 3000, MAIL_MOST = 16 << 20, ROUNDS = 3, LEVELS = 5 };

static const int64_t start_ms = INT64_C(1795000000000);
static const int levels[LEVELS] = {0, 1, 3, 9, 19};
static struct buf *mails;
static size_t count, bytes;
static struct err err;

struct measured {
	double rates[ROUNDS]; /* mails a second */
	double cpu[ROUNDS];   /* seconds */
	uint64_t used;        /* bytes of the store */
};

static void need(enum result result, const char *what)
{
	if (result == RESULT_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err.text);
	exit(1);
}

static void read_mail(const char *path)
{
	struct buf mail = {0};

	if (file_read(path, MAIL_MOST, &mail, &err) || !mail.size) {
		buf_fini(&mail);
		return;
	}
	mails = alloc_grow(mails, count + 1, sizeof(*mails));
	mails[count++] = mail;
	bytes += mail.size;
}

static void read_folder(const char *path, size_t most)
{
	const struct dirent *entry;
	DIR *folder = opendir(path);
	struct stat stat_of;
	char *name;

	while (folder && count < most && (entry = readdir(folder))) {
		if (*entry->d_name == '.')
			continue;
		name = alloc_format("%s/%s", path, entry->d_name);
		if (!stat(name, &stat_of) && S_ISDIR(stat_of.st_mode))
			read_folder(name, most);
		else
			read_mail(name);
		free(name);
	}
	if (folder)
		closedir(folder);
}

static void put(struct store *store, size_t number)
{
	Lz__Store request = LZ__STORE__INIT;
	Lz__Stored answer = LZ__STORED__INIT;
	Lz__Item item = LZ__ITEM__INIT, *items[] = {&item};
	Lz__Recipient recipient = LZ__RECIPIENT__INIT, *recipients[] = {&recipient};
	char id[17], message[33];
	unsigned mixed = (unsigned)number * 2654435761u; /* ids come in no order */

	snprintf(id, sizeof(id), "%08x%08u", mixed, (unsigned)number);
	snprintf(message, sizeof(message), "%08x%024u", mixed, (unsigned)number);
	item.id = id;
	item.message_id = message;
	item.reason = (char *)"spam";
	item.keep_original = 1;
	recipient.address = (char *)"user@example.com";
	item.recipients = recipients;
	item.n_recipients = 1;
	request.message_id = message;
	request.items = items;
	request.n_items = 1;
	need(store_put(store, &request, mails[number].data, mails[number].size, &answer, &err),
	        "store");
	strings_clear(&answer.items, &answer.n_items);
	free(answer.message_id);
}

/* As qstore has them: nothing is answered before it was read back. */
static void check(struct store *store, size_t from, size_t to)
{
	char id[17], *ids[] = {id};
	size_t at;

	for (at = from; at < to; at++) {
		snprintf(id, sizeof(id), "%08x%08u", (unsigned)at * 2654435761u, (unsigned)at);
		need(store_check(store, ids, 1, &err), "read back");
	}
}

static void fill(struct store *store)
{
	size_t from, at, to;

	for (from = 0; from < count; from = to) {
		to = from + WRITERS < count ? from + WRITERS : count;
		need(store_begin(store, start_ms, &err), "begin");
		for (at = from; at < to; at++)
			put(store, at);
		need(store_commit(store, &err), "commit");
		check(store, from, to);
	}
}

static void measure(const char *folder, int round, int level, struct measured *out)
{
	char *path = alloc_format("%s/%d.%d", folder, level, round);
	struct store_options options = {.backend = {.path = path, .size = (uint64_t)8 << 30},
	        .max_item_size = MAIL_MOST,
	        .compress_level = level};
	struct backend_space space;
	struct store *store;
	int64_t began_us, cpu_us;

	need(store_open(&backend_lmdb, &options, &store, &err), "open");
	began_us = clock_monotonic_us();
	cpu_us = (int64_t)clock();
	fill(store);
	out->rates[round] = (double)count * 1e6 / (double)(clock_monotonic_us() - began_us);
	out->cpu[round] = (double)((int64_t)clock() - cpu_us) / CLOCKS_PER_SEC;
	need(store_space(store, &space, &err), "space");
	out->used = space.used_bytes;
	store_close(&store);
	free(path);
}

static int by_number(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static double median(double *numbers)
{
	qsort(numbers, ROUNDS, sizeof(*numbers), by_number);
	return numbers[ROUNDS / 2];
}

static void tell(struct measured *all)
{
	double base_rate = median(all[0].rates), base_cpu = median(all[0].cpu);
	size_t at;

	printf("%zu mails of %zu bytes together\n"
	       "level  store's bytes  of plain  mails/s  of plain  CPU ms/mail  of plain\n",
	        count, bytes);
	for (at = 0; at < LEVELS; at++) {
		double rate = median(all[at].rates), cpu = median(all[at].cpu);

		printf("%5d  %13llu  %8.3f  %7.0f  %8.3f  %11.3f  %8.2f\n", levels[at],
		        (unsigned long long)all[at].used,
		        (double)all[at].used / (double)all[0].used, rate, rate / base_rate,
		        cpu * 1000 / (double)count, cpu / base_cpu);
	}
}

int main(int argc, char **argv)
{
	static struct measured all[LEVELS];
	int round, at;

	if (argc < 3 || mkdir(argv[1], 0700) < 0) {
		fprintf(stderr, "usage: bench_pack NEW-FOLDER MAILS [MOST]\n");
		return 2;
	}
	read_folder(argv[2], argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : MOST);
	for (round = 0; round < ROUNDS; round++)
		for (at = 0; at < LEVELS; at++)
			measure(argv[1], round, levels[at], &all[at]);
	tell(all);
	return 0;
}
