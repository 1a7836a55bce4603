/*
 * The scanners, in generations. A generation is one qscan: its supervisor on a control socket, and
 * its scanners, each on a pair of its own. A new one is started beside the one that serves, takes
 * over when it is ready, and the old one finishes what it has in hand. One that fails to start
 * leaves the old one where it is.
 *
 * A scanner has one job at a time and workers.timeout for it; then its supervisor is told to kill
 * it. That it died is seen at once, as its end of the pair closes.
 */
#ifndef WORKERS_QWORKER_POOL_H
#define WORKERS_QWORKER_POOL_H

#include "lib/config/config.h"
#include "lib/pair/pair.h"
#include "lib/wire/loop.h"
#include "workers/qworker/job.h"

struct pool;

struct pool_events {
	/* A generation began to serve (`first`: none did before). */
	void (*ready)(void *context, int first);
	/* No generation ever served, and the first one failed. */
	void (*failed)(void *context);
	/* A scanner is free. */
	void (*idle)(void *context);
	/* A scanner's answer to the job; the parcel is lent. */
	void (*answered)(void *context, struct job *job, const struct pair_parcel *parcel);
	/* Its scanner died, or sent what is no answer: "crash" or "timeout". */
	void (*lost)(void *context, struct job *job, const char *why);
	/* The keeper is gone: no generation can ever be started again. */
	void (*orphaned)(void *context);
	void *context;
};

/* Takes the keeper's descriptor. */
struct pool *pool_new(const struct config *config, struct loop *loop, int keeper,
        const struct pool_events *events);
void pool_free(struct pool **pool); /* closes all pairs and controls: everything ends */

/* Asks for a new generation, unless one is being started already. */
void pool_renew(struct pool *pool);

/* Hands the job to a free scanner. RESULT_NONE: there is none. RESULT_TEMPORARY: no memory for it
 * now. */
enum result pool_give(struct pool *pool, struct job *job, struct err *err);

/* How many scanners a generation has. */
unsigned pool_size(const struct pool *pool);

#endif
