#include "tests/unit/quarantine/fixture.h"

#include "lib/crypto/digest.h"
#include "quarantine/audit.h"

enum { KIB = 1024, BODY = 10 * KIB };

static struct fixture f;
static char domain[] = "example.com";
static char *domains[] = {domain};
static struct config_quota list[2];

static void open_with(uint64_t of_domain, uint64_t of_recipient, enum config_over_quota over)
{
	list[0] = (struct config_quota){.domains = {1, domains}, .size = of_domain};
	list[1] = (struct config_quota){.each_recipient = of_recipient};
	f.options.rules.quotas = (struct config_quotas){2, list};
	f.options.rules.over_quota = over;
	fixture_open(&f);
}

static int set_up(void **state)
{
	fixture_new(&f, FIXTURE_MAP);
	store_close(&f.store);
	return 0;
}

static int tear_down(void **state)
{
	fixture_verify(&f);
	fixture_free(&f);
	return 0;
}

static Lz__Item *item_of(unsigned number, const char *reason, const char *recipient)
{
	char id[17], message[33];
	Lz__Item *item;

	snprintf(id, sizeof(id), "item%012u", number);
	snprintf(message, sizeof(message), "%032u", number);
	item = new_item(id, message, recipient);
	strings_set(&item->reason, reason);
	return item;
}

static void settle(unsigned number)
{
	char message[33];

	snprintf(message, sizeof(message), "%032u", number);
	confirm(&f, message, NULL, 1, start_ms);
}

static enum result store_one(unsigned number, Lz__Item *item, size_t size)
{
	char *body = alloc(size);
	enum result result;

	random_bytes(body, size);
	result = put(&f, item, body, size, start_ms + number);
	free(body);
	return result;
}

static enum result keep(unsigned number, const char *reason, const char *recipient)
{
	enum result result = store_one(number, item_of(number, reason, recipient), BODY);

	if (!result)
		settle(number);
	return result;
}

static void add_recipient(Lz__Item *item, const char *address)
{
	item->recipients =
	        alloc_grow(item->recipients, item->n_recipients + 1, sizeof(*item->recipients));
	item->recipients[item->n_recipients] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[item->n_recipients]);
	strings_set(&item->recipients[item->n_recipients++]->address, address);
}

static int is_there(unsigned number)
{
	Lz__Shown *shown;
	char id[17];

	snprintf(id, sizeof(id), "item%012u", number);
	shown = show(&f, id);
	if (!shown)
		return 0;
	message_free(&shown->base);
	return 1;
}

static uint64_t used_by(const char *owner)
{
	Lz__ListUsage request = LZ__LIST_USAGE__INIT;
	Lz__Usage *usage = alloc(sizeof(*usage));
	uint64_t bytes = 0;
	size_t at;

	lz__usage__init(usage);
	assert_int_equal(store_list_usage(f.store, &request, usage, &f.err), RESULT_OK);
	for (at = 0; at < usage->n_shares; at++)
		if (!strcmp(usage->shares[at]->owner, owner))
			bytes = usage->shares[at]->used_bytes;
	message_free(&usage->base);
	return bytes;
}

static void sweep(void)
{
	int more = 1;

	while (more)
		assert_int_equal(store_expire(f.store, start_ms, &more, &f.err), RESULT_OK);
}

static void what_recipients_and_domains_have_is_reckoned(void **state)
{
	Lz__Item *item = item_of(2, "spam", "A@example.com");
	Lz__Delete delete = LZ__DELETE__INIT;

	open_with(0, 100 * KIB, OVER_QUOTA_OLDEST);
	keep(1, "spam", "a@Example.com");
	add_recipient(item, "b@example.com");
	add_recipient(item, "a@example.com");
	store_one(2, item, BODY);
	assert_int_equal(used_by("a@example.com"), 2 * BODY);
	assert_int_equal(used_by("b@example.com"), BODY);
	assert_int_equal(used_by("example.com"), 2 * BODY);
	fixture_verify(&f);
	delete.id = (char *)"item000000000002";
	fixture_begin(&f, start_ms);
	fixture_end(&f, store_delete(f.store, &delete, &f.err));
	assert_int_equal(used_by("a@example.com"), BODY);
	assert_int_equal(used_by("b@example.com"), 0);
}

static char told[200];

static void note(const char *message_id, const char *item, const char *event)
{
	snprintf(told, sizeof(told), "%s %s %s", message_id, item, event);
}

/* And only once that is on disk. */
static void what_made_room_is_told(void **state)
{
	f.options.gone = note;
	open_with(0, 2 * BODY, OVER_QUOTA_OLDEST);
	keep(1, "spam", "a@example.com");
	assert_int_equal(
	        store_one(2, item_of(2, "spam", "a@example.com"), 3 * BODY), RESULT_TEMPORARY);
	assert_string_equal(told, "");
	keep(2, "spam", "a@example.com");
	assert_string_equal(told, "");
	keep(3, "spam", "a@example.com");
	assert_string_equal(told, "00000000000000000000000000000001 item000000000001 displaced");
}

