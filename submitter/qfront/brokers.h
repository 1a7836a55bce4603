/*
 * Which broker is asked, and which is next when it does not answer. They are tried in the order of
 * the configuration; one that failed rests a while, so that not every message waits for it. Pure.
 */
#ifndef SUBMITTER_QFRONT_BROKERS_H
#define SUBMITTER_QFRONT_BROKERS_H

#include <stddef.h>
#include <stdint.h>

enum {
	BROKERS_MAX = 32, /* bits in a message's set of those it has tried */
	BROKERS_REST_MS = 30000,
};

struct brokers {
	size_t count;
	int64_t rests_until_ms[BROKERS_MAX];
};

/* Gives up to BROKERS_MAX of them. */
void brokers_init(struct brokers *brokers, size_t count);

/* The first that is not in the set `tried`: of those that do not rest, else of those that do; -1
 * where all are in it. */
int brokers_next(const struct brokers *brokers, unsigned tried, int64_t now_ms);

void brokers_heard(struct brokers *brokers, size_t broker);
void brokers_failed(struct brokers *brokers, size_t broker, int64_t now_ms);

#endif
