#include "workers/qworker/qworker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/age.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/daemon/daemon.h"
#include "lib/wire/loop.h"
#include "workers/qworker/crashes.h"
#include "workers/qworker/follow.h"
#include "workers/qworker/health.h"
#include "workers/qworker/job.h"
#include "workers/qworker/keep.h"
#include "workers/qworker/link.h"
#include "workers/qworker/pool.h"
#include "workers/qworker/result.h"

enum { TICK_MS = 250, STOP_MS = 20000 };

struct worker {
	const struct config *config;
	char *name; /* for others: host and process */
	struct loop *loop;
	struct loop_source *timer;
	struct link *links;
	size_t link_count;
	struct jobs jobs;
	struct pool *pool;
	struct keep *keep;
	struct follow *follow; /* the model; NULL: it is not wanted */
	struct health health;
	struct crashes *crashes;
	char *engine; /* of the last verdict */
	int is_stopping;
	int64_t stop_ms; /* the latest end of a stop */
	int code;
};

/* ---------------------------------------------------------------- answers to brokers */

/* The broker may have given up on the job, or on us: then nobody waits for an answer. */
static int is_wanted(const struct worker *worker, const struct job *job)
{
	return worker->links[job->link].epoch == job->epoch;
}

static void tell(struct worker *worker, const struct job *job, enum message_type type,
        const ProtobufCMessage *envelope)
{
	struct err err = {"it has been given to others"};

	if (is_wanted(worker, job) &&
	        link_send(&worker->links[job->link], type, envelope, &err) == RESULT_OK)
		return;
	log_event(LOG_LEVEL_INFO, job_id(job), "unheard", "error=%s", log_quote(err.text));
}

static void fail(struct worker *worker, struct job *job, const char *why, int poison)
{
	Lz__Failed failed = LZ__FAILED__INIT;

	failed.job = job->order->job;
	failed.attempt = job->order->attempt;
	failed.why = (char *)why;
	failed.poison = poison;
	tell(worker, job, MESSAGE_FAILED, &failed.base);
	jobs_end(&worker->jobs, &job);
}

static void finish(struct worker *worker, struct job *job, Lz__ScanResult *result)
{
	Lz__Done done = LZ__DONE__INIT;

	done.job = job->order->job;
	done.attempt = job->order->attempt;
	done.verdict = result->verdict;
	done.verdict->attempts = job->order->attempt;
	tell(worker, job, MESSAGE_DONE, &done.base);
	jobs_end(&worker->jobs, &job);
}

/* ---------------------------------------------------------------- the quarantine */

static void job_refused(void *context, struct job *job, const char *why)
{
	log_event(LOG_LEVEL_WARNING, job_id(job), "not_stored", "error=%s", log_quote(why));
	fail(context, job, "quarantine", 0);
}

static void job_stored(void *context, struct job *job)
{
	finish(context, job, job->result);
}

static void store(struct worker *worker, struct job *job, Lz__ScanResult **result)
{
	struct err err;

	job_store(&worker->jobs, job, result, loop_now_ms(worker->loop));
	if (keep_store(worker->keep, job, &err) != RESULT_OK)
		job_refused(worker, job, err.text);
}

/* ---------------------------------------------------------------- scanners */

/* 0: no scanner takes it. */
static int give(struct worker *worker, struct job *job)
{
	enum result result;
	struct err err;

	if (!is_wanted(worker, job)) {
		jobs_end(&worker->jobs, &job);
		return 1;
	}
	result = pool_give(worker->pool, job, &err);
	if (result != RESULT_OK && result != RESULT_NONE) {
		log_event(
		        LOG_LEVEL_ERROR, job_id(job), "dispatch", "error=%s", log_quote(err.text));
		fail(worker, job, "memory", 0);
	}
	if (result == RESULT_OK && !job->singly)
		jobs_started(&worker->jobs, job);
	return result != RESULT_NONE;
}

/* What is looked at singly goes first, as its scanners are few and its time is short; but half of
 * all scanners are for the others. */
static void dispatch(void *context)
{
	struct worker *worker = context;
	unsigned half = (pool_size(worker->pool) + 1) / 2;
	struct job *job;

	while (jobs_probing(&worker->jobs) < half &&
	        (job = jobs_waiting_singly(&worker->jobs)) != NULL)
		if (!give(worker, job))
			break;
	while ((job = jobs_next(&worker->jobs, pool_size(worker->pool))) != NULL)
		if (!give(worker, job))
			break;
}

/* ---------------------------------------------------------------- looking at parts singly */

