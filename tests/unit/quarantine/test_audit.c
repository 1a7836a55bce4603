#include "tests/unit/quarantine/fixture.h"

#include "lib/audit/chain.h"
#include "quarantine/audit.h"
#include "quarantine/inside.h"
#include "quarantine/key.h"
#include "quarantine/record.h"

static struct fixture f;

static int set_up(void **state)
{
	fixture_new(&f, FIXTURE_MAP);
	return 0;
}

static int tear_down(void **state)
{
	fixture_free(&f);
	return 0;
}

static void add_fact(const char *action, int64_t now_ms)
{
	struct audit_fact fact = {.who = "uid=0", .action = action};

	assert_int_equal(audit_note(f.store, &fact, now_ms, &f.err), RESULT_OK);
}

/* To be freed with message_free(). */
static Lz__Audit *list(const Lz__ListAudit *request)
{
	Lz__Audit *out = alloc(sizeof(*out));

	lz__audit__init(out);
	if (audit_list(f.store, request, out, &f.err))
		fail_msg("%s", f.err.text);
	return out;
}

static Lz__Audit *newest(uint32_t limit)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;

	request.limit = limit;
	return list(&request);
}

static struct backend_key key_of(uint64_t seq)
{
	uint8_t bytes[8] = {0};

	bytes[7] = (uint8_t)seq;
	bytes[6] = (uint8_t)(seq >> 8);
	return key_bytes(bytes, 8);
}

static uint64_t problems(struct err *first)
{
	struct store_report report = {0};

	assert_int_equal(store_verify(f.store, &report, &f.err), RESULT_OK);
	*first = report.first;
	return report.problems;
}

/* Takes the one that is due and says that it was delivered, twice as where an answer is lost. */
static void deliver(int64_t now_ms)
{
	Lz__Take take = LZ__TAKE__INIT;
	Lz__Taken *taken = alloc(sizeof(*taken));
	Lz__Finish finish = LZ__FINISH__INIT;
	int turn;

	lz__taken__init(taken);
	fixture_begin(&f, now_ms);
	assert_int_equal(fixture_end(&f, store_take(f.store, &take, taken, &f.err)), RESULT_OK);
	assert_int_equal(taken->n_outbox, 1);
	finish.id = taken->outbox[0]->id;
	finish.done = 1;
	for (turn = 0; turn < 2; turn++) {
		fixture_begin(&f, now_ms);
		assert_int_equal(
		        fixture_end(&f, store_finish(f.store, &finish, &f.err)), RESULT_OK);
	}
	message_free((ProtobufCMessage *)taken);
}

static void release(int64_t now_ms)
{
	Lz__Release request = LZ__RELEASE__INIT;
	Lz__Released *released = alloc(sizeof(*released));

	lz__released__init(released);
	request.id = (char *)"aaaa000000000001";
	fixture_begin(&f, now_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &request, released, &f.err)), RESULT_OK);
	message_free((ProtobufCMessage *)released);
}

static void the_life_of_an_item_is_in_it_without_address_or_subject(void **state)
{
	static const char *const wanted[] = {"store reason=virus recipients=1 parts=0",
	        "delivered notice=", "carry release=", "delivered release=", "expire "};
	Lz__Audit *audit;
	char *told;
	size_t at;
	int more;

	put(&f, new_item("aaaa000000000001", "00000000000000000000000000000001", "r@example.com"),
	        "body", 4, start_ms);
	confirm(&f, "00000000000000000000000000000001", NULL, 1, start_ms + 1);
	deliver(start_ms + 2);
	release(start_ms + 3);
	deliver(start_ms + 4);
	assert_int_equal(
	        store_expire(f.store, start_ms + 40 * 24 * (int64_t)HOUR_MS, &more, &f.err),
	        RESULT_OK);
	audit = newest(10);
	assert_int_equal(audit->n_entries, 5);
	for (at = 0; at < 5; at++) {
		const Lz__AuditEntry *entry = audit->entries[4 - at];

		told = alloc_format("%s %s", entry->action, entry->detail);
		if (strncmp(told, wanted[at], strlen(wanted[at])) != 0)
			fail_msg("%s instead of %s", told, wanted[at]);
		assert_string_equal(entry->item, "aaaa000000000001");
		assert_null(strstr(told, "example"));
		free(told);
	}
	assert_string_equal(audit->entries[0]->who, "store");
	message_free((ProtobufCMessage *)audit);
	fixture_verify(&f);
}

