#include "lib/mime/lines.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"

/* Beyond it the message is nothing that a client would show; 16 MiB of index is enough. */
enum { MARKS_MAX = 1 << 20 };

static const char binhex[] = "(This file must be converted";

int lines_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* FNV-1a. */
static uint32_t hash_of(const unsigned char *text, size_t size)
{
	uint32_t hash = 2166136261u;

	for (; size; size--)
		hash = (hash ^ *text++) * 16777619u;
	return hash;
}

static size_t without_blanks(const unsigned char *text, size_t size)
{
	while (size && lines_is_blank(text[size - 1]))
		size--;
	return size;
}

uint32_t lines_hash(const unsigned char *text, size_t size)
{
	return hash_of(text, without_blanks(text, size));
}

static void hash_delimiter(const struct lines *lines, struct mark *mark)
{
	const unsigned char *text = lines->bytes + mark->offset + 2;
	struct line line;
	size_t size;

	lines_read(lines->bytes, mark->offset, lines->size, 1, &line);
	size = without_blanks(text, line.end - line.start - 2);
	mark->hash = mark->closing_hash = hash_of(text, size);
	if (size >= 2 && !memcmp(text + size - 2, "--", 2))
		mark->closing_hash = hash_of(text, size - 2);
}

static void add(struct lines *lines, size_t offset, enum mark_kind kind, int after_cr)
{
	if (lines->mark_count == MARKS_MAX) {
		lines->too_many = 1;
		return;
	}
	if (lines->mark_count == lines->mark_room) {
		lines->mark_room = lines->mark_room ? 2 * lines->mark_room : 64;
		lines->marks = alloc_grow(lines->marks, lines->mark_room, sizeof *lines->marks);
	}
	lines->marks[lines->mark_count] = (struct mark){offset, kind, after_cr, 0, 0};
	if (kind == MARK_DELIMITER && lines->bytes[offset] == '-')
		hash_delimiter(lines, &lines->marks[lines->mark_count]);
	lines->mark_count++;
}

static int begins(const struct lines *lines, size_t at, const char *word)
{
	size_t length = strlen(word);

	return lines->size - at >= length &&
	       strncasecmp((const char *)lines->bytes + at, word, length) == 0;
}

static void add_if(struct lines *lines, size_t at, const char *word, enum mark_kind kind, int cr)
{
	if (begins(lines, at, word))
		add(lines, at, kind, cr);
}

/* Some clients pass over blanks before a delimiter. Longer runs are indented text. */
static void look_behind_blanks(struct lines *lines, size_t start, int after_cr)
{
	size_t at = start;

	while (at < lines->size && at < start + 8 && lines_is_blank(lines->bytes[at]))
		at++;
	if (begins(lines, at, "--"))
		add(lines, start, MARK_DELIMITER, after_cr);
}

/* A blank behind the word, or a CR that leaves as one. */
static void add_if_word(
        struct lines *lines, size_t at, const char *word, enum mark_kind kind, int cr)
{
	size_t behind = at + strlen(word);
	unsigned char c;

	if (!begins(lines, at, word) || behind >= lines->size)
		return;
	c = lines->bytes[behind];
	if (c == ' ' || c == '\t' ||
	        (c == '\r' && behind + 1 < lines->size && lines->bytes[behind + 1] != '\n'))
		add(lines, at, kind, cr);
}

static void look_at(struct lines *lines, size_t start, int after_cr)
{
	if (start >= lines->size)
		return;
	switch (lines->bytes[start]) {
	case '-':
		add_if(lines, start, "--", MARK_DELIMITER, after_cr);
		break;
	case 'c':
	case 'C':
		add_if(lines, start, "content-", MARK_FIELD, after_cr);
		break;
	case 'b':
	case 'B':
		add_if_word(lines, start, "begin", MARK_BEGIN, after_cr);
		add_if(lines, start, "begin-base64", MARK_BEGIN, after_cr);
		break;
	case '=':
		add_if_word(lines, start, "=ybegin", MARK_YENC, after_cr);
		break;
	case '(':
		add_if(lines, start, binhex, MARK_BINHEX, after_cr);
		break;
	case ' ':
	case '\t':
		look_behind_blanks(lines, start, after_cr);
		break;
	default:
		break;
	}
}

