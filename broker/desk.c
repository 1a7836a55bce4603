#include "broker/desk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"

/* ---------------------------------------------------------------- the table by message id */

/* Its first digits are as good as any hash: it comes from SHA-256. */
static size_t bucket_of(const char *message_id)
{
	char digits[4] = {message_id[0], message_id[1], message_id[2], '\0'};

	return strtoul(digits, NULL, 16) % DESK_BUCKETS;
}

struct job *desk_find(const struct desk *desk, const char *message_id)
{
	struct job *job = desk->same[bucket_of(message_id)];

	while (job && strcmp(job->submission->message_id, message_id) != 0)
		job = job->next_same;
	return job;
}

static void table_add(struct desk *desk, struct job *job)
{
	struct job **bucket = &desk->same[bucket_of(job->submission->message_id)];

	job->next_same = *bucket;
	*bucket = job;
}

static void table_remove(struct desk *desk, struct job *job)
{
	struct job **at = &desk->same[bucket_of(job->submission->message_id)];

	while (*at != job)
		at = &(*at)->next_same;
	*at = job->next_same;
}

void desk_each(struct desk *desk, desk_visit *visit, const void *argument)
{
	struct job *job, *next;
	size_t bucket;

	for (bucket = 0; bucket < DESK_BUCKETS; bucket++)
		for (job = desk->same[bucket]; job; job = next) {
			next = job->next_same;
			visit(desk, job, argument);
		}
}

/* ---------------------------------------------------------------- the fronts */

static struct front **find_front(struct desk *desk, const struct wire_peer *peer)
{
	struct front **at = &desk->fronts;

	while (*at && !wire_peer_same(&(*at)->peer, peer))
		at = &(*at)->next;
	return at;
}

int desk_serves(struct desk *desk, const struct wire_peer *peer, uint64_t request)
{
	const struct job *job;
	size_t bucket;

	if (!*find_front(desk, peer) || !request)
		return *find_front(desk, peer) != NULL;
	for (bucket = 0; bucket < DESK_BUCKETS; bucket++)
		for (job = desk->same[bucket]; job; job = job->next_same)
			if (job->request == request && wire_peer_same(&job->front, peer))
				return 1;
	return 0;
}

static void front_hold(struct desk *desk, const struct wire_peer *peer)
{
	struct front **at = find_front(desk, peer);

	if (!*at) {
		*at = alloc_zero(1, sizeof(**at));
		(*at)->peer = *peer;
	}
	(*at)->jobs++;
}

static void front_release(struct desk *desk, const struct wire_peer *peer)
{
	struct front **at = find_front(desk, peer), *front = *at;

	if (--front->jobs > 0)
		return;
	*at = front->next;
	free(front);
}

static enum result tell_front(struct desk *desk, const struct wire_peer *peer,
        enum message_type type, uint64_t request, const ProtobufCMessage *envelope)
{
	return desk->send(desk->context, EXCHANGE_FRONT, peer, type, request, envelope, NULL);
}

void desk_busy(struct desk *desk, const struct wire_peer *front, uint64_t request,
        const char *message_id, const char *why)
{
	Lz__Busy busy = LZ__BUSY__INIT;

	busy.message_id = (char *)message_id;
	busy.why = (char *)why;
	desk->counters.busy++;
	tell_front(desk, front, MESSAGE_BUSY, request, &busy.base);
	log_event(LOG_LEVEL_DEBUG, message_id, "busy", "why=%s", log_quote(why));
}

static void drop_of_front(struct desk *desk, struct job *job, const void *peer)
{
	if (!wire_peer_same(&job->front, peer))
		return;
	desk_abandon(desk, job);
	desk_drop(desk, job);
}

void desk_lose_front(struct desk *desk, const struct wire_peer *peer)
{
	struct wire_peer gone = *peer; /* it may be one of what is freed here */

	desk_each(desk, drop_of_front, &gone);
}

/* ---------------------------------------------------------------- a job's life */

