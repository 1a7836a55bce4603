/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "protos/check.h"
#include "protos/messages.h"

static char message_id[] = "0123456789abcdef0123456789abcdef";
static char item_id[] = "0123456789abcdef";

/* A good message of each kind that the tests below spoil in one way each. */
static Lz__Recipient recipients[2];
static Lz__Recipient *recipient_list[2] = {&recipients[0], &recipients[1]};
static Lz__Submission submission;
static Lz__Edit edits[2];
static Lz__Edit *edit_list[2] = {&edits[0], &edits[1]};
static uint32_t first[1] = {0}, second[1] = {1};
static Lz__Field field;
static Lz__Field *field_list[1] = {&field};
static Lz__Group groups[2];
static Lz__Group *group_list[2] = {&groups[0], &groups[1]};
static Lz__Verdict verdict;
static Lz__Part part;
static Lz__Part *part_list[1] = {&part};
static Lz__Item item;
static Lz__Item *item_list[2] = {&item, &item};
static char *item_ids[1] = {item_id};
static Lz__ScanResult scan;
static Lz__Store store;

static void good_submission(void)
{
	int at;

	for (at = 0; at < 2; at++)
		recipients[at] = (Lz__Recipient)LZ__RECIPIENT__INIT;
	recipients[0].address = "a@example.org";
	recipients[1].address = "ü@example.org";
	submission = (Lz__Submission)LZ__SUBMISSION__INIT;
	submission.message_id = message_id;
	submission.recipients = recipient_list;
	submission.n_recipients = 2;
	submission.size = 100;
	submission.deadline_ms = 60000;
}

static void good_verdict(void)
{
	int at;

	for (at = 0; at < 2; at++) {
		groups[at] = (Lz__Group)LZ__GROUP__INIT;
		groups[at].n_recipients = 1;
		edits[at] = (Lz__Edit)LZ__EDIT__INIT;
		edits[at].offset = (uint64_t)at * 50;
		edits[at].length = 50;
	}
	field = (Lz__Field)LZ__FIELD__INIT;
	field.name = "X-Spam-Flag";
	field.value = "YES,\n\tvery much";
	groups[0].recipients = first;
	groups[1].recipients = second;
	groups[0].edits = edit_list;
	groups[0].n_edits = 2;
	groups[0].fields = field_list;
	groups[0].n_fields = 1;
	verdict = (Lz__Verdict)LZ__VERDICT__INIT;
	verdict.message_id = message_id;
	verdict.groups = group_list;
	verdict.n_groups = 2;
}

static void good_scan(void)
{
	good_verdict();
	groups[0].items = item_ids;
	groups[0].n_items = 1;
	part = (Lz__Part)LZ__PART__INIT;
	part.offset = 90;
	part.length = 10;
	part.name = "in\r\nvoice.exe"; /* names are as found */
	item = (Lz__Item)LZ__ITEM__INIT;
	item.id = item_id;
	item.message_id = message_id;
	item.size = 100;
	item.recipients = recipient_list;
	item.n_recipients = 1;
	item.parts = part_list;
	item.n_parts = 1;
	scan = (Lz__ScanResult)LZ__SCAN_RESULT__INIT;
	scan.verdict = &verdict;
	scan.items = item_list;
	scan.n_items = 1;
	store = (Lz__Store)LZ__STORE__INIT;
	store.message_id = message_id;
	store.items = item_list;
	store.n_items = 1;
}

static int setup(void **state)
{
	good_submission();
	good_scan();
	return 0;
}

/* Through the wire's form and back, so that both halves are met. */
static enum result through(
        enum message_type type, const ProtobufCMessage *message, size_t body_size)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	unsigned char *bytes = malloc(size + 1);
	ProtobufCMessage *out;
	struct err err;
	enum result result;

	protobuf_c_message_pack(message, bytes);
	result = message_unpack(type, bytes, size, body_size, &out, &err);
	if (result == RESULT_OK)
		assert_int_equal(protobuf_c_message_get_packed_size(out), size);
	else
		assert_null(out);
	message_free(out);
	free(bytes);
	return result;
}

