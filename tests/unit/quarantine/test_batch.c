#include "tests/unit/quarantine/fixture.h"

#include "quarantine/audit.h"
#include "quarantine/batch.h"
#include "quarantine/policy.h"

enum { MAP = 8 * 1024 * 1024, MOST = 64 };

static struct fixture f;

struct told {
	unsigned count;
	uint64_t requests[MOST];
	enum message_type types[MOST];
	char texts[MOST][64];
};
static struct told told;

static void remember(void *context, const struct wire_message *request, struct answer *answer)
{
	assert_true(told.count < MOST);
	told.requests[told.count] = request->request;
	told.types[told.count] = answer->type;
	if (answer->type == MESSAGE_ERROR)
		snprintf(told.texts[told.count], sizeof(told.texts[0]), "%s",
		        ((Lz__Error *)answer->envelope)->text);
	told.count++;
}

static void add_store(struct batch *batch, uint64_t number, size_t size)
{
	struct wire_message message = {.type = MESSAGE_STORE, .request = number};
	Lz__Store *store = alloc(sizeof(*store));
	char id[17], message_id[33], *body = alloc_zero(1, size);

	snprintf(id, sizeof(id), "item%012llu", (unsigned long long)number);
	snprintf(message_id, sizeof(message_id), "%032llu", (unsigned long long)number);
	lz__store__init(store);
	strings_set(&store->message_id, message_id);
	store->items = alloc_zero(1, sizeof(*store->items));
	store->items[0] = new_item(id, message_id, "r@example.com");
	store->n_items = 1;
	message.envelope = &store->base;
	memcpy(body, id, sizeof(id)); /* so that no two are alike */
	wire_body_take(body, size, &message.body);
	batch_add(batch, &message);
}

static void add_delete(struct batch *batch, uint64_t number, const char *id)
{
	struct wire_message message = {.type = MESSAGE_DELETE, .request = number};
	Lz__Delete *delete = alloc(sizeof(*delete));

	lz__delete__init(delete);
	strings_set(&delete->id, id);
	message.envelope = &delete->base;
	batch_add(batch, &message);
}

static struct batch *set_up(void)
{
	fixture_new(&f, MAP);
	memset(&told, 0, sizeof(told));
	return batch_new(f.store, remember, NULL);
}

static void tear_down(struct batch *batch)
{
	batch_free(&batch);
	fixture_verify(&f);
	fixture_free(&f);
}

static void many_are_answered_once_each_and_in_order(void **state)
{
	struct batch *batch = set_up();
	unsigned at;

	for (at = 0; at < 20; at++)
		add_store(batch, at, 1000);
	assert_int_equal(told.count, 0);
	assert_int_equal(batch_run(batch, start_ms, &f.err), RESULT_OK);
	assert_int_equal(told.count, 20);
	for (at = 0; at < 20; at++) {
		assert_int_equal(told.requests[at], at);
		assert_int_equal(told.types[at], MESSAGE_STORED);
	}
	assert_int_equal(batch_count(batch), 0);
	tear_down(batch);
}

static void what_is_not_there_is_an_answer_and_spoils_nothing(void **state)
{
	struct batch *batch = set_up();

	add_store(batch, 1, 1000);
	add_delete(batch, 2, "nosuchitem");
	add_store(batch, 3, 1000);
	batch_run(batch, start_ms, &f.err);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.types[0], MESSAGE_STORED);
	assert_int_equal(told.types[1], MESSAGE_ERROR);
	assert_int_equal(told.types[2], MESSAGE_STORED);
	tear_down(batch);
}

static void add_show(struct batch *batch, uint64_t number, const char *id, unsigned uid)
{
	struct wire_message message = {
	        .type = MESSAGE_SHOW, .request = number, .who = {.kind = WHO_LOCAL, .uid = uid}};
	Lz__Show *request = alloc(sizeof(*request));

	lz__show__init(request);
	strings_set(&request->id, id);
	message.envelope = &request->base;
	batch_add(batch, &message);
}

/* How many entries of the audit there are of an action. */
static size_t entries(const char *action)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	Lz__Audit *audit = alloc(sizeof(*audit));
	size_t count;

	lz__audit__init(audit);
	request.action = (char *)action;
	assert_int_equal(audit_list(f.store, &request, audit, &f.err), RESULT_OK);
	count = audit->n_entries;
	message_free((ProtobufCMessage *)audit);
	return count;
}

static void a_question_that_fails_spoils_nothing_and_one_that_is_answered_is_written(void **state)
{
	struct batch *batch = set_up();

	add_store(batch, 1, 1000);
	add_show(batch, 2, "it", 0); /* too short to name anything */
	add_show(batch, 3, "item000000000001", 0);
	batch_run(batch, start_ms, &f.err);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.types[0], MESSAGE_STORED);
	assert_int_equal(told.types[1], MESSAGE_ERROR);
	assert_int_equal(told.types[2], MESSAGE_SHOWN);
	assert_int_equal(entries("view"), 1);
	assert_int_equal(entries("store"), 1);
	tear_down(batch);
}

