#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "submitter/qfront/brokers.h"
#include "submitter/qfront/budget.h"

static void brokers_are_tried_in_their_order(void **state)
{
	struct brokers brokers;

	brokers_init(&brokers, 3);
	assert_int_equal(brokers_next(&brokers, 0, 0), 0);
	assert_int_equal(brokers_next(&brokers, 1, 0), 1);
	assert_int_equal(brokers_next(&brokers, 5, 0), 1);
	assert_int_equal(brokers_next(&brokers, 7, 0), -1);
}

static void one_that_failed_rests_and_comes_last(void **state)
{
	struct brokers brokers;

	brokers_init(&brokers, 2);
	brokers_failed(&brokers, 0, 1000);
	assert_int_equal(brokers_next(&brokers, 0, 1001), 1);
	assert_int_equal(brokers_next(&brokers, 2, 1001), 0);
	assert_int_equal(brokers_next(&brokers, 0, 1000 + BROKERS_REST_MS), 0);
}

static void one_that_is_heard_again_rests_no_more(void **state)
{
	struct brokers brokers;

	brokers_init(&brokers, 2);
	brokers_failed(&brokers, 0, 1000);
	brokers_heard(&brokers, 0);
	assert_int_equal(brokers_next(&brokers, 0, 1001), 0);
}

static void where_all_rest_the_first_is_tried_all_the_same(void **state)
{
	struct brokers brokers;

	brokers_init(&brokers, 1);
	brokers_failed(&brokers, 0, 1000);
	assert_int_equal(brokers_next(&brokers, 0, 1001), 0);
	brokers_init(&brokers, 1000);
	assert_int_equal(brokers.count, BROKERS_MAX);
}

static void what_is_in_hand_stays_in_its_bounds(void **state)
{
	struct budget budget = {.max_messages = 2, .max_bytes = 10};

	assert_true(budget_enter(&budget) && budget_enter(&budget));
	assert_false(budget_enter(&budget));
	assert_true(budget_take(&budget, 10));
	assert_false(budget_take(&budget, 1));
	assert_false(budget_take(&budget, UINT64_MAX));
	budget_leave(&budget, 4);
	assert_true(budget_enter(&budget));
	assert_true(budget_take(&budget, 4));
	assert_false(budget_take(&budget, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(brokers_are_tried_in_their_order),
	        cmocka_unit_test(one_that_failed_rests_and_comes_last),
	        cmocka_unit_test(one_that_is_heard_again_rests_no_more),
	        cmocka_unit_test(where_all_rest_the_first_is_tried_all_the_same),
	        cmocka_unit_test(what_is_in_hand_stays_in_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
