#include "tests/unit/quarantine/fixture.h"

#include "quarantine/rules.h"

enum { DAY_MS = 24 * HOUR_MS };

static struct fixture f;
static char spam[] = "spam", virus[] = "virus", below[] = ".example.com", exact[] = "example.com";
static char *spams[] = {spam}, *viruses[] = {virus}, *belows[] = {below}, *exacts[] = {exact};

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

static void reopen(void)
{
	store_close(&f.store);
	fixture_open(&f);
}

/* A held item of its own message. */
static void keep(unsigned number, const char *reason, const char *recipient, int64_t now_ms)
{
	char id[17], message[33];
	Lz__Item *item;

	snprintf(id, sizeof(id), "item%012u", number);
	snprintf(message, sizeof(message), "%032u", number);
	item = new_item(id, message, recipient);
	strings_set(&item->reason, reason);
	assert_int_equal(put(&f, item, id, 16, now_ms), RESULT_OK);
	confirm(&f, message, NULL, 1, now_ms);
}

static int is_there(unsigned number)
{
	char id[17];
	Lz__Shown *shown;

	snprintf(id, sizeof(id), "item%012u", number);
	shown = show(&f, id);
	if (!shown)
		return 0;
	message_free(&shown->base);
	return 1;
}

static void expire(int64_t now_ms)
{
	int more = 1;

	while (more)
		assert_int_equal(store_expire(f.store, now_ms, &more, &f.err), RESULT_OK);
}

static void refile(void)
{
	int more = 1;

	while (more)
		assert_int_equal(store_refile(f.store, start_ms, &more, &f.err), RESULT_OK);
	assert_true(store_is_filed(f.store));
}

static enum result hold(unsigned number, int lift, int *already)
{
	Lz__Hold request = LZ__HOLD__INIT;
	Lz__Held *held = alloc(sizeof(*held));
	enum result result;
	char id[17];

	lz__held__init(held);
	snprintf(id, sizeof(id), "item%012u", number);
	request.id = id;
	request.lift = lift;
	request.by = (char *)"admin";
	request.why = (char *)"case 12";
	fixture_begin(&f, start_ms);
	result = fixture_end(&f, store_hold(f.store, &request, held, &f.err));
	*already = held->already;
	message_free(&held->base);
	return result;
}

static enum result delete (unsigned number) {
	Lz__Delete request = LZ__DELETE__INIT; char id[17];

	snprintf(id, sizeof(id), "item%012u", number);
	request.id = id;
	fixture_begin(&f, start_ms);
	return fixture_end(&f, store_delete(f.store, &request, &f.err));
}

/* ---- rules ---- */

static void the_first_rule_that_fits_decides(void **state)
{
	struct config_retention list[] = {
	        {.reasons = {1, spams}, .domains = {1, exacts}, .keep_ms = 1},
	        {.reasons = {1, spams}, .domains = {1, belows}, .keep_ms = 2},
	        {.reasons = {1, spams}, .keep_ms = 3},
	        {.domains = {1, belows}, .keep_ms = 0},
	};
	struct rules rules = {.keep_ms = 9, .retention = {4, list}};
	const struct {
		const char *reason, *recipient;
		int64_t keep_ms;
	} cases[] = {
	        {"spam", "a@example.com", 1},
	        {"spam", "a@EXAMPLE.com", 1},
	        {"spam", "a@sub.example.com", 2},
	        {"spam", "a@notexample.com", 3},
	        {"spam", "nobody", 3},
	        {"virus", "a@sub.example.com", 0},
	        {"virus", "a@example.com", 0},
	        {"virus", "a@example.net", 9},
	        {"virus", "nobody", 9},
	};
	size_t at;

	for (at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
		Lz__Item *item = new_item("aaaa000000000000", "1", cases[at].recipient);

		strings_set(&item->reason, cases[at].reason);
		assert_int_equal(rules_keep_ms(&rules, item), cases[at].keep_ms);
		message_free(&item->base);
	}
}

static void spam_goes_first_and_viruses_last(void **state)
{
	assert_true(rules_class("spam") < rules_class("subject"));
	assert_true(rules_class("subject") < rules_class("attachment"));
	assert_true(rules_class("attachment") < rules_class("unscanned"));
	assert_true(rules_class("unscanned") < rules_class("virus"));
	assert_int_equal(rules_class("never heard of"), rules_class("virus"));
}

/* ---- expiry ---- */

