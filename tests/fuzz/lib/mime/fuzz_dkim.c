/*
 * A line of the form "offset length replacement", then a mail. Whatever they are: without a change
 * nothing breaks; the effect is the same whether the change is told as one edit, as three, or as a
 * whole new message, and whichever line ends it has.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/mime/dkim.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { REPLACEMENT_MAX = 200 };

static void check_signatures(const struct dkim_signatures *signatures, const struct mime_map *map)
{
	size_t at, name;

	assert(signatures->count <= DKIM_SIGNATURES_MAX);
	for (at = 0; at < signatures->count; at++) {
		const struct dkim_signature *signature = &signatures->list[at];

		assert(signature->offset < map->size);
		assert(signature->name_count <= DKIM_NAMES_MAX);
		assert(signature->body_length >= -1);
		assert(signature->unreadable || (*signature->domain && *signature->selector));
		for (name = 0; name < signature->name_count; name++)
			assert(*signature->names[name]);
	}
}

/* The effects on all signatures, as digits; to be freed. */
static char *effects(const struct mime_map *map, const struct dkim_edit *edits, size_t count,
        const char *const *added, size_t added_count)
{
	struct dkim_change *change = dkim_change_new(map, edits, count, added, added_count);
	struct dkim_signatures signatures;
	struct buf out = {0};
	size_t at;

	dkim_read(&signatures, map);
	check_signatures(&signatures, map);
	for (at = 0; at < signatures.count; at++) {
		unsigned effect = dkim_effect(change, &signatures.list[at]);

		assert(effect <= DKIM_UNREADABLE);
		buf_add_char(&out, (char)('0' + effect));
	}
	buf_add(&out, "", 0);
	dkim_change_free(&change);
	dkim_fini(&signatures);
	return buf_give(&out);
}

/* Takes both. */
static void check_same(char *one, char *other)
{
	assert(strcmp(one, other) == 0);
	free(one);
	free(other);
}

static void check_unchanged(const struct mime_map *map)
{
	struct dkim_edit same = {0, map->size, map->bytes, map->size};
	char *effect = effects(map, NULL, 0, NULL, 0), *at;

	for (at = effect; *at; at++)
		assert(*at == '0' + DKIM_KEPT || *at == '0' + DKIM_UNREADABLE);
	check_same(effect, effects(map, &same, 1, NULL, 0));
}

/* With LF as CRLF, and back: CR CR LF would not be what it was. */
static void add_with_line_ends(struct buf *out, const char *bytes, size_t size, int crlf)
{
	size_t at;

	for (at = 0; at < size; at++) {
		if (bytes[at] == '\n' && crlf && (!at || bytes[at - 1] != '\r'))
			buf_add_char(out, '\r');
		if (bytes[at] == '\r' && !crlf && at + 1 < size && bytes[at + 1] == '\n' &&
		        (!at || bytes[at - 1] != '\r'))
			continue;
		buf_add_char(out, bytes[at]);
	}
}

static void check_whole(const struct mime_map *map, const struct dkim_edit *edit)
{
	static const char *const added[] = {"X-Added", "From"};
	struct buf out = {0}, ends = {0};
	struct dkim_edit whole = {0, map->size, NULL, 0};
	int crlf;

	buf_add(&out, map->bytes, edit->offset);
	buf_add(&out, edit->bytes, edit->size);
	buf_add(&out, map->bytes + edit->offset + edit->length,
	        map->size - edit->offset - edit->length);
	for (crlf = 0; crlf <= 1; crlf++) {
		buf_clear(&ends);
		add_with_line_ends(&ends, out.data, out.size, crlf);
		whole.bytes = ends.data;
		whole.size = ends.size;
		check_same(effects(map, edit, 1, NULL, 0), effects(map, &whole, 1, NULL, 0));
		check_same(effects(map, edit, 1, added, 2), effects(map, &whole, 1, added, 2));
	}
	buf_fini(&out);
	buf_fini(&ends);
}

static void check_pieces(const struct mime_map *map, const struct dkim_edit *edit)
{
	size_t half = edit->size / 2, middle = edit->length / 2;
	struct dkim_edit three[] = {{edit->offset, 0, edit->bytes, half},
	        {edit->offset, middle, NULL, 0},
	        {edit->offset + middle, edit->length - middle, (const char *)edit->bytes + half,
	                edit->size - half}};

	check_same(effects(map, edit, 1, NULL, 0), effects(map, three, 3, NULL, 0));
}

/* Reads the first line, gives where the mail begins. */
static size_t read_edit(const uint8_t *bytes, size_t size, char *line, struct dkim_edit *edit)
{
	const uint8_t *end = size ? memchr(bytes, '\n', size) : NULL;
	size_t length = end ? (size_t)(end - bytes) : 0;
	int text = 0;

	length = length < REPLACEMENT_MAX ? length : REPLACEMENT_MAX;
	memcpy(line, bytes, length);
	line[length] = '\0';
	if (sscanf(line, "%5zu %5zu %n", &edit->offset, &edit->length, &text) < 2)
		text = 0;
	edit->bytes = line + text;
	edit->size = length - (size_t)text;
	return end ? (size_t)(end - bytes) + 1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char line[REPLACEMENT_MAX + 1];
	struct dkim_edit edit = {0};
	size_t skip = read_edit(bytes, size, line, &edit);
	struct mime_map *map = mime_map_new(bytes + skip, size - skip, NULL);

	edit.offset = edit.offset < map->size ? edit.offset : map->size;
	if (edit.length > map->size - edit.offset)
		edit.length = map->size - edit.offset;
	check_unchanged(map);
	check_whole(map, &edit);
	check_pieces(map, &edit);
	mime_map_free(&map);
	return 0;
}
