/*
 * How fast the map reads, beside GMime, over the messages under the folders named (or over made-up
 * ones): megabytes a second of each, in one run. Then how long it takes over a megabyte that is
 * made to be slow: what each kind costs, how that compares with the others, and what twice as much
 * of it costs. Exits 1 where a kind is 20 times as slow as the middle one, or more than linear.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/mime/decode.h"
#include "lib/mime/view.h"
#include "tests/unit/lib/mime/hostile.h"

enum { HOSTILE_BYTES = 1 << 20, ROUNDS = 3 };

/* Slower than this is told: so many times the middle one; so many times as much for twice the size,
 * where it takes long enough to be measured. */
static const double MULTIPLE_MOST = 20, GROWTH_MOST = 3;
static const double LEAST_MS = 2;

static struct {
	struct buf *items;
	size_t count, bytes;
} mails;

static void add(struct buf *text)
{
	buf_add(text, "", 0);
	mails.items = alloc_grow(mails.items, mails.count + 1, sizeof *mails.items);
	mails.items[mails.count++] = *text;
	mails.bytes += text->size;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	struct buf text = {0};
	struct err err;

	if (kind == FTW_F && file_read(path, 64 << 20, &text, &err) == RESULT_OK)
		add(&text);
	return 0;
}

/* A short text and a file of a megabyte, many times. */
static void make_mails(void)
{
	size_t nth, line;

	for (nth = 0; nth < 20; nth++) {
		struct buf text = {0};

		buf_add_string(&text,
		        "Subject: bench\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
		        "--B\r\n\r\nhello\r\n--B\r\nContent-Type: application/zip\r\n"
		        "Content-Transfer-Encoding: base64\r\n\r\n");
		for (line = 0; line < 13500; line++)
			buf_add_string(&text,
			        "UEsDBBQAAAAIAABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
			        "stuvwxyz01234567\r\n");
		buf_add_string(&text, "--B--\r\n");
		add(&text);
	}
}

static void read_map(const struct buf *text)
{
	struct mime_map *map = mime_map_new(text->data, text->size, NULL);

	mime_map_free(&map);
}

static void read_view(const struct buf *text)
{
	struct view *view = view_new(text->data, text->size, NULL);

	view_free(&view);
}

static void read_parse(const struct buf *text)
{
	view_parse(text->data, text->size);
}

/* The best of some rounds, as the machine may be busy. */
static double measure(const char *name, void (*read)(const struct buf *text))
{
	int64_t best = INT64_MAX, start, took;
	size_t at, round;
	double speed;

	for (round = 0; round < 5; round++) {
		start = clock_monotonic_us();
		for (at = 0; at < mails.count; at++)
			read(&mails.items[at]);
		took = clock_monotonic_us() - start;
		best = took < best ? took : best;
	}
	speed = (double)mails.bytes / (double)(best ? best : 1);
	printf("%-24s %8.1f MB/s\n", name, speed);
	return speed;
}

/* ---------------------------------------------------------------- made to be slow */

struct cost {
	const char *name;
	double map_ms, whole_ms; /* the map alone; with all contents decoded */
	double growth;           /* of the whole, from half the size to all of it */
};

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int has_content(const struct mime_part *part)
{
	return part->needs_decoding || (!part->is_multipart && !part->is_message);
}

/* As a filter reads it: each content under every candidate encoding, and what is said to hold parts
 * once it is decoded mapped again. */
static void decode_all(const struct mime_map *map)
{
	struct mime_map *inner;
	struct buf out = {0};
	unsigned encoding;
	size_t at;

	for (at = 0; at < map->part_count; at++)
		for (encoding = 0; encoding < MIME_UNKNOWN_ENCODING; encoding++) {
			if (!has_content(&map->parts[at]) ||
			        !(map->parts[at].encodings >> encoding & 1))
				continue;
			buf_clear(&out);
			decode_part(map, at, (enum mime_encoding)encoding, &out);
			if (!map->parts[at].needs_decoding || !out.size)
				continue;
			inner = mime_map_new_decoded(map, at, out.data, out.size, NULL);
			mime_map_free(&inner);
		}
	buf_fini(&out);
}