static void tell_step(const struct job *job)
{
	static const char *const names[] = {"count", "probe", "rest", "blind", "over"};
	uint32_t from = 0, to = 0;

	if (singly_step(job->singly) == SINGLY_PROBE)
		singly_range(job->singly, &from, &to);
	log_event(LOG_LEVEL_DEBUG, job_id(job), "singly", "step=%s from=%u to=%u",
	        names[singly_step(job->singly)], from, to);
}

static void look_again(struct worker *worker, struct job *job)
{
	if (job_deadline_ms(job) - loop_now_ms(worker->loop) < SINGLY_LEAST_MS)
		singly_hurry(job->singly);
	tell_step(job);
	job_again(job);
	dispatch(worker);
}

static void probe_answered(struct worker *worker, struct job *job, const struct pair_parcel *parcel)
{
	uint32_t parts = 0;

	if (parcel->sizes[0] == sizeof(parts))
		memcpy(&parts, parcel->parts[0], sizeof(parts));
	if (singly_step(job->singly) == SINGLY_COUNT)
		singly_counted(job->singly, parts);
	else
		singly_lived(job->singly);
	look_again(worker, job);
}

/* Each attempt is the broker's to give, but for those of a message that it gave us to take to
 * pieces. */
static void attempt_failed(struct worker *worker, struct job *job, const char *why)
{
	if (job->singly)
		singly_died(job->singly, why);
	if (!job->singly || singly_step(job->singly) == SINGLY_OVER)
		fail(worker, job, why, 1);
	else
		look_again(worker, job);
}

/* ---------------------------------------------------------------- what scanners say */

static void tell_report(const struct job *job, const Lz__Report *report)
{
	if (report && *report->fate)
		log_event(LOG_LEVEL_INFO, job_id(job), "report", "fate=%s by=%s", report->fate,
		        log_quote(report->reporter));
}

static void take_answer(struct worker *worker, struct job *job, const struct pair_parcel *parcel)
{
	const Lz__Submission *submission = job->order->submission;
	int64_t cost_ms = loop_now_ms(worker->loop) - job->started_ms;
	Lz__ScanResult *result = NULL;
	struct err err;

	if (job_is_probe(job)) {
		probe_answered(worker, job, parcel);
		return;
	}
	if (result_read(worker->config, submission, parcel->parts[0], parcel->sizes[0], &result,
	            &err) != RESULT_OK) {
		log_event(LOG_LEVEL_ERROR, job_id(job), "bad_result", "error=%s",
		        log_quote(err.text));
		attempt_failed(worker, job, "crash");
		return;
	}
	free(worker->engine);
	worker->engine = alloc_string(result->verdict->engine);
	log_event(LOG_LEVEL_DEBUG, job_id(job), "scanned", "groups=%zu items=%zu ms=%lld",
	        result->verdict->n_groups, result->n_items, (long long)cost_ms);
	tell_report(job, result->report);
	count_result(keep_counts(worker->keep), result, submission, cost_ms * 1000);
	if (!is_wanted(worker, job)) {
		jobs_end(&worker->jobs, &job);
	} else if (result_needs_store(result, submission)) {
		store(worker, job, &result);
	} else {
		finish(worker, job, result);
	}
	if (result)
		lz__scan_result__free_unpacked(result, NULL);
}

/* While it was read the scanner was free already, but not for another large message, nor for one
 * more that is looked at singly. */
static void job_answered(void *context, struct job *job, const struct pair_parcel *parcel)
{
	take_answer(context, job, parcel);
	dispatch(context);
}

static void job_lost(void *context, struct job *job, const struct death *death)
{
	struct worker *worker = context;

	log_event(LOG_LEVEL_WARNING, job_id(job), "scanner_lost",
	        "why=%s stage=%s part=%d attempt=%u", death->why,
	        *death->stage ? death->stage : "?", death->part, job->order->attempt);
	crashes_keep(worker->crashes, job, death, worker->engine);
	attempt_failed(worker, job, death->why);
	dispatch(worker);
}

static void pool_ready(void *context, int first)
{
	struct worker *worker = context;
	uint32_t credit = pool_size(worker->pool) + (uint32_t)worker->config->workers.queue;
	size_t i;

	if (!first)
		return;
	for (i = 0; i < worker->link_count; i++)
		link_offer(&worker->links[i], credit);
	daemon_ready();
}

static void pool_changed(void *context)
{
	struct worker *worker = context;

	worker->health.is_changed = 1;
}

static void pool_failed(void *context)
{
	struct worker *worker = context;

	worker->code = EX_UNAVAILABLE;
	loop_end(worker->loop);
}

