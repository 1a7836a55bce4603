#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lazaret/plan.h"

/* Three programs, and a clock that is told. */
static const struct plan_times times = {
        .ready = 1000, .stop = 500, .pause = 200, .pause_most = 1500, .steady = 60000};

static void expect(struct plan *plan, int64_t now, enum plan_order order, size_t which)
{
	size_t program = 99;
	enum plan_order found = plan_next(plan, now, &program);

	if (found != order)
		fail_msg("at %d: found order %d for %zu, expected %d for %zu", (int)now, found,
		        program, order, which);
	if (order == PLAN_START || order == PLAN_TERM || order == PLAN_KILL)
		assert_int_equal(program, which);
}

static struct plan *all_ready(void)
{
	struct plan *plan = plan_new(3, &times);
	size_t i;

	for (i = 0; i < 3; i++) {
		expect(plan, 0, PLAN_START, i);
		plan_is_ready(plan, i, 0);
	}
	expect(plan, 0, PLAN_READY, 0);
	expect(plan, 0, PLAN_NOTHING, 0);
	return plan;
}

static void each_starts_when_the_one_before_is_ready(void **state)
{
	struct plan *plan = plan_new(3, &times);

	expect(plan, 0, PLAN_START, 0);
	expect(plan, 0, PLAN_NOTHING, 0);
	assert_int_equal(plan_due(plan), 1000);
	plan_is_ready(plan, 0, 10);
	expect(plan, 10, PLAN_START, 1);
	expect(plan, 10, PLAN_NOTHING, 0);
	plan_is_ready(plan, 1, 20);
	expect(plan, 20, PLAN_START, 2);
	plan_is_ready(plan, 2, 30);
	expect(plan, 30, PLAN_READY, 0);
	expect(plan, 30, PLAN_NOTHING, 0);
	assert_int_equal(plan_due(plan), -1);
	plan_free(&plan);
	assert_null(plan);
}

static void one_that_never_gets_ready_ends_everything(void **state)
{
	struct plan *plan = plan_new(3, &times);
	size_t failed;

	expect(plan, 0, PLAN_START, 0);
	plan_is_ready(plan, 0, 10);
	expect(plan, 10, PLAN_START, 1);
	expect(plan, 1009, PLAN_NOTHING, 0);
	expect(plan, 1010, PLAN_KILL, 1);
	expect(plan, 1010, PLAN_NOTHING, 0);
	plan_died(plan, 1, 1020);
	expect(plan, 1020, PLAN_TERM, 0);
	plan_died(plan, 0, 1030);
	expect(plan, 1030, PLAN_END, 0);
	assert_true(plan_failed(plan, &failed));
	assert_int_equal(failed, 1);
	plan_free(&plan);
}

static void one_that_dies_at_its_first_start_ends_everything(void **state)
{
	struct plan *plan = plan_new(3, &times);
	size_t failed;

	expect(plan, 0, PLAN_START, 0);
	plan_died(plan, 0, 5);
	expect(plan, 5, PLAN_END, 0);
	assert_true(plan_failed(plan, &failed));
	assert_int_equal(failed, 0);
	plan_free(&plan);
}

static void what_dies_is_started_again_after_a_pause_that_doubles(void **state)
{
	static const int64_t pauses[] = {200, 400, 800, 1500, 1500};
	struct plan *plan = all_ready();
	int64_t now = 100;
	size_t i, failed;

	for (i = 0; i < 5; i++) {
		plan_died(plan, 1, now);
		assert_int_equal(plan_due(plan), now + pauses[i]);
		expect(plan, now + pauses[i] - 1, PLAN_NOTHING, 0);
		now += pauses[i];
		expect(plan, now, PLAN_START, 1);
		expect(plan, now, PLAN_NOTHING, 0);
		if (i % 2) /* whether it got ready or not: it did not live long */
			plan_is_ready(plan, 1, now);
	}
	assert_int_equal(plan_state(plan, 0), PROGRAM_READY);
	assert_false(plan_failed(plan, &failed));
	plan_free(&plan);
}

