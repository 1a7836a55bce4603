#include "protos/check.h"

#include <math.h>
#include <string.h>

#include "lib/base/utf8.h"

/* What a text may be. All are valid UTF-8, none holds a NUL. */
enum text_kind {
	TEXT_LINE,       /* no CR or LF: it goes into a line of SMTP, a header or a log */
	TEXT_TOKEN,      /* nor any other control character or blank */
	TEXT_MAIL,       /* chosen by a mail's content: anything; whoever shows it quotes it */
	TEXT_FOLDED,     /* a field's value: each LF (with or without CR) is followed by a blank */
	TEXT_NAME,       /* of a header field: RFC 5322 section 2.2 */
	TEXT_ENHANCED,   /* RFC 3463 status code, or empty */
	TEXT_MESSAGE_ID, /* 32 hex digits */
	TEXT_ITEM_ID,    /* 16 characters of our base 32 */
	TEXT_ITEM_ID_OR_NONE,
	TEXT_ITEM_START, /* 4 to 16 of them */
	TEXT_ITEM_START_OR_NONE,
	TEXT_SHA256, /* 64 hex digits, or empty */
};

/* The limits of one field. `bytes` is for each text, `count` for a repeated field. */
struct limits {
	const ProtobufCMessageDescriptor *of;
	const char *field;
	enum text_kind kind;
	size_t bytes;
	size_t count;
};

#define LINE MESSAGE_LINE_MAX
#define MAIL MESSAGE_MAIL_TEXT_MAX
#define MANY MESSAGE_RECIPIENTS_MAX

/* A field that isn't here is a line of at most LINE bytes, repeated at most 1000 times. */
static const struct limits usual = {NULL, NULL, TEXT_LINE, LINE, 1000};

