#include "quarantine/requests.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/audit.h"
#include "quarantine/done.h"
#include "quarantine/parcel.h"
#include "quarantine/strings.h"

typedef enum result handler(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err);

/* An empty answer of the type that belongs to the request. */
static void *new_answer(struct answer *out, enum message_type type)
{
	const ProtobufCMessageDescriptor *descriptor = message_info(type)->descriptor;

	out->type = type;
	out->envelope = alloc(descriptor->sizeof_message);
	protobuf_c_message_init(descriptor, out->envelope);
	return out->envelope;
}

static enum result handle_store(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_put(store, (const Lz__Store *)message->envelope,
	        wire_body_data(&message->body), wire_body_size(&message->body),
	        new_answer(out, MESSAGE_STORED), err);
}

static enum result handle_confirm(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	const Lz__Confirm *request = (const Lz__Confirm *)message->envelope;
	Lz__Confirmed *confirmed = new_answer(out, MESSAGE_CONFIRMED);

	strings_set(&confirmed->message_id, request->message_id);
	return store_confirm(store, request, err);
}

static enum result handle_list(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_list(
	        store, (const Lz__List *)message->envelope, new_answer(out, MESSAGE_ITEMS), err);
}

static enum result handle_show(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_show(
	        store, (const Lz__Show *)message->envelope, new_answer(out, MESSAGE_SHOWN), err);
}

static enum result handle_fetch(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	struct buf bytes = {0};
	enum result result = store_fetch(store, (const Lz__Fetch *)message->envelope,
	        new_answer(out, MESSAGE_FETCHED), &bytes, err);
	size_t size = bytes.size;

	wire_body_take(buf_give(&bytes), size, &out->body);
	return result;
}

static enum result handle_release(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_release(store, (const Lz__Release *)message->envelope,
	        new_answer(out, MESSAGE_RELEASED), err);
}

static enum result handle_release_part(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	const struct parcel parcel = {
	        wire_body_data(&message->body), wire_body_size(&message->body)};

	return store_release_part(store, (const Lz__Release *)message->envelope, &parcel,
	        new_answer(out, MESSAGE_RELEASED), err);
}

static enum result handle_pass(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_pass(store, (const Lz__PassRequest *)message->envelope,
	        new_answer(out, MESSAGE_PASS_GIVEN), err);
}

static enum result handle_delete(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	const Lz__Delete *request = (const Lz__Delete *)message->envelope;
	Lz__Deleted *deleted = new_answer(out, MESSAGE_DELETED);

	strings_set(&deleted->id, request->id);
	return store_delete(store, request, err);
}

static enum result handle_stats(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_stats(store, (const Lz__StatsRequest *)message->envelope,
	        new_answer(out, MESSAGE_STATS), err);
}

static enum result handle_count(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	new_answer(out, MESSAGE_COUNTED);
	return store_count(store, (const Lz__Count *)message->envelope, err);
}

static enum result handle_take(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_take(
	        store, (const Lz__Take *)message->envelope, new_answer(out, MESSAGE_TAKEN), err);
}

static enum result handle_finish(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	const Lz__Finish *request = (const Lz__Finish *)message->envelope;
	Lz__Finished *finished = new_answer(out, MESSAGE_FINISHED);

	strings_set(&finished->id, request->id);
	return store_finish(store, request, err);
}

static enum result handle_amend(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_amend(
	        store, (const Lz__Amend *)message->envelope, new_answer(out, MESSAGE_AMENDED), err);
}

static enum result handle_list_outbox(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_list_outbox(store, (const Lz__ListOutbox *)message->envelope,
	        new_answer(out, MESSAGE_OUTBOX), err);
}

static enum result handle_list_audit(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return audit_list(store, (const Lz__ListAudit *)message->envelope,
	        new_answer(out, MESSAGE_AUDIT), err);
}

/* What it tells is the audit's entry, and that is all there is to do. */
static enum result handle_note(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	const Lz__Note *note = (const Lz__Note *)message->envelope;
	struct audit_fact fact = {.action = note->action, .why = note->why};

	new_answer(out, MESSAGE_NOTED);
	if (strcmp(note->action, "backup") != 0)
		return err_set(err, RESULT_NONE, "nothing that is noted");
	return audit_add(store, &fact, err);
}

static enum result handle_hold(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_hold(
	        store, (const Lz__Hold *)message->envelope, new_answer(out, MESSAGE_HELD), err);
}

static enum result handle_erase(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_erase(
	        store, (const Lz__Erase *)message->envelope, new_answer(out, MESSAGE_ERASED), err);
}

static enum result handle_list_erasures(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_list_erasures(store, (const Lz__ListErasures *)message->envelope,
	        new_answer(out, MESSAGE_ERASURES), err);
}

static enum result handle_list_usage(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	return store_list_usage(store, (const Lz__ListUsage *)message->envelope,
	        new_answer(out, MESSAGE_USAGE), err);
}

