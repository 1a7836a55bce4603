#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/clock.h"
#include "quarantine/schedule.h"

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* "2026-03-29 02:30:00" of the zone, to milliseconds; with daylight saving time where it says. */
static int64_t at(const char *text, int is_summer)
{
	struct tm tm = {0};

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	tm.tm_isdst = is_summer;
	return (int64_t)mktime(&tm) * 1000;
}

static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";

static void a_digest_is_due_at_its_time_of_today_or_tomorrow(void **state)
{
	zone(berlin);
	assert_int_equal(schedule_next(at("2026-11-26 06:59:59", 0), EVERY_DAY, 420),
	        at("2026-11-26 07:00:00", 0));
	assert_int_equal(schedule_next(at("2026-11-26 07:00:00", 0), EVERY_DAY, 420),
	        at("2026-11-27 07:00:00", 0));
	assert_int_equal(schedule_next(at("2026-12-31 23:00:00", 0), EVERY_DAY, 0),
	        at("2027-01-01 00:00:00", 0));
}

static void a_weekly_digest_is_due_on_mondays(void **state)
{
	zone(berlin);
	assert_int_equal(schedule_next(at("2026-11-26 08:00:00", 0), EVERY_WEEK, 420),
	        at("2026-11-30 07:00:00", 0));
	assert_int_equal(schedule_next(at("2026-11-30 06:00:00", 0), EVERY_WEEK, 420),
	        at("2026-11-30 07:00:00", 0));
	assert_int_equal(schedule_next(at("2026-11-30 07:00:00", 0), EVERY_WEEK, 420),
	        at("2026-12-07 07:00:00", 0));
}

static void it_keeps_its_local_time_over_a_change_of_the_clock(void **state)
{
	zone(berlin);
	assert_int_equal(schedule_next(at("2026-03-28 07:00:00", 0), EVERY_DAY, 420),
	        at("2026-03-29 07:00:00", 1));
	assert_int_equal(schedule_next(at("2026-10-24 07:00:00", 1), EVERY_DAY, 420),
	        at("2026-10-25 07:00:00", 0));
}

/* 02:30 comes twice on 25 October. Whoever asks at any minute hears the first or tomorrow's. */
static void an_hour_that_comes_twice_makes_one_digest(void **state)
{
	int64_t first, now_ms, due_ms;

	zone(berlin);
	first = at("2026-10-25 02:30:00", 1);
	for (now_ms = first - 90 * 60000; now_ms < first + 180 * 60000; now_ms += 60000) {
		due_ms = schedule_next(now_ms, EVERY_DAY, 150);
		assert_int_equal(due_ms, now_ms < first ? first : at("2026-10-26 02:30:00", 0));
	}
}

/* 02:30 is left out on 29 March. */
static void an_hour_that_is_left_out_makes_one_digest(void **state)
{
	int64_t from, now_ms, due_ms, last = 0;
	int days = 0;

	zone(berlin);
	from = at("2026-03-28 12:00:00", 0);
	for (now_ms = from; now_ms < from + 2 * 24 * (int64_t)3600000; now_ms += 60000) {
		due_ms = schedule_next(now_ms, EVERY_DAY, 150);
		assert_true(due_ms > now_ms);
		days += due_ms != last;
		last = due_ms;
	}
	assert_int_equal(days, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_digest_is_due_at_its_time_of_today_or_tomorrow),
	        cmocka_unit_test(a_weekly_digest_is_due_on_mondays),
	        cmocka_unit_test(it_keeps_its_local_time_over_a_change_of_the_clock),
	        cmocka_unit_test(an_hour_that_comes_twice_makes_one_digest),
	        cmocka_unit_test(an_hour_that_is_left_out_makes_one_digest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
