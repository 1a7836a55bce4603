/*
 * A hundred thousand items, and many copies of one attachment. On a file system in memory where
 * there is one, as a sync for each group is not what is tried here.
 */
#include "tests/bench/quarantine/copies.h"
#include "tests/unit/quarantine/fixture.h"

#ifdef __SANITIZE_ADDRESS__
enum { ITEMS = 30 * 1000 };
#else
enum { ITEMS = 100 * 1000 };
#endif

enum { GROUP = 100, PAGE = 1000, RARE = 5000, COPIES = 300, BYTES = 1000000 };

static struct fixture f;

static int set_up(void **state)
{
	const char *root = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";

	memset(&f, 0, sizeof(f));
	snprintf(f.path, sizeof(f.path), "%s/lazaret-test-XXXXXX", root);
	assert_non_null(mkdtemp(f.path));
	f.options.backend.path = f.path;
	f.options.backend.size = UINT64_C(2) << 30;
	f.options.reserve = 64 << 20;
	f.options.max_item_size = 1 << 20;
	f.options.confirm_timeout_ms = HOUR_MS;
	f.options.rules.keep_ms = 24 * (int64_t)HOUR_MS;
	f.options.lease_ms = 60 * 1000;
	return 0;
}

static int tear_down(void **state)
{
	char *line = alloc_format("rm -rf %s", f.path);
	int bad;

	store_close(&f.store);
	bad = system(line);
	free(line);
	return bad;
}

static int64_t time_of(unsigned number)
{
	return start_ms + (int64_t)number * 1000;
}

static void put_one(unsigned number)
{
	Lz__Store request = LZ__STORE__INIT;
	Lz__Stored *answer = alloc(sizeof(*answer));
	char id[17], message[33], recipient[40], body[64];
	Lz__Item *item;

	snprintf(id, sizeof(id), "item%012u", number);
	snprintf(message, sizeof(message), "%032u", number);
	snprintf(recipient, sizeof(recipient), "user%u@example.com", number % RARE);
	snprintf(body, sizeof(body), "From: nobody\n\nbody %u\n", number);
	item = new_item(id, message, recipient);
	strings_set(&item->subject, number % 3 ? "Invoice of March" : "lunch at noon");
	lz__stored__init(answer);
	request.message_id = message;
	request.items = &item;
	request.n_items = 1;
	if (store_put(f.store, &request, body, strlen(body), answer, &f.err))
		fail_msg("item %u: %s", number, f.err.text);
	message_free(&answer->base);
	message_free(&item->base);
}

static void fill(void)
{
	unsigned from, number;

	for (from = 0; from < ITEMS; from += GROUP) {
		fixture_begin(&f, time_of(from));
		for (number = from; number < from + GROUP; number++)
			put_one(number);
		assert_int_equal(fixture_end(&f, RESULT_OK), RESULT_OK);
	}
}

/* Through all pages: how many, each once and the newest first. */
static unsigned count(const Lz__List *question)
{
	Lz__List request = *question;
	char *after = alloc_string(""), last[17] = "~";
	unsigned found = 0;
	Lz__Items *page;
	size_t at;

	do {
		page = alloc(sizeof(*page));
		lz__items__init(page);
		request.after = after;
		request.limit = PAGE;
		if (store_list(f.store, &request, page, &f.err))
			fail_msg("list: %s", f.err.text);
		for (at = 0; at < page->n_items; at++) {
			assert_true(strcmp(page->items[at]->id, last) < 0);
			snprintf(last, sizeof(last), "%s", page->items[at]->id);
			found++;
		}
		free(after);
		after = alloc_string(page->next);
		message_free(&page->base);
	} while (*after);
	free(after);
	return found;
}

static unsigned count_subject(const char *words)
{
	Lz__List request = LZ__LIST__INIT;

	request.subject = (char *)words;
	return count(&request);
}

static unsigned count_recipient(const char *address)
{
	Lz__List request = LZ__LIST__INIT;

	request.recipient = (char *)address;
	return count(&request);
}

static unsigned count_all(void)
{
	Lz__List request = LZ__LIST__INIT;

	return count(&request);
}

static void delete_some(unsigned from, unsigned to)
{
	Lz__Delete request = LZ__DELETE__INIT;
	char id[17];

	fixture_begin(&f, time_of(ITEMS));
	for (; from < to; from++) {
		snprintf(id, sizeof(id), "item%012u", from);
		request.id = id;
		assert_int_equal(store_delete(f.store, &request, &f.err), RESULT_OK);
	}
	assert_int_equal(fixture_end(&f, RESULT_OK), RESULT_OK);
}

static void until_done(
        enum result (*piece)(struct store *, int64_t, int *, struct err *), int64_t now_ms)
{
	int more = 1;

	while (more)
		if (piece(f.store, now_ms, &more, &f.err))
			fail_msg("%s", f.err.text);
}

static void expect_number(uint64_t items)
{
	struct store_report report = {0};

	if (store_verify(f.store, &report, &f.err))
		fail_msg("verify: %s", f.err.text);
	if (report.problems)
		fail_msg("%s", report.first.text);
	assert_int_equal(report.items, items);
	assert_int_equal(report.outgoing, items);
	assert_int_equal(report.blobs, items);
}

static void a_hundred_thousand_items_are_listed_found_deleted_and_expire(void **state)
{
	enum { DELETED = 1000, EXPIRED = ITEMS / 2 };

	fixture_open(&f);
	fill();
	assert_int_equal(count_all(), ITEMS);
	assert_int_equal(count_subject("noon"), (ITEMS + 2) / 3);
	assert_int_equal(count_subject("march noon"), 0);
	assert_int_equal(count_recipient("user77@example.com"), ITEMS / RARE);
	expect_number(ITEMS);
	delete_some(ITEMS - DELETED, ITEMS);
	assert_int_equal(count_all(), ITEMS - DELETED);
	until_done(store_settle, time_of(ITEMS) + 2 * HOUR_MS);
	until_done(store_expire, time_of(EXPIRED) + f.options.rules.keep_ms);
	assert_int_equal(count_all(), ITEMS - DELETED - EXPIRED);
	assert_int_equal(count_recipient("user77@example.com"), ITEMS / RARE / 2);
	expect_number(ITEMS - DELETED - EXPIRED);
	store_close(&f.store);
	fixture_open(&f);
	expect_number(ITEMS - DELETED - EXPIRED);
}

static void copies_of_one_attachment_cost_little_besides_their_records(void **state)
{
	char *with = alloc_format("%s/with", f.path), *without = alloc_format("%s/without", f.path);
	uint64_t with_bytes, without_bytes;

	assert_int_equal(copies_store(with, COPIES, BYTES, &with_bytes, &f.err), RESULT_OK);
	assert_int_equal(copies_store(without, COPIES, 16, &without_bytes, &f.err), RESULT_OK);
	assert_in_range(with_bytes, BYTES, without_bytes + 2 * BYTES);
	free(with);
	free(without);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(copies_of_one_attachment_cost_little_besides_their_records),
	        TEST(a_hundred_thousand_items_are_listed_found_deleted_and_expire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
