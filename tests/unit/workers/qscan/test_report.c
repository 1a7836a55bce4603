#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/model.h"
#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/example.h"
#include "workers/qscan/pipeline.h"
#include "workers/qscan/report.h"
#include "workers/qscan/verdict.h"

#define INNER "Received: x\r\nMessage-ID: <1@bad>\r\nFrom: a@bad\r\nSubject: offer\r\n\r\nbuy\r\n"
#define OTHER "Message-ID: <2@bad>\r\nFrom: a@bad\r\nSubject: more\r\n\r\nbuy more\r\n"
#define MULTIPART(type) "Subject: Fwd\r\nContent-Type: " type "; boundary=b\r\n\r\n"
#define PART(type, body) "--b\r\nContent-Type: " type "\r\n\r\n" body "\r\n"
#define END "--b--\r\n"

static const char two[] = MULTIPART("multipart/mixed") PART("text/plain", "look")
        PART("message/rfc822", INNER) PART("message/rfc822", OTHER) END;

static char *spam_to[] = {(char *)"spam@example.org"}, *ham_to[] = {(char *)"ham@example.org"},
            *users[] = {(char *)"*"};
static struct config_report rule;
static struct model model;
static struct made *made;
static Lz__Report *report;

static int set_up(void **state)
{
	memset(&model, 0, sizeof(model));
	model.facts.seed = 7;
	rule = (struct config_report){.spam_to = {1, spam_to},
	        .ham_to = {1, ham_to},
	        .users = {1, users},
	        .allow = TEACH_LEARN};
	return 0;
}

static int tear_down(void **state)
{
	if (report)
		message_free(&report->base);
	report = NULL;
	if (made)
		made_free(&made);
	return 0;
}

/* To these recipients, by who is authenticated as `login`. */
static void make(const char *mail, const char *login, const char *one, const char *other)
{
	tear_down(NULL);
	made = made_new(mail, one, other, NULL);
	made->submission->sasl_username = alloc_string(login);
	made->config.spam.enabled = made->config.spam.model.enabled = 1;
	made->config.spam.model.reports = (struct config_reports){1, &rule};
	made->config.spam.model.report_messages = 20;
	made->scan.model = &model;
}

static void look(void)
{
	if (report)
		message_free(&report->base);
	made_decide(made);
	report = report_make(&made->scan, made->decision);
}

static void expect(const char *fate, size_t examples)
{
	look();
	assert_non_null(report);
	assert_string_equal(report->fate, fate);
	assert_int_equal(report->n_examples, examples);
}

static int is_example_of(const Lz__Example *example, const char *mail)
{
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	uint8_t digest[EXAMPLE_DIGEST];
	struct model_features features;
	int same;

	example_digest(map, digest);
	features_of(map, model.facts.seed, &features);
	same = !memcmp(example->digest.data, digest, sizeof(digest)) &&
	       example->features.len == 4 * features.count && example->words == features.words;
	features_free(&features);
	mime_map_free(&map);
	return same;
}

static void what_is_attached_is_learned_as_if_it_came_by_itself(void **state)
{
	make(two, "anna", "spam@example.org", NULL);
	expect("", 2);
	assert_int_equal(report->lesson, LZ__LESSON__LEARN_SPAM);
	assert_int_equal(report->seed, 7);
	assert_true(is_example_of(report->examples[0], INNER));
	assert_true(is_example_of(report->examples[1], OTHER));
	make(two, "anna", "ham@example.org", NULL);
	expect("", 2);
	assert_int_equal(report->examples[1]->lesson, LZ__LESSON__LEARN_HAM);
}

