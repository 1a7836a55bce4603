#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "workers/qworker/result.h"

#define ID "0123456789abcdef0123456789abcdef"
#define ITEM "0123456789abcdef"

static Lz__Recipient anna = LZ__RECIPIENT__INIT, bert = LZ__RECIPIENT__INIT;
static Lz__Recipient *recipients[] = {&anna, &bert};
static Lz__Submission submission;
static uint32_t indexes[] = {0, 1};
static Lz__Group group;
static Lz__Group *groups[] = {&group};
static char *item_names[] = {(char *)ITEM};
static Lz__Item item;
static Lz__Item *items[] = {&item};
static Lz__Verdict verdict;
static Lz__ScanResult answer;
static struct err err;
static struct config config;

static void make_item(void)
{
	lz__item__init(&item);
	item.id = (char *)ITEM;
	item.message_id = (char *)ID;
	item.reverse_path = (char *)"sender@example.com";
	item.size = 100;
	item.recipients = recipients;
	item.n_recipients = 2;
}

/* A good answer on a message of 100 bytes to two recipients, held. Each test spoils it. */
static int set_up(void **state)
{
	anna.address = (char *)"anna@example.org";
	bert.address = (char *)"bert@example.org";
	config.site.admin = (char *)"postmaster@example.org";
	config.policy.redirect_to = (char *)"spam@example.org";
	lz__submission__init(&submission);
	submission.message_id = (char *)ID;
	submission.reverse_path = (char *)"sender@example.com";
	submission.recipients = recipients;
	submission.n_recipients = 2;
	submission.size = 100;
	make_item();
	lz__group__init(&group);
	group.recipients = indexes;
	group.n_recipients = 2;
	group.disposition = LZ__DISPOSITION__QUARANTINE;
	group.items = item_names;
	group.n_items = 1;
	lz__verdict__init(&verdict);
	verdict.message_id = (char *)ID;
	verdict.groups = groups;
	verdict.n_groups = 1;
	lz__scan_result__init(&answer);
	answer.verdict = &verdict;
	answer.items = items;
	answer.n_items = 1;
	return 0;
}

static enum result read_answer(void)
{
	uint8_t packed[4096];
	size_t size = lz__scan_result__pack(&answer, packed);
	Lz__ScanResult *out = NULL;
	enum result result = result_read(&config, &submission, packed, size, &out, &err);

	assert_true((result == RESULT_OK) == (out != NULL));
	if (out)
		lz__scan_result__free_unpacked(out, NULL);
	return result;
}

static void an_answer_that_fits_is_taken(void **state)
{
	assert_int_equal(read_answer(), RESULT_OK);
}

static void garbage_is_refused(void **state)
{
	Lz__ScanResult *out;

	assert_int_equal(
	        result_read(&config, &submission, "garbage", 7, &out, &err), RESULT_PERMANENT);
	assert_int_equal(result_read(&config, &submission, "", 0, &out, &err), RESULT_PERMANENT);
}