static void move(struct desk *desk, struct job *job, enum job_state to)
{
	if (job->state == JOB_QUEUED)
		queue_remove(&desk->queue, job);
	if (job->state == JOB_LEASED)
		pool_release(&desk->pool, job);
	job_move(job, to);
}

void desk_admit(struct desk *desk, struct job *job)
{
	move(desk, job, JOB_QUEUED);
	queue_add(&desk->queue, job);
	table_add(desk, job);
	front_hold(desk, &job->front);
	desk->messages++;
	desk->bytes += job->bytes;
	desk->counters.bytes += wire_body_size(&job->body);
	log_event(LOG_LEVEL_DEBUG, job->submission->message_id, "queued", "queue_id=%s size=%zu",
	        log_quote(job->submission->queue_id), wire_body_size(&job->body));
}

void desk_redirect(struct desk *desk, struct job *job, const struct wire_message *message)
{
	struct wire_peer before = job->front;

	if (!wire_peer_same(&before, &message->peer))
		desk_busy(desk, &before, job->request, job->submission->message_id,
		        "submitted again by another");
	front_hold(desk, &message->peer);
	front_release(desk, &before);
	job->front = message->peer;
	job->request = message->request;
	job->expires_ms =
	        desk->now_ms + (int64_t)((Lz__Submission *)message->envelope)->deadline_ms;
	desk->counters.again++;
	log_event(LOG_LEVEL_DEBUG, job->submission->message_id, "submitted-again", NULL);
}

static void end(struct desk *desk, struct job *job, enum job_state how)
{
	move(desk, job, how);
	table_remove(desk, job);
	front_release(desk, &job->front);
	desk->messages--;
	desk->bytes -= job->bytes;
	job_free(&job);
}

void desk_answer(struct desk *desk, struct job *job, Lz__Verdict *verdict)
{
	enum result result;

	verdict->attempts = job->killed + 1;
	result = tell_front(desk, &job->front, MESSAGE_VERDICT, job->request, &verdict->base);
	if (result != RESULT_OK) {
		desk_drop(desk, job);
		return;
	}
	desk->counters.answered++;
	log_event(LOG_LEVEL_DEBUG, job->submission->message_id, "answered",
	        "job=%llu attempt=%u ms=%lld", (unsigned long long)job->lease, job->killed + 1,
	        (long long)(desk->now_ms - job->since_ms));
	end(desk, job, JOB_ANSWERED);
}

void desk_refuse(struct desk *desk, struct job *job, const char *why)
{
	desk_busy(desk, &job->front, job->request, job->submission->message_id, why);
	end(desk, job, JOB_REFUSED);
}

void desk_drop(struct desk *desk, struct job *job)
{
	desk->counters.dropped++;
	log_event(LOG_LEVEL_DEBUG, job->submission->message_id, "dropped", "why=\"front is gone\"");
	end(desk, job, JOB_DROPPED);
}

/* A worker answers every job, also one past its deadline. Were its slot given away before, it would
 * hold more than its credit; were it kept for ever, a lost answer would cost the slot. */
void desk_abandon(struct desk *desk, struct job *job)
{
	if (job->state == JOB_LEASED)
		pool_owe(job, job->leased_ms + desk->config->silence_ms);
}

/*
 * A worker that goes away is not held against the message: it reads no mail, so no mail kills it,
 * and a broken cable would else turn every message of a host into "unscanned". But a message that
 * takes whole hosts down must not get all of them, so after a few the MTA is asked to wait.
 */
void desk_return(struct desk *desk, struct job *job, enum desk_blame blame)
{
	desk->counters.requeued++;
	*(blame == DESK_KILLED ? &job->killed : &job->lost) += 1;
	desk->counters.killed += blame == DESK_KILLED;
	job->avoid = job->worker->peer;
	log_event(LOG_LEVEL_DEBUG, job->submission->message_id, "returned",
	        "job=%llu worker=%s killed=%u lost=%u", (unsigned long long)job->lease,
	        log_quote(job->worker->name), job->killed, job->lost);
	if (job->killed > desk->config->attempts) {
		desk_refuse(desk, job, "crash");
	} else if (job->lost > DESK_LOST_MAX) {
		desk_refuse(desk, job, "workers lost");
	} else {
		move(desk, job, JOB_QUEUED);
		queue_add_first(&desk->queue, job);
	}
}

