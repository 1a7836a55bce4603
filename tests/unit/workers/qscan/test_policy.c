#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/workers/qscan/made.h"

static struct made *made;

static int set_up(void **state)
{
	made = made_new(
	        "Subject: hello\r\n\r\nbody\r\n", "anna@example.org", "bert@example.org", NULL);
	return 0;
}

static int tear_down(void **state)
{
	made_free(&made);
	return 0;
}

/* A finding that asks for `action`, of everybody. */
static struct finding *asks(const char *reason, enum action action)
{
	struct finding *finding = scan_find(&made->scan, reason, reason, "SYMBOL");

	finding->action = action;
	return finding;
}

static const struct group *group_of(size_t recipient)
{
	size_t i, j;

	made_decide(made);
	for (i = 0; i < made->decision->count; i++)
		for (j = 0; j < made->decision->groups[i].count; j++)
			if (made->decision->groups[i].recipients[j] == recipient)
				return &made->decision->groups[i];
	fail_msg("recipient %zu is in no group", recipient);
	return NULL;
}

static void assert_disposition(size_t recipient, Lz__Disposition disposition)
{
	assert_int_equal(group_of(recipient)->disposition, disposition);
}

static void a_message_without_findings_is_delivered_to_all_in_one_group(void **state)
{
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_int_equal(made->decision->count, 1);
	assert_int_equal(made->decision->groups[0].count, 2);
	assert_string_equal(made->decision->groups[0].outcome.rule, "");
}

static void the_strictest_action_wins(void **state)
{
	asks("attachment", ACTION_TAG);
	asks("attachment", ACTION_QUARANTINE);
	asks("attachment", ACTION_CUT)->part = 0;
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
}

static void the_rule_of_the_strictest_is_named(void **state)
{
	finding_text(&asks("attachment", ACTION_TAG)->rule, "attachments.mild");
	finding_text(&asks("attachment", ACTION_QUARANTINE)->rule, "attachments.strict");
	assert_string_equal(group_of(0)->outcome.rule, "attachments.strict");
}

static void a_virus_does_what_policy_says_of_viruses(void **state)
{
	made->config.policy.virus = ACTION_DISCARD;
	asks("virus", ACTION_NONE);
	assert_disposition(0, LZ__DISPOSITION__DISCARD);
	assert_string_equal(group_of(0)->outcome.rule, "policy.virus");
}

static void suspicions_and_what_is_unwanted_have_actions_of_their_own(void **state)
{
	made->config.policy.virus = ACTION_DISCARD;
	made->config.policy.heuristic = ACTION_TAG;
	made->config.policy.pua = ACTION_QUARANTINE;
	asks("heuristic", ACTION_NONE);
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_true(group_of(0)->outcome.tagged);
	assert_string_equal(group_of(0)->outcome.rule, "policy.heuristic");
	assert_false(group_of(0)->outcome.virus);
	asks("pua", ACTION_NONE);
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
	assert_string_equal(group_of(0)->outcome.reason, "pua");
	assert_string_equal(group_of(0)->outcome.rule, "policy.pua");
}

static void what_asks_for_as_much_as_a_virus_settles_the_message(void **state)
{
	made->config.policy.virus = ACTION_CUT;
	assert_false(policy_is_settled(&made->scan, SCAN_NO_PART));
	asks("attachment", ACTION_REDIRECT);
	assert_false(policy_is_settled(&made->scan, SCAN_NO_PART)); /* somebody reads it */
	asks("attachment", ACTION_QUARANTINE);
	assert_true(policy_is_settled(&made->scan, SCAN_NO_PART));
	made->config.policy.virus = ACTION_REJECT;
	assert_false(policy_is_settled(&made->scan, SCAN_NO_PART));
}

static void a_cut_settles_its_part_alone(void **state)
{
	made->config.policy.virus = ACTION_CUT;
	asks("attachment", ACTION_CUT)->part = 1;
	assert_true(policy_is_settled(&made->scan, 1));
	assert_false(policy_is_settled(&made->scan, 0));
	assert_false(policy_is_settled(&made->scan, SCAN_NO_PART));
	made->config.policy.virus = ACTION_QUARANTINE;
	assert_false(policy_is_settled(&made->scan, 1));
}

