#include "lib/spam/facts.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/spam/pattern.h"

enum {
	LINE_MOST = 2048,
	QUOTED_LINE_MOST = 79, /* with its line end */
	NAME_MOST_BYTES = 256,
	VALUE_MOST_BYTES = 8192,
};

/* ------------------------------------------------------------ headers of parts */

static int is_ascii_charset(const struct part *part)
{
	static struct pattern names = {
	        "us-ascii|ansi_x3\\.4-19(?:68|86)|iso-ir-6|iso_646\\.irv:1991|ascii|iso646-us|us|"
	        "ibm367|cp367|csascii",
	        MATCH_CASELESS};

	return !part->charset || !*part->charset ||
	       pattern_is(&names, part->charset, strlen(part->charset));
}

static int is_bad_iso(const char *charset)
{
	static struct pattern iso = {"iso-\\S+-\\S+\\b", MATCH_CASELESS};
	static struct pattern good = {"iso-(?:8859-[0-9]{1,2}|2022-(?:jp|kr))\\b", MATCH_CASELESS};

	return pattern_is(&iso, charset, strlen(charset)) &&
	       !pattern_is(&good, charset, strlen(charset));
}

static void take_charset(struct facts *facts, const struct part *part)
{
	const char *charset = part->charset ? part->charset : "us-ascii";

	facts->has_bad_iso_charset |= is_bad_iso(charset);
	if (facts->charsets.size)
		buf_add_char(&facts->charsets, ' ');
	if (facts->charsets.size < 65536)
		buf_add_string(&facts->charsets, charset);
}

static void take_header(struct facts *facts, const struct part *part)
{
	int is_base64 = strstr(part->encoding, "base64") != NULL;
	int is_text = strncmp(part->type, "text", 4) == 0;

	facts->has_alternative |= strcmp(part->type, "multipart/alternative") == 0;
	if (strcmp(part->type, "text/html") == 0)
		facts->html_count++;
	else if (is_text)
		facts->text_count++;
	if (is_base64)
		facts->base64_count++;
	else if (strstr(part->encoding, "quoted-printable"))
		facts->quoted_count++;
	facts->has_attachment |= strstr(part->disposition, "attachment") != NULL;
	facts->has_base64_text |= is_text && is_base64 && is_ascii_charset(part) &&
	                          strncmp(part->disposition, "attachment", 10) != 0 &&
	                          strncmp(part->disposition, "inline", 6) != 0;
	take_charset(facts, part);
}

/* ------------------------------------------------------------ lines */

struct lines {
	struct facts *facts;
	int is_quoted, is_base64, is_ascii, has_references; /* the part they are of */
	size_t normal, unicode;                             /* characters of plain text */
};

/* Escapes of what could stand as it is; blanks at a line's end have to be escaped. */
static size_t needless_escapes(const char *line, size_t size)
{
	size_t count = 0, end = size;

	for (size_t i = 0; i + 2 < size; i++) {
		int high = line[i] == '=' ? line[i + 1] : 0, low = line[i + 2];
		int is_digit = (low >= '0' && low <= '9') || (low >= 'A' && low <= 'F');

		if (high == '3')
			count += (low >= '0' && low <= '9') ||
			         (low >= 'A' && low <= 'F' && low != 'D');
		else if (high == '0')
			count += low == '9';
		else if (high == '7')
			count += is_digit && low != 'F';
		else
			count += (high == '2' || (high >= '4' && high <= '6')) && is_digit;
	}
	while (end && isspace((unsigned char)line[end - 1]))
		end--;
	while (end >= 3 &&
	        (memcmp(line + end - 3, "=20", 3) == 0 || memcmp(line + end - 3, "=09", 3) == 0)) {
		end -= 3;
		count -= count > 0;
	}
	return count;
}

static void take_quoted(struct facts *facts, const char *line, size_t size)
{
	facts->has_long_quoted_line |= size > QUOTED_LINE_MOST;
	facts->quoted_bytes += size;
	if (memchr(line, '=', size))
		facts->quoted_escapes += needless_escapes(line, size);
}

static int has_illegal(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!line[i] || (line[i] & 0x80) || (line[i] == '\r' && i + 2 < size))
			return 1;
	}
	return 0;
}

