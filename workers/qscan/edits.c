#include "workers/qscan/edits.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/base64.h"
#include "lib/base/text.h"
#include "lib/mime/lines.h"

enum { BEYOND_MOST = 1000 };

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

static int is_our_name(const unsigned char *name, size_t length)
{
	static const char *const prefixes[] = {"X-Spam-", "X-Lazaret"};
	size_t i, size;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size = strlen(prefixes[i]);
		if (length >= size && text_same_bytes((const char *)name, size, prefixes[i]))
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

/* A line that goes; one that begins with a blank goes with the one before. */
static int goes(const struct mime_map *map, const struct line *line, int went)
{
	const unsigned char *text = map->bytes + line->start;

	return *text == ' ' || *text == '\t' ? went : is_our_name(text, line->end - line->start);
}

/* Behind the last field that the map has. So that a header of nothing else makes no script without
 * end, all of the rest goes with the last of many. */
static void strip_beyond(struct edits *edits, const struct mime_map *map)
{
	const struct mime_part *root = &map->parts[0];
	const struct mime_field *last = &map->fields[root->first_field + root->field_count - 1];
	size_t at = behind_line_end(map, last->value.offset + last->value.length),
	       end = root->header.offset + root->header.length, from = at, runs = 0;
	struct line line;
	int went = 0, now;

	for (; at < end; at = line.next, went = now) {
		lines_read(map->bytes, at, end, 0, &line);
		if (line.start == line.end)
			break;
		now = runs == BEYOND_MOST || goes(map, &line, went);
		if (now && !went) {
			from = at;
			runs++;
		} else if (went && !now) {
			edits_add(edits, from, at - from, NULL);
		}
	}
	if (went)
		edits_add(edits, from, at - from, NULL);
}

void edits_strip_fields(struct edits *edits, const struct mime_map *map)
{
	const struct mime_part *root = &map->parts[0];
	const struct mime_field *field;
	size_t i, end;

	if (root->field_count && root->noted & UINT64_C(1) << MIME_ANOMALY_TOO_MANY_FIELDS)
		strip_beyond(edits, map);
	for (i = 0; i < root->field_count; i++) {
		field = &map->fields[root->first_field + i];
		if (!is_our_name(map->bytes + field->name.offset, field->name.length))
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
