#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/mime/cut.h"
#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/verdict.h"

static const char mail[] = "Subject: invoice\r\n"
                           "X-Spam-Flag: NO\r\n"
                           "X-Lazaret: clean;\r\n"
                           "\tid=forged\r\n"
                           "MIME-Version: 1.0\r\n"
                           "Content-Type: multipart/mixed; boundary=B\r\n"
                           "\r\n"
                           "--B\r\n"
                           "\r\n"
                           "Please pay.\r\n"
                           "--B\r\n"
                           "Content-Type: application/octet-stream; name=\"x.exe\"\r\n"
                           "\r\n"
                           "MZ\r\n"
                           "--B--\r\n";

static struct made *made;
static Lz__ScanResult *result;

static int set_up(void **state)
{
	made = made_new(mail, "anna@example.org", "bert@example.org", NULL);
	made->config.notifier.to_sender = made->config.notifier.to_recipient = 1;
	made->config.notifier.to_admin = 1;
	made->scan.sender_authentic = 1;
	return 0;
}

static int tear_down(void **state)
{
	if (result)
		lz__scan_result__free_unpacked(result, NULL);
	result = NULL;
	made_free(&made);
	return 0;
}

static Lz__ScanResult *make(void)
{
	struct err err;

	if (result)
		lz__scan_result__free_unpacked(result, NULL);
	made_decide(made);
	result = verdict_make(&made->scan, made->decision);
	if (message_check(MESSAGE_SCAN_RESULT, &result->base, made->scan.size, &err) != RESULT_OK ||
	        verdict_fits(result->verdict, made->submission, &err) != RESULT_OK)
		fail_msg("%s", err.text);
	return result;
}

static struct finding *asks(const char *reason, enum action action, int part)
{
	struct finding *finding = scan_find(&made->scan, reason, reason, "SYMBOL");

	finding->action = action;
	finding->part = part;
	return finding;
}

static const char *field(const Lz__Group *group, const char *name)
{
	size_t i;

	for (i = 0; i < group->n_fields; i++)
		if (strcmp(group->fields[i]->name, name) == 0)
			return group->fields[i]->value;
	return NULL;
}

/* The message as the submitter will send it, without the fields in front. */
static char *edited(const Lz__Group *group)
{
	struct buf out = {0};
	size_t i, at = 0;

	for (i = 0; i < group->n_edits; i++) {
		const Lz__Edit *edit = group->edits[i];

		buf_add(&out, mail + at, edit->offset - at);
		buf_add(&out, edit->replacement.data, edit->replacement.len);
		at = edit->offset + edit->length;
	}
	buf_add(&out, mail + at, strlen(mail) - at);
	return buf_give(&out);
}

static size_t notices_of(const Lz__Item *item, Lz__NoticeKind kind)
{
	size_t i, count = 0;

	for (i = 0; i < item->n_notices; i++)
		count += item->notices[i]->kind == kind;
	return count;
}

static void fields_from_outside_that_look_like_ours_are_taken_out(void **state)
{
	char *text = edited(make()->verdict->groups[0]);

	assert_null(strstr(text, "X-Spam-Flag"));
	assert_null(strstr(text, "X-Lazaret"));
	assert_null(strstr(text, "forged"));
	assert_non_null(strstr(text, "Subject: invoice\r\nMIME-Version: 1.0\r\n"));
	free(text);
}

static void a_clean_message_says_so_and_keeps_its_other_bytes(void **state)
{
	const Lz__Group *group = make()->verdict->groups[0];

	assert_non_null(strstr(field(group, "X-Lazaret"), "clean; id=0123456789abcdef"));
	assert_int_equal(group->n_edits, 2);
	assert_int_equal(result->n_items, 0);
	assert_string_equal(group->reason, "");
}

static void what_was_not_scanned_is_not_called_clean(void **state)
{
	const Lz__Group *group;

	scan_unscanned(&made->scan, "virus", UNSCANNED_ENCRYPTED, "");
	scan_unscanned(&made->scan, "virus", UNSCANNED_LIMIT, "");
	group = make()->verdict->groups[0];
	assert_null(strstr(field(group, "X-Lazaret"), "clean"));
	assert_non_null(strstr(field(group, "X-Lazaret"), "unscanned=limit,encrypted"));
}

