#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "quarantine/segments.h"

static Lz__Part parts[4];
static Lz__Part *list[4];

static void set(size_t at, uint64_t offset, uint64_t length)
{
	lz__part__init(&parts[at]);
	parts[at].offset = offset;
	parts[at].length = length;
	list[at] = &parts[at];
}

static void expect(const struct segments *found, const struct segment *wanted, size_t count)
{
	assert_int_equal(found->count, count);
	assert_memory_equal(found->list, wanted, count * sizeof(*wanted));
}

static void a_whole_message_without_parts_is_one_segment(void **state)
{
	static const struct segment wanted[] = {{0, 100}};
	struct segments found;

	assert_int_equal(segments_plan(list, 0, 100, 1, &found, NULL), RESULT_OK);
	expect(&found, wanted, 1);
	segments_free(&found);
}

static void a_part_in_the_middle_makes_three_segments(void **state)
{
	static const struct segment wanted[] = {{0, 10}, {10, 20}, {30, 70}};
	struct segments found;

	set(0, 10, 20);
	assert_int_equal(segments_plan(list, 1, 100, 1, &found, NULL), RESULT_OK);
	expect(&found, wanted, 3);
	segments_free(&found);
}

static void only_parts_are_kept_where_the_original_is_not(void **state)
{
	static const struct segment wanted[] = {{5, 5}, {50, 10}};
	struct segments found;

	set(0, 50, 10);
	set(1, 5, 5);
	assert_int_equal(segments_plan(list, 2, 100, 0, &found, NULL), RESULT_OK);
	expect(&found, wanted, 2);
	segments_free(&found);
}

static void nested_and_overlapping_parts_are_cut_at_every_edge(void **state)
{
	static const struct segment wanted[] = {{10, 10}, {20, 5}, {25, 5}, {30, 10}, {40, 20}};
	struct segments found;

	set(0, 10, 30); /* 10 to 40 */
	set(1, 20, 5);  /* inside it */
	set(2, 30, 30); /* 30 to 60, over its end */
	assert_int_equal(segments_plan(list, 3, 100, 0, &found, NULL), RESULT_OK);
	expect(&found, wanted, 5);
	segments_free(&found);
}

static void empty_parts_and_empty_messages_make_no_segment(void **state)
{
	static const struct segment wanted[] = {{0, 10}, {10, 90}};
	struct segments found;

	set(0, 10, 0);
	assert_int_equal(segments_plan(list, 1, 100, 1, &found, NULL), RESULT_OK);
	expect(&found, wanted, 2);
	segments_free(&found);
	assert_int_equal(segments_plan(list, 1, 100, 0, &found, NULL), RESULT_OK);
	assert_int_equal(found.count, 0);
	segments_free(&found);
	assert_int_equal(segments_plan(list, 0, 0, 1, &found, NULL), RESULT_OK);
	assert_int_equal(found.count, 0);
	segments_free(&found);
}

static void a_part_beyond_the_message_is_refused(void **state)
{
	struct segments found;
	struct err err;

	set(0, 90, 11);
	assert_int_equal(segments_plan(list, 1, 100, 1, &found, &err), RESULT_PERMANENT);
	set(0, UINT64_MAX, 2);
	assert_int_equal(segments_plan(list, 1, 100, 1, &found, &err), RESULT_PERMANENT);
	set(0, 2, UINT64_MAX);
	assert_int_equal(segments_plan(list, 1, 100, 1, &found, &err), RESULT_PERMANENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_whole_message_without_parts_is_one_segment),
	        cmocka_unit_test(a_part_in_the_middle_makes_three_segments),
	        cmocka_unit_test(only_parts_are_kept_where_the_original_is_not),
	        cmocka_unit_test(nested_and_overlapping_parts_are_cut_at_every_edge),
	        cmocka_unit_test(empty_parts_and_empty_messages_make_no_segment),
	        cmocka_unit_test(a_part_beyond_the_message_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