static enum result fetch(const char *item, const char *outgoing)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	Lz__Fetched *fetched = alloc(sizeof(*fetched));
	struct buf bytes = {0};
	enum result result;

	lz__fetched__init(fetched);
	request.id = (char *)item;
	request.outgoing = (char *)outgoing;
	result = store_fetch(f.store, &request, fetched, &bytes, &f.err);
	message_free((ProtobufCMessage *)fetched);
	buf_fini(&bytes);
	return result;
}

static void a_notifier_gets_the_bytes_of_what_it_has_in_its_hands_and_of_nothing_else(void **state)
{
	Lz__Take take = LZ__TAKE__INIT;
	Lz__Taken *taken = alloc(sizeof(*taken));
	Lz__Finish finish = LZ__FINISH__INIT;
	Lz__Shown *shown;

	put(&f, new_item("aaaa000000000001", "00000000000000000000000000000001", "r@example.com"),
	        "body", 4, start_ms);
	put(&f, new_item("aaaa000000000002", "00000000000000000000000000000002", "r@example.com"),
	        "other", 5, start_ms);
	release(start_ms + 1);
	shown = show(&f, "aaaa000000000001");
	finish.id = shown->outbox[0]->kind == LZ__NOTICE_KIND__NOTICE_RELEASE
	                    ? shown->outbox[0]->id
	                    : shown->outbox[1]->id;
	assert_int_equal(fetch("aaaa000000000001", finish.id), RESULT_PERMANENT);
	lz__taken__init(taken);
	fixture_begin(&f, start_ms + 2);
	fixture_end(&f, store_take(f.store, &take, taken, &f.err));
	assert_string_equal(taken->outbox[0]->id, finish.id);
	message_free((ProtobufCMessage *)taken);
	assert_int_equal(fetch("aaaa000000000001", finish.id), RESULT_OK);
	assert_int_equal(fetch("aaaa000000000002", finish.id), RESULT_PERMANENT);
	assert_int_equal(fetch("aaaa000000000001", "0000000000000000"), RESULT_PERMANENT);
	assert_int_equal(
	        fetch("aaaa000000000001", shown->outbox[0]->id == finish.id ? shown->outbox[1]->id
	                                                                    : shown->outbox[0]->id),
	        RESULT_PERMANENT);
	finish.done = 1;
	fixture_begin(&f, start_ms + 3);
	fixture_end(&f, store_finish(f.store, &finish, &f.err));
	assert_int_equal(fetch("aaaa000000000001", finish.id), RESULT_PERMANENT);
	message_free((ProtobufCMessage *)shown);
}

static void the_same_message_again_adds_nothing(void **state)
{
	Lz__Audit *audit;
	int turn;

	for (turn = 0; turn < 2; turn++)
		put(&f, new_item("aaaa000000000001", "00000000000000000000000000000001", "r@x.org"),
		        "body", 4, start_ms + turn);
	audit = newest(10);
	assert_int_equal(audit->n_entries, 1);
	message_free((ProtobufCMessage *)audit);
}

static void what_was_aborted_is_not_in_it_and_leaves_no_gap(void **state)
{
	struct audit_fact fact = {.action = "view"};
	Lz__Audit *audit;

	add_fact("policy", start_ms);
	fixture_begin(&f, start_ms);
	assert_int_equal(audit_add(f.store, &fact, &f.err), RESULT_OK);
	assert_int_equal(audit_add(f.store, &fact, &f.err), RESULT_OK);
	store_abort(f.store);
	add_fact("policy", start_ms);
	audit = newest(10);
	assert_int_equal(audit->n_entries, 2);
	assert_int_equal(audit->head->seq, 2);
	message_free((ProtobufCMessage *)audit);
	fixture_verify(&f);
}

static void several_of_one_transaction_are_chained_and_it_goes_on_after_a_restart(void **state)
{
	struct audit_fact fact = {.action = "view"};
	int at;

	fixture_begin(&f, start_ms);
	for (at = 0; at < 100; at++)
		assert_int_equal(audit_add(f.store, &fact, &f.err), RESULT_OK);
	fixture_end(&f, RESULT_OK);
	store_close(&f.store);
	fixture_open(&f);
	add_fact("view", start_ms);
	fixture_verify(&f);
}