static const struct limits table[] = {
        {&lz__recipient__descriptor, "notify", TEXT_TOKEN, 64, 0},
        {&lz__submission__descriptor, "message_id", TEXT_MESSAGE_ID, 32, 0},
        {&lz__submission__descriptor, "queue_id", TEXT_TOKEN, 128, 0},
        {&lz__submission__descriptor, "client_address", TEXT_TOKEN, 128, 0},
        {&lz__submission__descriptor, "client_port", TEXT_TOKEN, 16, 0},
        {&lz__submission__descriptor, "client_protocol", TEXT_TOKEN, 32, 0},
        {&lz__submission__descriptor, "ret", TEXT_TOKEN, 16, 0},
        {&lz__submission__descriptor, "recipients", TEXT_LINE, 0, MANY},
        {&lz__edit__descriptor, "replacement", TEXT_MAIL, 1 << 20, 0},
        {&lz__field__descriptor, "name", TEXT_NAME, 128, 0},
        {&lz__field__descriptor, "value", TEXT_FOLDED, 1 << 16, 0},
        {&lz__group__descriptor, "recipients", TEXT_LINE, 0, MANY},
        {&lz__group__descriptor, "enhanced", TEXT_ENHANCED, 16, 0},
        {&lz__group__descriptor, "edits", TEXT_LINE, 0, 10000},
        {&lz__group__descriptor, "items", TEXT_ITEM_ID, 16, 100},
        {&lz__group__descriptor, "breaks", TEXT_LINE, 300, 40},
        {&lz__group__descriptor, "reason", TEXT_TOKEN, 64, 0},
        {&lz__symbol__descriptor, "where", TEXT_MAIL, MAIL, 0},
        {&lz__symbol__descriptor, "detail", TEXT_MAIL, MAIL, 0},
        {&lz__check__descriptor, "why", TEXT_MAIL, MAIL, 0},
        {&lz__check__descriptor, "where", TEXT_MAIL, MAIL, 0},
        {&lz__verdict__descriptor, "message_id", TEXT_MESSAGE_ID, 32, 0},
        {&lz__verdict__descriptor, "symbols", TEXT_LINE, 0, 10000},
        {&lz__verdict__descriptor, "checks", TEXT_LINE, 0, 10000},
        {&lz__verdict__descriptor, "delivered", TEXT_LINE, LINE, MANY},
        {&lz__part__descriptor, "path", TEXT_MAIL, MAIL, 0},
        {&lz__part__descriptor, "name", TEXT_MAIL, MAIL, 0},
        {&lz__part__descriptor, "type", TEXT_MAIL, MAIL, 0},
        {&lz__part__descriptor, "sha256", TEXT_SHA256, 64, 0},
        {&lz__item__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__item__descriptor, "message_id", TEXT_MESSAGE_ID, 32, 0},
        {&lz__item__descriptor, "detail", TEXT_MAIL, MAIL, 0},
        {&lz__item__descriptor, "recipients", TEXT_LINE, 0, MANY},
        {&lz__item__descriptor, "subject", TEXT_MAIL, MAIL, 0},
        {&lz__item__descriptor, "header_from", TEXT_MAIL, MAIL, 0},
        {&lz__item__descriptor, "header_message_id", TEXT_MAIL, MAIL, 0},
        {&lz__item__descriptor, "parts", TEXT_LINE, 0, 10000},
        {&lz__item__descriptor, "notices", TEXT_LINE, 0, 2 * MANY},
        {&lz__item__descriptor, "symbols", TEXT_LINE, 0, 10000},
        {&lz__item__descriptor, "original_sha256", TEXT_SHA256, 64, 0},
        {&lz__pass__descriptor, "text", TEXT_MAIL, 300, 0},
        {&lz__pass__descriptor, "sha256", TEXT_SHA256, 64, 0},
        {&lz__store__descriptor, "pass", TEXT_MAIL, 300, 0},
        {&lz__store__descriptor, "pass_sha256", TEXT_SHA256, 64, 0},
        {&lz__store__descriptor, "pass_to", TEXT_LINE, LINE, MANY},
        {&lz__stored__descriptor, "pass", TEXT_TOKEN, 16, 0},
        {&lz__pass_request__descriptor, "outgoing", TEXT_ITEM_ID, 16, 0},
        {&lz__pass_request__descriptor, "sha256", TEXT_SHA256, 64, 0},
        {&lz__pass_given__descriptor, "outgoing", TEXT_ITEM_ID, 16, 0},
        {&lz__pass_given__descriptor, "text", TEXT_TOKEN, 300, 0},
        {&lz__preview_part__descriptor, "path", TEXT_MAIL, MAIL, 0},
        {&lz__preview_part__descriptor, "type", TEXT_MAIL, MAIL, 0},
        {&lz__preview_part__descriptor, "sha256", TEXT_SHA256, 64, 0},
        {&lz__preview_part__descriptor, "names", TEXT_MAIL, MAIL, 100},
        {&lz__preview_part__descriptor, "marks", TEXT_TOKEN, 64, 100},
        {&lz__preview_text__descriptor, "path", TEXT_MAIL, MAIL, 0},
        {&lz__preview_text__descriptor, "type", TEXT_MAIL, MAIL, 0},
        {&lz__preview_text__descriptor, "lines", TEXT_MAIL, MAIL, MESSAGE_PREVIEW_LINES_MAX},
        {&lz__preview__descriptor, "links", TEXT_MAIL, MAIL, 1000},
        {&lz__item__descriptor, "requests", TEXT_LINE, 0, 20},
        {&lz__item__descriptor, "requested_by", TEXT_LINE, LINE, MANY},
        {&lz__request__descriptor, "token", TEXT_TOKEN, 64, 0},
        {&lz__asked__descriptor, "item", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__asked__descriptor, "outcome", TEXT_TOKEN, 16, 0},
        {&lz__stored__descriptor, "asked", TEXT_LINE, 0, 20},
        {&lz__report__descriptor, "fate", TEXT_TOKEN, 16, 0},
        {&lz__report__descriptor, "examples", TEXT_LINE, 0, MESSAGE_REPORTED_MAX},
        {&lz__reported__descriptor, "fate", TEXT_TOKEN, 16, 0},
        {&lz__left_out__descriptor, "why", TEXT_TOKEN, 16, 0},
        {&lz__scan_order__descriptor, "bad", TEXT_LINE, 0, MESSAGE_PARTS_MAX},
        {&lz__scan_order__descriptor, "why", TEXT_TOKEN, 16, 0},
        {&lz__busy__descriptor, "message_id", TEXT_MESSAGE_ID, 32, 0},
        {&lz__broker_status__descriptor, "workers", TEXT_LINE, LINE, 10000},
        {&lz__reloading__descriptor, "workers", TEXT_LINE, LINE, 10000},
        {&lz__store__descriptor, "message_id", TEXT_MESSAGE_ID, 32, 0},
        {&lz__stored__descriptor, "message_id", TEXT_MESSAGE_ID, 32, 0},
        {&lz__stored__descriptor, "items", TEXT_ITEM_ID, 16, 1000},
        {&lz__stored__descriptor, "delivered", TEXT_LINE, LINE, MANY},
        {&lz__confirm__descriptor, "message_id", TEXT_MESSAGE_ID, 32, 0},
        {&lz__confirm__descriptor, "delivered", TEXT_LINE, LINE, MANY},
        {&lz__confirmed__descriptor, "message_id", TEXT_MESSAGE_ID, 32, 0},
        {&lz__list__descriptor, "sha256", TEXT_SHA256, 64, 0},
        {&lz__list__descriptor, "states", TEXT_LINE, 0, 16},
        {&lz__show__descriptor, "id", TEXT_ITEM_START, 16, 0},
        {&lz__shown__descriptor, "outbox", TEXT_LINE, 0, 3 * MANY},
        {&lz__gathered__descriptor, "item", TEXT_ITEM_ID, 16, 0},
        {&lz__gathered__descriptor, "subject", TEXT_MAIL, MAIL, 0},
        {&lz__gathered__descriptor, "detail", TEXT_MAIL, MAIL, 0},
        {&lz__gathered__descriptor, "token", TEXT_TOKEN, 64, 0},
        {&lz__outgoing__descriptor, "item", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__outgoing__descriptor, "into", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__outgoing__descriptor, "token", TEXT_TOKEN, 64, 0},
        {&lz__outgoing__descriptor, "to", TEXT_LINE, LINE, MANY},
        {&lz__outgoing__descriptor, "last", TEXT_MAIL, MAIL, 0},
        {&lz__outgoing__descriptor, "parcel_sha256", TEXT_SHA256, 64, 0},
        {&lz__list_outbox__descriptor, "id", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__list_outbox__descriptor, "states", TEXT_TOKEN, 16, 8},
        {&lz__outbox__descriptor, "outbox", TEXT_LINE, 0, 4 * MANY},
        {&lz__amend__descriptor, "id", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__amend__descriptor, "after", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__amended__descriptor, "next", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__fetch__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__fetch__descriptor, "outgoing", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__fetched__descriptor, "sha256", TEXT_SHA256, 64, 0},
        {&lz__release__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__release__descriptor, "to", TEXT_LINE, LINE, MANY},
        {&lz__released__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__delete__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__deleted__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__hold__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__held__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__erase__descriptor, "after", TEXT_TOKEN, 1200, 0},
        {&lz__erase__descriptor, "erasure", TEXT_ITEM_ID_OR_NONE, 16, 0},
        {&lz__erased__descriptor, "next", TEXT_TOKEN, 1200, 0},
        {&lz__erased__descriptor, "erasure", TEXT_ITEM_ID_OR_NONE, 16, 0},
        {&lz__erased__descriptor, "on_hold", TEXT_ITEM_ID, 16, 1000},
        {&lz__erasure__descriptor, "id", TEXT_ITEM_ID, 16, 0},
        {&lz__erasure__descriptor, "salt", TEXT_LINE, 16, 0},
        {&lz__erasure__descriptor, "digest", TEXT_LINE, 32, 0},
        {&lz__list_erasures__descriptor, "after", TEXT_TOKEN, 1200, 0},
        {&lz__erasures__descriptor, "next", TEXT_TOKEN, 1200, 0},
        {&lz__list_usage__descriptor, "after", TEXT_LINE, 1200, 0},
        {&lz__usage__descriptor, "shares", TEXT_LINE, 0, 2000},
        {&lz__usage__descriptor, "next", TEXT_LINE, 1200, 0},
        {&lz__stats__descriptor, "days", TEXT_LINE, 0, 4000},
        {&lz__worker_state__descriptor, "engine", TEXT_MAIL, MAIL, 0},
        {&lz__worker_state__descriptor, "error", TEXT_MAIL, MAIL, 0},
        {&lz__learn__descriptor, "examples", TEXT_LINE, 0, MESSAGE_EXAMPLES_MAX},
        {&lz__example__descriptor, "digest", TEXT_LINE, 16, 0},
        {&lz__example__descriptor, "features", TEXT_LINE, 4 * MESSAGE_FEATURES_MAX, 0},
        {&lz__finish__descriptor, "text", TEXT_MAIL, MAIL, 0},
        {&lz__finish__descriptor, "remaining", TEXT_LINE, LINE, MANY},
        {&lz__audit_entry__descriptor, "action", TEXT_TOKEN, 32, 0},
        {&lz__audit_entry__descriptor, "item", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__audit_entry__descriptor, "detail", TEXT_LINE, 2 * LINE, 0},
        {&lz__audit_entry__descriptor, "previous", TEXT_LINE, 32, 0},
        {&lz__audit_entry__descriptor, "hash", TEXT_LINE, 32, 0},
        {&lz__audit_place__descriptor, "hash", TEXT_LINE, 32, 0},
        {&lz__list_audit__descriptor, "item", TEXT_ITEM_START_OR_NONE, 16, 0},
        {&lz__list_audit__descriptor, "action", TEXT_TOKEN, 32, 0},
        {&lz__note__descriptor, "action", TEXT_TOKEN, 32, 0},
};

