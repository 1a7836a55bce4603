#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/rehearse.h"

enum { WORDS = 40 };

static struct rehearsal rehearsal;
static struct model model;

static int set_up(void **state)
{
	model_init(&model, 1, 1);
	return 0;
}

static int take_down(void **state)
{
	rehearse_fini(&rehearsal);
	model_fini(&model);
	return 0;
}

static struct model_features mail_of(int is_spam, unsigned number, uint32_t room[2 * WORDS])
{
	size_t at;

	for (at = 0; at < WORDS; at++)
		room[at] = (uint32_t)((is_spam ? 1000U : 5000U) + (number * 31 + at * 7) % 400);
	for (at = 0; at < WORDS; at++)
		room[WORDS + at] = (uint32_t)(9000 + (number * 17 + at * 11) % 450);
	return (struct model_features){room, 2 * WORDS, WORDS};
}

static struct rehearsed learn(int is_spam, unsigned number)
{
	uint32_t room[2 * WORDS];
	struct model_features mail = mail_of(is_spam, number, room);
	uint8_t digest[REHEARSE_DIGEST] = {
	        (uint8_t)is_spam, (uint8_t)number, (uint8_t)(number >> 8)};

	return rehearse_learn(&rehearsal, &model, &mail, is_spam, digest);
}

static double logit_of(int is_spam, unsigned number)
{
	uint32_t room[2 * WORDS];
	struct model_features mail = mail_of(is_spam, number, room);

	return model_raw(&model, &mail);
}

static void all_of_one_kind_and_then_all_of_the_other_are_told_apart(void **state)
{
	unsigned number;

	for (number = 0; number < 400; number++)
		learn(1, number);
	for (number = 0; number < 400; number++)
		learn(0, number);
	for (number = 10000; number < 10050; number++) {
		assert_true(logit_of(1, number) > 1);
		assert_true(logit_of(0, number) < -1);
	}
}

static void the_other_kind_is_learned_again_where_two_of_a_kind_come(void **state)
{
	assert_int_equal(learn(1, 1).again, -1);
	assert_int_equal(learn(1, 2).again, -1); /* there is none of the other kind */
	assert_int_equal(learn(0, 1).again, -1); /* they take turns */
	assert_true(learn(0, 2).again >= 0);
	assert_int_equal(learn(1, 3).again, -1);
	assert_int_equal(model.facts.spam, 3); /* what is learned again is counted once */
	assert_int_equal(model.facts.ham, 2);
}

static void each_that_came_is_as_likely_kept(void **state)
{
	unsigned number, early = 0;
	size_t at;

	for (number = 0; number < 4 * REHEARSE_KEPT; number++)
		learn(1, number);
	assert_int_equal(rehearsal.count[1], REHEARSE_KEPT);
	for (at = 0; at < REHEARSE_KEPT; at++)
		early += (unsigned)(rehearsal.kept[1][at].digest[1] |
		                    rehearsal.kept[1][at].digest[2] << 8) < 2 * REHEARSE_KEPT;
	assert_in_range(early, REHEARSE_KEPT / 2 - 90, REHEARSE_KEPT / 2 + 90);
}

static void what_is_dropped_leaves_its_slot_to_the_last(void **state)
{
	const uint8_t first[REHEARSE_DIGEST] = {1, 0}, unknown[REHEARSE_DIGEST] = {9};

	learn(1, 0);
	learn(1, 1);
	learn(1, 2);
	assert_int_equal(rehearse_drop(&rehearsal, 1, unknown), -1);
	assert_int_equal(rehearse_drop(&rehearsal, 0, first), -1);
	assert_int_equal(rehearse_drop(&rehearsal, 1, first), 0);
	assert_int_equal(rehearsal.count[1], 2);
	assert_int_equal(rehearsal.kept[1][0].digest[1], 2);
	assert_int_equal(rehearse_drop(&rehearsal, 1, first), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, take_down)
	const struct CMUnitTest tests[] = {
	        TEST(all_of_one_kind_and_then_all_of_the_other_are_told_apart),
	        TEST(the_other_kind_is_learned_again_where_two_of_a_kind_come),
	        TEST(each_that_came_is_as_likely_kept),
	        TEST(what_is_dropped_leaves_its_slot_to_the_last),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
