#include "tests/unit/quarantine/fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/crypto/digest.h"
#include "quarantine/inside.h"
#include "quarantine/key.h"
#include "quarantine/leave.h"
#include "quarantine/outbox.h"
#include "quarantine/record.h"
#include "quarantine/strings.h"

enum { MANY = 120, ROUNDS = 8 };

static struct fixture f;
static const char pat[] = "pat@example.com";

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

/* ---- making items ---- */

static void add_recipient(Lz__Item *item, const char *address)
{
	item->recipients =
	        alloc_grow(item->recipients, item->n_recipients + 1, sizeof(*item->recipients));
	item->recipients[item->n_recipients] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[item->n_recipients]);
	strings_set(&item->recipients[item->n_recipients++]->address, address);
}

static void add_symbol(Lz__Item *item, const char *detail)
{
	item->symbols = alloc_grow(item->symbols, item->n_symbols + 1, sizeof(*item->symbols));
	item->symbols[item->n_symbols] = alloc(sizeof(Lz__Symbol));
	lz__symbol__init(item->symbols[item->n_symbols]);
	strings_set(&item->symbols[item->n_symbols]->name, "ACCESS");
	strings_set(&item->symbols[item->n_symbols++]->detail, detail);
}

static Lz__Item *item_of(unsigned number, const char *recipient)
{
	char id[17], message[33];

	snprintf(id, sizeof(id), "%016u", number);
	snprintf(message, sizeof(message), "%032u", number);
	return new_item(id, message, recipient);
}

static void settle(unsigned number, char *delivered)
{
	char message[33];

	snprintf(message, sizeof(message), "%032u", number);
	assert_int_equal(confirm(&f, message, delivered, 1, start_ms), RESULT_OK);
}

static void keep(unsigned number, Lz__Item *item, char *delivered)
{
	char body[32];

	snprintf(body, sizeof(body), "the body of %u", number);
	assert_int_equal(put(&f, item, body, strlen(body), start_ms + number), RESULT_OK);
	settle(number, delivered);
}

static Lz__Shown *shown_of(unsigned number)
{
	char id[17];

	snprintf(id, sizeof(id), "%016u", number);
	return show(&f, id);
}

static int is_there(unsigned number)
{
	Lz__Shown *shown = shown_of(number);

	if (!shown)
		return 0;
	message_free(&shown->base);
	return 1;
}

/* ---- erasing ---- */

static const char *asks = "admin";

static enum result erase_piece(const char *person, const char *why, int dry_run, const char *after,
        const char *erasure, Lz__Erased **out)
{
	Lz__Erase request = LZ__ERASE__INIT;
	enum result result;

	request.person = (char *)person;
	request.why = (char *)why;
	request.by = (char *)asks;
	request.dry_run = dry_run;
	request.after = (char *)after;
	request.erasure = (char *)erasure;
	*out = alloc(sizeof(**out));
	lz__erased__init(*out);
	fixture_begin(&f, start_ms);
	result = fixture_end(&f, store_erase(f.store, &request, *out, &f.err));
	if (result) {
		message_free(&(*out)->base);
		*out = NULL;
	}
	return result;
}

struct sum {
	uint64_t removed, changed, outgoing, messages, open, on_hold;
	unsigned pieces;
	char erasure[17], held[17];
};

static struct sum erase(const char *person, int dry_run)
{
	char after[1100] = "";
	struct sum sum = {0};
	Lz__Erased *piece;

	do {
		if (erase_piece(person, "a wish", dry_run, after, sum.erasure, &piece))
			fail_msg("%s", f.err.text);
		sum.removed += piece->items_removed;
		sum.changed += piece->items_changed;
		sum.outgoing += piece->outgoing;
		sum.messages += piece->messages;
		sum.open += piece->open;
		sum.on_hold += piece->n_on_hold;
		if (piece->n_on_hold)
			snprintf(sum.held, sizeof(sum.held), "%s", piece->on_hold[0]);
		snprintf(sum.erasure, sizeof(sum.erasure), "%s", piece->erasure);
		snprintf(after, sizeof(after), "%s", piece->next);
		sum.pieces++;
		message_free(&piece->base);
	} while (*after);
	return sum;
}

static Lz__Erasures *erasures(const char *person)
{
	Lz__ListErasures request = LZ__LIST_ERASURES__INIT;
	Lz__Erasures *out = alloc(sizeof(*out));

	lz__erasures__init(out);
	request.person = (char *)person;
	assert_int_equal(store_list_erasures(f.store, &request, out, &f.err), RESULT_OK);
	return out;
}

