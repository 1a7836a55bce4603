#include "workers/qworker/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "workers/qworker/order.h"

enum {
	TICK_MS = 100,
	LONGEST_WAIT_MS = 30000,
	KILL_AGAIN_MS = 1000,
	GRACE_MS = 500,
	END_MS = 10000, /* for a supervisor whose scanners are gone */
	GENERATIONS_MAX = 2,
	WORD_MS = 2000, /* a supervisor has to tell what a scanner died of */
};

struct generation;

struct scanner {
	struct scanner *next;
	struct generation *generation;
	int end;
	int pid; /* as its supervisor calls it */
	struct loop_source *source;
	struct job *job; /* in its hands; NULL: free */
	int64_t kill_ms; /* when its time is over */
	int is_late;     /* it was, and was told to be killed */
	uint64_t jobs_done;
	uint64_t model;     /* the number of the one that it has; 0: none */
	int64_t gone_ms;    /* its pair closed then, with a job in hand; 0: it did not */
	struct death death; /* as its supervisor told, */
	int is_told;        /* if it did */
};

enum generation_state { GENERATION_STARTING, GENERATION_SERVING, GENERATION_ENDING };

struct generation {
	struct generation *next;
	struct pool *pool;
	uint64_t number;
	enum generation_state state;
	int control; /* -1: closed */
	struct loop_source *source;
	struct scanner *scanners;
	int64_t end_ms; /* it was told to end, and should have by then; 0: it was not */
	uint64_t request;
	char *engine; /* never NULL */
	int64_t signatures_s;
	char *error; /* why it could not start, or NULL */
};

struct pool {
	const struct config *config;
	struct loop *loop;
	struct loop_source *timer;
	struct pool_events events;
	int keeper;
	struct loop_source *keeper_source;
	struct generation *generations; /* the newest first */
	uint64_t started;               /* how many ever */
	int has_served;
	int is_wanted; /* a generation, as soon as there is room for it */
	int is_stale;  /* files changed while one was starting: if that fails, another is wanted */
	uint64_t request;  /* the last one's number */
	uint64_t answered; /* see pool_state */
	uint64_t refused;
	char *error; /* never NULL */
	int model;   /* sealed; -1: none */
	size_t model_sizes[PAIR_PARTS];
	uint64_t model_number;
	int64_t wait_ms, start_ms; /* before the next start, after a failure; 0: none is due */
};

static struct generation *in_state(const struct pool *pool, enum generation_state state)
{
	struct generation *generation = pool->generations;

	while (generation && generation->state != state)
		generation = generation->next;
	return generation;
}

/* ---------------------------------------------------------------- scanners */

