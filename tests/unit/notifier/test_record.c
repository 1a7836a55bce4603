#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notifier/record.h"

static const struct record_limits limits = {.retry_ms = 1000, .attempts = 3};
static char one[] = "a@example.org", two[] = "b@example.org";

static void test_a_record_that_all_have_taken_is_done(void **state)
{
	struct record_outcome outcome = {0};

	record_outcome_add(&outcome, one, RESULT_OK, "250 ok");
	record_outcome_settle(&outcome, 0, &limits);
	assert_true(outcome.done);
	assert_false(outcome.dead);
	record_outcome_fini(&outcome);
}

static void test_only_those_not_served_remain(void **state)
{
	struct record_outcome outcome = {0};

	record_outcome_add(&outcome, one, RESULT_OK, "250 ok");
	record_outcome_add(&outcome, two, RESULT_TEMPORARY, "451 later");
	record_outcome_settle(&outcome, 0, &limits);
	assert_false(outcome.done);
	assert_false(outcome.dead);
	assert_int_equal(outcome.remaining_count, 1);
	assert_string_equal(outcome.remaining[0], two);
	assert_string_equal(outcome.text.data, "b@example.org: 451 later");
	record_outcome_fini(&outcome);
}

static void test_an_unsure_end_is_tried_again(void **state)
{
	struct record_outcome outcome = {0};

	record_outcome_add(&outcome, one, RESULT_UNSURE, "4.4.2 no reply");
	record_outcome_settle(&outcome, 0, &limits);
	assert_int_equal(outcome.remaining_count, 1);
	assert_false(outcome.dead);
	record_outcome_fini(&outcome);
}

static void test_a_refusal_for_good_is_not_tried_again(void **state)
{
	struct record_outcome outcome = {0};

	record_outcome_add(&outcome, one, RESULT_PERMANENT, "550 no such user");
	record_outcome_settle(&outcome, 0, &limits);
	assert_true(outcome.dead);
	assert_false(outcome.done);
	record_outcome_fini(&outcome);
}

static void test_a_refusal_of_one_does_not_end_the_tries_for_the_other(void **state)
{
	struct record_outcome outcome = {0};

	record_outcome_add(&outcome, one, RESULT_PERMANENT, "550 no such user");
	record_outcome_add(&outcome, two, RESULT_TEMPORARY, "451 later");
	record_outcome_settle(&outcome, 0, &limits);
	assert_false(outcome.dead);
	assert_int_equal(outcome.remaining_count, 1);
	record_outcome_fini(&outcome);
}

static void test_the_pause_doubles_and_is_bounded_and_the_tries_end(void **state)
{
	static const struct record_limits many = {.retry_ms = 1000, .attempts = 100};
	static const int64_t pauses[] = {1000, 2000, 4000, 8000, 16000, 32000, 64000, 64000};
	uint32_t attempt;

	for (attempt = 0; attempt < 8; attempt++) {
		struct record_outcome outcome = {0};

		record_outcome_add(&outcome, one, RESULT_TEMPORARY, "451 later");
		record_outcome_settle(&outcome, attempt, &many);
		assert_int_equal(outcome.retry_ms, pauses[attempt]);
		record_outcome_fini(&outcome);
		record_outcome_add(&outcome, one, RESULT_TEMPORARY, "451 later");
		record_outcome_settle(&outcome, attempt, &limits);
		assert_int_equal(outcome.dead, attempt >= 2);
		record_outcome_fini(&outcome);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_record_that_all_have_taken_is_done),
	        cmocka_unit_test(test_only_those_not_served_remain),
	        cmocka_unit_test(test_an_unsure_end_is_tried_again),
	        cmocka_unit_test(test_a_refusal_for_good_is_not_tried_again),
	        cmocka_unit_test(test_a_refusal_of_one_does_not_end_the_tries_for_the_other),
	        cmocka_unit_test(test_the_pause_doubles_and_is_bounded_and_the_tries_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