static void every_reason_for_not_scanning_is_told_in_the_header(void **state)
{
	enum unscanned why;
	const Lz__Group *group;

	for (why = UNSCANNED_LIMIT; why <= UNSCANNED_LAST; why++)
		scan_unscanned(&made->scan, "virus", why, "");
	group = make()->verdict->groups[0];
	for (why = UNSCANNED_LIMIT; why <= UNSCANNED_LAST; why++)
		assert_non_null(strstr(field(group, "X-Lazaret"), unscanned_name(why)));
}

static void a_virus_check_that_could_not_look_does_not_say_scanned(void **state)
{
	made->scan.costs[made->scan.cost_count++].name = "virus";
	assert_non_null(field(make()->verdict->groups[0], "X-Virus-Scanned"));
	scan_unscanned(&made->scan, "virus", UNSCANNED_LIMIT, "");
	assert_null(field(make()->verdict->groups[0], "X-Virus-Scanned"));
}

static void what_could_not_be_opened_is_not_called_scanned_for_viruses(void **state)
{
	made->scan.costs[made->scan.cost_count++].name = "virus";
	scan_unscanned(&made->scan, "spam", UNSCANNED_LIMIT, "");
	assert_non_null(field(make()->verdict->groups[0], "X-Virus-Scanned"));
	scan_unscanned(&made->scan, "attachments", UNSCANNED_ENCRYPTED, "");
	assert_null(field(make()->verdict->groups[0], "X-Virus-Scanned"));
}

static void spam_is_told_in_the_customary_fields(void **state)
{
	const Lz__Group *group;

	made->scan.costs[made->scan.cost_count++].name = "spam";
	made->config.policy.spam_tag = 5;
	made->scan.score = 6.25;
	asks("spam", ACTION_NONE, SCAN_NO_PART);
	group = make()->verdict->groups[0];
	assert_string_equal(field(group, "X-Spam-Flag"), "YES");
	assert_string_equal(field(group, "X-Spam-Level"), "******");
	assert_string_equal(
	        field(group, "X-Spam-Status"), "Yes, score=6.2 required=5.0 tests=SYMBOL");
}

static void a_score_is_not_rounded_up_to_a_threshold_that_it_does_not_reach(void **state)
{
	const Lz__Group *group;

	made->scan.costs[made->scan.cost_count++].name = "spam";
	made->config.policy.spam_tag = 5;
	made->scan.score = 4.96;
	asks("spam", ACTION_NONE, SCAN_NO_PART);
	group = make()->verdict->groups[0];
	assert_string_equal(field(group, "X-Spam-Score"), "4.9");
	assert_string_equal(
	        field(group, "X-Spam-Status"), "No, score=4.9 required=5.0 tests=SYMBOL");
}

static void the_subject_of_spam_gets_its_prefix(void **state)
{
	char *text;

	made->config.policy.spam_tag = 5;
	made->config.policy.subject_prefix = (char *)"[SPAM]";
	made->scan.score = 6;
	text = edited(make()->verdict->groups[0]);
	assert_non_null(strstr(text, "Subject: [SPAM] invoice\r\n"));
	free(text);
}

static void a_cut_part_is_replaced_by_a_text_that_names_it_its_item_and_who_to_ask(void **state)
{
	struct finding *finding = asks("attachment", ACTION_CUT, 2);
	char *text;

	finding_text(&finding->rule, "attachments.programs");
	finding_text(&finding->text, "Programs are not allowed here.");
	text = edited(make()->verdict->groups[0]);
	assert_null(strstr(text, "MZ"));
	assert_non_null(strstr(text, "File:   x.exe"));
	assert_non_null(strstr(text, "Reason: forbidden attachment (rule programs)"));
	assert_non_null(strstr(text, "postmaster@example.org"));
	assert_non_null(strstr(text, "Programs are not allowed here."));
	assert_non_null(strstr(text, result->items[0]->id));
	assert_non_null(strstr(text, "Please pay.\r\n--B\r\n"));
	assert_string_equal(field(result->verdict->groups[0], "X-Lazaret"),
	        "cut; id=0123456789abcdef0123456789abcdef");
	free(text);
}

static void a_cut_makes_an_item_with_the_part(void **state)
{
	const Lz__Item *item;

	made->config.policy.keep_original = 1;
	asks("attachment", ACTION_CUT, 2);
	item = make()->items[0];
	assert_int_equal(item->disposition, LZ__DISPOSITION__DELIVER);
	assert_int_equal(item->n_parts, 1);
	assert_string_equal(item->parts[0]->path, "2");
	assert_string_equal(item->parts[0]->name, "x.exe");
	assert_memory_equal(mail + item->parts[0]->offset, "Content-Type: application", 25);
	assert_int_equal(item->n_recipients, 2);
	assert_true(item->keep_original);
	assert_string_equal(result->verdict->groups[0]->items[0], item->id);
	assert_string_equal(result->verdict->groups[0]->reason, item->reason);
}

