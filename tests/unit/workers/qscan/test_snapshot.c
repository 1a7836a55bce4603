#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "workers/qscan/snapshot.h"

static int ends[2];
static struct snapshot snapshot;
static const size_t records = MODEL_RECORDS * sizeof(struct model_record);

static int set_up(void **state)
{
	return pair_new(ends, NULL);
}

static int take_down(void **state)
{
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* As qworker lends it. */
static enum result hand(const struct model *model, size_t facts_size, size_t records_size)
{
	struct pair_parcel parcel;
	enum result result;
	struct err err;
	int memfd;

	assert_int_equal(
	        pair_seal(&model->facts, facts_size, model->records, records_size, &memfd, &err),
	        RESULT_OK);
	assert_int_equal(
	        pair_share(ends[0], PAIR_MODEL, memfd, facts_size, records_size, &err), RESULT_OK);
	close(memfd);
	assert_int_equal(pair_receive(ends[1], SIZE_MAX, &parcel, &err), RESULT_OK);
	result = snapshot_take(&snapshot, &parcel, &err);
	pair_parcel_free(&parcel);
	return result;
}

static void a_later_model_takes_the_place_of_the_former(void **state)
{
	struct model model;

	assert_null(snapshot_model(NULL));
	assert_null(snapshot_model(&snapshot));
	model_init(&model, 1, 2);
	model.records[MODEL_RECORDS - 1].weight = 3;
	assert_int_equal(hand(&model, sizeof(model.facts), records), RESULT_OK);
	assert_true(snapshot_model(&snapshot)->records[MODEL_RECORDS - 1].weight == 3);
	assert_int_equal(snapshot_model(&snapshot)->facts.seed, 2);
	model.records[MODEL_RECORDS - 1].weight = 4;
	model.facts.spam = 9;
	assert_int_equal(hand(&model, sizeof(model.facts), records), RESULT_OK);
	assert_true(snapshot_model(&snapshot)->records[MODEL_RECORDS - 1].weight == 4);
	assert_int_equal(snapshot_model(&snapshot)->facts.spam, 9);
	model_fini(&model);
	snapshot_fini(&snapshot);
	assert_null(snapshot_model(&snapshot));
}

static void what_has_another_size_is_no_model(void **state)
{
	struct model model;

	model_init(&model, 1, 2);
	assert_int_equal(hand(&model, sizeof(model.facts) - 1, records), RESULT_PERMANENT);
	assert_int_equal(hand(&model, sizeof(model.facts), records - 8), RESULT_PERMANENT);
	assert_null(snapshot_model(&snapshot));
	model_fini(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                a_later_model_takes_the_place_of_the_former, set_up, take_down),
	        cmocka_unit_test_setup_teardown(
	                what_has_another_size_is_no_model, set_up, take_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
