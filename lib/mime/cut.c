#include "lib/mime/cut.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/quoted.h"
#include "lib/base/text.h"
#include "lib/mime/lines.h"

/* RFC 5322 section 2.1.1 and RFC 2045 section 6.7. */
enum { LINE_MOST = 78 };

/* ---------------------------------------------------------------- may it be cut? */

static int is_of_type(const struct mime_part *part, const char *type)
{
	size_t at;

	for (at = 0; at < part->other_type_count; at++)
		if (text_same(part->other_types[at], type))
			return 1;
	return text_same(part->type, type);
}

static int is_ambiguous(const struct mime_part *part)
{
	enum mime_anomaly_kind kind;

	for (kind = 0; kind < MIME_ANOMALY_KINDS; kind++)
		if ((part->noted >> kind & 1) && mime_anomaly_severity(kind) == 2)
			return 1;
	return 0;
}

static const char *refusal_around(const struct cut *cut, const struct mime_part *part)
{
	if (is_of_type(part, "multipart/signed") && !cut->may_break_signatures)
		return "signed";
	if (is_of_type(part, "multipart/encrypted"))
		return "encrypted";
	if (part->needs_decoding)
		return "encoded";
	return is_ambiguous(part) ? "ambiguous" : NULL;
}

/* Fields that some readers see elsewhere, or not at all, can't be taken out for all of them. */
static const char *refusal_of_root(const struct mime_part *root)
{
	static const enum mime_anomaly_kind kinds[] = {MIME_ANOMALY_CR_LINES,
	        MIME_ANOMALY_HIDDEN_FIELD, MIME_ANOMALY_NUL_IN_HEADER, MIME_ANOMALY_BAD_HEADER_LINE,
	        MIME_ANOMALY_BLANK_SEPARATOR, MIME_ANOMALY_TOO_MANY_FIELDS};
	size_t at;

	for (at = 0; at < sizeof kinds / sizeof kinds[0]; at++)
		if (root->noted >> kinds[at] & 1)
			return "header";
	return NULL;
}

static const char *refusal(const struct cut *cut, const struct mime_map *map, size_t part)
{
	const char *why = NULL;

	if (map->truncated)
		return "truncated";
	if (!part)
		return refusal_of_root(&map->parts[0]);
	while (part && !why) {
		part = map->parts[part].parent;
		why = refusal_around(cut, &map->parts[part]);
	}
	return why;
}

/* ---------------------------------------------------------------- the replacement text */

static const char *line_end_before(const struct mime_map *map, size_t offset)
{
	const unsigned char *lf;

	if (offset < 1 || map->bytes[offset - 1] != '\n') {
		lf = map->size ? memchr(map->bytes, '\n', map->size) : NULL;
		offset = lf ? (size_t)(lf - map->bytes) + 1 : 0;
	}
	return offset >= 2 && map->bytes[offset - 2] == '\r' ? "\r\n" : "\n";
}

/* Every byte may stand as it is: no 8-bit, short lines, and none that could be a delimiter. */
static int is_plain(const char *text)
{
	const char *line = text, *end, *at;

	for (;; line = end + 1) {
		end = strchrnul(line, '\n');
		if (end - line > LINE_MOST || strncmp(line, "--", 2) == 0 ||
		        strncasecmp(line, "from ", 5) == 0 || *line == '.')
			return 0;
		for (at = line; at < end; at++)
			if ((unsigned char)*at >= 0x7F || (*at < ' ' && *at != '\t' && *at != '\r'))
				return 0;
		if (!*end)
			return 1;
	}
}

static void add_plain(struct buf *out, const char *text, const char *line_end)
{
	for (; *text; text++) {
		if (*text == '\n')
			buf_add_string(out, line_end);
		else if (*text != '\r')
			buf_add_char(out, *text);
	}
}