static void pages_tell_each_entry_once_in_both_directions(void **state)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	uint64_t wanted = 1200;
	Lz__Audit *audit;
	size_t at;

	for (at = 0; at < 1200; at++)
		add_fact(at % 3 ? "view" : "store", start_ms + (int64_t)at);
	do {
		audit = list(&request);
		for (at = 0; at < audit->n_entries; at++)
			assert_int_equal(audit->entries[at]->seq, wanted--);
		request.from = audit->next;
		message_free((ProtobufCMessage *)audit);
	} while (request.from);
	assert_int_equal(wanted, 0);
	request.forward = 1;
	request.limit = 499;
	do {
		audit = list(&request);
		for (at = 0; at < audit->n_entries; at++)
			assert_int_equal(audit->entries[at]->seq, ++wanted);
		request.from = audit->next;
		message_free((ProtobufCMessage *)audit);
	} while (request.from);
	assert_int_equal(wanted, 1200);
}

static void what_is_asked_for_is_found(void **state)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	struct audit_fact fact = {
	        .who = "name=Desk key=x", .action = "view", .item = "bbbb000000000001"};
	Lz__Audit *audit;

	add_fact("policy", start_ms);
	audit_note(f.store, &fact, start_ms + 10, &f.err);
	add_fact("store", start_ms + 20);
	request.who = (char *)"desk";
	audit = list(&request);
	assert_int_equal(audit->n_entries, 1);
	message_free((ProtobufCMessage *)audit);
	request.item = (char *)"bbbb";
	request.action = (char *)"view";
	request.since_ms = start_ms + 10;
	request.until_ms = start_ms + 11;
	audit = list(&request);
	assert_int_equal(audit->n_entries, 1);
	message_free((ProtobufCMessage *)audit);
	request.until_ms = start_ms + 10;
	audit = list(&request);
	assert_int_equal(audit->n_entries, 0);
	message_free((ProtobufCMessage *)audit);
}

/* As somebody with a hex editor would. */
static void flip_a_byte(uint64_t seq, size_t from_end)
{
	struct backend_key key = key_of(seq);
	struct buf value = {0};

	fixture_begin(&f, start_ms);
	assert_int_equal(backend_get(f.store->txn, TABLE_AUDIT, &key, &value, &f.err), RESULT_OK);
	value.data[value.size - 1 - from_end] ^= 0x20;
	assert_int_equal(
	        backend_put(f.store->txn, TABLE_AUDIT, &key, value.data, value.size, &f.err),
	        RESULT_OK);
	fixture_end(&f, RESULT_OK);
	buf_fini(&value);
}

static void take_out(uint64_t seq)
{
	struct backend_key key = key_of(seq);

	fixture_begin(&f, start_ms);
	assert_int_equal(backend_drop(f.store->txn, TABLE_AUDIT, &key, &f.err), RESULT_OK);
	fixture_end(&f, RESULT_OK);
}

static void a_flipped_byte_is_found_wherever_it_is(void **state)
{
	struct err first;
	int at;

	for (at = 0; at < 9; at++)
		add_fact("view", start_ms);
	assert_int_equal(problems(&first), 0);
	flip_a_byte(5, 3); /* in its hash */
	assert_int_equal(problems(&first), 1);
	assert_non_null(strstr(first.text, "entry 5"));
	flip_a_byte(5, 3);
	assert_int_equal(problems(&first), 0);
	flip_a_byte(9, 75); /* before both hashes */
	assert_int_equal(problems(&first), 1);
}

static void an_entry_taken_out_of_the_middle_is_missed(void **state)
{
	struct err first;
	int at;

	for (at = 0; at < 9; at++)
		add_fact("view", start_ms);
	take_out(5);
	assert_int_equal(problems(&first), 1);
	assert_non_null(strstr(first.text, "entry 5 is missing"));
}

/* Mail must not wait for what nobody can mend. */
static void a_last_entry_that_is_garbage_keeps_nobody_from_going_on(void **state)
{
	struct backend_key key = key_of(2);
	struct err first;
	Lz__Audit *audit;

	add_fact("view", start_ms);
	add_fact("view", start_ms);
	fixture_begin(&f, start_ms);
	backend_put(f.store->txn, TABLE_AUDIT, &key, "\xff\xff", 2, &f.err);
	fixture_end(&f, RESULT_OK);
	add_fact("store", start_ms);
	audit = newest(10);
	assert_int_equal(audit->n_entries, 3);
	assert_int_equal(audit->entries[0]->seq, 3);
	assert_string_equal(audit->entries[1]->action, "damaged");
	message_free((ProtobufCMessage *)audit);
	assert_true(problems(&first) > 0);
}

