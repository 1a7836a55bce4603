#include "quarantine/qstore.h"

#include <signal.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/wire/loop.h"
#include "quarantine/batch.h"
#include "quarantine/requests.h"
#include "quarantine/store.h"
#include "quarantine/story.h"
#include "quarantine/teach.h"
#include "quarantine/workers.h"

enum {
	SETTLE_EVERY_MS = 1000,
	EXPIRE_EVERY_MS = 60 * 1000,
	INDEX_EVERY_MS = 50,
	PIECES_A_TICK = 8, /* of settling or expiring, so that requests are not kept waiting */
	MESSAGES_A_TURN = 256,
	HIGH_WATER = 64,
	ENVELOPE_ROOM = 4 * 1024 * 1024,
	MODEL_ROOM = 20 * 1024 * 1024, /* for lessons, and for a model that is loaded */
	GARBAGE_LOGGED = 10,           /* lines a minute */
};

struct qstore {
	const struct config *config;
	struct store *store;
	struct batch *batch;
	struct workers *workers;
	struct teach *teach;
	struct loop *loop;
	struct wire_socket *socket;
	struct loop_source *ready, *settle, *expire;
	struct loop_source *index;  /* while a store from before gets its index of terms */
	struct loop_source *commit; /* while a group waits for company */
	size_t group;               /* requests in the last one */
	unsigned garbage;           /* since the last minute */
	enum result fate;           /* RESULT_UNSURE ends the loop */
	struct err err;
};

/* ---- answering ---- */

static void tell(void *context, const struct wire_message *request, struct answer *answer)
{
	struct qstore *q = context;
	struct err err;

	story_tell(request, answer);
	if (wire_send(q->socket, &request->peer, answer->type, request->request, answer->envelope,
	            answer->body.present ? &answer->body : NULL, &err))
		log_event(LOG_LEVEL_WARNING, NULL, "answer-lost", "type=%s reason=%s",
		        message_info(answer->type)->name, log_quote(err.text));
}

static void refuse(struct qstore *q, const struct wire_message *request, enum result result,
        const struct err *err)
{
	struct answer answer = {0};

	answer_error(&answer, result, err);
	tell(q, request, &answer);
	answer_free(&answer);
}

static void answer_now(struct qstore *q, const struct wire_message *request)
{
	struct answer answer;
	struct err err = {""};
	enum result result = request_handle(q->store, request, &answer, &err);

	if (result) {
		refuse(q, request, result, &err);
		return;
	}
	if (answer.type == MESSAGE_STATS)
		workers_tell(q->workers, loop_now_ms(q->loop), (Lz__Stats *)answer.envelope);
	tell(q, request, &answer);
	answer_free(&answer);
}

/* The model has transactions of its own. */
static void answer_of_model(struct qstore *q, const struct wire_message *request)
{
	struct answer answer;
	struct err err = {""};
	enum result result = teach_handle(q->teach, request, clock_wall_ms(), &answer, &err);

	if (result) {
		refuse(q, request, result, &err);
		return;
	}
	tell(q, request, &answer);
	answer_free(&answer);
}

static void commit(struct qstore *q)
{
	loop_remove(&q->commit);
	q->group = batch_count(q->batch);
	if (batch_run(q->batch, clock_wall_ms(), &q->err) != RESULT_UNSURE)
		return;
	q->fate = RESULT_UNSURE;
	loop_end(q->loop);
}

static void on_commit(void *context, int64_t now_ms)
{
	commit(context);
}

/* ---- taking ---- */

static void count_garbage(struct qstore *q, const struct err *err)
{
	if (q->garbage++ < GARBAGE_LOGGED)
		log_event(LOG_LEVEL_WARNING, NULL, "garbage", "reason=%s", log_quote(err->text));
}

/* What a worker is, beside what it has counted: that never reaches the disk. */
static void take_state(struct qstore *q, const struct wire_message *message)
{
	const Lz__Count *count = (const Lz__Count *)message->envelope;

	if (message->type == MESSAGE_COUNT && count->state)
		workers_hear(q->workers, count->state, loop_now_ms(q->loop));
}

