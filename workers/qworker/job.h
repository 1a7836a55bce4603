/*
 * The jobs in a worker's hands, and in what state each is. Pure: neither socket nor clock. Nothing
 * of this is on disk; a worker that dies gives all of them back by its silence.
 */
#ifndef WORKERS_QWORKER_JOB_H
#define WORKERS_QWORKER_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "lib/wire/wire.h"
#include "protos/messages.h"
#include "workers/qworker/singly.h"

enum job_state {
	JOB_WAITING,  /* for a free scanner */
	JOB_SCANNING, /* a scanner has it */
	JOB_STORING,  /* the quarantine was asked to keep what it is to keep */
	JOB_ENDED,    /* answered or given up; about to be freed */
	JOB_STATES,
};

struct job {
	struct job *next, *previous;
	enum job_state state;
	size_t link;    /* which broker gave it */
	uint64_t epoch; /* of that link: an answer to an older one is to nobody */
	Lz__Job *order; /* owned: the envelope it came with */
	struct wire_body body;
	Lz__ScanResult *result; /* owned; from JOB_STORING on */
	uint64_t request;       /* of the STORE */
	struct singly *singly;  /* owned; NULL: it is looked at as a whole */
	int64_t since_ms;       /* of its arrival */
	int64_t started_ms;     /* of its scan */
	int64_t stored_ms;      /* when the STORE was sent */
};

struct jobs {
	struct job *first, *last; /* in the order they came */
	size_t count;
	uint64_t requests;
	unsigned small_in_row; /* started since the last large one */
};

/* Takes the message's envelope and body. Gives the job, lent until jobs_end(). */
struct job *jobs_add(struct jobs *jobs, size_t link, uint64_t epoch, struct wire_message *message,
        int64_t now_ms);

/*
 * The one that a free scanner takes next as a whole, or NULL: the oldest small one, and after three
 * of these the oldest large one. Of several scanners a quarter, at least one, never has a large
 * one, though it idles: a small message waits for small ones only, however many large ones are
 * there.
 */
struct job *jobs_next(const struct jobs *jobs, unsigned scanners);
void jobs_started(struct jobs *jobs, const struct job *job); /* it was the next, and was taken */

/* The oldest of those that are looked at singly. */
struct job *jobs_waiting_singly(const struct jobs *jobs);
size_t jobs_probing(const struct jobs *jobs); /* that a scanner has, and are looked at singly */
struct job *jobs_storing(const struct jobs *jobs, uint64_t request);
size_t jobs_of_link(const struct jobs *jobs, size_t link, uint64_t epoch);

/* A scanner takes it. */
void job_start(struct job *job, int64_t now_ms);

/* One look is over, and another one is to follow. */
void job_again(struct job *job);

/* A scanner answered, and the quarantine is asked. Takes the result; gives the job a request number
 * of its own. */
void job_store(struct jobs *jobs, struct job *job, Lz__ScanResult **result, int64_t now_ms);

/* Whether the table has the move; the others assert that it has. */
int job_may_move(enum job_state from, enum job_state to);
const char *job_state_name(enum job_state state);

/* Frees it; any state can end. */
void jobs_end(struct jobs *jobs, struct job **job);
void jobs_fini(struct jobs *jobs);

/* When its answer is worth nothing any more; INT64_MAX: never. */
int64_t job_deadline_ms(const struct job *job);

/* Is what it waits for, or what a scanner does with it, a probe? */
int job_is_probe(const struct job *job);

const char *job_id(const struct job *job); /* the message's, for logs */

#endif
