/*
 * Landlock: the files that a process may reach from now on by their names. What is open already
 * stays open. A second fence behind the filter of system calls, which can't see names.
 */
#ifndef WORKERS_QSCAN_LANDLOCK_H
#define WORKERS_QSCAN_LANDLOCK_H

#include "lib/base/err.h"

/*
 * Nothing but plain files and folders in `folder`, which may be made, read, written and removed;
 * nothing is executed. Where the kernel knows how: no TCP, and no signals or abstract sockets to
 * other processes. Looking at a file's attributes and changing its mode stay possible: that is for
 * the filter. RESULT_NONE: the kernel has no Landlock, or a container keeps it away.
 */
enum result landlock_enter(const char *folder, struct err *err);

#endif
