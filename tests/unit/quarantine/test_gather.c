#include "tests/unit/quarantine/noticing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "quarantine/gather.h"

static const char admin[] = "admin@example.org", user[] = "user@example.com";

enum { MINUTE_MS = 60 * 1000 };

static int tear_down(void **state)
{
	noticing_free();
	return 0;
}

static int with_floods(void **state)
{
	noticing_new("flood_after: 3, flood_window: 1h, rate_per_address: 0");
	return 0;
}

static int with_rates(void **state)
{
	noticing_new("flood_after: 0, rate_per_address: 5");
	return 0;
}

static int with_digests(void **state)
{
	noticing_new("digest: [{recipients: [\"@example.com\"], at: \"07:00\"}]");
	return 0;
}

static Lz__Item *worm(unsigned number)
{
	Lz__Item *item = item_of(number, LZ__NOTICE_KIND__NOTICE_ADMIN, admin);
	char sender[64];

	snprintf(sender, sizeof(sender), "s%u@worm.example", number % 3 ? 0 : number);
	strings_set(&item->reverse_path, sender);
	item->symbols = alloc_zero(1, sizeof(*item->symbols));
	item->symbols[0] = alloc(sizeof(Lz__Symbol));
	lz__symbol__init(item->symbols[0]);
	strings_set(&item->symbols[0]->name, "VIRUS_Worm");
	item->n_symbols = 1;
	return item;
}

/* ---- floods ---- */

static void a_thousand_mails_of_a_worm_are_four_notices_and_none_is_not_counted(void **state)
{
	unsigned number, singles = 0, floods = 0;
	uint64_t told = 0;
	int64_t now_ms = start_ms;

	for (number = 0; number < 1000; number++, now_ms += 1000) {
		hold(worm(number), now_ms);
		if (number < 10 || number % 100 == 0)
			singles += carry(now_ms, LZ__NOTICE_KIND__NOTICE_ADMIN, &told);
	}
	assert_int_equal(singles, 3);
	floods = carry(start_ms + HOUR_MS, LZ__NOTICE_KIND__NOTICE_FLOOD, &told);
	assert_int_equal(floods, 1);
	assert_int_equal(told, 997);
}

static void a_flood_tells_its_cause_its_times_and_who_is_most_in_it(void **state)
{
	const Lz__Outgoing *flood;
	Lz__Taken *taken;
	uint64_t told = 0, most = 0;
	unsigned number;
	size_t at;

	for (number = 0; number < 203; number++)
		hold(worm(number), start_ms + number * 1000);
	assert_int_equal(carry(start_ms + 300000, LZ__NOTICE_KIND__NOTICE_ADMIN, &told), 3);
	taken = take_due(start_ms + HOUR_MS);
	assert_int_equal(taken->n_outbox, 1);
	assert_int_equal(taken->n_items, 0);
	flood = taken->outbox[0];
	assert_string_equal(flood->group, "virus: Worm");
	assert_int_equal(flood->count, 200);
	assert_int_equal(flood->first_ms, start_ms + 3000);
	assert_int_equal(flood->last_ms, start_ms + 202000);
	assert_int_equal(flood->n_entries, GATHER_FLOOD_ENTRIES_MOST);
	assert_string_equal(flood->entries[0]->item, "0000000000000003");
	assert_true(flood->n_senders <= 32);
	for (at = 0; at < flood->n_senders; at++)
		if (!strcmp(flood->senders[at]->name, "s0@worm.example"))
			most = flood->senders[at]->value;
	assert_true(most >= 133);
	message_free((ProtobufCMessage *)taken);
}

static void a_flood_that_goes_on_is_one_notice_a_window(void **state)
{
	unsigned number, notices = 0;
	uint64_t told = 0;
	int64_t now_ms = start_ms;

	for (number = 0; number < 288; number++, now_ms += 5 * MINUTE_MS) {
		hold(worm(number), now_ms);
		notices += carry(now_ms, LZ__NOTICE_KIND__NOTICE_FLOOD, &told);
	}
	notices += carry(now_ms + HOUR_MS, LZ__NOTICE_KIND__NOTICE_FLOOD, &told);
	assert_int_equal(notices, 24);
	assert_int_equal(told, 288 - 3);
}

static void a_flood_that_is_over_is_told_singly_again(void **state)
{
	unsigned number;
	uint64_t told = 0;
	int64_t later_ms = start_ms + 3 * HOUR_MS;

	for (number = 0; number < 10; number++)
		hold(worm(number), start_ms);
	carry(start_ms + HOUR_MS, LZ__NOTICE_KIND__NOTICE_FLOOD, &told);
	assert_int_equal(told, 7);
	hold(worm(10), later_ms);
	assert_int_equal(carry(later_ms, LZ__NOTICE_KIND__NOTICE_ADMIN, &told), 1);
}

