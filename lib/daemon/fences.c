#include "lib/daemon/fences.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int try_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_capset, &header, none) == 0;
}

static int try_seccomp(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &all};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static int try_landlock(void)
{
	struct landlock_ruleset_attr rules = {.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE};
	int fd;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules.handled_access_fs), 0);
	return fd >= 0 && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
}

static const struct {
	const char *name;
	const char *loss;
	int (*try)(void);
} fences[] = {
        [FENCE_PRIVILEGES] = {"process privileges",
                "a scanner that is taken over could gain rights, or be looked into",
                try_privileges},
        [FENCE_SECCOMP] = {"seccomp filter",
                "a scanner that is taken over could make every system call its account may make",
                try_seccomp},
        [FENCE_LANDLOCK] = {"Landlock",
                "a scanner that is taken over could read what every account of this host can",
                try_landlock},
};
_Static_assert(sizeof(fences) / sizeof(fences[0]) == FENCES, "one row each");

const char *fence_name(enum fence fence)
{
	return fences[fence].name;
}

const char *fence_loss(enum fence fence)
{
	return fences[fence].loss;
}

int fence_stands(enum fence fence)
{
	int status;
	pid_t pid = fork(), ended;

	if (pid == 0)
		_exit(fences[fence].try() ? 0 : 1);
	if (pid < 0)
		return 0;
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
