#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/blame.h"
#include "workers/qscan/marker.h"
#include "workers/qscan/poison.h"
#include "workers/qscan/scanner.h"

static const char yaml[] = "site: {name: mx.example.org, admin: postmaster@example.org}\n"
                           "front: {next_hop: 'localhost:26'}\n"
                           "virus: {enabled: false}\n"
                           "spam: {enabled: false}\n"
                           "policy: {unscanned: {crash: cut, memory: cut, timeout: quarantine}}\n";

static const char mail[] = "From: a@example.com\r\nMIME-Version: 1.0\r\n"
                           "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
                           "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
                           "--b\r\nContent-Type: text/x-log; name=\"x.log\"\r\n\r\nline\r\n"
                           "--b--\r\n";

static struct config *config;
static struct scanner scanner;
static struct poison *poison;
static Lz__ScanOrder *order;
static Lz__LeftOut *bad;
static struct buf out;

static int open_all(void **state)
{
	struct err err;

	if (config_parse("test", yaml, strlen(yaml), &config, &err) != RESULT_OK ||
	        pipeline_open(config, NULL, NULL, &scanner.pipeline, &err) != RESULT_OK ||
	        pipeline_settle(scanner.pipeline, &err) != RESULT_OK) {
		print_error("%s\n", err.text);
		return -1;
	}
	scanner.config = config;
	return 0;
}

static int close_all(void **state)
{
	pipeline_close(&scanner.pipeline);
	config_free(&config);
	return 0;
}

static int begin(void **state)
{
	struct made *made = made_start(mail);

	made_add_recipient(made, "anna@example.org");
	order = alloc(sizeof(*order));
	lz__scan_order__init(order);
	order->submission = made->submission;
	free(made->mail);
	free(made);
	bad = NULL;
	if (poison_new(&poison, NULL) || marker_new(&scanner.marker, NULL))
		return -1;
	scanner.poison = poison;
	return 0;
}

static int end(void **state)
{
	lz__scan_order__free_unpacked(order, NULL);
	marker_free(&scanner.marker);
	poison_free(&poison);
	buf_fini(&out);
	return 0;
}

static void leave_out(uint32_t part, const char *why)
{
	bad = alloc(sizeof(*bad));
	lz__left_out__init(bad);
	bad->part = part;
	bad->why = alloc_string(why);
	order->bad = alloc_zero(1, sizeof(*order->bad));
	order->bad[order->n_bad++] = bad;
}

static enum result ask(uint32_t kind)
{
	size_t size = lz__scan_order__get_packed_size(order);
	uint8_t *packed = alloc(size);
	struct pair_parcel parcel = {.kind = kind,
	        .sizes = {size, strlen(mail)},
	        .parts = {packed, (const unsigned char *)mail}};
	enum result result;
	struct err err;

	lz__scan_order__pack(order, packed);
	buf_clear(&out);
	result = scanner_answer(&scanner, &parcel, &out, &err);
	free(packed);
	return result;
}

/* The one group's outcome, and why the check could not look; to be freed. */
static Lz__ScanResult *verdict_of(uint32_t kind)
{
	ProtobufCMessage *message;
	struct err err;

	assert_int_equal(ask(kind), RESULT_OK);
	if (message_unpack(MESSAGE_SCAN_RESULT, out.data, out.size, strlen(mail), &message, &err))
		fail_msg("%s", err.text);
	return (Lz__ScanResult *)message;
}

static void assert_unscanned(const Lz__Verdict *verdict, const char *check, const char *why)
{
	size_t at;

	for (at = 0; at < verdict->n_checks; at++)
		if (strcmp(verdict->checks[at]->name, check) == 0 &&
		        verdict->checks[at]->answer == LZ__ANSWER__UNSCANNED &&
		        strcmp(verdict->checks[at]->why, why) == 0)
			return;
	fail_msg("%s is not unscanned(%s)", check, why);
}

