#include "lib/spam/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"
#include "lib/mime/decode.h"

enum { ALL_MOST_BYTES = 65536, VALUE_MOST_BYTES = 65536 };

/* Fields that are structure, not text: RFC 2047 doesn't apply to them. */
static const char *const not_decoded[] = {
        "Received", "Message-ID", "Date", "References", "In-Reply-To", "MIME-Version", NULL};

static const char *const to_cc[] = {"To", "Cc", NULL};
static const char *const message_id[] = {
        "X-Message-Id", "Resent-Message-Id", "X-Original-Message-ID", "Message-Id", NULL};
static const char *const envelope_from[] = {
        "X-Envelope-From", "Envelope-Sender", "Return-Path", NULL};

static const char *bytes_of(const struct mime_map *map, struct mime_range range)
{
	return (const char *)map->bytes + range.offset;
}

static int is_decoded(const char *name, size_t size)
{
	if (size > 5 && strncasecmp(name, "List-", 5) == 0)
		return 0;
	for (size_t i = 0; not_decoded[i]; i++) {
		if (text_same_bytes(name, size, not_decoded[i]))
			return 0;
	}
	return 1;
}

/* Each fold (a line end and the blanks behind it) becomes one blank; blanks around it all go. */
static void add_unfolded(const char *bytes, size_t size, struct buf *out)
{
	size_t start = out->size, at = 0;

	while (at < size && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	for (; at < size; at++) {
		if (bytes[at] != '\r' && bytes[at] != '\n') {
			buf_add_char(out, bytes[at]);
			continue;
		}
		while (at + 1 < size && strchr(" \t\r\n", bytes[at + 1]) && bytes[at + 1])
			at++;
		buf_add_char(out, ' ');
	}
	while (out->size > start && strchr(" \t", out->data[out->size - 1]))
		out->data[--out->size] = '\0';
}

static void add_raw(const char *bytes, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\r')
			buf_add_char(out, bytes[i]);
	}
}

static void add_decoded(const struct mime_map *map, const struct mime_field *field, struct buf *out)
{
	struct buf plain = {0};
	char *text;

	add_unfolded(bytes_of(map, field->value), field->value.length, &plain);
	if (plain.size && is_decoded(bytes_of(map, field->name), field->name.length)) {
		text = decode_header_text(plain.data, plain.size);
		buf_add_string(out, text);
		free(text);
	} else if (plain.size) {
		buf_add(out, plain.data, plain.size);
	}
	buf_fini(&plain);
}

/* One field in the form asked for, with what parts it from the next one. */
static void add_field(const struct mime_map *map, const struct mime_field *field,
        enum header_form form, struct buf *out)
{
	struct buf plain = {0};

	switch (form) {
	case FORM_RAW:
		add_raw(bytes_of(map, field->value), field->value.length, out);
		buf_add_char(out, '\n');
		break;
	case FORM_VALUE:
		add_decoded(map, field, out);
		buf_add_char(out, '\n');
		break;
	default:
		add_unfolded(bytes_of(map, field->value), field->value.length, &plain);
		if (out->size && plain.size)
			buf_add_char(out, '\n');
		if (plain.size)
			fields_addresses(plain.data, plain.size, form == FORM_NAME, out);
		buf_fini(&plain);
	}
}

/* All fields of one name; gives how many there are. */
static size_t add_fields(const struct mime_map *map, size_t part, const char *name,
        enum header_form form, enum header_pick pick, struct buf *out)
{
	const struct mime_part *owner = &map->parts[part];
	const struct mime_field *last = NULL;
	size_t count = 0;

	for (size_t i = 0; i < owner->field_count && out->size < VALUE_MOST_BYTES; i++) {
		const struct mime_field *field = &map->fields[owner->first_field + i];

		if (!text_same_bytes(bytes_of(map, field->name), field->name.length, name))
			continue;
		last = field;
		if (pick == PICK_ALL || (pick == PICK_FIRST && !count))
			add_field(map, field, form, out);
		count++;
	}
	if (pick == PICK_LAST && last)
		add_field(map, last, form, out);
	return count;
}

static int add_named(const struct mime_map *map, size_t part, const char *const *names,
        const struct header_key *key, struct buf *out)
{
	size_t count = 0;

	for (; *names; names++)
		count += add_fields(map, part, *names, key->form, key->pick, out);
	return count > 0;
}

static int add_all(
        const struct mime_map *map, size_t part, const struct header_key *key, struct buf *out)
{
	const struct mime_part *owner = &map->parts[part];

	for (size_t i = 0; i < owner->field_count && out->size < ALL_MOST_BYTES; i++) {
		const struct mime_field *field = &map->fields[owner->first_field + i];

		buf_add(out, bytes_of(map, field->name), field->name.length);
		buf_add_string(out, key->form == FORM_RAW ? ":" : ": ");
		add_field(map, field, key->form == FORM_RAW ? FORM_RAW : FORM_VALUE, out);
	}
	return owner->field_count > 0;
}