static const struct limits *limits_of(
        const ProtobufCMessageDescriptor *of, const ProtobufCFieldDescriptor *field)
{
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (table[at].of == of && strcmp(table[at].field, field->name) == 0)
			return &table[at];
	return &usual;
}

int check_table_holds(void)
{
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (!protobuf_c_message_descriptor_get_field_by_name(table[at].of, table[at].field))
			return 0;
	return 1;
}

static int only(const char *text, const char *letters, size_t least, size_t most)
{
	size_t size = strlen(text);

	return size >= least && size <= most && strspn(text, letters) == size;
}

static int is_token(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return 0;
	return 1;
}

static int is_folded(const char *text)
{
	for (; *text; text++) {
		if (*text == '\r' && text[1] != '\n')
			return 0;
		if (*text == '\n' && text[1] != ' ' && text[1] != '\t')
			return 0;
	}
	return 1;
}

static int is_field_name(const char *text)
{
	if (!*text)
		return 0;
	for (; *text; text++)
		if (*text < 33 || *text > 126 || *text == ':')
			return 0;
	return 1;
}

/* class "." subject "." detail, of one and up to three digits. */
static int is_enhanced(const char *text)
{
	int dot;
	size_t digits;

	if (!*text)
		return 1;
	if (!strchr("245", *text) || text[1] != '.')
		return 0;
	for (dot = 0, text += 2; dot < 2; dot++) {
		digits = strspn(text, "0123456789");
		if (digits < 1 || digits > 3 || text[digits] != (dot ? '\0' : '.'))
			return 0;
		text += digits + 1;
	}
	return 1;
}

