#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qctl/when.h"

/* 2026-11-22 10:30:15 UTC */
static const int64_t now_ms = INT64_C(1795343415000);
enum { HOUR_MS = 3600 * 1000 };

static void expect(const char *text, int64_t wanted)
{
	struct err err;
	int64_t found;

	if (when_parse(text, now_ms, &found, &err))
		fail_msg("%s: %s", text, err.text);
	if (found != wanted)
		fail_msg("%s: %lld is not %lld", text, (long long)found, (long long)wanted);
}

static void durations_are_times_ago(void **state)
{
	expect("0s", now_ms);
	expect("90s", now_ms - 90 * 1000);
	expect("2h", now_ms - 2 * HOUR_MS);
	expect("3d", now_ms - 72 * (int64_t)HOUR_MS);
	expect("52w", now_ms - 52 * 7 * 24 * (int64_t)HOUR_MS);
}

static void days_and_times_are_utc(void **state)
{
	expect("2026-11-22", INT64_C(1795305600000));
	expect("2026-11-22 10:30", INT64_C(1795343400000));
	expect("2026-11-22T10:30:15", now_ms);
	expect("2026-11-22 10:30:15Z", now_ms);
	expect("today", INT64_C(1795305600000));
	expect("Yesterday", INT64_C(1795305600000) - 24 * HOUR_MS);
	expect("1970-01-01", 0);
}

static void everything_else_is_refused(void **state)
{
	static const char *const wrong[] = {"", "2", "h", "2x", "2hh", "-2h", "9999999d",
	        "tomorrow", "2026-13-01", "2026-02-30", "2026-11-22 25:00", "2026-11-22 10:30 CET",
	        "22.11.2026"};
	struct err err;
	int64_t found;
	size_t at;

	for (at = 0; at < sizeof(wrong) / sizeof(wrong[0]); at++)
		if (when_parse(wrong[at], now_ms, &found, &err) != RESULT_PERMANENT)
			fail_msg("\"%s\" was taken", wrong[at]);
	assert_int_equal(when_duration("today", &found, &err), RESULT_PERMANENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(durations_are_times_ago),
	        cmocka_unit_test(days_and_times_are_utc),
	        cmocka_unit_test(everything_else_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
