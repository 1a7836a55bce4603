#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/calibrate.h"
#include "lib/model/chunk.h"
#include "lib/model/file.h"

enum { WORDS = 40 };

static struct model model;

static int set_up(void **state)
{
	model_init(&model, 7, 9);
	return 0;
}

static int take_down(void **state)
{
	model_fini(&model);
	return 0;
}

/* A message of its own kind's words, and of words that both kinds have. */
static struct model_features mail_of(int is_spam, unsigned number, uint32_t room[2 * WORDS])
{
	size_t at;

	for (at = 0; at < WORDS; at++)
		room[at] = (uint32_t)((is_spam ? 100000U : 200000U) + (number * 31 + at * 7) % 400);
	for (at = 0; at < WORDS; at++)
		room[WORDS + at] = model_feature(
		        (uint32_t)(300000 + (number * 17 + at * 11) % 450), MODEL_TEXT);
	return (struct model_features){room, 2 * WORDS, WORDS};
}

static void learn_some(unsigned count)
{
	uint32_t room[2 * WORDS];
	unsigned number;

	for (number = 0; number < count; number++) {
		struct model_features mail = mail_of(number % 2, number, room);

		model_learn(&model, &mail, number % 2);
	}
}

static void what_was_not_learned_is_neither(void **state)
{
	uint32_t room[2 * WORDS];
	struct model_features mail = mail_of(1, 1, room);

	assert_true(model_logit(&model, &mail) == 0);
	assert_true(model_probability(0) == 0.5);
}

static void it_tells_kinds_apart_that_it_has_learned(void **state)
{
	uint32_t room[2 * WORDS];
	struct model_features mail;

	learn_some(200);
	mail = mail_of(1, 5001, room);
	assert_true(model_logit(&model, &mail) > 2);
	mail = mail_of(0, 5000, room);
	assert_true(model_logit(&model, &mail) < -2);
	assert_int_equal(model.facts.spam, 100);
	assert_int_equal(model.facts.ham, 100);
}

static void what_is_unlearned_leaves_nothing(void **state)
{
	uint32_t room[2 * WORDS];
	struct model_features mail;
	struct model_record *before = calloc(MODEL_RECORDS, sizeof(*before));
	struct model_steps steps;
	size_t at;

	assert_non_null(before);
	learn_some(50);
	memcpy(before, model.records, MODEL_RECORDS * sizeof(*before));
	mail = mail_of(1, 999, room);
	steps = model_learn(&model, &mail, 1);
	assert_memory_not_equal(before, model.records, MODEL_RECORDS * sizeof(*before));
	model_unlearn(&model, &mail, 1, &steps);
	for (at = 0; at < MODEL_RECORDS; at++) {
		assert_true(fabsf(before[at].weight - model.records[at].weight) < 1e-4F);
		assert_int_equal(before[at].spam, model.records[at].spam);
		assert_int_equal(before[at].ham, model.records[at].ham);
	}
	assert_int_equal(model.facts.spam, 25);
	free(before);
}

static void counts_end_where_they_are_full(void **state)
{
	uint32_t index = 5;
	struct model_features mail = {&index, 1, 1};
	const struct model_steps none = {{0}};

	model.records[5].spam = UINT16_MAX;
	model_learn(&model, &mail, 1);
	assert_int_equal(model.records[5].spam, UINT16_MAX);
	model_unlearn(&model, &mail, 0, &none);
	assert_int_equal(model.records[5].ham, 0);
	assert_int_equal(model.facts.ham, 0);
}

static void an_answer_is_finite_whatever_the_numbers(void **state)
{
	uint32_t room[2 * WORDS];
	struct model_features mail = mail_of(1, 1, room), none = {room, 0, 0};
	size_t at;

	for (at = 0; at < MODEL_RECORDS; at++)
		model.records[at].weight = at % 2 ? 1e38F : INFINITY;
	model.facts.slope = 5;
	assert_true(fabs(model_logit(&model, &mail)) <= MODEL_LOGIT_MAX);
	for (at = 0; at < MODEL_RECORDS; at++)
		model.records[at].weight = NAN;
	assert_true(fabs(model_logit(&model, &mail)) <= MODEL_LOGIT_MAX);
	assert_true(fabs(model_logit(&model, &none)) <= MODEL_LOGIT_MAX);
}

static void features_out_of_range_are_known(void **state)
{
	uint32_t index[] = {0, model_feature(MODEL_RECORDS - 1, MODEL_GROUPS - 1),
	        model_feature(0, MODEL_GROUPS)};
	struct model_features features = {index, 2, 2};

	assert_true(model_features_are_sane(&features));
	features.words = 3;
	assert_false(model_features_are_sane(&features));
	features.count = 3;
	assert_false(model_features_are_sane(&features));
	features.count = MODEL_FEATURES_MAX + 1;
	assert_false(model_features_are_sane(&features));
}

/* ---- calibration ---- */

static void a_model_that_is_too_sure_is_toned_down(void **state)
{
	struct model_facts facts = {0};
	unsigned at;

	for (at = 0; at < 800; at++) /* of those it is sure of, a quarter are the other kind */
		calibrate_note(&facts, at % 2 ? 5 : -5, (at % 2) ^ (at / 2 % 4 == 0));
	calibrate(&facts);
	assert_true(facts.slope > 0.1 && facts.slope < 0.4);
	assert_true(fabs(facts.shift) < 0.2);
}