/* "&#x20AC;" */
static void take_references(struct lines *lines, const char *line, size_t size)
{
	const char *at = line, *end = line + size;
	size_t count = 0;

	while ((at = memchr(at, '&', (size_t)(end - at))) && end - at > 7) {
		if (memcmp(at, "&#x", 3) == 0 && at[7] == ';' &&
		        strspn(at + 3, "0123456789ABCDEF") >= 4) {
			count++;
			at += 7;
		}
		at++;
	}
	lines->unicode += count;
	lines->normal += size - 8 * count;
}

static void take_line(struct lines *lines, const char *line, size_t size)
{
	if (lines->is_quoted && (size < 6 || memcmp(line, "SPAM: ", 6) != 0))
		take_quoted(lines->facts, line, size);
	if (lines->is_base64 && size > lines->facts->longest_base64_line)
		lines->facts->longest_base64_line = size;
	if (lines->is_ascii)
		lines->facts->illegal_ascii += has_illegal(line, size) != 0;
	if (lines->has_references)
		take_references(lines, line, size);
}

static void begin_part(struct lines *lines, const struct part *part)
{
	int is_plain = strcmp(part->type, "text/plain") == 0;

	lines->is_quoted = strcmp(part->encoding, "quoted-printable") == 0;
	lines->is_base64 =
	        strcmp(part->encoding, "base64") == 0 && strcmp(part->type, "application/ics") != 0;
	lines->is_ascii = is_plain && (!part->charset || text_same(part->charset, "us-ascii"));
	lines->has_references =
	        is_plain && (!*part->encoding || strcmp(part->encoding, "7bit") == 0 ||
	                            strcmp(part->encoding, "8bit") == 0);
}

static void take_lines(struct lines *lines, const char *bytes, size_t size)
{
	const char *end;
	size_t length;

	for (; size; bytes += length, size -= length) {
		end = memchr(bytes, '\n', size);
		length = end ? (size_t)(end + 1 - bytes) : size;
		if (length > LINE_MOST)
			length = LINE_MOST;
		take_line(lines, bytes, length - (length > 1 && end && bytes[length - 2] == '\r'));
	}
}

/* ------------------------------------------------------------ the alternatives */

/* As it is with "\n" line ends. */
static size_t plain_size(const struct part *part)
{
	size_t size, count = 0;
	const char *bytes = parts_raw(part, &size), *end = bytes + size;

	while ((bytes = memchr(bytes, '\r', (size_t)(end - bytes)))) {
		bytes++;
		count += bytes < end && *bytes == '\n';
	}
	return size - count;
}

static size_t first_alternative(const struct parts *parts)
{
	size_t at = 0;

	while (at < parts->count && strcmp(parts->items[at].type, "multipart/alternative") != 0)
		at++;
	return at;
}

/* The last text and the last HTML part, without attachments. What stands before the first
 * alternative counts as empty. */
static void weigh_alternatives(const struct parts *parts, struct facts *facts)
{
	double text = -1, html = -1, bytes;
	size_t first = first_alternative(parts);

	facts->alternative_ratio = 1;
	for (size_t i = parts->count; facts->has_alternative && i-- > 0;) {
		const struct part *part = &parts->items[i];

		if (!part->is_leaf || strstr(part->disposition, "attachment"))
			continue;
		bytes = i < first ? 0 : (double)plain_size(part);
		if (html < 0 && strcmp(part->type, "text/html") == 0)
			html = bytes;
		else if (text < 0 && strcmp(part->type, "text/plain") == 0)
			text = bytes;
	}
	if (text >= 0 && html > 0)
		facts->alternative_ratio = text / html;
}

/* ------------------------------------------------------------ what isn't by the book */

/* Is there an empty line between header and body? */
static int has_head_end(const struct mime_map *map, const struct mime_part *own)
{
	const char *bytes = (const char *)map->bytes + own->header.offset;
	size_t size = own->header.length, end = size;

	if (!size || bytes[size - 1] != '\n')
		return 0;
	end -= end > 1 && bytes[end - 2] == '\r' ? 2 : 1;
	return end == 0 || bytes[end - 1] == '\n';
}

