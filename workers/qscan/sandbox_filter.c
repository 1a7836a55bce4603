/*
 * The filter of system calls. What stands here was seen while mail was read, or is what the
 * libraries ask for on paths that mail seldom takes: no memory, no time, a fault of their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "workers/qscan/sandbox.h"

const struct sandbox_call sandbox_calls[] = {
        /* memory: malloc, and maps that can't be executed (below) */
        {"brk", SANDBOX_ALLOW},
        {"munmap", SANDBOX_ALLOW},
        {"mremap", SANDBOX_ALLOW},
        {"madvise", SANDBOX_ALLOW},
        /* files: libclamav unpacks into temporary ones, and a parcel is a memory file */
        {"open", SANDBOX_ALLOW},
        {"openat", SANDBOX_ALLOW},
        {"close", SANDBOX_ALLOW},
        {"read", SANDBOX_ALLOW},
        {"readv", SANDBOX_ALLOW},
        {"pread64", SANDBOX_ALLOW},
        {"preadv", SANDBOX_ALLOW},
        {"write", SANDBOX_ALLOW},
        {"writev", SANDBOX_ALLOW},
        {"pwrite64", SANDBOX_ALLOW},
        {"pwritev", SANDBOX_ALLOW},
        {"lseek", SANDBOX_ALLOW},
        {"_llseek", SANDBOX_ALLOW},
        {"ftruncate", SANDBOX_ALLOW},
        {"dup", SANDBOX_ALLOW},
        {"dup2", SANDBOX_ALLOW},
        {"dup3", SANDBOX_ALLOW},
        {"fstat", SANDBOX_ALLOW},
        {"stat", SANDBOX_ALLOW},
        {"lstat", SANDBOX_ALLOW},
        {"newfstatat", SANDBOX_ALLOW},
        {"statx", SANDBOX_ALLOW},
        {"access", SANDBOX_ALLOW},
        {"faccessat", SANDBOX_ALLOW},
        {"faccessat2", SANDBOX_ALLOW},
        {"readlink", SANDBOX_ALLOW},
        {"readlinkat", SANDBOX_ALLOW},
        {"getcwd", SANDBOX_ALLOW},
        {"getdents", SANDBOX_ALLOW},
        {"getdents64", SANDBOX_ALLOW},
        {"mkdir", SANDBOX_ALLOW},
        {"mkdirat", SANDBOX_ALLOW},
        {"rmdir", SANDBOX_ALLOW},
        {"unlink", SANDBOX_ALLOW},
        {"unlinkat", SANDBOX_ALLOW},
        {"rename", SANDBOX_ALLOW},
        {"renameat", SANDBOX_ALLOW},
        {"renameat2", SANDBOX_ALLOW},
        {"memfd_create", SANDBOX_ALLOW},
        /* waiting: for work, and for a log that is read slowly */
        {"poll", SANDBOX_ALLOW},
        {"ppoll", SANDBOX_ALLOW},
        {"select", SANDBOX_ALLOW},
        {"pselect6", SANDBOX_ALLOW},
        {"nanosleep", SANDBOX_ALLOW},
        {"clock_nanosleep", SANDBOX_ALLOW},
        /* time: the clock of a message, and what the filters cost */
        {"clock_gettime", SANDBOX_ALLOW},
        {"clock_getres", SANDBOX_ALLOW},
        {"gettimeofday", SANDBOX_ALLOW},
        {"time", SANDBOX_ALLOW},
        {"times", SANDBOX_ALLOW},
        {"getrusage", SANDBOX_ALLOW},
        {"setitimer", SANDBOX_ALLOW},
        {"getitimer", SANDBOX_ALLOW},
        /* its own signals: abort(), a handler's end, a call that a signal broke */
        {"rt_sigaction", SANDBOX_ALLOW},
        {"rt_sigprocmask", SANDBOX_ALLOW},
        {"rt_sigreturn", SANDBOX_ALLOW},
        {"sigaltstack", SANDBOX_ALLOW},
        {"restart_syscall", SANDBOX_ALLOW},
        /* itself and its machine: nothing that another process would not be told, too */
        {"getpid", SANDBOX_ALLOW},
        {"gettid", SANDBOX_ALLOW},
        {"getppid", SANDBOX_ALLOW},
        {"getuid", SANDBOX_ALLOW},
        {"geteuid", SANDBOX_ALLOW},
        {"getgid", SANDBOX_ALLOW},
        {"getegid", SANDBOX_ALLOW},
        {"getrlimit", SANDBOX_ALLOW},
        {"uname", SANDBOX_ALLOW},
        {"sysinfo", SANDBOX_ALLOW}, /* qsort() asks how much memory there is */
        {"sched_getaffinity", SANDBOX_ALLOW},
        {"sched_yield", SANDBOX_ALLOW},
        {"futex", SANDBOX_ALLOW},
        {"getrandom", SANDBOX_ALLOW},
        {"exit", SANDBOX_ALLOW},
        {"exit_group", SANDBOX_ALLOW},
        /* tried by libraries that do well without: threads for pictures, modes and times of what
         * is unpacked. No path is safe with chmod(2), as Landlock does not look at it. */
        {"fork", SANDBOX_REFUSE},
        {"vfork", SANDBOX_REFUSE},
        {"clone", SANDBOX_REFUSE},
        {"chmod", SANDBOX_REFUSE},
        {"fchmod", SANDBOX_REFUSE},
        {"fchmodat", SANDBOX_REFUSE},
        {"chown", SANDBOX_REFUSE},
        {"fchown", SANDBOX_REFUSE},
        {"lchown", SANDBOX_REFUSE},
        {"fchownat", SANDBOX_REFUSE},
        {"utime", SANDBOX_REFUSE},
        {"utimes", SANDBOX_REFUSE},
        {"utimensat", SANDBOX_REFUSE},
        {"tkill", SANDBOX_REFUSE},
        {"prctl", SANDBOX_REFUSE}, /* newer malloc names its memory */
        /* asked for by glibc and Rust, who fall back on this answer only */
        {"clone3", SANDBOX_ABSENT},
        {"rseq", SANDBOX_ABSENT},
        {"set_robust_list", SANDBOX_ABSENT},
        {"sendfile", SANDBOX_ABSENT},
        {"splice", SANDBOX_ABSENT},
        {"copy_file_range", SANDBOX_ABSENT},
};
const size_t sandbox_call_count = sizeof(sandbox_calls) / sizeof(sandbox_calls[0]);

