/*
 * Content where no part should be: a uuencoded, yEnc or BinHex file or a MIME message inside text,
 * content in a preamble or epilogue, parts behind a garbled delimiter. Clients open such things, so
 * they become synthetic parts.
 */
#include "lib/mime/build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/mime/decode.h"

enum {
	BLOCK_LINES_MAX = 200,
	BEGIN_LINE_MAX = 1000, /* of a line that begins a file and has CRs in it */
	DATA_LINE_MAX = 100,   /* of a uuencoded one, line end included */
	BINHEX_LINE_MIN = 8    /* of the first one; RFC 1741 has 64 */
};

/* The first line of some kind at or behind `from` is at `at`, or there is none and it is the end.
 * Hostile text begins very many files, and all lines behind it are looked at once only. */
struct next {
	size_t from, at;
};

struct region {
	struct build *build;
	const unsigned char *bytes;
	size_t parent;
	size_t start, end; /* what is not taken by an earlier find */
	int outside_parts; /* a preamble or epilogue */
	int is_file;       /* inside what was found to be a file already */
	struct next data, stream, colon;
	size_t found;
};

/* Bare CRs end lines here: without that, a megabyte of them would be one line, read again for every
 * mark in it. */
static int read_line(const struct region *region, size_t at, struct line *line)
{
	if (at >= region->end)
		return 0;
	lines_read(region->bytes, at, region->end, 1, line);
	return 1;
}

static int starts(const struct region *region, const struct line *line, const char *word)
{
	size_t size = strlen(word);

	return line->end - line->start >= size &&
	       strncasecmp((const char *)region->bytes + line->start, word, size) == 0;
}

/* The first such line at or behind `at`; the region's end if there is none. */
static size_t next_line(const struct region *region, struct next *next, size_t at,
        int (*is_such)(const struct region *region, const struct line *line))
{
	struct line line;

	if (at >= next->from && at <= next->at)
		return next->at;
	next->from = at;
	while (read_line(region, at, &line) && !is_such(region, &line))
		at = line.next;
	next->at = at < region->end ? at : region->end;
	return next->at;
}

static void look_between(const struct region *region, size_t parent, size_t start, size_t end);

/* A part without a header: all of it is body. */
static size_t add_piece(struct region *region, size_t start, size_t end,
        enum mime_encoding encoding, enum mime_anomaly_kind kind)
{
	struct build *build = region->build;
	size_t index =
	        build_part(build, region->parent, (struct mime_range){start, end - start}, 1);
	struct mime_part *part;

	region->start = end;
	if (index == SIZE_MAX)
		return index;
	part = &build->map->parts[index];
	part->header = (struct mime_range){start, 0};
	part->body = part->whole;
	free(part->type);
	part->type = alloc_string("application/octet-stream");
	part->encoding = encoding;
	part->encodings = 1u << encoding;
	if (kind != MIME_ANOMALY_KINDS)
		mime_map_note(build->map, kind, index, start);
	region->found++;
	return index;
}

static void name_piece(struct region *region, size_t index, const char *name)
{
	struct mime_part *part;
	size_t at;

	if (index == SIZE_MAX || !*name)
		return;
	part = &region->build->map->parts[index];
	for (at = 0; at < part->name_count; at++)
		if (strcmp(part->names[at].text, name) == 0)
			return;
	part->names = alloc_grow(part->names, part->name_count + 1, sizeof *part->names);
	part->names[part->name_count++] =
	        (struct mime_name){MIME_NAME_UUENCODE, alloc_string(name)};
}

/* ---------------------------------------------------------------- files encoded inside text */

/* A line that begins a file, as it is read here, and as it is sent on: a CR becomes a blank there
 * (lib/smtp). */
struct begin {
	const struct line *line;
	size_t end, next; /* as it is sent */
};

static struct begin read_begin(const struct region *region, const struct line *line)
{
	size_t end = region->end - line->start < BEGIN_LINE_MAX ? region->end
	                                                        : line->start + BEGIN_LINE_MAX;
	struct line sent;

	lines_read(region->bytes, line->start, end, 0, &sent);
	return (struct begin){line, sent.end, sent.next};
}

static int is_blank_as_sent(unsigned char c)
{
	return lines_is_blank(c) || c == '\r' || !c;
}

