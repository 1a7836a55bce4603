#include "tests/unit/quarantine/fixture.h"

#include "quarantine/parcel.h"

static struct fixture f;

static const char message[] = "0123456789abcdef0123456789abcdef", item[] = "aaaaaaaaaaaaaaaa";

static int set_up(void **state)
{
	Lz__Item *kept = new_item(item, message, "r@example.com");

	fixture_new(&f, 64 << 20);
	add_part(kept, 0, 4);
	add_part(kept, 4, 4);
	kept->keep_original = 0; /* a part can be released where the whole is gone */
	put(&f, kept, "partPART", 8, start_ms);
	confirm(&f, message, NULL, 1, start_ms);
	return 0;
}

static int tear_down(void **state)
{
	fixture_free(&f);
	return 0;
}

/* Of a mail that begins with `first`, large enough for several chunks. */
static Lz__Released *release(uint32_t part, int packed, int again, char first, enum result wanted)
{
	enum { SIZE = 2 * BACKEND_CHUNK + 100 };
	Lz__Released *released = alloc(sizeof(*released));
	Lz__Release request = LZ__RELEASE__INIT;
	char *mail = alloc(SIZE);
	const struct parcel parcel = {mail, SIZE};

	memset(mail, 'x', SIZE);
	mail[0] = first;
	lz__released__init(released);
	request.id = (char *)item;
	request.part = part;
	request.packed = packed;
	request.again = again;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release_part(f.store, &request, &parcel, released, &f.err)),
	        wanted);
	free(mail);
	return released;
}

static void end(Lz__Released *released)
{
	message_free(&released->base);
}

/* The first byte of what the record carries; 0 where it carries nothing. */
static char carried(const char *outgoing)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	Lz__Fetched fetched = LZ__FETCHED__INIT;
	struct buf bytes = {0};
	char first = 0;

	request.id = (char *)item;
	request.outgoing = (char *)outgoing;
	request.limit = 10;
	if (!store_fetch(f.store, &request, &fetched, &bytes, &f.err)) {
		assert_int_equal(bytes.size, 10);
		assert_int_equal(fetched.size, 2 * BACKEND_CHUNK + 100);
		assert_int_equal(strlen(fetched.sha256), 64);
		first = bytes.data[0];
		free(fetched.sha256);
	}
	buf_fini(&bytes);
	return first;
}

/* What is carried is told to who has it in his hands. */
static void take_all(void)
{
	Lz__Take take = LZ__TAKE__INIT;
	Lz__Taken taken = LZ__TAKEN__INIT;

	take.limit = 100;
	fixture_begin(&f, start_ms + 1);
	assert_int_equal(fixture_end(&f, store_take(f.store, &take, &taken, &f.err)), RESULT_OK);
	while (taken.n_outbox) {
		message_free(&taken.outbox[--taken.n_outbox]->base);
		message_free(&taken.items[--taken.n_items]->base);
	}
	free(taken.outbox);
	free(taken.items);
}

static void a_part_goes_out_once_for_each_way_of_packing(void **state)
{
	Lz__Released *plain = release(1, 0, 0, 'a', RESULT_OK);
	Lz__Released *second = release(1, 0, 0, 'b', RESULT_OK);
	Lz__Released *packed = release(1, 1, 0, 'c', RESULT_OK);
	Lz__Released *other = release(2, 0, 0, 'd', RESULT_OK);
	Lz__Released *again = release(1, 0, 1, 'e', RESULT_OK);

	assert_false(plain->already);
	assert_true(second->already);
	assert_string_equal(plain->outgoing, second->outgoing);
	assert_false(packed->already || other->already || again->already);
	assert_int_equal(carried(plain->outgoing), 0);
	take_all();
	assert_int_equal(carried(plain->outgoing), 'a'); /* and not what came later */
	assert_int_equal(carried(packed->outgoing), 'c');
	assert_int_equal(carried(again->outgoing), 'e');
	fixture_verify(&f);
	end(plain);
	end(second);
	end(packed);
	end(other);
	end(again);
}

static void a_part_that_there_is_not_is_refused(void **state)
{
	end(release(3, 0, 0, 'a', RESULT_NONE));
	fixture_verify(&f);
}

static void what_it_carried_goes_when_it_is_done(void **state)
{
	Lz__Released *released = release(1, 0, 0, 'a', RESULT_OK);
	Lz__Finish finish = LZ__FINISH__INIT;
	int again;

	take_all();
	assert_int_equal(carried(released->outgoing), 'a');
	fixture_verify(&f);
	finish.id = released->outgoing;
	finish.done = 1;
	for (again = 0; again < 2; again++) { /* the answer may be lost */
		fixture_begin(&f, start_ms + 2);
		assert_int_equal(
		        fixture_end(&f, store_finish(f.store, &finish, &f.err)), RESULT_OK);
		assert_int_equal(carried(released->outgoing), 0);
		fixture_verify(&f);
	}
	end(release(1, 0, 0, 'b', RESULT_OK)); /* was released before: nothing is kept */
	fixture_verify(&f);
	end(released);
}

static void what_it_carries_goes_with_its_item(void **state)
{
	Lz__Delete request = LZ__DELETE__INIT;

	end(release(1, 0, 0, 'a', RESULT_OK));
	request.id = (char *)item;
	fixture_begin(&f, start_ms + 1);
	assert_int_equal(fixture_end(&f, store_delete(f.store, &request, &f.err)), RESULT_OK);
	fixture_verify(&f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_part_goes_out_once_for_each_way_of_packing),
	        TEST(a_part_that_there_is_not_is_refused),
	        TEST(what_it_carried_goes_when_it_is_done),
	        TEST(what_it_carries_goes_with_its_item),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
