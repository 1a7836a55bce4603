/*
 * The tree: a body is split at every delimiter line that any of its boundaries explains. An outer
 * delimiter ends an inner multipart (RFC 2046 section 5.1.2), so splitting goes from the outside in
 * and each level walks only the index of its own range.
 */
#include "lib/mime/build.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/mime/decode.h"

/* Texts that are decoded inside each other, and looked into for more of them. */
enum { DECODINGS_MOST = 3 };

enum place { PLACE_PREAMBLE, PLACE_PART, PLACE_EPILOGUE };

struct splitter {
	struct build *build;
	size_t part;
	const struct around *around; /* begins with this part's own boundaries */
	enum place place;
	size_t start; /* of the segment we are in */
	int cr_lines; /* it began behind a bare CR */
	size_t found;
};

static const struct mime_part *part_at(const struct build *build, size_t part)
{
	return &build->map->parts[part];
}

static int has_preamble_content(struct splitter *splitter, struct mime_range range)
{
	const struct mime_part *part = part_at(splitter->build, splitter->part);

	/* A delimiter right at the body's beginning leaves no preamble. */
	return range.offset >= part->body.offset && range.length &&
	       inside_look(splitter->build, splitter->part, range, 1);
}

static void close_segment(struct splitter *splitter, size_t end)
{
	struct build *build = splitter->build;
	struct mime_range range = {
	        splitter->start, end > splitter->start ? end - splitter->start : 0};
	size_t child;

	if (splitter->place == PLACE_PART) {
		child = build_part(build, splitter->part, range, 0);
		if (child != SIZE_MAX)
			tree_part(build, child, splitter->around, splitter->cr_lines);
		return;
	}
	if (has_preamble_content(splitter, range))
		mime_map_note(build->map,
		        splitter->place == PLACE_PREAMBLE ? MIME_ANOMALY_PREAMBLE_CONTENT
		                                          : MIME_ANOMALY_EPILOGUE_CONTENT,
		        splitter->part, range.offset);
}

/* What a delimiter line is to a set of boundaries: 0 nothing, 1 a delimiter, 2 the closing one.
 * Blanks behind a boundary count on neither side. */
static int match(const unsigned char *text, size_t size, const char *boundary)
{
	size_t length = strlen(boundary);

	while (length && lines_is_blank((unsigned char)boundary[length - 1]))
		length--;
	while (size && lines_is_blank(text[size - 1]))
		size--;
	if (size < length || memcmp(text, boundary, length) != 0)
		return 0;
	if (size == length)
		return 1;
	return size == length + 2 && memcmp(text + length, "--", 2) == 0 ? 2 : 0;
}

/* What is looked for: hostile mail has very many lines of dashes and few delimiters. */
struct search {
	const struct strings *boundaries;
	uint32_t hashes[BOUNDARIES_MAX];
	uint64_t low_bits; /* a bit for the lowest six of each hash */
};

static struct search search_for(const struct strings *boundaries)
{
	struct search search = {.boundaries = boundaries};
	size_t at;

	for (at = 0; at < boundaries->count; at++) {
		search.hashes[at] = lines_hash((const unsigned char *)boundaries->items[at],
		        strlen(boundaries->items[at]));
		search.low_bits |= (uint64_t)1 << (search.hashes[at] & 63);
	}
	return search;
}

static int may_match(const struct search *search, const struct mark *mark)
{
	size_t at;

	if (!((search->low_bits >> (mark->hash & 63) |
	              search->low_bits >> (mark->closing_hash & 63)) &
	            1))
		return 0;
	for (at = 0; at < search->boundaries->count; at++)
		if (search->hashes[at] == mark->hash || search->hashes[at] == mark->closing_hash)
			return mark->kind == MARK_DELIMITER;
	return 0;
}

/* The lines of a body that may be delimiters of its boundaries: indexes of marks. */
struct delimiters {
	size_t *marks;
	size_t count;
};

static const struct mark *mark_at(
        const struct build *build, const struct delimiters *delimiters, size_t at)
{
	return &build->lines.marks[delimiters->marks[at]];
}