/* Allowed where (argument & mask) == value; where not, the answer is `otherwise`, or, with 0, that
 * of no other row: the end. */
struct condition {
	const char *name;
	unsigned argument;
	uint64_t mask;
	uint64_t value;
	int otherwise; /* an errno */
};

static const uint64_t whole = ~UINT64_C(0);

/* Patterns were compiled, and libraries loaded, before: nothing makes code any more. A converter
 * that would be loaded now is one that there is not. */
static const struct condition conditions[] = {
        {"mmap", 2, PROT_EXEC, 0, EPERM},
        {"mprotect", 2, PROT_EXEC, 0, EPERM},
        /* isatty() of what stdio writes to; on a terminal others would type for us */
        {"ioctl", 1, whole, TCGETS, ENOTTY},
        /* the others send signals, or wait for a stranger's file */
        {"fcntl", 1, whole, F_DUPFD, 0},
        {"fcntl", 1, whole, F_DUPFD_CLOEXEC, 0},
        {"fcntl", 1, whole, F_GETFD, 0},
        {"fcntl", 1, whole, F_SETFD, 0},
        {"fcntl", 1, whole, F_GETFL, 0},
        {"fcntl", 1, whole, F_SETFL, 0},
        {"fcntl", 1, whole, F_ADD_SEALS, 0},
        {"fcntl", 1, whole, F_GET_SEALS, 0},
};

