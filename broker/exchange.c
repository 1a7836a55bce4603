#include "broker/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/desk.h"
#include "broker/reload.h"
#include "broker/status.h"
#include "lib/base/alloc.h"
#include "lib/base/log.h"

struct exchange {
	struct desk desk;
	int64_t beat_ms;        /* the next heartbeat */
	int64_t worked_ms;      /* when there was a worker last */
	int64_t drain_until_ms; /* 0: not draining */
};

struct exchange *exchange_new(
        const struct config_broker *config, exchange_send *send, void *context, int64_t now_ms)
{
	struct exchange *exchange = alloc_zero(1, sizeof(*exchange));

	exchange->desk.config = config;
	exchange->desk.send = send;
	exchange->desk.context = context;
	exchange->desk.now_ms = now_ms;
	exchange->worked_ms = now_ms;
	return exchange;
}

static void drop_any(struct desk *desk, struct job *job, const void *argument)
{
	desk_drop(desk, job);
}

void exchange_free(struct exchange **exchange)
{
	struct pool *pool;

	if (!*exchange)
		return;
	pool = &(*exchange)->desk.pool;
	desk_each(&(*exchange)->desk, drop_any, NULL);
	while (pool->workers)
		pool_remove(pool, pool->workers);
	free(*exchange);
	*exchange = NULL;
}

void exchange_garbage(struct exchange *exchange)
{
	exchange->desk.counters.garbage++;
}

/* ---------------------------------------------------------------- from fronts and tools */

/* Why a message can't be taken now, or NULL. */
static const char *refusal(const struct exchange *exchange, const struct wire_message *message)
{
	const struct desk *desk = &exchange->desk;
	const struct config_broker *config = desk->config;
	size_t size = job_bytes_of(message);

	if (exchange->drain_until_ms)
		return "draining";
	if (desk->messages >= config->max_messages || size > config->max_bytes ||
	        desk->bytes > config->max_bytes - size)
		return "full";
	if (desk->pool.count == 0 && desk->now_ms - exchange->worked_ms > config->silence_ms)
		return "no workers";
	if (((Lz__Submission *)message->envelope)->deadline_ms == 0)
		return "deadline";
	return NULL;
}

/* The id is made from all that is in the message. A dry run's verdict is not to be had for a
 * message: nothing that it names is kept. */
static int is_same(const struct job *job, const Lz__Submission *submission)
{
	return job->submission->size == submission->size &&
	       !job->submission->dry_run == !submission->dry_run &&
	       job->submission->n_recipients == submission->n_recipients;
}

static void take_submit(struct exchange *exchange, struct wire_message *message)
{
	struct desk *desk = &exchange->desk;
	Lz__Submission *submission = (Lz__Submission *)message->envelope;
	struct job *job = desk_find(desk, submission->message_id);
	const char *why = job ? NULL : refusal(exchange, message);

	desk->counters.received++;
	if (job && !is_same(job, submission))
		why = "another message has this id";
	if (why) {
		desk->counters.full += strcmp(why, "full") == 0;
		desk_busy(desk, &message->peer, message->request, submission->message_id, why);
	} else if (job) {
		desk_redirect(desk, job, message);
	} else {
		desk_admit(desk, job_new(message, desk->now_ms));
	}
}

static void beat(
        struct desk *desk, enum exchange_side side, const struct wire_peer *peer, uint64_t request)
{
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;

	desk->send(desk->context, side, peer, MESSAGE_HEARTBEAT, request, &heartbeat.base, NULL);
}

static void take_from_front(struct exchange *exchange, struct wire_message *message)
{
	struct desk *desk = &exchange->desk;

	switch (message->type) {
	case MESSAGE_SUBMIT:
		take_submit(exchange, message);
		break;
	case MESSAGE_HEARTBEAT:
		/* One that waits for messages which we don't have must find out. */
		if (desk_serves(desk, &message->peer, message->request))
			beat(desk, EXCHANGE_FRONT, &message->peer, message->request);
		break;
	case MESSAGE_GOODBYE:
		desk_lose_front(desk, &message->peer);
		break;
	case MESSAGE_BROKER_STATUS_REQUEST:
		status_send(desk, &message->peer, message->request);
		break;
	case MESSAGE_RELOAD:
		reload_pass(desk, message);
		break;
	default:
		exchange_garbage(exchange);
	}
}

/* ---------------------------------------------------------------- from workers */

static void say_goodbye(struct desk *desk, const struct wire_peer *worker, const char *why)
{
	Lz__Goodbye goodbye = LZ__GOODBYE__INIT;

	goodbye.why = (char *)why;
	desk->send(desk->context, EXCHANGE_WORKER, worker, MESSAGE_GOODBYE, 0, &goodbye.base, NULL);
}

static void take_ready(
        struct exchange *exchange, struct worker *worker, const struct wire_message *message)
{
	struct desk *desk = &exchange->desk;
	const Lz__Ready *ready = (const Lz__Ready *)message->envelope;

