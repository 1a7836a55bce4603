#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/daemon/fences.h"

enum { FOUND = 42 };

/* As a container does: one call is answered with EPERM from now on. */
static void refuse(unsigned number)
{
	struct sock_filter lines[] = {
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(lines) / sizeof(lines[0]), lines};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		_exit(1);
}

/* Which fences stand where that call is refused, as bits; a number of none refuses nothing. */
static unsigned standing(unsigned refused)
{
	int status, at, bits = 0;
	pid_t pid = fork();

	if (pid == 0) {
		refuse(refused);
		for (at = 0; at < FENCES; at++)
			bits |= fence_stands((enum fence)at) << at;
		_exit(FOUND + bits);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) >= FOUND);
	return (unsigned)WEXITSTATUS(status) - FOUND;
}

static void asking_changes_nothing_for_who_asks(void **state)
{
	int at, before = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	for (at = 0; at < FENCES; at++)
		assert_int_equal(fence_stands((enum fence)at), fence_stands((enum fence)at));
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), before);
	assert_int_equal(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 0);
}

static void a_fence_that_a_container_keeps_away_does_not_stand(void **state)
{
	unsigned here = standing(~0U);

	assert_int_equal(standing(SYS_seccomp), here & ~(1U << FENCE_SECCOMP));
	assert_int_equal(standing(SYS_landlock_create_ruleset), here & ~(1U << FENCE_LANDLOCK));
	assert_int_equal(standing(SYS_landlock_restrict_self), here & ~(1U << FENCE_LANDLOCK));
	assert_int_equal(standing(SYS_capset), here & ~(1U << FENCE_PRIVILEGES));
}

static void each_fence_has_words(void **state)
{
	int at;

	for (at = 0; at < FENCES; at++) {
		assert_true(strlen(fence_name((enum fence)at)) > 0);
		assert_true(strlen(fence_loss((enum fence)at)) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(asking_changes_nothing_for_who_asks),
	        cmocka_unit_test(a_fence_that_a_container_keeps_away_does_not_stand),
	        cmocka_unit_test(each_fence_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
