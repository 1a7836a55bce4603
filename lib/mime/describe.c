/*
 * What a part's header fields may mean: every type, encoding, boundary and name that some client
 * would take from them.
 */
#include "lib/mime/build.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/mime/decode.h"
#include "lib/mime/name.h"

/* Of one field name in one header; candidates of one part. */
enum { FIELDS_MAX = 16, NAMES_MAX = 32, TYPES_MAX = 8 };

/* What a CR in a field that ends no line is: nothing to some, and a blank to whom it is sent on to
 * (lib/smtp). */
enum cr { CR_NOTHING, CR_BLANK, CR_READINGS };

struct describer {
	struct build *build;
	size_t part;
	struct strings types;
	struct strings *boundaries;
	struct strings names;
	struct strings dispositions;
	unsigned first_encodings, all_encodings; /* what the fields say, as sets */
	enum cr cr;                              /* how the field is being read */
	int two_boundaries;                      /* one field states different boundaries */
	int odd_boundary;                        /* its parameter can be read in several ways */
};

static struct mime_part *own(const struct describer *describer)
{
	return &describer->build->map->parts[describer->part];
}

static void note(const struct describer *describer, enum mime_anomaly_kind kind)
{
	mime_map_note(describer->build->map, kind, describer->part, own(describer)->whole.offset);
}

/* Does a field of the same name behind this one say anything else? */
static int differs(const struct describer *describer, const struct mime_field *first)
{
	const struct mime_map *map = describer->build->map;
	const struct mime_field *end =
	        map->fields + own(describer)->first_field + own(describer)->field_count;
	const char *name = (const char *)map->bytes + first->name.offset;
	const unsigned char *value = map->bytes + first->value.offset;
	const struct mime_field *next;

	for (next = first + 1; next < end; next++)
		if (next->name.length == first->name.length &&
		        strncasecmp((const char *)map->bytes + next->name.offset, name,
		                next->name.length) == 0 &&
		        (next->value.length != first->value.length ||
		                memcmp(map->bytes + next->value.offset, value,
		                        next->value.length) != 0))
			return 1;
	return 0;
}

/* The nth field of that name. Those behind the last that is looked at are noted where they differ
 * from it, as some client takes the last. */
static const struct mime_field *field_of(
        const struct describer *describer, const char *name, size_t nth)
{
	const struct mime_map *map = describer->build->map;
	const struct mime_field *field = mime_field(map, describer->part, name, nth);

	if (!field || nth < FIELDS_MAX)
		return field;
	if (differs(describer, mime_field(map, describer->part, name, nth - 1)))
		note(describer, MIME_ANOMALY_TOO_MANY_CANDIDATES);
	return NULL;
}

/* What the parameters of a field were read to. */
static void note_parameters(const struct describer *describer, const struct params *params)
{
	if (params->odd)
		note(describer, MIME_ANOMALY_BAD_PARAMETER);
	if (params->too_many)
		note(describer, MIME_ANOMALY_TOO_MANY_CANDIDATES);
}

/* The value without its line ends, as far as it counts; NULs stay in. Gives whether it had a CR. */
static int unfold(const struct describer *describer, const struct mime_field *field, enum cr cr,
        struct buf *out)
{
	const struct build *build = describer->build;
	const char *bytes = (const char *)build->map->bytes + field->value.offset;
	size_t size = field->value.length, at;
	int found = 0, bare;

	if (size > build->limits.max_field_bytes)
		size = build->limits.max_field_bytes;
	buf_reserve(out, size + 1);
	for (at = 0; at < size; at++) {
		bare = bytes[at] == '\r' && at + 1 < size && bytes[at + 1] != '\n';
		found |= bare;
		if (bare && cr == CR_BLANK)
			buf_add_char(out, ' ');
		else if (bytes[at] != '\r' && bytes[at] != '\n')
			buf_add_char(out, bytes[at]);
	}
	buf_add(out, "", 0);
	return found;
}

/* Reads a field in every way that its CRs, if it has any, are read. */
static void read_field(struct describer *describer, const struct mime_field *field,
        void (*read)(struct describer *describer, const struct buf *value))
{
	enum cr cr;
	int found = 1;

	for (cr = CR_NOTHING; cr < CR_READINGS && found; cr++) {
		struct buf value = {0};

		found = unfold(describer, field, cr, &value);
		describer->cr = cr;
		read(describer, &value);
		buf_fini(&value);
	}
}

/* ---------------------------------------------------------------- names */

