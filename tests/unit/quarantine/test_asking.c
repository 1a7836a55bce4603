#include "tests/unit/quarantine/noticing.h"

#include "lib/crypto/seal.h"
#include "quarantine/token.h"

static const char user[] = "user@example.com";
static struct seal_key key;
static unsigned mails; /* that asked */

enum { FIRST_ASKING = 1000 };

static int set_up(void **state)
{
	static const char keys[] =
	        "request_address: release@example.org, request_expires: 1d, rate_per_address: 3, "
	        "requests: [{reasons: [spam], allow: release}, {reasons: [access], allow: never}, "
	        "{allow: ask}]";

	noticing_new(keys);
	memset(key.bytes, 7, sizeof(key.bytes));
	store_close(&f.store);
	f.options.key = &key;
	fixture_open(&f);
	mails = 0;
	return 0;
}

static int tear_down(void **state)
{
	noticing_free();
	return 0;
}

static Lz__Item *kept(unsigned number, const char *reason)
{
	Lz__Item *item = item_of(number, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user);

	strings_set(&item->reason, reason);
	strings_set(&item->recipients[0]->address, user);
	return item;
}

/* The token that the notice of the one item that is due carries; to be freed. */
static char *token_sent(int64_t now_ms)
{
	Lz__Taken *taken = take_due(now_ms);
	char *token;

	assert_int_equal(taken->n_outbox, 1);
	token = alloc_string(taken->outbox[0]->token);
	finish_one(taken->outbox[0]->id, 1, now_ms);
	message_free((ProtobufCMessage *)taken);
	return token;
}

struct mail {
	const char *token, *asker;
	int is_strange, is_automatic;
};

static Lz__Item *asking(unsigned number, const struct mail *mail)
{
	Lz__Item *item = item_of(number, LZ__NOTICE_KIND__NOTICE_RECIPIENT, user);
	Lz__Request *request = alloc(sizeof(*request));
	char *address = alloc_format("release+%s@example.org", mail->token);

	lz__request__init(request);
	strings_set(&request->token, mail->token);
	strings_set(&request->asker, mail->asker);
	request->authentic = !mail->is_strange;
	request->automatic = mail->is_automatic;
	message_free((ProtobufCMessage *)item->notices[0]);
	item->n_notices = 0;
	item->keep_original = 0;
	item->disposition = LZ__DISPOSITION__DISCARD;
	strings_set(&item->reason, "request");
	strings_set(&item->reverse_path, mail->asker);
	strings_set(&item->recipients[0]->address, address);
	item->requests = alloc_zero(1, sizeof(*item->requests));
	item->requests[0] = request;
	item->n_requests = 1;
	free(address);
	return item;
}

/* Stores a mail that asks, as the worker does. Gives what became of it; "" where it was stored
 * before. */
static const char *ask_by(unsigned number, const struct mail *mail, int64_t now_ms)
{
	static char outcome[32];
	Lz__Store request = LZ__STORE__INIT;
	Lz__Stored *stored = alloc(sizeof(*stored));
	Lz__Item *item = asking(number, mail);

	lz__stored__init(stored);
	request.message_id = item->message_id;
	request.items = &item;
	request.n_items = 1;
	fixture_begin(&f, now_ms);
	if (fixture_end(&f, store_put(f.store, &request, "", 0, stored, &f.err)))
		fail_msg("%s", f.err.text);
	assert_int_equal(store_check(f.store, stored->items, stored->n_items, &f.err), RESULT_OK);
	snprintf(outcome, sizeof(outcome), "%s", stored->n_asked ? stored->asked[0]->outcome : "");
	message_free((ProtobufCMessage *)stored);
	message_free((ProtobufCMessage *)item);
	return outcome;
}

static const char *ask(const char *token, int64_t now_ms)
{
	const struct mail mail = {.token = token, .asker = user};

	return ask_by(FIRST_ASKING + mails++, &mail, now_ms);
}

