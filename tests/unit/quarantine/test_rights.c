#include "tests/unit/quarantine/fixture.h"

#include "quarantine/rights.h"

enum { ANNA = 1, STRANGER = 54321 }; /* daemon's, who is on every host, and nobody's */

static struct config *config;
static struct rights *rights;

static int set_up(void **state)
{
	static const char text[] =
	        "site: {name: a.example.org, admin: a@example.org, user: bin}\n"
	        "front: {next_hop: '127.0.0.1:10026'}\n"
	        "quarantine:\n"
	        "  operators:\n"
	        "  - {name: anna, user: daemon, domains: [example.org, .example.com], actions: "
	        "[list, release]}\n"
	        "  - {name: desk, key: desk, actions: [all]}\n"
	        "  - {name: teacher, key: teacher, actions: [learn]}\n"
	        "  - {name: junk, key: junk, actions: [report]}\n"
	        "  - {name: gone, user: no-such-account-here, actions: [all]}\n";
	struct err err;

	if (config_parse("t.yaml", text, sizeof(text) - 1, &config, &err))
		fail_msg("%s", err.text);
	rights = rights_new(config);
	return 0;
}

static int tear_down(void **state)
{
	rights_free(&rights);
	config_free(&config);
	return 0;
}

static struct wire_who local(unsigned uid)
{
	return (struct wire_who){.kind = WHO_LOCAL, .uid = uid};
}

static struct wire_who key(const char *name, unsigned roles)
{
	struct wire_who who = {.kind = WHO_KEY, .roles = roles};

	snprintf(who.name, sizeof(who.name), "%s", name);
	snprintf(who.key, sizeof(who.key), "0123456789012345678901234567890123456789");
	return who;
}

static int may_as(struct wire_who who, enum message_type type, struct actor *actor)
{
	struct wire_message message = {.type = type, .who = who};
	struct err err;
	int may;

	message.envelope = alloc(message_info(type)->descriptor->sizeof_message);
	protobuf_c_message_init(message_info(type)->descriptor, message.envelope);
	may = rights_check(rights, &message, actor, &err) == RESULT_OK;
	wire_message_free(&message);
	return may;
}

static int may(struct wire_who who, enum message_type type)
{
	struct actor actor;

	return may_as(who, type, &actor);
}

static void administrators_may_everything(void **state)
{
	unsigned type;

	for (type = 0; type < 256; type++) {
		if (!message_info(type))
			continue;
		assert_true(may(local(0), type));
		assert_true(may(local(geteuid()), type));
		assert_true(may(local(2), type)); /* bin is site.user */
		assert_true(may(key("x", ROLE_TOOL), type));
		assert_true(may(key("desk", ROLE_WORKER), type));
	}
}

static void strangers_may_nothing(void **state)
{
	unsigned type;

	for (type = 0; type < 256; type++)
		if (message_info(type)) {
			assert_false(may(local(STRANGER), type));
			assert_false(may(key("x", 0), type));
		}
}

static void programs_may_what_they_need(void **state)
{
	static const struct {
		enum message_type type;
		unsigned roles;
	} needed[] = {{MESSAGE_STORE, ROLE_WORKER | ROLE_FRONT}, {MESSAGE_CONFIRM, ROLE_FRONT},
	        {MESSAGE_COUNT, ROLE_WORKER}, {MESSAGE_TAKE, ROLE_NOTIFIER},
	        {MESSAGE_FINISH, ROLE_NOTIFIER}, {MESSAGE_PASS_REQUEST, ROLE_NOTIFIER},
	        {MESSAGE_MODEL_FETCH, ROLE_WORKER}};
	unsigned type, role, wanted;
	size_t at;

	for (type = 0; type < 256; type++) {
		for (wanted = 0, at = 0; at < sizeof(needed) / sizeof(needed[0]); at++)
			wanted |= needed[at].type == type ? needed[at].roles : 0;
		for (role = ROLE_WORKER; message_info(type) && role <= ROLE_NOTIFIER; role <<= 1)
			if (may(key("x", role), type) != ((wanted & role) != 0))
				fail_msg("%s by role %u", message_info(type)->name, role);
	}
}

static void a_notifier_reads_only_what_it_names_as_carried(void **state)
{
	Lz__Fetch fetch = LZ__FETCH__INIT;
	struct wire_message message = {.type = MESSAGE_FETCH, .envelope = &fetch.base};
	struct actor actor;
	struct err err;

	message.who = key("x", ROLE_NOTIFIER);
	assert_int_equal(rights_check(rights, &message, &actor, &err), RESULT_PERMANENT);
	fetch.outgoing = (char *)"0123456789abcdef";
	assert_int_equal(rights_check(rights, &message, &actor, &err), RESULT_OK);
	assert_null(rights_word(&message, 0));
	message.who = key("x", ROLE_WORKER);
	assert_int_equal(rights_check(rights, &message, &actor, &err), RESULT_PERMANENT);
	message.who = local(ANNA);
	assert_int_equal(rights_check(rights, &message, &actor, &err), RESULT_PERMANENT);
}