/* "name:" of what may stand in a field's name. */
static int begins_with_field(const char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size && bytes[at] > ' ' && bytes[at] < 0x7f && bytes[at] != ':')
		at++;
	return at && at < size && bytes[at] == ':';
}

/* Behind the closing delimiter, up to the multipart's end. */
static int has_text_behind(
        const struct mime_map *map, const struct mime_part *own, const struct mime_part *last)
{
	const char *bytes = (const char *)map->bytes;
	size_t end = own->body.offset + own->body.length;
	size_t at = last->whole.offset + last->whole.length;

	while (at < end && (bytes[at] == '\r' || bytes[at] == '\n'))
		at++;
	while (at < end && bytes[at] != '\n')
		at++;
	for (; at < end; at++) {
		if (!isspace((unsigned char)bytes[at]) && bytes[at] != '.')
			return 1;
	}
	return 0;
}

static void check_multipart(const struct parts *parts, size_t which, struct facts *facts)
{
	const struct mime_map *map = parts->items[which].map;
	const struct mime_part *own = &map->parts[parts->items[which].index], *last = NULL;
	int is_open = (own->noted >> MIME_ANOMALY_MISSING_END & 1) != 0;

	facts->misses_boundary |= is_open;
	for (size_t i = which + 1; i < parts->count; i++) {
		if (parts->items[i].parent == which)
			last = &map->parts[parts->items[i].index];
	}
	if (last && !is_open)
		facts->has_epilogue |= has_text_behind(map, own, last);
}

static void check_child(
        const struct mime_map *map, const struct mime_part *own, struct facts *facts)
{
	const char *bytes = (const char *)map->bytes + own->whole.offset;

	facts->misses_part_fields |= !begins_with_field(bytes, own->whole.length);
	facts->misses_part_head_end |= own->body.length && !has_head_end(map, own);
}

/* A multipart inside another part, in which no delimiter was found: its text is read like that of
 * a part, from its header on. */
static void check_not_parted(
        const struct mime_map *map, const struct mime_part *own, struct facts *facts)
{
	const char *bytes = (const char *)map->bytes + own->body.offset;
	size_t size = own->body.length;

	if (own->child_count || !own->boundary_count || !text_starts(own->type, "multipart/"))
		return;
	facts->misses_part_head_end |=
	        size && *bytes != '\n' && *bytes != '\r' && !begins_with_field(bytes, size);
}

static void check_fields(const struct mime_map *map, struct facts *facts)
{
	const struct mime_part *root = &map->parts[0];
	size_t size = 0;

	for (size_t i = 0; i < root->field_count; i++) {
		const struct mime_field *field = &map->fields[root->first_field + i];

		facts->has_cut_field |= field->name.length > NAME_MOST_BYTES ||
		                        field->value.length > VALUE_MOST_BYTES;
		size += field->name.length + field->value.length + 2;
	}
	facts->has_cut_field |= size > 65536;
}

static void check_part(const struct parts *parts, size_t which, struct facts *facts)
{
	const struct mime_map *map = parts->items[which].map;
	const struct mime_part *own = &map->parts[parts->items[which].index];

	if (own->is_multipart)
		check_multipart(parts, which, facts);
	else if (which)
		check_not_parted(map, own, facts);
	if (own->parent != parts->items[which].index && map->parts[own->parent].is_multipart)
		check_child(map, own, facts);
}

/* ------------------------------------------------------------ all of it */

void facts_read(const struct parts *parts, struct facts *facts)
{
	struct lines lines = {.facts = facts};
	const char *bytes;
	size_t size;

	memset(facts, 0, sizeof(*facts));
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->items[i];

		take_header(facts, part);
		check_part(parts, i, facts);
		if (!part->is_leaf)
			continue;
		begin_part(&lines, part);
		bytes = parts_raw(part, &size);
		take_lines(&lines, bytes, size);
	}
	facts->misses_head_end = !has_head_end(parts->map, &parts->map->parts[0]);
	facts->unicode_ratio = lines.normal ? (double)lines.unicode / (double)lines.normal : 0;
	check_fields(parts->map, facts);
	weigh_alternatives(parts, facts);
	buf_add(&facts->charsets, "", 0);
}

void facts_fini(struct facts *facts)
{
	buf_fini(&facts->charsets);
	memset(facts, 0, sizeof(*facts));
}
