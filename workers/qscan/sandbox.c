#include "workers/qscan/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

const struct sandbox_rule sandbox_rules[] = {
        /* other programs */
        {"execve", SANDBOX_KILL},
        {"execveat", SANDBOX_KILL},
        {"fork", SANDBOX_REFUSE},
        {"vfork", SANDBOX_REFUSE},
        {"clone", SANDBOX_REFUSE},
        {"clone3", SANDBOX_REFUSE},
        /* the network, and local sockets; the pair is open already */
        {"socket", SANDBOX_KILL},
        {"socketpair", SANDBOX_KILL},
        {"connect", SANDBOX_KILL},
        {"bind", SANDBOX_KILL},
        {"listen", SANDBOX_KILL},
        {"accept", SANDBOX_KILL},
        {"accept4", SANDBOX_KILL},
        /* other processes */
        {"ptrace", SANDBOX_KILL},
        {"process_vm_readv", SANDBOX_KILL},
        {"process_vm_writev", SANDBOX_KILL},
        {"process_madvise", SANDBOX_KILL},
        {"pidfd_open", SANDBOX_KILL},
        {"pidfd_getfd", SANDBOX_KILL},
        {"pidfd_send_signal", SANDBOX_KILL},
        {"kcmp", SANDBOX_KILL},
        {"kill", SANDBOX_REFUSE},
        {"tkill", SANDBOX_REFUSE},
        {"rt_sigqueueinfo", SANDBOX_REFUSE},
        /* who we are */
        {"setuid", SANDBOX_KILL},
        {"setgid", SANDBOX_KILL},
        {"setreuid", SANDBOX_KILL},
        {"setregid", SANDBOX_KILL},
        {"setresuid", SANDBOX_KILL},
        {"setresgid", SANDBOX_KILL},
        {"setgroups", SANDBOX_KILL},
        {"setfsuid", SANDBOX_KILL},
        {"setfsgid", SANDBOX_KILL},
        {"capset", SANDBOX_KILL},
        {"personality", SANDBOX_KILL},
        {"setns", SANDBOX_KILL},
        {"unshare", SANDBOX_KILL},
        /* the system */
        {"mount", SANDBOX_KILL},
        {"umount2", SANDBOX_KILL},
        {"move_mount", SANDBOX_KILL},
        {"open_tree", SANDBOX_KILL},
        {"fsopen", SANDBOX_KILL},
        {"fsmount", SANDBOX_KILL},
        {"fsconfig", SANDBOX_KILL},
        {"mount_setattr", SANDBOX_KILL},
        {"pivot_root", SANDBOX_KILL},
        {"chroot", SANDBOX_KILL},
        {"swapon", SANDBOX_KILL},
        {"swapoff", SANDBOX_KILL},
        {"reboot", SANDBOX_KILL},
        {"kexec_load", SANDBOX_KILL},
        {"kexec_file_load", SANDBOX_KILL},
        {"init_module", SANDBOX_KILL},
        {"finit_module", SANDBOX_KILL},
        {"delete_module", SANDBOX_KILL},
        {"settimeofday", SANDBOX_KILL},
        {"clock_settime", SANDBOX_KILL},
        {"adjtimex", SANDBOX_KILL},
        {"clock_adjtime", SANDBOX_KILL},
        {"sethostname", SANDBOX_KILL},
        {"setdomainname", SANDBOX_KILL},
        {"syslog", SANDBOX_KILL},
        {"acct", SANDBOX_KILL},
        {"quotactl", SANDBOX_KILL},
        {"iopl", SANDBOX_KILL},
        {"ioperm", SANDBOX_KILL},
        {"mknod", SANDBOX_KILL},
        {"mknodat", SANDBOX_KILL},
        {"open_by_handle_at", SANDBOX_KILL},
        {"name_to_handle_at", SANDBOX_KILL},
        /* corners of the kernel that most of its holes were found in */
        {"bpf", SANDBOX_KILL},
        {"perf_event_open", SANDBOX_KILL},
        {"userfaultfd", SANDBOX_KILL},
        {"io_uring_setup", SANDBOX_KILL},
        {"io_uring_enter", SANDBOX_KILL},
        {"io_uring_register", SANDBOX_KILL},
        {"keyctl", SANDBOX_KILL},
        {"add_key", SANDBOX_KILL},
        {"request_key", SANDBOX_KILL},
        {"modify_ldt", SANDBOX_KILL},
        {"vmsplice", SANDBOX_KILL},
        {"fanotify_init", SANDBOX_KILL},
        {"lookup_dcookie", SANDBOX_KILL},
        {"msgget", SANDBOX_KILL},
        {"semget", SANDBOX_KILL},
        {"shmget", SANDBOX_KILL},
        {"mq_open", SANDBOX_KILL},
};
const size_t sandbox_rule_count = sizeof(sandbox_rules) / sizeof(sandbox_rules[0]);