static void an_operator_may_what_his_rule_says_and_is_named_by_it(void **state)
{
	struct actor actor;

	assert_true(may_as(local(ANNA), MESSAGE_LIST, &actor));
	assert_string_equal(actor.name, "uid=1 operator=anna");
	assert_int_equal(actor.domains->count, 2);
	assert_true(may(local(ANNA), MESSAGE_RELEASE));
	assert_true(may(local(ANNA), MESSAGE_LIST_OUTBOX));
	assert_true(may(local(ANNA), MESSAGE_SHOW)); /* a release reads what it releases */
	assert_true(may(local(ANNA), MESSAGE_FETCH));
	assert_false(may(local(ANNA), MESSAGE_DELETE));
	assert_false(may(local(ANNA), MESSAGE_LIST_AUDIT));
	assert_false(may(local(ANNA), MESSAGE_NOTE));
	assert_false(may(local(ANNA), MESSAGE_STORE));
}

static int may_send(struct wire_who who, enum message_type type, void *envelope)
{
	struct wire_message message = {.type = type, .who = who, .envelope = envelope};
	struct actor actor;
	struct err err;

	return rights_check(rights, &message, &actor, &err) == RESULT_OK;
}

static void who_may_report_may_not_teach(void **state)
{
	Lz__Learn learn = LZ__LEARN__INIT;

	assert_true(may_send(key("teacher", 0), MESSAGE_LEARN, &learn));
	assert_false(may_send(key("junk", 0), MESSAGE_LEARN, &learn));
	learn.as_report = 1;
	assert_true(may_send(key("teacher", 0), MESSAGE_LEARN, &learn));
	assert_true(may_send(key("junk", 0), MESSAGE_LEARN, &learn));
	assert_false(may_send(local(ANNA), MESSAGE_LEARN, &learn));
	assert_true(may(key("junk", 0), MESSAGE_MODEL_FETCH));
	assert_false(may(key("junk", 0), MESSAGE_MODEL_RESET));
	assert_false(may(key("junk", 0), MESSAGE_LIST));
}

static void a_lesson_comes_from_a_worker_alone(void **state)
{
	Lz__Store store = LZ__STORE__INIT;
	Lz__Report report = LZ__REPORT__INIT;

	assert_true(may_send(key("x", ROLE_FRONT), MESSAGE_STORE, &store));
	store.report = &report;
	assert_false(may_send(key("x", ROLE_FRONT), MESSAGE_STORE, &store));
	assert_true(may_send(key("x", ROLE_WORKER), MESSAGE_STORE, &store));
}

static void an_operator_may_find_an_item_by_its_id(void **state)
{
	Lz__Show show = LZ__SHOW__INIT;
	struct wire_message message = {
	        .type = MESSAGE_SHOW, .envelope = &show.base, .who = local(ANNA)};
	struct actor actor;
	struct err err;

	show.only_id = 1;
	assert_int_equal(rights_check(rights, &message, &actor, &err), RESULT_OK);
	assert_null(rights_word(&message, 0));
	show.only_id = 0;
	assert_string_equal(rights_word(&message, 0), "view");
}

static void what_changes_something_is_written_though_it_has_no_row(void **state)
{
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;
	struct wire_message message = {.type = MESSAGE_HEARTBEAT, .envelope = &heartbeat.base};

	assert_string_equal(rights_word(&message, 1), "HEARTBEAT");
	assert_null(rights_word(&message, 0));
}

static void without_rights_there_is_no_limit_and_no_lie(void **state)
{
	Lz__Delete delete = LZ__DELETE__INIT;
	struct wire_message message = {
	        .type = MESSAGE_DELETE, .envelope = &delete.base, .who = local(STRANGER)};
	struct actor actor;

	assert_int_equal(rights_check(NULL, &message, &actor, NULL), RESULT_OK);
	assert_string_equal(actor.name, "uid=54321");
	assert_null(actor.domains);
}

/* ---- whose items ---- */

static void add_recipient(Lz__Item *item, const char *address)
{
	item->recipients =
	        alloc_grow(item->recipients, item->n_recipients + 1, sizeof(*item->recipients));
	item->recipients[item->n_recipients] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[item->n_recipients]);
	strings_set(&item->recipients[item->n_recipients++]->address, address);
}

static void a_recipients_domain_makes_an_item_visible(void **state)
{
	static const struct {
		const char *address;
		int sees;
	} cases[] = {{"a@example.org", 1}, {"a@EXAMPLE.org", 1}, {"a@sub.example.org", 0},
	        {"a@example.com", 1}, {"a@sub.example.com", 1}, {"a@notexample.com", 0},
	        {"a@other.org", 0}, {"example.org", 0}, {"", 0}, {"a@example.org@other.org", 0}};
	struct actor actor;
	Lz__Item *item;
	size_t at;

	may_as(local(ANNA), MESSAGE_LIST, &actor);
	for (at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
		item = new_item("aaaa000000000001", "m", cases[at].address);
		if (actor_sees(&actor, item) != cases[at].sees)
			fail_msg("%s", cases[at].address);
		assert_int_equal(actor_owns(&actor, item), cases[at].sees);
		assert_true(actor_sees(NULL, item));
		message_free((ProtobufCMessage *)item);
	}
}