static int text_is(enum text_kind kind, const char *text)
{
	static const char hex[] = "0123456789abcdef", base32[] = "0123456789abcdefghjkmnpqrstvwxyz";

	switch (kind) {
	case TEXT_LINE:
		return strpbrk(text, "\r\n") == NULL;
	case TEXT_TOKEN:
		return is_token(text);
	case TEXT_MAIL:
		return 1;
	case TEXT_FOLDED:
		return is_folded(text);
	case TEXT_NAME:
		return is_field_name(text);
	case TEXT_ENHANCED:
		return is_enhanced(text);
	case TEXT_MESSAGE_ID:
		return only(text, hex, 32, 32);
	case TEXT_ITEM_ID:
		return only(text, base32, 16, 16);
	case TEXT_ITEM_ID_OR_NONE:
		return !*text || only(text, base32, 16, 16);
	case TEXT_ITEM_START:
		return only(text, base32, 4, 16);
	case TEXT_ITEM_START_OR_NONE:
		return !*text || only(text, base32, 4, 16);
	case TEXT_SHA256:
		return !*text || only(text, hex, 64, 64);
	}
	return 0;
}

static enum result check_text(const struct limits *limits, const char *text, struct err *err)
{
	size_t size;

	if (!text)
		text = "";
	size = strlen(text);
	if (size > limits->bytes)
		return err_set(err, RESULT_PERMANENT, "%zu bytes, at most %zu are allowed", size,
		        limits->bytes);
	if (!utf8_valid(text, size))
		return err_set(err, RESULT_PERMANENT, "not UTF-8");
	if (!text_is(limits->kind, text))
		return err_set(err, RESULT_PERMANENT, "not of the form or characters it must have");
	return RESULT_OK;
}