static void other_causes_are_no_part_of_a_flood(void **state)
{
	uint64_t told = 0;
	unsigned number;

	for (number = 0; number < 5; number++)
		hold(worm(number), start_ms);
	hold(item_of(5, LZ__NOTICE_KIND__NOTICE_ADMIN, admin), start_ms);
	assert_int_equal(carry(start_ms, LZ__NOTICE_KIND__NOTICE_ADMIN, &told), 4);
}

static void the_count_of_a_flood_stays_when_its_items_go(void **state)
{
	Lz__Taken *taken;
	unsigned number;

	for (number = 0; number < 6; number++)
		hold(worm(number), start_ms);
	for (number = 0; number < 6; number++)
		delete_item(number, start_ms);
	taken = take_due(start_ms + HOUR_MS);
	assert_int_equal(taken->n_outbox, 1);
	assert_int_equal(taken->outbox[0]->count, 3);
	assert_int_equal(taken->outbox[0]->n_entries, 0);
	message_free((ProtobufCMessage *)taken);
}

static void what_comes_while_a_notice_is_on_its_way_is_in_the_next_one(void **state)
{
	Lz__Taken *taken;
	unsigned number;
	uint64_t told = 0;
	char id[17];

	for (number = 0; number < 6; number++)
		hold(worm(number), start_ms);
	carry(start_ms, LZ__NOTICE_KIND__NOTICE_FLOOD, &told);
	taken = take_due(start_ms + HOUR_MS);
	assert_int_equal(taken->n_outbox, 1);
	snprintf(id, sizeof(id), "%s", taken->outbox[0]->id);
	message_free((ProtobufCMessage *)taken);
	hold(worm(6), start_ms + HOUR_MS);
	finish_one(id, 1, start_ms + HOUR_MS + 1);
	taken = take_due(start_ms + 2 * HOUR_MS);
	assert_int_equal(taken->n_outbox, 1);
	assert_int_equal(taken->outbox[0]->count, 1);
	message_free((ProtobufCMessage *)taken);
}

static void a_clock_that_was_wrong_keeps_no_notice_back(void **state)
{
	int64_t future_ms = start_ms + 1000 * 24 * (int64_t)HOUR_MS;
	Lz__Taken *taken;
	unsigned number;

	for (number = 0; number < 5; number++)
		hold(worm(number), future_ms);
	for (; number < 10; number++)
		hold(worm(number), start_ms);
	taken = take_due(start_ms + HOUR_MS);
	assert_int_equal(taken->n_outbox, 4); /* three singly, and one that tells of two */
	message_free((ProtobufCMessage *)taken);
}

static void nothing_is_told_before_its_mail_is_confirmed(void **state)
{
	Lz__Taken *taken;
	unsigned number;

	for (number = 0; number < 10; number++)
		assert_int_equal(put(&f, worm(number), "body", 4, start_ms), RESULT_OK);
	taken = take_due(start_ms + 2 * HOUR_MS);
	assert_int_equal(taken->n_outbox, 0);
	message_free((ProtobufCMessage *)taken);
}

static int store_has(unsigned number)
{
	char id[17], message[33];
	Lz__Shown *shown;

	names(number, id, message);
	shown = show(&f, id);
	if (!shown)
		return 0;
	message_free((ProtobufCMessage *)shown);
	return 1;
}

/* What the notices of floods tell, whether they were sent or not. */
static uint64_t gathered_count(void)
{
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;
	Lz__Outbox *outbox = alloc(sizeof(*outbox));
	uint64_t count = 0;
	size_t at;

	lz__outbox__init(outbox);
	request.limit = 10; /* those of no item come first */
	assert_int_equal(store_list_outbox(f.store, &request, outbox, &f.err), RESULT_OK);
	for (at = 0; at < outbox->n_outbox; at++)
		count += outbox->outbox[at]->count;
	message_free((ProtobufCMessage *)outbox);
	return count;
}

/* Holds worms until it is killed; tells each number when it is on disk. */
static void child(int acknowledged, unsigned number)
{
	fixture_open(&f);
	for (;; number++) {
		hold(worm(number), start_ms + number);
		if (write(acknowledged, &number, sizeof(number)) != sizeof(number))
			_exit(2);
	}
}

static unsigned hold_until_killed(unsigned from, unsigned delay_us)
{
	unsigned number, next = from;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(ends[1], from);
	close(ends[1]);
	usleep(delay_us);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(ends[0], &number, sizeof(number)) == sizeof(number))
		next = number + 1;
	close(ends[0]);
	return next;
}