/* What is due now, as "answer:released release admin@…" would be: kinds, and why. */
static void expect_due(const char *wanted, int64_t now_ms)
{
	static const char *const kinds[] = {
	        "sender", "recipient", "admin", "release", "digest", "flood", "answer", "asked"};
	Lz__Taken *taken = take_due(now_ms);
	struct buf text = {0};
	size_t kind, at;

	buf_add(&text, "", 0);
	for (kind = 0; kind < 8; kind++)
		for (at = 0; at < taken->n_outbox; at++) {
			const Lz__Outgoing *one = taken->outbox[at];

			if (one->kind != (Lz__NoticeKind)kind)
				continue;
			assert_string_equal(one->to[0], kind == 7 ? "admin@example.org" : user);
			buf_add_format(&text, "%s:%s ", kinds[kind], one->why);
		}
	assert_string_equal(text.data, wanted);
	buf_fini(&text);
	message_free((ProtobufCMessage *)taken);
}

/* ---- tests ---- */

static void a_recipient_gets_what_he_asks_for_and_once(void **state)
{
	char *token;

	hold(kept(0, "spam"), start_ms);
	token = token_sent(start_ms);
	assert_int_equal(strlen(token), TOKEN_SIZE);
	assert_string_equal(ask(token, start_ms), "released");
	expect_due("release:asked for by mail answer:released ", start_ms);
	assert_string_equal(ask(token, start_ms), "used");
	expect_due("answer:used ", start_ms);
	free(token);
}

static void the_same_mail_stored_twice_asks_once(void **state)
{
	struct mail mail = {.asker = user};
	char *token;

	hold(kept(0, "spam"), start_ms);
	token = token_sent(start_ms);
	mail.token = token;
	assert_string_equal(ask_by(FIRST_ASKING, &mail, start_ms), "released");
	assert_string_equal(ask_by(FIRST_ASKING, &mail, start_ms), "");
	expect_due("release:asked for by mail answer:released ", start_ms);
	free(token);
}

static void a_token_survives_a_change_of_case(void **state)
{
	struct mail mail = {.asker = "USER@Example.com"};
	char *token, *at;

	hold(kept(0, "spam"), start_ms);
	token = token_sent(start_ms);
	for (at = token; *at; at++)
		*at = (char)(*at >= 'a' ? *at - 'a' + 'A' : *at);
	mail.token = token;
	assert_string_equal(ask_by(FIRST_ASKING, &mail, start_ms), "released");
	free(token);
}

static void who_stole_a_token_has_nothing_and_hears_nothing(void **state)
{
	struct mail mail = {.asker = "thief@example.com"};
	char *token;

	hold(kept(0, "spam"), start_ms);
	token = token_sent(start_ms);
	mail.token = token;
	assert_string_equal(ask_by(FIRST_ASKING, &mail, start_ms), "strange");
	mail = (struct mail){.token = token, .asker = user, .is_strange = 1};
	assert_string_equal(ask_by(FIRST_ASKING + 1, &mail, start_ms), "strange");
	mail = (struct mail){.token = token, .asker = user, .is_automatic = 1};
	assert_string_equal(ask_by(FIRST_ASKING + 2, &mail, start_ms), "automatic");
	expect_due("", start_ms);
	mails = 3;
	assert_string_equal(ask(token, start_ms), "released"); /* it is still his */
	free(token);
}

static void no_changed_token_is_one(void **state)
{
	char *token, *changed;
	size_t at;

	hold(kept(0, "spam"), start_ms);
	token = token_sent(start_ms);
	for (at = 0; at < TOKEN_SIZE; at++) {
		changed = alloc_string(token);
		changed[at] = changed[at] == 'x' ? 'y' : 'x';
		assert_string_equal(ask(changed, start_ms), "strange");
		free(changed);
	}
	assert_string_equal(ask("", start_ms), "strange");
	assert_string_equal(ask("!", start_ms), "strange");
	free(token);
}

static void a_token_ends(void **state)
{
	char *token;

	hold(kept(0, "spam"), start_ms);
	token = token_sent(start_ms);
	assert_string_equal(ask(token, start_ms + 24 * HOUR_MS), "expired");
	expect_due("answer:expired ", start_ms + 24 * HOUR_MS);
	free(token);
}