#define TAKEN(type, message, body) assert_int_equal(through(type, &(message).base, body), RESULT_OK)
#define REFUSED(type, message, body)                                                               \
	assert_int_equal(through(type, &(message).base, body), RESULT_PERMANENT)

static enum result raw(enum message_type type, const char *bytes, size_t size)
{
	ProtobufCMessage *out;
	struct err err;
	enum result result = message_unpack(type, bytes, size, 0, &out, &err);

	message_free(out);
	return result;
}

static void every_message_is_found_by_its_number(void **state)
{
	unsigned type, found = 0;

	for (type = 0; type < 256; type++)
		if (message_info(type)) {
			assert_int_equal(message_info(type)->type, type);
			found++;
		}
	assert_int_equal(found, 66);
	assert_null(message_info(0));
}

static void every_limit_names_a_field_that_there_is(void **state)
{
	assert_true(check_table_holds());
}

static void a_good_message_is_taken(void **state)
{
	TAKEN(MESSAGE_SUBMIT, submission, 100);
	TAKEN(MESSAGE_VERDICT, verdict, 0);
	TAKEN(MESSAGE_SCAN_RESULT, scan, 100);
	TAKEN(MESSAGE_STORE, store, 100);
}

static void an_unknown_field_is_refused_at_the_top_and_inside(void **state)
{
	/* Heartbeat{1: 5}, then with a field 9 behind; Verdict with a group that has a field 99 */
	assert_int_equal(raw(MESSAGE_HEARTBEAT, "\x08\x05", 2), RESULT_OK);
	assert_int_equal(raw(MESSAGE_HEARTBEAT, "\x08\x05\x48\x01", 4), RESULT_PERMANENT);
	assert_int_equal(raw(MESSAGE_ITEMS, "\x0a\x03\x98\x06\x01", 5), RESULT_PERMANENT);
}

static void trailing_or_missing_bytes_are_refused(void **state)
{
	assert_int_equal(raw(MESSAGE_HEARTBEAT, "\x08\x05\xff", 3), RESULT_PERMANENT);
	assert_int_equal(raw(MESSAGE_HEARTBEAT, "\x08", 1), RESULT_PERMANENT);
}

static void a_nul_in_a_text_is_refused(void **state)
{
	assert_int_equal(raw(MESSAGE_GOODBYE,
	                         "\x0a\x03"
	                         "a\0b",
	                         5),
	        RESULT_PERMANENT);
	assert_int_equal(raw(MESSAGE_GOODBYE,
	                         "\x0a\x03"
	                         "axb",
	                         5),
	        RESULT_OK);
}

static void a_field_that_comes_twice_or_padded_is_refused(void **state)
{
	assert_int_equal(raw(MESSAGE_HEARTBEAT, "\x08\x05\x08\x06", 4), RESULT_PERMANENT);
	assert_int_equal(raw(MESSAGE_HEARTBEAT, "\x08\x85\x00", 3), RESULT_PERMANENT);
}

static void invalid_utf8_is_refused(void **state)
{
	assert_int_equal(raw(MESSAGE_GOODBYE, "\x0a\x02\xc0\xaf", 4), RESULT_PERMANENT);
}

static void a_small_envelope_cannot_ask_for_much_memory(void **state)
{
	size_t size = 2 << 20, at;
	char *bytes = malloc(size);

	for (at = 0; at < size; at += 2)
		memcpy(bytes + at, "\x0a\x00", 2); /* Items{items: {}} a million times */
	assert_int_equal(raw(MESSAGE_ITEMS, bytes, size), RESULT_PERMANENT);
	free(bytes);
}

static void an_oversized_envelope_is_refused_unread(void **state)
{
	assert_int_equal(raw(MESSAGE_GOODBYE, NULL, MESSAGE_ENVELOPE_MAX + 1), RESULT_PERMANENT);
}

