/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "workers/qworker/health.h"

enum { HOUR_MS = 3600 * 1000, DAY_S = 24 * 3600 };
static const int64_t wall_ms = (int64_t)1795000000 * 1000;
static const int64_t limit_ms = (int64_t)2 * DAY_S * 1000;

static struct pool_state of_age(int64_t days)
{
	return (struct pool_state){.generation = 1,
	        .scanners = 2,
	        .engine = "daily:1",
	        .signatures_s = 1795000000 - days * DAY_S - 1,
	        .error = ""};
}

static void a_change_is_told_at_once_and_silence_is_broken_now_and_then(void **state)
{
	struct health health = {0};

	assert_true(health_is_due(&health, 1000));
	health_told(&health, 1000);
	assert_false(health_is_due(&health, 1001));
	assert_false(health_is_due(&health, 10999));
	assert_true(health_is_due(&health, 11000));
	health.is_changed = 1;
	assert_true(health_is_due(&health, 1001));
	health_told(&health, 1001);
	assert_false(health_is_due(&health, 1002));
}

static void old_signatures_are_warned_of_at_once_and_then_hourly(void **state)
{
	struct health health = {0};
	struct pool_state old = of_age(2), young = of_age(1);

	assert_int_equal(health_alarm(&health, &old, limit_ms, 1000, wall_ms), HEALTH_OLD);
	assert_int_equal(health_alarm(&health, &old, limit_ms, 2000, wall_ms), HEALTH_QUIET);
	assert_int_equal(
	        health_alarm(&health, &old, limit_ms, 999 + HOUR_MS, wall_ms), HEALTH_QUIET);
	assert_int_equal(
	        health_alarm(&health, &old, limit_ms, 1000 + HOUR_MS, wall_ms), HEALTH_OLD);
	assert_int_equal(
	        health_alarm(&health, &young, limit_ms, 2000 + HOUR_MS, wall_ms), HEALTH_QUIET);
	assert_int_equal(
	        health_alarm(&health, &old, limit_ms, 3000 + HOUR_MS, wall_ms), HEALTH_OLD);
}

static void young_signatures_are_not_warned_of(void **state)
{
	struct health health = {0};
	struct pool_state young = of_age(1);

	assert_int_equal(health_alarm(&health, &young, limit_ms, 1000, wall_ms), HEALTH_QUIET);
}

static void no_signatures_are_as_bad_as_old_ones(void **state)
{
	struct health health = {0};
	struct pool_state none = of_age(0);

	none.signatures_s = 0;
	none.engine = "none";
	assert_int_equal(health_alarm(&health, &none, limit_ms, 1000, wall_ms), HEALTH_MISSING);
	assert_int_equal(health_alarm(&health, &none, limit_ms, 1001, wall_ms), HEALTH_QUIET);
}

static void who_wants_no_alarm_or_no_scan_gets_none(void **state)
{
	struct health health = {0};
	struct pool_state old = of_age(99);

	assert_int_equal(health_alarm(&health, &old, 0, 1000, wall_ms), HEALTH_QUIET);
	old.engine = ""; /* virus.enabled: false */
	assert_int_equal(health_alarm(&health, &old, limit_ms, 1000, wall_ms), HEALTH_QUIET);
	old = of_age(99);
	old.generation = 0; /* none serves yet */
	assert_int_equal(health_alarm(&health, &old, limit_ms, 1000, wall_ms), HEALTH_QUIET);
}

static void what_is_told_passes_the_checks_of_the_protocol(void **state)
{
	Lz__Count count = LZ__COUNT__INIT;
	struct pool_state odd = of_age(0);
	Lz__WorkerState message;
	char error[600];
	struct err err;

	memset(error, '\xff', sizeof(error) - 1);
	error[sizeof(error) - 1] = '\0';
	odd.error = error;
	odd.engine = "two\nlines\xe2\x82";
	odd.signatures_s = INT64_MAX;
	health_message("host/1", &odd, &message);
	count.state = &message;
	if (message_check(MESSAGE_COUNT, &count.base, 0, &err))
		fail_msg("%s", err.text);
	assert_int_equal(message.scanners, 2);
	health_message_fini(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_change_is_told_at_once_and_silence_is_broken_now_and_then),
	        cmocka_unit_test(old_signatures_are_warned_of_at_once_and_then_hourly),
	        cmocka_unit_test(young_signatures_are_not_warned_of),
	        cmocka_unit_test(no_signatures_are_as_bad_as_old_ones),
	        cmocka_unit_test(who_wants_no_alarm_or_no_scan_gets_none),
	        cmocka_unit_test(what_is_told_passes_the_checks_of_the_protocol),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