/* ---------------------------------------------------------------- brokers */

static void take_job(struct worker *worker, struct link *link, struct wire_message *message)
{
	size_t index = (size_t)(link - worker->links);
	struct job *job;

	job = jobs_add(&worker->jobs, index, link->epoch, message, loop_now_ms(worker->loop));
	if (jobs_of_link(&worker->jobs, index, link->epoch) > link->credit) {
		log_event(LOG_LEVEL_INFO, job_id(job), "beyond_credit", NULL);
		fail(worker, job, "busy", 0);
		return;
	}
	dispatch(worker);
}

static void take_reload(struct worker *worker, const Lz__Reload *reload)
{
	log_event(
	        LOG_LEVEL_INFO, NULL, "reload", "number=%llu", (unsigned long long)reload->number);
	if (!worker->is_stopping)
		pool_renew(worker->pool, reload->number);
}

static void take_from_broker(void *context, struct link *link, struct wire_message *message)
{
	if (message->type == MESSAGE_JOB)
		take_job(context, link, message);
	else if (message->type == MESSAGE_RELOAD)
		take_reload(context, (const Lz__Reload *)message->envelope);
	else
		log_event(LOG_LEVEL_WARNING, NULL, "unexpected", "broker=%s message=%s",
		        log_quote(link->endpoint), message_info(message->type)->name);
}

/* Its jobs are others' now. Those in a scanner's hands end when that answers. */
static void link_began(void *context, struct link *link)
{
	struct worker *worker = context;

	dispatch(worker);
}

static enum result open_links(struct worker *worker, struct wire *wire, struct err *err)
{
	const struct config_list *brokers = &worker->config->workers.brokers;
	enum result result = RESULT_OK;
	size_t i;

	worker->links = alloc_zero(brokers->count, sizeof(*worker->links));
	for (i = 0; i < brokers->count && !result; i++) {
		worker->links[i] = (struct link){.config = worker->config,
		        .wire = wire,
		        .loop = worker->loop,
		        .endpoint = brokers->items[i],
		        .name = worker->name,
		        .take = take_from_broker,
		        .began = link_began,
		        .context = worker};
		result = link_open(&worker->links[i], err);
		worker->link_count++;
	}
	return result;
}

/* ---------------------------------------------------------------- the loop */

/* Credit 0 first, so that no more comes; GOODBYE when all is answered. */
static void stop(struct worker *worker)
{
	size_t i;

	if (worker->is_stopping)
		return;
	worker->is_stopping = 1;
	worker->stop_ms = loop_now_ms(worker->loop) + STOP_MS;
	log_event(LOG_LEVEL_INFO, NULL, "stopping", "jobs=%zu", worker->jobs.count);
	for (i = 0; i < worker->link_count; i++)
		if (worker->links[i].is_serving)
			link_offer(&worker->links[i], 0);
}

static void say_goodbye(struct worker *worker)
{
	Lz__Goodbye goodbye = LZ__GOODBYE__INIT;
	struct err err;
	size_t i;

	goodbye.why = (char *)"stopping";
	for (i = 0; i < worker->link_count; i++)
		link_send(&worker->links[i], MESSAGE_GOODBYE, &goodbye.base, &err);
}

/* Who asked has stopped waiting. A scanner that has such a message is killed by the pool. */
static void end_overdue(struct worker *worker, int64_t now_ms)
{
	struct job *job, *next;

	for (job = worker->jobs.first; job; job = next) {
		next = job->next;
		if (now_ms < job_deadline_ms(job))
			continue;
		if (job->state == JOB_WAITING || job->state == JOB_STORING)
			fail(worker, job, "deadline", 0);
	}
}

static void tell_health(struct worker *worker, const struct pool_state *state, int64_t now_ms)
{
	Lz__WorkerState message;
	struct err err;

	if (!health_is_due(&worker->health, now_ms))
		return;
	health_message(worker->name, state, &message);
	if (keep_state(worker->keep, &message, &err) != RESULT_OK)
		log_event(LOG_LEVEL_DEBUG, NULL, "state", "error=%s", log_quote(err.text));
	health_told(&worker->health, now_ms);
	health_message_fini(&message);
}

