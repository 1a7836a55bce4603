#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "lib/model/fit.h"
#include "lib/model/model.h"

enum { CASES = 4000 };

static struct fit_case cases[CASES];

static double lot(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (double)(*seed >> 40) / (1 << 24);
}

/* Spam with the probability that weighs the logit thrice as much as points, and asks 2 for them. */
static void draw(void)
{
	uint64_t seed = 5;
	size_t at;

	for (at = 0; at < CASES; at++) {
		struct fit_case *one = &cases[at];

		one->logit = 8 * lot(&seed) - 4;
		one->points = 8 * lot(&seed);
		one->is_spam =
		        lot(&seed) < model_probability(0.6 * one->logit + 0.2 * one->points - 0.6);
	}
}

static void it_finds_how_the_mails_were_drawn(void **state)
{
	struct fit fit;
	struct err err;

	draw();
	assert_int_equal(fit_cases(cases, CASES, 5, &fit, &err), RESULT_OK);
	assert_true(fabs(fit.weight - 3) < 0.4);
	assert_true(fabs(fit.toll - 2) < 0.6); /* 5 - 0.6 / 0.2 */
}

static void what_is_as_likely_spam_as_ham_reaches_the_threshold_just_so(void **state)
{
	struct fit fit;
	struct fit_case even = {0, 3, 0};
	struct err err;

	draw();
	assert_int_equal(fit_cases(cases, CASES, 5, &fit, &err), RESULT_OK);
	assert_true(fabs(fit_points(&fit, &even, 20) - 5) < 0.6);
}

static void kinds_that_are_wholly_apart_have_an_end(void **state)
{
	struct fit fit;
	struct err err;
	size_t at;

	for (at = 0; at < 200; at++)
		cases[at] = (struct fit_case){at % 2 ? 9 : -9, at % 2 ? 6 : 0, at % 2};
	assert_int_equal(fit_cases(cases, 200, 5, &fit, &err), RESULT_OK);
	assert_true(fit.weight >= 0.1 && fit.weight <= 20);
	assert_true(fit_points(&fit, &cases[0], 20) < 5);
	assert_true(fit_points(&fit, &cases[1], 20) > 5);
}

static void too_few_of_a_kind_are_refused(void **state)
{
	struct fit fit;
	struct err err;
	size_t at;

	draw();
	for (at = 0; at < 100; at++)
		cases[at].is_spam = at < 19;
	assert_int_equal(fit_cases(cases, 100, 5, &fit, &err), RESULT_PERMANENT);
	assert_int_equal(fit_cases(cases, 0, 5, &fit, &err), RESULT_PERMANENT);
}

static void rules_that_say_nothing_are_refused(void **state)
{
	struct fit fit;
	struct err err;
	size_t at;

	draw();
	for (at = 0; at < CASES; at++)
		cases[at].points = 0;
	assert_int_equal(fit_cases(cases, CASES, 5, &fit, &err), RESULT_PERMANENT);
}

static void how_often_it_is_wrong_is_told_of_mails_it_was_not_found_from(void **state)
{
	const struct fit rules = {0, 0};
	struct fit_errors now, then;
	struct err err;

	draw();
	fit_judge(&rules, cases, CASES, 5, 20, &now);
	assert_int_equal(fit_cross(cases, CASES, 5, 20, &then, &err), RESULT_OK);
	assert_true(then.ham_taken + then.spam_missed < now.ham_taken + now.spam_missed);
	assert_true(then.ham_taken > 5 && then.ham_taken < 30); /* they overlap */
	assert_int_equal(fit_cross(cases, 30, 5, 20, &then, &err), RESULT_PERMANENT);
}

static void what_is_worse_is_known(void **state)
{
	const struct fit_errors now = {0.5, 3}, same = {0.5, 3}, better = {0.55, 1},
	                        more_ham = {0.7, 1}, more_spam = {0.4, 3.2};

	assert_false(fit_is_worse(&same, &now));
	assert_false(fit_is_worse(&better, &now));
	assert_true(fit_is_worse(&more_ham, &now));
	assert_true(fit_is_worse(&more_spam, &now));
}

static void the_model_has_a_bound_either_way(void **state)
{
	const struct fit fit = {10, 0};
	const struct fit_case spam = {9, 1, 1}, ham = {-9, 1, 0};

	assert_true(fit_points(&fit, &spam, 20) == 21);
	assert_true(fit_points(&fit, &ham, 20) == -19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_finds_how_the_mails_were_drawn),
	        cmocka_unit_test(what_is_as_likely_spam_as_ham_reaches_the_threshold_just_so),
	        cmocka_unit_test(kinds_that_are_wholly_apart_have_an_end),
	        cmocka_unit_test(too_few_of_a_kind_are_refused),
	        cmocka_unit_test(rules_that_say_nothing_are_refused),
	        cmocka_unit_test(how_often_it_is_wrong_is_told_of_mails_it_was_not_found_from),
	        cmocka_unit_test(what_is_worse_is_known),
	        cmocka_unit_test(the_model_has_a_bound_either_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
