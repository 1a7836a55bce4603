/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "broker/queue.h"

static void one_byte_makes_a_job_large(void **state)
{
	struct job small = {.bytes = QUEUE_SMALL_MAX_BYTES};
	struct job large = {.bytes = QUEUE_SMALL_MAX_BYTES + 1};

	assert_int_equal(queue_class_of(&small), QUEUE_SMALL);
	assert_int_equal(queue_class_of(&large), QUEUE_LARGE);
}

static void who_came_first_is_first_unless_one_has_waited_before(void **state)
{
	struct queue queue = {0};
	struct job jobs[3] = {{0}};

	queue_add(&queue, &jobs[0]);
	queue_add(&queue, &jobs[1]);
	queue_add_first(&queue, &jobs[2]);
	assert_ptr_equal(queue.waiting[QUEUE_SMALL].first, &jobs[2]);
	queue_remove(&queue, &jobs[2]);
	assert_ptr_equal(queue.waiting[QUEUE_SMALL].first, &jobs[0]);
	assert_int_equal(queue_count(&queue), 2);
}

static void of_each_round_one_turn_is_for_large_jobs(void **state)
{
	struct queue queue = {0};
	int turn, large = 0;

	for (turn = 0; turn < 5 * QUEUE_ROUND; turn++) {
		large += queue_turn(&queue) == QUEUE_LARGE;
		queue_served(&queue);
	}
	assert_int_equal(large, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_byte_makes_a_job_large),
	        cmocka_unit_test(who_came_first_is_first_unless_one_has_waited_before),
	        cmocka_unit_test(of_each_round_one_turn_is_for_large_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
