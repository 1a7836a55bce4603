#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protos/messages.h"
#include "workers/qworker/singly.h"

static struct singly *singly;

static int begin(void **state)
{
	singly = singly_new();
	return 0;
}

static int end(void **state)
{
	singly_free(&singly);
	return 0;
}

static void assert_probe(uint32_t from, uint32_t to)
{
	uint32_t at_from, at_to;

	assert_int_equal(singly_step(singly), SINGLY_PROBE);
	assert_true(singly_is_probe(singly));
	singly_range(singly, &at_from, &at_to);
	assert_int_equal(at_from, from);
	assert_int_equal(at_to, to);
}

/* Answers every probe as a message would whose parts `bad` kill; gives how many looks there were.
 */
static size_t look_through(const unsigned char *bad)
{
	size_t looks = 0, part;
	uint32_t from, to;

	for (; singly_step(singly) == SINGLY_PROBE; looks++) {
		singly_range(singly, &from, &to);
		assert_true(from < to);
		for (part = from; part < to && !bad[part]; part++)
			continue;
		if (part < to)
			singly_died(singly, "crash");
		else
			singly_lived(singly);
	}
	return looks;
}

static void the_parts_are_counted_first(void **state)
{
	assert_int_equal(singly_step(singly), SINGLY_COUNT);
	assert_true(singly_is_probe(singly));
	assert_int_equal(singly_parts(singly), 0);
}

static void each_of_few_parts_is_looked_at_alone(void **state)
{
	singly_counted(singly, 3);
	assert_probe(0, 1);
	singly_lived(singly);
	assert_probe(1, 2);
	singly_died(singly, "timeout");
	assert_probe(2, 3);
	singly_lived(singly);
	assert_int_equal(singly_step(singly), SINGLY_REST);
	assert_false(singly_is_probe(singly));
	assert_null(singly_left_out(singly, 0));
	assert_string_equal(singly_left_out(singly, 1), "timeout");
	assert_null(singly_left_out(singly, 2));
	assert_null(singly_left_out(singly, 3));
}

static void each_part_is_left_out_for_its_own_reason(void **state)
{
	singly_counted(singly, 2);
	singly_died(singly, "memory");
	singly_died(singly, "crash");
	assert_string_equal(singly_left_out(singly, 0), "memory");
	assert_string_equal(singly_left_out(singly, 1), "crash");
}

static void a_message_without_parts_is_tried_once_more(void **state)
{
	singly_counted(singly, 0);
	assert_int_equal(singly_step(singly), SINGLY_REST);
}

static void a_message_that_cannot_be_counted_is_decided_without_a_look(void **state)
{
	singly_died(singly, "memory");
	assert_int_equal(singly_step(singly), SINGLY_BLIND);
	assert_false(singly_is_probe(singly));
	assert_string_equal(singly_why(singly), "memory");
}

static void what_kills_even_without_its_parts_is_decided_without_a_look_and_then_given_up(
        void **state)
{
	int rests;

	singly_counted(singly, 1);
	singly_died(singly, "crash");
	for (rests = 0; rests < SINGLY_RESTS; rests++) {
		assert_int_equal(singly_step(singly), SINGLY_REST);
		assert_string_equal(singly_left_out(singly, 0), "crash");
		singly_died(singly, "timeout");
	}
	assert_int_equal(singly_step(singly), SINGLY_BLIND);
	assert_string_equal(singly_why(singly), "timeout");
	singly_died(singly, "crash");
	assert_int_equal(singly_step(singly), SINGLY_OVER);
	singly_hurry(singly);
	assert_int_equal(singly_step(singly), SINGLY_OVER);
}

static void without_time_there_is_a_decision_at_once(void **state)
{
	singly_counted(singly, 5);
	singly_hurry(singly);
	assert_int_equal(singly_step(singly), SINGLY_BLIND);
}

static void one_of_many_parts_is_found_alone(void **state)
{
	static unsigned char bad[1000];
	size_t part;

	bad[777] = 1;
	singly_counted(singly, 1000);
	assert_in_range(look_through(bad), SINGLY_RANGES, SINGLY_RANGES + 12);
	for (part = 0; part < 1000; part++)
		assert_int_equal(singly_left_out(singly, part) != NULL, part == 777);
	bad[777] = 0;
}

static void looks_are_bounded_and_leave_no_part_in_that_kills(void **state)
{
	static unsigned char bad[MESSAGE_PARTS_MAX];
	size_t part;

	memset(bad, 1, sizeof(bad));
	singly_counted(singly, MESSAGE_PARTS_MAX);
	assert_true(look_through(bad) <= SINGLY_LOOKS);
	assert_int_equal(singly_step(singly), SINGLY_REST);
	for (part = 0; part < MESSAGE_PARTS_MAX; part++)
		assert_non_null(singly_left_out(singly, part));
}

static void a_scanner_that_lies_about_the_number_gets_no_more_than_there_can_be(void **state)
{
	singly_counted(singly, UINT32_MAX);
	assert_int_equal(singly_parts(singly), MESSAGE_PARTS_MAX);
}

static void a_word_that_is_no_reason_is_a_crash(void **state)
{
	singly_counted(singly, 1);
	singly_died(singly, "clean");
	assert_string_equal(singly_left_out(singly, 0), "crash");
}

static void no_look_takes_all_the_time_that_is_left(void **state)
{
	assert_int_equal(singly_time_ms(singly, 90000, 100000), 25000);
	assert_int_equal(singly_time_ms(singly, 90000, INT64_MAX), 90000);
	assert_int_equal(singly_time_ms(singly, 90000, -5), 0);
	singly_counted(singly, 0);
	assert_int_equal(singly_time_ms(singly, 90000, 100000), 75000);
	singly_hurry(singly);
	assert_int_equal(singly_time_ms(singly, 90000, 40000), 40000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_parts_are_counted_first),
	        TEST(each_of_few_parts_is_looked_at_alone),
	        TEST(each_part_is_left_out_for_its_own_reason),
	        TEST(a_message_without_parts_is_tried_once_more),
	        TEST(a_message_that_cannot_be_counted_is_decided_without_a_look),
	        TEST(what_kills_even_without_its_parts_is_decided_without_a_look_and_then_given_up),
	        TEST(without_time_there_is_a_decision_at_once),
	        TEST(one_of_many_parts_is_found_alone),
	        TEST(looks_are_bounded_and_leave_no_part_in_that_kills),
	        TEST(a_scanner_that_lies_about_the_number_gets_no_more_than_there_can_be),
	        TEST(a_word_that_is_no_reason_is_a_crash),
	        TEST(no_look_takes_all_the_time_that_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