/* ---- nothing is left ---- */

static int has_person(const void *bytes, size_t size, const char *person)
{
	return text_find(bytes, size, person) != NULL;
}

/* In how many records of all tables but the mails' own bytes. */
static unsigned records_with(const char *person)
{
	struct backend *backend;
	struct backend_txn *txn;
	struct buf value = {0};
	unsigned count = 0, table;

	store_close(&f.store);
	assert_int_equal(backend_lmdb.open(&f.options.backend, &backend, &f.err), RESULT_OK);
	assert_int_equal(backend_lmdb.begin(backend, BACKEND_READ, &txn, &f.err), RESULT_OK);
	for (table = 0; table < TABLE_COUNT; table++) {
		struct backend_key key = key_bytes("", 1);

		while (table != TABLE_CHUNKS &&
		        !backend_step(txn, table, BACKEND_AFTER, &key, &value, &f.err))
			count += has_person(key.bytes, key.size, person) ||
			         has_person(value.data ? value.data : "", value.size, person);
	}
	buf_fini(&value);
	backend_lmdb.abort(&txn);
	backend_lmdb.close(&backend);
	fixture_open(&f);
	return count;
}

static void release_to(unsigned number, const char *address)
{
	Lz__Released *released = alloc(sizeof(*released));
	Lz__Release request = LZ__RELEASE__INIT;
	char id[17], *to[] = {(char *)address, (char *)"boss@example.com"};

	lz__released__init(released);
	snprintf(id, sizeof(id), "%016u", number);
	request.id = id;
	request.to = to;
	request.n_to = 2;
	request.why = (char *)"for pat@example.com, who asked";
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &request, released, &f.err)), RESULT_OK);
	message_free(&released->base);
}

static void count(Lz__Counter ***list, size_t *size, const char *name)
{
	Lz__Counter *counter = alloc(sizeof(*counter));

	lz__counter__init(counter);
	strings_set(&counter->name, name);
	counter->value = 3;
	*list = alloc_grow(*list, *size + 1, sizeof(**list));
	(*list)[(*size)++] = counter;
}

/* A notice of many, a pass, and that somebody asked for a release: of no item, or beside it. */
static void fill_beside(void)
{
	Lz__Outgoing *flood = alloc(sizeof(*flood));
	Lz__KeptPass pass = LZ__KEPT_PASS__INIT;
	struct backend_key end = key_time(start_ms + 1000, "0000000000000006");
	struct backend_key asked = key_pair("0000000000000006", pat);
	char *to[] = {(char *)"other@example.com", (char *)pat}, *by[] = {(char *)"", (char *)""};

	lz__outgoing__init(flood);
	strings_set(&flood->id, "00000000000flood");
	strings_add(&flood->to, &flood->n_to, "admin@example.com");
	flood->kind = LZ__NOTICE_KIND__NOTICE_FLOOD;
	flood->count = 6;
	count(&flood->senders, &flood->n_senders, "Pat@example.com");
	count(&flood->recipients, &flood->n_recipients, "other@example.com");
	count(&flood->recipients, &flood->n_recipients, pat);
	pass.to = to;
	pass.redeemed = by;
	pass.n_to = pass.n_redeemed = 2;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        outbox_move(f.store->txn, flood, OUTGOING_BEGIN, start_ms, &f.err), RESULT_OK);
	assert_int_equal(record_put(f.store->txn, TABLE_PASSES, &end, &pass, &f.err), RESULT_OK);
	assert_int_equal(fixture_end(&f, number_put(f.store->txn, TABLE_ASKED, &asked, 1, &f.err)),
	        RESULT_OK);
	message_free(&flood->base);
}

static void fill(void)
{
	Lz__Item *item;

	keep(1, item_of(1, "Pat@Example.com"), NULL);
	item = item_of(2, "other@example.com");
	strings_set(&item->reverse_path, pat);
	keep(2, item, NULL);
	item = item_of(3, "other@example.com");
	strings_set(&item->header_from, "Pat <PAT@example.com>");
	keep(3, item, NULL);
	item = item_of(4, "other@example.com");
	strings_set(&item->sasl_username, pat);
	keep(4, item, NULL);
	item = item_of(5, pat);
	add_recipient(item, "other@example.com");
	add_recipient(item, "Pat@example.com");
	add_symbol(item, "denied to <pat@example.com>, and pat@example.com.");
	keep(5, item, NULL);
	keep(6, item_of(6, "other@example.com"), (char *)"pat@example.com");
	release_to(6, pat);
	item = item_of(7, "patpat@example.com");
	strings_set(&item->header_from, "xpat@example.com, Pat O'Pat <o'pat@example.com>");
	keep(7, item, (char *)"pat@example.com.au");
	item = item_of(8, "alias@example.com");
	strings_set(&item->recipients[0]->orcpt, "rfc822;pat@example.com");
	keep(8, item, NULL);
	confirm(&f, "99999999999999999999999999999999", (char *)"pat@example.com", 1, start_ms);
}