static void a_sender_counts_only_where_he_was_authenticated(void **state)
{
	Lz__Item *item = new_item("aaaa000000000001", "m", "a@other.org");
	struct actor actor;

	may_as(local(ANNA), MESSAGE_LIST, &actor);
	strings_set(&item->reverse_path, "boss@example.org");
	assert_false(actor_sees(&actor, item));
	strings_set(&item->sasl_username, "boss");
	assert_true(actor_sees(&actor, item));
	assert_true(actor_owns(&actor, item));
	assert_true(actor_may_send(&actor, item, "a@other.org"));
	assert_false(actor_may_send(&actor, item, "b@other.org"));
	message_free((ProtobufCMessage *)item);
}

static void others_recipients_are_not_told_and_not_served(void **state)
{
	Lz__Item *item = new_item("aaaa000000000001", "m", "x@other.org");
	struct actor actor;

	may_as(local(ANNA), MESSAGE_LIST, &actor);
	add_recipient(item, "a@example.org");
	add_recipient(item, "y@other.org");
	assert_true(actor_sees(&actor, item));
	assert_false(actor_owns(&actor, item));
	assert_true(actor_may_send(&actor, item, "b@example.org"));
	assert_false(actor_may_send(&actor, item, "x@other.org"));
	actor_trim(&actor, item);
	assert_int_equal(item->n_recipients, 1);
	assert_string_equal(item->recipients[0]->address, "a@example.org");
	assert_int_equal(item->n_notices, 0);
	message_free((ProtobufCMessage *)item);
}

static Lz__Outgoing *asked_by(const char *asker, const char *other)
{
	Lz__Outgoing *outgoing = alloc(sizeof(*outgoing));

	lz__outgoing__init(outgoing);
	strings_add(&outgoing->to, &outgoing->n_to, "postmaster@example.org");
	if (other)
		strings_add(&outgoing->to, &outgoing->n_to, other);
	strings_set(&outgoing->by, asker);
	strings_set(&outgoing->last, "550 <x@other.org> is not here");
	return outgoing;
}

static void who_of_others_asked_for_it_is_not_told(void **state)
{
	static const char *const askers[] = {"x@other.org", "a@example.org", "root"};
	Lz__Item *item = new_item("aaaa000000000001", "m", "x@other.org");
	Lz__Outgoing *outgoing;
	struct actor actor;
	size_t at;

	may_as(local(ANNA), MESSAGE_LIST, &actor);
	add_recipient(item, "a@example.org");
	strings_add(&item->requested_by, &item->n_requested_by, "x@other.org");
	strings_add(&item->requested_by, &item->n_requested_by, "a@example.org");
	actor_trim(&actor, item);
	assert_int_equal(item->n_requested_by, 1);
	assert_string_equal(item->requested_by[0], "a@example.org");
	for (at = 0; at < 3; at++) {
		outgoing = asked_by(askers[at], NULL);
		actor_trim_outgoing(&actor, item, outgoing);
		assert_string_equal(outgoing->by, at ? askers[at] : "");
		assert_string_not_equal(outgoing->last, "");
		message_free((ProtobufCMessage *)outgoing);
	}
	outgoing = asked_by("root", "x@other.org");
	actor_trim_outgoing(&actor, item, outgoing);
	assert_int_equal(outgoing->n_to, 1);
	assert_string_equal(outgoing->last, "");
	message_free((ProtobufCMessage *)outgoing);
	message_free((ProtobufCMessage *)item);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(administrators_may_everything),
	        cmocka_unit_test(strangers_may_nothing),
	        cmocka_unit_test(programs_may_what_they_need),
	        cmocka_unit_test(a_notifier_reads_only_what_it_names_as_carried),
	        cmocka_unit_test(an_operator_may_what_his_rule_says_and_is_named_by_it),
	        cmocka_unit_test(an_operator_may_find_an_item_by_its_id),
	        cmocka_unit_test(who_may_report_may_not_teach),
	        cmocka_unit_test(a_lesson_comes_from_a_worker_alone),
	        cmocka_unit_test(what_changes_something_is_written_though_it_has_no_row),
	        cmocka_unit_test(without_rights_there_is_no_limit_and_no_lie),
	        cmocka_unit_test(a_recipients_domain_makes_an_item_visible),
	        cmocka_unit_test(a_sender_counts_only_where_he_was_authenticated),
	        cmocka_unit_test(others_recipients_are_not_told_and_not_served),
	        cmocka_unit_test(who_of_others_asked_for_it_is_not_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