static void an_item_has_the_same_id_in_a_second_run(void **state)
{
	char first[17];

	asks("attachment", ACTION_QUARANTINE, 2);
	strcpy(first, make()->items[0]->id);
	assert_string_equal(make()->items[0]->id, first);
	asks("access", ACTION_DISCARD, SCAN_NO_PART);
	assert_string_not_equal(make()->items[0]->id, first);
}

static const char signed_mail[] =
        "Content-Type: multipart/signed; boundary=B\r\n\r\n"
        "--B\r\nContent-Type: application/x; name=x.exe\r\n\r\nMZ\r\n"
        "--B\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n--B--\r\n";

static void a_cut_from_signed_mail_says_that_it_breaks_the_signature(void **state)
{
	struct made *other = made_new(signed_mail, "anna@example.org", NULL, NULL);
	struct finding *finding = scan_find(&other->scan, "attachment", "attachment", "X");
	Lz__ScanResult *cut;
	Lz__Edit *edit;

	other->config.policy.cut_signed = 1;
	finding->action = ACTION_CUT;
	finding->part = 1;
	made_decide(other);
	cut = verdict_make(&other->scan, other->decision);
	assert_int_equal(cut->verdict->groups[0]->disposition, LZ__DISPOSITION__DELIVER);
	assert_int_equal(cut->verdict->groups[0]->n_edits, 1);
	edit = cut->verdict->groups[0]->edits[0];
	assert_non_null(memmem(edit->replacement.data, edit->replacement.len, "signature", 9));
	lz__scan_result__free_unpacked(cut, NULL);
	made_free(&other);
}

#define SIGNATURE(selector, more)                                                                  \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;\r\n\ts=" selector    \
	"; h=from:subject; " more "bh=x; b=y\r\n"

/* The second one covers no more than the text before what is cut. */
static void signatures_that_a_cut_breaks_are_named(void **state)
{
	static const char signed_twice[] = SIGNATURE("all", "") SIGNATURE("beginning",
	        "l=5; ") "From: a@example.com\r\nSubject: x\r\n"
	                 "Content-Type: multipart/mixed; boundary=B\r\n\r\nhello\r\n"
	                 "--B\r\nContent-Type: application/x; name=x.exe\r\n\r\nMZ\r\n--B--\r\n";
	struct made *other = made_new(signed_twice, "anna@example.org", NULL, NULL);
	struct finding *finding = scan_find(&other->scan, "attachment", "attachment", "X");
	Lz__ScanResult *cut;

	made_decide(other);
	cut = verdict_make(&other->scan, other->decision);
	assert_int_equal(cut->verdict->groups[0]->n_breaks, 0);
	assert_null(strstr(cut->verdict->groups[0]->fields[0]->value, "breaks"));
	lz__scan_result__free_unpacked(cut, NULL);
	finding->action = ACTION_CUT;
	finding->part = 1;
	made_decide(other);
	cut = verdict_make(&other->scan, other->decision);
	assert_int_equal(cut->verdict->groups[0]->n_breaks, 1);
	assert_string_equal(cut->verdict->groups[0]->breaks[0], "example.com/all: body");
	assert_non_null(strstr(cut->verdict->groups[0]->fields[0]->value, "breaks=dkim"));
	lz__scan_result__free_unpacked(cut, NULL);
	made_free(&other);
}

static void a_cut_that_would_break_something_holds_the_message(void **state)
{
	struct made *other = made_new(signed_mail, "anna@example.org", NULL, NULL);
	struct finding *finding = scan_find(&other->scan, "attachment", "attachment", "X");
	Lz__ScanResult *held;

	finding->action = ACTION_CUT;
	finding->part = 1;
	made_decide(other);
	held = verdict_make(&other->scan, other->decision);
	assert_int_equal(held->verdict->groups[0]->disposition, LZ__DISPOSITION__QUARANTINE);
	assert_int_equal(held->verdict->groups[0]->n_edits, 0);
	assert_int_equal(held->n_items, 1);
	assert_non_null(strstr(held->items[0]->detail, "signature"));
	lz__scan_result__free_unpacked(held, NULL);
	made_free(&other);
}