static void everything_of_a_person_goes_and_nothing_of_others(void **state)
{
	Lz__Erased *piece;
	Lz__Shown *shown;
	struct sum sum;

	fill();
	assert_true(records_with(pat) > 10);
	assert_int_equal(erase_piece(pat, "x", 1, "", "", &piece), RESULT_OK);
	assert_int_equal(piece->total, 8 + 9 + 9); /* items, outgoing, messages */
	message_free(&piece->base);
	sum = erase(pat, 0);
	assert_int_equal(sum.removed, 5); /* 1, 2, 3, 4, 8 */
	assert_int_equal(sum.changed, 1);
	assert_int_equal(sum.outgoing, 1);
	assert_int_equal(sum.messages, 2);
	assert_int_equal(sum.open + sum.on_hold, 0);
	assert_false(is_there(1) || is_there(2) || is_there(3) || is_there(4) || is_there(8));
	shown = shown_of(5);
	assert_int_equal(shown->item->n_recipients, 1);
	assert_string_equal(shown->item->recipients[0]->address, "other@example.com");
	assert_string_equal(shown->item->symbols[0]->detail, "denied to <(erased)>, and (erased).");
	assert_int_equal(shown->n_outbox, 0);
	message_free(&shown->base);
	shown = shown_of(6);
	assert_int_equal(shown->n_outbox, 2);
	message_free(&shown->base);
	assert_true(is_there(7));
	/* the addresses that only look like his */
	assert_int_equal(records_with("xpat@example.com"), 1);
	fixture_verify(&f);
	keep(20, item_of(20, "other@example.com"), NULL);
}

static void no_record_names_a_person_who_was_erased(void **state)
{
	fill();
	fill_beside();
	erase("PAT@EXAMPLE.COM", 0);
	/* what is left is in "patpat@…", "xpat@…" and "…@example.com.au" of item 7 */
	keep(7, item_of(7, "patpat@example.com"), NULL);
	{
		Lz__Delete request = LZ__DELETE__INIT;

		request.id = (char *)"0000000000000007";
		fixture_begin(&f, start_ms);
		assert_int_equal(
		        fixture_end(&f, store_delete(f.store, &request, &f.err)), RESULT_OK);
	}
	assert_int_equal(
	        records_with(pat), 1); /* to whom message 7 was delivered: pat@example.com.au */
	erase("pat@example.com.au", 0);
	assert_int_equal(records_with(pat), 0);
}

/* Who asked for a release is named by what tells the administrator of it, and by floods that an
 * access rule has in common. */
static void a_notice_to_another_does_not_name_him_any_more(void **state)
{
	Lz__Outgoing *asked = alloc(sizeof(*asked));
	Lz__Item *item = item_of(1, pat);
	struct sum sum;

	add_recipient(item, "other@example.com");
	keep(1, item, NULL);
	lz__outgoing__init(asked);
	strings_set(&asked->id, "00000000000asked");
	strings_set(&asked->item, "0000000000000001");
	strings_add(&asked->to, &asked->n_to, "admin@example.com");
	strings_set(&asked->by, "Pat@example.com");
	strings_set(&asked->group, "access: <pat@example.com> is denied");
	asked->kind = LZ__NOTICE_KIND__NOTICE_ASKED;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, outbox_move(f.store->txn, asked, OUTGOING_BEGIN, start_ms, &f.err)),
	        RESULT_OK);
	message_free(&asked->base);
	sum = erase(pat, 1);
	assert_int_equal(sum.changed, 1);
	erase(pat, 0);
	assert_int_equal(records_with(pat), 0);
	assert_int_equal(records_with("admin@example.com"), 1);
}