/* Bare CRs inside one line: some clients begin a new line there. */
static void look_at_bare_cr(struct lines *lines, size_t start, size_t end)
{
	const unsigned char *cr;

	while (start < end && (cr = memchr(lines->bytes + start, '\r', end - start))) {
		if (!lines->bare_cr_count++)
			lines->first_bare_cr = (size_t)(cr - lines->bytes);
		start = (size_t)(cr - lines->bytes) + 1;
		look_at(lines, start, 1);
	}
}

void lines_scan(struct lines *lines, const void *bytes, size_t size)
{
	size_t at = 0, end;
	const unsigned char *lf;
	int any_cr = size && memchr(bytes, '\r', size) != NULL;

	*lines = (struct lines){.bytes = bytes, .size = size};
	while (at < size) {
		look_at(lines, at, 0);
		lf = memchr(lines->bytes + at, '\n', size - at);
		end = lf ? (size_t)(lf - lines->bytes) : size;
		if (any_cr) {
			int crlf = lf && end > at && lines->bytes[end - 1] == '\r';

			lines->crlf_count += (size_t)crlf;
			lines->lf_count += lf && !crlf;
			look_at_bare_cr(lines, at, crlf ? end - 1 : end);
		} else {
			lines->lf_count += lf != NULL;
		}
		at = end + 1;
	}
}

void lines_fini(struct lines *lines)
{
	free(lines->marks);
	*lines = (struct lines){0};
}

size_t lines_mark_at(const struct lines *lines, size_t offset)
{
	size_t low = 0, high = lines->mark_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (lines->marks[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first LF (or, with cr_lines, CR or LF); `end` if there is none. The window grows, so that a
 * message with many of the one and none of the other costs no more than its size. */
static size_t find_end(const unsigned char *bytes, size_t at, size_t end, int cr_lines)
{
	size_t window = cr_lines ? 128 : end - at;
	const unsigned char *lf, *cr;

	for (; at < end; at += window, window *= 2) {
		if (window > end - at)
			window = end - at;
		lf = memchr(bytes + at, '\n', window);
		cr = cr_lines ? memchr(bytes + at, '\r', lf ? (size_t)(lf - bytes) - at : window)
		              : NULL;
		if (cr || lf)
			return (size_t)((cr ? cr : lf) - bytes);
	}
	return end;
}

/* CR CR LF is what broken gateways make of CRLF: all of it is one line end. Only a few CRs are
 * looked at, so that a megabyte of them costs no more than its size. */
void lines_read(const unsigned char *bytes, size_t at, size_t end, int cr_lines, struct line *line)
{
	size_t stop = find_end(bytes, at, end, cr_lines), run = stop;

	*line = (struct line){.start = at, .end = stop, .next = stop < end ? stop + 1 : end};
	if (stop == end)
		return;
	if (bytes[stop] == '\r') {
		while (run < end && run < stop + 4 && bytes[run] == '\r')
			run++;
		line->bare_cr = run >= end || bytes[run] != '\n';
		if (!line->bare_cr)
			line->next = run + 1;
	} else {
		while (line->end > at && line->end + 4 > stop && bytes[line->end - 1] == '\r')
			line->end--;
	}
}

size_t lines_end_before(const unsigned char *bytes, size_t start, size_t offset)
{
	if (offset > start && bytes[offset - 1] == '\n')
		offset--;
	else if (offset > start && bytes[offset - 1] == '\r')
		return offset - 1;
	if (offset > start && bytes[offset - 1] == '\r')
		offset--;
	return offset;
}