static void warn_of_age(struct worker *worker, const struct pool_state *state, int64_t now_ms)
{
	int64_t wall_ms = clock_wall_ms();
	char age[AGE_ROOM];

	switch (health_alarm(
	        &worker->health, state, worker->config->virus.alarm_age_ms, now_ms, wall_ms)) {
	case HEALTH_OLD:
		age_text(age_ms(state->signatures_s, wall_ms), age);
		log_event(LOG_LEVEL_WARNING, NULL, "signatures_old", "age=%s engine=%s",
		        log_quote(age), log_quote(state->engine));
		break;
	case HEALTH_MISSING:
		log_event(LOG_LEVEL_WARNING, NULL, "signatures_missing", "folder=%s",
		        log_quote(worker->config->virus.database));
		break;
	case HEALTH_QUIET:
		break;
	}
}

static void look_at_health(struct worker *worker, int64_t now_ms)
{
	struct pool_state state;

	pool_state(worker->pool, &state);
	tell_health(worker, &state, now_ms);
	warn_of_age(worker, &state, now_ms);
}

static void tick(void *context, int64_t now_ms)
{
	struct worker *worker = context;
	size_t i;

	end_overdue(worker, now_ms);
	look_at_health(worker, now_ms);
	if (worker->is_stopping && (!worker->jobs.count || now_ms > worker->stop_ms)) {
		say_goodbye(worker);
		loop_end(worker->loop);
		return;
	}
	for (i = 0; i < worker->link_count; i++)
		link_tick(&worker->links[i], now_ms);
}

/* Whoever started us starts us again, with a new keeper. Until then the jobs are others'. */
static void pool_orphaned(void *context)
{
	struct worker *worker = context;

	log_event(LOG_LEVEL_ERROR, NULL, "keeper-died", "jobs=%zu", worker->jobs.count);
	worker->code = EX_UNAVAILABLE;
	say_goodbye(worker);
	loop_end(worker->loop);
}

static void take_signal(void *context, int number)
{
	struct worker *worker = context;

	if (number == SIGHUP)
		pool_renew(worker->pool, 0);
	else if (number == SIGTERM || number == SIGINT)
		stop(worker);
}

static void model_changed(void *context, const struct model *model)
{
	const size_t facts = sizeof(model->facts),
	             records = MODEL_RECORDS * sizeof(*model->records);
	struct worker *worker = context;
	struct err err;
	int memfd;

	if (pair_seal(&model->facts, facts, model->records, records, &memfd, &err) == RESULT_OK)
		pool_model(worker->pool, memfd, facts, records);
	else
		log_event(LOG_LEVEL_WARNING, NULL, "model", "error=%s", log_quote(err.text));
}

static enum result open_follow(struct worker *worker, struct wire *wire, struct err *err)
{
	const struct config_spam *spam = &worker->config->spam;

	if (!spam->enabled || !spam->model.enabled)
		return RESULT_OK;
	return follow_open(
	        worker->config, wire, worker->loop, model_changed, worker, &worker->follow, err);
}

static enum result open_all(struct worker *worker, struct wire *wire, int keeper, struct err *err)
{
	struct pool_events scanners = {pool_ready, pool_failed, dispatch, job_answered, job_lost,
	        pool_changed, pool_orphaned, worker};
	struct keep_events kept = {job_stored, job_refused, worker};
	enum result result;

	worker->engine = alloc_string("");
	worker->crashes = crashes_new(worker->config);
	worker->pool = pool_new(worker->config, worker->loop, keeper, &scanners);
	worker->timer = loop_add_timer(worker->loop, TICK_MS, tick, worker);
	loop_on_signal(worker->loop, take_signal, worker);
	result = keep_open(
	        worker->config, wire, worker->loop, &worker->jobs, &kept, &worker->keep, err);
	if (!result)
		result = open_follow(worker, wire, err);
	return result ? result : open_links(worker, wire, err);
}

static void close_all(struct worker *worker)
{
	size_t i;

	for (i = 0; i < worker->link_count; i++)
		link_close(&worker->links[i]);
	free(worker->links);
	pool_free(&worker->pool);
	keep_close(&worker->keep);
	follow_close(&worker->follow);
	crashes_free(&worker->crashes);
	free(worker->engine);
	jobs_fini(&worker->jobs);
	free(worker->name);
	loop_remove(&worker->timer);
	loop_free(&worker->loop);
}

int qworker_run(const struct config *config, struct wire *wire, int keeper)
{
	struct worker worker = {.config = config, .loop = loop_new(wire), .code = EX_OK};
	struct err err;
	enum result result;

	worker.name = alloc_format("%s/%d", config->site.name, (int)getpid());
	result = open_all(&worker, wire, keeper, &err);
	if (result) {
		worker.code = daemon_failed(result, &err);
	} else {
		pool_renew(worker.pool, 0);
		loop_run(worker.loop);
	}
	close_all(&worker);
	return worker.code;
}
