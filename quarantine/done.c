#include "quarantine/done.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "quarantine/audit.h"

enum { WORD_ROOM = 33, ENTRY_ROOM = 4096 };

/* A text of the envelope by its field's name; "": it has none. Lent. */
static const char *field_of(const ProtobufCMessage *envelope, const char *name)
{
	const ProtobufCFieldDescriptor *field =
	        protobuf_c_message_descriptor_get_field_by_name(envelope->descriptor, name);
	const char *text;

	if (!field || field->type != PROTOBUF_C_TYPE_STRING ||
	        field->label == PROTOBUF_C_LABEL_REPEATED)
		return "";
	memcpy(&text, (const char *)envelope + field->offset, sizeof(text));
	return text ? text : "";
}

static int is_set(const ProtobufCMessage *envelope, const ProtobufCFieldDescriptor *field)
{
	return field && field->type == PROTOBUF_C_TYPE_BOOL &&
	       field->label != PROTOBUF_C_LABEL_REPEATED &&
	       *(const protobuf_c_boolean *)((const char *)envelope + field->offset);
}

/* "It was so before": nothing was done. */
static int was_so_before(const ProtobufCMessage *answer)
{
	return is_set(answer,
	        protobuf_c_message_descriptor_get_field_by_name(answer->descriptor, "already"));
}

static int is_question(const struct wire_message *message)
{
	return message->type == MESSAGE_SHOW || message->type == MESSAGE_FETCH;
}

/* A message without a word of its own has its name's, in small letters. */
static void small_letters(const char *word, char out[WORD_ROOM])
{
	snprintf(out, WORD_ROOM, "%s", word);
	text_lower(out);
}

/* An item that was asked for by the beginning of its id is written with the whole of it. */
static const char *item_of(const struct wire_message *message, const struct answer *answer)
{
	if (answer && answer->type == MESSAGE_SHOWN)
		return ((const Lz__Shown *)answer->envelope)->item->id;
	/* there it is a record of the outbox */
	return message->type == MESSAGE_AMEND ? "" : field_of(message->envelope, "id");
}

/* How it was asked for: the names of what is yes or no, where it is yes. */
static void add_choices(const ProtobufCMessage *envelope, struct buf *out)
{
	unsigned at;

	for (at = 0; at < envelope->descriptor->n_fields; at++)
		if (is_set(envelope, &envelope->descriptor->fields[at]))
			buf_add_format(out, "%s ", envelope->descriptor->fields[at].name);
}

/* NULL: it is none. */
static const Lz__Release *release_of(const struct wire_message *message)
{
	if (message->type == MESSAGE_RELEASE || message->type == MESSAGE_RELEASE_PART)
		return (const Lz__Release *)message->envelope;
	return NULL;
}

/* Was it released before, or only asked about? */
static int changed_nothing(const struct wire_message *message, const struct answer *answer)
{
	const Lz__Release *release = release_of(message);

	return was_so_before(answer->envelope) || (release && release->only_ask);
}

/* To be freed. */
static char *detail_of(const struct wire_message *message, const struct answer *answer)
{
	const Lz__Release *release = release_of(message);
	const char *by = field_of(message->envelope, "by");
	struct buf out = {0};

	buf_add_string(&out, "");
	if (message->type == MESSAGE_FETCH)
		buf_add_format(&out, "part=%u ", ((const Lz__Fetch *)message->envelope)->part);
	if (release)
		buf_add_format(&out, "release=%.16s others=%zu part=%u ",
		        ((const Lz__Released *)answer->envelope)->outgoing, release->n_to,
		        release->part);
	if (message->type == MESSAGE_AMEND && *field_of(message->envelope, "id"))
		buf_add_format(&out, "record=%s ", field_of(message->envelope, "id"));
	add_choices(message->envelope, &out);
	if (*by)
		buf_add_format(&out, "by=%s ", by);
	if (out.size)
		out.data[--out.size] = '\0';
	return buf_give(&out);
}

enum result record_done(struct store *store, const char *word, const struct wire_message *message,
        const struct answer *answer, struct err *err)
{
	char action[WORD_ROOM], *detail;
	struct audit_fact fact = {.action = action,
	        .item = item_of(message, answer),
	        .why = field_of(message->envelope, "why")};
	enum result result = RESULT_OK;

	if (changed_nothing(message, answer))
		return RESULT_OK;
	small_letters(word, action);
	if (is_question(message))
		result = store_room(store, ENTRY_ROOM, err);
	if (result)
		return result;
	fact.detail = detail = detail_of(message, answer);
	result = audit_add(store, &fact, err);
	free(detail);
	return result;
}

enum result record_refused(struct store *store, struct refusals *refusals,
        const struct wire_message *message, const struct actor *actor, int64_t now_ms,
        struct err *err)
{
	char what[WORD_ROOM], detail[128];
	struct audit_fact fact = {.who = actor->name,
	        .action = "refused",
	        .item = item_of(message, NULL),
	        .why = field_of(message->envelope, "why"),
	        .detail = detail};
	uint64_t before;

	if (!refusals_add(refusals, actor->name, now_ms, &before))
		return RESULT_OK;
	if (strlen(fact.item) > 16)
		fact.item = "";
	small_letters(message_info(message->type)->name, what);
	if (before)
		snprintf(detail, sizeof(detail), "%s, and %" PRIu64 " more before", what, before);
	else
		snprintf(detail, sizeof(detail), "%s", what);
	log_event(LOG_LEVEL_WARNING, NULL, "refused", "who=%s request=%s item=%s",
	        log_quote(actor->name), log_quote(detail), log_quote(fact.item));
	return audit_add(store, &fact, err);
}
