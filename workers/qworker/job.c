#include "workers/qworker/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

enum { SMALL_IN_ROW = 3 }; /* before a large one that waits */

static const unsigned char moves[JOB_STATES][JOB_STATES] = {
        [JOB_WAITING] = {[JOB_SCANNING] = 1, [JOB_ENDED] = 1},
        [JOB_SCANNING] = {[JOB_WAITING] = 1, [JOB_STORING] = 1, [JOB_ENDED] = 1},
        [JOB_STORING] = {[JOB_ENDED] = 1},
};

int job_may_move(enum job_state from, enum job_state to)
{
	return moves[from][to];
}

const char *job_state_name(enum job_state state)
{
	static const char *const names[JOB_STATES] = {"waiting", "scanning", "storing", "ended"};

	return names[state];
}

static void job_move(struct job *job, enum job_state to)
{
	assert(job_may_move(job->state, to));
	job->state = to;
}

int job_is_probe(const struct job *job)
{
	return job->singly && singly_is_probe(job->singly);
}

const char *job_id(const struct job *job)
{
	return job->order->submission->message_id;
}

int64_t job_deadline_ms(const struct job *job)
{
	uint64_t worth_ms = job->order->submission->deadline_ms; /* at most a day */

	return worth_ms ? job->since_ms + (int64_t)worth_ms : INT64_MAX;
}

struct job *jobs_add(struct jobs *jobs, size_t link, uint64_t epoch, struct wire_message *message,
        int64_t now_ms)
{
	struct job *job = alloc_zero(1, sizeof(*job));

	job->link = link;
	job->epoch = epoch;
	job->order = (Lz__Job *)message->envelope;
	if (job->order->singly)
		job->singly = singly_new();
	message->envelope = NULL;
	wire_body_move(&message->body, &job->body);
	job->since_ms = now_ms;
	job->previous = jobs->last;
	if (jobs->last)
		jobs->last->next = job;
	else
		jobs->first = job;
	jobs->last = job;
	jobs->count++;
	return job;
}

/* ---------------------------------------------------------------- whose turn it is */

static int is_large(const struct job *job)
{
	return job->order->submission->size > MESSAGE_SMALL_MAX;
}

static struct job *oldest_waiting(const struct jobs *jobs, int large)
{
	struct job *job = jobs->first;

	while (job && (job->state != JOB_WAITING || job->singly || is_large(job) != large))
		job = job->next;
	return job;
}

static int may_start_large(const struct jobs *jobs, unsigned scanners)
{
	unsigned kept = scanners > 1 ? (scanners + 3) / 4 : 0, busy = 0;
	const struct job *job;

	for (job = jobs->first; job; job = job->next)
		busy += job->state == JOB_SCANNING && is_large(job);
	return busy < scanners - kept;
}

struct job *jobs_next(const struct jobs *jobs, unsigned scanners)
{
	struct job *small = oldest_waiting(jobs, 0), *large = oldest_waiting(jobs, 1);

	if (large && !may_start_large(jobs, scanners))
		large = NULL;
	if (!small || (large && jobs->small_in_row >= SMALL_IN_ROW))
		return large;
	return small;
}

void jobs_started(struct jobs *jobs, const struct job *job)
{
	jobs->small_in_row = is_large(job) ? 0 : jobs->small_in_row + 1;
}

struct job *jobs_waiting_singly(const struct jobs *jobs)
{
	struct job *job = jobs->first;

	while (job && (job->state != JOB_WAITING || !job->singly))
		job = job->next;
	return job;
}

size_t jobs_probing(const struct jobs *jobs)
{
	const struct job *job;
	size_t count = 0;

	for (job = jobs->first; job; job = job->next)
		count += job->state == JOB_SCANNING && job->singly;
	return count;
}

/* ---------------------------------------------------------------- a job's life */

struct job *jobs_storing(const struct jobs *jobs, uint64_t request)
{
	struct job *job = jobs->first;

	while (job && (job->state != JOB_STORING || job->request != request))
		job = job->next;
	return job;
}

size_t jobs_of_link(const struct jobs *jobs, size_t link, uint64_t epoch)
{
	const struct job *job;
	size_t count = 0;

	for (job = jobs->first; job; job = job->next)
		count += job->link == link && job->epoch == epoch;
	return count;
}

void job_start(struct job *job, int64_t now_ms)
{
	job_move(job, JOB_SCANNING);
	job->started_ms = now_ms;
}

void job_again(struct job *job)
{
	job_move(job, JOB_WAITING);
}

void job_store(struct jobs *jobs, struct job *job, Lz__ScanResult **result, int64_t now_ms)
{
	job_move(job, JOB_STORING);
	job->result = *result;
	*result = NULL;
	job->request = ++jobs->requests;
	job->stored_ms = now_ms;
}

void jobs_end(struct jobs *jobs, struct job **ended)
{
	struct job *job = *ended;

	job_move(job, JOB_ENDED);
	*(job->previous ? &job->previous->next : &jobs->first) = job->next;
	*(job->next ? &job->next->previous : &jobs->last) = job->previous;
	jobs->count--;
	lz__job__free_unpacked(job->order, NULL);
	if (job->result)
		lz__scan_result__free_unpacked(job->result, NULL);
	singly_free(&job->singly);
	wire_body_free(&job->body);
	free(job);
	*ended = NULL;
}

void jobs_fini(struct jobs *jobs)
{
	struct job *job;

	while ((job = jobs->first) != NULL)
		jobs_end(jobs, &job);
}