static void the_oldest_of_the_lowest_class_makes_room(void **state)
{
	open_with(0, 5 * BODY, OVER_QUOTA_OLDEST);
	keep(1, "virus", "a@example.com");
	keep(2, "spam", "a@example.com");
	keep(3, "attachment", "a@example.com");
	keep(4, "spam", "a@example.com");
	keep(5, "spam", "b@example.com");
	keep(6, "virus", "a@example.com");
	assert_int_equal(keep(7, "spam", "a@example.com"), RESULT_OK);
	assert_false(is_there(2));
	assert_int_equal(keep(8, "virus", "a@example.com"), RESULT_OK);
	assert_false(is_there(4));
	assert_int_equal(keep(9, "virus", "a@example.com"), RESULT_OK);
	assert_false(is_there(7));
	assert_int_equal(keep(10, "virus", "a@example.com"), RESULT_OK);
	assert_false(is_there(3));
	assert_int_equal(keep(11, "spam", "a@example.com"), RESULT_OK);
	assert_false(is_there(1));
	assert_true(is_there(5));
	assert_int_equal(used_by("a@example.com"), 5 * BODY);
}

static void a_full_domain_makes_room_whoever_of_it_has_the_oldest(void **state)
{
	open_with(3 * BODY, 0, OVER_QUOTA_OLDEST);
	keep(1, "spam", "a@example.com");
	keep(2, "spam", "b@example.com");
	keep(3, "spam", "c@example.com");
	keep(4, "spam", "d@example.net");
	keep(5, "spam", "e@example.net");
	assert_int_equal(keep(6, "spam", "c@EXAMPLE.COM"), RESULT_OK);
	assert_false(is_there(1));
	assert_true(is_there(2) && is_there(3) && is_there(4) && is_there(5));
}

static size_t audited(const char *action, const char *item)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	Lz__Audit *audit = alloc(sizeof(*audit));
	size_t count;

	lz__audit__init(audit);
	request.action = (char *)action;
	request.item = (char *)item;
	assert_int_equal(audit_list(f.store, &request, audit, &f.err), RESULT_OK);
	count = audit->n_entries;
	message_free(&audit->base);
	return count;
}

/* Only for whom there is no room. */
static void an_item_that_others_have_stays_for_them(void **state)
{
	Lz__Item *item = item_of(1, "spam", "a@example.com");
	Lz__Shown *shown;

	open_with(0, 2 * BODY, OVER_QUOTA_OLDEST);
	add_recipient(item, "b@example.com");
	store_one(1, item, BODY);
	settle(1);
	keep(2, "spam", "a@example.com");
	assert_int_equal(keep(3, "spam", "a@example.com"), RESULT_OK);
	shown = show(&f, "item000000000001");
	assert_non_null(shown);
	assert_int_equal(shown->item->n_recipients, 1);
	assert_string_equal(shown->item->recipients[0]->address, "b@example.com");
	assert_int_equal(shown->n_outbox, 0); /* its notice was for the one who left */
	assert_int_equal(audited("displace", "item000000000001"), 1);
	message_free(&shown->base);
	assert_int_equal(used_by("a@example.com"), 2 * BODY);
	assert_int_equal(used_by("b@example.com"), BODY);
}

/* Each recipient may come in a run of his own. */
static void an_item_makes_room_for_another_of_its_message(void **state)
{
	Lz__Item *second = item_of(2, "spam", "b@example.com");
	int more = 1;

	open_with(BODY, 0, OVER_QUOTA_OLDEST);
	keep(1, "spam", "a@example.com");
	strings_set(&second->message_id, "00000000000000000000000000000001");
	assert_int_equal(store_one(2, second, BODY), RESULT_OK);
	assert_true(!is_there(1) && is_there(2));
	fixture_verify(&f);
	assert_int_equal(
	        store_settle(f.store, start_ms + INT64_C(100000000000), &more, &f.err), RESULT_OK);
}

static void with_refuse_nothing_goes_and_the_mail_waits(void **state)
{
	open_with(0, 2 * BODY, OVER_QUOTA_REFUSE);
	keep(1, "spam", "a@example.com");
	keep(2, "spam", "a@example.com");
	assert_int_equal(keep(3, "virus", "a@example.com"), RESULT_TEMPORARY);
	assert_non_null(strstr(f.err.text, "quota of a@example.com is full"));
	assert_int_equal(keep(4, "virus", "b@example.com"), RESULT_OK);
	assert_true(is_there(1) && is_there(2));
	assert_false(is_there(3));
}