static void close_source(struct loop_source **source, int *fd)
{
	if (*source)
		loop_remove(source);
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void scanner_remove(struct scanner *scanner)
{
	struct scanner **at = &scanner->generation->scanners;

	while (*at != scanner)
		at = &(*at)->next;
	*at = scanner->next;
	close_source(&scanner->source, &scanner->end);
	if (scanner->death.core >= 0)
		close(scanner->death.core);
	free(scanner);
}

static void kill_scanner(struct scanner *scanner, int64_t now_ms)
{
	char text[32];
	struct err err;

	snprintf(text, sizeof(text), "%s %d", scanner->is_late ? "late" : "kill", scanner->pid);
	scanner->kill_ms = now_ms + KILL_AGAIN_MS;
	if (scanner->generation->control < 0 ||
	        pair_send_fd(scanner->generation->control, -1, text, &err) != RESULT_OK)
		log_event(LOG_LEVEL_WARNING, NULL, "kill", "pid=%d error=\"no supervisor\"",
		        scanner->pid);
}

/* An ending generation ends when its last scanner is done. The control stays open, as it tells when
 * the process is gone. */
static void end_if_done(struct generation *generation)
{
	struct err err;

	if (generation->state != GENERATION_ENDING || generation->scanners ||
	        generation->control < 0 || generation->end_ms)
		return;
	generation->end_ms = loop_now_ms(generation->pool->loop) + END_MS;
	if (pair_send_fd(generation->control, -1, "end", &err) != RESULT_OK)
		close_source(&generation->source, &generation->control);
}

/* What is not told is a crash, but for one that was to be killed. */
static void scanner_gone(struct scanner *scanner)
{
	struct pool *pool = scanner->generation->pool;
	struct generation *generation = scanner->generation;
	struct death death = scanner->death;
	struct job *job = scanner->job;

	if (!scanner->is_told)
		death = death_bare(scanner->is_late ? "timeout" : "crash");
	scanner->death.core = -1;
	scanner_remove(scanner);
	end_if_done(generation);
	if (job)
		pool->events.lost(pool->events.context, job, &death);
	if (death.core >= 0)
		close(death.core);
}

/* It died over a job: of what, its supervisor will say. */
static void scanner_closed(struct scanner *scanner)
{
	struct generation *generation = scanner->generation;

	if (!scanner->job || scanner->is_told || generation->control < 0) {
		scanner_gone(scanner);
		return;
	}
	close_source(&scanner->source, &scanner->end);
	scanner->gone_ms = loop_now_ms(generation->pool->loop);
}

/* Free again; or, in an ending generation, after its share of jobs or after its time, told to end
 * by closing its pair: so it never ends with a job on its way to it. One that answers late may be
 * killed for that at any moment, and the next message would be blamed for it. */
static void scanner_done(struct scanner *scanner, int was_probe)
{
	struct generation *generation = scanner->generation;
	const struct config_workers *workers = &generation->pool->config->workers;

	scanner->jobs_done++;
	if (generation->state != GENERATION_ENDING && !was_probe && !scanner->is_late &&
	        (!workers->max_jobs || scanner->jobs_done < workers->max_jobs))
		return;
	scanner_remove(scanner);
	end_if_done(generation);
}

static void answered(struct scanner *scanner, const struct pair_parcel *parcel)
{
	struct pool *pool = scanner->generation->pool;
	struct job *job = scanner->job;

	scanner->job = NULL;
	scanner_done(scanner, job_is_probe(job));
	pool->events.idle(pool->events.context); /* first: it works while we read its answer */
	pool->events.answered(pool->events.context, job, parcel);
}

static void scanner_ready(void *context, unsigned events)
{
	struct scanner *scanner = context;
	struct pair_parcel parcel = {0};
	struct err err;
	enum result result = pair_receive(scanner->end, MESSAGE_ENVELOPE_MAX, &parcel, &err);

	if (result == RESULT_NONE)
		return;
	if (result == RESULT_OK && scanner->job && parcel.kind == order_answer(scanner->job)) {
		answered(scanner, &parcel);
		pair_parcel_free(&parcel);
		return;
	}
	pair_parcel_free(&parcel);
	if (result == RESULT_OK || strcmp(err.text, "closed") != 0) {
		kill_scanner(scanner, loop_now_ms(scanner->generation->pool->loop));
		scanner_gone(scanner);
	} else {
		scanner_closed(scanner);
	}
}

static void scanner_add(struct generation *generation, int end, int pid)
{
	struct scanner *scanner = alloc_zero(1, sizeof(*scanner));
	struct pool *pool = generation->pool;

	file_flags(end, 1);
	scanner->generation = generation;
	scanner->end = end;
	scanner->pid = pid;
	scanner->death.core = -1;
	scanner->next = generation->scanners;
	generation->scanners = scanner;
	scanner->source = loop_add_fd(pool->loop, end, LOOP_READ, scanner_ready, scanner);
	if (generation->state == GENERATION_SERVING)
		pool->events.idle(pool->events.context);
}

/* ---------------------------------------------------------------- generations */

static void generation_free(struct generation *generation)
{
	struct generation **at = &generation->pool->generations;

	while (*at != generation)
		at = &(*at)->next;
	*at = generation->next;
	while (generation->scanners)
		scanner_remove(generation->scanners);
	close_source(&generation->source, &generation->control);
	free(generation->engine);
	free(generation->error);
	free(generation);
}

static void put_off(struct pool *pool)
{
	pool->wait_ms = pool->wait_ms ? 2 * pool->wait_ms : 500;
	if (pool->wait_ms > LONGEST_WAIT_MS)
		pool->wait_ms = LONGEST_WAIT_MS;
	pool->start_ms = loop_now_ms(pool->loop) + pool->wait_ms;
}

static void retire(struct generation *generation)
{
	struct scanner *scanner, *next;
	struct err err;

	generation->state = GENERATION_ENDING;
	if (pair_send_fd(generation->control, -1, "retire", &err) != RESULT_OK)
		log_event(LOG_LEVEL_WARNING, NULL, "generation", "number=%llu error=%s",
		        (unsigned long long)generation->number, log_quote(err.text));
	for (scanner = generation->scanners; scanner; scanner = next) {
		next = scanner->next;
		if (!scanner->job)
			scanner_remove(scanner);
	}
	end_if_done(generation);
}

static void set_refused(struct pool *pool, uint64_t number, const char *error)
{
	free(pool->error);
	pool->error = alloc_string(error);
	pool->refused = number;
}

static void take_over(struct generation *generation)
{
	struct pool *pool = generation->pool;
	struct generation *old = in_state(pool, GENERATION_SERVING);
	int first = !pool->has_served;

	log_event(LOG_LEVEL_INFO, NULL, "generation", "number=%llu state=serving engine=%s",
	        (unsigned long long)generation->number, log_quote(generation->engine));
	generation->state = GENERATION_SERVING;
	pool->has_served = 1;
	pool->wait_ms = pool->start_ms = 0;
	pool->is_stale = 0;
	pool->answered = generation->request;
	set_refused(pool, 0, "");
	if (old)
		retire(old);
	pool->events.changed(pool->events.context);
	pool->events.ready(pool->events.context, first);
	pool->events.idle(pool->events.context);
}

/* It never served. What was changed while it read may be what it lacked. */
static void refused(struct generation *generation)
{
	const char *error = generation->error ? generation->error : "qscan ended; its log says why";
	struct pool *pool = generation->pool;

	log_event(pool->has_served ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, NULL, "generation",
	        "number=%llu state=refused error=%s", (unsigned long long)generation->number,
	        log_quote(error));
	set_refused(pool, generation->number, error);
	pool->answered = generation->request;
	if (pool->is_stale)
		pool->is_wanted = 1;
	pool->is_stale = 0;
}

/* Nobody will tell any more what they died of. */
static void give_up_waiting(struct generation *generation)
{
	struct scanner *scanner = generation->scanners;

	while (scanner) {
		if (!scanner->gone_ms) {
			scanner = scanner->next;
			continue;
		}
		scanner_gone(scanner); /* whoever hears of it may have ended others */
		scanner = generation->scanners;
	}
}

/* Its scanners die with their supervisor; what they had in hand is lost by each of their ends. */
static void control_closed(struct generation *generation)
{
	struct pool *pool = generation->pool;
	enum generation_state state = generation->state;

	close_source(&generation->source, &generation->control);
	give_up_waiting(generation);
	if (state == GENERATION_ENDING)
		return;
	generation->state = GENERATION_ENDING;
	if (state == GENERATION_STARTING)
		refused(generation);
	else
		log_event(LOG_LEVEL_WARNING, NULL, "generation",
		        "number=%llu state=died text=\"qscan ended; its log says why\"",
		        (unsigned long long)generation->number);
	pool->events.changed(pool->events.context);
	if (!pool->has_served)
		pool->events.failed(pool->events.context);
	else if (!in_state(pool, GENERATION_SERVING))
		put_off(pool);
}

/* "engine SECONDS TEXT", before it is ready. */
static void hear_engine(struct generation *generation, const char *text)
{
	long long seconds;
	int at = 0;

	if (sscanf(text, "engine %lld %n", &seconds, &at) != 1 || !at)
		return;
	free(generation->engine);
	generation->engine = alloc_string(text + at);
	generation->signatures_s = seconds;
}

static void hear_stale(struct pool *pool)
{
	if (in_state(pool, GENERATION_STARTING))
		pool->is_stale = 1;
	else
		pool_renew(pool, 0);
}

/* What a supervisor says beside its scanners. */
static void hear(struct generation *generation, const char *text)
{
	if (generation->state == GENERATION_SERVING) {
		if (strcmp(text, "stale") == 0)
			hear_stale(generation->pool);
	} else if (generation->state == GENERATION_STARTING) {
		if (strcmp(text, "ready") == 0)
			take_over(generation);
		else if (strncmp(text, "engine ", 7) == 0)
			hear_engine(generation, text);
		else if (strncmp(text, "failed ", 7) == 0 && !generation->error)
			generation->error = alloc_string(text + 7);
	}
}

/* Of one that is no more ours it is of no use. */
static void scanner_died(
        struct generation *generation, int pid, const struct death *death, int core)
{
	struct scanner *scanner = generation->scanners;

	while (scanner && scanner->pid != pid)
		scanner = scanner->next;
	if (!scanner || scanner->is_told) {
		if (core >= 0)
			close(core);
		return;
	}
	scanner->death = *death;
	scanner->death.core = core;
	scanner->is_told = 1;
	if (scanner->gone_ms)
		scanner_gone(scanner);
}

static void control_ready(void *context, unsigned events)
{
	struct generation *generation = context;
	char text[PAIR_TEXT_ROOM];
	struct death death;
	int fd = -1, pid;
	unsigned slot;
	struct err err;
	enum result result = pair_receive_fd(generation->control, &fd, text, sizeof(text), &err);

	if (result == RESULT_NONE)
		return;
	if (result != RESULT_OK) {
		control_closed(generation);
		return;
	}
	if (sscanf(text, "scanner %u %d", &slot, &pid) == 2 && fd >= 0 &&
	        generation->state != GENERATION_ENDING) {
		scanner_add(generation, fd, pid);
		return;
	}
	if (death_read(text, &pid, &death)) {
		scanner_died(generation, pid, &death, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	hear(generation, text);
}

static enum result ask_keeper(struct pool *pool, int *control, struct err *err)
{
	int ends[2];
	enum result result = pair_new(ends, err);

	if (result)
		return result;
	result = pair_send_fd(pool->keeper, ends[1], "start", err);
	close(ends[1]);
	if (result) {
		close(ends[0]);
		return result;
	}
	file_flags(ends[0], 1);
	*control = ends[0];
	return RESULT_OK;
}

static void start(struct pool *pool)
{
	struct generation *generation;
	struct err err;
	int control;

	pool->is_wanted = 0;
	pool->start_ms = 0;
	if (ask_keeper(pool, &control, &err) != RESULT_OK) {
		log_event(LOG_LEVEL_ERROR, NULL, "generation", "error=%s", log_quote(err.text));
		if (!pool->has_served)
			pool->events.failed(pool->events.context);
		else if (!in_state(pool, GENERATION_SERVING))
			put_off(pool);
		return;
	}
	generation = alloc_zero(1, sizeof(*generation));
	generation->pool = pool;
	generation->number = ++pool->started;
	generation->control = control;
	generation->request = pool->request;
	generation->engine = alloc_string("");
	generation->next = pool->generations;
	pool->generations = generation;
	generation->source = loop_add_fd(pool->loop, control, LOOP_READ, control_ready, generation);
}

static void start_if_wanted(struct pool *pool)
{
	const struct generation *generation;
	int count = 0;

	for (generation = pool->generations; generation; generation = generation->next)
		count++;
	if (pool->is_wanted && count < GENERATIONS_MAX && !in_state(pool, GENERATION_STARTING))
		start(pool);
}

void pool_renew(struct pool *pool, uint64_t request)
{
	if (request && request == pool->request)
		return; /* told by two brokers */
	/* Who asks has a number that is greater than all before it: of two that cross each other on
	 * their way the greater one must not be forgotten, as nobody would ever answer it. */
	if (request > pool->request)
		pool->request = request;
	pool->is_wanted = 1;
	start_if_wanted(pool);
}

void pool_state(const struct pool *pool, struct pool_state *out)
{
	const struct generation *generation = in_state(pool, GENERATION_SERVING);
	const struct scanner *scanner;

	*out = (struct pool_state){.engine = "",
	        .refused = pool->refused,
	        .error = pool->error,
	        .answered = pool->answered};
	if (!generation)
		return;
	out->generation = generation->number;
	out->engine = generation->engine;
	out->signatures_s = generation->signatures_s;
	for (scanner = generation->scanners; scanner; scanner = scanner->next)
		out->scanners++;
}

/* ---------------------------------------------------------------- jobs */

/* Before a job, as then it reads. Where it can't be sent now, the one from before must do. */
static enum result hand_model(struct scanner *scanner, const struct pool *pool, struct err *err)
{
	enum result result;

	if (pool->model < 0 || scanner->model == pool->model_number)
		return RESULT_OK;
	result = pair_share(scanner->end, PAIR_MODEL, pool->model, pool->model_sizes[0],
	        pool->model_sizes[1], err);
	if (!result)
		scanner->model = pool->model_number;
	return result == RESULT_PERMANENT ? result : RESULT_OK;
}

static enum result hand_over(
        struct scanner *scanner, struct job *job, int64_t time_ms, struct err *err)
{
	struct buf packed = {0};
	enum pair_kind kind = order_make(job, time_ms, &packed);
	enum result result = pair_send(scanner->end, kind, packed.data, packed.size,
	        wire_body_data(&job->body), wire_body_size(&job->body), err);

	buf_fini(&packed);
	return result;
}

static int is_free(const struct scanner *scanner)
{
	return !scanner->job && !scanner->is_told;
}

static struct scanner *free_scanner(const struct pool *pool)
{
	const struct generation *generation = in_state(pool, GENERATION_SERVING);
	struct scanner *scanner = generation ? generation->scanners : NULL;

	while (scanner && !is_free(scanner))
		scanner = scanner->next;
	return scanner;
}

/* One that had no job yet. If there is none, one that is free is ended: who comes after it is one.
 * While any is being replaced that is not done, as it is one as well. */
static struct scanner *fresh_scanner(const struct pool *pool)
{
	const struct generation *generation = in_state(pool, GENERATION_SERVING);
	struct scanner *scanner = generation ? generation->scanners : NULL, *used = NULL;
	unsigned count = 0;

	for (; scanner; scanner = scanner->next, count++) {
		if (is_free(scanner) && !scanner->jobs_done)
			return scanner;
		if (is_free(scanner))
			used = scanner;
	}
	if (used && count >= pool_size(pool))
		scanner_remove(used);
	return NULL;
}

/* The scanner itself stops at the message's deadline; a little later it is made to. */
static int64_t time_for(const struct pool *pool, const struct job *job)
{
	int64_t timeout_ms = pool->config->workers.timeout_ms;
	int64_t left_ms = job_deadline_ms(job) - loop_now_ms(pool->loop);

	if (job->singly)
		return singly_time_ms(job->singly, timeout_ms, left_ms);
	if (left_ms < 0)
		left_ms = 0;
	return timeout_ms > left_ms && timeout_ms - left_ms > GRACE_MS ? left_ms + GRACE_MS
	                                                               : timeout_ms;
}

enum result pool_give(struct pool *pool, struct job *job, struct err *err)
{
	int64_t time_ms = time_for(pool, job);
	struct scanner *scanner;
	enum result result;

	while ((scanner = job_is_probe(job) ? fresh_scanner(pool) : free_scanner(pool)) != NULL) {
		result = hand_model(scanner, pool, err);
		if (!result)
			result = hand_over(scanner, job, time_ms, err);
		if (result == RESULT_PERMANENT) { /* it died while it had nothing to do */
			scanner_gone(scanner);
			continue;
		}
		if (result == RESULT_OK) {
			scanner->job = job;
			scanner->kill_ms = loop_now_ms(pool->loop) + time_ms;
			job_start(job, loop_now_ms(pool->loop));
		}
		return result;
	}
	return RESULT_NONE;
}

/* ---------------------------------------------------------------- time */

static void end_late(struct scanner *scanner, int64_t now_ms)
{
	if (!scanner->is_late)
		log_event(
		        LOG_LEVEL_WARNING, job_id(scanner->job), "timeout", "pid=%d", scanner->pid);
	scanner->is_late = 1;
	kill_scanner(scanner, now_ms);
}

static void look_at_scanners(struct generation *generation, int64_t now_ms)
{
	struct scanner *scanner;

	for (scanner = generation->scanners; scanner; scanner = scanner->next)
		if (!scanner->gone_ms && scanner->job && now_ms >= scanner->kill_ms)
			end_late(scanner, now_ms);
	for (scanner = generation->scanners; scanner; scanner = scanner->next)
		if (scanner->gone_ms && now_ms - scanner->gone_ms >= WORD_MS)
			break;
	if (scanner) /* whoever hears of it may end others: those that wait, too, are for next time
	              */
		scanner_gone(scanner);
}

/* It does not end: no new signatures would ever come if it were waited for. */
static void look_at_end(struct generation *generation, int64_t now_ms)
{
	if (!generation->end_ms || generation->control < 0 || now_ms < generation->end_ms)
		return;
	log_event(LOG_LEVEL_WARNING, NULL, "generation", "number=%llu state=overdue",
	        (unsigned long long)generation->number);
	close_source(&generation->source, &generation->control);
}

static void tick(void *context, int64_t now_ms)
{
	struct pool *pool = context;
	struct generation *generation, *next;

	for (generation = pool->generations; generation; generation = next) {
		next = generation->next;
		look_at_scanners(generation, now_ms);
		look_at_end(generation, now_ms);
		if (generation->control < 0 && !generation->scanners)
			generation_free(generation);
	}
	if (pool->start_ms && now_ms >= pool->start_ms && !in_state(pool, GENERATION_STARTING))
		pool->is_wanted = 1;
	start_if_wanted(pool);
}

void pool_model(struct pool *pool, int memfd, size_t facts_size, size_t records_size)
{
	if (pool->model >= 0)
		close(pool->model);
	pool->model = memfd;
	pool->model_sizes[0] = facts_size;
	pool->model_sizes[1] = records_size;
	pool->model_number++;
}

unsigned pool_size(const struct pool *pool)
{
	uint64_t wanted = pool->config->workers.scanners;

	return wanted ? (unsigned)wanted : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

/* It never says anything, so whatever wakes us is its end. */
static void keeper_ended(void *context, unsigned events)
{
	struct pool *pool = context;

	loop_remove(&pool->keeper_source);
	pool->events.orphaned(pool->events.context);
}

struct pool *pool_new(const struct config *config, struct loop *loop, int keeper,
        const struct pool_events *events)
{
	struct pool *pool = alloc_zero(1, sizeof(*pool));

	pool->config = config;
	pool->loop = loop;
	pool->keeper = keeper;
	pool->model = -1;
	pool->error = alloc_string("");
	pool->keeper_source = loop_add_fd(loop, keeper, LOOP_READ, keeper_ended, pool);
	pool->events = *events;
	pool->timer = loop_add_timer(loop, TICK_MS, tick, pool);
	return pool;
}

void pool_free(struct pool **pool)
{
	if (!*pool)
		return;
	while ((*pool)->generations)
		generation_free((*pool)->generations);
	loop_remove(&(*pool)->timer);
	loop_remove(&(*pool)->keeper_source);
	close((*pool)->keeper);
	if ((*pool)->model >= 0)
		close((*pool)->model);
	free((*pool)->error);
	free(*pool);
	*pool = NULL;
}
