#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "workers/qscan/autopsy.h"
#include "workers/qscan/pipeline.h"

static struct marker *marker;

static int begin(void **state)
{
	return marker_new(&marker, NULL);
}

static int end(void **state)
{
	marker_free(&marker);
	return 0;
}

/* Does `act` in a child that shares the marker; gives its wait status. */
static int live(void (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void look_and_die(void)
{
	struct digest digest = {{7}};

	signal(SIGSEGV, SIG_DFL);
	marker_stage(marker, 2);
	marker_set(marker, 5, &digest);
	raise(SIGSEGV);
}

static void run_out_of_memory(void)
{
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	alloc_grow(NULL, SIZE_MAX / 2, 4);
}

static void begin_another_look(void)
{
	struct digest digest = {{7}};

	marker_set(marker, 5, &digest);
	marker_stage(marker, 1);
	marker_idle(marker);
}

static struct cause cause_of(const struct death *death)
{
	struct cause cause;

	autopsy(death, marker, &cause);
	return cause;
}

static void what_a_scanner_was_at_is_there_after_its_death(void **state)
{
	const struct death death = {.status = live(look_and_die)};
	struct cause cause = cause_of(&death);

	assert_int_equal(cause.why, UNSCANNED_CRASH);
	assert_int_equal(cause.signal, SIGSEGV);
	assert_string_equal(cause.stage, "map");
	assert_int_equal(cause.part, 5);
	assert_false(cause.is_idle);
	assert_true(marker->is_set);
	assert_int_equal(marker->digest.bytes[0], 7);
}

static void a_scanner_without_work_dies_of_nothing(void **state)
{
	const struct death death = {.status = live(begin_another_look)};
	struct cause cause = cause_of(&death);

	assert_true(cause.is_idle);
	assert_string_equal(cause.stage, "none");
	assert_false(marker->is_set);
}

static void a_kill_that_we_ordered_is_ours_and_any_other_is_for_memory(void **state)
{
	struct death death = {.status = SIGKILL, .was_late = 1, .was_killed = 1};

	assert_int_equal(cause_of(&death).why, UNSCANNED_TIMEOUT);
	death.was_late = 0;
	assert_int_equal(cause_of(&death).why, UNSCANNED_CRASH);
	death.was_killed = 0;
	assert_int_equal(cause_of(&death).why, UNSCANNED_MEMORY);
	death.status = SIGALRM;
	assert_int_equal(cause_of(&death).why, UNSCANNED_TIMEOUT);
	death.status = SIGXCPU;
	assert_int_equal(cause_of(&death).why, UNSCANNED_TIMEOUT);
}

static void our_own_end_without_memory_is_told_from_others(void **state)
{
	struct death death = {.status = live(run_out_of_memory)};

	assert_int_equal(cause_of(&death).why, UNSCANNED_MEMORY);
	death.status = 70 << 8;
	assert_int_equal(cause_of(&death).why, UNSCANNED_CRASH);
}

static void a_crash_with_all_memory_taken_is_one_of_memory(void **state)
{
	struct death death = {.status = SIGSEGV, .grown = 100 << 20, .allowed = 64 << 20};

	assert_int_equal(cause_of(&death).why, UNSCANNED_MEMORY);
	death.grown = 50 << 20;
	assert_int_equal(cause_of(&death).why, UNSCANNED_CRASH);
	death.grown = UINT64_MAX;
	death.allowed = 0;
	assert_int_equal(cause_of(&death).why, UNSCANNED_CRASH);
}

/* Written by a scanner that was taken over. */
static void a_marker_that_holds_nonsense_is_read_as_nothing(void **state)
{
	const struct death death = {.status = SIGSEGV};
	struct cause cause;

	marker->stage = 12345;
	marker->part = -77;
	cause = cause_of(&death);
	assert_string_equal(cause.stage, "none");
	assert_int_equal(cause.part, MARKER_NO_PART);
	marker->stage = PIPELINE_VERDICT;
	marker->part = MESSAGE_PARTS_MAX;
	cause = cause_of(&death);
	assert_string_equal(cause.stage, "verdict");
	assert_int_equal(cause.part, MARKER_NO_PART);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_a_scanner_was_at_is_there_after_its_death),
	        TEST(a_scanner_without_work_dies_of_nothing),
	        TEST(a_kill_that_we_ordered_is_ours_and_any_other_is_for_memory),
	        TEST(our_own_end_without_memory_is_told_from_others),
	        TEST(a_crash_with_all_memory_taken_is_one_of_memory),
	        TEST(a_marker_that_holds_nonsense_is_read_as_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
