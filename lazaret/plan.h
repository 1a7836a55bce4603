/*
 * What the supervisor does, and when: a pure state machine over a list of programs, told of what
 * happens and asked for the next order. It knows no processes and no clock.
 *
 *   waiting ──▶ starting ──▶ ready          in order: each after the one before it is ready
 *                  │ ▲         │
 *                  ▼ └──┐      ▼
 *                  resting ◀───┘            it died, and is started again after a pause that
 * doubles
 *
 * To stop, the last one alive is asked to end, and killed when it doesn't in time; then the one
 * before it. A program that doesn't become ready the first time ends everything.
 */
#ifndef LAZARET_PLAN_H
#define LAZARET_PLAN_H

#include <stddef.h>
#include <stdint.h>

enum program_state {
	PROGRAM_WAITING,
	PROGRAM_STARTING,
	PROGRAM_READY,
	PROGRAM_RESTING,
	PROGRAM_ENDING, /* asked to */
	PROGRAM_KILLED, /* and not gone yet */
	PROGRAM_GONE,   /* for good */
	PROGRAM_STATES,
};
const char *program_state_name(enum program_state state);

enum plan_order {
	PLAN_NOTHING, /* until plan_due() or something happens */
	PLAN_START,
	PLAN_TERM,
	PLAN_KILL,
	PLAN_READY, /* all are, for the first time: once */
	PLAN_END,   /* all are gone */
};

/* All in milliseconds. */
struct plan_times {
	int64_t ready;      /* a program that isn't by then is killed */
	int64_t stop;       /* between asking one to end and killing it */
	int64_t pause;      /* before the first restart */
	int64_t pause_most; /* it doubles up to here */
	int64_t steady;     /* a program that lived so long is forgiven what was before */
};

struct plan;
struct plan *plan_new(size_t programs, const struct plan_times *times);
void plan_free(struct plan **plan);

/* The next order, and for which program. It counts as carried out; call again until PLAN_NOTHING or
 * PLAN_END. */
enum plan_order plan_next(struct plan *plan, int64_t now_ms, size_t *program);

/* When plan_next() will have something new to say by itself, or -1. */
int64_t plan_due(const struct plan *plan);

/* What happened. A PLAN_START that failed is a death as well. */
void plan_is_ready(struct plan *plan, size_t program, int64_t now_ms);
void plan_died(struct plan *plan, size_t program, int64_t now_ms);
void plan_stop(struct plan *plan);

enum program_state plan_state(const struct plan *plan, size_t program);

/* True when it ended because a program could not be started at all; *program is which. */
int plan_failed(const struct plan *plan, size_t *program);

#endif
