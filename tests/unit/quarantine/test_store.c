#include "tests/unit/quarantine/fixture.h"

#include "lib/crypto/digest.h"

static struct fixture f;

static int set_up(void **state)
{
	fixture_new(&f, FIXTURE_MAP);
	return 0;
}

/* Whatever a test did, everything must agree with everything afterwards. */
static int tear_down(void **state)
{
	fixture_verify(&f);
	fixture_free(&f);
	return 0;
}

static const char id_a[] = "aaaa000000000000", id_b[] = "bbbb000000000000";
static const char message_a[] = "11110000111100001111000011110000";
static const char message_b[] = "22220000222200002222000022220000";

static uint64_t now_counter(const char *name)
{
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;
	Lz__Stats *stats = alloc(sizeof(*stats));
	uint64_t value = 0;
	size_t at;

	lz__stats__init(stats);
	assert_int_equal(store_stats(f.store, &request, stats, &f.err), RESULT_OK);
	for (at = 0; at < stats->n_now; at++)
		if (!strcmp(stats->now[at]->name, name))
			value = stats->now[at]->value;
	message_free((ProtobufCMessage *)stats);
	return value;
}

static void expect_item(const char *id, Lz__ItemState state, const char *notice)
{
	Lz__Shown *shown = show(&f, id);

	assert_non_null(shown);
	assert_int_equal(shown->item->state, state);
	assert_true(shown->n_outbox >= 1);
	assert_string_equal(shown->outbox[0]->state, notice);
	message_free((ProtobufCMessage *)shown);
}

static enum result fetch(const char *id, uint32_t part, struct buf *bytes, Lz__Fetched *fetched)
{
	Lz__Fetch request = LZ__FETCH__INIT;

	lz__fetched__init(fetched);
	request.id = (char *)id;
	request.part = part;
	return store_fetch(f.store, &request, fetched, bytes, &f.err);
}

static void expect_bytes(const char *id, uint32_t part, const char *wanted, size_t size)
{
	struct buf bytes = {0};
	char hex[DIGEST_HEX_ROOM];
	struct digest digest;
	Lz__Fetched fetched;

	assert_int_equal(fetch(id, part, &bytes, &fetched), RESULT_OK);
	assert_int_equal(bytes.size, size);
	assert_memory_equal(bytes.data, wanted, size);
	digest_of(wanted, size, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
	assert_string_equal(fetched.sha256, hex);
	free(fetched.sha256);
	buf_fini(&bytes);
}

static void what_is_stored_comes_back(void **state)
{
	static const char body[] = "Subject: x\r\n\r\n0123456789";
	Lz__Item *item = new_item(id_a, message_a, "r@example.com");

	add_part(item, 14, 4);
	add_part(item, 16, 6);
	if (put(&f, item, body, sizeof(body) - 1, start_ms))
		fail_msg("%s", f.err.text);
	expect_bytes(id_a, 0, body, sizeof(body) - 1);
	expect_bytes(id_a, 1, "0123", 4);
	expect_bytes(id_a, 2, "234567", 6);
	expect_item(id_a, LZ__ITEM_STATE__PENDING, "waiting");
}

static void large_bodies_are_chunked_and_fetched_in_pieces(void **state)
{
	enum { SIZE = 3 * BACKEND_CHUNK + 17 };
	char *body = alloc(SIZE);
	Lz__Fetch request = LZ__FETCH__INIT;
	Lz__Fetched fetched = LZ__FETCHED__INIT;
	struct buf bytes = {0};

	random_bytes(body, SIZE);
	put(&f, new_item(id_a, message_a, "r@example.com"), body, SIZE, start_ms);
	expect_bytes(id_a, 0, body, SIZE);
	request.id = (char *)id_a;
	request.offset = BACKEND_CHUNK - 5;
	request.limit = 10;
	assert_int_equal(store_fetch(f.store, &request, &fetched, &bytes, &f.err), RESULT_OK);
	assert_int_equal(bytes.size, 10);
	assert_memory_equal(bytes.data, body + BACKEND_CHUNK - 5, 10);
	assert_int_equal(fetched.size, SIZE);
	free(fetched.sha256);
	buf_fini(&bytes);
	free(body);
}

static void the_same_item_twice_adds_nothing(void **state)
{
	uint64_t blobs;

	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	confirm(&f, message_a, NULL, 1, start_ms);
	blobs = now_counter("blobs");
	assert_int_equal(
	        put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms + 5),
	        RESULT_OK);
	assert_int_equal(now_counter("blobs"), blobs);
	assert_int_equal(now_counter("items.held"), 1);
	assert_int_equal(now_counter("outbox.due"), 1);
	expect_item(id_a, LZ__ITEM_STATE__HELD, "due");
}