static void add_name(struct describer *describer, enum mime_name_source source, const char *text)
{
	struct mime_part *part = own(describer);
	char *copy;

	if (!*text || !strings_add(&describer->names, text))
		return;
	copy = alloc_string(text);
	part->names = alloc_grow(part->names, part->name_count + 1, sizeof *part->names);
	part->names[part->name_count++] = (struct mime_name){source, copy};
}

/* "%2eexe": not RFC 2231, but some clients decode it wherever it stands. */
static void add_percent_decoded(
        struct describer *describer, enum mime_name_source source, const char *text)
{
	struct buf out = {0};
	unsigned code;
	char pair[3] = {0};

	for (; *text; text++) {
		memcpy(pair, text[0] == '%' && text[1] ? text + 1 : "\0", 2);
		if (strspn(pair, "0123456789abcdefABCDEF") == 2) {
			code = (unsigned)strtoul(pair, NULL, 16);
			buf_add_char(&out, code ? (char)code : ' ');
			text += 2;
		} else {
			buf_add_char(&out, *text);
		}
	}
	text = out.data;
	if (text) {
		char *clean = decode_header_text(out.data, out.size);

		add_name(describer, source, clean);
		free(clean);
	}
	buf_fini(&out);
}

/* A reading in all its decoded forms. */
static void add_name_forms(
        struct describer *describer, enum mime_name_source source, const char *reading)
{
	char *decoded = decode_header_text(reading, strlen(reading));

	add_name(describer, source, decoded);
	if (strchr(decoded, '%'))
		add_percent_decoded(describer, source, decoded);
	free(decoded);
	if (strstr(reading, "=?")) {
		struct buf raw = {0};

		decode_charset(reading, strlen(reading), "utf-8", &raw);
		add_name(describer, source, raw.data);
		buf_fini(&raw);
	}
}

static void add_parameter_names(struct describer *describer, enum mime_name_source source,
        struct params *params, const char *name)
{
	struct strings readings = {.most = NAMES_MAX};
	size_t at;

	params_values(params, name, &readings);
	for (at = 0; at < readings.count; at++)
		add_name_forms(describer, source, readings.items[at]);
	strings_fini(&readings);
}

static void add_value_as_name(
        struct describer *describer, enum mime_name_source source, const struct buf *value)
{
	char *text = decode_header_text(value->data, value->size);

	add_name(describer, source, text);
	free(text);
}

static void read_description(struct describer *describer, const struct buf *value)
{
	add_value_as_name(describer, MIME_NAME_DESCRIPTION, value);
}

static void read_location(struct describer *describer, const struct buf *value)
{
	add_value_as_name(describer, MIME_NAME_LOCATION, value);
}

/* ---------------------------------------------------------------- Content-Type */

static int is_type(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash && slash > text && slash[1] && !strchr(slash + 1, '/') &&
	       !strpbrk(text, " ()<>@,;:\\\"[]?=");
}

/* Too long to be read alike by everybody, or of characters that RFC 2046 section 5.1.1 forbids. */
static int is_bad_boundary(const char *boundary)
{
	size_t size = strlen(boundary);

	return !size || size > 70 || boundary[size - 1] == ' ' ||
	       boundary[strspn(boundary, "0123456789abcdefghijklmnopqrstuvwxyz"
	                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? "
	                                 /* forbidden, too, but common and read alike */
	                                 "&$#@!*%{}[]|~^<>")];
}

static void add_boundaries(struct describer *describer, struct params *params)
{
	size_t before = describer->boundaries->count, stated;

	stated = params_values(params, "boundary", describer->boundaries);
	describer->two_boundaries |=
	        stated > 1 || (describer->cr == CR_BLANK && describer->boundaries->count > before);
	describer->odd_boundary |= describer->boundaries->count - before > stated;
	for (; before < describer->boundaries->count; before++)
		if (is_bad_boundary(describer->boundaries->items[before]))
			note(describer, MIME_ANOMALY_BAD_BOUNDARY);
}

static void read_type(struct describer *describer, const struct buf *value)
{
	struct params params;
	struct strings charsets = {.most = 1};

	params_read(&params, value->data, value->size);
	if (!is_type(params.value) || params.value_odd)
		note(describer, MIME_ANOMALY_BAD_TYPE);
	if (*params.value)
		strings_add(&describer->types, params.value);
	add_boundaries(describer, &params);
	add_parameter_names(describer, MIME_NAME_TYPE, &params, "name");
	add_parameter_names(describer, MIME_NAME_TYPE, &params, "filename");
	if (!*own(describer)->charset && params_values(&params, "charset", &charsets)) {
		free(own(describer)->charset);
		own(describer)->charset = alloc_string(charsets.items[0]);
	}
	note_parameters(describer, &params);
	strings_fini(&charsets);
	params_fini(&params);
}

