#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "submitter/qfront/plan.h"

static Lz__Recipient people[3] = {LZ__RECIPIENT__INIT, LZ__RECIPIENT__INIT, LZ__RECIPIENT__INIT};
static Lz__Recipient *recipients[3] = {&people[0], &people[1], &people[2]};
static Lz__Submission submission = LZ__SUBMISSION__INIT;
static uint32_t all[] = {0, 1, 2}, first[] = {0}, others[] = {1, 2};
static Lz__Group a, b;
static Lz__Group *groups[] = {&a, &b};
static Lz__Verdict verdict;
static char *items[] = {"0123456789abcdef"};

static int begin(void **state)
{
	people[0].address = "a@x";
	people[1].address = "b@x";
	people[2].address = "c@x";
	submission.recipients = recipients;
	submission.n_recipients = 3;
	verdict = (Lz__Verdict)LZ__VERDICT__INIT;
	verdict.groups = groups;
	verdict.n_groups = 1;
	a = (Lz__Group)LZ__GROUP__INIT;
	a.recipients = all;
	a.n_recipients = 3;
	b = (Lz__Group)LZ__GROUP__INIT;
	b.recipients = others;
	b.n_recipients = 2;
	return 0;
}

static void two_groups(Lz__Disposition one, Lz__Disposition two)
{
	verdict.n_groups = 2;
	a.recipients = first;
	a.n_recipients = 1;
	a.disposition = one;
	b.disposition = two;
}

static void a_clean_message_goes_out_once_and_nobody_else_has_to_know(void **state)
{
	struct plan plan;

	plan_make(&verdict, &submission, NULL, &plan);
	assert_int_equal(plan.leg_count, 1);
	assert_int_equal(plan.legs[0].count, 3);
	assert_int_equal(plan.status, ANSWER_DONE);
	assert_false(plan.confirm);
	assert_true(plan.alone);
	plan_fini(&plan);
}

static void who_was_served_before_is_not_served_again(void **state)
{
	char *delivered[] = {"b@x"};
	struct plan plan;

	verdict.delivered = delivered;
	verdict.n_delivered = 1;
	plan_make(&verdict, &submission, NULL, &plan);
	assert_int_equal(plan.leg_count, 1);
	assert_int_equal(plan.legs[0].count, 2);
	assert_int_equal(plan.legs[0].recipients[1], 2);
	assert_true(plan.confirm);
	plan_fini(&plan);
	a.recipients = others;
	a.n_recipients = 1;
	plan_make(&verdict, &submission, NULL, &plan);
	assert_int_equal(plan.leg_count, 0);
	plan_fini(&plan);
}

static void who_is_known_to_have_it_gets_neither_it_nor_another_answer(void **state)
{
	const unsigned char one[] = {0, 1, 0}, everybody[] = {1, 1, 1};
	struct plan plan;

	plan_make(&verdict, &submission, one, &plan);
	assert_int_equal(plan.leg_count, 1);
	assert_int_equal(plan.legs[0].count, 2);
	plan_fini(&plan);
	plan_make(&verdict, &submission, everybody, &plan);
	assert_int_equal(plan.leg_count, 0);
	assert_int_equal(plan.status, ANSWER_DONE);
	plan_fini(&plan);
	a.disposition = LZ__DISPOSITION__REJECT;
	plan_make(&verdict, &submission, everybody, &plan);
	assert_int_equal(plan.status, ANSWER_DONE);
	plan_fini(&plan);
}

static void a_held_message_is_done_once_the_quarantine_knows(void **state)
{
	struct plan plan;

	a.disposition = LZ__DISPOSITION__QUARANTINE;
	a.items = items;
	a.n_items = 1;
	plan_make(&verdict, &submission, NULL, &plan);
	assert_int_equal(plan.leg_count, 0);
	assert_int_equal(plan.status, ANSWER_DONE);
	assert_true(plan.confirm);
	plan_fini(&plan);
}

static void a_rejection_says_its_code_and_text(void **state)
{
	struct plan plan;

	a.disposition = LZ__DISPOSITION__REJECT;
	a.code = 553;
	a.enhanced = "5.7.9";
	a.text = "no\tworms";
	plan_make(&verdict, &submission, NULL, &plan);
	assert_int_equal(plan.status, ANSWER_REJECT);
	assert_string_equal(plan.text, "5.7.9 553 no?worms");
	assert_false(plan.confirm);
	plan_fini(&plan);
}

static void a_rejection_of_some_never_bounces_the_others(void **state)
{
	struct plan plan;

	two_groups(LZ__DISPOSITION__REJECT, LZ__DISPOSITION__DELIVER);
	plan_make(&verdict, &submission, NULL, &plan);
	assert_int_equal(plan.status, ANSWER_LATER);
	plan_fini(&plan);
}

static void groups_go_out_one_by_one_and_a_deferred_one_makes_it_later(void **state)
{
	struct plan plan;

	two_groups(LZ__DISPOSITION__DELIVER, LZ__DISPOSITION__REDIRECT);
	plan_make(&verdict, &submission, NULL, &plan);
	assert_int_equal(plan.leg_count, 2);
	assert_true(plan.confirm);
	assert_false(plan.alone);
	plan_fini(&plan);
	two_groups(LZ__DISPOSITION__DEFER, LZ__DISPOSITION__DELIVER);
	a.enhanced = "4.7.1";
	a.text = "wait";
	plan_make(&verdict, &submission, NULL, &plan);
	assert_int_equal(plan.leg_count, 1);
	assert_int_equal(plan.status, ANSWER_LATER);
	assert_string_equal(plan.text, "4.7.1 wait");
	plan_fini(&plan);
}

static void a_text_never_contradicts_its_status(void **state)
{
	char out[64];

	plan_text(ANSWER_LATER, "5.1.1", "451 4.3.0 busy", out, sizeof(out));
	assert_string_equal(out, "4.3.0 451 4.3.0 busy");
	plan_text(ANSWER_LATER, "", "4.2.2 full", out, sizeof(out));
	assert_string_equal(out, "4.2.2 full");
	plan_text(ANSWER_REJECT, "", "", out, sizeof(out));
	assert_string_equal(out, "5.7.1 no reason given");
	plan_text(ANSWER_REJECT, "", "5.1.1 \xc3\xa9\n", out, 12);
	assert_string_equal(out, "5.1.1 ???");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(
	                who_is_known_to_have_it_gets_neither_it_nor_another_answer, begin),
	        cmocka_unit_test_setup(
	                a_clean_message_goes_out_once_and_nobody_else_has_to_know, begin),
	        cmocka_unit_test_setup(who_was_served_before_is_not_served_again, begin),
	        cmocka_unit_test_setup(a_held_message_is_done_once_the_quarantine_knows, begin),
	        cmocka_unit_test_setup(a_rejection_says_its_code_and_text, begin),
	        cmocka_unit_test_setup(a_rejection_of_some_never_bounces_the_others, begin),
	        cmocka_unit_test_setup(
	                groups_go_out_one_by_one_and_a_deferred_one_makes_it_later, begin),
	        cmocka_unit_test(a_text_never_contradicts_its_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
