#include "tests/unit/quarantine/fixture.h"

#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/record.h"

enum { SPAN_MS = KEY_SPAN_MS };

static struct fixture f;
static const char hash[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static int set_up(void **state)
{
	fixture_new(&f, FIXTURE_MAP);
	return 0;
}

static int tear_down(void **state)
{
	fixture_verify(&f);
	fixture_free(&f);
	return 0;
}

static Lz__Item *item_of(unsigned number)
{
	char id[17], message[33], recipient[60];

	snprintf(id, sizeof(id), "%016x", number * 2654435761u);
	snprintf(message, sizeof(message), "%032u", number);
	snprintf(recipient, sizeof(recipient), "r%u@mx.example.com", number);
	return new_item(id, message, recipient);
}

static void store_item(Lz__Item *item, int64_t now_ms)
{
	assert_int_equal(put(&f, item, "body", 4, now_ms), RESULT_OK);
}

static void set_part(Lz__Item *item, size_t at, const char *name, const char *sha256)
{
	while (item->n_parts <= at)
		add_part(item, 0, 1);
	strings_set(&item->parts[at]->name, name);
	strings_set(&item->parts[at]->sha256, sha256);
}

static void add_symbol(Lz__Item *item, const char *name)
{
	Lz__Symbol *symbol = alloc(sizeof(*symbol));

	lz__symbol__init(symbol);
	strings_set(&symbol->name, name);
	item->symbols = alloc_grow(item->symbols, item->n_symbols + 1, sizeof(*item->symbols));
	item->symbols[item->n_symbols++] = symbol;
}

/* One that has everything, and one that has nothing of it. */
static void store_both(void)
{
	Lz__Item *item = item_of(1);

	strings_set(&item->subject,
	        "R\xc3\x89SUM\xc3\x89: your Invo\xc2\xadice \xe8\xab\x8b\xe6\xb1\x82");
	strings_set(&item->reverse_path, "boss@a.b.Example.NET");
	set_part(item, 0, "Invoice_2026.pdf.EXE", hash);
	set_part(item, 1, "notes.txt", "");
	add_symbol(item, "VIRUS_Win.Test-7");
	add_symbol(item, "BAYES_99");
	item->size = 5000;
	item->score = 7.5;
	store_item(item, start_ms);
	item = item_of(2);
	strings_set(&item->subject, "lunch");
	item->size = 100;
	item->score = -1;
	store_item(item, start_ms + 3 * (int64_t)SPAN_MS);
}

/* All that a question finds, over as many answers as it takes; each of them says its ids. */
static size_t find(Lz__List *request, struct buf *ids)
{
	Lz__Items *items;
	char *next = alloc_string("");
	size_t found = 0, at;
	int is_end = 0;

	while (!is_end) {
		items = alloc(sizeof(*items));
		lz__items__init(items);
		request->after = next;
		if (store_list(f.store, request, items, &f.err))
			fail_msg("%s", f.err.text);
		for (at = 0; ids && at < items->n_items; at++)
			buf_add_format(ids, "%s ", items->items[at]->id);
		found += items->n_items;
		is_end = !*items->next;
		free(next);
		next = alloc_string(items->next);
		message_free((ProtobufCMessage *)items);
	}
	free(next);
	request->after = (char *)"";
	return found;
}

#define EXPECT(wanted, ...)                                                                        \
	do {                                                                                       \
		Lz__List request = LZ__LIST__INIT;                                                 \
		__VA_ARGS__;                                                                       \
		if (find(&request, NULL) != (wanted))                                              \
			fail_msg("%s", #__VA_ARGS__);                                              \
	} while (0)
#define ASK(field, text) request.field = (char *)(text)

static void expect_all(void)
{
	EXPECT(1, ASK(subject, "invoice"));
	EXPECT(1, ASK(subject, "r\xc3\xa9sum\xc3\xa9 YOUR"));
	EXPECT(1, ASK(subject, "\xe8\xab\x8b"));
	EXPECT(0, ASK(subject, "invoice lunch"));
	EXPECT(0, ASK(subject, "invo"));
	EXPECT(1, ASK(file, "invoice.exe"));
	EXPECT(0, ASK(file, "notes.exe"));
	EXPECT(1, ASK(sha256, hash));
	EXPECT(0, ASK(sha256, "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"));
	EXPECT(1, ASK(virus, "win.test-7"));
	EXPECT(1, ASK(virus, "*test*"));
	EXPECT(0, ASK(virus, "BAYES_99"));
	EXPECT(0, ASK(virus, "win.test"));
	EXPECT(1, ASK(sender, "@a.b.example.net"));
	EXPECT(0, ASK(sender, "@example.net"));
	EXPECT(1, ASK(sender, ".example.net"));
	EXPECT(1, ASK(sender, ".a.b.example.net"));
	EXPECT(0, ASK(sender, ".ample.net"));
	EXPECT(2, ASK(recipient, ".example.com"));
	EXPECT(2, ASK(recipient, "@mx.example.com"));
	EXPECT(0, ASK(recipient, "@example.com"));
	EXPECT(1, ASK(domain, "a.b.example.net"));
	EXPECT(1, ASK(domain, ".example.net"));
	EXPECT(2, ASK(domain, "@mx.example.com"));
	EXPECT(0, ASK(domain, "example.net"));
	EXPECT(1, request.larger_than = 4999);
	EXPECT(0, request.larger_than = 5000);
	EXPECT(1, request.smaller_than = 101);
	EXPECT(1, request.has_score = 1; request.score = 0);
	EXPECT(2, request.has_score = 1; request.score = -1);
	EXPECT(1, ASK(virus, "Win.Test-7"); ASK(recipient, ".example.com"); ASK(reason, "virus");
	        ASK(file, "pdf"); request.larger_than = 10);
	EXPECT(0, ASK(virus, "Win.Test-7"); ASK(recipient, "r2@mx.example.com"));
}

static void each_condition_finds_what_has_it_and_nothing_else(void **state)
{
	store_both();
	expect_all();
}

static void a_store_from_before_answers_alike_while_it_gets_its_index_and_behind_it(void **state)
{
	struct backend *backend;
	struct backend_txn *txn;
	struct backend_key name = key_text("schema"), terms = key_text("terms"), key;
	uint64_t count = 0;

	store_both();
	store_close(&f.store);
	assert_int_equal(backend_lmdb.open(&f.options.backend, &backend, &f.err), RESULT_OK);
	assert_int_equal(backend_lmdb.begin(backend, BACKEND_WRITE, &txn, &f.err), RESULT_OK);
	number_put(txn, TABLE_META, &name, 1, &f.err);
	number_put(txn, TABLE_META, &terms, 0, &f.err);
	for (key = key_bytes("", 1);
	        !backend_step(txn, TABLE_BY_TERM, BACKEND_AFTER, &key, NULL, &f.err);)
		assert_int_equal(backend_drop(txn, TABLE_BY_TERM, &key, &f.err), RESULT_OK);
	assert_int_equal(backend_lmdb.commit(&txn, &f.err), RESULT_OK);
	backend_lmdb.close(&backend);

	fixture_open(&f);
	assert_false(store_is_indexed(f.store));
	fixture_verify(&f);
	expect_all();
	confirm(&f, "00000000000000000000000000000001", NULL, 1, start_ms);
	store_close(&f.store);
	f.options.reserve = FIXTURE_MAP;
	fixture_open(&f);
	assert_int_equal(store_index(f.store, start_ms, &count, &f.err), RESULT_TEMPORARY);
	assert_false(store_is_indexed(f.store));
	store_close(&f.store);
	f.options.reserve = FIXTURE_MAP / 8;
	fixture_open(&f);
	assert_int_equal(store_index(f.store, start_ms, &count, &f.err), RESULT_OK);
	assert_true(store_is_indexed(f.store));
	assert_int_equal(count, 2);
	fixture_verify(&f);
	expect_all();
	store_close(&f.store);
	fixture_open(&f);
	assert_true(store_is_indexed(f.store));
}

static void a_state_is_found_as_it_is_now(void **state)
{
	Lz__ItemState states[] = {
	        LZ__ITEM_STATE__HELD, LZ__ITEM_STATE__HELD, LZ__ITEM_STATE__UNCONFIRMED};

	store_both();
	EXPECT(0, request.states = states; request.n_states = 3);
	confirm(&f, "00000000000000000000000000000001", NULL, 1, start_ms);
	EXPECT(1, request.states = states; request.n_states = 3);
	states[2] = LZ__ITEM_STATE__PENDING;
	EXPECT(2, request.states = states; request.n_states = 3);
}

static void what_is_deleted_is_found_by_nothing(void **state)
{
	Lz__Delete delete = LZ__DELETE__INIT;
	char id[17];

	store_both();
	snprintf(id, sizeof(id), "%016x", 2654435761u);
	delete.id = id;
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_delete(f.store, &delete, &f.err)), RESULT_OK);
	EXPECT(0, ASK(subject, "invoice"));
	EXPECT(0, ASK(virus, "win.test-7"));
	EXPECT(1, ASK(domain, ".example.com"));
}