static void different_groups_have_items_of_their_own(void **state)
{
	struct finding *finding = asks("access", ACTION_QUARANTINE, SCAN_NO_PART);

	finding_concern(finding, &made->scan, 0);
	finding = asks("access", ACTION_DISCARD, SCAN_NO_PART);
	finding_concern(finding, &made->scan, 1);
	assert_int_equal(make()->n_items, 2);
	assert_string_not_equal(result->items[0]->id, result->items[1]->id);
	assert_int_equal(result->items[0]->n_recipients, 1);
}

static void a_rejected_message_is_not_kept(void **state)
{
	asks("subject", ACTION_REJECT, SCAN_NO_PART)->code = 553;
	assert_int_equal(make()->n_items, 0);
	assert_int_equal(result->verdict->groups[0]->code, 553);
	assert_string_equal(result->verdict->groups[0]->enhanced, "5.7.1");
}

/* ---- notices: P9 ---- */

static void sender_recipients_and_admin_are_told_of_a_cut(void **state)
{
	const Lz__Item *item;

	asks("attachment", ACTION_CUT, 2);
	item = make()->items[0];
	assert_int_equal(notices_of(item, LZ__NOTICE_KIND__NOTICE_SENDER), 1);
	assert_int_equal(notices_of(item, LZ__NOTICE_KIND__NOTICE_RECIPIENT), 2);
	assert_int_equal(notices_of(item, LZ__NOTICE_KIND__NOTICE_ADMIN), 1);
}

static void a_sender_that_may_be_forged_is_not_told(void **state)
{
	made->scan.sender_authentic = 0;
	asks("attachment", ACTION_CUT, 2);
	assert_int_equal(notices_of(make()->items[0], LZ__NOTICE_KIND__NOTICE_SENDER), 0);
	assert_int_equal(notices_of(result->items[0], LZ__NOTICE_KIND__NOTICE_RECIPIENT), 2);
}

static void a_sender_is_never_told_of_a_virus(void **state)
{
	asks("attachment", ACTION_CUT, 2);
	asks("virus", ACTION_TAG, 2);
	assert_int_equal(notices_of(make()->items[0], LZ__NOTICE_KIND__NOTICE_SENDER), 0);
}

static void automatic_mail_is_not_answered(void **state)
{
	made->scan.automatic = 1;
	asks("attachment", ACTION_CUT, 2);
	assert_int_equal(notices_of(make()->items[0], LZ__NOTICE_KIND__NOTICE_SENDER), 0);
}

static void a_notice_that_came_back_makes_none(void **state)
{
	made->scan.marked = 1;
	asks("attachment", ACTION_CUT, 2);
	assert_int_equal(make()->items[0]->n_notices, 0);
}