/* One value; a repeated field has several behind each other. */
static enum result check_value(const struct limits *limits, const ProtobufCFieldDescriptor *field,
        const void *value, struct err *err)
{
	const ProtobufCMessage *nested;

	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return check_text(limits, *(char *const *)value, err);
	case PROTOBUF_C_TYPE_BYTES:
		if (((const ProtobufCBinaryData *)value)->len > limits->bytes)
			return err_set(err, RESULT_PERMANENT, "more than %zu bytes", limits->bytes);
		return RESULT_OK;
	case PROTOBUF_C_TYPE_ENUM:
		if (!protobuf_c_enum_descriptor_get_value(field->descriptor, *(const int *)value))
			return err_set(err, RESULT_PERMANENT, "no such value");
		return RESULT_OK;
	case PROTOBUF_C_TYPE_DOUBLE:
		if (!isfinite(*(const double *)value))
			return err_set(err, RESULT_PERMANENT, "not a finite number");
		return RESULT_OK;
	case PROTOBUF_C_TYPE_MESSAGE:
		nested = *(ProtobufCMessage *const *)value;
		return nested ? check_fields(nested, err) : RESULT_OK;
	default:
		return RESULT_OK;
	}
}

static size_t size_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_STRING:
		return sizeof(char *);
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(ProtobufCMessage *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	default:
		return 0; /* numbers are not looked at one by one */
	}
}

static enum result check_field(
        const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct err *err)
{
	const struct limits *limits = limits_of(message->descriptor, field);
	const char *at = (const char *)message + field->offset;
	enum result result = RESULT_OK;
	size_t count, step = size_of(field->type);

	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return check_value(limits, field, at, err);
	count = *(const size_t *)(const void *)((const char *)message + field->quantifier_offset);
	if (count > limits->count)
		return err_set(err, RESULT_PERMANENT, "%zu of them, at most %zu are allowed", count,
		        limits->count);
	if (!step)
		return RESULT_OK;
	at = *(char *const *)(const void *)at;
	for (; count > 0 && result == RESULT_OK; count--, at += step)
		result = check_value(limits, field, at, err);
	return result;
}

enum result check_fields(const ProtobufCMessage *message, struct err *err)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	unsigned at;

	if (message->n_unknown_fields > 0)
		return err_set(err, RESULT_PERMANENT, "a field that version %d does not know",
		        PROTOCOL_VERSION);
	for (at = 0; at < descriptor->n_fields; at++)
		if (check_field(message, &descriptor->fields[at], err) != RESULT_OK)
			return err_wrap(err, RESULT_PERMANENT, "%s", descriptor->fields[at].name);
	return RESULT_OK;
}