static void an_item_of_another_message_is_refused(void **state)
{
	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	assert_int_equal(put(&f, new_item(id_a, message_b, "r@example.com"), "body", 4, start_ms),
	        RESULT_PERMANENT);
}

static void equal_parts_are_kept_once_until_the_last_is_gone(void **state)
{
	Lz__Delete delete = LZ__DELETE__INIT;
	Lz__Item *a = new_item(id_a, message_a, "a@example.com");
	Lz__Item *b = new_item(id_b, message_b, "b@example.com");

	add_part(a, 4, 4);
	add_part(b, 2, 4);
	a->keep_original = b->keep_original = 0;
	put(&f, a, "xxxxWORM", 8, start_ms);
	put(&f, b, "yyWORM", 6, start_ms);
	assert_int_equal(now_counter("blobs"), 1);
	delete.id = (char *)id_a;
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_delete(f.store, &delete, &f.err)), RESULT_OK);
	assert_int_equal(now_counter("blobs"), 1);
	expect_bytes(id_b, 1, "WORM", 4);
	delete.id = (char *)id_b;
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_delete(f.store, &delete, &f.err)), RESULT_OK);
	assert_int_equal(now_counter("blobs"), 0);
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_delete(f.store, &delete, &f.err)), RESULT_NONE);
}

static void an_original_that_was_not_kept_is_neither_fetched_nor_released(void **state)
{
	Lz__Item *item = new_item(id_a, message_a, "r@example.com");
	Lz__Release release = LZ__RELEASE__INIT;
	Lz__Released released = LZ__RELEASED__INIT;
	struct buf bytes = {0};
	Lz__Fetched fetched;

	item->keep_original = 0;
	add_part(item, 0, 2);
	put(&f, item, "body", 4, start_ms);
	assert_int_equal(fetch(id_a, 0, &bytes, &fetched), RESULT_NONE);
	assert_int_equal(fetch(id_a, 2, &bytes, &fetched), RESULT_NONE);
	release.id = (char *)id_a;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &release, &released, &f.err)), RESULT_NONE);
	free(released.id);
}

static void deliveries_are_merged_and_told_to_a_second_run(void **state)
{
	Lz__Store request = LZ__STORE__INIT;
	Lz__Stored *answer = alloc(sizeof(*answer));

	lz__stored__init(answer);
	confirm(&f, message_a, "one@example.com", 0, start_ms);
	confirm(&f, message_a, "two@example.com", 0, start_ms);
	confirm(&f, message_a, "one@example.com", 0, start_ms);
	request.message_id = (char *)message_a;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_put(f.store, &request, "", 0, answer, &f.err)), RESULT_OK);
	assert_int_equal(answer->n_delivered, 2);
	assert_string_equal(answer->delivered[0], "one@example.com");
	assert_string_equal(answer->delivered[1], "two@example.com");
	assert_false(answer->complete);
	message_free((ProtobufCMessage *)answer);
}

static void an_unconfirmed_item_says_so_after_its_time_and_can_still_be_confirmed(void **state)
{
	int more;

	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	assert_int_equal(store_settle(f.store, start_ms + HOUR_MS, &more, &f.err), RESULT_OK);
	expect_item(id_a, LZ__ITEM_STATE__PENDING, "waiting");
	assert_int_equal(store_settle(f.store, start_ms + HOUR_MS + 1, &more, &f.err), RESULT_OK);
	expect_item(id_a, LZ__ITEM_STATE__UNCONFIRMED, "due");
	confirm(&f, message_a, NULL, 1, start_ms + 2 * HOUR_MS);
	expect_item(id_a, LZ__ITEM_STATE__HELD, "due");
}

static void a_second_run_starts_the_time_to_confirm_anew(void **state)
{
	int more;

	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms + HOUR_MS);
	store_settle(f.store, start_ms + 2 * HOUR_MS, &more, &f.err);
	expect_item(id_a, LZ__ITEM_STATE__PENDING, "waiting");
	store_settle(f.store, start_ms + 2 * HOUR_MS + 1, &more, &f.err);
	expect_item(id_a, LZ__ITEM_STATE__UNCONFIRMED, "due");
}

