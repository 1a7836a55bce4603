/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "broker/pool.h"

static struct pool pool;
static struct worker *first, *second;
static struct job jobs[8];

static int setup(void **state)
{
	struct wire_peer one = {1, "1"}, two = {1, "2"};
	size_t at;

	memset(&pool, 0, sizeof(pool));
	memset(jobs, 0, sizeof(jobs));
	for (at = 0; at < 8; at++)
		jobs[at].lease = at + 1;
	first = pool_add(&pool, &one, "first");
	second = pool_add(&pool, &two, "second");
	return 0;
}

static int teardown(void **state)
{
	size_t at;

	for (at = 0; at < 8; at++)
		if (jobs[at].worker)
			pool_release(&pool, &jobs[at]);
	while (pool.workers)
		pool_remove(&pool, pool.workers);
	assert_int_equal(pool.count, 0);
	assert_int_equal(pool.credit, 0);
	return 0;
}

static void a_worker_is_found_by_its_peer(void **state)
{
	struct wire_peer two = {1, "2"}, three = {1, "3"}, longer = {2, "22"};

	assert_ptr_equal(pool_find(&pool, &two), second);
	assert_null(pool_find(&pool, &three));
	assert_null(pool_find(&pool, &longer));
}

static void without_credit_nobody_is_chosen(void **state)
{
	assert_null(pool_choose(&pool, &jobs[0]));
}

static void who_has_most_room_is_chosen(void **state)
{
	pool_set_credit(&pool, first, 2);
	pool_set_credit(&pool, second, 3);
	assert_ptr_equal(pool_choose(&pool, &jobs[0]), second);
	pool_lease(&pool, second, &jobs[0]);
	pool_lease(&pool, second, &jobs[1]);
	assert_ptr_equal(pool_choose(&pool, &jobs[2]), first);
}

static void equals_take_turns(void **state)
{
	struct worker *chosen;

	pool_set_credit(&pool, first, 2);
	pool_set_credit(&pool, second, 2);
	chosen = pool_choose(&pool, &jobs[0]);
	pool_lease(&pool, chosen, &jobs[0]);
	pool_release(&pool, &jobs[0]);
	assert_ptr_not_equal(pool_choose(&pool, &jobs[0]), chosen);
}

static void a_job_avoids_who_failed_at_it_while_there_is_another(void **state)
{
	jobs[0].avoid = first->peer;
	pool_set_credit(&pool, first, 9);
	pool_set_credit(&pool, second, 1);
	assert_ptr_equal(pool_choose(&pool, &jobs[0]), second);
	pool_lease(&pool, second, &jobs[1]);
	assert_null(pool_choose(&pool, &jobs[0])); /* it waits for the other */
	pool_set_credit(&pool, second, 0);
	assert_ptr_equal(pool_choose(&pool, &jobs[0]), first); /* who takes no more */
}

static void lowered_credit_is_caught_up_with(void **state)
{
	pool_set_credit(&pool, first, 3);
	pool_lease(&pool, first, &jobs[0]);
	pool_lease(&pool, first, &jobs[1]);
	pool_set_credit(&pool, first, 1);
	assert_null(pool_choose(&pool, &jobs[2]));
	pool_release(&pool, &jobs[0]);
	assert_null(pool_choose(&pool, &jobs[2]));
	pool_release(&pool, &jobs[1]);
	assert_ptr_equal(pool_choose(&pool, &jobs[2]), first);
}

static void what_is_owed_takes_room_until_settled_or_forgotten(void **state)
{
	pool_set_credit(&pool, first, 2);
	pool_lease(&pool, first, &jobs[0]);
	pool_lease(&pool, first, &jobs[1]);
	pool_owe(&jobs[0], 100);
	pool_release(&pool, &jobs[0]);
	pool_owe(&jobs[1], 200);
	pool_release(&pool, &jobs[1]);
	assert_null(pool_choose(&pool, &jobs[2]));
	assert_false(pool_settle(first, 77));
	assert_true(pool_settle(first, jobs[1].lease));
	assert_false(pool_settle(first, jobs[1].lease));
	assert_int_equal(first->owed_count, 1);
	pool_forget_owed(first, 99);
	assert_int_equal(first->owed_count, 1);
	pool_forget_owed(first, 100);
	assert_int_equal(first->owed_count, 0);
}

static void a_quarter_of_the_room_is_not_for_large_jobs(void **state)
{
	size_t at;

	for (at = 0; at < 8; at++)
		jobs[at].bytes = QUEUE_SMALL_MAX_BYTES + 1;
	pool_set_credit(&pool, first, 4);
	for (at = 0; at < 3; at++) {
		assert_true(pool_admits(&pool, QUEUE_LARGE));
		pool_lease(&pool, first, &jobs[at]);
	}
	assert_false(pool_admits(&pool, QUEUE_LARGE));
	assert_true(pool_admits(&pool, QUEUE_SMALL));
	pool_set_credit(&pool, first, 1); /* then there is nothing to divide */
	for (at = 0; at < 3; at++)
		pool_release(&pool, &jobs[at]);
	assert_true(pool_admits(&pool, QUEUE_LARGE));
}

static void a_lease_is_known_until_it_ends(void **state)
{
	pool_set_credit(&pool, first, 1);
	pool_lease(&pool, first, &jobs[3]);
	assert_ptr_equal(pool_leased(first, 4), &jobs[3]);
	assert_null(pool_leased(first, 5));
	assert_null(pool_leased(second, 4));
	pool_release(&pool, &jobs[3]);
	assert_null(pool_leased(first, 4));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_worker_is_found_by_its_peer),
	        TEST(without_credit_nobody_is_chosen),
	        TEST(who_has_most_room_is_chosen),
	        TEST(equals_take_turns),
	        TEST(a_job_avoids_who_failed_at_it_while_there_is_another),
	        TEST(lowered_credit_is_caught_up_with),
	        TEST(what_is_owed_takes_room_until_settled_or_forgotten),
	        TEST(a_quarter_of_the_room_is_not_for_large_jobs),
	        TEST(a_lease_is_known_until_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
