/*
 * The workers: what each may hold, what it holds, and when it was last heard. A worker never holds
 * more than its credit (unless it lowers it, and then only until it has caught up).
 */
#ifndef BROKER_POOL_H
#define BROKER_POOL_H

#include "broker/job.h"
#include "broker/queue.h"

enum { POOL_WORKERS_MAX = 4096, POOL_CREDIT_MAX = 4096 };

/* A lease that nobody waits for any more (the deadline is over, the front is gone), while the
 * worker is still at it: it takes room until it is answered, or the answer must have been lost. */
struct owed {
	struct owed *next;
	uint64_t lease;
	int64_t until_ms;
	int is_large;
};

struct worker {
	struct worker *next;
	struct wire_peer peer;
	char *name; /* from outside */
	uint32_t credit;
	struct job_list leases;
	struct owed *owed;
	size_t owed_count;
	size_t large; /* of its leases, and of what it owes */
	int64_t heard_ms;
	uint64_t served; /* order of the last job given, to take turns */
};

struct pool {
	struct worker *workers;
	size_t count;
	uint64_t credit; /* of all */
	size_t leases[QUEUE_CLASSES];
	uint64_t served;
};

struct worker *pool_find(struct pool *pool, const struct wire_peer *peer); /* NULL: unknown */
struct worker *pool_add(struct pool *pool, const struct wire_peer *peer, const char *name);
/* Its leases must have been taken from it. */
void pool_remove(struct pool *pool, struct worker *worker);
void pool_set_credit(struct pool *pool, struct worker *worker, uint32_t credit);

/*
 * Who shall have the job: the one with most room, in turn where several have as much; not the one
 * it failed at, as long as there is another. A large one leaves a quarter of each worker's credit
 * free, too: small ones must not all have to go elsewhere. NULL: it has to wait.
 */
struct worker *pool_choose(struct pool *pool, const struct job *job);

/* Whether one more job of the class may be leased: a quarter of all credit is kept free of large
 * ones, so that there is always a scanner soon free for a small one. */
int pool_admits(const struct pool *pool, enum queue_class class);

void pool_lease(struct pool *pool, struct worker *worker, struct job *job);
void pool_release(struct pool *pool, struct job *job);
/* Tells that the job's lease will be released though the worker has not answered it. */
void pool_owe(struct job *job, int64_t until_ms);
/* An answer to a lease that was owed: 1, and it takes no room any more. */
int pool_settle(struct worker *worker, uint64_t lease);
void pool_forget_owed(struct worker *worker, int64_t now_ms);
struct job *pool_leased(
        const struct worker *worker, uint64_t lease); /* NULL: not, or not any more */

#endif