static void questions_without_a_word_or_with_too_many_are_refused(void **state)
{
	static const char *const wrong[] = {"?!", "1 2 3 4 5 6 7 8 9"};
	Lz__List request = LZ__LIST__INIT;
	Lz__Items items = LZ__ITEMS__INIT;
	size_t at;

	for (at = 0; at < 2; at++) {
		ASK(subject, wrong[at]);
		assert_int_equal(store_list(f.store, &request, &items, &f.err), RESULT_PERMANENT);
	}
	ASK(subject, "1 2 3 4 5 6 7 8");
	assert_int_equal(store_list(f.store, &request, &items, &f.err), RESULT_OK);
}

static char *repeated(const char *text, size_t count)
{
	struct buf out = {0};
	size_t at;

	for (at = 0; at < count; at++)
		buf_add_format(&out, "%s%zu ", text, at);
	return buf_give(&out);
}

static void a_mail_that_names_a_million_things_is_indexed_within_bounds(void **state)
{
	Lz__Item *item = item_of(1);
	char *words = repeated("w", 1500), *labels = repeated("a.b..", 100);
	char *address = alloc_format("x@%s.example.org", labels), *at;
	size_t part;

	for (at = address; *at; at++)
		*at = *at == ' ' ? 'x' : *at;
	strings_set(&item->subject, words);
	strings_set(&item->reverse_path, address);
	for (part = 0; part < 200; part++)
		set_part(item, part, words, hash);
	for (part = 0; part < 200; part++)
		add_symbol(item, "VIRUS_\xff\xfe");
	store_item(item, start_ms);
	EXPECT(1, ASK(subject, "w15"));
	EXPECT(0, ASK(subject, "w16"));
	EXPECT(1, ASK(text, "w16"));
	EXPECT(1, ASK(file, "w0 w7"));
	EXPECT(1, ASK(sender, ".example.org"));
	EXPECT(1, ASK(sender, address));
	EXPECT(1, ASK(sender, strchr(address, '@')));
	free(address);
	free(labels);
	free(words);
}