static void a_digest_and_a_feedback_report_are_read_as_well(void **state)
{
	make(MULTIPART("multipart/digest") "--b\r\n\r\n" INNER "\r\n--b\r\n\r\n" OTHER "\r\n" END,
	        "anna", "spam@example.org", NULL);
	expect("", 2);
	assert_true(is_example_of(report->examples[0], INNER));
	make(MULTIPART("multipart/report; report-type=feedback-report") PART("text/plain", "x")
	                PART("message/feedback-report", "Feedback-Type: abuse\r\n")
	                        PART("message/rfc822", INNER) END,
	        "anna", "spam@example.org", NULL);
	expect("", 1);
	assert_true(is_example_of(report->examples[0], INNER));
}

static void a_message_inside_an_attached_one_is_part_of_that(void **state)
{
	make(MULTIPART("multipart/mixed") PART("message/rfc822",
	             "From: c@d\r\nContent-Type: message/rfc822\r\n\r\n" INNER) END,
	        "anna", "spam@example.org", NULL);
	assert_int_equal(report_attached(&made->scan), 1);
	expect("", 1);
	assert_false(is_example_of(report->examples[0], INNER));
}

static void an_encoded_message_is_decoded(void **state)
{
	make(MULTIPART("multipart/mixed") "--b\r\nContent-Type: "
	                                  "message/rfc822\r\nContent-Transfer-Encoding: "
	                                  "base64\r\n\r\n"
	                                  "TWVzc2FnZS1JRDogPDJAYmFkPg0KRnJvbTogYUBiYWQNClN1YmplY3Q6"
	                                  "IG1vcmUNCg0KYnV5IG1v\r\n"
	                                  "cmUNCg==\r\n" END,
	        "anna", "spam@example.org", NULL);
	expect("", 1);
	assert_true(is_example_of(report->examples[0], OTHER));
}

static void what_is_not_attached_whole_is_no_lesson(void **state)
{
	make("Subject: Fwd: offer\r\n\r\n> buy\r\n", "anna", "spam@example.org", NULL);
	expect("inline", 0);
	make(MULTIPART("multipart/mixed") PART("text/rfc822-headers", INNER) END, "anna",
	        "spam@example.org", NULL);
	expect("inline", 0);
	make(MULTIPART("multipart/mixed") PART("message/rfc822", "\r\nno header\r\n") END, "anna",
	        "spam@example.org", NULL);
	expect("inline", 0);
}

static void strangers_and_programs_teach_nothing(void **state)
{
	make(two, "", "spam@example.org", NULL);
	expect("stranger", 0);
	make(two, "anna", "spam@example.org", NULL);
	made->submission->reverse_path[0] = '\0';
	expect("automatic", 0);
	make(two, "anna", "spam@example.org", NULL);
	made->scan.marked = 1;
	expect("automatic", 0);
}

static void mail_to_others_and_dry_runs_are_no_reports(void **state)
{
	make(two, "anna", "bert@example.org", NULL);
	look();
	assert_null(report);
	make(two, "anna", "spam@example.org", NULL);
	made->submission->dry_run = 1;
	look();
	assert_null(report);
}

static void to_both_addresses_it_says_nothing(void **state)
{
	make(two, "anna", "spam@example.org", "ham@example.org");
	expect("unclear", 0);
}

static void so_many_messages_are_learned_and_the_others_counted(void **state)
{
	make(two, "anna", "spam@example.org", NULL);
	made->config.spam.model.report_messages = 1;
	expect("", 1);
	assert_int_equal(report->beyond, 1);
}

static void without_a_model_the_quarantine_is_asked_all_the_same(void **state)
{
	make(two, "anna", "spam@example.org", NULL);
	made->scan.model = NULL;
	expect("", 0);
	assert_int_equal(report->seed, 0);
}

/* ---- what becomes of the mail ---- */

static struct finding *finds(const char *check, enum action action)
{
	struct finding *finding = scan_find(&made->scan, check, check, "SYMBOL");

	finding->action = action;
	return finding;
}

static Lz__Disposition disposition(void)
{
	made_decide(made);
	return made->decision->groups[0].disposition;
}