static void take(struct qstore *q, struct wire_message *message)
{
	struct err err;

	take_state(q, message);
	if (teach_answers(message->type)) {
		answer_of_model(q, message);
		wire_message_free(message);
		return;
	}
	switch (request_kind(message->type)) {
	case REQUEST_READS:
		answer_now(q, message);
		break;
	case REQUEST_WRITES:
		batch_add(q->batch, message);
		if (batch_is_full(q->batch))
			commit(q);
		break;
	default:
		err_set(&err, RESULT_PERMANENT, "the quarantine does not answer %s",
		        message_info(message->type)->name);
		count_garbage(q, &err);
		refuse(q, message, RESULT_PERMANENT, &err);
	}
	wire_message_free(message);
}

/*
 * A single writer is committed at once. Where the last group was larger, its writers are likely to
 * be on their way again: they are waited for, but not long.
 */
static void commit_or_wait(struct qstore *q)
{
	int64_t delay_ms = q->config->quarantine.commit_delay_ms;
	size_t waiting = batch_count(q->batch);

	if (!waiting)
		return;
	if (waiting >= q->group || delay_ms <= 0)
		commit(q);
	else if (!q->commit)
		q->commit = loop_add_timer(q->loop, delay_ms, on_commit, q);
}

static void on_ready(void *context, unsigned events)
{
	struct qstore *q = context;
	struct wire_message message;
	enum result result = RESULT_OK;
	struct err err;
	int turn;

	for (turn = 0; turn < MESSAGES_A_TURN && q->fate == RESULT_OK; turn++) {
		result = wire_receive(q->socket, &message, &err);
		if (result == RESULT_OK)
			take(q, &message);
		else if (result == RESULT_PERMANENT)
			count_garbage(q, &err);
		else
			break;
	}
	commit_or_wait(q);
}

/* ---- time ---- */

static void in_pieces(struct qstore *q, const char *what,
        enum result (*piece)(struct store *, int64_t, int *, struct err *))
{
	struct err err;
	enum result result = RESULT_OK;
	int more = 1, done;

	for (done = 0; !result && more && done < PIECES_A_TICK; done++)
		result = piece(q->store, clock_wall_ms(), &more, &err);
	if (!result)
		return;
	log_event(LOG_LEVEL_ERROR, NULL, what, "result=%s reason=%s", result_name(result),
	        log_quote(err.text));
	if (result == RESULT_UNSURE) {
		q->err = err;
		q->fate = result;
		loop_end(q->loop);
	}
}

static void on_settle(void *context, int64_t now_ms)
{
	in_pieces(context, "settle-failed", store_settle);
}

static void end_index(struct qstore *q, enum result result, uint64_t count, const struct err *err)
{
	loop_remove(&q->index);
	if (!result) {
		log_event(LOG_LEVEL_INFO, NULL, "indexed", "items=%llu", (unsigned long long)count);
		return;
	}
	log_event(LOG_LEVEL_ERROR, NULL, "index-failed", "result=%s reason=%s", result_name(result),
	        log_quote(err->text));
	if (result != RESULT_UNSURE)
		return;
	q->err = *err;
	q->fate = result;
	loop_end(q->loop);
}

/* Where it fails, lists stay right and slow, and the next start tries again. */
static void on_index(void *context, int64_t now_ms)
{
	struct qstore *q = context;
	uint64_t count = 0;
	struct err err;
	enum result result = store_index(q->store, clock_wall_ms(), &count, &err);

	if (result || store_is_indexed(q->store))
		end_index(q, result, count, &err);
}

/* Said before it is full, when there is still time to do something. */
static void warn_of_space(struct qstore *q)
{
	struct backend_space space;
	uint64_t free_bytes;
	struct err err;

	if (store_space(q->store, &space, &err))
		return;
	free_bytes =
	        space.total_bytes > space.used_bytes ? space.total_bytes - space.used_bytes : 0;
	if (free_bytes < q->config->quarantine.reserve)
		log_event(LOG_LEVEL_ERROR, NULL, "full", "free_bytes=%llu reserve_bytes=%llu",
		        (unsigned long long)free_bytes,
		        (unsigned long long)q->config->quarantine.reserve);
	else if (free_bytes - q->config->quarantine.reserve < space.total_bytes / 10)
		log_event(LOG_LEVEL_WARNING, NULL, "nearly-full",
		        "free_bytes=%llu reserve_bytes=%llu", (unsigned long long)free_bytes,
		        (unsigned long long)q->config->quarantine.reserve);
}

