#include "workers/qscan/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/daemon/fences.h"
#include "workers/qscan/core.h"
#include "workers/qscan/landlock.h"
#include "workers/qscan/own_memory.h"

enum { MAX_DESCRIPTORS = 256, MAX_STACK = 8 << 20 };

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

static enum result settle_process(int parent, int is_dumpable, struct err *err)
{
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error to who writes it */
	/* A container that refuses these was told of by sandbox_check(). */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, is_dumpable, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (getppid() != parent)
		return err_set(err, RESULT_PERMANENT, "the supervisor is gone");
	return RESULT_OK;
}

enum result sandbox_limit(const struct config *config, int parent, struct err *err)
{
	/* The engine is shared with the supervisor and counts towards the address space of each. */
	uint64_t now = own_address_space(), largest = config->virus.max_scan_size;
	int is_dumpable = core_is_kept(config);

	if (largest < config->attachments.max_expanded)
		largest = config->attachments.max_expanded;
	if ((now && config->workers.memory &&
	            set_limit(RLIMIT_AS, now + config->workers.memory, "memory", err)) ||
	        set_limit(RLIMIT_FSIZE, largest + (64 << 20), "file size", err) ||
	        set_limit(RLIMIT_NOFILE, MAX_DESCRIPTORS, "descriptors", err) ||
	        set_limit(RLIMIT_STACK, MAX_STACK, "stack", err) ||
	        set_limit(RLIMIT_NPROC, 0, "processes", err) ||
	        set_limit(RLIMIT_CORE, is_dumpable ? CORE_MOST : 0, "core files", err))
		return RESULT_PERMANENT;
	return settle_process(parent, is_dumpable, err);
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

/* ---------------------------------------------------------------- who it is */

void sandbox_bound(void)
{
	int capability;

	prctl(PR_SET_SECUREBITS,
	        SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
	                SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
	        0, 0, 0);
	for (capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

/* What is left to root that was not told another account, and to who was started with some. */
static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	syscall(SYS_capset, &header, none);
}

/* ---------------------------------------------------------------- the fences */

enum result sandbox_check(const struct config *config,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err)
{
	char sentence[200];
	int fence;

	for (fence = 0; fence < FENCES; fence++) {
		if (fence_stands((enum fence)fence))
			continue;
		if (fence == FENCE_SECCOMP && config->workers.sandbox == SANDBOX_REQUIRED)
			return err_set(err, RESULT_PERMANENT,
			        "no seccomp filter can be loaded on this host; workers.sandbox: "
			        "best_effort would start scanners without");
		snprintf(sentence, sizeof(sentence), "no %s on this host: %s",
		        fence_name((enum fence)fence), fence_loss((enum fence)fence));
		warn(context, sentence);
	}
	return RESULT_OK;
}

/* The compiler of patterns leaves its pages open to writing. Nothing is compiled or freed any more,
 * so they can be closed: then no page is for writing and for executing, and none can become so. */
static void close_code(const struct own_range *range)
{
	if (range->may_run)
		mprotect(range->start, range->size, PROT_READ | PROT_EXEC);
}

enum result sandbox_enter(const struct sandbox *sandbox, struct err *err)
{
	enum result result;

	own_writable(close_code);
	drop_capabilities();
	result = landlock_enter(sandbox->tmp, err);
	if (result == RESULT_OK || result == RESULT_NONE)
		result = sandbox_filter(sandbox->pair, err);
	if (result == RESULT_NONE)
		result = sandbox->is_required ? RESULT_PERMANENT : RESULT_OK;
	return result;
}