	if (!worker && desk->pool.count >= POOL_WORKERS_MAX) {
		say_goodbye(desk, &message->peer, "too many workers");
		return;
	}
	if (!worker) {
		worker = pool_add(&desk->pool, &message->peer, ready->worker);
		worker->heard_ms = desk->now_ms;
		log_event(LOG_LEVEL_INFO, NULL, "worker-ready", "worker=%s credit=%u",
		        log_quote(worker->name), ready->credit);
	}
	pool_set_credit(&desk->pool, worker, ready->credit);
	beat(desk, EXCHANGE_WORKER, &message->peer, message->request);
}

/* The job whose lease this is still, or NULL: then somebody else has it, or nobody waits for it. */
static struct job *leased(
        struct desk *desk, struct worker *worker, uint64_t lease, uint32_t attempt)
{
	struct job *job = pool_leased(worker, lease);

	if (pool_settle(worker, lease))
		return NULL;
	if (job && job->killed + 1 == attempt)
		return job;
	desk->counters.stale++;
	log_event(LOG_LEVEL_DEBUG, NULL, "stale", "job=%llu attempt=%u worker=%s",
	        (unsigned long long)lease, attempt, log_quote(worker->name));
	return NULL;
}

static void take_done(struct desk *desk, struct worker *worker, const Lz__Done *done)
{
	struct job *job = leased(desk, worker, done->job, done->attempt);
	struct err err;

	if (!job)
		return;
	if (verdict_fits(done->verdict, job->submission, &err) == RESULT_OK) {
		desk_answer(desk, job, done->verdict);
		return;
	}
	/* a scanner that talks nonsense over a message is as good as dead from it */
	log_event(LOG_LEVEL_WARNING, job->submission->message_id, "misfit", "worker=%s why=%s",
	        log_quote(worker->name), log_quote(err.text));
	desk->counters.misfit++;
	desk_return(desk, job, DESK_KILLED);
}

static void take_failed(struct desk *desk, struct worker *worker, const Lz__Failed *failed)
{
	struct job *job = leased(desk, worker, failed->job, failed->attempt);

	if (!job)
		return;
	log_event(LOG_LEVEL_DEBUG, job->submission->message_id, "failed",
	        "worker=%s why=%s poison=%d", log_quote(worker->name), log_quote(failed->why),
	        failed->poison);
	if (!failed->poison && strcmp(failed->why, "quarantine") == 0)
		desk_refuse(desk, job, "quarantine"); /* no worker could store anything now */
	else
		desk_return(desk, job, failed->poison ? DESK_KILLED : DESK_LOST);
}

static void take_from_known(
        struct exchange *exchange, struct worker *worker, struct wire_message *message)
{
	struct desk *desk = &exchange->desk;

	worker->heard_ms = desk->now_ms;
	switch (message->type) {
	case MESSAGE_READY:
		take_ready(exchange, worker, message);
		break;
	case MESSAGE_DONE:
		take_done(desk, worker, (Lz__Done *)message->envelope);
		break;
	case MESSAGE_FAILED:
		take_failed(desk, worker, (Lz__Failed *)message->envelope);
		break;
	case MESSAGE_HEARTBEAT:
		break;
	case MESSAGE_GOODBYE:
		desk_lose_worker(desk, worker, ((Lz__Goodbye *)message->envelope)->why);
		break;
	default:
		exchange_garbage(exchange);
	}
}

/* One that we don't know, or don't know any more: whatever it has is with somebody else now, and it
 * must begin anew. */
static void take_from_unknown(struct exchange *exchange, struct wire_message *message)
{
	struct desk *desk = &exchange->desk;

	if (message->type == MESSAGE_READY) {
		take_ready(exchange, NULL, message);
		return;
	}
	if (message->type == MESSAGE_DONE || message->type == MESSAGE_FAILED)
		desk->counters.stale++;
	if (message->type != MESSAGE_GOODBYE)
		say_goodbye(desk, &message->peer, "unknown");
}

void exchange_take(struct exchange *exchange, enum exchange_side side, struct wire_message *message,
        int64_t now_ms)
{
	struct desk *desk = &exchange->desk;
	struct worker *worker;

	desk->now_ms = now_ms;
	if (side == EXCHANGE_FRONT) {
		take_from_front(exchange, message);
	} else {
		worker = pool_find(&desk->pool, &message->peer);
		if (worker)
			take_from_known(exchange, worker, message);
		else
			take_from_unknown(exchange, message);
	}
	desk_dispatch(desk);
	if (desk->pool.count > 0)
		exchange->worked_ms = now_ms;
}

/* ---------------------------------------------------------------- time */

static void expire(struct desk *desk, struct job *job, const void *argument)
{
	if (job->expires_ms <= desk->now_ms)
		desk_expire(desk, job);
}

