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

enum { BLOCK_LINES_MAX = 200 };

struct region {
	struct build *build;
	const unsigned char *bytes;
	size_t parent;
	size_t start, end; /* what is not taken by an earlier find */
	int outside_parts; /* a preamble or epilogue */
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

/* A part without a header: all of it is body. */
static void add_piece(struct region *region, size_t start, size_t end, enum mime_encoding encoding,
        enum mime_anomaly_kind kind, const char *name)
{
	struct build *build = region->build;
	size_t index =
	        build_part(build, region->parent, (struct mime_range){start, end - start}, 1);
	struct mime_part *part;

	region->start = end;
	if (index == SIZE_MAX)
		return;
	part = &build->map->parts[index];
	part->header = (struct mime_range){start, 0};
	part->body = part->whole;
	free(part->type);
	part->type = alloc_string("application/octet-stream");
	part->encoding = encoding;
	part->encodings = 1u << encoding;
	if (*name) {
		part->names = alloc_zero(1, sizeof *part->names);
		part->names[part->name_count++] =
		        (struct mime_name){MIME_NAME_UUENCODE, alloc_string(name)};
	}
	if (kind != MIME_ANOMALY_KINDS)
		mime_map_note(build->map, kind, index, start);
	region->found++;
}

/* ---------------------------------------------------------------- files encoded inside text */

/* Behind the line that begins with `word`, or the region's end. */
static size_t behind_line(const struct region *region, size_t at, const char *word)
{
	struct line line;

	for (; read_line(region, at, &line); at = line.next)
		if (starts(region, &line, word))
			return line.next;
	return region->end;
}

/* The n-th word of a line to its end; empty if there are fewer. */
static char *rest_of_line(const struct region *region, const struct line *line, size_t nth)
{
	size_t at = line->start;
	char *decoded;

	for (; nth; nth--) {
		while (at < line->end && !isblank(region->bytes[at]))
			at++;
		while (at < line->end && isblank(region->bytes[at]))
			at++;
	}
	decoded = decode_header_text(region->bytes + at, line->end - at);
	return decoded;
}

/* A data line says its length in the first byte; trailing blanks may be cut, and some encoders add
 * a checksum. */
static int is_uuencoded_line(const struct region *region, const struct line *line)
{
	size_t size = line->end - line->start, wanted, at;
	unsigned char first = size ? region->bytes[line->start] : 0;

	if (first < 32 || first > 96 || !(size > 1))
		return 0;
	wanted = ((size_t)((first - 32) & 63) + 2) / 3 * 4;
	if (!wanted || size - 1 + 3 < wanted || size - 1 > wanted + 2)
		return 0;
	for (at = line->start; at < line->end; at++)
		if (region->bytes[at] < 32 || region->bytes[at] > 96)
			return 0;
	return 1;
}

/* "begin 644 name" with any word for a mode: some clients don't read it. */
static int find_uuencoded(struct region *region, const struct line *begin)
{
	struct line data;
	char *name;
	int base64 = starts(region, begin, "begin-base64");
	size_t end;

	if (!read_line(region, begin->next, &data))
		return 0;
	if (!base64 && !is_uuencoded_line(region, &data))
		return 0;
	name = rest_of_line(region, begin, 2);
	end = base64 ? behind_line(region, begin->next, "====")
	             : behind_line(region, begin->next, "end");
	add_piece(region, begin->start, end, MIME_UUENCODE, MIME_ANOMALY_UUENCODE_IN_TEXT, name);
	free(name);
	return 1;
}

static int find_yenc(struct region *region, const struct line *begin)
{
	char *line = rest_of_line(region, begin, 1), *name = strstr(line, "name=");

	add_piece(region, begin->start, behind_line(region, begin->next, "=yend"), MIME_YENC,
	        MIME_ANOMALY_YENC_IN_TEXT, name ? name + 5 : "");
	free(line);
	return 1;
}

/* From the line with the first colon to the one that ends in a colon (RFC 1741). */
static int find_binhex(struct region *region, const struct line *begin)
{
	size_t at = begin->next, lines = 0;
	const unsigned char *colon;
	struct line line;
	char *name;

	for (; read_line(region, at, &line) && lines < 8; at = line.next, lines++)
		if (line.start < line.end && region->bytes[line.start] == ':')
			break;
	if (lines == 8 || at >= region->end)
		return 0;
	colon = memchr(region->bytes + at + 1, ':', region->end - at - 1);
	at = colon ? (size_t)(colon - region->bytes) : region->end - 1;
	lines_read(region->bytes, at, region->end, 1, &line);
	name = decode_binhex_name(region->bytes + begin->start, line.next - begin->start);
	add_piece(region, begin->start, line.next, MIME_BINHEX, MIME_ANOMALY_BINHEX_IN_TEXT, name);
	free(name);
	return 1;
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
		        MIME_ANOMALY_KINDS, "");
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
