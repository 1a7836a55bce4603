#include "workers/qscan/edits.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/base64.h"
#include "lib/base/text.h"

void edits_add(struct edits *edits, size_t offset, size_t length, struct buf *replacement)
{
	struct edit *edit;

	edits->list = alloc_grow(edits->list, edits->count + 1, sizeof(*edits->list));
	edit = &edits->list[edits->count++];
	edit->offset = offset;
	edit->length = length;
	memset(&edit->replacement, 0, sizeof(edit->replacement));
	if (replacement) {
		edit->replacement = *replacement;
		memset(replacement, 0, sizeof(*replacement));
	}
}

static int is_ours(const struct mime_map *map, const struct mime_field *field)
{
	static const char *const prefixes[] = {"X-Spam-", "X-Lazaret"};
	const char *name = (const char *)map->bytes + field->name.offset;
	size_t i, size;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size = strlen(prefixes[i]);
		if (field->name.length >= size && text_same_bytes(name, size, prefixes[i]))
			return 1;
	}
	return 0;
}

static size_t behind_line_end(const struct mime_map *map, size_t at)
{
	if (at < map->size && map->bytes[at] == '\r')
		at++;
	if (at < map->size && map->bytes[at] == '\n')
		at++;
	return at;
}

void edits_strip_fields(struct edits *edits, const struct mime_map *map)
{
	const struct mime_part *root = &map->parts[0];
	const struct mime_field *field;
	size_t i, end;

	for (i = 0; i < root->field_count; i++) {
		field = &map->fields[root->first_field + i];
		if (!is_ours(map, field))
			continue;
		end = behind_line_end(map, field->value.offset + field->value.length);
		edits_add(edits, field->name.offset, end - field->name.offset, NULL);
	}
}

/* The blank behind stands inside the word: blanks between two encoded words are not shown (RFC 2047
 * section 6.2). */
char *edits_word(const char *text)
{
	size_t size = strlen(text);
	struct buf word = {0};
	char *spaced;

	while (size && text[size - 1] == ' ')
		size--;
	if (text_is_printable(text))
		return alloc_bytes(text, size);
	spaced = alloc_format("%.*s ", (int)size, text);
	buf_add_string(&word, "=?UTF-8?B?");
	base64_add(&word, spaced, strlen(spaced));
	buf_add_string(&word, "?=");
	free(spaced);
	return buf_give(&word);
}

int edits_prefix_subject(struct edits *edits, const struct mime_map *map, const char *prefix)
{
	const struct mime_field *field;
	char *word = edits_word(prefix);
	struct buf text;
	size_t nth, at;

	for (nth = 0; (field = mime_field(map, 0, "Subject", nth)) != NULL; nth++) {
		at = field->value.offset;
		memset(&text, 0, sizeof(text));
		buf_add_format(&text, " %s", word);
		if (!field->value.length || !strchr(" \t", map->bytes[at]))
			buf_add_char(&text, ' ');
		edits_add(edits, at, 0, &text);
	}
	free(word);
	return nth > 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct edit *one = a, *other = b;

	if (one->offset != other->offset)
		return one->offset < other->offset ? -1 : 1;
	return (one->length > other->length) - (one->length < other->length);
}

/* A hidden field lies inside the one that hides it: both deletions are one. */
static int join(struct edit *last, const struct edit *next)
{
	size_t end = next->offset + next->length;

	if (last->replacement.size || next->replacement.size)
		return 0;
	if (end > last->offset + last->length)
		last->length = end - last->offset;
	return 1;
}

int edits_settle(struct edits *edits)
{
	struct edit *last = NULL;
	size_t i, kept = 0;

	if (edits->count)
		qsort(edits->list, edits->count, sizeof(*edits->list), by_offset);
	for (i = 0; i < edits->count; i++) {
		struct edit *next = &edits->list[i];

		if (last && next->offset < last->offset + last->length) {
			if (!join(last, next))
				return 0;
			continue;
		}
		last = &edits->list[kept++];
		if (last != next) {
			*last = *next;
			memset(&next->replacement, 0, sizeof(next->replacement));
		}
	}
	edits->count = kept;
	return 1;
}

void edits_fini(struct edits *edits)
{
	size_t i;

	for (i = 0; i < edits->count; i++)
		buf_fini(&edits->list[i].replacement);
	free(edits->list);
	memset(edits, 0, sizeof(*edits));
}
