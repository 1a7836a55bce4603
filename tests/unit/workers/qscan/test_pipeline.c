#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/pipeline.h"

static const char yaml[] = "site: {name: mx.example.org, admin: postmaster@example.org}\n"
                           "front: {next_hop: 'localhost:26'}\n"
                           "virus: {enabled: false}\n"
                           "spam: {enabled: false}\n"
                           "access:\n"
                           "  rules:\n"
                           "    - {name: bad, senders: ['@bad.example'], action: reject}\n"
                           "    - {name: one, senders: ['@half.example'],\n"
                           "       recipients: [anna@example.org], action: reject}\n"
                           "subject:\n"
                           "  rules:\n"
                           "    - {name: worm, match: exact, patterns: ['ILOVEYOU'],\n"
                           "       action: reject, code: 553}\n";

static struct config *config;
static struct pipeline *pipeline;

static void complain(void *context, const char *sentence)
{
	fail_msg("%s", sentence);
}

static int open_pipeline(void **state)
{
	struct err err;

	if (config_parse("test", yaml, strlen(yaml), &config, &err) != RESULT_OK ||
	        pipeline_open(config, complain, NULL, &pipeline, &err) != RESULT_OK ||
	        pipeline_settle(pipeline, &err) != RESULT_OK) {
		print_error("%s\n", err.text);
		return -1;
	}
	return 0;
}

static int close_pipeline(void **state)
{
	pipeline_close(&pipeline);
	config_free(&config);
	return 0;
}

/* A message to Anna and Bert, not looked at yet. */
static struct made *message(const char *sender, const char *mail)
{
	struct made *made = made_start(mail);

	made_add_recipient(made, "anna@example.org");
	made_add_recipient(made, "bert@example.org");
	free(made->submission->reverse_path);
	made->submission->reverse_path = alloc_string(sender);
	scan_init(&made->scan, config, made->submission, made->mail, strlen(made->mail));
	return made;
}

static const struct check_cost *cost(const struct made *made, const char *check)
{
	size_t i;

	for (i = 0; i < made->scan.cost_count; i++)
		if (strcmp(made->scan.costs[i].name, check) == 0)
			return &made->scan.costs[i];
	fail_msg("no check is called %s", check);
	return NULL;
}

static void every_check_is_told_in_its_order(void **state)
{
	static const char *const order[] = {
	        "access", "size", "map", "subject", "attachments", "virus", "model", "spam"};
	struct made *made = message("x@good.example", "Subject: hi\r\n\r\nbody\r\n");
	size_t i;

	pipeline_run(pipeline, &made->scan);
	assert_int_equal(made->scan.cost_count, 8);
	for (i = 0; i < 8; i++)
		assert_string_equal(made->scan.costs[i].name, order[i]);
	assert_false(cost(made, "attachments")->skipped);
	made_decide(made);
	assert_int_equal(made->decision->groups[0].disposition, LZ__DISPOSITION__DELIVER);
	made_free(&made);
}

static void what_is_refused_for_all_is_not_looked_at_further(void **state)
{
	struct made *made = message("x@bad.example", "Subject: hi\r\n\r\nbody\r\n");

	pipeline_run(pipeline, &made->scan);
	assert_true(cost(made, "map")->skipped);
	assert_true(cost(made, "attachments")->skipped);
	made_decide(made);
	assert_int_equal(made->decision->groups[0].disposition, LZ__DISPOSITION__REJECT);
	made_free(&made);
}

static void a_dry_run_of_what_is_refused_for_all_is_looked_at_to_the_end(void **state)
{
	struct made *made = message("x@bad.example", "Subject: hi\r\n\r\nbody\r\n");

	made->submission->dry_run = 1;
	pipeline_run(pipeline, &made->scan);
	assert_false(cost(made, "map")->skipped);
	assert_false(cost(made, "attachments")->skipped);
	made_decide(made);
	assert_int_equal(made->decision->groups[0].disposition, LZ__DISPOSITION__REJECT);
	made_free(&made);
}

