#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/model/model.h"
#include "tests/unit/quarantine/teaching.h"

static struct err err;

/* As one that learned features that were made in another way left it; opens it again. */
static void write_version(uint32_t version)
{
	MDB_val key = {5, (void *)"facts"}, value, changed;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;

	teach_close(&teach);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 8), 0);
	assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "facts", 0, &table), 0);
	assert_int_equal(mdb_get(txn, table, &key, &value), 0);
	changed = (MDB_val){value.mv_size, malloc(value.mv_size)};
	assert_non_null(changed.mv_data);
	memcpy(changed.mv_data, value.mv_data, value.mv_size);
	memcpy((char *)changed.mv_data + 4, &version, sizeof(version));
	assert_int_equal(mdb_put(txn, table, &key, &changed, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	free(changed.mv_data);
	teach = teach_open(path);
}

static enum result ask(enum message_type type, void *envelope)
{
	struct wire_message message = {.type = type, .envelope = envelope};
	struct answer answer;
	enum result result = teach_handle(teach, &message, 1000, &answer, &err);

	if (!result)
		answer_free(&answer);
	return result;
}

static enum result fetch(void)
{
	Lz__ModelFetch request = LZ__MODEL_FETCH__INIT;

	return ask(MESSAGE_MODEL_FETCH, &request);
}

static enum result learn(void)
{
	Lz__Learn request = LZ__LEARN__INIT;

	request.version = MODEL_FEATURES_VERSION;
	request.seed = teach_facts(teach)->seed;
	return ask(MESSAGE_LEARN, &request);
}

static void a_model_of_another_version_neither_speaks_nor_learns(void **state)
{
	assert_int_equal(fetch(), RESULT_OK);
	write_version(MODEL_FEATURES_VERSION - 1);
	assert_int_equal(fetch(), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "another version"));
	assert_non_null(strstr(err.text, "qctl model reset"));
	assert_int_equal(learn(), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "another version"));
}

static void it_is_left_as_it_is_for_who_has_that_version(void **state)
{
	write_version(MODEL_FEATURES_VERSION + 1);
	assert_int_equal(learn(), RESULT_PERMANENT);
	write_version(MODEL_FEATURES_VERSION);
	assert_int_equal(learn(), RESULT_OK);
}

static void a_reset_takes_its_place(void **state)
{
	Lz__ModelReset reset = LZ__MODEL_RESET__INIT;

	write_version(MODEL_FEATURES_VERSION - 1);
	reset.by = (char *)"root";
	assert_int_equal(ask(MESSAGE_MODEL_RESET, &reset), RESULT_OK);
	assert_int_equal(learn(), RESULT_OK);
	teach_close(&teach);
	teach = teach_open(path);
	assert_int_equal(fetch(), RESULT_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, take_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_model_of_another_version_neither_speaks_nor_learns),
	        TEST(it_is_left_as_it_is_for_who_has_that_version),
	        TEST(a_reset_takes_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
