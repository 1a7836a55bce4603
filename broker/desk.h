/*
 * The exchange's own desk: every job there is, whom it belongs to, and what may become of it. Only
 * exchange.c, status.c and reload.c include this. None of these functions hands out jobs but
 * desk_dispatch(), which is called once at the end of each event.
 */
#ifndef BROKER_DESK_H
#define BROKER_DESK_H

#include "broker/exchange.h"
#include "broker/pool.h"
#include "broker/queue.h"

/* Counted since the start; the names are those of BROKER_STATUS. */
#define DESK_COUNTERS(X)                                                                           \
	X(received)   /* SUBMIT that came */                                                       \
	X(bytes)      /* of the messages taken */                                                  \
	X(dispatched) /* leases */                                                                 \
	X(answered)   /* VERDICT sent */                                                           \
	X(requeued)   /* leases that ended without an answer to pass on */                         \
	X(busy)       /* BUSY, for whatever reason */                                              \
	X(expired)    /* of them: deadlines */                                                     \
	X(full)       /* of them: bounds */                                                        \
	X(again)      /* SUBMIT of a message already in hand */                                    \
	X(dropped)    /* jobs without a front any more */                                          \
	X(stale)      /* answers to leases that were lost */                                       \
	X(misfit)     /* verdicts that don't fit their message */                                  \
	X(killed)     /* scanners lost over a message */                                           \
	X(silent)     /* workers that fell silent */                                               \
	X(garbage)    /* what is not a message, or not for here */

struct desk_counters {
#define X(name) uint64_t name;
	DESK_COUNTERS(X)
#undef X
};

/* A submitter with jobs in hand. */
struct front {
	struct front *next;
	struct wire_peer peer;
	size_t jobs;
};

enum { DESK_BUCKETS = 4096, DESK_LOST_MAX = 2 };

struct desk {
	const struct config_broker *config;
	exchange_send *send;
	void *context;
	int64_t now_ms; /* of the event being handled */

	struct job *same[DESK_BUCKETS]; /* by message id */
	size_t messages;
	size_t bytes;
	struct queue queue;
	struct pool pool;
	struct front *fronts;
	uint64_t leases; /* so far: the last one's number */
	struct desk_counters counters;
};

/* Why a job comes back from a worker. */
enum desk_blame {
	DESK_KILLED, /* the message may be the cause: counts as an attempt */
	DESK_LOST,   /* the worker went away or gave it back: the message is not to blame, yet it is
	                not tried for ever */
};

struct job *desk_find(const struct desk *desk, const char *message_id); /* NULL: not in hand */
/* Takes the job, which is JOB_NEW, into the queue. */
void desk_admit(struct desk *desk, struct job *job);
/* The same message came again: the answer goes to who asked last. */
void desk_redirect(struct desk *desk, struct job *job, const struct wire_message *message);

/* The ends of a job; each frees it. */
void desk_answer(struct desk *desk, struct job *job, Lz__Verdict *verdict);
void desk_refuse(struct desk *desk, struct job *job, const char *why);
void desk_drop(struct desk *desk, struct job *job);
void desk_expire(struct desk *desk, struct job *job);

/* Before desk_refuse() or desk_drop() of one that its worker may still be at. */
void desk_abandon(struct desk *desk, struct job *job);

/* A lease ends without an answer: the job is queued again, or refused when it was often enough. */
void desk_return(struct desk *desk, struct job *job, enum desk_blame blame);

void desk_lose_worker(struct desk *desk, struct worker *worker, const char *why);
void desk_lose_front(struct desk *desk, const struct wire_peer *peer);

/* Whether a job in hand is this front's under this request number; 0: any. */
int desk_serves(struct desk *desk, const struct wire_peer *peer, uint64_t request);

/* BUSY without a job. */
void desk_busy(struct desk *desk, const struct wire_peer *front, uint64_t request,
        const char *message_id, const char *why);

/* Calls visit for each job; it may end the one it is given, no other. */
typedef void desk_visit(struct desk *desk, struct job *job, const void *argument);
void desk_each(struct desk *desk, desk_visit *visit, const void *argument);

/* Hands out what can be handed out. */
void desk_dispatch(struct desk *desk);

#endif