static void a_new_item_reopens_a_message_that_was_complete(void **state)
{
	put(&f, new_item(id_a, message_a, "a@example.com"), "body", 4, start_ms);
	confirm(&f, message_a, NULL, 1, start_ms);
	put(&f, new_item(id_b, message_a, "b@example.com"), "body", 4, start_ms);
	expect_item(id_a, LZ__ITEM_STATE__HELD, "due");
	expect_item(id_b, LZ__ITEM_STATE__PENDING, "waiting");
	confirm(&f, message_a, NULL, 1, start_ms);
	expect_item(id_b, LZ__ITEM_STATE__HELD, "due");
}

static Lz__Released *release(char *to, int again)
{
	Lz__Released *released = alloc(sizeof(*released));
	Lz__Release request = LZ__RELEASE__INIT;

	lz__released__init(released);
	request.id = (char *)id_a;
	request.to = &to;
	request.n_to = to != NULL;
	request.again = again;
	request.by = (char *)"admin";
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &request, released, &f.err)), RESULT_OK);
	return released;
}

static void asking_whether_it_was_released_adds_nothing(void **state)
{
	Lz__Release request = LZ__RELEASE__INIT;
	Lz__Released asked = LZ__RELEASED__INIT, told = LZ__RELEASED__INIT, *done;
	uint64_t due;

	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	confirm(&f, message_a, NULL, 1, start_ms);
	due = now_counter("outbox.due");
	request.id = (char *)id_a;
	request.only_ask = 1;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &request, &asked, &f.err)), RESULT_OK);
	assert_false(asked.already);
	assert_int_equal(now_counter("items.released"), 0);
	assert_int_equal(now_counter("outbox.due"), due);
	done = release(NULL, 0);
	assert_false(done->already);
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &request, &told, &f.err)), RESULT_OK);
	assert_true(told.already);
	assert_string_equal(told.outgoing, done->outgoing);
	message_free(&done->base);
	free(asked.id);
	free(asked.outgoing);
	free(told.id);
	free(told.outgoing);
}

static void a_release_happens_once_unless_asked_for_again(void **state)
{
	Lz__Released *first, *second, *again, *other;

	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	confirm(&f, message_a, NULL, 1, start_ms);
	first = release(NULL, 0);
	second = release("r@example.com", 0);
	again = release(NULL, 1);
	other = release("postmaster@example.com", 0);
	assert_false(first->already);
	assert_true(second->already);
	assert_string_equal(first->outgoing, second->outgoing);
	assert_false(again->already);
	assert_string_not_equal(first->outgoing, again->outgoing);
	assert_false(other->already);
	assert_int_equal(now_counter("outbox.due"), 4);
	assert_int_equal(now_counter("items.released"), 1);
	message_free((ProtobufCMessage *)first);
	message_free((ProtobufCMessage *)second);
	message_free((ProtobufCMessage *)again);
	message_free((ProtobufCMessage *)other);
}

static Lz__Taken *take(int64_t now_ms)
{
	Lz__Taken *taken = alloc(sizeof(*taken));
	Lz__Take request = LZ__TAKE__INIT;

	lz__taken__init(taken);
	request.limit = 10;
	request.lease_ms = 1000;
	fixture_begin(&f, now_ms);
	assert_int_equal(fixture_end(&f, store_take(f.store, &request, taken, &f.err)), RESULT_OK);
	return taken;
}

static size_t take_count(int64_t now_ms)
{
	Lz__Taken *taken = take(now_ms);
	size_t count = taken->n_outbox;

	assert_int_equal(taken->n_items, count);
	message_free((ProtobufCMessage *)taken);
	return count;
}

static enum result finish(const char *id, int done, int dead, char *remaining, int64_t now_ms)
{
	Lz__Finish request = LZ__FINISH__INIT;

	request.id = (char *)id;
	request.done = done;
	request.dead = dead;
	request.retry_ms = 5000;
	request.text = (char *)"250 ok";
	request.remaining = &remaining;
	request.n_remaining = remaining != NULL;
	fixture_begin(&f, now_ms);
	return fixture_end(&f, store_finish(f.store, &request, &f.err));
}

static void a_notice_is_taken_once_and_again_when_its_lease_has_ended(void **state)
{
	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	assert_int_equal(take_count(start_ms), 0);
	confirm(&f, message_a, NULL, 1, start_ms);
	assert_int_equal(take_count(start_ms), 1);
	assert_int_equal(take_count(start_ms + 999), 0);
	assert_int_equal(take_count(start_ms + 1000), 1);
}