static void a_field_from_is_his_where_the_whole_address_is(void **state)
{
	static const char *const his[] = {"pat@example.com", "<PAT@example.com>",
	        "\"'pat@example.com'\" <x@example.net>", "a@b.c, pat@example.com (Pat)",
	        "o'pat@example.com, pat@example.com"};
	static const char *const others[] = {"Pat O'Pat <o'pat@example.com>", "r&pat@example.com",
	        "\xc3\xa9pat@example.com", "a=pat@example.com", "'o'pat@example.com'",
	        "pat@example.com\xc3\xa9", "pat@example.com.au", ""};
	size_t at;

	for (at = 0; at < sizeof(his) / sizeof(his[0]); at++)
		if (!leave_is_from(his[at], pat))
			fail_msg("%s", his[at]);
	for (at = 0; at < sizeof(others) / sizeof(others[0]); at++)
		if (leave_is_from(others[at], pat))
			fail_msg("%s", others[at]);
}

static void a_dry_run_tells_the_same_and_changes_nothing(void **state)
{
	Lz__Erasures *list;
	unsigned before;
	struct sum dry, wet;

	fill();
	before = records_with(pat);
	dry = erase(pat, 1);
	assert_int_equal(records_with(pat), before);
	list = erasures("");
	assert_int_equal(list->n_erasures, 0);
	message_free(&list->base);
	assert_string_equal(dry.erasure, "");
	wet = erase(pat, 0);
	assert_int_equal(dry.removed, wet.removed);
	assert_int_equal(dry.changed, wet.changed);
	assert_int_equal(dry.outgoing, wet.outgoing);
	assert_int_equal(dry.messages, wet.messages);
}

static void hold(const char *id, int lift)
{
	Lz__Hold request = LZ__HOLD__INIT;
	Lz__Held *held = alloc(sizeof(*held));

	lz__held__init(held);
	request.id = (char *)id;
	request.lift = lift;
	request.why = (char *)"case";
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_hold(f.store, &request, held, &f.err)), RESULT_OK);
	message_free(&held->base);
}

static void what_is_on_hold_stays_and_is_named(void **state)
{
	Lz__Shown *shown;
	struct sum sum;

	fill();
	hold("0000000000000001", 0);
	sum = erase(pat, 0);
	assert_int_equal(sum.removed, 4);
	assert_int_equal(sum.on_hold, 1);
	assert_string_equal(sum.held, "0000000000000001");
	shown = shown_of(1);
	assert_int_equal(shown->n_outbox, 1);
	assert_string_equal(shown->outbox[0]->to[0], "Pat@Example.com");
	message_free(&shown->base);
	hold("0000000000000001", 1);
	sum = erase(pat, 0);
	assert_int_equal(sum.removed, 1);
	assert_int_equal(sum.on_hold, 0);
	assert_false(is_there(1));
}

static void what_the_mta_has_in_its_hands_stays_until_it_is_settled(void **state)
{
	struct sum sum;

	assert_int_equal(put(&f, item_of(1, pat), "x", 1, start_ms), RESULT_OK);
	sum = erase(pat, 0);
	assert_int_equal(sum.open, 1);
	assert_int_equal(sum.removed, 0);
	assert_true(is_there(1));
	settle(1, NULL);
	sum = erase(pat, 0);
	assert_int_equal(sum.open, 0);
	assert_int_equal(sum.removed, 1);
}

static void it_is_on_record_without_the_address(void **state)
{
	Lz__Erasures *list;
	struct sum sum;

	fill();
	sum = erase(pat, 0);
	erase("nobody@example.net", 0);
	list = erasures("");
	assert_int_equal(list->n_erasures, 2);
	message_free(&list->base);
	list = erasures("PAT@example.com");
	assert_int_equal(list->n_erasures, 1);
	assert_string_equal(list->erasures[0]->id, sum.erasure);
	assert_string_equal(list->erasures[0]->why, "a wish");
	assert_string_equal(list->erasures[0]->by, "admin");
	assert_int_equal(list->erasures[0]->items_removed, 5);
	assert_int_equal(list->erasures[0]->items_changed, 1);
	assert_int_equal(list->erasures[0]->done_ms, start_ms);
	message_free(&list->base);
	list = erasures("someone@example.com");
	assert_int_equal(list->n_erasures, 0);
	message_free(&list->base);
}

