/*
 * A message that has killed every scanner so far, taken to pieces: how many parts has it, which of
 * them kills whoever looks at it alone, what do the others say. Which look is next, what to leave
 * out, and when to give up. Pure: neither socket nor clock.
 *
 * Each look is one order to a scanner. The number of them is bounded, whatever the message: ranges
 * of parts first where there are many, and halves of those that kill, up to a limit, beyond which a
 * range is left out whole.
 */
#ifndef WORKERS_QWORKER_SINGLY_H
#define WORKERS_QWORKER_SINGLY_H

#include <stddef.h>
#include <stdint.h>

enum {
	SINGLY_RANGES = 32, /* parts are looked at in at most so many ranges at first */
	SINGLY_SPLITS = 32, /* so often one that kills is cut in two */
	SINGLY_RESTS = 4,   /* looks at all of it: what kills there is known poison by then */
	/* Of all kinds. */
	SINGLY_LOOKS = 2 + SINGLY_RESTS + SINGLY_RANGES + 2 * SINGLY_SPLITS,
	SINGLY_LEAST_MS = 1000, /* with less time left than this there are no more */
};

enum singly_step {
	SINGLY_COUNT, /* a probe of no part: how many are there? */
	SINGLY_PROBE, /* a probe of some */
	SINGLY_REST,  /* the message again, without those that killed */
	SINGLY_BLIND, /* a decision without a look */
	SINGLY_OVER,  /* even that was too much */
};

struct singly;

struct singly *singly_new(void);
void singly_free(struct singly **singly);

enum singly_step singly_step(const struct singly *singly);
int singly_is_probe(const struct singly *singly); /* the answer is only that it lives */

/* Of a SINGLY_PROBE: from part `from` to below `to`. */
void singly_range(const struct singly *singly, uint32_t *from, uint32_t *to);

/* Of a SINGLY_REST, for every index below the number of parts: why it is left out, or NULL. */
size_t singly_parts(const struct singly *singly);
const char *singly_left_out(const struct singly *singly, size_t part);

/* What the last death was: "crash", "timeout", "memory". */
const char *singly_why(const struct singly *singly);

/* What became of the look; the next is ready then. */
void singly_counted(struct singly *singly, uint32_t parts);
void singly_lived(struct singly *singly);
void singly_died(struct singly *singly, const char *why);

/* No time is left for anything but a decision. */
void singly_hurry(struct singly *singly);

/* How long the next look may take, of what is left of both. */
int64_t singly_time_ms(const struct singly *singly, int64_t timeout_ms, int64_t left_ms);

#endif