/* All marks of the body are walked here, once for each level, and nowhere else. */
static void find_delimiters(const struct build *build, size_t part,
        const struct strings *boundaries, struct delimiters *out)
{
	const struct mime_range body = part_at(build, part)->body;
	size_t end = body.offset + body.length, at = lines_mark_at(&build->lines, body.offset);
	const struct search search = search_for(boundaries);

	out->count = 0;
	for (; at < build->lines.mark_count && build->lines.marks[at].offset < end; at++) {
		if (!may_match(&search, &build->lines.marks[at]))
			continue;
		if ((out->count & (out->count - 1)) == 0) /* at each power of two */
			out->marks = alloc_grow(
			        out->marks, out->count ? 2 * out->count : 1, sizeof *out->marks);
		out->marks[out->count++] = at;
	}
}

/* As match(), for a whole line. */
static int match_line(const struct build *build, const struct line *line, const char *boundary)
{
	const unsigned char *text = build->map->bytes + line->start;
	size_t size = line->end - line->start;

	if (size < 2 || memcmp(text, "--", 2) != 0)
		return 0;
	return match(text + 2, size - 2, boundary);
}

static int match_any(
        const struct build *build, const struct line *line, const struct strings *boundaries)
{
	int found = 0, one;
	size_t at;

	for (at = 0; at < boundaries->count && found != 1; at++) {
		one = match_line(build, line, boundaries->items[at]);
		found = one ? one : found;
	}
	return found;
}

static void at_delimiter(
        struct splitter *splitter, const struct mark *mark, const struct line *line, int closing)
{
	struct build *build = splitter->build;
	size_t end = lines_end_before(build->map->bytes, splitter->start, mark->offset);

	if (mark->after_cr || line->bare_cr)
		mime_map_note(build->map, MIME_ANOMALY_CR_LINES, splitter->part, mark->offset);
	close_segment(splitter, end);
	if (splitter->place == PLACE_EPILOGUE && !closing)
		mime_map_note(
		        build->map, MIME_ANOMALY_EPILOGUE_CONTENT, splitter->part, mark->offset);
	splitter->place = closing ? PLACE_EPILOGUE : PLACE_PART;
	splitter->start = line->next;
	splitter->cr_lines = line->bare_cr;
	splitter->found++;
}

static void split(struct build *build, size_t part, const struct around *around,
        const struct delimiters *delimiters)
{
	struct mime_range body = part_at(build, part)->body;
	size_t end = body.offset + body.length, at;
	struct splitter splitter = {
	        .build = build, .part = part, .around = around, .start = body.offset};
	struct line line;
	int kind;

	for (at = 0; at < delimiters->count && !build->map->truncated; at++) {
		const struct mark *mark = mark_at(build, delimiters, at);

		lines_read(build->map->bytes, mark->offset, end, 1, &line);
		kind = match_any(build, &line, around->boundaries);
		if (kind)
			at_delimiter(&splitter, mark, &line, kind == 2);
	}
	if (splitter.place == PLACE_PART)
		mime_map_note(build->map, MIME_ANOMALY_MISSING_END, part, end);
	close_segment(&splitter, end);
}

/* ---------------------------------------------------------------- which boundary */

/* Which of the boundaries have a delimiter among those found: a bit each. */
static unsigned occurring(const struct build *build, size_t part, const struct strings *boundaries,
        const struct delimiters *delimiters)
{
	const struct mime_range body = part_at(build, part)->body;
	unsigned found = 0, all = (1u << boundaries->count) - 1;
	struct line line;
	size_t at, n;

	for (at = 0; found != all && at < delimiters->count; at++) {
		lines_read(build->map->bytes, mark_at(build, delimiters, at)->offset,
		        body.offset + body.length, 1, &line);
		for (n = 0; n < boundaries->count; n++)
			if (match_line(build, &line, boundaries->items[n]) == 1)
				found |= 1u << n;
	}
	return found;
}