static void a_line_break_in_an_address_is_refused(void **state)
{
	recipients[1].address = "a@b\r\nRCPT TO:<c@d>";
	REFUSED(MESSAGE_SUBMIT, submission, 100);
	good_submission();
	submission.reverse_path = "a@b\nc";
	REFUSED(MESSAGE_SUBMIT, submission, 100);
	good_submission();
	recipients[0].address = "";
	REFUSED(MESSAGE_SUBMIT, submission, 100);
}

static void a_blank_in_a_token_is_refused(void **state)
{
	recipients[0].notify = "NEVER SIZE=1";
	REFUSED(MESSAGE_SUBMIT, submission, 100);
}

static void a_text_at_its_limit_is_taken_and_one_over_it_refused(void **state)
{
	char text[MESSAGE_LINE_MAX + 2];

	memset(text, 'a', sizeof(text));
	text[MESSAGE_LINE_MAX] = '\0';
	submission.helo = text;
	TAKEN(MESSAGE_SUBMIT, submission, 100);
	text[MESSAGE_LINE_MAX] = 'a';
	text[MESSAGE_LINE_MAX + 1] = '\0';
	REFUSED(MESSAGE_SUBMIT, submission, 100);
}

static void recipients_are_counted(void **state)
{
	Lz__Recipient **many = calloc(MESSAGE_RECIPIENTS_MAX + 1, sizeof(*many));
	size_t at;

	for (at = 0; at <= MESSAGE_RECIPIENTS_MAX; at++)
		many[at] = &recipients[0];
	submission.recipients = many;
	submission.n_recipients = MESSAGE_RECIPIENTS_MAX;
	TAKEN(MESSAGE_SUBMIT, submission, 100);
	submission.n_recipients = MESSAGE_RECIPIENTS_MAX + 1;
	REFUSED(MESSAGE_SUBMIT, submission, 100);
	submission.n_recipients = 0;
	REFUSED(MESSAGE_SUBMIT, submission, 100);
	free(many);
}

static void a_size_that_is_not_the_body_s_is_refused(void **state)
{
	REFUSED(MESSAGE_SUBMIT, submission, 99);
	REFUSED(MESSAGE_STORE, store, 101);
	REFUSED(MESSAGE_SCAN_RESULT, scan, 101);
}

static void ids_have_one_form(void **state)
{
	submission.message_id = "0123456789ABCDEF0123456789abcdef";
	REFUSED(MESSAGE_SUBMIT, submission, 100);
	submission.message_id = "";
	REFUSED(MESSAGE_SUBMIT, submission, 100);
	item.id = "../../etc/passwd";
	REFUSED(MESSAGE_STORE, store, 100);
}

static void edits_ascend_and_never_overlap(void **state)
{
	edits[1].offset = 49;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	edits[1].offset = 60;
	edits[1].length = UINT64_MAX;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
}

static void a_header_field_injects_nothing(void **state)
{
	field.value = "yes\r\nX-Other: no";
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	field.value = "yes\rno";
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	field.value = "yes\n";
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	field.value = "yes";
	field.name = "X Spam";
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	field.name = "";
	REFUSED(MESSAGE_VERDICT, verdict, 0);
}

static void enums_and_numbers_are_in_range(void **state)
{
	groups[0].disposition = (Lz__Disposition)6;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	groups[0].disposition = LZ__DISPOSITION__DELIVER;
	verdict.score = NAN;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
}