static void a_message_is_decided_and_nothing_is_being_looked_at_afterwards(void **state)
{
	Lz__ScanResult *result = verdict_of(PAIR_SCAN);

	assert_int_equal(result->verdict->groups[0]->disposition, LZ__DISPOSITION__DELIVER);
	assert_int_equal(result->n_items, 0);
	assert_int_equal(scanner.marker->stage, MARKER_IDLE);
	message_free(&result->base);
}

static void a_part_that_is_left_out_is_cut_where_policy_says_so(void **state)
{
	Lz__ScanResult *result;

	leave_out(2, "memory");
	result = verdict_of(PAIR_SCAN);
	assert_unscanned(result->verdict, "attachments", "memory");
	assert_int_equal(result->verdict->groups[0]->disposition, LZ__DISPOSITION__DELIVER);
	assert_int_equal(result->verdict->groups[0]->n_edits > 0, 1);
	assert_int_equal(result->n_items, 1);
	assert_string_equal(result->items[0]->parts[0]->path, "2");
	assert_string_equal(result->items[0]->rule, "policy.unscanned.memory");
	message_free(&result->base);
}

static void a_decision_without_a_look_is_by_the_reason_that_it_is_given(void **state)
{
	Lz__ScanResult *result;

	order->why = alloc_string("timeout");
	result = verdict_of(PAIR_UNSCANNED);
	assert_unscanned(result->verdict, "scanner", "timeout");
	assert_int_equal(result->verdict->groups[0]->disposition, LZ__DISPOSITION__QUARANTINE);
	assert_int_equal(result->verdict->n_checks, 1);
	message_free(&result->base);
}

static void a_probe_tells_how_many_parts_there_are_and_nothing_else(void **state)
{
	uint32_t parts;

	assert_int_equal(ask(PAIR_PROBE), RESULT_OK);
	assert_int_equal(out.size, sizeof(parts));
	memcpy(&parts, out.data, sizeof(parts));
	assert_int_equal(parts, 3);
	order->from = 1;
	order->to = 2;
	assert_int_equal(ask(PAIR_PROBE), RESULT_OK);
	assert_int_equal(out.size, sizeof(parts));
	assert_int_equal(scanner.marker->stage, MARKER_IDLE);
}

static void what_nobody_survives_deciding_on_is_decided_without_what_was_found(void **state)
{
	Lz__ScanResult *result;
	struct scan scan;

	scan_init(&scan, config, order->submission, mail, strlen(mail));
	scan.poison = poison;
	scan.marker = scanner.marker;
	blame_message(&scan, "verdict");
	poison_add(poison, &scanner.marker->digest, 2, UNSCANNED_TIMEOUT, clock_monotonic_ms());
	scan_fini(&scan);
	result = verdict_of(PAIR_SCAN);
	assert_unscanned(result->verdict, "scanner", "timeout");
	assert_int_equal(result->verdict->groups[0]->disposition, LZ__DISPOSITION__QUARANTINE);
	message_free(&result->base);
}

static void what_is_no_order_is_refused(void **state)
{
	assert_int_equal(ask(PAIR_RESULT), RESULT_PERMANENT);
	assert_int_equal(ask(PAIR_PROBED), RESULT_PERMANENT);
	order->from = 1; /* and to is 0 */
	assert_int_equal(ask(PAIR_PROBE), RESULT_PERMANENT);
	order->from = 0;
	order->submission->size++;
	assert_int_equal(ask(PAIR_SCAN), RESULT_PERMANENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_message_is_decided_and_nothing_is_being_looked_at_afterwards),
	        TEST(a_part_that_is_left_out_is_cut_where_policy_says_so),
	        TEST(a_decision_without_a_look_is_by_the_reason_that_it_is_given),
	        TEST(a_probe_tells_how_many_parts_there_are_and_nothing_else),
	        TEST(what_nobody_survives_deciding_on_is_decided_without_what_was_found),
	        TEST(what_is_no_order_is_refused),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
