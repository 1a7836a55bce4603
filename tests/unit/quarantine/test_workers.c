/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "quarantine/workers.h"

static struct workers *workers;

static int setup(void **state)
{
	workers = workers_new();
	return 0;
}

static int teardown(void **state)
{
	workers_free(&workers);
	return 0;
}

static void hear(const char *name, uint64_t generation, int64_t now_ms)
{
	Lz__WorkerState said = LZ__WORKER_STATE__INIT;

	said.worker = (char *)name;
	said.generation = generation;
	said.engine = "daily:1";
	workers_hear(workers, &said, "uid=0", now_ms);
}

static Lz__Stats *told(int64_t now_ms)
{
	Lz__Stats *stats = alloc(sizeof(*stats));

	lz__stats__init(stats);
	workers_tell(workers, now_ms, stats);
	return stats;
}

static void the_last_word_of_each_worker_is_told_by_name(void **state)
{
	Lz__Stats *stats;

	hear("b/2", 1, 1000);
	hear("a/1", 7, 2000);
	hear("b/2", 3, 3000);
	stats = told(5000);
	assert_int_equal(stats->n_workers, 2);
	assert_string_equal(stats->workers[0]->worker, "a/1");
	assert_int_equal(stats->workers[0]->generation, 7);
	assert_int_equal(stats->workers[0]->silent_ms, 3000);
	assert_string_equal(stats->workers[1]->worker, "b/2");
	assert_int_equal(stats->workers[1]->generation, 3);
	assert_string_equal(stats->workers[1]->engine, "daily:1");
	message_free(&stats->base);
}

static void one_that_is_silent_for_minutes_is_forgotten(void **state)
{
	Lz__Stats *stats;

	hear("a/1", 1, 1000);
	hear("b/2", 1, 2000);
	stats = told(1001 + WORKERS_FORGET_MS);
	assert_int_equal(stats->n_workers, 1);
	assert_string_equal(stats->workers[0]->worker, "b/2");
	message_free(&stats->base);
	stats = told(9999 + WORKERS_FORGET_MS);
	assert_int_equal(stats->n_workers, 0);
	message_free(&stats->base);
}

static void there_is_room_for_so_many_and_the_silent_make_room(void **state)
{
	Lz__Stats *stats;
	char name[32];
	int at;

	for (at = 0; at < WORKERS_MOST + 5; at++) {
		snprintf(name, sizeof(name), "w%05d", at);
		hear(name, 1, 1000);
	}
	hear("w00000", 2, 2000); /* a known one is heard all the same */
	stats = told(3000);
	assert_int_equal(stats->n_workers, WORKERS_MOST);
	assert_int_equal(stats->workers[0]->generation, 2);
	message_free(&stats->base);
	hear("x", 1, 1001 + WORKERS_FORGET_MS);
	stats = told(1001 + WORKERS_FORGET_MS);
	assert_int_equal(stats->n_workers, 2);
	message_free(&stats->base);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_last_word_of_each_worker_is_told_by_name),
	        TEST(one_that_is_silent_for_minutes_is_forgotten),
	        TEST(there_is_room_for_so_many_and_the_silent_make_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