static void what_concerns_one_recipient_settles_nothing(void **state)
{
	made->config.policy.virus = ACTION_CUT;
	finding_concern(asks("attachment", ACTION_QUARANTINE), &made->scan, 0);
	assert_false(policy_is_settled(&made->scan, SCAN_NO_PART));
	finding_concern(asks("attachment", ACTION_QUARANTINE), &made->scan, 1);
	assert_true(policy_is_settled(&made->scan, SCAN_NO_PART));
}

static void what_an_allow_rule_takes_away_settles_nothing(void **state)
{
	made->config.policy.virus = ACTION_CUT;
	asks("subject", ACTION_QUARANTINE);
	assert_true(policy_is_settled(&made->scan, SCAN_NO_PART));
	finding_concern(asks("access", ACTION_ALLOW), &made->scan, 0);
	assert_false(policy_is_settled(&made->scan, SCAN_NO_PART));
	asks("attachment", ACTION_QUARANTINE);
	assert_true(policy_is_settled(&made->scan, SCAN_NO_PART));
}

static void a_virus_is_named_where_it_asks_for_as_much_as_another(void **state)
{
	made->config.policy.virus = ACTION_QUARANTINE;
	asks("attachment", ACTION_QUARANTINE);
	asks("virus", ACTION_NONE);
	assert_string_equal(group_of(0)->outcome.reason, "virus");
}

static void each_reason_of_unscanned_has_its_own_action(void **state)
{
	made->config.policy.unscanned.encrypted = ACTION_TAG;
	made->config.policy.unscanned.timeout = ACTION_QUARANTINE;
	scan_unscanned(&made->scan, "virus", UNSCANNED_ENCRYPTED, "");
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_true(group_of(0)->outcome.tagged);
	scan_unscanned(&made->scan, "virus", UNSCANNED_TIMEOUT, "");
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
	assert_string_equal(group_of(0)->outcome.rule, "policy.unscanned.timeout");
}

static void what_spam_rules_did_not_see_is_told_and_never_held(void **state)
{
	made->config.policy.unscanned.limit = ACTION_QUARANTINE;
	scan_unscanned(&made->scan, "spam", UNSCANNED_LIMIT, "");
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_true(group_of(0)->outcome.tagged);
	assert_int_equal(group_of(0)->outcome.unscanned, 1u << UNSCANNED_LIMIT);
}

static void what_killed_the_spam_rules_is_held(void **state)
{
	made->config.policy.unscanned.crash = ACTION_QUARANTINE;
	scan_unscanned(&made->scan, "spam", UNSCANNED_CRASH, "");
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
}

static void a_part_that_took_too_much_memory_can_be_cut(void **state)
{
	made->config.policy.unscanned.memory = ACTION_CUT;
	scan_unscanned(&made->scan, "virus", UNSCANNED_MEMORY, "")->part = 0;
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_non_null(group_of(0)->outcome.cuts);
	assert_string_equal(group_of(0)->outcome.rule, "policy.unscanned.memory");
}

static void what_was_not_scanned_is_remembered_whatever_is_done(void **state)
{
	made->config.policy.unscanned.limit = ACTION_NONE;
	scan_unscanned(&made->scan, "virus", UNSCANNED_LIMIT, "");
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_int_equal(group_of(0)->outcome.unscanned, 1u << UNSCANNED_LIMIT);
}

static void a_flood_of_findings_is_held_and_hides_nothing(void **state)
{
	int i;

	for (i = 0; i < SCAN_MAX_FINDINGS + 100; i++)
		asks("spam", ACTION_NONE);
	assert_int_equal(made->scan.finding_count, SCAN_MAX_FINDINGS + 1);
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
	made->config.policy.virus = ACTION_REJECT;
	asks("virus", ACTION_NONE);
	assert_disposition(0, LZ__DISPOSITION__REJECT);
}

static void a_finding_for_one_recipient_concerns_no_other(void **state)
{
	finding_concern(asks("access", ACTION_QUARANTINE), &made->scan, 1);
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_disposition(1, LZ__DISPOSITION__QUARANTINE);
}