/* What was killed between the commit and its word for it is on disk without being acknowledged. */
static void no_count_is_lost_or_doubled_by_kill_9(void **state)
{
	unsigned next = 0, round;
	uint64_t told = 0;
	unsigned singles;

	store_close(&f.store);
	for (round = 0; round < 6; round++) {
		next = hold_until_killed(next, 60000 + round * 17000);
		fixture_open(&f);
		fixture_verify(&f);
		if (store_has(next))
			next++;
		store_close(&f.store);
	}
	fixture_open(&f);
	assert_true(next > 6);
	singles = carry(start_ms + HOUR_MS, LZ__NOTICE_KIND__NOTICE_ADMIN, &told);
	assert_int_equal(singles, 3);
	assert_int_equal(gathered_count(), next - 3);
}

/* ---- rates ---- */

static void what_is_beyond_the_rate_of_an_address_is_one_notice(void **state)
{
	unsigned number;
	uint64_t told = 0;
	Lz__Taken *taken;

	for (number = 0; number < 30; number++)
		hold(item_of(number, LZ__NOTICE_KIND__NOTICE_SENDER,
		             number % 2 ? "User@Example.com" : user),
		        start_ms + number);
	assert_int_equal(carry(start_ms + 100, LZ__NOTICE_KIND__NOTICE_SENDER, &told), 5);
	taken = take_due(start_ms + HOUR_MS);
	assert_int_equal(taken->n_outbox, 1);
	assert_int_equal(taken->outbox[0]->kind, LZ__NOTICE_KIND__NOTICE_DIGEST);
	assert_int_equal(taken->outbox[0]->of, LZ__NOTICE_KIND__NOTICE_SENDER);
	assert_int_equal(taken->outbox[0]->count, 25);
	assert_int_equal(taken->outbox[0]->n_entries, 25);
	message_free((ProtobufCMessage *)taken);
}

static void each_address_and_each_hour_has_its_own_rate(void **state)
{
	unsigned number;
	uint64_t told = 0;

	for (number = 0; number < 10; number++)
		hold(item_of(number, LZ__NOTICE_KIND__NOTICE_RECIPIENT,
		             number % 2 ? "other@example.com" : user),
		        start_ms);
	for (; number < 15; number++)
		hold(item_of(number, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), start_ms + HOUR_MS);
	assert_int_equal(carry(start_ms + HOUR_MS, LZ__NOTICE_KIND__NOTICE_RECIPIENT, &told), 15);
}

/* ---- digests ---- */

static int64_t morning_ms; /* the next 07:00 behind start_ms */

static void find_morning(void)
{
	const int64_t day_ms = 24 * (int64_t)HOUR_MS, at_ms = 7 * (int64_t)HOUR_MS;

	morning_ms = start_ms - start_ms % day_ms + at_ms;
	if (morning_ms <= start_ms)
		morning_ms += day_ms;
}

static void a_digest_tells_at_its_time_what_was_held_since(void **state)
{
	Lz__Taken *taken;
	unsigned number;

	find_morning();
	for (number = 0; number < 3; number++)
		hold(item_of(number, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), start_ms + number);
	taken = take_due(morning_ms - 1);
	assert_int_equal(taken->n_outbox, 0);
	message_free((ProtobufCMessage *)taken);
	taken = take_due(morning_ms);
	assert_int_equal(taken->n_outbox, 1);
	assert_string_equal(taken->outbox[0]->to[0], user);
	assert_int_equal(taken->outbox[0]->count, 3);
	assert_int_equal(taken->outbox[0]->n_entries, 3);
	assert_string_equal(taken->outbox[0]->entries[2]->item, "0000000000000002");
	assert_string_equal(taken->outbox[0]->entries[0]->subject, "Rechnung");
	assert_string_equal(taken->outbox[0]->entries[0]->token, "");
	message_free((ProtobufCMessage *)taken);
}

static void a_digest_comes_once_a_period_and_not_where_nothing_was_held(void **state)
{
	uint64_t told = 0;
	int day, digests = 0;

	find_morning();
	hold(item_of(0, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), start_ms);
	for (day = 0; day < 3; day++) {
		int64_t at_ms = morning_ms + day * 24 * (int64_t)HOUR_MS;

		digests += (int)carry(at_ms, LZ__NOTICE_KIND__NOTICE_DIGEST, &told);
		digests += (int)carry(at_ms, LZ__NOTICE_KIND__NOTICE_DIGEST, &told);
		if (day == 1)
			hold(item_of(1, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), at_ms);
	}
	assert_int_equal(digests, 2);
	assert_int_equal(told, 2);
}

