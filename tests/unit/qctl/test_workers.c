#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "qctl/workers.h"

enum { DAY_S = 24 * 3600 };
static const int64_t now_s = 1795000000, now_ms = (int64_t)1795000000 * 1000;
static const struct config_virus config = {
        .alarm_age_ms = (int64_t)2 * DAY_S * 1000, .max_age_ms = (int64_t)7 * DAY_S * 1000};

static Lz__WorkerState good(void)
{
	Lz__WorkerState state = LZ__WORKER_STATE__INIT;

	state.worker = "host/1";
	state.generation = 3;
	state.scanners = 2;
	state.engine = "daily:1";
	state.signatures_s = now_s - DAY_S - 5;
	return state;
}

static void expect(const Lz__WorkerState *state, const char *wanted)
{
	char *complaint = worker_complaint(state, &config, now_ms);

	if (wanted)
		assert_string_equal(complaint, wanted);
	else
		assert_null(complaint);
	free(complaint);
}

static void a_good_worker_is_told_in_one_line_and_not_complained_of(void **state)
{
	Lz__WorkerState worker = good();
	char *text = worker_text(&worker, now_ms);

	expect(&worker, NULL);
	assert_string_equal(text, "2 scanners, generation 3, signatures of 2026-11-17 11:06:35Z, "
	                          "24 hours old (daily:1)");
	free(text);
	worker.engine = ""; /* one that looks for no viruses needs no signatures */
	worker.signatures_s = 0;
	expect(&worker, NULL);
}

static void what_is_wrong_is_said(void **state)
{
	Lz__WorkerState worker = good();

	worker.signatures_s = now_s - 3 * DAY_S;
	expect(&worker, "signatures are 3 days old");
	worker.signatures_s = now_s - 8 * DAY_S;
	expect(&worker, "signatures are 8 days old: outdated, so mail is unscanned (database)");
	worker.signatures_s = 0;
	worker.engine = "none";
	expect(&worker, "has no signatures: mail is unscanned (database)");
	worker = good();
	worker.refused = 4;
	worker.error = "virus: broken";
	expect(&worker, "generation 4 was refused: virus: broken");
	worker.generation = 0;
	expect(&worker, "has no scanners");
	worker.silent_ms = 31000;
	expect(&worker, "silent for 31 seconds");
	worker.silent_ms = 200000;
	expect(&worker, "silent for 3 minutes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_worker_is_told_in_one_line_and_not_complained_of),
	        cmocka_unit_test(what_is_wrong_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