static void what_is_trimmed_leaves_a_chain_that_verifies(void **state)
{
	int64_t day_ms = 24 * (int64_t)HOUR_MS;
	struct err first;
	Lz__Audit *audit;
	int more = 0, at;

	f.store->options.keep_audit_ms = 10 * day_ms;
	for (at = 0; at < 20; at++)
		add_fact("view", start_ms + at * day_ms);
	assert_int_equal(audit_trim(f.store, start_ms + 20 * day_ms, &more, &f.err), RESULT_OK);
	assert_int_equal(more, 0);
	audit = newest(100);
	assert_int_equal(audit->anchor->seq, 10);
	assert_int_equal(audit->n_entries, 11);
	assert_string_equal(audit->entries[0]->action, "trim");
	message_free((ProtobufCMessage *)audit);
	assert_int_equal(problems(&first), 0);
	/* not again for what became old since */
	assert_int_equal(
	        audit_trim(f.store, start_ms + 20 * day_ms + HOUR_MS, &more, &f.err), RESULT_OK);
	audit = newest(100);
	assert_int_equal(audit->n_entries, 11);
	message_free((ProtobufCMessage *)audit);
	assert_int_equal(audit_trim(f.store, start_ms + 100 * day_ms, &more, &f.err), RESULT_OK);
	audit = newest(100);
	assert_int_equal(audit->n_entries, 1);
	assert_int_equal(audit->head->seq, 22);
	message_free((ProtobufCMessage *)audit);
	assert_int_equal(problems(&first), 0);
	/* more than was told of is cut off */
	take_out(22);
	add_fact("view", start_ms + 101 * day_ms);
	assert_true(problems(&first) > 0);
}

static void what_is_kept_is_one_line_of_utf8_that_may_travel(void **state)
{
	char *large = alloc_zero(1, 9001);
	struct audit_fact fact = {.who = "a\nb", .action = "view", .why = large, .detail = "\xff"};
	Lz__Audit *audit;

	memset(large, 'x', 9000);
	memcpy(large + 1023, "\xc3\xa4", 2);
	audit_note(f.store, &fact, start_ms, &f.err);
	audit = newest(1);
	assert_string_equal(audit->entries[0]->who, "a?b");
	assert_string_equal(audit->entries[0]->detail, "?");
	assert_int_equal(strlen(audit->entries[0]->why), 1023);
	assert_int_equal(message_check(MESSAGE_AUDIT, &audit->base, 0, &f.err), RESULT_OK);
	message_free((ProtobufCMessage *)audit);
	free(large);
	fixture_verify(&f);
}

static void a_digest_is_new_once(void **state)
{
	struct digest one = {{1}}, other = {{2}};
	int is_new;

	fixture_begin(&f, start_ms);
	audit_is_new(f.store, "policy", &one, &is_new, &f.err);
	assert_true(is_new);
	audit_is_new(f.store, "policy", &one, &is_new, &f.err);
	assert_false(is_new);
	audit_is_new(f.store, "policy", &other, &is_new, &f.err);
	assert_true(is_new);
	fixture_end(&f, RESULT_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_life_of_an_item_is_in_it_without_address_or_subject),
	        TEST(a_notifier_gets_the_bytes_of_what_it_has_in_its_hands_and_of_nothing_else),
	        TEST(the_same_message_again_adds_nothing),
	        TEST(what_was_aborted_is_not_in_it_and_leaves_no_gap),
	        TEST(several_of_one_transaction_are_chained_and_it_goes_on_after_a_restart),
	        TEST(pages_tell_each_entry_once_in_both_directions),
	        TEST(what_is_asked_for_is_found),
	        TEST(a_flipped_byte_is_found_wherever_it_is),
	        TEST(an_entry_taken_out_of_the_middle_is_missed),
	        TEST(a_last_entry_that_is_garbage_keeps_nobody_from_going_on),
	        TEST(what_is_trimmed_leaves_a_chain_that_verifies),
	        TEST(what_is_kept_is_one_line_of_utf8_that_may_travel),
	        TEST(a_digest_is_new_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