void desk_lose_worker(struct desk *desk, struct worker *worker, const char *why)
{
	log_event(LOG_LEVEL_INFO, NULL, "worker-gone", "worker=%s jobs=%zu why=%s",
	        log_quote(worker->name), worker->leases.count, log_quote(why));
	while (worker->leases.last) /* the last first, as each becomes the first of the queue */
		desk_return(desk, worker->leases.last, DESK_LOST);
	pool_remove(&desk->pool, worker);
}

void desk_expire(struct desk *desk, struct job *job)
{
	desk->counters.expired++;
	desk_abandon(desk, job);
	desk_refuse(desk, job, "deadline");
}

/* ---------------------------------------------------------------- handing out */

static enum result send_job(struct desk *desk, struct job *job, struct worker *worker)
{
	Lz__Job envelope = LZ__JOB__INIT;
	struct wire_body body;
	enum result result;

	envelope.job = desk->leases + 1;
	envelope.attempt = job->killed + 1;
	envelope.singly = job->killed >= desk->config->attempts;
	envelope.submission = job->submission;
	job->submission->deadline_ms =
	        job->expires_ms > desk->now_ms ? (uint64_t)(job->expires_ms - desk->now_ms) : 0;
	wire_body_share(&job->body, &body);
	result = desk->send(desk->context, EXCHANGE_WORKER, &worker->peer, MESSAGE_JOB,
	        envelope.job, &envelope.base, &body);
	if (result != RESULT_OK)
		wire_body_free(&body);
	return result;
}

static void hand_over(struct desk *desk, struct job *job, struct worker *worker)
{
	if (job->expires_ms <= desk->now_ms) { /* since the last tick */
		desk_expire(desk, job);
		return;
	}
	if (send_job(desk, job, worker) != RESULT_OK) {
		desk_lose_worker(desk, worker, "unreachable");
		return;
	}
	job->lease = ++desk->leases;
	job->leased_ms = job->expires_ms;
	move(desk, job, JOB_LEASED);
	pool_lease(&desk->pool, worker, job);
	desk->counters.dispatched++;
	log_event(LOG_LEVEL_DEBUG, job->submission->message_id, "dispatched",
	        "job=%llu attempt=%u worker=%s", (unsigned long long)job->lease, job->killed + 1,
	        log_quote(worker->name));
}

/* One job of the class, if anybody can have one. One that avoids a worker may wait for another,
 * without keeping those behind it waiting. */
static int serve(struct desk *desk, enum queue_class class)
{
	struct job *job = desk->queue.waiting[class].first;
	struct worker *worker = NULL;

	if (!job || !pool_admits(&desk->pool, class))
		return 0;
	for (; job; job = job->next) {
		worker = pool_choose(&desk->pool, job);
		if (worker || job->avoid.size == 0)
			break; /* who can't have this one can have none of its class */
	}
	if (!worker)
		return 0;
	hand_over(desk, job, worker);
	return 1;
}

void desk_dispatch(struct desk *desk)
{
	struct queue *queue = &desk->queue;
	enum queue_class mine, other;
	int both, served;

	do {
		both = queue->waiting[QUEUE_SMALL].count > 0 &&
		       queue->waiting[QUEUE_LARGE].count > 0;
		mine = queue_turn(queue);
		other = mine == QUEUE_SMALL ? QUEUE_LARGE : QUEUE_SMALL;
		served = serve(desk, mine);
		if (served && both)
			queue_served(queue);
		if (!served)
			served = serve(desk, other);
	} while (served);
}