static void without_history_a_logit_stays_as_it_is(void **state)
{
	struct model_facts facts = {0};

	calibrate(&facts);
	assert_true(fabs(facts.slope - 1) < 1e-9);
	assert_true(fabs(facts.shift) < 1e-9);
}

static void one_kind_alone_moves_the_calibration_within_bounds(void **state)
{
	struct model_facts facts = {0};
	unsigned at;

	for (at = 0; at < 5000; at++)
		calibrate_note(&facts, at % 3 ? MODEL_LOGIT_MAX : -MODEL_LOGIT_MAX, 1);
	calibrate(&facts);
	assert_true(facts.slope >= 0.1 && facts.slope <= 5);
	assert_true(facts.shift >= -5 && facts.shift <= 5);
}

/* ---- chunks and files ---- */

static void a_model_comes_back_from_its_file(void **state)
{
	struct buf file = {0};
	struct model copy;
	struct err err;

	learn_some(60);
	model.facts.slope = 0.75;
	model_file_make(&model, &file);
	assert_int_equal(model_file_read(file.data, file.size, &copy, &err), RESULT_OK);
	assert_memory_equal(copy.records, model.records, MODEL_RECORDS * sizeof(*model.records));
	assert_int_equal(copy.facts.spam, 30);
	assert_int_equal(copy.facts.seed, 9);
	assert_true(copy.facts.slope == 0.75);
	model_fini(&copy);
	buf_fini(&file);
}

static void a_file_that_is_damaged_is_refused(void **state)
{
	struct buf file = {0};
	struct model copy;
	struct err err;
	size_t size;

	model_file_make(&model, &file);
	for (size = 0; size < 200; size++)
		assert_int_equal(model_file_read(file.data, size, &copy, &err), RESULT_PERMANENT);
	assert_int_equal(model_file_read(file.data, file.size - 1, &copy, &err), RESULT_PERMANENT);
	file.data[file.size / 2] ^= 0x40; /* of a weight, of which any is possible */
	assert_int_equal(model_file_read(file.data, file.size, &copy, &err), RESULT_PERMANENT);
	file.data[file.size / 2] ^= 0x40;
	assert_int_equal(model_file_read(file.data, file.size, &copy, &err), RESULT_OK);
	model_fini(&copy);
	assert_int_equal(model_file_read(file.data, file.size - 32, &copy, &err), RESULT_OK);
	model_fini(&copy);
	file.data[8] = (char)0xff;
	assert_int_equal(model_file_read(file.data, file.size, &copy, &err), RESULT_PERMANENT);
	file.data[0] = 'X';
	assert_int_equal(model_file_read(file.data, file.size, &copy, &err), RESULT_PERMANENT);
	buf_fini(&file);
}

static void weights_that_are_no_numbers_become_none(void **state)
{
	uint8_t bytes[CHUNK_BYTES] = {0};

	memset(bytes + 4, 0xff, 4);                   /* a NaN */
	memcpy(bytes + 4 + 8, "\x00\x00\x80\x7f", 4); /* infinity */
	memcpy(bytes + 4 + 16, "\x00\x00\x80\x3f\x01\x02\x03\x04", 8);
	assert_true(chunks_take(&model, bytes, sizeof(bytes)));
	assert_true(model.records[0].weight == 0);
	assert_true(model.records[1].weight == 0);
	assert_true(model.records[2].weight == 1);
	assert_int_equal(model.records[2].spam, 0x201);
	assert_int_equal(model.records[2].ham, 0x403);
}

static void chunks_beyond_the_last_are_refused(void **state)
{
	uint8_t bytes[CHUNK_BYTES] = {MODEL_CHUNKS & 0xff, MODEL_CHUNKS >> 8};

	assert_false(chunks_take(&model, bytes, sizeof(bytes)));
	bytes[0]--;
	assert_true(chunks_take(&model, bytes, sizeof(bytes)));
	assert_false(chunks_take(&model, bytes, sizeof(bytes) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(what_was_not_learned_is_neither, set_up, take_down),
	        cmocka_unit_test_setup_teardown(
	                it_tells_kinds_apart_that_it_has_learned, set_up, take_down),
	        cmocka_unit_test_setup_teardown(
	                what_is_unlearned_leaves_nothing, set_up, take_down),
	        cmocka_unit_test_setup_teardown(counts_end_where_they_are_full, set_up, take_down),
	        cmocka_unit_test_setup_teardown(
	                an_answer_is_finite_whatever_the_numbers, set_up, take_down),
	        cmocka_unit_test(features_out_of_range_are_known),
	        cmocka_unit_test(a_model_that_is_too_sure_is_toned_down),
	        cmocka_unit_test(without_history_a_logit_stays_as_it_is),
	        cmocka_unit_test(one_kind_alone_moves_the_calibration_within_bounds),
	        cmocka_unit_test_setup_teardown(
	                a_model_comes_back_from_its_file, set_up, take_down),
	        cmocka_unit_test_setup_teardown(
	                a_file_that_is_damaged_is_refused, set_up, take_down),
	        cmocka_unit_test_setup_teardown(
	                weights_that_are_no_numbers_become_none, set_up, take_down),
	        cmocka_unit_test_setup_teardown(
	                chunks_beyond_the_last_are_refused, set_up, take_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
