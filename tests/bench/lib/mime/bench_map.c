/*
 * How fast the map reads, beside GMime, over the messages under the folders named (or over made-up
 * ones): megabytes a second of each, in one run.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/mime/view.h"

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
	return 0;
}
