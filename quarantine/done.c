#include "quarantine/done.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "quarantine/audit.h"

enum { WORD_ROOM = 33, DETAIL_ROOM = MESSAGE_LINE_MAX + 256, ENTRY_ROOM = 4096 };

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

static int is_question(const struct wire_message *message)
{
	return message->type == MESSAGE_SHOW || message->type == MESSAGE_FETCH;
}

int record_is_due(const struct wire_message *message)
{
	return rights_word(message) != NULL;
}

/* A message without a word of its own has its name's, in small letters. */
static void word_of(const struct wire_message *message, char out[WORD_ROOM])
{
	snprintf(out, WORD_ROOM, "%s", rights_word(message));
	text_lower(out);
}

/* An item that was asked for by the beginning of its id is written with the whole of it. */
static const char *item_of(const struct wire_message *message, const struct answer *answer)
{
	if (answer && answer->type == MESSAGE_SHOWN)
		return ((const Lz__Shown *)answer->envelope)->item->id;
	return field_of(message->envelope, "id");
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

	return release && (release->only_ask || ((const Lz__Released *)answer->envelope)->already);
}

static void detail_of(
        const struct wire_message *message, const struct answer *answer, char out[DETAIL_ROOM])
{
	const Lz__Release *release = release_of(message);
	const char *by = field_of(message->envelope, "by");
	size_t size = 0;

	out[0] = '\0';
	if (message->type == MESSAGE_FETCH)
		size += (size_t)snprintf(
		        out, DETAIL_ROOM, "part=%u", ((const Lz__Fetch *)message->envelope)->part);
	if (release)
		size += (size_t)snprintf(out, DETAIL_ROOM, "release=%.16s others=%zu part=%u",
		        ((const Lz__Released *)answer->envelope)->outgoing, release->n_to,
		        release->part);
	if (*by)
		snprintf(out + size, DETAIL_ROOM - size, "%sby=%s", size ? " " : "", by);
}

enum result record_done(struct store *store, const struct wire_message *message,
        const struct answer *answer, struct err *err)
{
	char word[WORD_ROOM], detail[DETAIL_ROOM];
	struct audit_fact fact = {.action = word,
	        .item = item_of(message, answer),
	        .why = field_of(message->envelope, "why"),
	        .detail = detail};
	enum result result = RESULT_OK;

	if (changed_nothing(message, answer))
		return RESULT_OK;
	word_of(message, word);
	detail_of(message, answer, detail);
	if (is_question(message))
		result = store_room(store, ENTRY_ROOM, err);
	return result ? result : audit_add(store, &fact, err);
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
	snprintf(what, sizeof(what), "%s", message_info(message->type)->name);
	text_lower(what);
	if (before)
		snprintf(detail, sizeof(detail), "%s, and %" PRIu64 " more before", what, before);
	else
		snprintf(detail, sizeof(detail), "%s", what);
	log_event(LOG_LEVEL_WARNING, NULL, "refused", "who=%s request=%s item=%s",
	        log_quote(actor->name), log_quote(detail), log_quote(fact.item));
	return audit_add(store, &fact, err);
}