static size_t find_third(uint32_t limit, struct buf *ids)
{
	Lz__List request = LZ__LIST__INIT;

	ASK(subject, "third");
	request.limit = limit;
	return find(&request, ids);
}

/* Every third item in either of two words, over many spans: the answers are short and all comes. */
static void every_item_comes_once_and_in_order_however_it_is_asked_for(void **state)
{
	enum { MANY = 300 };
	struct buf all = {0}, paged = {0};
	unsigned number;

	for (number = 0; number < MANY; number++) {
		Lz__Item *item = item_of(number);

		strings_set(&item->subject, number % 2 ? (number % 3 ? "odd" : "odd third")
		                                       : (number % 3 ? "even" : "even third"));
		store_item(item, start_ms + number / 2 * (int64_t)SPAN_MS);
	}
	assert_int_equal(find_third(0, &all), MANY / 3);
	assert_int_equal(find_third(1, &paged), MANY / 3);
	assert_string_equal(all.data, paged.data);
	EXPECT(MANY / 6, ASK(subject, "third odd"));
	EXPECT(0, ASK(subject, "even odd"));
	EXPECT(10, ASK(subject, "third");
	        request.since_ms = start_ms + (MANY / 2 - 15) * (int64_t)SPAN_MS);
	buf_fini(&all);
	buf_fini(&paged);
}