static void read_types(struct describer *describer)
{
	const struct mime_field *field;
	size_t nth, before = 0;
	int differ = 0;

	for (nth = 0; (field = field_of(describer, "Content-Type", nth)) != NULL; nth++) {
		read_field(describer, field, read_type);
		differ |= nth && describer->boundaries->count > before;
		before = describer->boundaries->count;
	}
	if (describer->types.count > 1 || differ)
		note(describer, MIME_ANOMALY_DUPLICATE_TYPE);
	if (describer->two_boundaries)
		note(describer, MIME_ANOMALY_DUPLICATE_BOUNDARY);
	if (describer->odd_boundary)
		note(describer, MIME_ANOMALY_BAD_PARAMETER);
}

/* The default of a multipart/digest's parts is a message (RFC 2046 section 5.1.5). */
static void choose_type(struct describer *describer)
{
	struct mime_part *part = own(describer);
	const struct mime_part *parent = &describer->build->map->parts[part->parent];
	size_t at, chosen = 0;

	for (at = describer->types.count; at-- > 0;)
		if (text_starts(describer->types.items[at], "multipart/"))
			chosen = at;
	free(part->type);
	if (!describer->types.count) {
		part->type =
		        alloc_string(parent != part && strcmp(parent->type, "multipart/digest") == 0
		                             ? "message/rfc822"
		                             : "text/plain");
		return;
	}
	part->type = alloc_string(describer->types.items[chosen]);
	part->other_types = alloc_zero(describer->types.count, sizeof *part->other_types);
	for (at = 0; at < describer->types.count; at++)
		if (at != chosen)
			part->other_types[part->other_type_count++] =
			        alloc_string(describer->types.items[at]);
}

/* ---------------------------------------------------------------- the other fields */

static void read_disposition(struct describer *describer, const struct buf *value)
{
	struct params params;

	params_read(&params, value->data, value->size);
	strings_add(&describer->dispositions, params.value);
	own(describer)->is_attachment |= strcmp(params.value, "attachment") == 0;
	add_parameter_names(describer, MIME_NAME_DISPOSITION, &params, "filename");
	add_parameter_names(describer, MIME_NAME_DISPOSITION, &params, "name");
	note_parameters(describer, &params);
	params_fini(&params);
}

static void read_all(struct describer *describer, const char *name,
        void (*read)(struct describer *describer, const struct buf *value))
{
	const struct mime_field *field;
	size_t nth;

	for (nth = 0; (field = field_of(describer, name, nth)) != NULL; nth++)
		read_field(describer, field, read);
}

static const struct {
	const char *word;
	enum mime_encoding encoding;
	int exact_only;
} encodings[] = {
        {"7bit", MIME_IDENTITY, 1},
        {"8bit", MIME_IDENTITY, 1},
        {"binary", MIME_IDENTITY, 1},
        {"", MIME_IDENTITY, 1},
        {"base64", MIME_BASE64, 0},
        {"quoted-printable", MIME_QUOTED_PRINTABLE, 0},
        {"x-uuencode", MIME_UUENCODE, 0},
        {"uuencode", MIME_UUENCODE, 0},
        {"x-uue", MIME_UUENCODE, 0},
};

/* The encoding that a field value names exactly, else all that it mentions, as a set. */
static unsigned encodings_in(const char *value, int *exact)
{
	size_t at;
	unsigned found = 0;

	for (at = 0; at < sizeof encodings / sizeof encodings[0]; at++) {
		*exact = text_same(value, encodings[at].word);
		if (*exact)
			return 1u << encodings[at].encoding;
		if (!encodings[at].exact_only &&
		        text_find(value, strlen(value), encodings[at].word))
			found |= 1u << encodings[at].encoding;
	}
	return found;
}

static char *encoding_text(const struct buf *value)
{
	char *text = decode_header_text(value->data, value->size), *end;

	memmove(text, text + strspn(text, " \t"), strlen(text + strspn(text, " \t")) + 1);
	for (end = text + strlen(text); end > text && strchr(" \t", end[-1]); end--)
		end[-1] = '\0';
	return text;
}

static enum mime_encoding lowest(unsigned set)
{
	enum mime_encoding encoding = MIME_IDENTITY;