/* Keeps those candidates whose delimiters occur in the body; gives how many. */
static size_t keep_occurring(struct build *build, size_t part, struct strings *boundaries,
        const struct delimiters *delimiters)
{
	unsigned found = occurring(build, part, boundaries, delimiters);
	size_t at, kept = 0;

	for (at = 0; at < boundaries->count; at++) {
		if (found >> at & 1)
			boundaries->items[kept++] = boundaries->items[at];
		else
			free(boundaries->items[at]);
	}
	boundaries->count = kept;
	return kept;
}

/* No usable boundary: a client may take the first line of dashes that a Content- field follows. */
static void guess(struct build *build, size_t part, struct strings *boundaries)
{
	struct mime_range body = part_at(build, part)->body;
	size_t end = body.offset + body.length, at = lines_mark_at(&build->lines, body.offset);
	const struct mark *mark;
	struct line line;
	char *text;

	for (; at + 1 < build->lines.mark_count; at++) {
		mark = &build->lines.marks[at];
		if (mark->offset >= end)
			return;
		if (mark->kind != MARK_DELIMITER || mark[1].kind != MARK_FIELD)
			continue;
		lines_read(build->map->bytes, mark->offset, end, 1, &line);
		if (line.end - line.start < 3 || line.next != mark[1].offset)
			continue;
		text = alloc_bytes(build->map->bytes + line.start + 2, line.end - line.start - 2);
		strings_add(boundaries, text);
		free(text);
		return;
	}
}

static int is_multipart_type(const struct mime_part *part)
{
	size_t at;

	if (text_starts(part->type, "multipart/"))
		return 1;
	for (at = 0; at < part->other_type_count; at++)
		if (text_starts(part->other_types[at], "multipart/"))
			return 1;
	return 0;
}

/* The boundaries to split by; none if this is no multipart. */
static void choose_boundaries(
        struct build *build, size_t part, struct strings *boundaries, struct delimiters *delimiters)
{
	const struct mime_part *own = part_at(build, part);
	int multipart = is_multipart_type(own);
	size_t stated = boundaries->count;

	find_delimiters(build, part, boundaries, delimiters);
	if (keep_occurring(build, part, boundaries, delimiters)) {
		if (!multipart)
			mime_map_note(build->map, MIME_ANOMALY_LOOKALIKE_MULTIPART, part,
			        own->whole.offset);
		return;
	}
	if (!multipart && !text_find(own->type, strlen(own->type), "multipart"))
		return;
	if (!stated || own->body.length)
		guess(build, part, boundaries);
	if (boundaries->count)
		find_delimiters(build, part, boundaries, delimiters);
	if (boundaries->count && !multipart)
		mime_map_note(
		        build->map, MIME_ANOMALY_LOOKALIKE_MULTIPART, part, own->whole.offset);
	if (multipart && (!stated || boundaries->count))
		mime_map_note(build->map, MIME_ANOMALY_NO_BOUNDARY, part, own->whole.offset);
}

static int one_begins_the_other(const char *a, const char *b)
{
	size_t a_size = strlen(a), b_size = strlen(b);

	return strncmp(a, b, a_size < b_size ? a_size : b_size) == 0;
}

/* Inside "B", the boundary "B--": its delimiters end the outer multipart for whoever compares with
 * the outer boundary first, as we do, and begin a part for all others. */
static int closes(const char *inner, const char *outer)
{
	size_t size = strlen(outer);

	return strncmp(inner, outer, size) == 0 && strcmp(inner + size, "--") == 0;
}

static void note_pair(struct build *build, size_t part, const char *inner, const char *outer)
{
	size_t offset = part_at(build, part)->whole.offset;

	if (one_begins_the_other(inner, outer))
		mime_map_note(build->map, MIME_ANOMALY_NESTED_BOUNDARY, part, offset);
	if (closes(inner, outer))
		mime_map_note(build->map, MIME_ANOMALY_EPILOGUE_CONTENT, part, offset);
}

