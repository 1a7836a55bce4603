#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "submitter/qfront/keep.h"

static Lz__Recipient recipient, *recipients[1] = {&recipient};
static Lz__Submission submission;
static Lz__Verdict verdict;

static int set_up(void **state)
{
	lz__recipient__init(&recipient);
	lz__submission__init(&submission);
	lz__verdict__init(&verdict);
	recipient.address = (char *)"r@example.net";
	submission.reverse_path = (char *)"anna@example.org";
	submission.sasl_username = (char *)"anna";
	submission.client_address = (char *)"192.0.2.1";
	submission.recipients = recipients;
	submission.n_recipients = 1;
	return 0;
}

/* Who is told; "" is nobody. */
static void expect_told(const char *wanted)
{
	const struct keep keep = {&submission, &verdict, "550 no", "admin@example.org"};
	const size_t all[1] = {0};
	Lz__Store *store = keep_make(&keep, all, 1);
	const Lz__Item *item = store->items[0];

	assert_string_equal(item->reason, "undeliverable");
	assert_string_equal(item->n_notices ? item->notices[0]->to : "", wanted);
	lz__store__free_unpacked(store, NULL);
}

static void who_is_authenticated_is_told_as_by_a_bounce(void **state)
{
	expect_told("anna@example.org");
}

static void who_may_be_forged_or_is_no_person_is_not_told_but_the_administrator(void **state)
{
	verdict.automatic = 1;
	expect_told("admin@example.org");
	verdict.automatic = 0;
	submission.sasl_username = (char *)"";
	expect_told("admin@example.org");
}

static void of_a_notice_that_came_back_nobody_is_told(void **state)
{
	verdict.automatic = verdict.marked = 1;
	expect_told("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(who_is_authenticated_is_told_as_by_a_bounce, set_up),
	        cmocka_unit_test_setup(
	                who_may_be_forged_or_is_no_person_is_not_told_but_the_administrator,
	                set_up),
	        cmocka_unit_test_setup(of_a_notice_that_came_back_nobody_is_told, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
