#include "workers/qworker/singly.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "protos/messages.h"

struct range {
	uint32_t from, to;
};

struct singly {
	enum singly_step step;
	uint32_t parts;
	const char **left_out;
	struct range ranges[SINGLY_RANGES + 2 * SINGLY_SPLITS];
	size_t count, next; /* of the ranges; the next is being looked at */
	unsigned splits, rests;
	const char *why;
};

struct singly *singly_new(void)
{
	struct singly *singly = alloc_zero(1, sizeof(*singly));

	singly->why = "crash";
	return singly;
}

void singly_free(struct singly **singly)
{
	if (!*singly)
		return;
	free((*singly)->left_out);
	free(*singly);
	*singly = NULL;
}

enum singly_step singly_step(const struct singly *singly)
{
	return singly->step;
}

int singly_is_probe(const struct singly *singly)
{
	return singly->step == SINGLY_COUNT || singly->step == SINGLY_PROBE;
}

void singly_range(const struct singly *singly, uint32_t *from, uint32_t *to)
{
	assert(singly->step == SINGLY_PROBE);
	*from = singly->ranges[singly->next].from;
	*to = singly->ranges[singly->next].to;
}

size_t singly_parts(const struct singly *singly)
{
	return singly->parts;
}

const char *singly_left_out(const struct singly *singly, size_t part)
{
	return part < singly->parts ? singly->left_out[part] : NULL;
}

const char *singly_why(const struct singly *singly)
{
	return singly->why;
}

static void add_range(struct singly *singly, uint32_t from, uint32_t to)
{
	assert(singly->count < sizeof(singly->ranges) / sizeof(singly->ranges[0]));
	singly->ranges[singly->count++] = (struct range){from, to};
}

static void look_at_next(struct singly *singly)
{
	singly->step = singly->next < singly->count ? SINGLY_PROBE : SINGLY_REST;
}

/* The number comes from a scanner, so it may be any. */
void singly_counted(struct singly *singly, uint32_t parts)
{
	uint32_t from, size;

	if (parts > MESSAGE_PARTS_MAX)
		parts = MESSAGE_PARTS_MAX;
	singly->parts = parts;
	singly->left_out = alloc_zero(parts, sizeof(*singly->left_out));
	size = (parts + SINGLY_RANGES - 1) / SINGLY_RANGES;
	for (from = 0; from < parts; from += size)
		add_range(singly, from, parts - from < size ? parts : from + size);
	look_at_next(singly);
}

void singly_lived(struct singly *singly)
{
	assert(singly->step == SINGLY_PROBE);
	singly->next++;
	look_at_next(singly);
}

static void leave_out(struct singly *singly, struct range range)
{
	uint32_t part;

	for (part = range.from; part < range.to; part++)
		singly->left_out[part] = singly->why;
}

static void narrow(struct singly *singly)
{
	struct range range = singly->ranges[singly->next++];
	uint32_t middle = range.from + (range.to - range.from) / 2;

	if (range.to - range.from == 1 || singly->splits == SINGLY_SPLITS) {
		leave_out(singly, range);
	} else {
		singly->splits++;
		add_range(singly, range.from, middle);
		add_range(singly, middle, range.to);
	}
	look_at_next(singly);
}

static const char *known(const char *why)
{
	return strcmp(why, "timeout") == 0  ? "timeout"
	       : strcmp(why, "memory") == 0 ? "memory"
	                                    : "crash";
}

/* The rest is looked at more than once, as its supervisor counts what it dies of: the one look that
 * kills over all of the message must not cost all others, which may find a virus. */
void singly_died(struct singly *singly, const char *why)
{
	singly->why = known(why);
	if (singly->step == SINGLY_PROBE)
		narrow(singly);
	else if (singly->step == SINGLY_REST && ++singly->rests < SINGLY_RESTS)
		return;
	else
		singly->step = singly->step == SINGLY_BLIND ? SINGLY_OVER : SINGLY_BLIND;
}

void singly_hurry(struct singly *singly)
{
	if (singly->step != SINGLY_OVER)
		singly->step = SINGLY_BLIND;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A probe leaves most of the time to those behind it, and the rest some for a decision. */
int64_t singly_time_ms(const struct singly *singly, int64_t timeout_ms, int64_t left_ms)
{
	if (left_ms < 0)
		left_ms = 0;
	if (singly_is_probe(singly))
		return least(timeout_ms, left_ms / 4);
	if (singly->step == SINGLY_REST)
		return least(timeout_ms, left_ms / 4 * 3);
	return least(timeout_ms, left_ms);
}