static const struct row {
	enum message_type type;
	enum request_kind kind;
	handler *handle;
} rows[] = {
        {MESSAGE_STORE, REQUEST_WRITES, handle_store},
        {MESSAGE_CONFIRM, REQUEST_WRITES, handle_confirm},
        {MESSAGE_LIST, REQUEST_READS, handle_list},
        {MESSAGE_SHOW, REQUEST_READS, handle_show},
        {MESSAGE_FETCH, REQUEST_READS, handle_fetch},
        {MESSAGE_RELEASE, REQUEST_WRITES, handle_release},
        {MESSAGE_RELEASE_PART, REQUEST_WRITES, handle_release_part},
        {MESSAGE_DELETE, REQUEST_WRITES, handle_delete},
        {MESSAGE_PASS_REQUEST, REQUEST_WRITES, handle_pass},
        {MESSAGE_STATS_REQUEST, REQUEST_READS, handle_stats},
        {MESSAGE_COUNT, REQUEST_WRITES, handle_count},
        {MESSAGE_TAKE, REQUEST_WRITES, handle_take},
        {MESSAGE_FINISH, REQUEST_WRITES, handle_finish},
        {MESSAGE_LIST_OUTBOX, REQUEST_READS, handle_list_outbox},
        {MESSAGE_LIST_AUDIT, REQUEST_READS, handle_list_audit},
        {MESSAGE_NOTE, REQUEST_WRITES, handle_note},
        {MESSAGE_HOLD, REQUEST_WRITES, handle_hold},
        {MESSAGE_ERASE, REQUEST_WRITES, handle_erase},
        {MESSAGE_LIST_ERASURES, REQUEST_READS, handle_list_erasures},
        {MESSAGE_LIST_USAGE, REQUEST_READS, handle_list_usage},
        {MESSAGE_AMEND, REQUEST_WRITES, handle_amend},
};

static const struct row *row_of(enum message_type type)
{
	size_t at;

	for (at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		if (rows[at].type == type)
			return &rows[at];
	return NULL;
}

static const char *word_of(const struct row *row, const struct wire_message *message)
{
	return rights_word(message, row->kind == REQUEST_WRITES);
}

/* A record of the outbox may be another's, and to ask for that is refused. */
static int asks_for_record(const struct wire_message *message)
{
	return message->type == MESSAGE_LIST_OUTBOX &&
	       *((const Lz__ListOutbox *)message->envelope)->id;
}

enum request_kind request_kind(const struct wire_message *message)
{
	const struct row *row = row_of(message->type);

	if (!row)
		return REQUEST_UNKNOWN;
	return word_of(row, message) || asks_for_record(message) ? REQUEST_WRITES : row->kind;
}

int request_is_allowed(const struct guard *guard, const struct wire_message *message)
{
	struct actor actor;

	return rights_check(guard->rights, message, &actor, NULL) == RESULT_OK;
}

/* A question that failed has left nothing half done: that is an answer, and spoils no group. */
static enum result run(struct store *store, const struct row *row,
        const struct wire_message *message, struct answer *out, struct err *err)
{
	const char *word = store_is_open(store) ? word_of(row, message) : NULL;
	enum result result = row->handle(store, message, out, err);

	if (!result && word)
		return record_done(store, word, message, out, err);
	if (result > RESULT_NONE && row->kind == REQUEST_READS) {
		answer_error(out, result, err);
		return RESULT_OK;
	}
	return result;
}

/* What was refused, by the rights or because the item is another's. */
static enum result refuse(struct store *store, const struct guard *guard,
        const struct wire_message *message, const struct actor *actor, struct answer *out,
        struct err *err)
{
	enum result result = RESULT_OK;
	struct err why = *err;

	if (guard && guard->refusals && store_is_open(store))
		result = record_refused(store, guard->refusals, message, actor, guard->now_ms, err);
	if (result)
		return result;
	answer_error(out, store_was_foreign(store) ? RESULT_NONE : RESULT_PERMANENT, &why);
	out->is_refusal = 1;
	return RESULT_OK;
}

enum result request_handle(struct store *store, const struct guard *guard,
        const struct wire_message *message, struct answer *out, struct err *err)
{
	const struct row *row = row_of(message->type);
	struct actor actor;
	enum result result;

	*out = (struct answer){0};
	if (!row)
		return err_set(err, RESULT_PERMANENT, "the quarantine does not answer this");
	result = rights_check(guard ? guard->rights : NULL, message, &actor, err);
	store_as(store, &actor);
	if (!result)
		result = run(store, row, message, out, err);
	else
		result = refuse(store, guard, message, &actor, out, err);
	if (result == RESULT_NONE && store_was_foreign(store))
		result = refuse(store, guard, message, &actor, out, err);
	store_as(store, NULL);
	if (result)
		answer_free(out);
	return result;
}

void answer_error(struct answer *out, enum result result, const struct err *err)
{
	Lz__Error *error;

	answer_free(out);
	error = new_answer(out, MESSAGE_ERROR);
	error->result = result;
	strings_set(&error->text, err->text);
}

void answer_free(struct answer *answer)
{
	message_free(answer->envelope);
	wire_body_free(&answer->body);
	*answer = (struct answer){0};
}
