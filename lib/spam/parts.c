#include "lib/spam/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/mime/decode.h"
#include "lib/spam/unicode.h"

/* Encoded messages are opened so many, and so deep inside each other. */
enum { BLANK_LINES_MOST = 20, DECODED_MOST = 50, DECODED_DEPTH_MOST = 3 };

/* ------------------------------------------------------------ fields */

static void add_unfolded(const char *bytes, size_t size, struct buf *out)
{
	for (size_t at = 0; at < size; at++) {
		if (bytes[at] == '\r' && at + 1 < size && bytes[at + 1] == '\n')
			continue;
		if (bytes[at] != '\n') {
			buf_add_char(out, bytes[at]);
			continue;
		}
		while (at + 1 < size && (bytes[at + 1] == ' ' || bytes[at + 1] == '\t'))
			at++;
		buf_add_char(out, ' ');
	}
	buf_add(out, "", 0);
}

static void trim(struct buf *text)
{
	size_t start = 0;

	while (text->size && isspace((unsigned char)text->data[text->size - 1]))
		text->data[--text->size] = '\0';
	while (start < text->size && isspace((unsigned char)text->data[start]))
		start++;
	buf_drop_front(text, start);
}

int parts_field(
        const struct mime_map *map, size_t part, const char *name, int decoded, struct buf *out)
{
	const struct mime_part *own = &map->parts[part];
	const struct mime_field *last = NULL;
	struct buf plain = {0};

	for (size_t i = 0; i < own->field_count; i++) {
		const struct mime_field *field = &map->fields[own->first_field + i];

		if (text_same_bytes((const char *)map->bytes + field->name.offset,
		            field->name.length, name))
			last = field;
	}
	if (!last)
		return 0;
	add_unfolded((const char *)map->bytes + last->value.offset, last->value.length, &plain);
	trim(&plain);
	if (decoded && plain.size)
		unicode_header(plain.data, plain.size, 1, out);
	else
		buf_add(out, plain.data, plain.size);
	buf_add(out, "", 0);
	buf_fini(&plain);
	return 1;
}

/* ------------------------------------------------------------ parameters */

static int is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static size_t skip_blanks(const char *text, size_t size, size_t at)
{
	while (at < size && isspace((unsigned char)text[at]))
		at++;
	return at;
}

static int read_value(const char *text, size_t size, size_t at, const char **value, size_t *length)
{
	const char *end;
	size_t stop;

	at = skip_blanks(text, size, at);
	if (at == size || text[at] != '=')
		return 0;
	at = skip_blanks(text, size, at + 1);
	at += at < size && (text[at] == '"' || text[at] == '\'');
	end = memchr(text + at, ';', size - at);
	stop = end ? (size_t)(end - text) : size;
	if (stop > at && (text[stop - 1] == '"' || text[stop - 1] == '\''))
		stop--;
	*value = text + at;
	*length = stop - at;
	return 1;
}

int parts_parameter(
        const char *text, size_t size, const char *name, const char **value, size_t *length)
{
	size_t name_size = strlen(name), at;
	const char *found = text;

	while ((found = text_find(found, size - (size_t)(found - text), name))) {
		at = (size_t)(found - text);
		if ((at == 0 || !is_word(text[at - 1])) &&
		        read_value(text, size, at + name_size, value, length))
			return 1;
		found++;
	}
	return 0;
}

/* "name*0=", "name*1=" of RFC 2231 section 3, joined. */
static char *joined_name(const char *type, size_t size)
{
	struct buf out = {0};
	char name[16];
	const char *value;
	size_t length;

	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "name*%u", i);
		if (!parts_parameter(type, size, name, &value, &length)) {
			snprintf(name, sizeof(name), "filename*%u", i);
			if (!parts_parameter(type, size, name, &value, &length))
				break;
		}
		buf_add(&out, value, length);
	}
	return out.size ? buf_give(&out) : NULL;
}

static char *parameter(const struct buf *field, const char *name)
{
	const char *value;
	size_t length;

	if (!field->size || !parts_parameter(field->data, field->size, name, &value, &length))
		return NULL;
	return alloc_bytes(value, length);
}

