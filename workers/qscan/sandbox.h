/*
 * What a scanner may still do after it has opened everything: compute, and read and write in its
 * own folder. It can't start a program, open a socket, look into or signal another process, change
 * who it is, or get more memory than its share. A system call that no honest scanner makes kills
 * the process (SIGSYS); one that a library may try harmlessly is refused with EPERM.
 */
#ifndef WORKERS_QSCAN_SANDBOX_H
#define WORKERS_QSCAN_SANDBOX_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/config/config.h"

/* Limits of memory (beyond what is used now), files, processes and descriptors; no core; not
 * dumpable; no new privileges; and an end with the parent's, whose pid is `parent`. */
enum result sandbox_limit(const struct config *config, int parent, struct err *err);

/* For one message: SIGALRM and SIGXCPU end a scanner whose supervisor is gone or stuck. 0 stops the
 * clock. */
void sandbox_clock(int64_t ms);

/* The system calls. From here on there is no way back. */
enum result sandbox_enter(struct err *err);

enum sandbox_rule_action { SANDBOX_KILL, SANDBOX_REFUSE };

struct sandbox_rule {
	const char *name;
	enum sandbox_rule_action action;
};
extern const struct sandbox_rule sandbox_rules[];
extern const size_t sandbox_rule_count;

#endif
