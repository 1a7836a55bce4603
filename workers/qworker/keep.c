#include "workers/qworker/keep.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "workers/qworker/result.h"

enum {
	ENVELOPE_MAX_BYTES = 32 << 20,
	HIGH_WATER = 10000,
	TICK_MS = 500,
	STORE_MS = 20000, /* a commit takes milliseconds; a slow disk seconds */
	COUNT_MS = 5000,
	COUNT_AGAIN_MS = 15000,
};

/* Requests that are no job's: jobs count up from 1. */
static const uint64_t count_request = UINT64_MAX, state_request = UINT64_MAX - 1;

struct keep {
	struct loop *loop;
	struct wire_socket *socket;
	struct loop_source *source, *timer;
	struct jobs *jobs;
	struct keep_events events;
	struct count counts;   /* since the last report */
	struct count reported; /* on its way: kept until COUNTED */
	int64_t counted_ms;    /* when that was sent */
};

/* Lends all but the list. */
static void add_pass(Lz__Store *store, const struct job *job)
{
	const Lz__Submission *submission = job->order->submission;
	size_t at;

	if (!job->result->pass || !*job->result->pass->text)
		return;
	store->pass = job->result->pass->text;
	store->pass_sha256 = job->result->pass->sha256;
	store->pass_to = alloc_zero(submission->n_recipients, sizeof(*store->pass_to));
	for (at = 0; at < submission->n_recipients; at++)
		store->pass_to[store->n_pass_to++] = submission->recipients[at]->address;
}

enum result keep_store(struct keep *keep, struct job *job, struct err *err)
{
	Lz__Store store = LZ__STORE__INIT;
	struct wire_body body = {0};
	enum result result;

	store.message_id = job->result->verdict->message_id;
	store.items = job->result->items;
	store.n_items = job->result->n_items;
	store.report = result_lesson(job->result);
	add_pass(&store, job);
	if (store.n_items) /* without items it only asks who was served */
		wire_body_share(&job->body, &body);
	result = wire_send(keep->socket, NULL, MESSAGE_STORE, job->request, &store.base,
	        store.n_items ? &body : NULL, err);
	if (result != RESULT_OK && store.n_items)
		wire_body_free(&body);
	free(store.pass_to);
	return result;
}

enum result keep_state(struct keep *keep, Lz__WorkerState *state, struct err *err)
{
	Lz__Count count = LZ__COUNT__INIT;

	count.state = state;
	return wire_send(keep->socket, NULL, MESSAGE_COUNT, state_request, &count.base, NULL, err);
}

struct count *keep_counts(struct keep *keep)
{
	return &keep->counts;
}

static void take_stored(struct keep *keep, struct wire_message *message)
{
	struct job *job = jobs_storing(keep->jobs, message->request);
	Lz__Stored *stored = (Lz__Stored *)message->envelope;

	if (!job)
		return; /* too late: it was given up, and will be asked for again */
	if (job->result->pass)
		log_event(LOG_LEVEL_INFO, job_id(job), "pass", "fate=%s",
		        *stored->pass ? stored->pass : "forged");
	result_take_pass(job->result, stored->pass);
	if (!result_is_stored(job->result, stored)) {
		keep->events.refused(keep->events.context, job, "not all is kept");
		return;
	}
	result_take_delivered(job->result, stored);
	keep->events.stored(keep->events.context, job);
}

static void take_error(struct keep *keep, const struct wire_message *message)
{
	struct job *job = jobs_storing(keep->jobs, message->request);
	const Lz__Error *error = (const Lz__Error *)message->envelope;

	if (job)
		keep->events.refused(keep->events.context, job, error->text);
	else if (message->request == count_request)
		keep->reported.size = 0; /* it will not take these, however often we ask */
}

static void take(struct keep *keep, struct wire_message *message)
{
	if (message->type == MESSAGE_STORED)
		take_stored(keep, message);
	else if (message->type == MESSAGE_COUNTED && message->request == count_request)
		keep->reported.size = 0;
	else if (message->type == MESSAGE_ERROR)
		take_error(keep, message);
}

static void socket_ready(void *context, unsigned events)
{
	struct keep *keep = context;
	struct wire_message message;
	enum result result;
	struct err err;

	while ((result = wire_receive(keep->socket, &message, &err)) != RESULT_NONE) {
		if (result == RESULT_OK) {
			take(keep, &message);
			wire_message_free(&message);
		} else {
			log_event(LOG_LEVEL_WARNING, NULL, "garbage", "from=quarantine error=%s",
			        log_quote(err.text));
		}
	}
}

static void give_up_late(struct keep *keep, int64_t now_ms)
{
	struct job *job, *next;

	for (job = keep->jobs->first; job; job = next) {
		next = job->next;
		if (job->state == JOB_STORING && now_ms - job->stored_ms > STORE_MS)
			keep->events.refused(keep->events.context, job, "no answer");
	}
}

static void report(struct keep *keep, int64_t now_ms)
{
	Lz__Count envelope;
	struct err err;

	if (now_ms - keep->counted_ms < (keep->reported.size ? COUNT_AGAIN_MS : COUNT_MS))
		return;
	keep->counted_ms = now_ms;
	count_move(&keep->counts, &keep->reported);
	if (!keep->reported.size)
		return;
	count_envelope(&keep->reported, &envelope);
	if (wire_send(keep->socket, NULL, MESSAGE_COUNT, count_request, &envelope.base, NULL,
	            &err) != RESULT_OK)
		log_event(LOG_LEVEL_DEBUG, NULL, "count", "error=%s", log_quote(err.text));
	count_envelope_fini(&envelope);
}

static void tick(void *context, int64_t now_ms)
{
	give_up_late(context, now_ms);
	report(context, now_ms);
}

enum result keep_open(const struct config *config, struct wire *wire, struct loop *loop,
        struct jobs *jobs, const struct keep_events *events, struct keep **out, struct err *err)
{
	struct wire_limits limits = {ENVELOPE_MAX_BYTES, HIGH_WATER};
	struct keep *keep = alloc_zero(1, sizeof(*keep));
	enum result result =
	        wire_connect(wire, config->workers.quarantine, &limits, &keep->socket, err);

	if (result) {
		free(keep);
		return err_wrap(err, result, "quarantine");
	}
	keep->loop = loop;
	keep->jobs = jobs;
	keep->events = *events;
	keep->counted_ms = loop_now_ms(loop);
	keep->source = loop_add_socket(loop, keep->socket, socket_ready, keep);
	keep->timer = loop_add_timer(loop, TICK_MS, tick, keep);
	*out = keep;
	return RESULT_OK;
}

void keep_close(struct keep **keep)
{
	if (!*keep)
		return;
	loop_remove(&(*keep)->source);
	loop_remove(&(*keep)->timer);
	wire_socket_close(&(*keep)->socket);
	free(*keep);
	*keep = NULL;
}