/* What follows the first "name=" of a Content-Disposition. */
static char *disposition_name(const struct buf *field)
{
	const char *at = field->size ? text_find(field->data, field->size, "name=") : NULL;
	size_t size;

	if (!at)
		return NULL;
	at += 5;
	at += strspn(at, " \t");
	at += *at == '"';
	size = strcspn(at, "\";");
	return size ? alloc_bytes(at, size) : NULL;
}

/* ------------------------------------------------------------ types */

/* "text/html; charset=…" as "text/html". */
static char *type_of(const struct buf *field)
{
	const char *bytes = field->size ? field->data : "", *slash;
	size_t size = strcspn(bytes, ";"), kept = 0;
	char *type;

	slash = memchr(bytes, '/', size);
	if (slash)
		size = (size_t)(slash + 1 - bytes) + strcspn(slash + 1, " \t\r\n;");
	type = alloc_bytes(bytes, size);
	text_lower(type);
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)type[i];

		if (byte > ' ' && byte < 0x7f && !strchr("\"(),:;<=>?@[\\]", byte))
			type[kept++] = (char)byte;
	}
	type[kept] = '\0';
	return type;
}

static int is_plain_text(const char *type)
{
	return strncmp(type, "text", 4) == 0 && !is_word(type[4]) &&
	       strcmp(type, "text/html") != 0 && strcmp(type, "text/calendar") != 0 &&
	       strcmp(type, "text/x-vcard") != 0;
}

static int is_digest_child(const struct mime_map *map, const struct mime_part *part)
{
	return part->parent != (size_t)(part - map->parts) &&
	       strcmp(map->parts[part->parent].type, "multipart/digest") == 0;
}

static void choose_type(const struct mime_map *map, struct part *part, const struct buf *field)
{
	const struct mime_part *own = &map->parts[part->index];

	part->type = type_of(field);
	if (*part->type && !is_plain_text(part->type) &&
	        !(part->is_leaf && text_starts(part->type, "multipart/")))
		return;
	if (!*part->type && is_digest_child(map, own)) {
		free(part->type);
		part->type = alloc_string("message/rfc822");
		return;
	}
	free(part->type);
	part->type = alloc_string("text/plain");
}

static int ends_like_html(const char *name)
{
	const char *dot = name ? strrchr(name, '.') : NULL;

	return dot &&
	       (text_same(dot, ".htm") || text_same(dot, ".html") || text_same(dot, ".shtml"));
}

static char *small_field(const struct mime_map *map, size_t part, const char *name)
{
	struct buf value = {0};

	if (!parts_field(map, part, name, 1, &value))
		return alloc_string("");
	text_lower(value.data);
	return buf_give(&value);
}

/* ------------------------------------------------------------ bodies */

void parts_add_lines(const char *bytes, size_t size, struct buf *out)
{
	const char *end = bytes + size, *cr;

	buf_reserve(out, size);
	while (bytes < end && (cr = memchr(bytes, '\r', (size_t)(end - bytes)))) {
		int is_line_end = cr + 1 < end && cr[1] == '\n';

		buf_add(out, bytes, (size_t)(cr - bytes) + !is_line_end);
		bytes = cr + 1;
	}
	buf_add(out, bytes, (size_t)(end - bytes));
}

static void drop_cr(struct buf *text)
{
	struct buf lines = {0};

	if (!text->size || !memchr(text->data, '\r', text->size))
		return;
	parts_add_lines(text->data, text->size, &lines);
	buf_fini(text);
	*text = lines;
}

/* Of a run of blank lines the first twenty stay. The line that parts a body part's header from it
 * is one of them; the message's own begins with one more. */
