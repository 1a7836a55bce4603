#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workers/qscan/poison.h"

static struct poison *poison;

static int begin(void **state)
{
	return poison_new(&poison, NULL);
}

static int end(void **state)
{
	poison_free(&poison);
	return 0;
}

static struct digest some(unsigned number)
{
	struct digest digest;

	digest_of(&number, sizeof(number), &digest);
	return digest;
}

static void what_has_killed_nobody_may_be_looked_at(void **state)
{
	struct digest one = some(1), zero = {{0}};

	assert_int_equal(poison_why(poison, &one, 1, 0), UNSCANNED_NOT);
	assert_int_equal(poison_why(poison, &zero, 1, 0), UNSCANNED_NOT);
}

static void deaths_are_counted_by_content(void **state)
{
	struct digest one = some(1), two = some(2);

	poison_add(poison, &one, 1, UNSCANNED_CRASH, 10);
	assert_int_equal(poison_why(poison, &one, 1, 10), UNSCANNED_CRASH);
	assert_int_equal(poison_why(poison, &one, 2, 10), UNSCANNED_NOT);
	poison_add(poison, &one, 1, UNSCANNED_MEMORY, 20);
	assert_int_equal(poison_why(poison, &one, 2, 20), UNSCANNED_MEMORY);
	assert_int_equal(poison_why(poison, &two, 1, 20), UNSCANNED_NOT);
}

static void a_death_is_forgotten_after_an_hour(void **state)
{
	struct digest one = some(1);

	poison_add(poison, &one, 1, UNSCANNED_CRASH, 10);
	assert_int_equal(poison_why(poison, &one, 1, 10 + POISON_KEPT_MS), UNSCANNED_CRASH);
	assert_int_equal(poison_why(poison, &one, 1, 11 + POISON_KEPT_MS), UNSCANNED_NOT);
	poison_add(poison, &one, 1, UNSCANNED_CRASH, 11 + POISON_KEPT_MS);
	assert_int_equal(poison_why(poison, &one, 2, 11 + POISON_KEPT_MS), UNSCANNED_NOT);
}

/* Whoever sends nothing but poison fills it with that: the newest is what counts. */
static void the_table_is_bounded_and_knows_the_newest(void **state)
{
	unsigned number, known = 0;
	struct digest digest;

	for (number = 0; number < 5 * POISON_ENTRIES; number++) {
		digest = some(number);
		poison_add(poison, &digest, 1, UNSCANNED_CRASH, number + 1);
		assert_int_equal(poison_why(poison, &digest, 1, number + 1), UNSCANNED_CRASH);
	}
	for (number = 0; number < 5 * POISON_ENTRIES; number++) {
		digest = some(number);
		known += poison_why(poison, &digest, 1, 5 * POISON_ENTRIES) != UNSCANNED_NOT;
	}
	assert_in_range(known, POISON_ENTRIES / 2, POISON_ENTRIES);
}

static void all_is_quiet_until_somebody_dies_and_an_hour_later(void **state)
{
	struct digest one = some(1);

	assert_true(poison_is_quiet(poison, 5));
	poison_note(poison, 10);
	assert_false(poison_is_quiet(poison, 10 + POISON_KEPT_MS));
	assert_true(poison_is_quiet(poison, 11 + POISON_KEPT_MS));
	poison_add(poison, &one, 1, UNSCANNED_CRASH, 11 + POISON_KEPT_MS);
	assert_false(poison_is_quiet(poison, 11 + POISON_KEPT_MS));
}

/* A scanner sees what is added after its start, and can add nothing. */
static void a_scanner_reads_the_table_and_cannot_write_it(void **state)
{
	struct digest one = some(1);
	int ends[2], status;
	char go;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		if (read(ends[0], &go, 1) != 1 ||
		        poison_why(poison, &one, 1, 0) != UNSCANNED_TIMEOUT)
			_exit(1);
		poison_add(poison, &one, 5, UNSCANNED_CRASH, 0);
		_exit(2);
	}
	poison_add(poison, &one, 1, UNSCANNED_TIMEOUT, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) <= 2);
	assert_int_equal(poison_why(poison, &one, 2, 0), UNSCANNED_NOT);
	close(ends[0]);
	close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_has_killed_nobody_may_be_looked_at),
	        TEST(deaths_are_counted_by_content),
	        TEST(a_death_is_forgotten_after_an_hour),
	        TEST(the_table_is_bounded_and_knows_the_newest),
	        TEST(all_is_quiet_until_somebody_dies_and_an_hour_later),
	        TEST(a_scanner_reads_the_table_and_cannot_write_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