	while (encoding < MIME_UNKNOWN_ENCODING && !((set >> encoding) & 1))
		encoding++;
	return encoding;
}

static void read_encoding(struct describer *describer, const struct buf *value)
{
	struct mime_part *part = own(describer);
	char *text = encoding_text(value);
	int exact;
	unsigned found = encodings_in(text, &exact);

	free(text);
	if (!exact) {
		note(describer, MIME_ANOMALY_BAD_ENCODING);
		part->encodings |= 1u << MIME_IDENTITY;
	}
	if (!found)
		found = 1u << MIME_UNKNOWN_ENCODING;
	if (describer->first_encodings &&
	        (describer->all_encodings | found) != describer->all_encodings)
		note(describer, MIME_ANOMALY_DUPLICATE_ENCODING);
	if (!describer->first_encodings)
		describer->first_encodings = found;
	describer->all_encodings |= found;
}

/* Most clients heed one field, some the first and some the last: all that are named are candidates.
 * A decorated one ("base64 foo") is read by some as named and by others as none. */
static void read_encodings(struct describer *describer)
{
	struct mime_part *part = own(describer);

	read_all(describer, "Content-Transfer-Encoding", read_encoding);
	part->encodings |= describer->all_encodings;
	part->encoding = lowest(
	        describer->first_encodings ? describer->first_encodings : 1u << MIME_IDENTITY);
	part->encodings |= 1u << part->encoding;
}

/* Whether they differ for a recipient's system, that is. */
static int has_names_that_differ(const struct mime_part *part)
{
	size_t at;
	int differ = 0;
	char *first, *other;

	if (part->name_count < 2 || part->names[1].source > MIME_NAME_TYPE)
		return 0;
	first = name_normalise(part->names[0].text);
	for (at = 1; at < part->name_count && part->names[at].source <= MIME_NAME_TYPE && !differ;
	        at++) {
		other = name_normalise(part->names[at].text);
		differ = strcmp(first, other) != 0;
		free(other);
	}
	free(first);
	return differ;
}

static void note_candidates(struct describer *describer)
{
	if (has_names_that_differ(own(describer)))
		note(describer, MIME_ANOMALY_DUPLICATE_NAME);
	if (describer->dispositions.count > 1)
		note(describer, MIME_ANOMALY_DUPLICATE_DISPOSITION);
	if (describer->names.is_full || describer->types.is_full)
		note(describer, MIME_ANOMALY_TOO_MANY_CANDIDATES);
}

static void keep_boundaries(struct describer *describer)
{
	struct mime_part *part = own(describer);
	size_t at;

	if (describer->boundaries->count)
		part->boundaries =
		        alloc_zero(describer->boundaries->count, sizeof *part->boundaries);
	for (at = 0; at < describer->boundaries->count; at++)
		part->boundaries[part->boundary_count++] =
		        alloc_string(describer->boundaries->items[at]);
}

void describe_part(struct build *build, size_t part, struct strings *boundaries)
{
	struct describer describer = {.build = build,
	        .part = part,
	        .types = {.most = TYPES_MAX},
	        .names = {.most = NAMES_MAX},
	        .dispositions = {.most = 4},
	        .boundaries = boundaries};

	read_all(&describer, "Content-Disposition", read_disposition);
	read_types(&describer);
	choose_type(&describer);
	keep_boundaries(&describer);
	read_encodings(&describer);
	read_all(&describer, "Content-Description", read_description);
	read_all(&describer, "Content-Location", read_location);
	note_candidates(&describer);
	if (text_same(build->map->parts[part].type, "message/partial"))
		note(&describer, MIME_ANOMALY_PARTIAL_MESSAGE);
	if (text_same(build->map->parts[part].type, "message/external-body"))
		note(&describer, MIME_ANOMALY_EXTERNAL_BODY);
	strings_fini(&describer.types);
	strings_fini(&describer.names);
	strings_fini(&describer.dispositions);
}

static int has_ending(const char *name, const char *ending)
{
	size_t size = strlen(name), length = strlen(ending);

	return size > length && text_same(name + size - length, ending);
}

static int is_message_type(const char *type)
{
	return text_same(type, "message/rfc822") || text_same(type, "message/rfc2822") ||
	       text_same(type, "message/global") || text_same(type, "message/news");
}

int describe_says_message(const struct mime_part *part)
{
	size_t at;

	if (is_message_type(part->type))
		return 1;
	for (at = 0; at < part->other_type_count; at++)
		if (is_message_type(part->other_types[at]))
			return 1;
	for (at = 0; at < part->name_count; at++)
		if (has_ending(part->names[at].text, ".eml") ||
		        has_ending(part->names[at].text, ".mht") ||
		        has_ending(part->names[at].text, ".mhtml"))
			return 1;
	return 0;
}