/* The same boundary, or one that begins like it, at an outer level. */
static void note_nested(struct build *build, size_t part, const struct strings *boundaries,
        const struct around *around)
{
	size_t mine, theirs;

	for (; around; around = around->outer)
		for (mine = 0; mine < boundaries->count; mine++)
			for (theirs = 0; theirs < around->boundaries->count; theirs++)
				note_pair(build, part, boundaries->items[mine],
				        around->boundaries->items[theirs]);
}

/* ---------------------------------------------------------------- one part */

static void multipart(struct build *build, size_t part, struct strings *boundaries,
        const struct around *around, const struct delimiters *delimiters)
{
	struct mime_part *own = &build->map->parts[part];
	struct around inner = {around, boundaries};

	own->is_multipart = 1;
	free(own->boundary);
	own->boundary = alloc_string(boundaries->items[0]);
	split(build, part, &inner, delimiters);
}

static int is_encoded(const struct mime_part *part)
{
	return (part->encodings & ~((1u << MIME_IDENTITY) | (1u << MIME_UNKNOWN_ENCODING))) != 0;
}

static void message(struct build *build, size_t part, int cr_lines)
{
	struct mime_part *own = &build->map->parts[part];
	size_t child;

	own->is_message = 1;
	if (is_encoded(own)) {
		own->needs_decoding = 1;
		mime_map_note(build->map, MIME_ANOMALY_ENCODED_MESSAGE, part, own->body.offset);
		if (own->encoding != MIME_QUOTED_PRINTABLE)
			return;
	}
	child = build_part(build, part, own->body, 0);
	if (child != SIZE_MAX)
		tree_part(build, child, NULL, cr_lines);
}

static int is_text_type(const char *type)
{
	return text_starts(type, "text/") || text_starts(type, "message/") || !strchr(type, '/') ||
	       text_starts(type, "multipart");
}

/* Types of files that are encoded in themselves, whatever their transfer encoding. */
static int is_encoded_type(const char *type)
{
	static const char *const words[] = {"binhex", "uuenc", "x-uue", "yenc"};
	size_t at;

	for (at = 0; at < sizeof words / sizeof words[0]; at++)
		if (text_find(type, strlen(type), words[at]))
			return 1;
	return 0;
}

static int may_hold_files(const struct mime_part *part)
{
	int may = is_text_type(part->type) || is_encoded_type(part->type);
	size_t at;

	for (at = 0; at < part->other_type_count; at++)
		may |= is_text_type(part->other_types[at]) ||
		       is_encoded_type(part->other_types[at]);
	return may;
}

/* Clients look for files in text once it is decoded. Such text is marked, so that it is decoded and
 * read again. */
static void glance_inside(struct build *build, size_t part, enum mime_encoding encoding)
{
	static const enum mime_anomaly_kind kinds[] = {MIME_ANOMALY_UUENCODE_IN_TEXT,
	        MIME_ANOMALY_YENC_IN_TEXT, MIME_ANOMALY_BINHEX_IN_TEXT,
	        MIME_ANOMALY_MESSAGE_IN_TEXT};
	struct buf text = {0};
	struct mime_map *inner;
	size_t at;

	decode_part(build->map, part, encoding, &text);
	inner = build_glance(build->map, part, &text, &build->limits);
	build->map->parts[part].needs_decoding |= inner->truncated;
	for (at = 0; at < sizeof kinds / sizeof kinds[0]; at++)
		if (mime_map_has(inner, kinds[at])) {
			build->map->parts[part].needs_decoding = 1;
			mime_map_note(
			        build->map, kinds[at], part, part_at(build, part)->body.offset);
		}
	mime_map_free(&inner);
	buf_fini(&text);
}

/* Text in text in text is hostile, and could go on for ever: it ends somewhere, and that is said.
 */
static void look_inside_encoded(struct build *build, size_t part, unsigned encodings)
{
	if (build->map->decodings == DECODINGS_MOST) {
		mime_map_note(
		        build->map, MIME_ANOMALY_TOO_DEEP, part, part_at(build, part)->body.offset);
		build->map->truncated = 1;
		return;
	}
	if (encodings & 1u << MIME_BASE64)
		glance_inside(build, part, MIME_BASE64);
	if (encodings & 1u << MIME_QUOTED_PRINTABLE)
		glance_inside(build, part, MIME_QUOTED_PRINTABLE);
	if (encodings & 1u << MIME_UUENCODE)
		glance_inside(build, part, MIME_UUENCODE);
}