static void a_notice_is_retried_for_those_who_remain_and_then_done(void **state)
{
	Lz__Taken *taken;
	char id[32];

	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	confirm(&f, message_a, NULL, 1, start_ms);
	taken = take(start_ms);
	snprintf(id, sizeof(id), "%s", taken->outbox[0]->id);
	assert_int_equal(taken->outbox[0]->attempts, 1);
	message_free((ProtobufCMessage *)taken);
	assert_int_equal(finish(id, 0, 0, (char *)"r@example.com", start_ms), RESULT_OK);
	assert_int_equal(take_count(start_ms + 4999), 0);
	taken = take(start_ms + 5000);
	assert_int_equal(taken->n_outbox, 1);
	assert_int_equal(taken->outbox[0]->n_to, 1);
	assert_string_equal(taken->outbox[0]->to[0], "r@example.com");
	assert_int_equal(taken->outbox[0]->attempts, 2);
	message_free((ProtobufCMessage *)taken);
	assert_int_equal(finish(id, 1, 0, NULL, start_ms + 5000), RESULT_OK);
	assert_int_equal(finish(id, 1, 0, NULL, start_ms + 5000), RESULT_OK);
	assert_int_equal(finish(id, 0, 0, NULL, start_ms + 5000), RESULT_PERMANENT);
	assert_int_equal(take_count(start_ms + HOUR_MS), 0);
	expect_item(id_a, LZ__ITEM_STATE__HELD, "done");
	assert_int_equal(finish("nosuchrecord", 1, 0, NULL, start_ms), RESULT_NONE);
}

static void items_expire_by_age_but_not_while_they_are_being_released(void **state)
{
	int64_t late = start_ms + f.options.rules.keep_ms + 1;
	int more;

	put(&f, new_item(id_a, message_a, "a@example.com"), "body a", 6, start_ms);
	confirm(&f, message_a, NULL, 1, start_ms);
	put(&f, new_item(id_b, message_b, "b@example.com"), "body b", 6, start_ms);
	confirm(&f, message_b, NULL, 1, start_ms);
	message_free((ProtobufCMessage *)release(NULL, 0));
	assert_int_equal(store_expire(f.store, late - 1, &more, &f.err), RESULT_OK);
	assert_int_equal(now_counter("items.held") + now_counter("items.released"), 2);
	assert_int_equal(store_expire(f.store, late, &more, &f.err), RESULT_OK);
	assert_int_equal(now_counter("items.held"), 0);
	assert_int_equal(now_counter("items.released"), 1);
	assert_null(show(&f, id_b));
}

static Lz__Items *list(const Lz__List *request)
{
	Lz__Items *items = alloc(sizeof(*items));

	lz__items__init(items);
	assert_int_equal(store_list(f.store, request, items, &f.err), RESULT_OK);
	return items;
}

static size_t list_count(const Lz__List *request)
{
	Lz__Items *items = list(request);
	size_t count = items->n_items;

	message_free((ProtobufCMessage *)items);
	return count;
}

static void fill_for_list(void)
{
	Lz__Item *other = new_item(id_b, message_b, "B@Example.com");

	add_part(other, 0, 1);
	strings_set(&other->reverse_path, "");
	strings_set(&other->reason, "spam");
	put(&f, new_item(id_a, message_a, "a@example.com"), "body", 4, start_ms);
	put(&f, other, "body", 4, start_ms + 1000);
}

static void lists_are_filtered_by_every_field(void **state)
{
	static const struct {
		Lz__List request;
		size_t wanted;
	} cases[] = {
#define LIST(...) {.base = PROTOBUF_C_MESSAGE_INIT(&lz__list__descriptor), __VA_ARGS__}
#define TEXTS(a, s, r, w, t)                                                                       \
	.after = a, .sender = s, .recipient = r, .reason = w, .text = t, .domain = "",             \
	.subject = "", .virus = "", .file = "", .sha256 = ""
	        {LIST(TEXTS("", "", "", "", "")), 2},
	        {LIST(TEXTS("", "", "b@EXAMPLE.com", "", "")), 1},
	        {LIST(TEXTS("", "", "@example.com", "", "")), 2},
	        {LIST(TEXTS("", "", "a@*", "", "")), 1},
	        {LIST(TEXTS("", "", "c@example.com", "", "")), 0},
	        {LIST(TEXTS("", "<>", "", "", "")), 1},
	        {LIST(TEXTS("", "sender@example.org", "", "", "")), 1},
	        {LIST(TEXTS("", "", "", "SPAM", "")), 1},
	        {LIST(TEXTS("", "", "", "", "rechnung")), 2},
	        {LIST(TEXTS("", "", "", "", "INVOICE")), 1},
	        {LIST(TEXTS("", "", "", "", ""), .since_ms = INT64_C(1795000000500)), 1},
	        {LIST(TEXTS("", "", "", "", ""), .until_ms = INT64_C(1795000000500)), 1},
	        {LIST(TEXTS("", "", "b@example.com", "", ""), .until_ms = INT64_C(1795000000500)),
	                0},
	};
	size_t at;

	fill_for_list();
	for (at = 0; at < sizeof(cases) / sizeof(cases[0]); at++)
		if (list_count(&cases[at].request) != cases[at].wanted)
			fail_msg("case %zu", at);
}