static void look_after_workers(struct desk *desk)
{
	struct worker *worker, *next;

	for (worker = desk->pool.workers; worker; worker = next) {
		next = worker->next;
		pool_forget_owed(worker, desk->now_ms);
		if (desk->now_ms - worker->heard_ms <= desk->config->silence_ms)
			continue;
		desk->counters.silent++;
		log_event(LOG_LEVEL_WARNING, NULL, "worker-silent", "worker=%s ms=%lld",
		        log_quote(worker->name), (long long)(desk->now_ms - worker->heard_ms));
		desk_lose_worker(desk, worker, "silent");
	}
}

/* To who works for us and to who waits for us. That a front is gone shows in that it can't be sent
 * to; then nobody wants its messages' answers. */
static void send_heartbeats(struct desk *desk)
{
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;
	struct worker *worker;
	struct front *front, *next;

	for (worker = desk->pool.workers; worker; worker = worker->next)
		beat(desk, EXCHANGE_WORKER, &worker->peer, 0);
	for (front = desk->fronts; front; front = next) {
		next = front->next;
		if (desk->send(desk->context, EXCHANGE_FRONT, &front->peer, MESSAGE_HEARTBEAT, 0,
		            &heartbeat.base, NULL) != RESULT_OK)
			desk_lose_front(desk, &front->peer);
	}
}

static void refuse_queued(struct desk *desk, struct job *job, const void *why)
{
	if (job->state == JOB_QUEUED)
		desk_refuse(desk, job, why);
}

void exchange_tick(struct exchange *exchange, int64_t now_ms)
{
	struct desk *desk = &exchange->desk;

	desk->now_ms = now_ms;
	if (desk->pool.count > 0)
		exchange->worked_ms = now_ms;
	look_after_workers(desk);
	desk_each(desk, expire, NULL);
	if (now_ms >= exchange->beat_ms) {
		exchange->beat_ms = now_ms + desk->config->heartbeat_ms;
		send_heartbeats(desk);
	}
	if (desk->pool.count == 0 && now_ms - exchange->worked_ms > desk->config->silence_ms)
		desk_each(desk, refuse_queued, "no workers");
	desk_dispatch(desk);
}

/* ---------------------------------------------------------------- the end */

void exchange_drain(struct exchange *exchange, int64_t now_ms)
{
	if (!exchange->drain_until_ms)
		exchange->drain_until_ms = now_ms + exchange->desk.config->drain_ms + 1;
}

int exchange_is_drained(const struct exchange *exchange, int64_t now_ms)
{
	return exchange->drain_until_ms &&
	       (exchange->desk.messages == 0 || now_ms >= exchange->drain_until_ms);
}

static void refuse_any(struct desk *desk, struct job *job, const void *why)
{
	desk_refuse(desk, job, why);
}

void exchange_stop(struct exchange *exchange)
{
	struct desk *desk = &exchange->desk;
	struct worker *worker;

	desk_each(desk, refuse_any, "draining");
	for (worker = desk->pool.workers; worker; worker = worker->next)
		say_goodbye(desk, &worker->peer, "draining");
}

/* ---------------------------------------------------------------- invariants */

struct tally {
	size_t messages;
	size_t bytes;
	size_t listed;
};

static void tally_list(const struct job_list *list, enum job_state state, struct tally *tally)
{
	const struct job *job;
	size_t count = 0;

	for (job = list->first; job; job = job->next, count++) {
		assert(job->state == state);
		assert((job->worker != NULL) == (state == JOB_LEASED));
	}
	assert(count == list->count);
	tally->listed += count;
}

static void tally_job(struct desk *desk, struct job *job, const void *argument)
{
	struct tally *tally = *(struct tally *const *)argument;

	assert(desk_find(desk, job->submission->message_id) == job);
	assert(job->killed <= desk->config->attempts && job->lost <= DESK_LOST_MAX);
	tally->messages++;
	tally->bytes += job->bytes;
}

static void tally_workers(const struct desk *desk, struct tally *tally)
{
	const struct worker *worker;
	uint64_t credit = 0;
	size_t count = 0, before = tally->listed;

	for (worker = desk->pool.workers; worker; worker = worker->next, count++) {
		tally_list(&worker->leases, JOB_LEASED, tally);
		credit += worker->credit;
	}
	assert(count == desk->pool.count && credit == desk->pool.credit);
	assert(tally->listed - before ==
	        desk->pool.leases[QUEUE_SMALL] + desk->pool.leases[QUEUE_LARGE]);
}

void exchange_verify(const struct exchange *exchange)
{
	struct desk *desk = (struct desk *)&exchange->desk; /* visits without changing */
	struct tally tally = {0}, *argument = &tally;
	const struct front *front;
	size_t held = 0;

	desk_each(desk, tally_job, &argument);
	assert(tally.messages == desk->messages && tally.bytes == desk->bytes);
	tally_list(&desk->queue.waiting[QUEUE_SMALL], JOB_QUEUED, &tally);
	tally_list(&desk->queue.waiting[QUEUE_LARGE], JOB_QUEUED, &tally);
	tally_workers(desk, &tally);
	assert(tally.listed == tally.messages);
	for (front = desk->fronts; front; front = front->next)
		held += front->jobs;
	assert(held == desk->messages);
}