static void what_is_refused_for_some_is_looked_at_to_the_end(void **state)
{
	struct made *made = message("x@half.example", "Subject: hi\r\n\r\nbody\r\n");

	pipeline_run(pipeline, &made->scan);
	assert_false(cost(made, "attachments")->skipped);
	made_free(&made);
}

static void a_worms_subject_ends_it_before_anything_is_unpacked(void **state)
{
	struct made *made = message("x@good.example", "Subject: ILOVEYOU\r\n\r\nbody\r\n");

	pipeline_run(pipeline, &made->scan);
	assert_true(cost(made, "attachments")->skipped);
	made_decide(made);
	assert_int_equal(made->decision->groups[0].disposition, LZ__DISPOSITION__REJECT);
	assert_int_equal(made->decision->groups[0].outcome.code, 553);
	made_free(&made);
}

static void a_check_whose_turn_comes_too_late_is_unscanned(void **state)
{
	struct made *made = message("x@good.example", "Subject: hi\r\n\r\nbody\r\n");

	made->scan.deadline_us = clock_monotonic_us() - 1;
	pipeline_run(pipeline, &made->scan);
	assert_true(made->scan.finding_count > 0);
	assert_int_equal(made->scan.findings[0].unscanned, UNSCANNED_TIMEOUT);
	made_decide(made);
	assert_int_not_equal(
	        made->decision->groups[0].outcome.unscanned & 1u << UNSCANNED_TIMEOUT, 0);
	made_free(&made);
}

static void a_message_read_in_two_ways_is_ambiguous(void **state)
{
	struct made *made = message("x@good.example",
	        "Content-Type: multipart/mixed; boundary=A; boundary=B\r\n\r\n"
	        "--A\r\n\r\none\r\n--A--\r\n--B\r\n\r\ntwo\r\n--B--\r\n");

	pipeline_run(pipeline, &made->scan);
	made_decide(made);
	assert_int_not_equal(
	        made->decision->groups[0].outcome.unscanned & 1u << UNSCANNED_AMBIGUOUS, 0);
	made_free(&made);
}

static void tenths_that_add_up_to_a_threshold_meet_it(void **state)
{
	struct made *made = message("x@good.example", "Subject: hi\r\n\r\nbody\r\n");
	const double points[] = {4.3, 0.6, 0.1}; /* as doubles less than 5 */
	size_t at;

	for (at = 0; at < 3; at++)
		scan_find(&made->scan, "spam", "spam", "RULE")->points = points[at];
	pipeline_run(pipeline, &made->scan);
	made_decide(made);
	assert_int_equal(made->decision->groups[0].outcome.spam, 1);
	made_free(&made);
}

static void a_declined_message_is_not_touched(void **state)
{
	struct made *made = message("x@good.example", "Subject: ILOVEYOU\r\n\r\nbody\r\n");

	pipeline_decline(&made->scan, UNSCANNED_MEMORY);
	assert_null(made->scan.map);
	assert_int_equal(made->scan.finding_count, 1);
	assert_int_equal(made->scan.findings[0].unscanned, UNSCANNED_MEMORY);
	made_free(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_check_is_told_in_its_order),
	        cmocka_unit_test(what_is_refused_for_all_is_not_looked_at_further),
	        cmocka_unit_test(a_dry_run_of_what_is_refused_for_all_is_looked_at_to_the_end),
	        cmocka_unit_test(what_is_refused_for_some_is_looked_at_to_the_end),
	        cmocka_unit_test(a_worms_subject_ends_it_before_anything_is_unpacked),
	        cmocka_unit_test(a_check_whose_turn_comes_too_late_is_unscanned),
	        cmocka_unit_test(a_message_read_in_two_ways_is_ambiguous),
	        cmocka_unit_test(tenths_that_add_up_to_a_threshold_meet_it),
	        cmocka_unit_test(a_declined_message_is_not_touched),
	};

	return cmocka_run_group_tests(tests, open_pipeline, close_pipeline);
}