static void what_is_in_it_is_not_held_against_it_by_spam_and_subject_rules(void **state)
{
	make(two, "anna", "spam@example.org", NULL);
	made->config.policy.spam_quarantine = 5;
	made->scan.score = 50;
	finds("subject", ACTION_REJECT);
	assert_int_equal(disposition(), LZ__DISPOSITION__DELIVER);
	made->submission->sasl_username[0] = '\0';
	assert_int_equal(disposition(), LZ__DISPOSITION__REJECT);
}

static void the_search_for_viruses_is_not_left_out(void **state)
{
	make(two, "anna", "spam@example.org", NULL);
	made->config.policy.virus = ACTION_CUT;
	finds("subject", ACTION_QUARANTINE);
	assert_false(policy_is_settled(&made->scan, SCAN_NO_PART));
	made->submission->sasl_username[0] = '\0';
	assert_true(policy_is_settled(&made->scan, SCAN_NO_PART));
}

static void with_a_virus_or_refused_it_is_no_lesson(void **state)
{
	make(two, "anna", "spam@example.org", NULL);
	rule.then = THEN_DISCARD;
	made->config.policy.virus = ACTION_QUARANTINE;
	finds("virus", ACTION_NONE);
	expect("virus", 0);
	assert_int_equal(disposition(), LZ__DISPOSITION__QUARANTINE);
	make(two, "anna", "spam@example.org", NULL);
	finds("access", ACTION_DEFER);
	expect("refused", 0);
}

static void a_report_that_is_to_be_discarded_is_kept_as_one(void **state)
{
	Lz__ScanResult *result;

	rule.then = THEN_DISCARD;
	make(two, "anna", "spam@example.org", "bert@example.org");
	made_decide(made);
	assert_int_equal(made->decision->count, 2);
	result = verdict_make(&made->scan, made->decision);
	assert_int_equal(result->verdict->groups[0]->disposition, LZ__DISPOSITION__DISCARD);
	assert_int_equal(result->verdict->groups[1]->disposition, LZ__DISPOSITION__DELIVER);
	assert_int_equal(result->n_items, 1);
	assert_string_equal(result->items[0]->reason, "report");
	assert_string_equal(result->items[0]->detail, "reported as spam: 2 messages");
	assert_int_equal(result->items[0]->keep_original, 1);
	assert_int_equal(result->items[0]->n_notices, 0);
	assert_int_equal(result->report->n_examples, 2);
	lz__scan_result__free_unpacked(result, NULL);
}

static void without_a_message_attached_it_is_delivered(void **state)
{
	rule.then = THEN_DISCARD;
	make("Subject: Fwd: offer\r\n\r\n> buy\r\n", "anna", "spam@example.org", NULL);
	assert_int_equal(disposition(), LZ__DISPOSITION__DELIVER);
	make(MULTIPART("multipart/mixed") PART("message/rfc822", "\r\nno header\r\n") END, "anna",
	        "spam@example.org", NULL);
	assert_int_equal(disposition(), LZ__DISPOSITION__DELIVER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(what_is_attached_is_learned_as_if_it_came_by_itself),
	        TEST(a_digest_and_a_feedback_report_are_read_as_well),
	        TEST(a_message_inside_an_attached_one_is_part_of_that),
	        TEST(an_encoded_message_is_decoded),
	        TEST(what_is_not_attached_whole_is_no_lesson),
	        TEST(strangers_and_programs_teach_nothing),
	        TEST(mail_to_others_and_dry_runs_are_no_reports),
	        TEST(to_both_addresses_it_says_nothing),
	        TEST(so_many_messages_are_learned_and_the_others_counted),
	        TEST(without_a_model_the_quarantine_is_asked_all_the_same),
	        TEST(what_is_in_it_is_not_held_against_it_by_spam_and_subject_rules),
	        TEST(the_search_for_viruses_is_not_left_out),
	        TEST(with_a_virus_or_refused_it_is_no_lesson),
	        TEST(a_report_that_is_to_be_discarded_is_kept_as_one),
	        TEST(without_a_message_attached_it_is_delivered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