static void a_verdict_on_another_message_is_refused(void **state)
{
	verdict.message_id = item.message_id = (char *)"ffffffffffffffffffffffffffffffff";
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void a_recipient_left_out_is_refused(void **state)
{
	group.n_recipients = 1;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void an_edit_outside_the_message_is_refused(void **state)
{
	Lz__Edit edit = LZ__EDIT__INIT;
	Lz__Edit *edits[] = {&edit};

	group.disposition = LZ__DISPOSITION__DELIVER;
	group.edits = edits;
	group.n_edits = 1;
	edit.offset = 90;
	edit.length = 10;
	assert_int_equal(read_answer(), RESULT_OK);
	edit.length = 11;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void a_part_outside_the_message_is_refused(void **state)
{
	Lz__Part part = LZ__PART__INIT;
	Lz__Part *parts[] = {&part};

	item.parts = parts;
	item.n_parts = 1;
	part.offset = 100;
	assert_int_equal(read_answer(), RESULT_OK);
	part.length = 1;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void a_request_in_the_name_of_another_is_refused(void **state)
{
	Lz__Request request = LZ__REQUEST__INIT, *requests[] = {&request};

	item.reason = (char *)"request";
	item.disposition = group.disposition = LZ__DISPOSITION__DISCARD;
	item.requests = requests;
	item.n_requests = 1;
	request.asker = submission.reverse_path;
	assert_int_equal(read_answer(), RESULT_OK);
	request.asker = (char *)"anna@example.org";
	assert_int_equal(read_answer(), RESULT_PERMANENT);
	request.asker = submission.reverse_path;
	item.reason = (char *)"spam";
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void an_item_for_somebody_else_is_refused(void **state)
{
	Lz__Recipient eve = LZ__RECIPIENT__INIT;
	Lz__Recipient *others[] = {&anna, &eve};

	eve.address = (char *)"eve@example.net";
	item.recipients = others;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void an_item_from_somebody_else_is_refused(void **state)
{
	item.reverse_path = (char *)"boss@example.org";
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void assert_notice(Lz__NoticeKind kind, const char *to, enum result expected)
{
	Lz__Notice notice = LZ__NOTICE__INIT;
	Lz__Notice *notices[] = {&notice};

	notice.kind = kind;
	notice.to = (char *)to;
	item.notices = notices;
	item.n_notices = 1;
	assert_int_equal(read_answer(), expected);
}

static void a_notice_goes_to_those_concerned_only(void **state)
{
	assert_notice(LZ__NOTICE_KIND__NOTICE_SENDER, "sender@example.com", RESULT_OK);
	assert_notice(LZ__NOTICE_KIND__NOTICE_SENDER, "eve@example.net", RESULT_PERMANENT);
	assert_notice(LZ__NOTICE_KIND__NOTICE_RECIPIENT, "bert@example.org", RESULT_OK);
	assert_notice(LZ__NOTICE_KIND__NOTICE_RECIPIENT, "eve@example.net", RESULT_PERMANENT);
	assert_notice(LZ__NOTICE_KIND__NOTICE_ADMIN, "postmaster@example.org", RESULT_OK);
	assert_notice(LZ__NOTICE_KIND__NOTICE_ADMIN, "eve@example.net", RESULT_PERMANENT);
	assert_notice(LZ__NOTICE_KIND__NOTICE_RELEASE, "bert@example.org", RESULT_PERMANENT);
}

static void a_redirect_goes_to_a_mailbox_of_the_configuration_only(void **state)
{
	group.disposition = LZ__DISPOSITION__REDIRECT;
	group.redirect = (char *)"spam@example.org";
	assert_int_equal(read_answer(), RESULT_OK);
	group.redirect = (char *)"eve@example.net";
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void an_item_that_no_group_names_is_refused(void **state)
{
	group.disposition = LZ__DISPOSITION__DELIVER;
	group.n_items = 0;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void a_claim_that_somebody_was_served_is_refused(void **state)
{
	char *served[] = {(char *)"anna@example.org"};

	verdict.delivered = served;
	verdict.n_delivered = 1;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

static void the_quarantine_is_asked_where_something_is_kept_or_groups_differ(void **state)
{
	Lz__Submission some = LZ__SUBMISSION__INIT;

	assert_true(result_needs_store(&answer, &some));
	answer.n_items = 0;
	assert_false(result_needs_store(&answer, &some));
	verdict.n_groups = 2;
	assert_true(result_needs_store(&answer, &some));
}

static void a_dry_run_keeps_nothing(void **state)
{
	Lz__Submission dry = LZ__SUBMISSION__INIT;

	dry.dry_run = 1;
	assert_false(result_needs_store(&answer, &dry));
}

static void stored_means_every_item(void **state)
{
	Lz__Stored stored = LZ__STORED__INIT;

	stored.message_id = (char *)ID;
	assert_false(result_is_stored(&answer, &stored));
	stored.items = item_names;
	stored.n_items = 1;
	assert_true(result_is_stored(&answer, &stored));
	stored.message_id = (char *)"ffffffffffffffffffffffffffffffff";
	assert_false(result_is_stored(&answer, &stored));
}

static void who_was_served_before_goes_into_the_verdict(void **state)
{
	char *served[] = {(char *)"anna@example.org"};
	Lz__Stored stored = LZ__STORED__INIT;

	stored.delivered = served;
	stored.n_delivered = 1;
	result_take_delivered(&answer, &stored);
	assert_string_equal(verdict.delivered[0], "anna@example.org");
	assert_int_equal(stored.n_delivered, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

/* ---- passes */

static Lz__Pass pass;
static Lz__Group through;
static Lz__Edit field, *fields[] = {&field};

static void bring_a_pass(void)
{
	lz__pass__init(&pass);
	lz__group__init(&through);
	lz__edit__init(&field);
	pass.text = (char *)"1.x";
	pass.sha256 = (char *)ID ID;
	pass.through = &through;
	through.recipients = indexes;
	through.n_recipients = 2;
	through.edits = fields;
	through.n_edits = 1;
	field.length = 30;
	answer.pass = &pass;
}

static void a_pass_may_let_through_and_do_nothing_else(void **state)
{
	bring_a_pass();
	assert_int_equal(read_answer(), RESULT_OK);
	assert_true(result_needs_store(&answer, &submission));
	through.disposition = LZ__DISPOSITION__DISCARD;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
	bring_a_pass();
	through.n_recipients = 1;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
	bring_a_pass();
	field.replacement = (ProtobufCBinaryData){1, (uint8_t *)"x"};
	assert_int_equal(read_answer(), RESULT_PERMANENT);
	bring_a_pass();
	field.offset = 90;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
	bring_a_pass();
	pass.through = NULL;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
	bring_a_pass();
	through.items = item_names;
	through.n_items = 1;
	assert_int_equal(read_answer(), RESULT_PERMANENT);
}

/* The answer as a worker has it. */
static Lz__ScanResult *unpacked(void)
{
	uint8_t packed[4096];
	Lz__ScanResult *out = NULL;

	bring_a_pass();
	assert_int_equal(result_read(&config, &submission, packed,
	                         lz__scan_result__pack(&answer, packed), &out, &err),
	        RESULT_OK);
	return out;
}

static void what_was_redeemed_goes_through_and_nothing_is_kept(void **state)
{
	Lz__ScanResult *result = unpacked();

	result_take_pass(result, "redeemed");
	assert_int_equal(result->n_items, 0);
	assert_int_equal(result->verdict->n_groups, 1);
	assert_int_equal(result->verdict->groups[0]->disposition, LZ__DISPOSITION__DELIVER);
	assert_int_equal(result->verdict->groups[0]->n_edits, 1);
	assert_string_equal(result->verdict->symbols[0]->name, "PASS_REDEEMED");
	assert_int_equal(verdict_fits(result->verdict, &submission, &err), RESULT_OK);
	message_free(&result->base);
}

static void a_pass_that_does_not_hold_is_named_and_changes_nothing(void **state)
{
	static const char *const pairs[][2] = {{"forged", "PASS_FORGED"},
	        {"altered", "PASS_ALTERED"}, {"", "PASS_FORGED"}, {"replayed", "PASS_REPLAYED"}};
	size_t at;

	for (at = 0; at < sizeof(pairs) / sizeof(pairs[0]); at++) {
		Lz__ScanResult *result = unpacked();

		result_take_pass(result, pairs[at][0]);
		assert_int_equal(result->n_items, 1);
		assert_int_equal(
		        result->verdict->groups[0]->disposition, LZ__DISPOSITION__QUARANTINE);
		assert_string_equal(result->verdict->symbols[0]->name, pairs[at][1]);
		message_free(&result->base);
	}
}

/* ---- reports ---- */

static char *spam_to[] = {(char *)"anna@example.org"}, *users[] = {(char *)"*"};
static struct config_report rule = {
        .spam_to = {1, spam_to}, .users = {1, users}, .allow = TEACH_LEARN};

static Lz__ScanResult *reporting(const char *login)
{
	uint8_t digest[16] = {0};
	Lz__Example example = LZ__EXAMPLE__INIT, *examples[] = {&example};
	Lz__Report report = LZ__REPORT__INIT;
	Lz__ScanResult *out;

	config.spam.enabled = config.spam.model.enabled = 1;
	config.spam.model.reports = (struct config_reports){1, &rule};
	submission.sasl_username = (char *)login;
	submission.client_address = (char *)"192.0.2.1";
	example.lesson = report.lesson = LZ__LESSON__LEARN_SPAM;
	example.digest.data = digest;
	example.digest.len = sizeof(digest);
	report.examples = examples;
	report.n_examples = 1;
	report.reporter = (char *)"whom the scanner likes";
	answer.report = &report;
	out = unpacked();
	answer.report = NULL;
	return out;
}

static void a_lesson_is_of_who_the_envelope_says(void **state)
{
	Lz__ScanResult *result = reporting("carla");

	assert_non_null(result_lesson(result));
	assert_string_equal(result_lesson(result)->reporter, "carla");
	result->n_items = 0;
	assert_true(result_needs_store(result, &submission));
	submission.dry_run = 1;
	assert_false(result_needs_store(result, &submission));
	result->n_items = 1;
	message_free(&result->base);
}

static void a_lesson_of_a_stranger_is_none_whatever_a_scanner_says(void **state)
{
	Lz__ScanResult *result = reporting("");

	assert_null(result_lesson(result));
	assert_string_equal(result->report->fate, "stranger");
	assert_string_equal(result->report->reporter, "192.0.2.1");
	assert_int_equal(result->report->n_examples, 0);
	message_free(&result->base);
	submission.reverse_path = item.reverse_path = (char *)"";
	result = reporting("carla");
	assert_null(result_lesson(result));
	message_free(&result->base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_pass_may_let_through_and_do_nothing_else),
	        TEST(what_was_redeemed_goes_through_and_nothing_is_kept),
	        TEST(a_pass_that_does_not_hold_is_named_and_changes_nothing),
	        TEST(an_answer_that_fits_is_taken),
	        TEST(garbage_is_refused),
	        TEST(a_verdict_on_another_message_is_refused),
	        TEST(a_recipient_left_out_is_refused),
	        TEST(an_edit_outside_the_message_is_refused),
	        TEST(a_part_outside_the_message_is_refused),
	        TEST(a_request_in_the_name_of_another_is_refused),
	        TEST(an_item_for_somebody_else_is_refused),
	        TEST(an_item_from_somebody_else_is_refused),
	        TEST(a_notice_goes_to_those_concerned_only),
	        TEST(a_redirect_goes_to_a_mailbox_of_the_configuration_only),
	        TEST(an_item_that_no_group_names_is_refused),
	        TEST(a_claim_that_somebody_was_served_is_refused),
	        TEST(the_quarantine_is_asked_where_something_is_kept_or_groups_differ),
	        TEST(a_dry_run_keeps_nothing),
	        TEST(stored_means_every_item),
	        TEST(who_was_served_before_goes_into_the_verdict),
	        TEST(a_lesson_is_of_who_the_envelope_says),
	        TEST(a_lesson_of_a_stranger_is_none_whatever_a_scanner_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