static Lz__Items *ask(Lz__List *request)
{
	Lz__Items *items = alloc(sizeof(*items));

	lz__items__init(items);
	assert_int_equal(store_list(f.store, request, items, &f.err), RESULT_OK);
	return items;
}

static void an_answer_ends_where_enough_was_done_and_the_next_goes_on(void **state)
{
	enum { SPANS = 5000 };
	Lz__List request = LZ__LIST__INIT;
	Lz__Items *first, *second;
	Lz__Item *item = item_of(0);
	unsigned number;

	strings_set(&item->subject, "rare");
	store_item(item, start_ms);
	for (number = 1; number <= SPANS; number++) {
		Lz__Store store = LZ__STORE__INIT;
		Lz__Stored stored = LZ__STORED__INIT;

		fixture_begin(&f, start_ms + number * (int64_t)SPAN_MS);
		item = item_of(number);
		store.message_id = item->message_id;
		store.items = &item;
		store.n_items = 1;
		assert_int_equal(
		        fixture_end(&f, store_put(f.store, &store, "x", 1, &stored, &f.err)),
		        RESULT_OK);
		strings_clear(&stored.items, &stored.n_items);
		free(stored.message_id);
		message_free((ProtobufCMessage *)item);
	}
	ASK(subject, "rare");
	first = ask(&request);
	assert_int_equal(first->n_items, 0);
	assert_true(*first->next);
	request.after = first->next;
	second = ask(&request);
	assert_int_equal(second->n_items, 1);
	message_free((ProtobufCMessage *)first);
	message_free((ProtobufCMessage *)second);
}

static void a_cursor_stays_good_when_its_item_goes(void **state)
{
	Lz__List request = LZ__LIST__INIT;
	Lz__Delete delete = LZ__DELETE__INIT;
	Lz__Items *first, *second;
	unsigned number;

	for (number = 0; number < 6; number++)
		store_item(item_of(number), start_ms + number);
	ASK(subject, "rechnung");
	request.limit = 2;
	first = ask(&request);
	delete.id = first->items[1]->id;
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_delete(f.store, &delete, &f.err)), RESULT_OK);
	store_item(item_of(7), start_ms + 7);
	request.after = first->next;
	request.limit = 10;
	second = ask(&request);
	assert_int_equal(second->n_items, 4);
	message_free((ProtobufCMessage *)first);
	message_free((ProtobufCMessage *)second);
}

static void a_cursor_that_somebody_made_up_is_refused_or_harmless(void **state)
{
	static const char *const made_up[] = {
	        "00", "ff", "ffffffffffffffffffffff", "0000000000000000"};
	Lz__List request = LZ__LIST__INIT;
	size_t at;

	store_both();
	for (at = 0; at < sizeof(made_up) / sizeof(made_up[0]); at++) {
		request.after = (char *)made_up[at];
		ASK(subject, at % 2 ? "lunch" : "");
		message_free((ProtobufCMessage *)ask(&request));
	}
	request.after = repeated("ab", 200);
	{
		Lz__Items items = LZ__ITEMS__INIT;

		assert_int_equal(store_list(f.store, &request, &items, &f.err), RESULT_PERMANENT);
	}
	free(request.after);
}

/* Three domains by turns; the sender of every fifth is authenticated and of ours. */
static void store_many(unsigned count)
{
	static const char *const domains[] = {"ours.example", "sub.ours.example", "theirs.example"};
	char address[64];
	Lz__Item *item;
	unsigned at;

	for (at = 0; at < count; at++) {
		item = item_of(100 + at);
		snprintf(address, sizeof(address), "r%u@%s", at, domains[at % 3]);
		strings_set(&item->recipients[0]->address, address);
		strings_set(&item->reverse_path, "boss@ours.example");
		if (at % 5 == 0)
			strings_set(&item->sasl_username, "boss");
		store_item(item, start_ms + at * (int64_t)SPAN_MS / 4);
	}
}