/* Where the next word of such a line begins. */
static size_t next_word(const struct region *region, size_t at, size_t end)
{
	while (at < end && !is_blank_as_sent(region->bytes[at]))
		at++;
	while (at < end && is_blank_as_sent(region->bytes[at]))
		at++;
	return at;
}

/* The n-th word to the line's end, or what is behind `key` in there, names the file. */
static void name_by_line(
        struct region *region, size_t index, size_t start, size_t end, size_t nth, const char *key)
{
	char *text, *decoded, *found;
	size_t at;

	for (; nth; nth--)
		start = next_word(region, start, end);
	text = alloc_bytes(region->bytes + start, end - start);
	for (at = 0; at < end - start; at++)
		if (text[at] == '\r')
			text[at] = ' ';
	decoded = decode_header_text(text, end - start);
	found = strstr(decoded, key);
	name_piece(region, index, found ? found + strlen(key) : "");
	free(decoded);
	free(text);
}

static void name_both_ways(
        struct region *region, size_t index, const struct begin *begin, size_t nth, const char *key)
{
	name_by_line(region, index, begin->line->start, begin->line->end, nth, key);
	if (begin->line->bare_cr)
		name_by_line(region, index, begin->line->start, begin->end, nth, key);
}

static int is_word(
        const struct region *region, const struct line *line, const char *word, int exact)
{
	size_t size = line->end - line->start, length = strlen(word);

	return (exact ? size == length : size >= length) &&
	       memcmp(region->bytes + line->start, word, length) == 0;
}

/* Behind the line that is that word, or begins with it; else the region's end. A word behind a bare
 * CR leaves in the middle of a line: it ends nothing, unless all lines end so. */
static size_t behind_line(const struct region *region, size_t at, const char *word, int exact)
{
	const struct lines *lines = &region->build->lines;
	int cr_lines = lines->lf_count + lines->crlf_count < 2;
	struct line line;

	for (; at < region->end; at = line.next) {
		lines_read(region->bytes, at, region->end, cr_lines, &line);
		if (is_word(region, &line, word, exact))
			return line.next;
	}
	return region->end;
}

/* ---------------------------------------------------------------- uuencode */

/* A data line says its length in the first byte; trailing blanks may be cut, and some encoders add
 * a checksum. No encoder writes anything above `most`. */
static int is_data(const unsigned char *text, size_t size, unsigned char most)
{
	size_t wanted, at;

	if (size < 2 || text[0] < 32 || text[0] > most)
		return 0;
	wanted = ((size_t)((text[0] - 32) & 63) + 2) / 3 * 4;
	if (!wanted || size - 1 + 3 < wanted || size - 1 > wanted + 2)
		return 0;
	for (at = 1; at < size; at++)
		if ((text[at] < 32 && text[at] != '\r') || text[at] > most)
			return 0;
	return 1;
}

/* As it stands, or with CRs that leave as blanks. */
static int is_data_line(const struct region *region, const struct line *line, unsigned char most)
{
	const unsigned char *text = region->bytes + line->start, *lf;
	size_t size = region->end - line->start;

	if (is_data(text, line->end - line->start, most))
		return 1;
	if (!line->bare_cr || !size || *text < 32)
		return 0;
	lf = memchr(text, '\n', size < DATA_LINE_MAX ? size : DATA_LINE_MAX);
	size = lf ? (size_t)(lf - text) : 0;
	while (size && text[size - 1] == '\r')
		size--;
	return is_data(text, size, most);
}

/* Some decoders take the lower six bits of whatever they get. */
static int may_be_data(const struct region *region, const struct line *line)
{
	return is_data_line(region, line, 126);
}

/* Behind lines that hold no data: empty ones, blank ones, those that say "no bytes". */
static size_t behind_empty_lines(const struct region *region, size_t at)
{
	while (at < region->end && (lines_is_blank(region->bytes[at]) || region->bytes[at] == '`' ||
	                                   region->bytes[at] == '\r' || region->bytes[at] == '\n'))
		at++;
	while (at > region->start && region->bytes[at - 1] != '\n' && region->bytes[at - 1] != '\r')
		at--;
	return at;
}