/* The best of some rounds of both. */
static struct cost time_of(const struct buf *text)
{
	struct cost best = {.map_ms = 1e9, .whole_ms = 1e9};
	struct mime_map *map;
	double start, mapped, done;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		start = cpu_ms();
		map = mime_map_new(text->data, text->size, NULL);
		mapped = cpu_ms();
		decode_all(map);
		done = cpu_ms();
		mime_map_free(&map);
		best.map_ms = mapped - start < best.map_ms ? mapped - start : best.map_ms;
		best.whole_ms = done - start < best.whole_ms ? done - start : best.whole_ms;
	}
	return best;
}

static struct cost cost_of(const struct hostile *hostile)
{
	struct buf half = {0}, text = {0};
	struct cost before, cost;

	hostile_make(hostile, HOSTILE_BYTES / 2, &half);
	hostile_make(hostile, HOSTILE_BYTES, &text);
	before = time_of(&half);
	cost = time_of(&text);
	cost.name = hostile->name;
	cost.growth = before.whole_ms > 0 ? cost.whole_ms / before.whole_ms : 0;
	buf_fini(&half);
	buf_fini(&text);
	return cost;
}

static int by_map(const void *a, const void *b)
{
	const struct cost *left = a, *right = b;

	return left->map_ms < right->map_ms ? 1 : left->map_ms > right->map_ms ? -1 : 0;
}

static int by_whole(const void *a, const void *b)
{
	const struct cost *left = a, *right = b;

	return left->whole_ms < right->whole_ms ? 1 : left->whole_ms > right->whole_ms ? -1 : 0;
}

static int tell_worst(const char *what, const char *worst, double most_ms, double median_ms)
{
	double multiple = most_ms / median_ms;

	printf("%s: median %.2f ms, worst \"%s\" %.2f ms, %.1f times the median%s\n", what,
	        median_ms, worst, most_ms, multiple, multiple > MULTIPLE_MOST ? ", TOO SLOW" : "");
	return multiple > MULTIPLE_MOST;
}

/* Gives whether something is too slow. */
static int measure_hostile(void)
{
	struct cost costs[HOSTILES];
	int slow = 0;
	size_t at;

	for (at = 0; at < HOSTILES; at++)
		costs[at] = cost_of(&hostiles[at]);
	qsort(costs, HOSTILES, sizeof *costs, by_whole);
	printf("\n%-36s %10s %14s %18s\n", "a megabyte of", "map, ms", "decoded, ms",
	        "for twice the size");
	for (at = 0; at < HOSTILES; at++) {
		int grows = costs[at].growth > GROWTH_MOST && costs[at].whole_ms > LEAST_MS;

		printf("%-36s %10.2f %14.2f %17.1fx%s\n", costs[at].name, costs[at].map_ms,
		        costs[at].whole_ms, costs[at].growth, grows ? " NOT LINEAR" : "");
		slow |= grows;
	}
	slow |= tell_worst(
	        "map and contents", costs[0].name, costs[0].whole_ms, costs[HOSTILES / 2].whole_ms);
	qsort(costs, HOSTILES, sizeof *costs, by_map);
	slow |= tell_worst("map alone", costs[0].name, costs[0].map_ms, costs[HOSTILES / 2].map_ms);
	return slow;
}

int main(int argc, char **argv)
{
	double map, gmime;
	int at;

	view_start();
	for (at = 1; at < argc; at++)
		nftw(argv[at], visit, 16, FTW_PHYS);
	if (argc < 2)
		make_mails();
	printf("%zu messages, %.1f MB\n", mails.count, (double)mails.bytes / 1e6);
	map = measure("map", read_map);
	gmime = measure("GMime, parse alone", read_parse);
	measure("GMime, with contents", read_view);
	printf("map / GMime parse: %.1f\n", map / gmime);
	return measure_hostile();
}