/* Fields, the empty line, the text; no line end behind it. */
static void add_text_part(struct buf *out, const char *text, const char *line_end)
{
	int plain = is_plain(text);

	buf_add_format(out, "Content-Type: text/plain; charset=utf-8%s", line_end);
	buf_add_format(out, "Content-Transfer-Encoding: %s%s%s",
	        plain ? "7bit" : "quoted-printable", line_end, line_end);
	if (plain)
		add_plain(out, text, line_end);
	else
		quoted_add(out, text, line_end);
}

/* A line inside somebody's text, whose charset and encoding may be any: ASCII, and no "=". */
static void add_line(struct buf *out, const char *text)
{
	buf_add_char(out, '[');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c & 0xC0) == 0x80 || c == '\r')
			continue;
		buf_add_char(out, c == '=' || c == '<' ? '-' : c == '\n' ? ' ' : *text);
		if (c >= 0x7F || (c < ' ' && c != '\n'))
			out->data[out->size - 1] = '?';
	}
	buf_add_char(out, ']');
}

/* ---------------------------------------------------------------- the list */

static int is_covered(const struct cut *cut, struct mime_range range)
{
	size_t at;

	for (at = 0; at < cut->count; at++)
		if (cut->edits[at].offset <= range.offset &&
		        range.offset + range.length <=
		                cut->edits[at].offset + cut->edits[at].length &&
		        cut->edits[at].length)
			return 1;
	return 0;
}

static void remove_edit(struct cut *cut, size_t at)
{
	free(cut->edits[at].bytes);
	memmove(&cut->edits[at], &cut->edits[at + 1], (--cut->count - at) * sizeof *cut->edits);
}

/* Takes the bytes of `replacement`. Edits inside the new one's range give way to it. */
static void add_edit(struct cut *cut, size_t offset, size_t length, struct buf *replacement)
{
	size_t at = 0;

	while (at < cut->count && cut->edits[at].offset < offset)
		at++;
	while (at < cut->count &&
	        (cut->edits[at].offset == offset || cut->edits[at].offset < offset + length))
		remove_edit(cut, at);
	cut->edits = alloc_grow(cut->edits, cut->count + 1, sizeof *cut->edits);
	memmove(&cut->edits[at + 1], &cut->edits[at], (cut->count - at) * sizeof *cut->edits);
	cut->count++;
	cut->edits[at] = (struct cut_edit){.offset = offset, .length = length};
	cut->edits[at].size = replacement->size;
	cut->edits[at].bytes = buf_give(replacement);
}

/* ---------------------------------------------------------------- cutting */

static int ends_at_line_end(const struct mime_map *map, struct mime_range range)
{
	size_t end = range.offset + range.length;

	return end == map->size || map->bytes[end] == '\r' || map->bytes[end] == '\n';
}

/* In a text, in whatever it holds, header fields would only be more text. */
static int is_inside_text(const struct mime_map *map, size_t part)
{
	while (part && !map->parts[part].is_synthetic)
		part = map->parts[part].parent;
	return part != 0;
}

static void cut_whole(struct cut *cut, const struct mime_map *map, size_t part, const char *text)
{
	const struct mime_part *own = &map->parts[part];
	const char *line_end = line_end_before(map, own->whole.offset);
	struct buf replacement = {0};

	if (is_covered(cut, own->whole))
		return;
	if (is_inside_text(map, part))
		add_line(&replacement, text);
	else
		add_text_part(&replacement, text, line_end);
	/* An empty part ends where the next delimiter begins; a piece of text behind its last line
	 * end. */
	if (!ends_at_line_end(map, own->whole) ||
	        (own->whole.length &&
	                map->bytes[own->whole.offset + own->whole.length - 1] == '\n'))
		buf_add_string(&replacement, line_end);
	add_edit(cut, own->whole.offset, own->whole.length, &replacement);
}

static int is_content_field(const struct mime_map *map, const struct mime_field *field)
{
	return field->name.length > 8 &&
	       strncasecmp((const char *)map->bytes + field->name.offset, "content-", 8) == 0;
}