static void squeeze_lines(struct buf *text, int is_message)
{
	size_t kept = 0, end;
	int run = is_message ? -1 : 1;

	for (size_t at = 0; at < text->size; at = end) {
		const char *next = memchr(text->data + at, '\n', text->size - at);
		int is_blank = 1;

		end = next ? (size_t)(next + 1 - text->data) : text->size;
		for (size_t i = at; i < end && is_blank; i++)
			is_blank = isspace((unsigned char)text->data[i]) != 0;
		run = is_blank ? run + 1 : 0;
		if (run > BLANK_LINES_MOST)
			continue;
		if (kept != at)
			memmove(text->data + kept, text->data + at, end - at);
		kept += end - at;
	}
	text->size = kept;
	if (text->data)
		text->data[kept] = '\0';
}

const char *parts_raw(const struct part *part, size_t *size)
{
	const struct mime_part *own = &part->map->parts[part->index];

	*size = own->body.length;
	return (const char *)part->map->bytes + own->body.offset;
}

/* A line without the blanks at its end. */
static void add_trimmed(const char *line, size_t size, struct buf *out)
{
	int has_cr = size && line[size - 1] == '\r';

	size -= (size_t)has_cr;
	while (size && (line[size - 1] == ' ' || line[size - 1] == '\t'))
		size--;
	buf_add(out, line, size);
	buf_add(out, has_cr ? "\r\n" : "\n", has_cr ? 2 : 1);
}

/* Blanks at the ends of lines were added on the way (RFC 2045 section 6.7). */
static void decode_quoted(const struct mime_map *map, struct part *part)
{
	const struct mime_part *own = &map->parts[part->index];
	const char *line = (const char *)map->bytes + own->body.offset;
	const char *stop = line + own->body.length, *end;
	struct buf plain = {0};

	buf_reserve(&plain, own->body.length);
	for (; line < stop && (end = memchr(line, '\n', (size_t)(stop - line))); line = end + 1)
		add_trimmed(line, (size_t)(end - line), &plain);
	buf_add(&plain, line, (size_t)(stop - line));
	decode_quoted_printable(plain.data, plain.size, &part->body);
	buf_fini(&plain);
}

static void read_body(const struct mime_map *map, struct part *part)
{
	int is_text = text_starts(part->type, "text/") || text_starts(part->type, "message/") ||
	              part->is_html;

	if (!part->is_leaf || (!is_text && !text_starts(part->type, "image/")))
		return;
	if (map->parts[part->index].encoding == MIME_QUOTED_PRINTABLE)
		decode_quoted(map, part);
	else
		decode_part(map, part->index, map->parts[part->index].encoding, &part->body);
	if (is_text)
		drop_cr(&part->body);
	if (is_text && map->parts[part->index].encoding != MIME_BASE64)
		squeeze_lines(&part->body, part->index == 0);
}

/* A multipart of no bytes has no parts, and is no text either. */
static int is_leaf(const struct mime_part *own)
{
	return own->child_count == 0 &&
	       (own->body.length || !own->boundary_count || !text_starts(own->type, "multipart/"));
}

static void read_part(const struct mime_map *map, size_t index, struct part *part)
{
	const struct mime_part *own = &map->parts[index];
	struct buf type = {0}, disposition = {0};

	part->map = map;
	part->index = index;
	part->is_leaf = is_leaf(own);
	parts_field(map, index, "Content-Type", 1, &type);
	parts_field(map, index, "Content-Disposition", 1, &disposition);
	choose_type(map, part, &type);
	part->charset = parameter(&type, "charset");
	part->name = disposition_name(&disposition);
	if (!part->name)
		part->name = parameter(&type, "name");
	if (!part->name)
		part->name = parameter(&type, "filename");
	if (!part->name && type.size)
		part->name = joined_name(type.data, type.size);
	part->encoding = small_field(map, index, "Content-Transfer-Encoding");
	part->disposition = small_field(map, index, "Content-Disposition");
	part->is_html = part->is_leaf &&
	                (ends_like_html(part->name) || strcmp(part->type, "text/html") == 0);
	part->is_plain = part->is_leaf && !part->is_html && strcmp(part->type, "text/plain") == 0;
	read_body(map, part);
	buf_fini(&type);
	buf_fini(&disposition);
}

