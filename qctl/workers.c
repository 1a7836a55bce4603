#include "qctl/workers.h"

#include <stdlib.h>

#include "lib/base/age.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "qctl/print.h"

enum { TIME_ROOM = 40 };

static int is_without(const Lz__WorkerState *state)
{
	return state->generation && *state->engine && !state->signatures_s;
}

static char *complaint_of_age(
        const Lz__WorkerState *state, const struct config_virus *config, int64_t now_ms)
{
	char age[AGE_ROOM];

	age_text(age_ms(state->signatures_s, now_ms), age);
	if (age_exceeds(state->signatures_s, now_ms, config->max_age_ms))
		return alloc_format("signatures are %s old: outdated, so mail is unscanned "
		                    "(database)",
		        age);
	if (age_exceeds(state->signatures_s, now_ms, config->alarm_age_ms))
		return alloc_format("signatures are %s old", age);
	return NULL;
}

char *worker_complaint(
        const Lz__WorkerState *state, const struct config_virus *config, int64_t now_ms)
{
	char age[AGE_ROOM];

	if (state->silent_ms > WORKERS_SILENT_MS) {
		if (state->silent_ms < 120 * 1000)
			return alloc_format(
			        "silent for %d seconds", (int)(state->silent_ms / 1000));
		age_text((int64_t)(state->silent_ms & INT64_MAX), age);
		return alloc_format("silent for %s", age);
	}
	if (!state->generation)
		return alloc_string("has no scanners");
	if (state->refused)
		return alloc_format("generation %llu was refused: %s",
		        (unsigned long long)state->refused, state->error);
	if (is_without(state))
		return alloc_string("has no signatures: mail is unscanned (database)");
	return complaint_of_age(state, config, now_ms);
}

char *worker_text(const Lz__WorkerState *state, int64_t now_ms)
{
	char date[TIME_ROOM], age[AGE_ROOM];
	struct buf out = {0};

	buf_add_format(&out, "%u scanners, generation %llu", state->scanners,
	        (unsigned long long)state->generation);
	if (state->signatures_s) {
		clock_text(state->signatures_s * 1000, date, sizeof(date));
		age_text(age_ms(state->signatures_s, now_ms), age);
		buf_add_format(&out, ", signatures of %s, %s old", date, age);
	}
	if (*state->engine)
		buf_add_format(&out, " (%s)", state->engine);
	return buf_give(&out);
}

void worker_json(struct json *json, const Lz__WorkerState *state, const struct config_virus *config,
        int64_t now_ms)
{
	char *complaint = worker_complaint(state, config, now_ms);

	json_text(json, "worker", state->worker);
	json_number(json, "scanners", state->scanners);
	json_number(json, "generation", (int64_t)state->generation);
	json_text(json, "engine", state->engine);
	print_time_json(json, "signatures", state->signatures_s * 1000);
	json_number(json, "age_s", age_ms(state->signatures_s, now_ms) / 1000);
	json_bool(json, "old",
	        is_without(state) ||
	                age_exceeds(state->signatures_s, now_ms, config->alarm_age_ms));
	json_bool(json, "outdated",
	        is_without(state) || age_exceeds(state->signatures_s, now_ms, config->max_age_ms));
	json_number(json, "refused", (int64_t)state->refused);
	json_text(json, "error", state->error);
	json_number(json, "silent_s", (int64_t)(state->silent_ms / 1000));
	json_text(json, "complaint", complaint ? complaint : "");
	free(complaint);
}