static enum result add_failed(int failed, const char *name, struct err *err)
{
	if (!failed || failed == -EDOM) /* not on this architecture */
		return RESULT_OK;
	return err_set(err, RESULT_PERMANENT, "seccomp rule for %s: %s", name, strerror(-failed));
}

static enum result add_call(
        scmp_filter_ctx filter, const struct sandbox_call *call, struct err *err)
{
	static const uint32_t actions[] = {
	        [SANDBOX_ALLOW] = SCMP_ACT_ALLOW,
	        [SANDBOX_REFUSE] = SCMP_ACT_ERRNO(EPERM),
	        [SANDBOX_ABSENT] = SCMP_ACT_ERRNO(ENOSYS),
	};
	int number = seccomp_syscall_resolve_name(call->name);

	if (number == __NR_SCMP_ERROR)
		return RESULT_OK; /* this library does not know it, so it stays forbidden */
	return add_failed(
	        seccomp_rule_add(filter, actions[call->answer], number, 0), call->name, err);
}

static enum result add_condition(
        scmp_filter_ctx filter, const struct condition *condition, struct err *err)
{
	int number = seccomp_syscall_resolve_name(condition->name), failed;
	unsigned at = condition->argument;

	failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
	        SCMP_CMP(at, SCMP_CMP_MASKED_EQ, condition->mask, condition->value));
	if (!failed && condition->otherwise && condition->mask == whole)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)condition->otherwise),
		        number, 1, SCMP_CMP(at, SCMP_CMP_NE, condition->value));
	else if (!failed && condition->otherwise) /* a mask of one bit */
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)condition->otherwise),
		        number, 1,
		        SCMP_CMP(at, SCMP_CMP_MASKED_EQ, condition->mask,
		                condition->mask & ~condition->value));
	return add_failed(failed, condition->name, err);
}

/* What depends on the process: signals to itself, its own limits, its end of the pair. */
static enum result add_own(scmp_filter_ctx filter, int pair, struct err *err)
{
	const uint64_t pid = (uint64_t)getpid();
	const struct condition own[] = {
	        {"kill", 0, whole, pid, EPERM},
	        {"tgkill", 0, whole, pid, EPERM},
	        {"sendmsg", 0, whole, (uint64_t)pair, 0},
	        {"recvmsg", 0, whole, (uint64_t)pair, 0},
	};
	size_t at, count = pair < 0 ? 2 : sizeof(own) / sizeof(own[0]);
	enum result result = RESULT_OK;
	int number = SCMP_SYS(prlimit64), failed;

	for (at = 0; at < count && !result; at++)
		result = add_condition(filter, &own[at], err);
	if (result)
		return result;
	/* Any limit may be read; that of time is set anew for each message. */
	failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 2, SCMP_A0(SCMP_CMP_EQ, 0),
	        SCMP_A2(SCMP_CMP_EQ, 0));
	if (!failed)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 2,
		        SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A1(SCMP_CMP_EQ, RLIMIT_CPU));
	return add_failed(failed, "prlimit64", err);
}

static enum result add_all(scmp_filter_ctx filter, int pair, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	for (at = 0; at < sandbox_call_count && !result; at++)
		result = add_call(filter, &sandbox_calls[at], err);
	for (at = 0; at < sizeof(conditions) / sizeof(conditions[0]) && !result; at++)
		result = add_condition(filter, &conditions[at], err);
	return result ? result : add_own(filter, pair, err);
}

enum result sandbox_filter(int pair, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	enum result result;
	int failed;

	if (!filter)
		return err_set(err, RESULT_PERMANENT, "no seccomp filter");
	/* A call of another architecture (int 0x80) has other numbers. */
	seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* A tree instead of a list; a library that has none makes the list. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	result = add_all(filter, pair, err);
	failed = result ? 0 : seccomp_load(filter);
	if (failed)
		result = err_set(err, RESULT_NONE, "seccomp: %s", strerror(-failed));
	seccomp_release(filter);
	return result;
}
