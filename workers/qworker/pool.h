/*
 * The scanners, in generations. A generation is one qscan: its supervisor on a control socket, and
 * its scanners, each on a pair of its own. A new one is started beside the one that serves, takes
 * over when it is ready, and the old one finishes what it has in hand. One that fails to start
 * leaves the old one where it is.
 *
 * There are never more than two, as each has an engine in memory: the next one is started when the
 * last but one has ended, which is when its supervisor's process has. It is told to end and closes
 * its control only by that, after the kernel has taken its memory back.
 *
 * A scanner has one job at a time and workers.timeout for it; then its supervisor is told to kill
 * it. That it died is seen at once, as its end of the pair closes; what it died of comes from its
 * supervisor, and is waited for a little. A probe has a scanner that had no job before, and gets no
 * other.
 */
#ifndef WORKERS_QWORKER_POOL_H
#define WORKERS_QWORKER_POOL_H

#include "lib/config/config.h"
#include "lib/pair/pair.h"
#include "lib/wire/loop.h"
#include "workers/qworker/death.h"
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
	/* Its scanner died, or sent what is no answer; the death is lent, its core with it. */
	void (*lost)(void *context, struct job *job, const struct death *death);
	/* pool_state() would tell something else now. */
	void (*changed)(void *context);
	/* The keeper is gone: no generation can ever be started again. */
	void (*orphaned)(void *context);
	void *context;
};

/* Takes the keeper's descriptor. */
struct pool *pool_new(const struct config *config, struct loop *loop, int keeper,
        const struct pool_events *events);
void pool_free(struct pool **pool); /* closes all pairs and controls: everything ends */

/* Asks for a new generation: at once, or when there is room for it. Several that wait are one.
 * `request` is a number of the caller's (0: none) that the state tells when it was answered. */
void pool_renew(struct pool *pool, uint64_t request);

/* All texts are lent until the next turn of the loop. */
struct pool_state {
	uint64_t generation;  /* that serves; 0: none */
	unsigned scanners;    /* of it, now */
	const char *engine;   /* its signatures; "": it looks for no viruses */
	int64_t signatures_s; /* when they were made, Unix seconds; 0: there are none */
	uint64_t refused;     /* the generation that was tried after it and failed; 0: none */
	const char *error;    /* of that; "" */
	uint64_t answered; /* of the last request that one was started for and served or failed */
};
void pool_state(const struct pool *pool, struct pool_state *out);

/* Hands the job to a free scanner. RESULT_NONE: there is none. RESULT_TEMPORARY: no memory for it
 * now. */
enum result pool_give(struct pool *pool, struct job *job, struct err *err);

/* The model that each scanner gets before its next job: takes what pair_seal() made of it. */
void pool_model(struct pool *pool, int memfd, size_t facts_size, size_t records_size);

/* How many scanners a generation has. */
unsigned pool_size(const struct pool *pool);

#endif
