#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/age.h"

enum { HOUR_MS = 3600 * 1000 };
static const int64_t now_ms = (int64_t)1795000000 * 1000 + 999;
static const int64_t now_s = 1795000000;

static void an_age_is_from_then_to_now(void **state)
{
	assert_int_equal(age_ms(now_s - 10, now_ms), 10999);
	assert_int_equal(age_ms(now_s, now_ms), 999);
}

static void what_was_never_made_or_is_of_the_future_has_no_age(void **state)
{
	assert_int_equal(age_ms(0, now_ms), 0);
	assert_int_equal(age_ms(-5, now_ms), 0);
	assert_int_equal(age_ms(now_s + 1, now_ms), 0);
	assert_int_equal(age_ms(INT64_MAX, now_ms), 0);
	assert_int_equal(age_ms(INT64_MIN, now_ms), 0);
	assert_false(age_exceeds(0, now_ms, 1));
	assert_false(age_exceeds(INT64_MAX, now_ms, 1));
}

static void only_what_is_older_than_the_limit_exceeds_it(void **state)
{
	int64_t made_s = now_s - 3600;

	assert_true(age_exceeds(made_s, now_s * 1000 + 1, HOUR_MS));
	assert_false(age_exceeds(made_s, now_s * 1000, HOUR_MS));
	assert_false(age_exceeds(made_s, now_ms, 2 * HOUR_MS));
	assert_false(age_exceeds(1, now_ms, 0));
}

static void ages_are_told_in_the_largest_unit_that_fits_twice(void **state)
{
	char text[AGE_ROOM];

	age_text(0, text);
	assert_string_equal(text, "0 minutes");
	age_text(60000, text);
	assert_string_equal(text, "1 minute");
	age_text(2 * HOUR_MS - 1, text);
	assert_string_equal(text, "119 minutes");
	age_text(2 * HOUR_MS, text);
	assert_string_equal(text, "2 hours");
	age_text((int64_t)47 * HOUR_MS, text);
	assert_string_equal(text, "47 hours");
	age_text((int64_t)9 * 24 * HOUR_MS, text);
	assert_string_equal(text, "9 days");
	age_text(INT64_MAX, text);
	assert_string_equal(text, "106751991167 days");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_age_is_from_then_to_now),
	        cmocka_unit_test(what_was_never_made_or_is_of_the_future_has_no_age),
	        cmocka_unit_test(only_what_is_older_than_the_limit_exceeds_it),
	        cmocka_unit_test(ages_are_told_in_the_largest_unit_that_fits_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
