/*
 * Children behind the sandbox, or one fence of it, for its tests.
 */
#ifndef TESTS_UNIT_WORKERS_QSCAN_BEHIND_H
#define TESTS_UNIT_WORKERS_QSCAN_BEHIND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/pair/pair.h"
#include "workers/qscan/sandbox.h"
#include "workers/qscan/tmp.h"

enum { HOLDS = 42, FAILED = 1 };

static char folder[64]; /* what a scanner's own is */
static char outside[] = "/tmp/outside-XXXXXX";
static int ends[2]; /* of a pair; the scanner has the second */

static const struct config config = {.workers.memory = 64 << 20};

static inline void limit(void)
{
	if (sandbox_limit(&config, getppid(), NULL) != RESULT_OK)
		_exit(98);
}

static inline void enter(void)
{
	const struct sandbox sandbox = {.tmp = folder, .pair = ends[1], .is_required = 1};

	if (sandbox_enter(&sandbox, NULL) != RESULT_OK)
		_exit(99);
}

/* Runs `act` in a child behind `fence`; gives its wait status. */
static inline int run_behind(void (*fence)(void), int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		fence();
		_exit(act());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static inline void assert_killed(int (*act)(void))
{
	int status = run_behind(enter, act);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static inline void assert_ends_by(void (*fence)(void), int (*act)(void), int signal_number)
{
	int status = run_behind(fence, act);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), signal_number);
}

static inline void assert_holds_behind(void (*fence)(void), int (*act)(void))
{
	int status = run_behind(fence, act);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), HOLDS);
}

static inline void assert_holds(int (*act)(void))
{
	assert_holds_behind(enter, act);
}

static inline int is_refused(long got, int why)
{
	return got < 0 && errno == why ? HOLDS : FAILED;
}

static inline int open_all(void **state)
{
	int fd = mkstemp(outside);

	snprintf(folder, sizeof(folder), "/tmp/sandbox-XXXXXX");
	if (fd < 0 || close(fd) || !mkdtemp(folder))
		return -1;
	chmod(folder, 0777);
	return pair_new(ends, NULL);
}

static inline int close_all(void **state)
{
	tmp_remove(folder);
	close(ends[0]);
	close(ends[1]);
	return unlink(outside);
}

#endif