/* "begin 644 name": what clients go by that don't look at what is behind it. */
static int has_mode_and_name(const struct region *region, const struct begin *begin)
{
	size_t mode = next_word(region, begin->line->start, begin->end), at = mode;

	while (at < begin->end && region->bytes[at] >= '0' && region->bytes[at] <= '7')
		at++;
	return at >= mode + 3 && at < begin->end && is_blank_as_sent(region->bytes[at]) &&
	       next_word(region, at, begin->end) < begin->end;
}

static int is_data_behind(const struct region *region, size_t at)
{
	struct line line;

	at = behind_empty_lines(region, at);
	return read_line(region, at, &line) && is_data_line(region, &line, 96);
}

/* With any word for a mode, as some clients don't read it, where data follows at once. */
static int begins_uuencoded(struct region *region, const struct begin *begin)
{
	return is_data_behind(region, begin->line->next) || is_data_behind(region, begin->next) ||
	       (has_mode_and_name(region, begin) &&
	               next_line(region, &region->data, begin->next, may_be_data) < region->end);
}

static void find_uuencoded(struct region *region, const struct line *line)
{
	int base64 = starts(region, line, "begin-base64");
	const struct begin begin = read_begin(region, line);
	size_t end, index;

	if (!base64 && !begins_uuencoded(region, &begin))
		return;
	end = base64 ? behind_line(region, begin.next, "====", 0)
	             : behind_line(region, begin.next, "end", 1);
	index = add_piece(region, line->start, end, MIME_UUENCODE, MIME_ANOMALY_UUENCODE_IN_TEXT);
	name_both_ways(region, index, &begin, 2, "");
	look_between(region, index, line->next, end);
}

/* ---------------------------------------------------------------- yEnc and BinHex */

static void find_yenc(struct region *region, const struct line *line)
{
	const struct begin begin = read_begin(region, line);
	size_t end, index;

	end = behind_line(region, begin.next, "=yend", 0);
	index = add_piece(region, line->start, end, MIME_YENC, MIME_ANOMALY_YENC_IN_TEXT);
	name_both_ways(region, index, &begin, 1, "name=");
	look_between(region, index, line->next, end);
}

static int is_colon_line(const struct region *region, const struct line *line)
{
	return line->start < line->end && region->bytes[line->start] == ':';
}

/* The first line of a stream, and no smiley or other talk. */
static int is_stream_line(const struct region *region, const struct line *line)
{
	size_t at = line->start;

	if (!is_colon_line(region, line) || line->end - at < BINHEX_LINE_MIN)
		return 0;
	while (at < line->end && (region->bytes[at] == ':' || decode_is_binhex(region->bytes[at])))
		at++;
	return at == line->end;
}

/* From the line with the colon to the one that ends in a colon (RFC 1741); any line with a colon,
 * where none looks like the beginning of a stream. What is before it may hold something else. */
static void find_binhex(struct region *region, const struct line *begin)
{
	size_t at = next_line(region, &region->stream, begin->next, is_stream_line), end, index;
	const unsigned char *colon;
	struct line line;
	char *name;

	if (at >= region->end)
		at = next_line(region, &region->colon, begin->next, is_colon_line);
	if (at >= region->end)
		return;
	colon = memchr(region->bytes + at + 1, ':', region->end - at - 1);
	end = colon ? (size_t)(colon - region->bytes) : region->end - 1;
	lines_read(region->bytes, end, region->end, 1, &line);
	end = line.next;
	look_between(region, region->parent, begin->next, at);
	index = add_piece(region, at, end, MIME_BINHEX, MIME_ANOMALY_BINHEX_IN_TEXT);
	name = decode_binhex_name(region->bytes + at, end - at);
	name_piece(region, index, name);
	free(name);
	look_between(region, index, at, end);
}

/* ---------------------------------------------------------------- header blocks inside text */

/* The beginning of the line before `at`. */
static size_t line_before(const struct region *region, size_t at)
{
	const unsigned char *lf;

	if (at <= region->start + 1)
		return region->start;
	lf = memrchr(region->bytes + region->start, '\n', at - 1 - region->start);
	return lf ? (size_t)(lf - region->bytes) + 1 : region->start;
}

static int in_block(const struct region *region, const struct line *line)
{
	return line->start < line->end && (lines_is_blank(region->bytes[line->start]) ||
	                                          header_field_name(region->bytes, line));
}