static void each_item_expires_by_its_own_rule(void **state)
{
	struct config_retention list[] = {
	        {.reasons = {1, spams}, .keep_ms = 2 * DAY_MS},
	        {.reasons = {1, viruses}, .keep_ms = 0},
	};

	store_close(&f.store);
	f.options.rules.retention = (struct config_retentions){2, list};
	fixture_open(&f);
	keep(1, "spam", "a@example.com", start_ms);
	keep(2, "attachment", "a@example.com", start_ms);
	keep(3, "virus", "a@example.com", start_ms);
	expire(start_ms + 2 * DAY_MS);
	assert_true(is_there(1));
	expire(start_ms + 2 * DAY_MS + 1);
	assert_false(is_there(1));
	assert_true(is_there(2));
	expire(start_ms + 31 * (int64_t)DAY_MS);
	assert_false(is_there(2));
	expire(start_ms + 9999 * (int64_t)DAY_MS);
	assert_true(is_there(3));
	f.options.rules.retention = (struct config_retentions){0};
}

static void a_change_of_rules_holds_for_what_is_there(void **state)
{
	struct config_retention shorter[] = {{.reasons = {1, spams}, .keep_ms = DAY_MS}};
	unsigned number;

	for (number = 0; number < 300; number++)
		keep(number, number % 2 ? "spam" : "virus", "a@example.com", start_ms);
	store_close(&f.store);
	f.options.rules.retention = (struct config_retentions){1, shorter};
	fixture_open(&f);
	assert_false(store_is_filed(f.store));
	refile();
	reopen();
	assert_true(store_is_filed(f.store));
	expire(start_ms + DAY_MS + 1);
	for (number = 0; number < 300; number++)
		assert_int_equal(is_there(number), number % 2 == 0);
	f.options.rules.retention = (struct config_retentions){0};
}

/* Its items stand nowhere in the order in which they expire, as those of an earlier version. */
static void items_that_were_never_filed_expire_once_they_are(void **state)
{
	store_close(&f.store);
	f.options.rules.keep_ms = 0;
	fixture_open(&f);
	keep(1, "spam", "a@example.com", start_ms);
	store_close(&f.store);
	f.options.rules.keep_ms = 30 * (int64_t)DAY_MS;
	fixture_open(&f);
	expire(start_ms + 31 * (int64_t)DAY_MS);
	assert_true(is_there(1));
	refile();
	expire(start_ms + 30 * (int64_t)DAY_MS);
	assert_true(is_there(1));
	expire(start_ms + 30 * (int64_t)DAY_MS + 1);
	assert_false(is_there(1));
}

/* Also before they are filed anew. */
static void a_longer_rule_holds_at_once(void **state)
{
	keep(1, "spam", "a@example.com", start_ms);
	store_close(&f.store);
	f.options.rules.keep_ms = 90 * (int64_t)DAY_MS;
	fixture_open(&f);
	assert_false(store_is_filed(f.store));
	expire(start_ms + 31 * (int64_t)DAY_MS);
	assert_true(is_there(1));
	expire(start_ms + 90 * (int64_t)DAY_MS + 1);
	assert_false(is_there(1));
}

static void an_item_that_may_not_go_stands_in_nobodys_way(void **state)
{
	unsigned number;
	char id[17], message[33];

	for (number = 0; number < 200; number++) {
		snprintf(id, sizeof(id), "item%012u", number);
		snprintf(message, sizeof(message), "%032u", number);
		put(&f, new_item(id, message, "a@example.com"), id, 16, start_ms);
	}
	keep(200, "spam", "a@example.com", start_ms + 1);
	expire(start_ms + 31 * (int64_t)DAY_MS);
	assert_false(is_there(200));
	assert_true(is_there(0));
	confirm(&f, "00000000000000000000000000000000", NULL, 1, start_ms);
	expire(start_ms + 31 * (int64_t)DAY_MS);
	assert_true(is_there(0));
	expire(start_ms + 31 * (int64_t)DAY_MS + 11 * 60 * 1000);
	assert_false(is_there(0));
	assert_true(is_there(1));
}

/* ---- hold ---- */