/* Under the root by parts that all are ones by the book? */
static int is_by_the_book(const struct mime_map *map, size_t index)
{
	while (!map->parts[index].is_synthetic) {
		if (map->parts[index].parent == index)
			return 1;
		index = map->parts[index].parent;
	}
	return 0;
}

/* A delimiter with which a multipart ends, and no part behind it. */
static int is_nothing(const struct mime_map *map, size_t index)
{
	const struct mime_part *own = &map->parts[index], *outer = &map->parts[own->parent];

	return own != outer && !own->whole.length &&
	       own->whole.offset >= outer->body.offset + outer->body.length;
}

/* ------------------------------------------------------------ all of them */

static struct part *new_part(struct parts *parts)
{
	if (parts->count == parts->room) {
		parts->room = parts->room ? parts->room * 2 : 16;
		parts->items = alloc_grow(parts->items, parts->room, sizeof(*parts->items));
	}
	memset(&parts->items[parts->count], 0, sizeof(*parts->items));
	return &parts->items[parts->count++];
}

static int is_encoded_message(const struct part *part)
{
	enum mime_encoding encoding = part->map->parts[part->index].encoding;

	return part->is_leaf && part->body.size &&
	       (encoding == MIME_BASE64 || encoding == MIME_QUOTED_PRINTABLE) &&
	       (strcmp(part->type, "message/rfc822") == 0 ||
	               strcmp(part->type, "message/global") == 0);
}

static void read_map(struct parts *parts, const struct mime_map *map, size_t outer, int depth);

/* A message in base64 is shown like any other: its parts come behind the one that has it. */
static void open_message(struct parts *parts, size_t which, int depth)
{
	struct part *part = &parts->items[which];
	struct parts_decoded *decoded;

	if (depth == DECODED_DEPTH_MOST || parts->decoded_count == DECODED_MOST)
		return;
	if (!parts->decoded)
		parts->decoded = alloc_zero(DECODED_MOST, sizeof(*parts->decoded));
	decoded = &parts->decoded[parts->decoded_count++];
	decoded->bytes = part->body;
	part->body = (struct buf){0};
	part->is_leaf = 0;
	decoded->map = mime_map_new_decoded(
	        part->map, part->index, decoded->bytes.data, decoded->bytes.size, NULL);
	read_map(parts, decoded->map, which, depth + 1);
}

/* The parts of a map that lies inside the part `outer`; of the message's own it is the first. */
static void read_map(struct parts *parts, const struct mime_map *map, size_t outer, int depth)
{
	size_t *places = alloc_zero(map->part_count, sizeof(*places));
	size_t which;

	for (size_t i = 0; i < map->part_count; i++) {
		if (!is_by_the_book(map, i) || is_nothing(map, i))
			continue;
		which = places[i] = parts->count;
		read_part(map, i, new_part(parts));
		parts->items[which].parent = i ? places[map->parts[i].parent] : outer;
		if (is_encoded_message(&parts->items[which]))
			open_message(parts, which, depth);
	}
	free(places);
}

void parts_read(const struct mime_map *map, struct parts *parts)
{
	memset(parts, 0, sizeof(*parts));
	parts->map = map;
	read_map(parts, map, 0, 0);
}

int parts_is_inside(const struct parts *parts, const struct part *inner, const struct part *outer)
{
	size_t index = (size_t)(inner - parts->items), wanted = (size_t)(outer - parts->items);

	while (index != wanted && index)
		index = parts->items[index].parent;
	return index == wanted;
}

void parts_fini(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		free(parts->items[i].type);
		free(parts->items[i].charset);
		free(parts->items[i].name);
		free(parts->items[i].encoding);
		free(parts->items[i].disposition);
		buf_fini(&parts->items[i].body);
	}
	free(parts->items);
	for (size_t i = 0; i < parts->decoded_count; i++) {
		mime_map_free(&parts->decoded[i].map);
		buf_fini(&parts->decoded[i].bytes);
	}
	free(parts->decoded);
	memset(parts, 0, sizeof(*parts));
}