static void a_cut_of_no_part_holds_the_whole(void **state)
{
	asks("attachment", ACTION_CUT);
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
}

static void a_redirect_to_nowhere_is_held(void **state)
{
	asks("spam", ACTION_REDIRECT);
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
	made->config.policy.redirect_to = (char *)"spam@example.org";
	assert_disposition(0, LZ__DISPOSITION__REDIRECT);
}

/* ---- score ---- */

static void the_score_is_held_against_each_threshold(void **state)
{
	made->config.policy.spam_tag = 5;
	made->config.policy.spam_quarantine = 10;
	made->config.policy.spam_reject = 20;
	made->scan.score = 4.9;
	assert_false(group_of(0)->outcome.spam);
	made->scan.score = 5;
	assert_true(group_of(0)->outcome.spam);
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	made->scan.score = 10;
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
	assert_string_equal(group_of(0)->outcome.rule, "policy.spam_quarantine");
	assert_string_equal(group_of(0)->outcome.detail, "spam score 10.0 (threshold 10)");
	made->scan.score = 20;
	assert_disposition(0, LZ__DISPOSITION__REJECT);
}

static void a_threshold_of_zero_is_never_reached(void **state)
{
	made->scan.score = 1000;
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_false(group_of(0)->outcome.spam);
}

static void an_allowed_sender_has_no_score_but_still_viruses(void **state)
{
	made->config.policy.spam_quarantine = 10;
	made->scan.score = 50;
	asks("access", ACTION_ALLOW);
	asks("subject", ACTION_REJECT);
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	made->config.policy.virus = ACTION_QUARANTINE;
	asks("virus", ACTION_NONE);
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
}

static void allowed_for_one_is_not_allowed_for_all(void **state)
{
	finding_concern(asks("access", ACTION_ALLOW), &made->scan, 0);
	asks("subject", ACTION_QUARANTINE);
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_disposition(1, LZ__DISPOSITION__QUARANTINE);
}

/* ---- overrides ---- */

static void an_override_is_for_whom_it_names(void **state)
{
	char *berts[] = {(char *)"bert@example.org"};
	struct config_policy override = made->config.policy;

	override.recipients = (struct config_list){1, berts};
	override.virus = ACTION_DISCARD;
	made->config.policy.virus = ACTION_QUARANTINE;
	made->config.policies.count = 1;
	made->config.policies.rules = &override;
	asks("virus", ACTION_NONE);
	assert_disposition(0, LZ__DISPOSITION__QUARANTINE);
	assert_disposition(1, LZ__DISPOSITION__DISCARD);
}

/* ---- replies ---- */

static void a_reject_says_its_code_and_text(void **state)
{
	struct finding *finding = asks("subject", ACTION_REJECT);

	finding->code = 553;
	finding_text(&finding->text, "no worms\r\n250 ok");
	assert_int_equal(group_of(0)->outcome.code, 553);
	assert_string_equal(group_of(0)->outcome.text, "no worms??250 ok");
	assert_string_equal(policy_enhanced(553), "5.7.1");
}

static void a_reject_without_a_code_gets_one(void **state)
{
	asks("subject", ACTION_REJECT);
	assert_int_equal(group_of(0)->outcome.code, 550);
}

static void a_reject_with_a_4xx_code_is_a_defer(void **state)
{
	asks("access", ACTION_REJECT)->code = 450;
	assert_disposition(0, LZ__DISPOSITION__DEFER);
	assert_int_equal(group_of(0)->outcome.code, 450);
}

static void enhanced_codes_have_the_class_of_their_reply(void **state)
{
	assert_string_equal(policy_enhanced(552), "5.3.4");
	assert_string_equal(policy_enhanced(450), "4.7.1");
	assert_string_equal(policy_enhanced(599), "5.7.1");
}

/* ---- doors ---- */

static void a_reject_for_some_is_held_where_the_door_has_one_answer(void **state)
{
	finding_concern(asks("access", ACTION_REJECT), &made->scan, 1);
	assert_disposition(0, LZ__DISPOSITION__DELIVER);
	assert_disposition(1, LZ__DISPOSITION__QUARANTINE);
	made->submission->reply_per_recipient = 1;
	assert_disposition(1, LZ__DISPOSITION__REJECT);
}