static void a_long_life_makes_the_pause_short_again(void **state)
{
	struct plan *plan = all_ready();

	plan_died(plan, 2, 100);
	expect(plan, 300, PLAN_START, 2);
	plan_is_ready(plan, 2, 300);
	plan_died(plan, 2, 400);
	assert_int_equal(plan_due(plan), 800);
	expect(plan, 800, PLAN_START, 2);
	plan_is_ready(plan, 2, 800);
	plan_died(plan, 2, 60800);
	assert_int_equal(plan_due(plan), 61000);
	plan_free(&plan);
}

static void a_restarted_one_that_hangs_is_killed_and_tried_again(void **state)
{
	struct plan *plan = all_ready();

	plan_died(plan, 0, 0);
	expect(plan, 200, PLAN_START, 0);
	expect(plan, 1199, PLAN_NOTHING, 0);
	expect(plan, 1200, PLAN_KILL, 0);
	expect(plan, 1200, PLAN_NOTHING, 0);
	plan_died(plan, 0, 1210);
	assert_int_equal(plan_due(plan), 1610);
	expect(plan, 1610, PLAN_START, 0);
	plan_free(&plan);
}

static void stopping_goes_backwards_one_by_one(void **state)
{
	struct plan *plan = all_ready();
	size_t failed;

	plan_stop(plan);
	expect(plan, 10, PLAN_TERM, 2);
	expect(plan, 10, PLAN_NOTHING, 0);
	plan_died(plan, 2, 20);
	expect(plan, 20, PLAN_TERM, 1);
	expect(plan, 519, PLAN_NOTHING, 0);
	assert_int_equal(plan_due(plan), 520);
	expect(plan, 520, PLAN_KILL, 1);
	expect(plan, 520, PLAN_NOTHING, 0);
	plan_died(plan, 1, 530);
	expect(plan, 530, PLAN_TERM, 0);
	plan_died(plan, 0, 540);
	expect(plan, 540, PLAN_END, 0);
	assert_false(plan_failed(plan, &failed));
	plan_free(&plan);
}

static void nothing_is_started_while_stopping(void **state)
{
	struct plan *plan = all_ready();

	plan_died(plan, 2, 0);
	plan_stop(plan);
	plan_stop(plan);
	expect(plan, 300, PLAN_TERM, 1);
	plan_died(plan, 0, 310); /* out of turn */
	plan_died(plan, 1, 320);
	expect(plan, 320, PLAN_END, 0);
	plan_free(&plan);
}

static void stopping_in_the_middle_of_the_start_works(void **state)
{
	struct plan *plan = plan_new(3, &times);
	size_t failed;

	expect(plan, 0, PLAN_START, 0);
	plan_is_ready(plan, 0, 1);
	expect(plan, 1, PLAN_START, 1);
	plan_stop(plan);
	expect(plan, 2, PLAN_TERM, 1);
	plan_is_ready(plan, 1, 3); /* too late to matter */
	assert_int_equal(plan_state(plan, 1), PROGRAM_ENDING);
	plan_died(plan, 1, 4);
	expect(plan, 4, PLAN_TERM, 0);
	plan_died(plan, 0, 5);
	expect(plan, 5, PLAN_END, 0);
	assert_false(plan_failed(plan, &failed));
	plan_free(&plan);
}

static void states_have_names(void **state)
{
	assert_string_equal(program_state_name(PROGRAM_WAITING), "waiting");
	assert_string_equal(program_state_name(PROGRAM_GONE), "gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_starts_when_the_one_before_is_ready),
	        cmocka_unit_test(one_that_never_gets_ready_ends_everything),
	        cmocka_unit_test(one_that_dies_at_its_first_start_ends_everything),
	        cmocka_unit_test(what_dies_is_started_again_after_a_pause_that_doubles),
	        cmocka_unit_test(a_long_life_makes_the_pause_short_again),
	        cmocka_unit_test(a_restarted_one_that_hangs_is_killed_and_tried_again),
	        cmocka_unit_test(stopping_goes_backwards_one_by_one),
	        cmocka_unit_test(nothing_is_started_while_stopping),
	        cmocka_unit_test(stopping_in_the_middle_of_the_start_works),
	        cmocka_unit_test(states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