/* From a Content- line back to the first line of its header. */
static size_t block_start(const struct region *region, size_t at)
{
	size_t lines, before;
	struct line line;

	for (lines = 0; at > region->start && lines < BLOCK_LINES_MAX; lines++) {
		before = line_before(region, at);
		lines_read(region->bytes, before, region->end, 1, &line);
		if (!in_block(region, &line))
			break;
		at = before;
	}
	return at;
}

static size_t block_end(const struct region *region, size_t at)
{
	struct line line;

	while (read_line(region, at, &line) && in_block(region, &line))
		at = line.next;
	return at;
}

/* A quoted "Content-Type: text/plain" is talk about mail; these words make it content. Outside of
 * parts nobody talks about mail: there it is a part that a client may show, having taken another
 * delimiter for the first or the last one. */
static int has_content(const struct region *region, size_t start, size_t end)
{
	static const char *const words[] = {"base64", "quoted-p", "uuencode", "name", "boundary",
	        "application/", "message/", "content-type"};
	size_t at, count = sizeof words / sizeof words[0] - !region->outside_parts;

	for (at = 0; at < count; at++)
		if (text_find((const char *)region->bytes + start, end - start, words[at]))
			return 1;
	return 0;
}

/* Where a block's content ends: before the next block, and the delimiter in front of it. */
static size_t content_end(const struct region *region, size_t header_end)
{
	const struct lines *lines = &region->build->lines;
	size_t at = lines_mark_at(lines, header_end), start, before;
	struct line line;

	while (at < lines->mark_count && lines->marks[at].kind != MARK_FIELD)
		at++;
	if (at == lines->mark_count || lines->marks[at].offset >= region->end)
		return region->end;
	start = block_start(region, lines->marks[at].offset);
	if (start < header_end)
		return header_end;
	before = line_before(region, start);
	lines_read(region->bytes, before, region->end, 1, &line);
	return before >= header_end && starts(region, &line, "--") ? before : start;
}

static int find_message(struct region *region, size_t at)
{
	struct build *build = region->build;
	size_t start = block_start(region, at), header_end = block_end(region, at), end, part;
	struct region rest = *region;

	if (!has_content(region, start, header_end)) {
		region->start = header_end;
		return 0;
	}
	rest.start = header_end;
	end = text_find((const char *)region->bytes + start, header_end - start, "boundary")
	              ? region->end
	              : content_end(&rest, header_end);
	part = build_part(build, region->parent, (struct mime_range){start, end - start}, 1);
	region->start = end;
	if (part == SIZE_MAX)
		return 0;
	if (!region->outside_parts)
		mime_map_note(build->map, MIME_ANOMALY_MESSAGE_IN_TEXT, part, start);
	build->inside_text++;
	tree_part(build, part, NULL, 0);
	build->inside_text--;
	region->found++;
	return 1;
}

static void look_at(struct region *region, const struct mark *mark)
{
	struct line line;

	lines_read(region->bytes, mark->offset, region->end, 1, &line);
	switch (mark->kind) {
	case MARK_BEGIN:
		find_uuencoded(region, &line);
		break;
	case MARK_YENC:
		find_yenc(region, &line);
		break;
	case MARK_BINHEX:
		find_binhex(region, &line);
		break;
	case MARK_FIELD:
		if (!region->build->inside_text)
			find_message(region, mark->offset);
		break;
	case MARK_DELIMITER:
		break;
	}
}

static int begins_file_of_any_kind(const struct mark *mark)
{
	return mark->kind == MARK_BEGIN || mark->kind == MARK_YENC || mark->kind == MARK_BINHEX;
}

static size_t next_beginning(const struct lines *lines, size_t at, size_t end)
{
	while (at < lines->mark_count && lines->marks[at].offset < end &&
	        !begins_file_of_any_kind(&lines->marks[at]))
		at++;
	return at < lines->mark_count && lines->marks[at].offset < end ? lines->marks[at].offset
	                                                               : end;
}

/* What begins inside a file is part of it to one client, and to another the file itself: the first
 * beginning may be talk. Such a piece ends where the next one begins. */
