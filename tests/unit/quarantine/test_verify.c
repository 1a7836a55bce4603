#include "tests/unit/quarantine/fixture.h"

#include <lmdb.h>

#include "lib/crypto/digest.h"
#include "quarantine/key.h"
#include "quarantine/record.h"

static struct fixture f;
static const char id[] = "aaaa000000000000", message[] = "11110000111100001111000011110000";

static struct config_quota quota = {.each_recipient = 1 << 20};

static void set_up(void)
{
	fixture_new(&f, FIXTURE_MAP);
	store_close(&f.store);
	f.options.rules.quotas = (struct config_quotas){1, &quota};
	fixture_open(&f);
	assert_int_equal(
	        put(&f, new_item(id, message, "r@example.com"), "body", 4, start_ms), RESULT_OK);
	confirm(&f, message, NULL, 1, start_ms);
	fixture_verify(&f);
}

/* Changes a table behind the store's back; a NULL value removes. */
static void tamper(enum backend_table table, struct backend_key key, const char *value)
{
	struct backend *backend;
	struct backend_txn *txn;

	store_close(&f.store);
	assert_int_equal(backend_lmdb.open(&f.options.backend, &backend, &f.err), RESULT_OK);
	assert_int_equal(backend_lmdb.begin(backend, BACKEND_WRITE, &txn, &f.err), RESULT_OK);
	if (value)
		assert_int_equal(
		        backend_put(txn, table, &key, value, strlen(value), &f.err), RESULT_OK);
	else
		assert_int_equal(backend_drop(txn, table, &key, &f.err), RESULT_OK);
	assert_int_equal(backend_lmdb.commit(&txn, &f.err), RESULT_OK);
	backend_lmdb.close(&backend);
	fixture_open(&f);
}

static void expect_problem(void)
{
	struct store_report report = {0};

	assert_int_equal(store_verify(f.store, &report, &f.err), RESULT_OK);
	assert_true(report.problems > 0);
	assert_true(*report.first.text);
}

static struct backend_key chunk_of(const char *body)
{
	struct digest digest;

	digest_of(body, strlen(body), &digest);
	return key_chunk(digest.bytes, 0);
}

static void a_changed_byte_is_found_and_mended_by_the_next_copy(void **state)
{
	char *ids[] = {(char *)id};

	set_up();
	tamper(TABLE_CHUNKS, chunk_of("body"), "bodx");
	expect_problem();
	assert_int_equal(store_check(f.store, ids, 1, &f.err), RESULT_PERMANENT);
	assert_int_equal(put(&f,
	                         new_item("bbbb000000000000", "22220000222200002222000022220000",
	                                 "r@example.com"),
	                         "body", 4, start_ms),
	        RESULT_OK);
	assert_int_equal(store_check(f.store, ids, 1, &f.err), RESULT_OK);
	fixture_verify(&f);
	fixture_free(&f);
}

static void a_second_run_of_the_message_mends_its_own_item(void **state)
{
	set_up();
	tamper(TABLE_CHUNKS, chunk_of("body"), NULL);
	expect_problem();
	assert_int_equal(put(&f, new_item(id, message, "r@example.com"), "other", 5, start_ms),
	        RESULT_PERMANENT);
	assert_int_equal(
	        put(&f, new_item(id, message, "r@example.com"), "body", 4, start_ms), RESULT_OK);
	fixture_verify(&f);
	fixture_free(&f);
}

static void a_lost_chunk_is_found_and_the_item_can_still_be_deleted(void **state)
{
	Lz__Delete request = LZ__DELETE__INIT;

	set_up();
	tamper(TABLE_CHUNKS, chunk_of("body"), NULL);
	expect_problem();
	request.id = (char *)id;
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, store_delete(f.store, &request, &f.err)), RESULT_OK);
	fixture_verify(&f);
	fixture_free(&f);
}

static struct backend_key term_of(char kind, const char *term)
{
	struct backend_key prefix = key_term_prefix(kind, term);

	prefix = key_in_span(key_span_of(start_ms), &prefix);
	return key_entry(&prefix, start_ms, id);
}