static void rejects_for_all_stay_and_say_the_same(void **state)
{
	struct finding *finding = asks("access", ACTION_REJECT);

	finding_concern(finding, &made->scan, 0);
	finding->code = 554;
	finding_concern(asks("access", ACTION_REJECT), &made->scan, 1);
	assert_disposition(0, LZ__DISPOSITION__REJECT);
	assert_disposition(1, LZ__DISPOSITION__REJECT);
	assert_int_equal(group_of(0)->outcome.code, group_of(1)->outcome.code);
}

static void one_defer_defers_all_where_the_door_has_one_answer(void **state)
{
	finding_concern(asks("access", ACTION_DEFER), &made->scan, 0);
	finding_concern(asks("access", ACTION_REJECT), &made->scan, 1);
	assert_disposition(0, LZ__DISPOSITION__DEFER);
	assert_disposition(1, LZ__DISPOSITION__DEFER);
	assert_int_equal(group_of(1)->outcome.code / 100, 4);
}

static void more_outcomes_than_groups_are_held(void **state)
{
	struct made *crowd = made_new_crowd(POLICY_MAX_GROUPS + 50);
	struct finding *finding;
	size_t i, members = 0;

	for (i = 0; i < POLICY_MAX_GROUPS + 50; i++) {
		finding = scan_find(&crowd->scan, "access", "access", "X");
		finding_concern(finding, &crowd->scan, i);
		finding->action = ACTION_TAG;
		finding_text(&finding->rule, "rule-%zu", i);
	}
	made_decide(crowd);
	assert_int_equal(crowd->decision->count, POLICY_MAX_GROUPS + 1);
	assert_int_equal(crowd->decision->groups[POLICY_MAX_GROUPS].disposition,
	        LZ__DISPOSITION__QUARANTINE);
	for (i = 0; i < crowd->decision->count; i++)
		members += crowd->decision->groups[i].count;
	assert_int_equal(members, POLICY_MAX_GROUPS + 50);
	made_free(&crowd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_message_without_findings_is_delivered_to_all_in_one_group),
	        TEST(the_strictest_action_wins),
	        TEST(the_rule_of_the_strictest_is_named),
	        TEST(a_virus_does_what_policy_says_of_viruses),
	        TEST(suspicions_and_what_is_unwanted_have_actions_of_their_own),
	        TEST(what_asks_for_as_much_as_a_virus_settles_the_message),
	        TEST(a_cut_settles_its_part_alone),
	        TEST(what_an_allow_rule_takes_away_settles_nothing),
	        TEST(what_concerns_one_recipient_settles_nothing),
	        TEST(a_virus_is_named_where_it_asks_for_as_much_as_another),
	        TEST(each_reason_of_unscanned_has_its_own_action),
	        TEST(what_spam_rules_did_not_see_is_told_and_never_held),
	        TEST(what_killed_the_spam_rules_is_held),
	        TEST(a_part_that_took_too_much_memory_can_be_cut),
	        TEST(what_was_not_scanned_is_remembered_whatever_is_done),
	        TEST(a_flood_of_findings_is_held_and_hides_nothing),
	        TEST(a_finding_for_one_recipient_concerns_no_other),
	        TEST(a_cut_of_no_part_holds_the_whole),
	        TEST(a_redirect_to_nowhere_is_held),
	        TEST(the_score_is_held_against_each_threshold),
	        TEST(a_threshold_of_zero_is_never_reached),
	        TEST(an_allowed_sender_has_no_score_but_still_viruses),
	        TEST(allowed_for_one_is_not_allowed_for_all),
	        TEST(an_override_is_for_whom_it_names),
	        TEST(a_reject_says_its_code_and_text),
	        TEST(a_reject_without_a_code_gets_one),
	        TEST(a_reject_with_a_4xx_code_is_a_defer),
	        TEST(enhanced_codes_have_the_class_of_their_reply),
	        TEST(a_reject_for_some_is_held_where_the_door_has_one_answer),
	        TEST(rejects_for_all_stay_and_say_the_same),
	        TEST(one_defer_defers_all_where_the_door_has_one_answer),
	        TEST(more_outcomes_than_groups_are_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