static void a_list_is_newest_first_and_goes_on_from_its_cursor(void **state)
{
	Lz__List request = LZ__LIST__INIT;
	Lz__Items *first, *second;

	fill_for_list();
	request.limit = 1;
	first = list(&request);
	assert_int_equal(first->n_items, 1);
	assert_string_equal(first->items[0]->id, id_b);
	request.after = first->next;
	second = list(&request);
	assert_int_equal(second->n_items, 1);
	assert_string_equal(second->items[0]->id, id_a);
	message_free((ProtobufCMessage *)first);
	message_free((ProtobufCMessage *)second);
	request.after = (char *)"0g";
	second = alloc(sizeof(*second));
	lz__items__init(second);
	assert_int_equal(store_list(f.store, &request, second, &f.err), RESULT_PERMANENT);
	message_free((ProtobufCMessage *)second);
}

/* In the order they come in, their items; to be freed. */
static char *listed_outbox(const Lz__ListOutbox *request, char **next)
{
	Lz__Outbox outbox = LZ__OUTBOX__INIT;
	struct buf text = {0};
	size_t at;

	assert_int_equal(store_list_outbox(f.store, request, &outbox, &f.err), RESULT_OK);
	buf_add(&text, "", 0);
	for (at = 0; at < outbox.n_outbox; at++) {
		buf_add_format(
		        &text, "%.1s:%s ", outbox.outbox[at]->item, outbox.outbox[at]->state);
		message_free((ProtobufCMessage *)outbox.outbox[at]);
	}
	free(outbox.outbox);
	if (next)
		*next = alloc_string(outbox.next);
	if (*outbox.next)
		free(outbox.next);
	return buf_give(&text);
}

static void expect_outbox(const Lz__ListOutbox *request, const char *wanted)
{
	char *text = listed_outbox(request, NULL);

	assert_string_equal(text, wanted);
	free(text);
}

static void an_outbox_is_listed_newest_items_first_by_state_and_in_pages(void **state)
{
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;
	char *due = "due", *next, *text;

	fill_for_list();
	confirm(&f, message_a, NULL, 1, start_ms + 2000);
	expect_outbox(&request, "b:waiting a:due ");
	request.limit = 1;
	text = listed_outbox(&request, &next);
	assert_string_equal(text, "b:waiting ");
	free(text);
	request.after = next;
	expect_outbox(&request, "a:due ");
	free(next);
	request.after = "";
	request.states = &due;
	request.n_states = 1;
	expect_outbox(&request, "a:due ");
	due = "dead";
	expect_outbox(&request, "");
}

static void an_outbox_record_is_found_by_the_beginning_of_its_id(void **state)
{
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;
	Lz__Outbox *outbox;
	char id[17];

	fill_for_list();
	outbox = alloc(sizeof(*outbox));
	lz__outbox__init(outbox);
	assert_int_equal(store_list_outbox(f.store, &request, outbox, &f.err), RESULT_OK);
	snprintf(id, sizeof(id), "%s", outbox->outbox[0]->id);
	message_free((ProtobufCMessage *)outbox);
	request.id = id;
	expect_outbox(&request, "b:waiting ");
	id[8] = '\0';
	expect_outbox(&request, "b:waiting ");
	outbox = alloc(sizeof(*outbox));
	lz__outbox__init(outbox);
	request.id = "zzzzzzzz";
	assert_int_equal(store_list_outbox(f.store, &request, outbox, &f.err), RESULT_NONE);
	request.id = "";
	request.after = "0g";
	assert_int_equal(store_list_outbox(f.store, &request, outbox, &f.err), RESULT_PERMANENT);
	message_free((ProtobufCMessage *)outbox);
}