static void a_virus_is_never_released_whatever_else_it_was_kept_for(void **state)
{
	Lz__Item *item = kept(0, "spam");
	Lz__Item *other = kept(1, "spam");
	char token[TOKEN_ROOM];

	item->has_virus = 1;
	hold(item, start_ms);
	other->symbols = alloc_zero(1, sizeof(*other->symbols));
	other->symbols[0] = alloc(sizeof(Lz__Symbol));
	lz__symbol__init(other->symbols[0]);
	strings_set(&other->symbols[0]->name, "VIRUS_Worm");
	other->n_symbols = 1;
	hold(other, start_ms);
	hold(kept(2, "virus"), start_ms);
	expect_due("recipient: recipient: recipient: ", start_ms);
	token_make(&key, "0000000000000000", user, start_ms + HOUR_MS, token);
	assert_string_equal(ask(token, start_ms), "virus");
	token_make(&key, "0000000000000001", user, start_ms + HOUR_MS, token);
	assert_string_equal(ask(token, start_ms), "virus");
	token_make(&key, "0000000000000002", user, start_ms + HOUR_MS, token);
	assert_string_equal(ask(token, start_ms), "virus");
	expect_due("answer:virus answer:virus answer:virus ", start_ms);
}

static void what_may_not_be_asked_for_is_not_offered(void **state)
{
	Lz__Item *parts = kept(2, "spam");
	Lz__Taken *taken;
	size_t at;

	hold(kept(0, "virus"), start_ms);
	hold(kept(1, "access"), start_ms);
	parts->keep_original = 0;
	hold(parts, start_ms);
	taken = take_due(start_ms);
	assert_int_equal(taken->n_outbox, 3);
	for (at = 0; at < 3; at++)
		assert_string_equal(taken->outbox[at]->token, "");
	message_free((ProtobufCMessage *)taken);
}

static void what_policy_never_releases_is_answered_so(void **state)
{
	char token[TOKEN_ROOM];

	hold(kept(0, "access"), start_ms);
	expect_due("recipient: ", start_ms);
	token_make(&key, "0000000000000000", user, start_ms + HOUR_MS, token);
	assert_string_equal(ask(token, start_ms), "never");
	expect_due("answer:never ", start_ms);
}

static void what_is_gone_is_answered_so(void **state)
{
	char *token;

	hold(kept(0, "spam"), start_ms);
	token = token_sent(start_ms);
	delete_item(0, start_ms);
	assert_string_equal(ask(token, start_ms), "gone");
	expect_due("answer:gone ", start_ms);
	free(token);
}

static size_t requested(void)
{
	Lz__List request = LZ__LIST__INIT;
	Lz__Items *items = alloc(sizeof(*items));
	size_t count;

	lz__items__init(items);
	request.requested = 1;
	if (store_list(f.store, &request, items, &f.err))
		fail_msg("%s", f.err.text);
	count = items->n_items;
	if (count)
		assert_string_equal(items->items[0]->requested_by[0], user);
	message_free((ProtobufCMessage *)items);
	return count;
}

static void an_operator_is_asked_and_settles_it_by_a_release(void **state)
{
	Lz__Release request = LZ__RELEASE__INIT;
	Lz__Released *released = alloc(sizeof(*released));
	char *token;

	lz__released__init(released);
	hold(kept(0, "attachment"), start_ms);
	hold(kept(1, "attachment"), start_ms + 1);
	token = token_sent(start_ms);
	assert_int_equal(requested(), 0);
	assert_string_equal(ask(token, start_ms), "asked");
	assert_int_equal(requested(), 1);
	fixture_verify(&f);
	expect_due("answer:asked asked:asked ", start_ms);
	assert_string_equal(ask(token, start_ms), "used");
	request.id = (char *)"0000000000000000";
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &request, released, &f.err)), RESULT_OK);
	assert_int_equal(requested(), 0);
	message_free((ProtobufCMessage *)released);
	free(token);
}

static void release_to(const char *address)
{
	Lz__Release request = LZ__RELEASE__INIT;
	Lz__Released *released = alloc(sizeof(*released));
	char *to = (char *)address;

	lz__released__init(released);
	request.id = (char *)"0000000000000000";
	request.to = &to;
	request.n_to = 1;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &request, released, &f.err)), RESULT_OK);
	message_free((ProtobufCMessage *)released);
}

