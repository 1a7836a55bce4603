/*
 * What a scanner may still do after it has opened everything: compute, read and write in its own
 * folder, and answer on its pair. It can't start a program, a process or a thread, open a socket,
 * look into or signal another process, change who it is, make code, or get more memory than its
 * share. Only the system calls in a table are allowed; one that a library may try harmlessly is
 * refused, and each other kills the process (SIGSYS).
 */
#ifndef WORKERS_QSCAN_SANDBOX_H
#define WORKERS_QSCAN_SANDBOX_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/config/config.h"

/* Says, once, which fences this host does not have. RESULT_PERMANENT: one of them is the filter,
 * and the configuration wants it. For whoever starts scanners, with their account. */
enum result sandbox_check(const struct config *config,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err);

/* While still root, and before an account is changed to: no capability can come back. Elsewhere it
 * does nothing. */
void sandbox_bound(void);

/* Limits of memory (beyond what is used now), stack, files, processes and descriptors; no core and
 * not dumpable, unless workers.keep_crashes wants cores; no new privileges; and an end with the
 * parent's, whose pid is `parent`. */
enum result sandbox_limit(const struct config *config, int parent, struct err *err);

/* For one message: SIGALRM and SIGXCPU end a scanner whose supervisor is gone or stuck. 0 stops the
 * clock. */
void sandbox_clock(int64_t ms);

struct sandbox {
	const char *tmp; /* the folder that stays open to it */
	int pair;        /* the only socket that packets go through; -1: none */
	int is_required; /* without the filter there is no start */
};

/* Capabilities, files, system calls. From here on there is no way back. */
enum result sandbox_enter(const struct sandbox *sandbox, struct err *err);

/* The filter alone. RESULT_NONE: the kernel, or a container, does not let us. */
enum result sandbox_filter(int pair, struct err *err);

enum sandbox_answer {
	SANDBOX_ALLOW,
	SANDBOX_REFUSE, /* EPERM */
	SANDBOX_ABSENT, /* ENOSYS: whoever asks does it another way */
};

struct sandbox_call {
	const char *name;
	enum sandbox_answer answer;
};
/* Those whose arguments do not matter; no name stands twice. */
extern const struct sandbox_call sandbox_calls[];
extern const size_t sandbox_call_count;

#endif