static void an_id_may_be_shortened_while_it_is_unambiguous(void **state)
{
	Lz__Shown *shown;

	put(&f, new_item("abcd111111111111", message_a, "a@example.com"), "x", 1, start_ms);
	put(&f, new_item("abcd222222222222", message_b, "a@example.com"), "y", 1, start_ms);
	assert_null(show(&f, "abcd"));
	assert_null(show(&f, "abc"));
	assert_null(show(&f, "abcd3"));
	shown = show(&f, "abcd2");
	assert_non_null(shown);
	assert_string_equal(shown->item->id, "abcd222222222222");
	message_free((ProtobufCMessage *)shown);
}

static void counters_add_up_by_day(void **state)
{
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;
	Lz__Counter counter = LZ__COUNTER__INIT, *counters = &counter;
	Lz__Stats *stats = alloc(sizeof(*stats));
	Lz__Count count = LZ__COUNT__INIT;

	lz__stats__init(stats);
	counter.name = (char *)"messages.clean";
	counter.value = 3;
	count.counters = &counters;
	count.n_counters = 1;
	fixture_begin(&f, start_ms);
	store_count(f.store, &count, &f.err);
	assert_int_equal(fixture_end(&f, store_count(f.store, &count, &f.err)), RESULT_OK);
	fixture_begin(&f, start_ms + 24 * HOUR_MS);
	assert_int_equal(fixture_end(&f, store_count(f.store, &count, &f.err)), RESULT_OK);
	request.days = 5;
	assert_int_equal(store_stats(f.store, &request, stats, &f.err), RESULT_OK);
	assert_int_equal(stats->n_days, 2);
	assert_int_equal(stats->days[0]->counters[0]->value, 3);
	assert_int_equal(stats->days[1]->counters[0]->value, 6);
	assert_true(strcmp(stats->days[0]->day, stats->days[1]->day) > 0);
	message_free((ProtobufCMessage *)stats);
	counter.name = (char *)"no such\nname";
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_count(f.store, &count, &f.err)), RESULT_PERMANENT);
}

static void a_second_owner_is_refused(void **state)
{
	struct store *second;

	assert_int_equal(store_open(&backend_lmdb, &f.options, &second, &f.err), RESULT_PERMANENT);
	assert_non_null(strstr(f.err.text, "another qstore"));
}

static void what_was_committed_is_there_after_reopening_and_unreadable_for_others(void **state)
{
	char name[128];
	struct stat st;

	put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms);
	store_close(&f.store);
	fixture_open(&f);
	expect_bytes(id_a, 0, "body", 4);
	snprintf(name, sizeof(name), "%s/data.mdb", f.path);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void an_item_larger_than_allowed_is_refused(void **state)
{
	f.options.max_item_size = 3;
	store_close(&f.store);
	fixture_open(&f);
	assert_int_equal(put(&f, new_item(id_a, message_a, "r@example.com"), "body", 4, start_ms),
	        RESULT_PERMANENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_is_stored_comes_back),
	        TEST(large_bodies_are_chunked_and_fetched_in_pieces),
	        TEST(the_same_item_twice_adds_nothing),
	        TEST(an_item_of_another_message_is_refused),
	        TEST(equal_parts_are_kept_once_until_the_last_is_gone),
	        TEST(an_original_that_was_not_kept_is_neither_fetched_nor_released),
	        TEST(deliveries_are_merged_and_told_to_a_second_run),
	        TEST(an_unconfirmed_item_says_so_after_its_time_and_can_still_be_confirmed),
	        TEST(a_second_run_starts_the_time_to_confirm_anew),
	        TEST(a_new_item_reopens_a_message_that_was_complete),
	        TEST(asking_whether_it_was_released_adds_nothing),
	        TEST(a_release_happens_once_unless_asked_for_again),
	        TEST(a_notice_is_taken_once_and_again_when_its_lease_has_ended),
	        TEST(a_notice_is_retried_for_those_who_remain_and_then_done),
	        TEST(items_expire_by_age_but_not_while_they_are_being_released),
	        TEST(lists_are_filtered_by_every_field),
	        TEST(a_list_is_newest_first_and_goes_on_from_its_cursor),
	        TEST(an_outbox_is_listed_newest_items_first_by_state_and_in_pages),
	        TEST(an_outbox_record_is_found_by_the_beginning_of_its_id),
	        TEST(an_id_may_be_shortened_while_it_is_unambiguous),
	        TEST(counters_add_up_by_day),
	        TEST(a_second_owner_is_refused),
	        TEST(what_was_committed_is_there_after_reopening_and_unreadable_for_others),
	        TEST(an_item_larger_than_allowed_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
