#include "tests/unit/quarantine/fixture.h"

#include "quarantine/pieces.h"
#include "quarantine/refusals.h"

static struct refusals *refusals;

static int set_up(void **state)
{
	refusals = refusals_new();
	return 0;
}

static int tear_down(void **state)
{
	refusals_free(&refusals);
	return 0;
}

/* One in a transaction of its own. */
static int add(const char *who, int64_t now_ms, uint64_t *before)
{
	int is_written = refusals_add(refusals, who, now_ms, before);

	refusals_commit(refusals, now_ms);
	return is_written;
}

static void the_first_is_written_and_those_that_follow_are_counted(void **state)
{
	uint64_t before = 7, count = 0;
	int at;

	assert_true(add("uid=1", start_ms, &before));
	assert_int_equal(before, 0);
	for (at = 0; at < 1000; at++)
		assert_false(add("uid=1", start_ms + at, &before));
	assert_null(refusals_due(refusals, start_ms + REFUSALS_LEAST_MS - 1, &count));
	assert_string_equal(refusals_due(refusals, start_ms + REFUSALS_LEAST_MS, &count), "uid=1");
	assert_int_equal(count, 1000);
	refusals_commit(refusals, start_ms + REFUSALS_LEAST_MS);
	assert_null(refusals_due(refusals, start_ms + 10 * REFUSALS_LEAST_MS, &count));
}

static void the_next_to_be_written_tells_how_many_were_not(void **state)
{
	uint64_t before;

	add("uid=1", start_ms, &before);
	add("uid=1", start_ms, &before);
	add("uid=1", start_ms, &before);
	assert_true(add("uid=1", start_ms + REFUSALS_LEAST_MS, &before));
	assert_int_equal(before, 2);
}

static void the_pause_grows_while_it_goes_on(void **state)
{
	int64_t now_ms = start_ms, end_ms = start_ms + 24 * (int64_t)HOUR_MS;
	uint64_t before;
	int written = 0;

	for (; now_ms < end_ms; now_ms += 1000)
		written += add("uid=1", now_ms, &before);
	assert_in_range(written, 24, 32);
}

static void what_was_aborted_is_as_if_it_had_not_been(void **state)
{
	uint64_t before, count;

	assert_true(refusals_add(refusals, "uid=1", start_ms, &before));
	refusals_abort(refusals);
	assert_true(refusals_add(refusals, "uid=1", start_ms, &before));
	assert_int_equal(before, 0);
	assert_false(refusals_add(refusals, "uid=1", start_ms, &before));
	refusals_commit(refusals, start_ms);
	assert_string_equal(refusals_due(refusals, start_ms + REFUSALS_LEAST_MS, &count), "uid=1");
	assert_int_equal(count, 1); /* the one behind what was written */
}

static void many_peers_share_one_place_and_none_is_forgotten(void **state)
{
	uint64_t before, count, told = 0, total = 0;
	char who[32];
	int at;

	for (at = 0; at < 1000; at++) {
		snprintf(who, sizeof(who), "uid=%d", at);
		told += (uint64_t)add(who, start_ms, &before);
	}
	assert_int_equal(told, REFUSALS_PEERS);
	assert_string_equal(refusals_due(refusals, start_ms + REFUSALS_LEAST_MS, &count), "others");
	total = told + count;
	assert_int_equal(total, 1000);
}

static void a_quiet_peer_makes_room_for_another(void **state)
{
	uint64_t before;
	char who[32];
	int at;

	for (at = 0; at < REFUSALS_PEERS; at++) {
		snprintf(who, sizeof(who), "uid=%d", at);
		add(who, start_ms, &before);
	}
	assert_true(add("uid=777", start_ms + 3 * REFUSALS_LEAST_MS, &before));
	assert_false(add("uid=777", start_ms + 3 * REFUSALS_LEAST_MS, &before));
}

static void only_what_goes_on_where_somebody_reads_is_known(void **state)
{
	Lz__Fetch fetch = LZ__FETCH__INIT;
	struct wire_message message = {.type = MESSAGE_FETCH, .envelope = &fetch.base};
	struct pieces *pieces = pieces_new();
	int at;

	fetch.id = (char *)"aaaa000000000001";
	fetch.offset = 100;
	assert_false(pieces_go_on(pieces, &message, 0));
	pieces_begin(pieces, &message, 0);
	assert_true(pieces_go_on(pieces, &message, 1000));
	assert_false(pieces_go_on(pieces, &message, PIECES_FORGET_MS));
	message.who = (struct wire_who){.kind = WHO_LOCAL, .uid = 7};
	assert_false(pieces_go_on(pieces, &message, 1000));
	message.who = (struct wire_who){.kind = WHO_UNPROVEN};
	fetch.part = 1;
	assert_false(pieces_go_on(pieces, &message, 1000));
	fetch.part = 0;
	fetch.offset = 0;
	assert_false(pieces_go_on(pieces, &message, 1000));
	fetch.offset = 100;
	fetch.part = 2;
	for (at = 0; at < PIECES_READERS; at++)
		pieces_begin(pieces, &message, 0);
	fetch.part = 0;
	assert_false(pieces_go_on(pieces, &message, 1000));
	pieces_free(&pieces);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_first_is_written_and_those_that_follow_are_counted),
	        TEST(the_next_to_be_written_tells_how_many_were_not),
	        TEST(the_pause_grows_while_it_goes_on),
	        TEST(what_was_aborted_is_as_if_it_had_not_been),
	        TEST(many_peers_share_one_place_and_none_is_forgotten),
	        TEST(a_quiet_peer_makes_room_for_another),
	        TEST(only_what_goes_on_where_somebody_reads_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