static void a_release_to_another_settles_nothing(void **state)
{
	char *token;

	hold(kept(0, "attachment"), start_ms);
	token = token_sent(start_ms);
	assert_string_equal(ask(token, start_ms), "asked");
	release_to("other@example.com");
	assert_int_equal(requested(), 1);
	fixture_verify(&f);
	release_to(user);
	assert_int_equal(requested(), 0);
	fixture_verify(&f);
	free(token);
}

static void what_was_asked_for_can_be_deleted(void **state)
{
	char *token;

	hold(kept(0, "attachment"), start_ms);
	token = token_sent(start_ms);
	assert_string_equal(ask(token, start_ms), "asked");
	delete_item(0, start_ms);
	assert_int_equal(requested(), 0);
	free(token);
}

static void answers_keep_to_the_rate_and_what_is_asked_is_done(void **state)
{
	char token[TOKEN_ROOM], id[17], message[33];
	unsigned number;

	for (number = 0; number < 5; number++) {
		Lz__Item *item = kept(number, "spam");

		message_free((ProtobufCMessage *)item->notices[0]);
		item->n_notices = 0;
		hold(item, start_ms);
		names(number, id, message);
		token_make(&key, id, user, start_ms + HOUR_MS, token);
		assert_string_equal(ask(token, start_ms), "released");
	}
	expect_due("release:asked for by mail release:asked for by mail release:asked for by mail "
	           "release:asked for by mail release:asked for by mail "
	           "answer:released answer:released answer:released ",
	        start_ms);
}

/* Of the request's mail there is no text and no token, but what became of it. */
static void a_trace_of_the_request_is_kept_without_its_token(void **state)
{
	Lz__Shown *shown;
	char *token;

	hold(kept(0, "spam"), start_ms);
	token = token_sent(start_ms);
	ask(token, start_ms);
	shown = show(&f, "0000000000001000");
	assert_non_null(shown);
	assert_string_equal(shown->item->recipients[0]->address, "release@example.org");
	assert_string_equal(shown->item->requests[0]->token, "");
	assert_string_equal(shown->item->detail, "released 0000000000000000");
	message_free((ProtobufCMessage *)shown);
	free(token);
}

static void others_are_not_released_to(void **state)
{
	Lz__Item *item = kept(0, "spam");
	Lz__Taken *taken;
	char *token;

	item->recipients = alloc_grow(item->recipients, 2, sizeof(*item->recipients));
	item->recipients[1] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[1]);
	strings_set(&item->recipients[1]->address, "other@example.com");
	item->n_recipients = 2;
	hold(item, start_ms);
	token = token_sent(start_ms);
	ask(token, start_ms);
	taken = take_due(start_ms);
	assert_int_equal(taken->n_outbox, 2);
	assert_int_equal(taken->outbox[0]->n_to, 1);
	assert_string_equal(taken->outbox[0]->to[0], user);
	assert_string_equal(taken->outbox[1]->to[0], user);
	message_free((ProtobufCMessage *)taken);
	free(token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_recipient_gets_what_he_asks_for_and_once),
	        TEST(the_same_mail_stored_twice_asks_once),
	        TEST(a_token_survives_a_change_of_case),
	        TEST(who_stole_a_token_has_nothing_and_hears_nothing),
	        TEST(no_changed_token_is_one),
	        TEST(a_token_ends),
	        TEST(a_virus_is_never_released_whatever_else_it_was_kept_for),
	        TEST(what_may_not_be_asked_for_is_not_offered),
	        TEST(what_policy_never_releases_is_answered_so),
	        TEST(what_is_gone_is_answered_so),
	        TEST(an_operator_is_asked_and_settles_it_by_a_release),
	        TEST(a_release_to_another_settles_nothing),
	        TEST(what_was_asked_for_can_be_deleted),
	        TEST(answers_keep_to_the_rate_and_what_is_asked_is_done),
	        TEST(a_trace_of_the_request_is_kept_without_its_token),
	        TEST(others_are_not_released_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