static void on_expire(void *context, int64_t now_ms)
{
	struct qstore *q = context;
	unsigned dead = store_upkeep(q->store);

	if (dead)
		log_event(LOG_LEVEL_WARNING, NULL, "dead-readers", "count=%u", dead);
	if (q->garbage > GARBAGE_LOGGED)
		log_event(LOG_LEVEL_WARNING, NULL, "garbage", "count=%u", q->garbage);
	q->garbage = 0;
	warn_of_space(q);
	in_pieces(q, "expire-failed", store_expire);
}

static void on_signal(void *context, int signal_number)
{
	struct qstore *q = context;

	if (signal_number != SIGTERM && signal_number != SIGINT)
		return; /* a terminal that closes, as for the others, is no order to end */
	commit(q);
	loop_end(q->loop);
}

/* ---- opening and closing ---- */

static struct store_options options_of(const struct config_quarantine *config)
{
	return (struct store_options){
	        .backend = {.path = config->path, .size = config->map_size},
	        .reserve = config->reserve,
	        .max_item_size = config->max_item_size,
	        .confirm_timeout_ms = config->confirm_timeout_ms,
	        .keep_ms = config->keep_ms,
	        .lease_ms = config->lease_ms,
	};
}

enum result qstore_open(
        const struct config *config, struct wire *wire, struct qstore **out, struct err *err)
{
	struct qstore *q = alloc_zero(1, sizeof(*q));
	struct store_options options = options_of(&config->quarantine);
	struct wire_limits limits = {
	        .max_bytes = config->quarantine.max_item_size + ENVELOPE_ROOM,
	        .high_water = HIGH_WATER,
	};
	enum result result = store_open(&backend_lmdb, &options, &q->store, err);

	if (limits.max_bytes < MODEL_ROOM)
		limits.max_bytes = MODEL_ROOM;
	q->config = config;
	if (!result)
		q->teach = teach_open(config->spam.model.path);
	if (!result)
		result = wire_bind(wire, &config->quarantine.listen, &limits, &q->socket, err);
	if (result) {
		qstore_close(&q);
		return result;
	}
	q->batch = batch_new(q->store, tell, q);
	q->workers = workers_new();
	q->loop = loop_new(wire);
	q->ready = loop_add_socket(q->loop, q->socket, on_ready, q);
	q->settle = loop_add_timer(q->loop, SETTLE_EVERY_MS, on_settle, q);
	q->expire = loop_add_timer(q->loop, EXPIRE_EVERY_MS, on_expire, q);
	if (!store_is_indexed(q->store)) {
		log_event(LOG_LEVEL_INFO, NULL, "indexing", "path=%s",
		        log_quote(config->quarantine.path));
		q->index = loop_add_timer(q->loop, INDEX_EVERY_MS, on_index, q);
	}
	loop_on_signal(q->loop, on_signal, q);
	*out = q;
	return RESULT_OK;
}

enum result qstore_run(struct qstore *q, struct err *err)
{
	log_event(LOG_LEVEL_INFO, NULL, "ready", "path=%s", log_quote(q->config->quarantine.path));
	loop_run(q->loop);
	if (q->fate == RESULT_UNSURE)
		return err_set(err, q->fate, "%s", q->err.text);
	return RESULT_OK;
}

void qstore_close(struct qstore **qstore)
{
	struct qstore *q = *qstore;

	if (!q)
		return;
	if (q->loop) {
		loop_remove(&q->commit);
		loop_remove(&q->index);
		loop_remove(&q->expire);
		loop_remove(&q->settle);
		loop_remove(&q->ready);
		loop_free(&q->loop);
	}
	batch_free(&q->batch);
	workers_free(&q->workers);
	if (q->socket)
		wire_socket_close(&q->socket);
	teach_close(&q->teach);
	store_close(&q->store);
	free(q);
	*qstore = NULL;
}