static void the_time_of_signatures_is_one_that_a_date_can_tell(void **state)
{
	static const int64_t wrong[] = {-1, 253402300800, INT64_MAX, INT64_MIN};
	size_t at;

	verdict.signatures_s = item.signatures_s = 253402300799;
	assert_int_equal(through(MESSAGE_SCAN_RESULT, &scan.base, 100), RESULT_OK);
	for (at = 0; at < 4; at++) {
		verdict.signatures_s = wrong[at];
		item.signatures_s = 0;
		assert_int_equal(through(MESSAGE_SCAN_RESULT, &scan.base, 100), RESULT_PERMANENT);
		assert_int_equal(through(MESSAGE_VERDICT, &verdict.base, 0), RESULT_PERMANENT);
		verdict.signatures_s = 0;
		item.signatures_s = wrong[at];
		assert_int_equal(through(MESSAGE_SCAN_RESULT, &scan.base, 100), RESULT_PERMANENT);
	}
}

static void an_outbox_is_asked_for_whole_or_for_one_record(void **state)
{
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;
	char *states[9] = {"dead", "due", "a", "b", "c", "d", "e", "f", "g"};

	TAKEN(MESSAGE_LIST_OUTBOX, request, 0);
	request.id = "abcd";
	request.states = states;
	request.n_states = 2;
	TAKEN(MESSAGE_LIST_OUTBOX, request, 0);
	request.id = "abc";
	REFUSED(MESSAGE_LIST_OUTBOX, request, 0);
	request.id = "abcd\nefg";
	REFUSED(MESSAGE_LIST_OUTBOX, request, 0);
	request.id = "";
	request.n_states = 9;
	REFUSED(MESSAGE_LIST_OUTBOX, request, 0);
	request.n_states = 1;
	states[0] = "no state";
	REFUSED(MESSAGE_LIST_OUTBOX, request, 0);
}

static void a_workers_state_has_a_name_and_a_time(void **state)
{
	Lz__WorkerState told = LZ__WORKER_STATE__INIT, *list[1] = {&told};
	Lz__Count count = LZ__COUNT__INIT;
	Lz__Stats stats = LZ__STATS__INIT;

	count.state = &told;
	stats.workers = list;
	stats.n_workers = 1;
	assert_int_equal(through(MESSAGE_COUNT, &count.base, 0), RESULT_PERMANENT);
	assert_int_equal(through(MESSAGE_STATS, &stats.base, 0), RESULT_PERMANENT);
	told.worker = "host/1";
	assert_int_equal(through(MESSAGE_COUNT, &count.base, 0), RESULT_OK);
	assert_int_equal(through(MESSAGE_STATS, &stats.base, 0), RESULT_OK);
	told.signatures_s = -1;
	assert_int_equal(through(MESSAGE_COUNT, &count.base, 0), RESULT_PERMANENT);
	assert_int_equal(through(MESSAGE_STATS, &stats.base, 0), RESULT_PERMANENT);
}

static void a_reject_has_a_5xx_reply_and_a_defer_a_4xx(void **state)
{
	groups[1].disposition = LZ__DISPOSITION__REJECT;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	groups[1].code = 550;
	groups[1].enhanced = "5.7.1";
	TAKEN(MESSAGE_VERDICT, verdict, 0);
	groups[1].enhanced = "4.7.1";
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	groups[1].enhanced = "5.7";
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	groups[1].enhanced = "";
	groups[1].disposition = LZ__DISPOSITION__DEFER;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	groups[1].code = 451;
	TAKEN(MESSAGE_VERDICT, verdict, 0);
}

static void what_nobody_gets_must_be_kept(void **state)
{
	groups[1].disposition = LZ__DISPOSITION__DISCARD;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	groups[1].disposition = LZ__DISPOSITION__QUARANTINE;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	groups[1].items = item_ids;
	groups[1].n_items = 1;
	TAKEN(MESSAGE_VERDICT, verdict, 0);
}

static void a_redirect_has_a_mailbox(void **state)
{
	groups[1].disposition = LZ__DISPOSITION__REDIRECT;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
	groups[1].redirect = "spam@example.org";
	TAKEN(MESSAGE_VERDICT, verdict, 0);
}

static void no_recipient_is_in_two_groups(void **state)
{
	groups[1].recipients = first;
	REFUSED(MESSAGE_VERDICT, verdict, 0);
}

