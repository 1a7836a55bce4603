/*
 * What a worker tells of itself: to the quarantine, which everybody asks, and to the log when its
 * signatures are old. Pure: the times are given.
 */
#ifndef WORKERS_QWORKER_HEALTH_H
#define WORKERS_QWORKER_HEALTH_H

#include "lib/config/config.h"
#include "protos/messages.h"
#include "workers/qworker/pool.h"

struct health {
	int is_changed;    /* since it was told */
	int64_t told_ms;   /* monotonic; 0: never */
	int64_t warned_ms; /* monotonic; 0: nothing is wrong, or it was not said yet */
};

/* Is it time to tell the quarantine? At once after a change, else now and then, so that it knows
 * that we live, and hears again what it forgot by a restart. */
int health_is_due(const struct health *health, int64_t now_ms);
void health_told(struct health *health, int64_t now_ms);

/* Fills the envelope with texts of its own; free with health_message_fini(). */
void health_message(const char *worker, const struct pool_state *state, Lz__WorkerState *out);
void health_message_fini(Lz__WorkerState *message);

enum health_alarm {
	HEALTH_QUIET,
	HEALTH_OLD,     /* the signatures are older than virus.alarm_age */
	HEALTH_MISSING, /* there are none */
};

/* What the log must be told now: at once, then hourly for as long as it lasts. */
enum health_alarm health_alarm(struct health *health, const struct pool_state *state,
        int64_t alarm_age_ms, int64_t now_ms, int64_t wall_ms);

#endif
