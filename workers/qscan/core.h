/*
 * Cores of scanners that died, where an administrator wants them (workers.keep_crashes) and the
 * kernel writes them into the folder that a process works in: a scanner works in its own temporary
 * folder. They hold mail, and nothing of what the supervisor had loaded.
 */
#ifndef WORKERS_QSCAN_CORE_H
#define WORKERS_QSCAN_CORE_H

#include "lib/config/config.h"

enum { CORE_MOST = 64 << 20 }; /* bytes of one */

/* Will there be any? */
int core_is_kept(const struct config *config);

/* Whatever large is in memory by now is in no core. */
void core_leave_out(void);

/* The one in a scanner's folder, to read; -1: there is none. To be closed. */
int core_open(const char *folder);

#endif