/* Talk before a uuencoded body's "begin" would be decoded with it, and be the file's beginning. */
static int begins_behind_talk(const struct build *build, size_t part)
{
	const struct mime_range body = part_at(build, part)->body;
	const struct lines *lines = &build->lines;
	size_t end = body.offset + body.length, byte = body.offset;
	size_t at = lines_mark_at(lines, body.offset);

	while (at < lines->mark_count && lines->marks[at].offset < end &&
	        lines->marks[at].kind != MARK_BEGIN)
		at++;
	if (at == lines->mark_count || lines->marks[at].offset >= end)
		return 0;
	while (byte < lines->marks[at].offset && strchr(" \t\r\n", build->map->bytes[byte]))
		byte++;
	return byte < lines->marks[at].offset;
}

static void look_inside(struct build *build, size_t part)
{
	const unsigned as_it_stands = 1u << MIME_IDENTITY | 1u << MIME_UNKNOWN_ENCODING;
	const unsigned encoded =
	        1u << MIME_BASE64 | 1u << MIME_QUOTED_PRINTABLE | 1u << MIME_UUENCODE;
	unsigned encodings = part_at(build, part)->encodings;

	if (!build->is_glance && (encodings & encoded))
		look_inside_encoded(build, part, encodings);
	if ((encodings & as_it_stands) ||
	        ((encodings & 1u << MIME_UUENCODE) && begins_behind_talk(build, part)))
		inside_look(build, part, part_at(build, part)->body, 0);
}

static void leaf(struct build *build, size_t part, const struct around *around)
{
	describe_body(build, part);
	if (around && inside_garbled_delimiters(build, part, around))
		return;
	if (may_hold_files(part_at(build, part)))
		look_inside(build, part);
	else if ((part_at(build, part)->encodings & 1u << MIME_UUENCODE) &&
	         begins_behind_talk(build, part))
		inside_look(build, part, part_at(build, part)->body, 0);
}

/* Splits a described part, or looks into it. Takes from `boundaries` what does not occur. */
static void open_part(struct build *build, size_t part, struct strings *boundaries,
        const struct around *around, int cr_lines)
{
	struct delimiters delimiters = {0};

	note_nested(build, part, boundaries, around);
	choose_boundaries(build, part, boundaries, &delimiters);
	if (boundaries->count)
		multipart(build, part, boundaries, around, &delimiters);
	else if (describe_says_message(part_at(build, part)))
		message(build, part, cr_lines);
	else
		leaf(build, part, around);
	free(delimiters.marks);
}

void tree_part(struct build *build, size_t part, const struct around *around, int cr_lines)
{
	struct strings boundaries = {.most = BOUNDARIES_MAX};
	struct mime_part *own;

	header_read(build, part, cr_lines);
	describe_part(build, part, &boundaries);
	own = &build->map->parts[part];
	if (is_multipart_type(own) && is_encoded(own)) {
		own->needs_decoding = 1;
		mime_map_note(build->map, MIME_ANOMALY_ENCODED_MULTIPART, part, own->whole.offset);
	}
	open_part(build, part, &boundaries, around, cr_lines);
	strings_fini(&boundaries);
}

void tree_decoded(struct build *build, const struct mime_part *outer)
{
	struct strings boundaries = {.most = BOUNDARIES_MAX};
	struct mime_part *root = &build->map->parts[0];
	size_t at;

	root->body = root->whole;
	root->encodings = 1u << MIME_IDENTITY;
	free(root->type);
	root->type = alloc_string(outer->type);
	for (at = 0; at < outer->boundary_count; at++)
		strings_add(&boundaries, outer->boundaries[at]);
	open_part(build, 0, &boundaries, NULL, 0);
	strings_fini(&boundaries);
}
