#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "workers/qscan/remembered.h"

static struct remembered *remembered;

static struct digest digest_number(uint32_t number)
{
	struct digest digest;

	digest_of(&number, sizeof(number), &digest);
	return digest;
}

static int open_table(void **state)
{
	struct err err;

	return remembered_new(1024, &remembered, &err) == RESULT_OK ? 0 : -1;
}

static int close_table(void **state)
{
	remembered_free(&remembered);
	return 0;
}

static int has(uint32_t number)
{
	struct digest digest = digest_number(number);

	return remembered_has(remembered, &digest);
}

static void add(uint32_t number)
{
	struct digest digest = digest_number(number);

	remembered_add(remembered, &digest);
}

static void what_was_added_is_there_and_nothing_else(void **state)
{
	struct digest none = {{0}};

	assert_false(has(1));
	assert_false(remembered_has(remembered, &none));
	add(1);
	assert_true(has(1));
	assert_false(has(2));
	assert_false(remembered_has(remembered, &none));
}

static void a_full_table_forgets_and_is_never_wrong(void **state)
{
	uint32_t number, kept = 0;

	for (number = 0; number < 100000; number++)
		add(number);
	for (number = 0; number < 100000; number++)
		kept += (uint32_t)has(number);
	assert_true(kept > 512 && kept <= 1024);
	assert_true(has(99999));
	for (number = 100000; number < 110000; number++)
		assert_false(has(number));
}

static void what_one_process_adds_the_others_see(void **state)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		add(7);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(has(7));
}

/* Whoever reads while others write sees whole entries only. */
static void writers_at_once_make_no_false_entry(void **state)
{
	enum { WRITERS = 4, EACH = 200000, SEEN = 1000000 };
	pid_t pids[WRITERS];
	uint32_t number;
	int status;

	for (int at = 0; at < WRITERS; at++) {
		pids[at] = fork();
		if (!pids[at]) {
			for (number = 0; number < EACH; number++)
				add(number * WRITERS + (uint32_t)at);
			_exit(0);
		}
	}
	for (number = 0; number < EACH; number++)
		assert_false(has(SEEN + number));
	for (int at = 0; at < WRITERS; at++)
		assert_int_equal(waitpid(pids[at], &status, 0), pids[at]);
}

static void a_writer_that_dies_costs_nothing_but_what_it_wrote(void **state)
{
	uint32_t number;
	pid_t pid = fork();
	int status;

	if (!pid)
		for (number = 0;; number++)
			add(number);
	usleep(20000);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	add(UINT32_MAX);
	assert_true(has(UINT32_MAX));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)
	const struct CMUnitTest tests[] = {
	        TEST(what_was_added_is_there_and_nothing_else),
	        TEST(a_full_table_forgets_and_is_never_wrong),
	        TEST(what_one_process_adds_the_others_see),
	        TEST(writers_at_once_make_no_false_entry),
	        TEST(a_writer_that_dies_costs_nothing_but_what_it_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
