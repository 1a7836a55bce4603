#include "quarantine/requests.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
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
        {MESSAGE_DELETE, REQUEST_WRITES, handle_delete},
        {MESSAGE_STATS_REQUEST, REQUEST_READS, handle_stats},
        {MESSAGE_COUNT, REQUEST_WRITES, handle_count},
        {MESSAGE_TAKE, REQUEST_WRITES, handle_take},
        {MESSAGE_FINISH, REQUEST_WRITES, handle_finish},
        {MESSAGE_LIST_OUTBOX, REQUEST_READS, handle_list_outbox},
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

enum request_kind request_kind(enum message_type type)
{
	const struct row *row = row_of(type);

	return row ? row->kind : REQUEST_UNKNOWN;
}

enum result request_handle(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err)
{
	const struct row *row = row_of(message->type);
	enum result result;

	*out = (struct answer){0};
	if (!row)
		return err_set(err, RESULT_PERMANENT, "the quarantine does not answer this");
	result = row->handle(store, message, out, err);
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
