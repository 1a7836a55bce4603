/*
 * What was refused, so that it is in the audit and yet whoever is refused can't fill the disk: the
 * first refusal of a peer is written at once, those that follow are counted, and written as a
 * number, at longer and longer intervals while they go on. Of a bounded number of peers; beyond,
 * they are counted together.
 *
 * Pure: times are given, wall clock. What was noted counts when refusals_commit() says that its
 * transaction is on disk, and not where refusals_abort() takes it back.
 */
#ifndef QUARANTINE_REFUSALS_H
#define QUARANTINE_REFUSALS_H

#include <stdint.h>

enum {
	REFUSALS_PEERS = 64,
	REFUSALS_LEAST_MS = 60 * 1000,
	REFUSALS_MOST_MS = 3600 * 1000,
};

struct refusals;

struct refusals *refusals_new(void);
void refusals_free(struct refusals **refusals);

/* One more of this peer. Gives 1 where it is to be written now, with *before of them uncounted
 * yet. */
int refusals_add(struct refusals *refusals, const char *who, int64_t now_ms, uint64_t *before);
void refusals_commit(struct refusals *refusals, int64_t now_ms);
void refusals_abort(struct refusals *refusals);

/* The next peer of whom some are counted that should be written by now; the same until
 * refusals_commit() or refusals_abort(). NULL: there is none. Lent. */
const char *refusals_due(struct refusals *refusals, int64_t now_ms, uint64_t *count);

#endif
