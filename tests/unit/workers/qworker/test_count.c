#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "workers/qworker/count.h"

static struct count count;

static int set_up(void **state)
{
	memset(&count, 0, sizeof(count));
	return 0;
}

static void values_of_a_name_add_up(void **state)
{
	count_add(&count, "messages", 1);
	count_add(&count, "bytes", 70);
	count_add(&count, "messages", 2);
	assert_int_equal(count_value(&count, "messages"), 3);
	assert_int_equal(count_value(&count, "bytes"), 70);
	assert_int_equal(count_value(&count, "nothing"), 0);
}

static void names_never_outgrow_their_room(void **state)
{
	char name[100];
	int i;

	for (i = 0; i < COUNT_NAMES + 50; i++) {
		snprintf(name, sizeof(name), "name.%d", i);
		count_add(&count, name, 1);
	}
	assert_int_equal(count.size, COUNT_NAMES);
}

static void a_dry_run_is_not_counted(void **state)
{
	Lz__ScanResult result = LZ__SCAN_RESULT__INIT;
	Lz__Verdict verdict = LZ__VERDICT__INIT;
	Lz__Submission submission = LZ__SUBMISSION__INIT;

	result.verdict = &verdict;
	submission.dry_run = 1;
	count_result(&count, &result, &submission, 1000);
	assert_int_equal(count.size, 0);
	submission.dry_run = 0;
	count_result(&count, &result, &submission, 1000);
	assert_int_equal(count_value(&count, "messages"), 1);
}

static void a_verdict_is_counted_by_what_it_does_and_why(void **state)
{
	Lz__ScanResult result = LZ__SCAN_RESULT__INIT;
	Lz__Verdict verdict = LZ__VERDICT__INIT;
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	Lz__Group group = LZ__GROUP__INIT;
	Lz__Group *groups[] = {&group};
	Lz__Check check = LZ__CHECK__INIT;
	Lz__Check *checks[] = {&check};
	Lz__Item item = LZ__ITEM__INIT;
	Lz__Item *items[] = {&item};

	submission.size = 1234;
	group.disposition = LZ__DISPOSITION__QUARANTINE;
	check.answer = LZ__ANSWER__UNSCANNED;
	check.why = (char *)"limit";
	item.reason = (char *)"unscanned";
	verdict.groups = groups;
	verdict.n_groups = 1;
	verdict.checks = checks;
	verdict.n_checks = 1;
	result.verdict = &verdict;
	result.items = items;
	result.n_items = 1;
	result.examined = 3;
	result.remembered = 2;
	result.left_out = 1;
	count_result(&count, &result, &submission, 500);
	assert_int_equal(count_value(&count, "messages"), 1);
	assert_int_equal(count_value(&count, "bytes"), 1234);
	assert_int_equal(count_value(&count, "scan_us"), 500);
	assert_int_equal(count_value(&count, "virus.examined"), 3);
	assert_int_equal(count_value(&count, "virus.remembered"), 2);
	assert_int_equal(count_value(&count, "virus.whole_left_out"), 1);
	assert_int_equal(count_value(&count, "disposition.quarantine"), 1);
	assert_int_equal(count_value(&count, "reason.unscanned"), 1);
	assert_int_equal(count_value(&count, "unscanned.limit"), 1);
	item.reason = (char *)"x\ny and whatever a scanner likes to say";
	count_result(&count, &result, &submission, 500);
	assert_int_equal(count.size, 10);
}

static void what_was_moved_is_counted_once(void **state)
{
	struct count other = {0};
	Lz__Count envelope;

	count_add(&count, "messages", 2);
	count_move(&count, &other);
	assert_int_equal(count.size, 0);
	count_add(&count, "messages", 5);
	count_move(&count, &other);
	count_envelope(&other, &envelope);
	assert_int_equal(envelope.n_counters, 1);
	assert_string_equal(envelope.counters[0]->name, "messages");
	assert_int_equal(envelope.counters[0]->value, 7);
	count_envelope_fini(&envelope);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(values_of_a_name_add_up),
	        TEST(names_never_outgrow_their_room),
	        TEST(a_dry_run_is_not_counted),
	        TEST(a_verdict_is_counted_by_what_it_does_and_why),
	        TEST(what_was_moved_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
