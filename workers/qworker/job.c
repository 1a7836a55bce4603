#include "workers/qworker/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

static const unsigned char moves[JOB_STATES][JOB_STATES] = {
        [JOB_WAITING] = {[JOB_SCANNING] = 1, [JOB_ENDED] = 1},
        [JOB_SCANNING] = {[JOB_STORING] = 1, [JOB_ENDED] = 1},
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

struct job *jobs_waiting(const struct jobs *jobs)
{
	struct job *job = jobs->first;

	while (job && job->state != JOB_WAITING)
		job = job->next;
	return job;
}

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