static void a_digest_leaves_out_what_was_deleted_and_goes_with_the_last(void **state)
{
	Lz__Taken *taken;

	find_morning();
	hold(item_of(0, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), start_ms);
	hold(item_of(1, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), start_ms);
	hold(item_of(2, LZ__NOTICE_KIND__NOTICE_RECIPIENT, "other@example.com"), start_ms);
	delete_item(0, start_ms);
	delete_item(2, start_ms);
	taken = take_due(morning_ms);
	assert_int_equal(taken->n_outbox, 1);
	assert_int_equal(taken->outbox[0]->count, 1);
	assert_string_equal(taken->outbox[0]->entries[0]->item, "0000000000000001");
	message_free((ProtobufCMessage *)taken);
}

static void who_is_named_by_no_rule_gets_notices(void **state)
{
	uint64_t told = 0;

	hold(item_of(0, LZ__NOTICE_KIND__NOTICE_RECIPIENT, "user@example.net"), start_ms);
	hold(item_of(1, LZ__NOTICE_KIND__NOTICE_SENDER, user), start_ms);
	assert_int_equal(carry(start_ms, LZ__NOTICE_KIND__NOTICE_RECIPIENT, &told), 1);
}

static void a_long_digest_is_bounded_and_says_how_many_there_were(void **state)
{
	Lz__Taken *taken;
	unsigned number;

	find_morning();
	for (number = 0; number < GATHER_ENTRIES_MOST + 5; number++)
		hold(item_of(number, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), start_ms);
	taken = take_due(morning_ms);
	assert_int_equal(taken->outbox[0]->n_entries, GATHER_ENTRIES_MOST);
	assert_int_equal(taken->outbox[0]->count, GATHER_ENTRIES_MOST + 5);
	message_free((ProtobufCMessage *)taken);
}

static void a_digest_is_forgotten_when_it_is_old(void **state)
{
	uint64_t told = 0;
	Lz__Outbox *outbox = alloc(sizeof(*outbox));
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;
	int more = 1;

	find_morning();
	hold(item_of(0, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), start_ms);
	carry(morning_ms, LZ__NOTICE_KIND__NOTICE_DIGEST, &told);
	while (more)
		assert_int_equal(store_expire(f.store, start_ms + f.options.rules.keep_ms + HOUR_MS,
		                         &more, &f.err),
		        RESULT_OK);
	lz__outbox__init(outbox);
	assert_int_equal(store_list_outbox(f.store, &request, outbox, &f.err), RESULT_OK);
	assert_int_equal(outbox->n_outbox, 0);
	message_free((ProtobufCMessage *)outbox);
}

/* ---- lists, and what people do ---- */

static size_t listed(const char *kind_state, size_t page)
{
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;
	char *states[1] = {(char *)kind_state}, *after = alloc_string("");
	Lz__Outbox *outbox;
	size_t count = 0;
	int is_end;

	request.states = states;
	request.n_states = 1;
	request.limit = (uint32_t)page;
	do {
		outbox = alloc(sizeof(*outbox));
		lz__outbox__init(outbox);
		request.after = after;
		assert_int_equal(store_list_outbox(f.store, &request, outbox, &f.err), RESULT_OK);
		count += outbox->n_outbox;
		free(after);
		after = alloc_string(outbox->next);
		is_end = !*after;
		message_free((ProtobufCMessage *)outbox);
	} while (!is_end);
	free(after);
	return count;
}

static void records_of_no_item_are_listed_once_and_in_pages(void **state)
{
	unsigned number;
	char to[64];

	for (number = 0; number < 7; number++) {
		snprintf(to, sizeof(to), "u%u@example.com", number);
		hold(item_of(number, LZ__NOTICE_KIND__NOTICE_RECIPIENT, to), start_ms);
	}
	assert_int_equal(listed("due", 3), 7);
	assert_int_equal(listed("due", 100), 7);
	assert_int_equal(listed("gathered", 2), 7);
}

static enum result amend(const char *id, int drop, Lz__Amended *out)
{
	Lz__Amend request = LZ__AMEND__INIT;

	request.id = (char *)id;
	request.all = !*id;
	request.drop = drop;
	fixture_begin(&f, start_ms);
	return fixture_end(&f, store_amend(f.store, &request, out, &f.err));
}