static void an_order_is_of_parts_that_can_be_and_for_reasons_that_there_are(void **state)
{
	Lz__LeftOut bad = LZ__LEFT_OUT__INIT, *list[] = {&bad};
	Lz__ScanOrder order = LZ__SCAN_ORDER__INIT;

	REFUSED(MESSAGE_SCAN_ORDER, order, 100);
	order.submission = &submission;
	TAKEN(MESSAGE_SCAN_ORDER, order, 100);
	REFUSED(MESSAGE_SCAN_ORDER, order, 101);
	order.from = 3;
	REFUSED(MESSAGE_SCAN_ORDER, order, 100);
	order.to = MESSAGE_PARTS_MAX;
	order.why = (char *)"memory";
	bad.part = MESSAGE_PARTS_MAX - 1;
	bad.why = (char *)"timeout";
	order.bad = list;
	order.n_bad = 1;
	TAKEN(MESSAGE_SCAN_ORDER, order, 100);
	bad.part++;
	REFUSED(MESSAGE_SCAN_ORDER, order, 100);
	bad.part = 0;
	bad.why = (char *)"clean";
	REFUSED(MESSAGE_SCAN_ORDER, order, 100);
	bad.why = order.why;
	order.why = (char *)"encrypted";
	REFUSED(MESSAGE_SCAN_ORDER, order, 100);
}

static void a_scanner_cannot_claim_what_it_did_not_do(void **state)
{
	char *delivered[1] = {"a@example.org"};

	verdict.delivered = delivered;
	verdict.n_delivered = 1;
	REFUSED(MESSAGE_SCAN_RESULT, scan, 100);
	verdict.n_delivered = 0;
	scan.n_items = 0;
	REFUSED(MESSAGE_SCAN_RESULT, scan, 100);
	scan.n_items = 1;
	scan.crashed = "not at all";
	REFUSED(MESSAGE_SCAN_RESULT, scan, 100);
}

static void an_item_belongs_to_its_message_and_comes_once(void **state)
{
	store.n_items = 2;
	REFUSED(MESSAGE_STORE, store, 100);
	store.n_items = 1;
	store.message_id = "ffffffffffffffffffffffffffffffff";
	REFUSED(MESSAGE_STORE, store, 100);
	store.message_id = message_id;
	part.length = 11;
	REFUSED(MESSAGE_STORE, store, 100);
	store.n_items = 0;
	TAKEN(MESSAGE_STORE, store, 0);
	REFUSED(MESSAGE_STORE, store, 1);
}

static void a_verdict_fits_its_submission(void **state)
{
	struct err err;

	assert_int_equal(verdict_fits(&verdict, &submission, &err), RESULT_OK);
	edits[1].length = 51;
	assert_int_equal(verdict_fits(&verdict, &submission, &err), RESULT_PERMANENT);
	good_verdict();
	verdict.n_groups = 1;
	assert_int_equal(verdict_fits(&verdict, &submission, &err), RESULT_PERMANENT);
	good_verdict();
	submission.n_recipients = 1;
	assert_int_equal(verdict_fits(&verdict, &submission, &err), RESULT_PERMANENT);
	good_submission();
	verdict.message_id = "ffffffffffffffffffffffffffffffff";
	assert_int_equal(verdict_fits(&verdict, &submission, &err), RESULT_PERMANENT);
}

static void a_lesson_has_a_whole_digest_and_whole_features(void **state)
{
	uint8_t bytes[24] = {0};
	Lz__Example example = LZ__EXAMPLE__INIT, *examples[] = {&example};
	Lz__Learn learn = LZ__LEARN__INIT;

	learn.examples = examples;
	learn.n_examples = 1;
	example.digest.data = example.features.data = bytes;
	example.digest.len = 16;
	example.features.len = 8;
	example.words = 2;
	TAKEN(MESSAGE_LEARN, learn, 0);
	example.words = 3;
	REFUSED(MESSAGE_LEARN, learn, 0);
	example.words = 0;
	example.features.len = 7;
	REFUSED(MESSAGE_LEARN, learn, 0);
	example.features.len = 0;
	TAKEN(MESSAGE_LEARN, learn, 0);
	example.digest.len = 15;
	REFUSED(MESSAGE_LEARN, learn, 0);
	example.digest.len = 17;
	REFUSED(MESSAGE_LEARN, learn, 0);
}

