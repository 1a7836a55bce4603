#include "workers/qworker/health.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/age.h"
#include "lib/base/alloc.h"
#include "lib/base/safe.h"

enum { TELL_MS = 10 * 1000, WARN_MS = 3600 * 1000, TEXT_MOST = 500 };

int health_is_due(const struct health *health, int64_t now_ms)
{
	return health->is_changed || !health->told_ms || now_ms - health->told_ms >= TELL_MS;
}

void health_told(struct health *health, int64_t now_ms)
{
	health->is_changed = 0;
	health->told_ms = now_ms;
}

/* A date that no calendar has would have the whole message refused. */
static int64_t told_time(int64_t seconds)
{
	return seconds < 0 || seconds > AGE_LATEST_S ? 0 : seconds;
}

void health_message(const char *worker, const struct pool_state *state, Lz__WorkerState *out)
{
	lz__worker_state__init(out);
	out->worker = alloc_string(worker);
	out->generation = state->generation;
	out->scanners = state->scanners;
	out->engine = safe_text(state->engine, TEXT_MOST);
	out->signatures_s = told_time(state->signatures_s);
	out->refused = state->refused;
	out->error = safe_text(state->error, TEXT_MOST);
	out->reload = state->answered;
}

void health_message_fini(Lz__WorkerState *message)
{
	free(message->worker);
	free(message->engine);
	free(message->error);
	lz__worker_state__init(message);
}

static enum health_alarm what_is_wrong(
        const struct pool_state *state, int64_t alarm_age_ms, int64_t wall_ms)
{
	if (!alarm_age_ms || !state->generation || !*state->engine)
		return HEALTH_QUIET;
	if (!state->signatures_s)
		return HEALTH_MISSING;
	return age_exceeds(state->signatures_s, wall_ms, alarm_age_ms) ? HEALTH_OLD : HEALTH_QUIET;
}

enum health_alarm health_alarm(struct health *health, const struct pool_state *state,
        int64_t alarm_age_ms, int64_t now_ms, int64_t wall_ms)
{
	enum health_alarm wrong = what_is_wrong(state, alarm_age_ms, wall_ms);

	if (wrong == HEALTH_QUIET)
		health->warned_ms = 0;
	else if (health->warned_ms && now_ms - health->warned_ms < WARN_MS)
		return HEALTH_QUIET;
	else
		health->warned_ms = now_ms;
	return wrong;
}