/* Where the line that ends at `offset` has its next one. */
static size_t behind_line_end(const struct mime_map *map, size_t offset)
{
	while (offset < map->size && map->bytes[offset] == '\r')
		offset++;
	return offset + (offset < map->size && map->bytes[offset] == '\n');
}

/* Fields may lie within each other, where a CR ends a line for some readers: what is taken out of
 * both is taken out once. */
static void remove_range(struct cut *cut, size_t start, size_t end)
{
	struct buf nothing = {0};
	size_t at = 0;

	while (at < cut->count) {
		const struct cut_edit *edit = &cut->edits[at];
		size_t edit_end = edit->offset + edit->length;

		if (edit->offset >= end || edit_end <= start) {
			at++;
			continue;
		}
		start = edit->offset < start ? edit->offset : start;
		end = edit_end > end ? edit_end : end;
		remove_edit(cut, at);
	}
	add_edit(cut, start, end - start, &nothing);
}

static size_t end_of_field(const struct mime_map *map, const struct mime_field *field)
{
	return behind_line_end(map, field->value.offset + field->value.length);
}

static void remove_content_fields(struct cut *cut, const struct mime_map *map)
{
	const struct mime_part *root = &map->parts[0];
	size_t at;

	for (at = root->first_field; at < root->first_field + root->field_count; at++) {
		const struct mime_field *field = &map->fields[at];

		if (is_content_field(map, field))
			remove_range(cut, field->name.offset, end_of_field(map, field));
	}
}

/* Where the header's last field ends: before the empty line, if there is one. */
static size_t separator(const struct mime_map *map)
{
	const struct mime_part *root = &map->parts[0];
	size_t at, end, last = root->header.offset;

	for (at = root->first_field; at < root->first_field + root->field_count; at++) {
		end = end_of_field(map, &map->fields[at]);
		last = end > last ? end : last;
	}
	return last;
}

/* A field that stays has no line end before `offset`. What is taken out needs none, and the last
 * field may be seen only by readers for whom a CR ends a line, within one that is taken out. */
static int is_open(const struct cut *cut, const struct mime_map *map, size_t offset)
{
	size_t at;

	for (at = 0; at < cut->count; at++)
		if (cut->edits[at].offset + cut->edits[at].length >= offset)
			return 0;
	return offset && map->bytes[offset - 1] != '\n';
}

/* The message is one part: its own header stays but for what describes the body. */
static void cut_root(struct cut *cut, const struct mime_map *map, const char *text)
{
	const char *line_end = line_end_before(map, 0);
	struct buf replacement = {0};
	size_t start = separator(map);

	remove_content_fields(cut, map);
	if (is_open(cut, map, start))
		buf_add_string(&replacement, line_end);
	if (!mime_field(map, 0, "MIME-Version", 0))
		buf_add_format(&replacement, "MIME-Version: 1.0%s", line_end);
	add_text_part(&replacement, text, line_end);
	buf_add_string(&replacement, line_end);
	add_edit(cut, start, map->size - start, &replacement);
}

enum result cut_part(
        struct cut *cut, const struct mime_map *map, size_t part, const char *text, struct err *err)
{
	const char *why = refusal(cut, map, part);

	if (why)
		return err_set(err, RESULT_PERMANENT, "%s", why);
	if (part)
		cut_whole(cut, map, part, text);
	else
		cut_root(cut, map, text);
	return RESULT_OK;
}

void cut_apply(const struct cut *cut, const struct mime_map *map, struct buf *out)
{
	size_t at, done = 0;

	for (at = 0; at < cut->count; at++) {
		const struct cut_edit *edit = &cut->edits[at];

		buf_add(out, map->bytes + done, edit->offset - done);
		buf_add(out, edit->bytes, edit->size);
		done = edit->offset + edit->length;
	}
	buf_add(out, map->bytes + done, map->size - done);
}

void cut_fini(struct cut *cut)
{
	size_t at;

	for (at = 0; at < cut->count; at++)
		free(cut->edits[at].bytes);
	free(cut->edits);
	*cut = (struct cut){0};
}