static void what_can_not_be_done_is_refused(void **state)
{
	Lz__Erased *piece;
	struct sum sum = erase("other@example.com", 0);

	assert_int_equal(erase_piece("nobody", "x", 0, "", "", &piece), RESULT_PERMANENT);
	assert_int_equal(erase_piece(pat, "", 0, "", "", &piece), RESULT_PERMANENT);
	assert_int_equal(
	        erase_piece(pat, "as Pat@example.com asked", 0, "", "", &piece), RESULT_PERMANENT);
	asks = "Pat@example.com";
	assert_int_equal(erase_piece(pat, "x", 0, "", "", &piece), RESULT_PERMANENT);
	asks = "admin";
	assert_int_equal(erase_piece(pat, "x", 0, "9ab", "", &piece), RESULT_PERMANENT);
	assert_int_equal(erase_piece(pat, "x", 0, "0abc", "", &piece), RESULT_PERMANENT);
	assert_int_equal(erase_piece(pat, "x", 0, "0zz", "", &piece), RESULT_PERMANENT);
	assert_int_equal(erase_piece(pat, "x", 0, "", sum.erasure, &piece), RESULT_PERMANENT);
	assert_int_equal(erase_piece(pat, "x", 0, "", "0000000000000000", &piece), RESULT_NONE);
}

static void a_retry_does_not_bring_an_address_back(void **state)
{
	Lz__Finish request = LZ__FINISH__INIT;
	Lz__Taken *taken = alloc(sizeof(*taken));
	Lz__Take take = LZ__TAKE__INIT;
	char *remaining[] = {(char *)pat, (char *)"boss@example.com"}, id[17];
	size_t at;

	keep(6, item_of(6, "other@example.com"), NULL);
	release_to(6, pat);
	lz__taken__init(taken);
	take.limit = 10;
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_take(f.store, &take, taken, &f.err)), RESULT_OK);
	for (at = 0; at < taken->n_outbox; at++)
		if (taken->outbox[at]->kind == LZ__NOTICE_KIND__NOTICE_RELEASE)
			snprintf(id, sizeof(id), "%s", taken->outbox[at]->id);
	message_free(&taken->base);
	erase(pat, 0);
	request.id = id;
	request.text = (char *)"451 later";
	request.retry_ms = 1000;
	request.remaining = remaining;
	request.n_remaining = 2;
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_finish(f.store, &request, &f.err)), RESULT_OK);
	assert_int_equal(records_with(pat), 0);
}

/* ---- interrupted ---- */

static void fill_many(void)
{
	unsigned number;

	for (number = 1000; number < 1000 + MANY; number++) {
		Lz__Item *item = item_of(number, number % 3 ? pat : "other@example.com");

		if (number % 3 == 2)
			add_recipient(item, "third@example.com");
		keep(number, item, (char *)(number % 2 ? pat : "other@example.com"));
	}
}

static void erase_in_a_process_that_is_killed(unsigned delay_us)
{
	int status;
	pid_t pid;

	store_close(&f.store);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		fixture_open(&f);
		erase(pat, 0);
		_exit(0);
	}
	usleep(delay_us);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fixture_open(&f);
}

static void what_was_killed_is_whole_and_the_next_run_does_the_rest(void **state)
{
	Lz__Erasures *list;
	unsigned round, number, delay_us;

	fill_many();
	for (round = 0; round < ROUNDS; round++) {
		random_bytes(&delay_us, sizeof(delay_us));
		erase_in_a_process_that_is_killed(1000 + delay_us % 20000);
		fixture_verify(&f);
	}
	erase(pat, 0);
	fixture_verify(&f);
	for (number = 1000; number < 1000 + MANY; number++)
		assert_int_equal(is_there(number), number % 3 != 1);
	assert_int_equal(records_with(pat), 0);
	list = erasures(pat);
	assert_true(list->n_erasures >= 1);
	for (number = 0; number < list->n_erasures; number++)
		assert_true(list->erasures[number]->done_ms);
	message_free(&list->base);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(everything_of_a_person_goes_and_nothing_of_others),
	        TEST(no_record_names_a_person_who_was_erased),
	        TEST(a_notice_to_another_does_not_name_him_any_more),
	        TEST(a_field_from_is_his_where_the_whole_address_is),
	        TEST(a_dry_run_tells_the_same_and_changes_nothing),
	        TEST(what_is_on_hold_stays_and_is_named),
	        TEST(what_the_mta_has_in_its_hands_stays_until_it_is_settled),
	        TEST(it_is_on_record_without_the_address),
	        TEST(what_can_not_be_done_is_refused),
	        TEST(a_retry_does_not_bring_an_address_back),
	        TEST(what_was_killed_is_whole_and_the_next_run_does_the_rest),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
