#include "workers/qscan/raw_form.h"

#include <string.h>
#include <strings.h>

#include "lib/base/text.h"

enum {
	LINE_MOST = 990,         /* libclamav breaks lines of 998 bytes and more */
	CANDIDATES_MOST = 10000, /* lines that are compared with boundaries */
};

struct line {
	const char *bytes;
	size_t size; /* without its end */
};

/* The line at *at, which moves behind it. */
static struct line next_line(const char **at, const char *end)
{
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	struct line line = {*at, (size_t)((stop ? stop : end) - *at)};

	*at = stop ? stop + 1 : end;
	if (line.size && line.bytes[line.size - 1] == '\r')
		line.size--;
	return line;
}

static int is_blank(const char *bytes, size_t size)
{
	size_t at;

	for (at = 0; at < size; at++)
		if (!strchr(" \t\r\n", bytes[at]))
			return 0;
	return 1;
}

static int begins(const char *bytes, size_t size, const char *word)
{
	size_t length = strlen(word);

	return size >= length && text_same_bytes(bytes, length, word);
}

/* ---------------------------------------------------------------- lines */

static const char *line_oddity(const struct mime_map *map)
{
	const char *at = (const char *)map->bytes, *end = at + map->size;

	if (memchr(map->bytes, '\0', map->size))
		return "a NUL";
	while (at < end)
		if (next_line(&at, end).size > LINE_MOST)
			return "a line that is too long";
	return NULL;
}

/* ---------------------------------------------------------------- headers */

static const struct mime_field *last_field(const struct mime_map *map, const struct mime_part *part)
{
	return &map->fields[part->first_field + part->field_count - 1];
}

/* A field that ends in a semicolon takes the next one with it. */
static int has_open_field(const struct mime_map *map, const struct mime_part *part)
{
	const struct mime_field *field = &map->fields[part->first_field];

	if (!part->field_count)
		return 0;
	for (; field < last_field(map, part); field++) {
		const char *name = (const char *)map->bytes + field[1].name.offset;
		const char *value = (const char *)map->bytes + field->value.offset;
		size_t size = field->value.length;

		while (size && is_blank(value + size - 1, 1))
			size--;
		if (size && value[size - 1] == ';' &&
		        begins(name, field[1].name.length, "content-"))
			return 1;
	}
	return 0;
}

/* libclamav looks for more fields behind the empty line that ends a header, and for all of them
 * where there is no header. */
static const char *header_oddity(const struct mime_map *map, size_t index)
{
	static const char *const fields[] = {"content", "filename=", "message-id:", "date:"};
	const struct mime_part *part = &map->parts[index];
	size_t at;

	if (index && !part->field_count)
		return "a part without a header";
	for (at = 0; at < sizeof(fields) / sizeof(fields[0]); at++)
		if (begins((const char *)map->bytes + part->body.offset, part->body.length,
		            fields[at]))
			return "a body that begins like a header";
	return has_open_field(map, part) ? "a field that ends in a semicolon" : NULL;
}

/* ---------------------------------------------------------------- delimiters */

struct delimiters {
	const char *boundary;
	size_t length;
	size_t candidates;
	const char *behind; /* the closing delimiter; NULL: it was not met */
};

/* Whatever is left out of it as a comment. */
static int has_in_order(struct line line, const char *boundary)
{
	size_t at;

	for (at = 0; at < line.size && *boundary; at++)
		boundary += strncasecmp(line.bytes + at, boundary, 1) == 0;
	return !*boundary;
}

static int is_delimiter(const struct delimiters *delimiters, struct line line)
{
	return line.size == delimiters->length + 2 && !memcmp(line.bytes, "--", 2) &&
	       !memcmp(line.bytes + 2, delimiters->boundary, delimiters->length);
}

static int is_closing(const struct delimiters *delimiters, struct line line)
{
	size_t length = delimiters->length;

	return line.size >= length + 4 && !memcmp(line.bytes, "--", 2) &&
	       !memcmp(line.bytes + 2, delimiters->boundary, length) &&
	       !memcmp(line.bytes + 2 + length, "--", 2) &&
	       is_blank(line.bytes + length + 4, line.size - length - 4);
}

/* It accepts many a line that has the boundary in it and begins with "-", or with "(" once its
 * comments are gone. */
static int is_lookalike(const struct delimiters *delimiters, struct line line)
{
	if (!line.size || (*line.bytes != '-' && *line.bytes != '('))
		return 0;
	if (memchr(line.bytes, '(', line.size))
		return memchr(line.bytes, '-', line.size) &&
		       has_in_order(line, delimiters->boundary);
	return text_find(line.bytes, line.size, delimiters->boundary) != NULL;
}

static const char *odd_delimiter(
        struct delimiters *delimiters, const struct mime_map *map, const struct mime_part *part)
{
	const char *at = (const char *)map->bytes + part->body.offset,
	           *end = at + part->body.length;
	struct line line;

	while (at < end) {
		line = next_line(&at, end);
		delimiters->candidates += line.size && (*line.bytes == '-' || *line.bytes == '(');
		if (delimiters->candidates > CANDIDATES_MOST)
			return "too many lines like delimiters";
		if (!is_lookalike(delimiters, line))
			continue;
		if (!is_delimiter(delimiters, line) && !is_closing(delimiters, line))
			return "a line like a delimiter";
		if (!is_delimiter(delimiters, line) && !delimiters->behind)
			delimiters->behind = at;
	}
	return NULL;
}

/* What stands behind the last part is one more for libclamav. */
static const char *multipart_oddity(
        const struct mime_map *map, const struct mime_part *part, size_t *candidates)
{
	struct delimiters delimiters = {part->boundary, strlen(part->boundary), *candidates, NULL};
	const char *end = (const char *)map->bytes + part->body.offset + part->body.length;
	const char *why = odd_delimiter(&delimiters, map, part);

	*candidates = delimiters.candidates;
	if (why)
		return why;
	if (!delimiters.behind)
		return "a multipart without its end";
	return is_blank(delimiters.behind, (size_t)(end - delimiters.behind))
	               ? NULL
	               : "text behind the last part";
}

const char *raw_form_oddity(const struct mime_map *map)
{
	const char *why = line_oddity(map);
	size_t at, candidates = 0;

	for (at = 0; at < map->part_count && !why; at++) {
		why = header_oddity(map, at);
		if (!why && map->parts[at].is_multipart)
			why = multipart_oddity(map, &map->parts[at], &candidates);
	}
	return why;
}