/* ---------------------------------------------------------------- bodies */

static int is_base64(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '=';
}

/* The first lines hold nothing else, and enough of it that it is no word. */
int describe_looks_base64(const unsigned char *bytes, struct mime_range range)
{
	size_t at = range.offset, end = range.offset + range.length, lines = 0, seen = 0;

	for (; at < end && lines < 8; at++) {
		if (bytes[at] == '\n' || bytes[at] == '\r') {
			lines += bytes[at] == '\n' && seen;
			continue;
		}
		if (!is_base64(bytes[at]))
			return 0;
		seen++;
	}
	return seen >= 24;
}

/* Which bytes can stand in a base64 body: alphabet 0, padding 0, line ends and blanks 0, others 1.
 */
static void base64_table(unsigned char table[256])
{
	unsigned c;

	for (c = 0; c < 256; c++)
		table[c] = !is_base64((unsigned char)c) && !strchr("\r\n\t ", (int)c);
	table[0] = 1;
}

/* The first character behind padding that continues the base64, or `size`. The footer that a
 * mailing list adds behind the end does not: its lines hold other characters, too. */
static size_t base64_behind(const unsigned char *bytes, size_t at, size_t size)
{
	struct line line;
	size_t from, to;

	while (at < size) {
		lines_read(bytes, at, size, 0, &line);
		for (to = at; to < line.end && is_base64(bytes[to]); to++)
			continue;
		for (from = at; from < to && bytes[from] == '='; from++)
			continue;
		if (from < to && (to == line.end || bytes[at] == '='))
			return from;
		if (to < line.end && !lines_is_blank(bytes[to]))
			return size;
		at = line.next;
	}
	return size;
}

/* A reader that refuses what is no base64 shows it as it stands. What is behind the padding only, a
 * mailing list's footer, is not refused. */
static void note_bad_base64(
        struct build *build, size_t part, const unsigned char *bytes, size_t before_padding)
{
	const struct mime_range body = build->map->parts[part].body;
	unsigned char table[256], bad = 0;
	size_t at;

	base64_table(table);
	for (at = 0; at < before_padding; at++)
		bad |= table[bytes[at]];
	if (bad)
		build->map->parts[part].encodings |= 1u << MIME_IDENTITY;
	for (; at < body.length; at++)
		bad |= table[bytes[at]];
	if (bad)
		mime_map_note(build->map, MIME_ANOMALY_BAD_BASE64, part, body.offset);
}

static void note_base64(struct build *build, size_t part)
{
	const struct mime_range body = build->map->parts[part].body;
	const unsigned char *bytes = build->map->bytes + body.offset;
	const unsigned char *padding = memchr(bytes, '=', body.length);
	size_t at = padding ? (size_t)(padding - bytes) : body.length;

	note_bad_base64(build, part, bytes, at);
	if (!padding)
		return;
	at = base64_behind(bytes, at, body.length);
	if (at < body.length)
		mime_map_note(build->map, MIME_ANOMALY_CHUNKED_BASE64, part, body.offset + at);
}

static int is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static void note_quoted_printable(struct build *build, size_t part)
{
	const struct mime_range body = build->map->parts[part].body;
	const unsigned char *bytes = build->map->bytes, *escape;
	size_t at = body.offset, end = body.offset + body.length;

	while (at < end && (escape = memchr(bytes + at, '=', end - at))) {
		at = (size_t)(escape - bytes) + 1;
		if (at == end || bytes[at] == '\n')
			continue;
		if (end - at >= 2 && ((is_hex(bytes[at]) && is_hex(bytes[at + 1])) ||
		                             (bytes[at] == '\r' && bytes[at + 1] == '\n')))
			continue;
		mime_map_note(build->map, MIME_ANOMALY_BAD_QUOTED_PRINTABLE, part, at - 1);
		break;
	}
}

void describe_body(struct build *build, size_t part)
{
	struct mime_part *own_part = &build->map->parts[part];

	if (own_part->encodings & (1u << MIME_BASE64))
		note_base64(build, part);
	else if (describe_looks_base64(build->map->bytes, own_part->body))
		own_part->encodings |= 1u << MIME_BASE64;
	if (own_part->encodings & (1u << MIME_QUOTED_PRINTABLE))
		note_quoted_printable(build, part);
}