static size_t found_as(char **domains, size_t count, Lz__List *request)
{
	struct config_list list = {count, domains};
	struct actor actor = {.name = "uid=1", .domains = &list};
	size_t found;

	request->limit = 7;
	store_as(f.store, &actor);
	found = find(request, NULL);
	store_as(f.store, NULL);
	return found;
}

static size_t found_by(char **domains, size_t count)
{
	Lz__List request = LZ__LIST__INIT;

	return found_as(domains, count, &request);
}

static void a_limited_list_has_what_is_of_its_domains_by_index_and_without(void **state)
{
	char *domains[12] = {"ours.example"}, *below[] = {".ours.example"};
	int turn, at;

	store_many(300);
	for (at = 1; at < 12; at++)
		domains[at] = "none.example";
	for (turn = 0; turn < 2; turn++) {
		/* 100 by recipient, and of the 200 others the 40 of an authenticated sender */
		assert_int_equal(found_by(domains, 1), 140);
		assert_int_equal(found_by(domains, 12), 140); /* too many to be walked */
		assert_int_equal(found_by(below, 1), 220);
		assert_int_equal(found_by(domains + 1, 1), 0);
		f.store->is_indexed = 0;
	}
	f.store->is_indexed = 1;
}

static void ask_for(unsigned number, const char *by)
{
	Lz__KeptItem *kept;
	char id[17];

	snprintf(id, sizeof(id), "%016x", number * 2654435761u);
	fixture_begin(&f, start_ms);
	assert_int_equal(item_load(f.store->txn, id, &kept, &f.err), RESULT_OK);
	assert_int_equal(fixture_end(&f, item_request(f.store->txn, kept, by, &f.err)), RESULT_OK);
	message_free((ProtobufCMessage *)kept);
}

static void what_a_limited_list_does_not_show_can_not_be_asked_for(void **state)
{
	static const char *const wanted[] = {
	        "them@theirs.example", "@theirs.example", "*@theirs.example", "us@ours.example"};
	char *ours[] = {"ours.example"};
	Lz__Item *item = item_of(100);
	size_t at;

	strings_set(&item->recipients[0]->address, "us@ours.example");
	item->recipients = alloc_grow(item->recipients, 2, sizeof(*item->recipients));
	item->recipients[1] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[1]);
	strings_set(&item->recipients[1]->address, "them@theirs.example");
	item->n_recipients = 2;
	store_item(item, start_ms);
	ask_for(100, "them@theirs.example");
	for (at = 0; at < 4; at++) {
		Lz__List request = LZ__LIST__INIT;

		request.recipient = (char *)wanted[at];
		assert_int_equal(find(&request, NULL), 1);
		assert_int_equal(found_as(ours, 1, &request), at == 3);
	}
	{
		Lz__List request = LZ__LIST__INIT, by_domain = LZ__LIST__INIT;

		request.requested = 1;
		assert_int_equal(find(&request, NULL), 1);
		assert_int_equal(found_as(ours, 1, &request), 0);
		by_domain.domain = (char *)"theirs.example";
		assert_int_equal(found_as(ours, 1, &by_domain), 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(each_condition_finds_what_has_it_and_nothing_else),
	        TEST(a_store_from_before_answers_alike_while_it_gets_its_index_and_behind_it),
	        TEST(a_state_is_found_as_it_is_now),
	        TEST(a_limited_list_has_what_is_of_its_domains_by_index_and_without),
	        TEST(what_a_limited_list_does_not_show_can_not_be_asked_for),
	        TEST(what_is_deleted_is_found_by_nothing),
	        TEST(questions_without_a_word_or_with_too_many_are_refused),
	        TEST(a_mail_that_names_a_million_things_is_indexed_within_bounds),
	        TEST(every_item_comes_once_and_in_order_however_it_is_asked_for),
	        TEST(an_answer_ends_where_enough_was_done_and_the_next_goes_on),
	        TEST(a_cursor_stays_good_when_its_item_goes),
	        TEST(a_cursor_that_somebody_made_up_is_refused_or_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
