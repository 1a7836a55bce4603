/*
 * What a change does to the signatures of the mail on standard input, for agree_dkim.py. Each
 * argument is one edit ("12:3:6869": at 12, 3 bytes give way to "hi") or the name of a field that
 * is put in front ("+Subject"). A line for each signature: its domain and its effect as a number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/mime/dkim.h"

enum { MAIL_BYTES_MAX = 64 << 20 };

/* In place: bytes are half as long as their hex. */
static size_t unhex(char *text)
{
	size_t size = strlen(text) / 2, at;
	unsigned byte;

	for (at = 0; at < size; at++)
		if (sscanf(text + 2 * at, "%2x", &byte) == 1)
			text[at] = (char)byte;
	return size;
}

static struct dkim_edit edit_of(char *text)
{
	struct dkim_edit edit = {0};
	char *at;

	edit.offset = strtoull(text, &at, 10);
	edit.length = *at ? strtoull(at + 1, &at, 10) : 0;
	if (*at) {
		edit.bytes = at + 1;
		edit.size = unhex(at + 1);
	}
	return edit;
}

static void show(const struct mime_map *map, int count, char **arguments)
{
	struct dkim_edit *edits = alloc_zero((size_t)count, sizeof *edits);
	const char **added = alloc_zero((size_t)count, sizeof *added);
	size_t edit_count = 0, added_count = 0, at;
	struct dkim_signatures signatures;
	struct dkim_change *change;

	for (; count--; arguments++) {
		if (**arguments == '+')
			added[added_count++] = *arguments + 1;
		else
			edits[edit_count++] = edit_of(*arguments);
	}
	dkim_read(&signatures, map);
	change = dkim_change_new(map, edits, edit_count, added, added_count);
	for (at = 0; at < signatures.count; at++)
		printf("%s %u\n", signatures.list[at].domain,
		        dkim_effect(change, &signatures.list[at]));
	dkim_change_free(&change);
	dkim_fini(&signatures);
	free(added);
	free(edits);
}

int main(int argc, char **argv)
{
	struct buf mail = {0};
	struct err err;
	struct mime_map *map;

	if (file_read_fd(STDIN_FILENO, MAIL_BYTES_MAX, &mail, &err) != RESULT_OK) {
		fprintf(stderr, "show_dkim: %s\n", err.text);
		return 1;
	}
	map = mime_map_new(mail.data, mail.size, NULL);
	show(map, argc - 1, argv + 1);
	mime_map_free(&map);
	buf_fini(&mail);
	return 0;
}
