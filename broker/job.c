#include "broker/job.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

static const char *const state_names[JOB_STATES] = {
        "new", "queued", "leased", "answered", "refused", "dropped"};

/* From each state, the states it may become. */
#define TO(state) (1u << JOB_##state)
static const unsigned moves[JOB_STATES] = {
        [JOB_NEW] = TO(QUEUED),
        [JOB_QUEUED] = TO(LEASED) | TO(REFUSED) | TO(DROPPED),
        [JOB_LEASED] = TO(QUEUED) | TO(ANSWERED) | TO(REFUSED) | TO(DROPPED),
        [JOB_ANSWERED] = 0,
        [JOB_REFUSED] = 0,
        [JOB_DROPPED] = 0,
};

int job_may_move(enum job_state from, enum job_state to)
{
	return (moves[from] & 1u << to) != 0;
}

void job_move(struct job *job, enum job_state to)
{
	assert(job_may_move(job->state, to));
	job->state = to;
}

const char *job_state_name(enum job_state state)
{
	return state_names[state];
}

size_t job_bytes_of(const struct wire_message *message)
{
	return sizeof(struct job) + protobuf_c_message_get_packed_size(message->envelope) +
	       wire_body_size(&message->body);
}

struct job *job_new(struct wire_message *message, int64_t now_ms)
{
	struct job *job = alloc_zero(1, sizeof(*job));

	assert(message->type == MESSAGE_SUBMIT);
	job->state = JOB_NEW;
	job->bytes = job_bytes_of(message);
	job->submission = (Lz__Submission *)message->envelope;
	message->envelope = NULL;
	wire_body_move(&message->body, &job->body);
	job->front = message->peer;
	job->request = message->request;
	job->since_ms = now_ms;
	job->expires_ms = now_ms + (int64_t)job->submission->deadline_ms;
	return job;
}

void job_free(struct job **job)
{
	if (!*job)
		return;
	message_free(&(*job)->submission->base);
	wire_body_free(&(*job)->body);
	free(*job);
	*job = NULL;
}

void job_list_add(struct job_list *list, struct job *job)
{
	job->next = NULL;
	job->prev = list->last;
	*(list->last ? &list->last->next : &list->first) = job;
	list->last = job;
	list->count++;
}

void job_list_add_first(struct job_list *list, struct job *job)
{
	job->prev = NULL;
	job->next = list->first;
	*(list->first ? &list->first->prev : &list->last) = job;
	list->first = job;
	list->count++;
}

void job_list_remove(struct job_list *list, struct job *job)
{
	*(job->prev ? &job->prev->next : &list->first) = job->next;
	*(job->next ? &job->next->prev : &list->last) = job->prev;
	job->next = job->prev = NULL;
	list->count--;
}
