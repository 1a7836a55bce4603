#include "lazaret/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

struct program {
	enum program_state state;
	int64_t since_ms; /* in this state */
	int64_t pause_ms; /* before its next start, while it rests */
	unsigned deaths;  /* one after the other, without a long life between them */
};

struct plan {
	struct plan_times times;
	size_t count;
	struct program *programs;
	int all_ready; /* it was, once: from then on deaths are mended */
	int stopping;
	int failed;
	size_t failed_program;
};

#define TO(state) (1u << PROGRAM_##state)

static const unsigned moves[PROGRAM_STATES] = {
        [PROGRAM_WAITING] = TO(STARTING) | TO(GONE),
        [PROGRAM_STARTING] = TO(READY) | TO(RESTING) | TO(ENDING) | TO(KILLED) | TO(GONE),
        [PROGRAM_READY] = TO(RESTING) | TO(ENDING) | TO(GONE),
        [PROGRAM_RESTING] = TO(STARTING) | TO(GONE),
        [PROGRAM_ENDING] = TO(KILLED) | TO(GONE),
        [PROGRAM_KILLED] = TO(RESTING) | TO(GONE),
        [PROGRAM_GONE] = 0,
};

const char *program_state_name(enum program_state state)
{
	static const char *const names[] = {
	        "waiting", "starting", "ready", "resting", "ending", "killed", "gone"};

	return names[state];
}

/* The only place where a state changes. */
static void move(struct program *program, enum program_state to, int64_t now_ms)
{
	assert(moves[program->state] >> to & 1);
	program->state = to;
	program->since_ms = now_ms;
}

struct plan *plan_new(size_t programs, const struct plan_times *times)
{
	struct plan *plan = alloc_zero(1, sizeof(*plan));

	plan->times = *times;
	plan->count = programs;
	plan->programs = alloc_zero(programs, sizeof(*plan->programs));
	return plan;
}

void plan_free(struct plan **plan)
{
	if (!*plan)
		return;
	free((*plan)->programs);
	free(*plan);
	*plan = NULL;
}

static int is_alive(const struct program *program)
{
	return program->state == PROGRAM_STARTING || program->state == PROGRAM_READY ||
	       program->state == PROGRAM_ENDING || program->state == PROGRAM_KILLED;
}

/* When this program's state asks for something by itself, or -1. */
static int64_t due(const struct plan *plan, const struct program *program)
{
	switch (program->state) {
	case PROGRAM_STARTING:
		return program->since_ms + plan->times.ready;
	case PROGRAM_RESTING:
		return program->since_ms + program->pause_ms;
	case PROGRAM_ENDING:
		return program->since_ms + plan->times.stop;
	default:
		return -1;
	}
}

static int is_due(const struct plan *plan, const struct program *program, int64_t now_ms)
{
	int64_t at = due(plan, program);

	return at >= 0 && at <= now_ms;
}

static void fail(struct plan *plan, size_t program)
{
	if (!plan->failed && !plan->stopping) {
		plan->failed = 1;
		plan->failed_program = program;
	}
	plan->stopping = 1;
}

/* From the last to the first, each only when all behind it are gone: who is asked last still serves
 * those before. */
static enum plan_order next_stop(struct plan *plan, int64_t now_ms, size_t *which)
{
	struct program *program;
	size_t i;

	for (i = plan->count; i-- > 0;) {
		program = &plan->programs[i];
		*which = i;
		if (program->state == PROGRAM_GONE)
			continue;
		if (!is_alive(program)) {
			move(program, PROGRAM_GONE, now_ms);
			continue;
		}
		if (program->state == PROGRAM_STARTING || program->state == PROGRAM_READY) {
			move(program, PROGRAM_ENDING, now_ms);
			return PLAN_TERM;
		}
		if (!is_due(plan, program, now_ms))
			return PLAN_NOTHING;
		move(program, PROGRAM_KILLED, now_ms);
		return PLAN_KILL;
	}
	return PLAN_END;
}

static enum plan_order next_first_start(struct plan *plan, int64_t now_ms, size_t *which)
{
	size_t i = 0;

	while (i < plan->count && plan->programs[i].state == PROGRAM_READY)
		i++;
	*which = i;
	if (i == plan->count) {
		plan->all_ready = 1;
		return PLAN_READY;
	}
	if (plan->programs[i].state == PROGRAM_WAITING) {
		move(&plan->programs[i], PROGRAM_STARTING, now_ms);
		return PLAN_START;
	}
	if (!is_due(plan, &plan->programs[i], now_ms))
		return PLAN_NOTHING;
	fail(plan, i);
	move(&plan->programs[i], PROGRAM_KILLED, now_ms);
	return PLAN_KILL;
}

static enum plan_order next_mending(struct plan *plan, int64_t now_ms, size_t *which)
{
	struct program *program;

	for (*which = 0; *which < plan->count; ++*which) {
		program = &plan->programs[*which];
		if (!is_due(plan, program, now_ms))
			continue;
		if (program->state == PROGRAM_RESTING) {
			move(program, PROGRAM_STARTING, now_ms);
			return PLAN_START;
		}
		move(program, PROGRAM_KILLED, now_ms);
		return PLAN_KILL;
	}
	return PLAN_NOTHING;
}

enum plan_order plan_next(struct plan *plan, int64_t now_ms, size_t *program)
{
	if (plan->stopping)
		return next_stop(plan, now_ms, program);
	if (!plan->all_ready)
		return next_first_start(plan, now_ms, program);
	return next_mending(plan, now_ms, program);
}

int64_t plan_due(const struct plan *plan)
{
	int64_t first = -1, at;
	size_t i;

	for (i = 0; i < plan->count; i++) {
		at = due(plan, &plan->programs[i]);
		if (at >= 0 && (first < 0 || at < first))
			first = at;
	}
	return first;
}

void plan_is_ready(struct plan *plan, size_t program, int64_t now_ms)
{
	/* one that was asked to end meanwhile may still say so */
	if (plan->programs[program].state == PROGRAM_STARTING)
		move(&plan->programs[program], PROGRAM_READY, now_ms);
}

/* A long life makes the pause short again, an early death makes it longer. */
static void rest(struct plan *plan, struct program *program, int64_t now_ms)
{
	int64_t doubled = program->pause_ms * 2;

	if (program->state == PROGRAM_READY && now_ms - program->since_ms >= plan->times.steady)
		program->deaths = 0;
	if (program->deaths++ == 0)
		program->pause_ms = plan->times.pause;
	else
		program->pause_ms =
		        doubled < plan->times.pause_most ? doubled : plan->times.pause_most;
	move(program, PROGRAM_RESTING, now_ms);
}

void plan_died(struct plan *plan, size_t which, int64_t now_ms)
{
	struct program *program = &plan->programs[which];

	if (!is_alive(program))
		return;
	if (!plan->stopping && !plan->all_ready)
		fail(plan, which);
	if (plan->stopping)
		move(program, PROGRAM_GONE, now_ms);
	else
		rest(plan, program, now_ms);
}

void plan_stop(struct plan *plan)
{
	plan->stopping = 1;
}

enum program_state plan_state(const struct plan *plan, size_t program)
{
	return plan->programs[program].state;
}

int plan_failed(const struct plan *plan, size_t *program)
{
	*program = plan->failed_program;
	return plan->failed;
}
