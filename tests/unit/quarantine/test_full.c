#include "tests/unit/quarantine/fixture.h"

#include "lib/crypto/digest.h"

enum { MAP = 8 * 1024 * 1024, BODY = 100 * 1000 };

static struct fixture f;

static void names(unsigned number, char id[17], char message[33])
{
	snprintf(id, 17, "item%012u", number);
	snprintf(message, 33, "%032u", number);
}

/* Bodies of random bytes and of many sizes, as mail has them. */
static enum result put_random(unsigned number)
{
	size_t size = BODY / 2 + number * 7919 % BODY;
	char *body = alloc(size);
	char id[17], message[33];
	enum result result;

	names(number, id, message);
	random_bytes(body, size);
	result = put(&f, new_item(id, message, "r@example.com"), body, size, start_ms);
	free(body);
	return result;
}

static unsigned fill(unsigned from)
{
	enum result result;

	while (!(result = put_random(from)))
		from++;
	assert_int_equal(result, RESULT_TEMPORARY);
	assert_string_equal(f.err.text, "quarantine is full");
	return from;
}

static void delete_one(unsigned number)
{
	Lz__Delete request = LZ__DELETE__INIT;
	char id[17], message[33];

	names(number, id, message);
	request.id = id;
	fixture_begin(&f, start_ms);
	if (fixture_end(&f, store_delete(f.store, &request, &f.err)))
		fail_msg("delete: %s", f.err.text);
}

static void a_full_store_defers_and_takes_again_what_deletes_make_room_for(void **state)
{
	unsigned first = 0, next, round;

	fixture_new(&f, MAP);
	next = fill(0);
	assert_true(next > 20);
	for (round = 0; round < 5; round++) {
		for (unsigned stop = first + (next - first) / 2; first < stop; first++)
			delete_one(first);
		assert_true(fill(next) > next + 5);
		next = fill(next);
		fixture_verify(&f);
	}
	for (; first < next; first++)
		delete_one(first);
	fixture_verify(&f);
	assert_true(fill(next) - next > 20);
	fixture_free(&f);
}

static void a_full_store_still_confirms_and_settles_what_it_has(void **state)
{
	char id[17], message[33];
	unsigned count, at;
	int more = 1;

	fixture_new(&f, MAP);
	count = fill(0);
	for (at = 0; at < count / 2; at++) {
		names(at, id, message);
		assert_int_equal(confirm(&f, message, NULL, 1, start_ms), RESULT_OK);
	}
	while (more)
		assert_int_equal(
		        store_settle(f.store, start_ms + 2 * HOUR_MS, &more, &f.err), RESULT_OK);
	more = 1;
	while (more)
		assert_int_equal(
		        store_expire(f.store, start_ms + 2 * f.options.keep_ms, &more, &f.err),
		        RESULT_OK);
	fixture_verify(&f);
	assert_null(show(&f, "item000000000000"));
	fixture_free(&f);
}

/* Without a reserve the map itself says that it is full, in the middle of a transaction. */
static void a_map_that_is_really_full_keeps_what_it_had(void **state)
{
	fixture_new(&f, MAP);
	store_close(&f.store);
	f.options.reserve = 0;
	fixture_open(&f);
	assert_true(fill(0) > 20);
	fixture_verify(&f);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_full_store_defers_and_takes_again_what_deletes_make_room_for),
	        cmocka_unit_test(a_full_store_still_confirms_and_settles_what_it_has),
	        cmocka_unit_test(a_map_that_is_really_full_keeps_what_it_had),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