static void a_report_is_of_one_lesson_and_not_done_yet(void **state)
{
	uint8_t bytes[16] = {0};
	Lz__Example example = LZ__EXAMPLE__INIT, *examples[] = {&example};
	Lz__Report report = LZ__REPORT__INIT;
	Lz__Reported reported = LZ__REPORTED__INIT;

	example.digest.data = bytes;
	example.digest.len = 16;
	example.lesson = report.lesson = LZ__LESSON__LEARN_SPAM;
	report.examples = examples;
	report.n_examples = 1;
	scan.report = store.report = &report;
	TAKEN(MESSAGE_SCAN_RESULT, scan, 100);
	TAKEN(MESSAGE_STORE, store, 100);
	report.fate = (char *)"inline";
	REFUSED(MESSAGE_SCAN_RESULT, scan, 100);
	report.fate = (char *)"";
	report.reported = &reported;
	REFUSED(MESSAGE_STORE, store, 100);
	report.reported = NULL;
	report.lesson = LZ__LESSON__LEARN_HAM;
	REFUSED(MESSAGE_STORE, store, 100);
	report.lesson = example.lesson = LZ__LESSON__LEARN_FORGET;
	REFUSED(MESSAGE_STORE, store, 100);
	report.lesson = example.lesson = LZ__LESSON__LEARN_SPAM;
	example.digest.len = 15;
	REFUSED(MESSAGE_SCAN_RESULT, scan, 100);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(every_message_is_found_by_its_number),
	        TEST(every_limit_names_a_field_that_there_is),
	        TEST(a_good_message_is_taken),
	        TEST(an_unknown_field_is_refused_at_the_top_and_inside),
	        TEST(trailing_or_missing_bytes_are_refused),
	        TEST(a_nul_in_a_text_is_refused),
	        TEST(a_field_that_comes_twice_or_padded_is_refused),
	        TEST(invalid_utf8_is_refused),
	        TEST(a_small_envelope_cannot_ask_for_much_memory),
	        TEST(an_oversized_envelope_is_refused_unread),
	        TEST(a_line_break_in_an_address_is_refused),
	        TEST(a_blank_in_a_token_is_refused),
	        TEST(a_text_at_its_limit_is_taken_and_one_over_it_refused),
	        TEST(recipients_are_counted),
	        TEST(a_size_that_is_not_the_body_s_is_refused),
	        TEST(ids_have_one_form),
	        TEST(edits_ascend_and_never_overlap),
	        TEST(a_header_field_injects_nothing),
	        TEST(enums_and_numbers_are_in_range),
	        TEST(the_time_of_signatures_is_one_that_a_date_can_tell),
	        TEST(a_workers_state_has_a_name_and_a_time),
	        TEST(an_outbox_is_asked_for_whole_or_for_one_record),
	        TEST(a_reject_has_a_5xx_reply_and_a_defer_a_4xx),
	        TEST(what_nobody_gets_must_be_kept),
	        TEST(a_redirect_has_a_mailbox),
	        TEST(no_recipient_is_in_two_groups),
	        TEST(an_order_is_of_parts_that_can_be_and_for_reasons_that_there_are),
	        TEST(a_scanner_cannot_claim_what_it_did_not_do),
	        TEST(an_item_belongs_to_its_message_and_comes_once),
	        TEST(a_lesson_has_a_whole_digest_and_whole_features),
	        TEST(a_verdict_fits_its_submission),
	        TEST(a_report_is_of_one_lesson_and_not_done_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