static void look_between(const struct region *region, size_t parent, size_t start, size_t end)
{
	const struct lines *lines = &region->build->lines;
	struct region inner = {.build = region->build,
	        .bytes = region->bytes,
	        .parent = parent,
	        .start = start,
	        .is_file = 1};
	size_t at = lines_mark_at(lines, start);

	if (region->is_file || parent == SIZE_MAX)
		return;
	inner.end = next_beginning(lines, at, end);
	for (; at < lines->mark_count && lines->marks[at].offset < end; at++) {
		if (begins_file_of_any_kind(&lines->marks[at])) {
			inner.end = next_beginning(lines, at + 1, end);
			inner.data = inner.stream = inner.colon = (struct next){0};
		}
		if (lines->marks[at].offset >= inner.start && !region->build->map->truncated)
			look_at(&inner, &lines->marks[at]);
	}
}

size_t inside_look(struct build *build, size_t parent, struct mime_range range, int outside_parts)
{
	struct region region = {.build = build,
	        .bytes = build->map->bytes,
	        .parent = parent,
	        .start = range.offset,
	        .end = range.offset + range.length,
	        .outside_parts = outside_parts};
	size_t at = lines_mark_at(&build->lines, region.start);

	for (; at < build->lines.mark_count && build->lines.marks[at].offset < region.end; at++)
		if (build->lines.marks[at].offset >= region.start && !build->map->truncated)
			look_at(&region, &build->lines.marks[at]);
	if (!region.found && outside_parts && describe_looks_base64(build->map->bytes, range))
		add_piece(&region, range.offset, range.offset + range.length, MIME_BASE64,
		        MIME_ANOMALY_KINDS);
	return region.found;
}

/* ---------------------------------------------------------------- garbled delimiters */

/* The first bytes of all boundaries: few lines begin with any of them. */
static void first_bytes(const struct around *around, unsigned char firsts[256])
{
	size_t nth;

	memset(firsts, 0, 256);
	for (; around; around = around->outer)
		for (nth = 0; nth < around->boundaries->count; nth++)
			firsts[(unsigned char)around->boundaries->items[nth][0]] = 1;
}

static int begins_with_boundary(const struct region *region, const struct line *line,
        const struct around *around, const unsigned char firsts[256])
{
	size_t at = line->start, nth;

	while (at < line->end && lines_is_blank(region->bytes[at]))
		at++;
	at += 2;
	if (at >= line->end || !firsts[region->bytes[at]])
		return 0;
	for (; around; around = around->outer)
		for (nth = 0; nth < around->boundaries->count; nth++) {
			const char *boundary = around->boundaries->items[nth];
			size_t size = strlen(boundary);

			if (size && at <= line->end && line->end - at >= size &&
			        memcmp(region->bytes + at, boundary, size) == 0)
				return 1;
		}
	return 0;
}

static void add_behind_delimiter(struct region *region, size_t start, size_t end)
{
	struct build *build = region->build;
	size_t part = build_part(build, region->parent, (struct mime_range){start, end - start}, 1);

	if (part == SIZE_MAX)
		return;
	mime_map_note(build->map, MIME_ANOMALY_DELIMITER_GARBAGE, part, start);
	build->inside_text++;
	tree_part(build, part, NULL, 0);
	build->inside_text--;
	region->found++;
}

/* "--Bxyz" is a delimiter to clients that compare only the boundary's length. Only where a header
 * field follows: text may well have a line that begins like a boundary of dashes. */
size_t inside_garbled_delimiters(struct build *build, size_t part, const struct around *around)
{
	const struct mime_range body = build->map->parts[part].body;
	struct region region = {.build = build,
	        .bytes = build->map->bytes,
	        .parent = part,
	        .end = body.offset + body.length};
	size_t at = lines_mark_at(&build->lines, body.offset);
	unsigned char firsts[256];
	struct line line, next;

	first_bytes(around, firsts);
	for (; at < build->lines.mark_count && build->lines.marks[at].offset < region.end; at++) {
		const struct mark *mark = &build->lines.marks[at];

		if (mark->kind != MARK_DELIMITER || build->map->truncated)
			continue;
		lines_read(region.bytes, mark->offset, region.end, 1, &line);
		if (!read_line(&region, line.next, &next) ||
		        !header_field_name(region.bytes, &next) ||
		        !begins_with_boundary(&region, &line, around, firsts))
			continue;
		if (region.start)
			add_behind_delimiter(&region, region.start, line.start);
		region.start = line.next;
	}
	if (region.start)
		add_behind_delimiter(&region, region.start, region.end);
	return region.found;
}