enum { MAX_DESCRIPTORS = 256 };

/* The engine is shared with the supervisor and counts towards the address space of each. */
static uint64_t address_space(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static enum result set_limit(int what, uint64_t value, const char *name, struct err *err)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)what, &limit) == 0 && limit.rlim_max < value)
		value = limit.rlim_max;
	limit.rlim_cur = limit.rlim_max = value;
	if (setrlimit((__rlimit_resource_t)what, &limit) < 0)
		return err_sys(err, RESULT_PERMANENT, "limit of %s", name);
	return RESULT_OK;
}

static enum result settle_process(int parent, struct err *err)
{
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error to who writes it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, RESULT_PERMANENT, "prctl");
	if (getppid() != parent)
		return err_set(err, RESULT_PERMANENT, "the supervisor is gone");
	return RESULT_OK;
}

enum result sandbox_limit(const struct config *config, int parent, struct err *err)
{
	uint64_t now = address_space(), largest = config->virus.max_scan_size;

	if (largest < config->attachments.max_expanded)
		largest = config->attachments.max_expanded;
	if ((now && config->workers.memory &&
	            set_limit(RLIMIT_AS, now + config->workers.memory, "memory", err)) ||
	        set_limit(RLIMIT_FSIZE, largest + (64 << 20), "file size", err) ||
	        set_limit(RLIMIT_NOFILE, MAX_DESCRIPTORS, "descriptors", err) ||
	        set_limit(RLIMIT_NPROC, 0, "processes", err) ||
	        set_limit(RLIMIT_CORE, 0, "core files", err))
		return RESULT_PERMANENT;
	return settle_process(parent, err);
}

void sandbox_clock(int64_t ms)
{
	struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};
	struct rlimit limit;
	struct rusage used;

	setitimer(ITIMER_REAL, &timer, NULL);
	if (getrusage(RUSAGE_SELF, &used) < 0 || getrlimit(RLIMIT_CPU, &limit) < 0)
		return;
	limit.rlim_cur = ms ? (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + ms / 1000 + 2)
	                    : limit.rlim_max;
	setrlimit(RLIMIT_CPU, &limit);
}

static enum result add_rule(
        scmp_filter_ctx filter, const struct sandbox_rule *rule, struct err *err)
{
	uint32_t action =
	        rule->action == SANDBOX_KILL ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
	int number = seccomp_syscall_resolve_name(rule->name), failed;

	/* glibc asks clone3 first and falls back to clone on this error only. */
	if (strcmp(rule->name, "clone3") == 0)
		action = SCMP_ACT_ERRNO(ENOSYS);
	if (number == __NR_SCMP_ERROR)
		return RESULT_OK; /* this machine does not have it */
	failed = seccomp_rule_add(filter, action, number, 0);
	if (failed && failed != -EDOM) /* not on this architecture */
		return err_set(err, RESULT_PERMANENT, "seccomp rule for %s: %s", rule->name,
		        strerror(-failed));
	return RESULT_OK;
}

enum result sandbox_enter(struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	enum result result = RESULT_OK;
	size_t i;
	int failed;

	if (!filter)
		return err_set(err, RESULT_PERMANENT, "no seccomp filter");
	for (i = 0; i < sandbox_rule_count && !result; i++)
		result = add_rule(filter, &sandbox_rules[i], err);
	/* A call of another architecture (int 0x80) has other numbers. */
	seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	failed = result ? 0 : seccomp_load(filter);
	if (failed)
		result = err_set(err, RESULT_PERMANENT, "seccomp: %s", strerror(-failed));
	seccomp_release(filter);
	return result;
}