static void entries_too_few_and_too_many_are_found_in_every_table(void **state)
{
	const struct {
		enum backend_table table;
		struct backend_key key;
		const char *value; /* NULL: removed */
	} changes[] = {
	        {TABLE_BY_TIME, key_time(start_ms, id), NULL},
	        {TABLE_BY_RECIPIENT, key_indexed("r@example.com", start_ms, id), NULL},
	        {TABLE_BY_SENDER, key_indexed("other@example.org", start_ms, id), ""},
	        {TABLE_BY_REASON, key_indexed("virus", start_ms + 1, id), ""},
	        {TABLE_BY_REASON, key_text("x"), ""},
	        {TABLE_BY_TERM, term_of('w', "rechnung"), NULL},
	        {TABLE_BY_TERM, term_of('t', "pending"), ""},
	        {TABLE_BY_TERM, term_of('w', "other"), ""},
	        {TABLE_BY_TERM, key_text("x"), ""},
	        {TABLE_MESSAGES, key_text(message), NULL},
	        {TABLE_PENDING, key_time(start_ms, message), ""},
	        {TABLE_LONE, key_time(start_ms, message), ""},
	        {TABLE_CHUNKS, key_text("stray"), "x"},
	        {TABLE_BLOBS, key_text("stray"), ""},
	        {TABLE_OUTBOX, key_text("stray"), ""},
	        {TABLE_OUTBOX_DUE, key_time(start_ms, "stray"), ""},
	        {TABLE_OUTBOX_BY_ITEM, key_pair(id, "stray"), ""},
	        {TABLE_TALLY, key_text("items.held"), NULL},
	        {TABLE_TALLY, key_text("items.wrong"), "12345678"},
	        {TABLE_ITEMS, key_text("stray"), "not a record"},
	        {TABLE_EXPIRY, key_time(start_ms + 30 * 24 * (int64_t)HOUR_MS, id), NULL},
	        {TABLE_EXPIRY, key_time(start_ms, "stray"), ""},
	        {TABLE_RANKS, key_text("stray"), ""},
	        {TABLE_USAGE, key_term_prefix('r', "r@example.com"), NULL},
	        {TABLE_USAGE, key_term_prefix('r', "r@example.com"), "12345678"},
	        {TABLE_USAGE, key_term_prefix('r', "stray@example.com"), "12345678"},
	        {TABLE_TALLY, key_text("holds"), "12345678"},
	};
	size_t at;

	for (at = 0; at < sizeof(changes) / sizeof(changes[0]); at++) {
		struct store_report report = {0};

		set_up();
		tamper(changes[at].table, changes[at].key, changes[at].value);
		if (store_verify(f.store, &report, &f.err) || !report.problems)
			fail_msg("change %zu was not found", at);
		fixture_free(&f);
	}
}

static void a_store_of_another_schema_is_left_alone(void **state)
{
	set_up();
	store_close(&f.store);
	fixture_open(&f);
	store_close(&f.store);
	{
		struct backend *backend;
		struct backend_txn *txn;
		struct backend_key key = key_text("schema");

		backend_lmdb.open(&f.options.backend, &backend, &f.err);
		backend_lmdb.begin(backend, BACKEND_WRITE, &txn, &f.err);
		number_put(txn, TABLE_META, &key, 99, &f.err);
		backend_lmdb.commit(&txn, &f.err);
		backend_lmdb.close(&backend);
	}
	assert_int_equal(store_open(&backend_lmdb, &f.options, &f.store, &f.err), RESULT_PERMANENT);
	assert_non_null(strstr(f.err.text, "schema 99"));
	fixture_free(&f);
}

/* As an earlier version's backup is. */
static void a_copy_that_lacks_later_tables_is_read(void **state)
{
	struct store_report report = {0};
	char name[128];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val key = {.mv_size = 6, .mv_data = (void *)"schema"},
	        value = {.mv_size = 8, .mv_data = (void *)"\0\0\0\0\0\0\0\2"};

	set_up();
	store_close(&f.store);
	snprintf(name, sizeof(name), "%s/data.mdb", f.path);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 4);
	assert_int_equal(mdb_env_open(env, f.path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", MDB_CREATE, &dbi), 0);
	assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	f.options.backend.beside = 1;
	fixture_open(&f);
	assert_int_equal(store_verify(f.store, &report, &f.err), RESULT_OK);
	assert_int_equal(report.problems + report.items, 0);
	store_close(&f.store);
	f.options.backend.beside = 0;
	fixture_open(&f);
	fixture_verify(&f);
	fixture_free(&f);
}

static void a_very_long_address_is_found_by_it(void **state)
{
	Lz__List request = LZ__LIST__INIT;
	Lz__Items *items = alloc(sizeof(*items));
	char address[1000];

	memset(address, 'a', sizeof(address));
	memcpy(address + sizeof(address) - 13, "@example.com", 13);
	set_up();
	put(&f, new_item("cccc000000000000", "33330000333300003333000033330000", address), "x", 1,
	        start_ms);
	fixture_verify(&f);
	lz__items__init(items);
	request.recipient = address;
	assert_int_equal(store_list(f.store, &request, items, &f.err), RESULT_OK);
	assert_int_equal(items->n_items, 1);
	message_free((ProtobufCMessage *)items);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_changed_byte_is_found_and_mended_by_the_next_copy),
	        cmocka_unit_test(a_second_run_of_the_message_mends_its_own_item),
	        cmocka_unit_test(a_lost_chunk_is_found_and_the_item_can_still_be_deleted),
	        cmocka_unit_test(entries_too_few_and_too_many_are_found_in_every_table),
	        cmocka_unit_test(a_store_of_another_schema_is_left_alone),
	        cmocka_unit_test(a_very_long_address_is_found_by_it),
	        cmocka_unit_test(a_copy_that_lacks_later_tables_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
