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
		assert_int_equal(store_expire(f.store, start_ms + 2 * f.options.rules.keep_ms,
		                         &more, &f.err),
		        RESULT_OK);
	fixture_verify(&f);
	assert_null(show(&f, "item000000000000"));
	fixture_free(&f);
}

static void hold_first(void)
{
	Lz__Hold request = LZ__HOLD__INIT;
	Lz__Held *held = alloc(sizeof(*held));

	lz__held__init(held);
	request.id = (char *)"item000000000000";
	request.why = (char *)"case";
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_hold(f.store, &request, held, &f.err)), RESULT_OK);
	message_free(&held->base);
}

/* Gives whether there is more. */
static int erase_piece(char after[1100])
{
	Lz__Erase request = LZ__ERASE__INIT;
	Lz__Erased *erased = alloc(sizeof(*erased));
	int more;

	lz__erased__init(erased);
	request.person = (char *)"r@example.com";
	request.why = (char *)"asked";
	request.after = after;
	fixture_begin(&f, start_ms);
	if (fixture_end(&f, store_erase(f.store, &request, erased, &f.err)))
		fail_msg("erase: %s", f.err.text);
	more = *erased->next != '\0';
	snprintf(after, 1100, "%s", erased->next);
	message_free(&erased->base);
	return more;
}

static void a_full_store_still_holds_and_erases(void **state)
{
	char id[17], message[33], after[1100] = "";
	unsigned count, at;

	fixture_new(&f, MAP);
	count = fill(0);
	for (at = 0; at < count; at++) {
		names(at, id, message);
		assert_int_equal(confirm(&f, message, NULL, 1, start_ms), RESULT_OK);
	}
	hold_first();
	while (erase_piece(after))
		continue;
	fixture_verify(&f);
	for (at = 0; at < count; at++) {
		Lz__Shown *shown;

		names(at, id, message);
		shown = show(&f, id);
		assert_int_equal(shown != NULL, at == 0);
		if (shown)
			message_free(&shown->base);
	}
	assert_true(fill(count) - count > 20);
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

/* ---- large parts, and space that was freed in small pieces ---- */

enum { LARGE = 2 * 1000 * 1000, LARGE_MAP = 32 * 1024 * 1024 };

/* Bytes that shrink to about three quarters, as base64 does, so that what is freed is of every
 * size.
 */
static void fill_body(char *body, size_t size, int shrinks)
{
	static const char letters[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at;

	random_bytes(body, size);
	for (at = 0; shrinks && at < size; at++)
		body[at] = letters[body[at] & 63];
}

static enum result put_sized(unsigned number, size_t size, int shrinks)
{
	char *body = alloc(size), id[17], message[33];
	Lz__Item *item;
	enum result result;

	names(number, id, message);
	fill_body(body, size, shrinks);
	item = new_item(id, message, "r@example.com");
	add_part(item, 700, size - 900);
	result = put(&f, item, body, size, start_ms);
	free(body);
	return result;
}

static unsigned fill_sized(unsigned from, size_t size, int shrinks)
{
	unsigned start = from;

	while (!put_sized(
	        from, start == from || size == LARGE ? size : size + from % 50 * 997, shrinks))
		from++;
	assert_string_equal(f.err.text, "quarantine is full");
	return from;
}

/* As much as is freed can be filled again, whatever it was freed by and is filled with. */
static void half_of_it_deleted_is_half_of_it_for_large_parts(void **state)
{
	unsigned small, at, large, kept;

	fixture_new(&f, LARGE_MAP);
	small = fill_sized(0, 30 * 1000, 1);
	for (at = 0; at < small; at += 2)
		delete_one(at);
	large = fill_sized(small, LARGE, 0) - small;
	fixture_verify(&f);
	/* Half of what may be filled is some 14 MB. */
	assert_true(large >= 5);
	for (at = small; at < small + large; at += 2)
		delete_one(at);
	kept = fill_sized(small + large, LARGE, 1);
	assert_true(kept - small - large >= large / 2);
	fixture_verify(&f);
	fixture_free(&f);
}

static uint64_t file_bytes(void)
{
	char name[128];
	struct stat data;

	snprintf(name, sizeof(name), "%s/data.mdb", f.path);
	assert_int_equal(stat(name, &data), 0);
	return (uint64_t)data.st_blocks * 512;
}

static void the_file_grows_by_itself_as_it_is_filled(void **state)
{
	uint64_t empty, one;

	fixture_new(&f, (uint64_t)1 << 40);
	f.options.reserve = 0;
	store_close(&f.store);
	fixture_open(&f);
	empty = file_bytes();
	assert_true(empty < 1024 * 1024);
	assert_int_equal(put_sized(1, LARGE, 0), RESULT_OK);
	one = file_bytes();
	assert_true(one > empty + LARGE && one < empty + 2 * LARGE);
	assert_int_equal(put_sized(2, LARGE, 0), RESULT_OK);
	assert_true(file_bytes() > one + LARGE / 2);
	fixture_free(&f);
}

static void the_alarm_comes_before_it_is_full(void **state)
{
	enum store_alarm last = ALARM_NONE, alarm;
	struct backend_space space;
	unsigned number = 0;

	fixture_new(&f, MAP);
	do {
		assert_int_equal(store_space(f.store, &space, &f.err), RESULT_OK);
		alarm = store_alarm(&space, f.options.reserve);
		assert_true(alarm >= last);
		last = alarm;
	} while (!put_random(number++));
	assert_int_equal(last, ALARM_NEARLY_FULL);
	space.used_bytes = space.total_bytes - f.options.reserve;
	assert_int_equal(store_alarm(&space, f.options.reserve), ALARM_FULL);
	space.used_bytes = space.total_bytes + 1;
	assert_int_equal(store_alarm(&space, f.options.reserve), ALARM_FULL);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_full_store_defers_and_takes_again_what_deletes_make_room_for),
	        cmocka_unit_test(a_full_store_still_confirms_and_settles_what_it_has),
	        cmocka_unit_test(a_full_store_still_holds_and_erases),
	        cmocka_unit_test(a_map_that_is_really_full_keeps_what_it_had),
	        cmocka_unit_test(half_of_it_deleted_is_half_of_it_for_large_parts),
	        cmocka_unit_test(the_file_grows_by_itself_as_it_is_filled),
	        cmocka_unit_test(the_alarm_comes_before_it_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