static void a_digest_tells_what_makes_no_single_notice(void **state)
{
	char *reasons[] = {(char *)"spam"}, *whom[] = {(char *)"bert@example.org"};
	struct config_digest digest = {.recipients = {1, whom}};

	made->config.notifier.not_for = (struct config_list){1, reasons};
	made->config.notifier.digest = (struct config_digests){1, &digest};
	asks("spam", ACTION_QUARANTINE, SCAN_NO_PART);
	assert_int_equal(make()->items[0]->n_notices, 1);
	assert_string_equal(result->items[0]->notices[0]->to, "bert@example.org");
	assert_int_equal(result->items[0]->notices[0]->kind, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
}

static void a_recipient_that_nobody_reads_is_not_told(void **state)
{
	free(made->submission->recipients[0]->address);
	made->submission->recipients[0]->address = alloc_string("list-bounces@example.org");
	asks("attachment", ACTION_CUT, 2);
	assert_int_equal(notices_of(make()->items[0], LZ__NOTICE_KIND__NOTICE_RECIPIENT), 1);
}

/* ---- requests ---- */

static const char token[] = "0123456789abcdefghjkmnpqrstvwxyz01234567890123";

static void to_request(size_t recipient, const char *address)
{
	Lz__Recipient *one = made->submission->recipients[recipient];

	made->config.notifier.request_address = (char *)"release@example.org";
	free(one->address);
	one->address = alloc_string(address);
}

static void a_request_is_for_the_quarantine_alone_whatever_is_in_it(void **state)
{
	char *address = alloc_format("RELEASE+%s@Example.org", token);
	const Lz__Item *item;

	to_request(0, address);
	to_request(1, "release@example.org");
	asks("virus", ACTION_REJECT, 2);
	make();
	assert_int_equal(result->verdict->n_groups, 1);
	assert_int_equal(result->verdict->groups[0]->disposition, LZ__DISPOSITION__DISCARD);
	item = result->items[0];
	assert_string_equal(item->reason, "request");
	assert_int_equal(item->n_notices, 0);
	assert_false(item->keep_original);
	assert_int_equal(item->n_requests, 2);
	assert_string_equal(item->requests[0]->token, token);
	assert_string_equal(item->requests[1]->token, "");
	free(address);
}

static void the_token_is_found_in_the_subject_where_the_address_has_none(void **state)
{
	to_request(0, "release@example.org");
	to_request(1, "release@example.org");
	free(made->scan.subject);
	made->scan.subject = alloc_format("AW: held: invoice 2026 [release %s]", token);
	make();
	assert_int_equal(result->items[0]->n_requests, 1);
	assert_string_equal(result->items[0]->requests[0]->token, token);
	assert_string_equal(result->items[0]->subject, "");
}

static void others_get_a_mail_that_asks_as_any_other(void **state)
{
	size_t held;

	to_request(1, "release@example.org");
	asks("attachment", ACTION_QUARANTINE, 2);
	make();
	assert_int_equal(result->verdict->n_groups, 2);
	held = result->verdict->groups[0]->disposition == LZ__DISPOSITION__QUARANTINE ? 0 : 1;
	assert_int_equal(result->verdict->groups[held]->recipients[0], 0);
	assert_int_equal(result->verdict->groups[1 - held]->disposition, LZ__DISPOSITION__DISCARD);
	assert_int_equal(result->items[held]->n_requests, 0);
}

/* More different outcomes than a message may have: what is left over is held. */
static void a_request_that_is_held_with_others_asks_for_nothing(void **state)
{
	to_request(1, "release@example.org");
	made_decide(made);
	policy_hold(&made->decision->groups[1], "too many");
	result = verdict_make(&made->scan, made->decision);
	assert_int_equal(result->n_items, 1);
	assert_int_equal(result->items[0]->n_requests, 0);
	assert_int_equal(result->items[0]->n_notices, 0);
	assert_true(result->items[0]->keep_original);
}

static void no_other_address_asks(void **state)
{
	to_request(0, "released@example.org");
	to_request(1, "release+x@example.com");
	make();
	assert_int_equal(result->n_items, 0);
}

static void an_item_with_a_virus_says_so_whatever_the_reason(void **state)
{
	asks("attachment", ACTION_CUT, 2);
	asks("virus", ACTION_TAG, 2);
	assert_true(make()->items[0]->has_virus);
}

static void a_quiet_rule_makes_no_notices(void **state)
{
	asks("subject", ACTION_QUARANTINE, SCAN_NO_PART)->quiet = 1;
	assert_int_equal(make()->items[0]->n_notices, 0);
}

static void a_quiet_rule_does_not_silence_one_beside_it(void **state)
{
	asks("subject", ACTION_QUARANTINE, SCAN_NO_PART)->quiet = 1;
	asks("attachment", ACTION_QUARANTINE, 2);
	assert_int_not_equal(make()->items[0]->n_notices, 0);
}

static void nobody_is_told_of_what_is_discarded(void **state)
{
	asks("attachment", ACTION_DISCARD, 2);
	assert_int_equal(make()->n_items, 1);
	assert_int_equal(result->items[0]->n_notices, 0);
}

static void a_reason_that_comes_in_floods_makes_no_notices(void **state)
{
	char *reasons[] = {(char *)"spam"};

	made->config.notifier.not_for = (struct config_list){1, reasons};
	asks("spam", ACTION_QUARANTINE, SCAN_NO_PART);
	assert_int_equal(make()->items[0]->n_notices, 0);
}

/* ---- checks ---- */

static void each_check_says_what_it_answered(void **state)
{
	struct check_cost costs[] = {{"map", 5, 0}, {"virus", 7, 0}, {"spam", 0, 1}};
	const Lz__Verdict *verdict;

	memcpy(made->scan.costs, costs, sizeof(costs));
	made->scan.cost_count = 3;
	scan_unscanned(&made->scan, "virus", UNSCANNED_LIMIT, "");
	scan_find(&made->scan, "virus", "virus", "VIRUS_X");
	verdict = make()->verdict;
	assert_int_equal(verdict->n_checks, 4);
	assert_int_equal(verdict->checks[0]->answer, LZ__ANSWER__CLEAN);
	assert_int_equal(verdict->checks[1]->answer, LZ__ANSWER__UNSCANNED);
	assert_string_equal(verdict->checks[1]->why, "limit");
	assert_int_equal(verdict->checks[1]->cost_us, 7);
	assert_int_equal(verdict->checks[2]->answer, LZ__ANSWER__HIT);
	assert_int_equal(verdict->checks[3]->answer, LZ__ANSWER__SKIPPED);
}

static void texts_from_a_mail_can_hold_anything(void **state)
{
	struct finding *finding = asks("attachment", ACTION_QUARANTINE, 2);

	finding_text(&finding->symbol, "A\r\nB\xff\x1b[31m");
	finding_text(&finding->where, "%5000d", 7);
	finding_text(&finding->rule, "r\n\xe2\x80\xae");
	finding_text(&made->scan.subject, "a\x01\xc3");
	make(); /* checks that the protocol takes it */
	assert_string_equal(result->verdict->symbols[0]->name, "A??B??[31m");
}

static void a_message_that_nobody_read_can_still_be_decided(void **state)
{
	mime_map_free(&made->scan.map);
	made->config.policy.unscanned.crash = ACTION_TAG;
	scan_unscanned(&made->scan, "scanner", UNSCANNED_CRASH, "");
	assert_int_equal(make()->verdict->groups[0]->disposition, LZ__DISPOSITION__DELIVER);
	assert_int_equal(result->verdict->groups[0]->n_edits, 0);
	assert_non_null(strstr(field(result->verdict->groups[0], "X-Lazaret"), "unscanned=crash"));
	made->config.policy.unscanned.crash = ACTION_QUARANTINE;
	assert_int_equal(make()->verdict->groups[0]->disposition, LZ__DISPOSITION__QUARANTINE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(fields_from_outside_that_look_like_ours_are_taken_out),
	        TEST(a_clean_message_says_so_and_keeps_its_other_bytes),
	        TEST(what_was_not_scanned_is_not_called_clean),
	        TEST(every_reason_for_not_scanning_is_told_in_the_header),
	        TEST(a_virus_check_that_could_not_look_does_not_say_scanned),
	        TEST(what_could_not_be_opened_is_not_called_scanned_for_viruses),
	        TEST(spam_is_told_in_the_customary_fields),
	        TEST(a_score_is_not_rounded_up_to_a_threshold_that_it_does_not_reach),
	        TEST(the_subject_of_spam_gets_its_prefix),
	        TEST(a_cut_part_is_replaced_by_a_text_that_names_it_its_item_and_who_to_ask),
	        TEST(a_cut_makes_an_item_with_the_part),
	        TEST(an_item_has_the_same_id_in_a_second_run),
	        TEST(a_cut_from_signed_mail_says_that_it_breaks_the_signature),
	        TEST(signatures_that_a_cut_breaks_are_named),
	        TEST(a_cut_that_would_break_something_holds_the_message),
	        TEST(different_groups_have_items_of_their_own),
	        TEST(a_rejected_message_is_not_kept),
	        TEST(sender_recipients_and_admin_are_told_of_a_cut),
	        TEST(a_sender_that_may_be_forged_is_not_told),
	        TEST(a_sender_is_never_told_of_a_virus),
	        TEST(automatic_mail_is_not_answered),
	        TEST(a_notice_that_came_back_makes_none),
	        TEST(a_digest_tells_what_makes_no_single_notice),
	        TEST(a_recipient_that_nobody_reads_is_not_told),
	        TEST(a_request_is_for_the_quarantine_alone_whatever_is_in_it),
	        TEST(the_token_is_found_in_the_subject_where_the_address_has_none),
	        TEST(others_get_a_mail_that_asks_as_any_other),
	        TEST(a_request_that_is_held_with_others_asks_for_nothing),
	        TEST(no_other_address_asks),
	        TEST(an_item_with_a_virus_says_so_whatever_the_reason),
	        TEST(a_quiet_rule_makes_no_notices),
	        TEST(a_quiet_rule_does_not_silence_one_beside_it),
	        TEST(nobody_is_told_of_what_is_discarded),
	        TEST(a_reason_that_comes_in_floods_makes_no_notices),
	        TEST(each_check_says_what_it_answered),
	        TEST(texts_from_a_mail_can_hold_anything),
	        TEST(a_message_that_nobody_read_can_still_be_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