static void what_is_dead_is_tried_again_as_if_it_had_just_become_due(void **state)
{
	Lz__Amended amended = LZ__AMENDED__INIT;
	Lz__Taken *taken;
	char id[17];

	hold(item_of(0, LZ__NOTICE_KIND__NOTICE_ADMIN, admin), start_ms);
	taken = take_due(start_ms);
	snprintf(id, sizeof(id), "%s", taken->outbox[0]->id);
	message_free((ProtobufCMessage *)taken);
	assert_int_equal(amend(id, 0, &amended), RESULT_PERMANENT);
	finish_one(id, 0, start_ms);
	assert_int_equal(amend(id, 0, &amended), RESULT_OK);
	taken = take_due(start_ms);
	assert_int_equal(taken->n_outbox, 1);
	assert_int_equal(taken->outbox[0]->attempts, 1);
	message_free((ProtobufCMessage *)taken);
	assert_int_equal(amend("0123456789abcdef", 0, &amended), RESULT_NONE);
}

static void all_that_are_dead_are_tried_again_and_no_others(void **state)
{
	Lz__Amended amended = LZ__AMENDED__INIT;
	Lz__Taken *taken;
	unsigned number;
	size_t at;

	for (number = 0; number < 3; number++)
		hold(item_of(number, LZ__NOTICE_KIND__NOTICE_ADMIN, admin), start_ms);
	taken = take_due(start_ms);
	for (at = 0; at < taken->n_outbox; at++)
		finish_one(taken->outbox[at]->id, at == 2, start_ms);
	message_free((ProtobufCMessage *)taken);
	assert_int_equal(amend("", 0, &amended), RESULT_OK);
	assert_int_equal(amended.count, 2);
	assert_string_equal(amended.next, "");
	assert_int_equal(listed("due", 10), 2);
	assert_int_equal(listed("done", 10), 1);
}

static void what_is_not_wanted_is_dropped(void **state)
{
	Lz__Amended amended = LZ__AMENDED__INIT;
	Lz__Outbox *outbox = alloc(sizeof(*outbox));
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;

	find_morning();
	hold(item_of(0, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user), start_ms);
	lz__outbox__init(outbox);
	assert_int_equal(store_list_outbox(f.store, &request, outbox, &f.err), RESULT_OK);
	assert_int_equal(outbox->n_outbox, 2);
	assert_int_equal(outbox->outbox[0]->kind, LZ__NOTICE_KIND__NOTICE_DIGEST);
	assert_int_equal(amend(outbox->outbox[0]->id, 1, &amended), RESULT_OK);
	assert_int_equal(amend(outbox->outbox[1]->id, 1, &amended), RESULT_PERMANENT);
	message_free((ProtobufCMessage *)outbox);
	fixture_verify(&f);
	delete_item(0, start_ms);
}

#define UNDER(setting, name) cmocka_unit_test_setup_teardown(name, setting, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        UNDER(with_floods,
	                a_thousand_mails_of_a_worm_are_four_notices_and_none_is_not_counted),
	        UNDER(with_floods, a_flood_tells_its_cause_its_times_and_who_is_most_in_it),
	        UNDER(with_floods, a_flood_that_goes_on_is_one_notice_a_window),
	        UNDER(with_floods, a_flood_that_is_over_is_told_singly_again),
	        UNDER(with_floods, other_causes_are_no_part_of_a_flood),
	        UNDER(with_floods, the_count_of_a_flood_stays_when_its_items_go),
	        UNDER(with_floods, what_comes_while_a_notice_is_on_its_way_is_in_the_next_one),
	        UNDER(with_floods, a_clock_that_was_wrong_keeps_no_notice_back),
	        UNDER(with_floods, nothing_is_told_before_its_mail_is_confirmed),
	        UNDER(with_floods, no_count_is_lost_or_doubled_by_kill_9),
	        UNDER(with_rates, what_is_beyond_the_rate_of_an_address_is_one_notice),
	        UNDER(with_rates, each_address_and_each_hour_has_its_own_rate),
	        UNDER(with_digests, a_digest_tells_at_its_time_what_was_held_since),
	        UNDER(with_digests, a_digest_comes_once_a_period_and_not_where_nothing_was_held),
	        UNDER(with_digests, a_digest_leaves_out_what_was_deleted_and_goes_with_the_last),
	        UNDER(with_digests, who_is_named_by_no_rule_gets_notices),
	        UNDER(with_digests, a_long_digest_is_bounded_and_says_how_many_there_were),
	        UNDER(with_digests, a_digest_is_forgotten_when_it_is_old),
	        UNDER(with_digests, records_of_no_item_are_listed_once_and_in_pages),
	        UNDER(with_floods, what_is_dead_is_tried_again_as_if_it_had_just_become_due),
	        UNDER(with_floods, all_that_are_dead_are_tried_again_and_no_others),
	        UNDER(with_digests, what_is_not_wanted_is_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