static void add_release(struct batch *batch, uint64_t number, int again)
{
	struct wire_message message = {.type = MESSAGE_RELEASE, .request = number};
	Lz__Release *request = alloc(sizeof(*request));

	lz__release__init(request);
	strings_set(&request->id, "item000000000001");
	strings_set(&request->by, "root (sudo by anna)");
	strings_set(&request->why, "harmless");
	request->again = again;
	message.envelope = &request->base;
	batch_add(batch, &message);
}

static void how_it_was_asked_for_is_written_and_what_was_so_before_is_not(void **state)
{
	struct batch *batch = set_up();
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	Lz__Audit *audit = alloc(sizeof(*audit));

	add_store(batch, 1, 1000);
	add_release(batch, 2, 0);
	add_release(batch, 3, 0);
	add_release(batch, 4, 1);
	batch_run(batch, start_ms, &f.err);
	lz__audit__init(audit);
	request.action = (char *)"release";
	assert_int_equal(audit_list(f.store, &request, audit, &f.err), RESULT_OK);
	assert_int_equal(audit->n_entries, 2);
	assert_string_equal(audit->entries[0]->why, "harmless");
	assert_non_null(strstr(audit->entries[0]->detail, " again by=root (sudo by anna)"));
	assert_null(strstr(audit->entries[1]->detail, "again"));
	message_free((ProtobufCMessage *)audit);
	tear_down(batch);
}

static void what_is_refused_is_written_once_and_spoils_nothing(void **state)
{
	struct config config = {.site = {.user = ""}};
	struct rights *rights = rights_new(&config);
	struct refusals *refusals = refusals_new();
	struct guard guard = {.rights = rights, .refusals = refusals};
	struct batch *batch = set_up();
	uint64_t at;

	batch_guard(batch, &guard);
	for (at = 0; at < 10; at++)
		add_show(batch, at, "item000000000001", 54321);
	add_show(batch, at, "nosuchitem", 0);
	batch_run(batch, start_ms, &f.err);
	assert_int_equal(told.count, 11);
	for (at = 0; at < 10; at++) {
		assert_int_equal(told.types[at], MESSAGE_ERROR);
		assert_string_equal(told.texts[at], "SHOW is not allowed to you");
	}
	assert_string_equal(told.texts[10], "no item nosuchitem");
	assert_int_equal(entries("refused"), 1);
	assert_int_equal(
	        policy_note_refusals(f.store, refusals, start_ms + REFUSALS_LEAST_MS, &f.err),
	        RESULT_OK);
	assert_int_equal(entries("refused"), 2);
	tear_down(batch);
	refusals_free(&refusals);
	rights_free(&rights);
}

static void only_what_does_not_fit_is_deferred(void **state)
{
	struct batch *batch = set_up();

	add_store(batch, 1, 1000);
	add_store(batch, 2, MAP);
	add_store(batch, 3, 1000);
	batch_run(batch, start_ms, &f.err);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.types[0], MESSAGE_STORED);
	assert_int_equal(told.types[1], MESSAGE_ERROR);
	assert_string_equal(told.texts[1], "quarantine is full");
	assert_int_equal(told.types[2], MESSAGE_STORED);
	tear_down(batch);
}

static void what_is_refused_changes_nothing_for_the_others(void **state)
{
	struct batch *batch = set_up();

	add_store(batch, 1, 1000);
	add_delete(batch, 2, "not an id");
	add_delete(batch, 3, "item000000000001");
	batch_run(batch, start_ms, &f.err);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.types[0], MESSAGE_STORED);
	assert_int_equal(told.types[1], MESSAGE_ERROR);
	assert_int_equal(told.types[2], MESSAGE_DELETED);
	assert_null(show(&f, "item000000000001"));
	tear_down(batch);
}

static void a_batch_is_full_by_bytes_too(void **state)
{
	struct batch *batch = set_up();
	unsigned count = 0;

	while (!batch_is_full(batch) && count < 200)
		add_store(batch, count++, 4 * 1024 * 1024);
	assert_int_equal(count, 16);
	tear_down(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(many_are_answered_once_each_and_in_order),
	        cmocka_unit_test(what_is_not_there_is_an_answer_and_spoils_nothing),
	        cmocka_unit_test(only_what_does_not_fit_is_deferred),
	        cmocka_unit_test(
	                a_question_that_fails_spoils_nothing_and_one_that_is_answered_is_written),
	        cmocka_unit_test(how_it_was_asked_for_is_written_and_what_was_so_before_is_not),
	        cmocka_unit_test(what_is_refused_is_written_once_and_spoils_nothing),
	        cmocka_unit_test(what_is_refused_changes_nothing_for_the_others),
	        cmocka_unit_test(a_batch_is_full_by_bytes_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
