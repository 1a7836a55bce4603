#include "quarantine/batch.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"

enum { MOST_REQUESTS = 128, MOST_BYTES = 64 * 1024 * 1024 };

struct waiting {
	struct wire_message request;
	struct answer answer;
};

struct batch {
	struct store *store;
	batch_tell *tell;
	void *context;
	struct guard guard;
	struct waiting list[MOST_REQUESTS];
	size_t count;
	uint64_t bytes;
};

struct batch *batch_new(struct store *store, batch_tell *tell, void *context)
{
	struct batch *batch = alloc_zero(1, sizeof(*batch));

	batch->store = store;
	batch->tell = tell;
	batch->context = context;
	return batch;
}

void batch_guard(struct batch *batch, const struct guard *guard)
{
	batch->guard = *guard;
}

static void clear(struct batch *batch)
{
	size_t at;

	for (at = 0; at < batch->count; at++) {
		answer_free(&batch->list[at].answer);
		wire_message_free(&batch->list[at].request);
	}
	batch->count = 0;
	batch->bytes = 0;
}

void batch_free(struct batch **batch)
{
	if (!*batch)
		return;
	clear(*batch);
	free(*batch);
	*batch = NULL;
}

void batch_add(struct batch *batch, struct wire_message *request)
{
	assert(!batch_is_full(batch));
	batch->list[batch->count++] = (struct waiting){.request = *request};
	batch->bytes += wire_body_size(&request->body);
	*request = (struct wire_message){0};
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

int batch_is_full(const struct batch *batch)
{
	return batch->count == MOST_REQUESTS || batch->bytes >= MOST_BYTES;
}

/* What was found not to be there is an answer; what failed may have left half of a change. */
static enum result handle(struct batch *batch, struct waiting *waiting, struct err *err)
{
	enum result result = request_handle(
	        batch->store, &batch->guard, &waiting->request, &waiting->answer, err);

	if (result == RESULT_NONE) {
		answer_error(&waiting->answer, result, err);
		return RESULT_OK;
	}
	return result;
}

static enum result attempt(
        struct batch *batch, struct waiting *list, size_t count, int64_t now_ms, struct err *err)
{
	enum result result = store_begin(batch->store, now_ms, err);
	size_t at;

	if (result)
		return result;
	batch->guard.now_ms = now_ms;
	for (at = 0; !result && at < count; at++)
		result = handle(batch, &list[at], err);
	if (result)
		store_abort(batch->store);
	else
		result = store_commit(batch->store, err);
	if (batch->guard.refusals && result)
		refusals_abort(batch->guard.refusals);
	else if (batch->guard.refusals)
		refusals_commit(batch->guard.refusals, now_ms);
	return result;
}

/* Nothing may be cut from a message before what was cut is known to be readable again. */
static void read_back(struct batch *batch, struct waiting *waiting)
{
	const Lz__Stored *stored = (const Lz__Stored *)waiting->answer.envelope;
	struct err err;

	if (waiting->answer.type != MESSAGE_STORED)
		return;
	if (!store_check(batch->store, stored->items, stored->n_items, &err))
		return;
	log_event(LOG_LEVEL_ERROR, stored->message_id, "store-damaged", "reason=%s",
	        log_quote(err.text));
	answer_error(&waiting->answer, RESULT_TEMPORARY, &err);
}

static void tell_all(struct batch *batch, struct waiting *list, size_t count)
{
	size_t at;

	for (at = 0; at < count; at++)
		batch->tell(batch->context, &list[at].request, &list[at].answer);
}

static enum result run(
        struct batch *batch, struct waiting *list, size_t count, int64_t now_ms, struct err *err)
{
	enum result result = attempt(batch, list, count, now_ms, err);
	size_t at;

	if (result && result != RESULT_UNSURE && count > 1) {
		for (result = RESULT_OK, at = 0; at < count; at++) {
			answer_free(&list[at].answer);
			if (result != RESULT_UNSURE)
				result = run(batch, &list[at], 1, now_ms, err);
		}
		return result;
	}
	for (at = 0; at < count; at++) {
		if (result)
			answer_error(&list[at].answer,
			        result == RESULT_UNSURE ? RESULT_TEMPORARY : result, err);
		else
			read_back(batch, &list[at]);
	}
	tell_all(batch, list, count);
	return result == RESULT_UNSURE ? result : RESULT_OK;
}

enum result batch_run(struct batch *batch, int64_t now_ms, struct err *err)
{
	enum result result = RESULT_OK;

	if (batch->count)
		result = run(batch, batch->list, batch->count, now_ms, err);
	clear(batch);
	return result;
}
