#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/daemon/daemon.h"

/* Runs a script with descriptors kept from 3 on; adds what it writes to descriptor 3. */
static int run(char *script, int first, int second, struct buf *said)
{
	char *argv[] = {"sh", "-c", script, NULL};
	int channel[2], status, pid, keep[4];
	struct err err = {0};

	assert_int_equal(pipe2(channel, O_CLOEXEC), 0);
	keep[0] = channel[1];
	keep[1] = first;
	keep[2] = second;
	keep[3] = -1;
	assert_int_equal(daemon_spawn("/bin/sh", argv, keep, &pid, &err), RESULT_OK);
	close(channel[1]);
	assert_int_equal(file_read_fd(channel[0], 1 << 16, said, &err), RESULT_OK);
	close(channel[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void kept_descriptors_stand_in_order_whatever_their_numbers_were(void **state)
{
	int first = open("/dev/null", O_RDONLY), second = open("/dev/zero", O_RDONLY);
	struct buf said = {0};

	/* on purpose in each other's places */
	assert_int_equal(dup2(first, 5), 5);
	assert_int_equal(dup2(second, 4), 4);
	assert_int_equal(run("readlink /proc/$$/fd/4 /proc/$$/fd/5 >&3", 5, 4, &said), 0);
	assert_string_equal(said.data, "/dev/null\n/dev/zero\n");
	close(first);
	close(second);
	close(4);
	close(5);
	buf_fini(&said);
}

static void nothing_else_is_inherited(void **state)
{
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */
	struct buf said = {0};

	assert_int_equal(dup2(leak, 77), 77);
	assert_int_equal(run("cd /proc/$$/fd && echo * >&3", -1, -1, &said), 0);
	assert_null(strstr(said.data, "77"));
	assert_memory_equal(said.data, "0 1 2 3", 7);
	close(leak);
	close(77);
	buf_fini(&said);
}

static void a_child_learns_who_its_parent_is(void **state)
{
	struct buf said = {0};
	char mine[32];

	snprintf(mine, sizeof(mine), "%d\n", (int)getpid());
	setenv("LAZARET_PARENT", "1", 1);
	assert_int_equal(run("echo $LAZARET_PARENT >&3", -1, -1, &said), 0);
	unsetenv("LAZARET_PARENT");
	assert_string_equal(said.data, mine);
	buf_fini(&said);
}

static void signals_are_as_at_a_login(void **state)
{
	struct buf said = {0};
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run("kill -TERM $$; exit 3", -1, -1, &said), -SIGTERM);
	assert_int_equal(run("kill -PIPE $$; exit 3", -1, -1, &said), -SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	buf_fini(&said);
}

static void a_program_that_is_not_there_is_an_error(void **state)
{
	char *argv[] = {"nothing", NULL};
	struct err err = {0};
	int pid = 0;

	assert_int_equal(
	        daemon_spawn("/nowhere/nothing", argv, NULL, &pid, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "start /nowhere/nothing: No such file"));
}

static void a_sibling_lies_beside_us_or_where_it_is_installed(void **state)
{
	char *beside = daemon_sibling("test_spawn"), *installed = daemon_sibling("no-such-program");

	assert_non_null(strstr(beside, "/tests/unit/lib/daemon/test_spawn"));
	assert_int_equal(access(beside, X_OK), 0);
	assert_string_equal(installed, LAZARET_LIBEXECDIR "/no-such-program");
	free(beside);
	free(installed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(kept_descriptors_stand_in_order_whatever_their_numbers_were),
	        cmocka_unit_test(nothing_else_is_inherited),
	        cmocka_unit_test(a_child_learns_who_its_parent_is),
	        cmocka_unit_test(signals_are_as_at_a_login),
	        cmocka_unit_test(a_program_that_is_not_there_is_an_error),
	        cmocka_unit_test(a_sibling_lies_beside_us_or_where_it_is_installed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
