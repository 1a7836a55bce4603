/*
 * What became of sending one record of the outbox, in the terms of the quarantine: finished, to be
 * tried again for whom and when, or dead. Plain data and functions: no socket, no clock.
 */
#ifndef NOTIFIER_RECORD_H
#define NOTIFIER_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "protos/messages.h"

struct record_limits {
	int64_t retry_ms; /* after the first failure; doubled with each, at most 64 times as long */
	uint64_t attempts; /* after so many a record is dead */
};

struct record_outcome {
	int done;
	int dead;
	int64_t retry_ms;
	struct buf text;  /* one line: the last reply that matters */
	char **remaining; /* lends the record's own addresses; the array is freed by
	                     record_outcome_fini() */
	size_t remaining_count;
};

/*
 * Adds one recipient's result. RESULT_OK is served, RESULT_PERMANENT never will be; everything else
 * (RESULT_UNSURE, too: the same message with the same Message-ID again is better than none)
 * remains.
 */
void record_outcome_add(
        struct record_outcome *outcome, char *address, enum result result, const char *reply);

/* After the last one: decides from what remains, and from how often the record was tried before. */
void record_outcome_settle(struct record_outcome *outcome, uint32_t attempts_before,
        const struct record_limits *limits);
void record_outcome_fini(struct record_outcome *outcome);

#endif