static int add_envelope_from(const struct mime_map *map, const struct header_key *key,
        const char *reverse_path, struct buf *out)
{
	if (!reverse_path)
		return add_named(map, 0, envelope_from, key, out);
	buf_add_string(out, reverse_path);
	if (key->form == FORM_VALUE || key->form == FORM_RAW)
		buf_add_char(out, '\n');
	return 1;
}

int fields_value(const struct mime_map *map, size_t part, const struct header_key *key,
        const char *reverse_path, struct buf *out)
{
	if (strcmp(key->name, "ALL") == 0)
		return add_all(map, part, key, out);
	if (strcmp(key->name, "MESSAGEID") == 0)
		return add_named(map, part, message_id, key, out);
	if (strcmp(key->name, "ToCc") == 0)
		return add_named(map, part, to_cc, key, out);
	if (strcmp(key->name, "EnvelopeFrom") == 0)
		return add_envelope_from(map, key, reverse_path, out);
	return add_fields(map, part, key->name, key->form, key->pick, out) > 0;
}

/* ------------------------------------------------------------ address lists */

/* One mailbox while it is being read. */
struct mailbox {
	struct buf words;   /* what stands outside of <>, quotes taken off */
	struct buf address; /* what stands inside of <> */
	struct buf comment; /* what stands in () */
	int has_angle;
};

/* Blanks squeezed, one pair of ' taken off, encoded words decoded. */
static void add_name(const struct buf *raw, struct buf *out)
{
	char *name = decode_header_text(raw->data ? raw->data : "", raw->size);
	size_t size, start = 0, begin = out->size;
	int blank = 0;

	size = strlen(name);
	while (size && strchr(" \t\r\n", name[size - 1]))
		size--;
	while (start < size && strchr(" \t\r\n", name[start]))
		start++;
	if (size - start >= 2 && name[start] == '\'' && name[size - 1] == '\'') {
		start++;
		size--;
	}
	for (; start < size; start++) {
		if (strchr(" \t\r\n", name[start])) {
			blank = 1;
			continue;
		}
		if (blank && out->size > begin)
			buf_add_char(out, ' ');
		blank = 0;
		buf_add_char(out, name[start]);
	}
	free(name);
}

static void end_mailbox(struct mailbox *box, int names, size_t begin, struct buf *out)
{
	const struct buf *chosen;
	size_t before;

	if (names)
		chosen = box->has_angle ? &box->words : &box->comment;
	else
		chosen = box->has_angle ? &box->address : &box->words;
	before = out->size;
	if (before > begin)
		buf_add_char(out, '\n');
	if (names)
		add_name(chosen, out);
	else
		add_unfolded(chosen->data ? chosen->data : "", chosen->size, out);
	/* Nothing came of it: the line end goes, too. */
	if (out->size == before + (before > begin))
		out->size = before;
	buf_clear(&box->words);
	buf_clear(&box->address);
	buf_clear(&box->comment);
	box->has_angle = 0;
}

/* Copies a quoted string's or a comment's inside; gives the index of its last byte. */
static size_t take_quoted(const char *text, size_t size, size_t at, char close, struct buf *out)
{
	int depth = 1;

	for (at++; at < size; at++) {
		if (text[at] == '\\' && at + 1 < size)
			at++;
		else if (text[at] == close && --depth == 0)
			return at;
		else if (close == ')' && text[at] == '(')
			depth++;
		buf_add_char(out, text[at]);
	}
	return size;
}

static size_t take_angle(const char *text, size_t size, size_t at, struct mailbox *box)
{
	const char *end = memchr(text + at, '>', size - at);
	size_t stop = end ? (size_t)(end - text) : size;

	if (!box->has_angle)
		buf_add(&box->address, text + at + 1, stop - at - 1);
	box->has_angle = 1;
	return stop;
}

void fields_addresses(const char *text, size_t size, int names, struct buf *out)
{
	struct mailbox box = {0};
	size_t begin = out->size;

	for (size_t at = 0; at < size; at++) {
		switch (text[at]) {
		case '"':
			at = take_quoted(text, size, at, '"', &box.words);
			break;
		case '(':
			at = take_quoted(text, size, at, ')', &box.comment);
			break;
		case '<':
			at = take_angle(text, size, at, &box);
			break;
		case ':': /* "group name: members;" */
			buf_clear(&box.words);
			break;
		case ',':
		case ';':
			end_mailbox(&box, names, begin, out);
			break;
		default:
			buf_add_char(&box.words, text[at]);
		}
	}
	end_mailbox(&box, names, begin, out);
	buf_fini(&box.words);
	buf_fini(&box.address);
	buf_fini(&box.comment);
}