static void what_is_on_hold_neither_expires_nor_is_deleted(void **state)
{
	int already;

	keep(1, "spam", "a@example.com", start_ms);
	keep(2, "spam", "a@example.com", start_ms);
	assert_int_equal(hold(1, 0, &already), RESULT_OK);
	assert_false(already);
	assert_int_equal(hold(1, 0, &already), RESULT_OK);
	assert_true(already);
	fixture_verify(&f);
	assert_int_equal(delete (1), RESULT_PERMANENT);
	assert_non_null(strstr(f.err.text, "legal hold"));
	assert_non_null(strstr(f.err.text, "case 12"));
	expire(start_ms + 9999 * (int64_t)DAY_MS);
	assert_true(is_there(1));
	assert_false(is_there(2));
	fixture_verify(&f);
	assert_int_equal(hold(1, 1, &already), RESULT_OK);
	assert_false(already);
	assert_int_equal(hold(1, 1, &already), RESULT_OK);
	assert_true(already);
	expire(start_ms + 9999 * (int64_t)DAY_MS);
	assert_false(is_there(1));
	assert_int_equal(hold(1, 0, &already), RESULT_NONE);
}

static void a_hold_is_shown_found_and_survives_new_rules(void **state)
{
	Lz__List request = LZ__LIST__INIT;
	Lz__Items *items = alloc(sizeof(*items));
	Lz__Shown *shown;
	int already;

	keep(1, "spam", "a@example.com", start_ms);
	keep(2, "spam", "a@example.com", start_ms);
	hold(2, 0, &already);
	store_close(&f.store);
	f.options.rules.keep_ms = DAY_MS;
	fixture_open(&f);
	refile();
	expire(start_ms + 2 * DAY_MS);
	shown = show(&f, "item000000000002");
	assert_non_null(shown);
	assert_int_equal(shown->item->hold_ms, start_ms);
	assert_string_equal(shown->item->hold_by, "admin");
	assert_string_equal(shown->item->hold_why, "case 12");
	message_free(&shown->base);
	lz__items__init(items);
	request.on_hold = 1;
	assert_int_equal(store_list(f.store, &request, items, &f.err), RESULT_OK);
	assert_int_equal(items->n_items, 1);
	assert_string_equal(items->items[0]->id, "item000000000002");
	message_free(&items->base);
}

/* Nor can it be said of an item as it is stored. */
static void who_stores_can_not_say_that_it_is_on_hold(void **state)
{
	Lz__Item *item = new_item("item000000000001", "00000000000000000000000000000001", "a@b.c");
	Lz__Shown *shown;

	item->hold_ms = 1;
	strings_set(&item->hold_why, "x");
	put(&f, item, "x", 1, start_ms);
	shown = show(&f, "item000000000001");
	assert_int_equal(shown->item->hold_ms, 0);
	assert_string_equal(shown->item->hold_why, "");
	message_free(&shown->base);
}

static enum result lift_as(char **domains, size_t count)
{
	struct config_list list = {count, domains};
	struct actor actor = {.name = "uid=1", .domains = &list};
	enum result result;
	int already;

	store_as(f.store, &actor);
	result = hold(1, 1, &already);
	store_as(f.store, NULL);
	return result;
}

static void a_hold_for_several_domains_is_lifted_by_who_has_all_of_them(void **state)
{
	char *both[] = {(char *)"example.com", (char *)"example.net"};
	Lz__Item *item =
	        new_item("item000000000001", "00000000000000000000000000000001", "a@example.com");
	int already;

	item->recipients = alloc_grow(item->recipients, 2, sizeof(*item->recipients));
	item->recipients[1] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[1]);
	strings_set(&item->recipients[1]->address, "b@example.net");
	item->n_recipients = 2;
	put(&f, item, "x", 1, start_ms);
	confirm(&f, "00000000000000000000000000000001", NULL, 1, start_ms);
	assert_int_equal(hold(1, 0, &already), RESULT_OK);
	assert_int_equal(lift_as(both, 1), RESULT_NONE);
	assert_int_equal(lift_as(both + 1, 1), RESULT_NONE);
	assert_int_equal(lift_as(both, 2), RESULT_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_first_rule_that_fits_decides),
	        cmocka_unit_test(spam_goes_first_and_viruses_last),
	        TEST(each_item_expires_by_its_own_rule),
	        TEST(a_change_of_rules_holds_for_what_is_there),
	        TEST(items_that_were_never_filed_expire_once_they_are),
	        TEST(a_longer_rule_holds_at_once),
	        TEST(an_item_that_may_not_go_stands_in_nobodys_way),
	        TEST(what_is_on_hold_neither_expires_nor_is_deleted),
	        TEST(a_hold_is_shown_found_and_survives_new_rules),
	        TEST(a_hold_for_several_domains_is_lifted_by_who_has_all_of_them),
	        TEST(who_stores_can_not_say_that_it_is_on_hold),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
