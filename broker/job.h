/*
 * A message in the broker's hands, from SUBMIT to its one answer. Plain data; its state changes in
 * job_move() and nowhere else, by the table in job.c.
 *
 * Nothing of it is on disk: a broker that dies loses its jobs, the fronts see it fall silent and
 * submit elsewhere, or the MTA tries again.
 */
#ifndef BROKER_JOB_H
#define BROKER_JOB_H

#include <stdint.h>

#include "lib/wire/wire.h"

enum job_state {
	JOB_NEW,      /* being looked at; in no list yet */
	JOB_QUEUED,   /* waits in the queue */
	JOB_LEASED,   /* a worker has it */
	JOB_ANSWERED, /* its verdict is on its way to the front */
	JOB_REFUSED,  /* the front is told BUSY */
	JOB_DROPPED,  /* its front is gone, so nobody waits for an answer */
	JOB_STATES,
};

struct worker;

struct job {
	enum job_state state;
	struct job *next; /* in the queue's class, or in the worker's leases */
	struct job *prev;
	struct job *next_same; /* in the exchange's table */

	Lz__Submission *submission; /* owned */
	struct wire_body body;      /* owned; shared with what is on its way to workers */
	size_t bytes;               /* what it counts for */
	struct wire_peer front;     /* who gets the answer */
	uint64_t request;
	int64_t since_ms;
	int64_t expires_ms;

	uint64_t lease;        /* number of its last lease; 0 before the first */
	int64_t leased_ms;     /* until when, as the worker was told: expires_ms may change since */
	struct worker *worker; /* while leased */
	struct wire_peer avoid; /* who had it and failed; size 0: nobody */
	unsigned killed;        /* scanners it may have killed */
	unsigned lost;          /* workers that went away with it, or gave it back */
};

/* What a SUBMIT will count for: its body, its envelope and our own. */
size_t job_bytes_of(const struct wire_message *message);

/* Takes the message's envelope, a submission, and its body. */
struct job *job_new(struct wire_message *message, int64_t now_ms);
void job_free(struct job **job); /* of one that is in no list */

/* Whether the table has the move; job_move() asserts that it has. */
int job_may_move(enum job_state from, enum job_state to);
void job_move(struct job *job, enum job_state to);
const char *job_state_name(enum job_state state);

/* A list of jobs, linked through next and prev. */
struct job_list {
	struct job *first;
	struct job *last;
	size_t count;
};
void job_list_add(struct job_list *list, struct job *job);
void job_list_add_first(struct job_list *list, struct job *job);
void job_list_remove(struct job_list *list, struct job *job);

#endif