static void what_is_pending_on_hold_or_being_released_never_makes_room(void **state)
{
	Lz__Release release = LZ__RELEASE__INIT;
	Lz__Released *released = alloc(sizeof(*released));
	Lz__Hold hold = LZ__HOLD__INIT;
	Lz__Held *held = alloc(sizeof(*held));

	lz__released__init(released);
	lz__held__init(held);
	open_with(0, 3 * BODY, OVER_QUOTA_OLDEST);
	store_one(1, item_of(1, "spam", "a@example.com"), BODY);
	keep(2, "spam", "a@example.com");
	keep(3, "spam", "a@example.com");
	hold.id = (char *)"item000000000002";
	hold.why = (char *)"case";
	release.id = (char *)"item000000000003";
	fixture_begin(&f, start_ms);
	fixture_end(&f, store_hold(f.store, &hold, held, &f.err));
	fixture_begin(&f, start_ms);
	fixture_end(&f, store_release(f.store, &release, released, &f.err));
	assert_int_equal(keep(4, "virus", "a@example.com"), RESULT_TEMPORARY);
	assert_true(is_there(1) && is_there(2) && is_there(3));
	settle(1);
	assert_int_equal(keep(4, "virus", "a@example.com"), RESULT_OK);
	assert_false(is_there(1));
	message_free(&released->base);
	message_free(&held->base);
}

static void an_item_that_is_larger_than_the_quota_removes_nothing(void **state)
{
	open_with(0, 2 * BODY, OVER_QUOTA_OLDEST);
	keep(1, "spam", "a@example.com");
	assert_int_equal(
	        store_one(2, item_of(2, "spam", "a@example.com"), 3 * BODY), RESULT_TEMPORARY);
	assert_true(is_there(1));
}

static void room_for_a_large_one_is_made_before_it_comes_again(void **state)
{
	unsigned number;

	open_with(0, 300 * KIB, OVER_QUOTA_OLDEST);
	for (number = 1; number <= 300; number++) {
		store_one(number, item_of(number, "spam", "a@example.com"), KIB);
		settle(number);
	}
	assert_int_equal(store_one(900, item_of(900, "virus", "a@example.com"), 250 * KIB),
	        RESULT_TEMPORARY);
	assert_int_equal(used_by("a@example.com"), 300 * KIB);
	sweep();
	assert_int_equal(used_by("a@example.com"), 50 * KIB);
	assert_int_equal(
	        store_one(900, item_of(900, "virus", "a@example.com"), 250 * KIB), RESULT_OK);
	assert_true(is_there(300));
	assert_false(is_there(250));
}

static void quotas_that_come_later_or_become_smaller_hold_for_what_is_there(void **state)
{
	unsigned number;
	int more = 1;

	fixture_open(&f);
	for (number = 1; number <= 20; number++)
		keep(number, number % 2 ? "spam" : "virus", "a@example.com");
	assert_int_equal(used_by("a@example.com"), 0);
	store_close(&f.store);
	open_with(0, 12 * BODY, OVER_QUOTA_OLDEST);
	assert_false(store_is_filed(f.store));
	while (more)
		assert_int_equal(store_refile(f.store, start_ms, &more, &f.err), RESULT_OK);
	fixture_verify(&f);
	assert_int_equal(used_by("a@example.com"), 20 * BODY);
	sweep();
	assert_int_equal(used_by("a@example.com"), 12 * BODY);
	for (number = 1; number <= 20; number++)
		assert_int_equal(is_there(number), number % 2 == 0 || number > 16);
	store_close(&f.store);
	open_with(0, 3 * BODY, OVER_QUOTA_OLDEST);
	assert_true(store_is_filed(f.store));
	sweep();
	assert_int_equal(used_by("a@example.com"), 3 * BODY);
	assert_true(is_there(20) && is_there(18) && is_there(16));
	store_close(&f.store);
	f.options.rules.quotas = (struct config_quotas){0};
	fixture_open(&f);
	more = 1;
	while (more)
		assert_int_equal(store_refile(f.store, start_ms, &more, &f.err), RESULT_OK);
	assert_int_equal(used_by("a@example.com"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(what_recipients_and_domains_have_is_reckoned),
	        TEST(what_made_room_is_told),
	        TEST(the_oldest_of_the_lowest_class_makes_room),
	        TEST(a_full_domain_makes_room_whoever_of_it_has_the_oldest),
	        TEST(an_item_that_others_have_stays_for_them),
	        TEST(an_item_makes_room_for_another_of_its_message),
	        TEST(with_refuse_nothing_goes_and_the_mail_waits),
	        TEST(what_is_pending_on_hold_or_being_released_never_makes_room),
	        TEST(an_item_that_is_larger_than_the_quota_removes_nothing),
	        TEST(room_for_a_large_one_is_made_before_it_comes_again),
	        TEST(quotas_that_come_later_or_become_smaller_hold_for_what_is_there),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
