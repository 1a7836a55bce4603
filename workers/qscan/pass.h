/*
 * A pass on top of a message (docs/RELEASE.md). It says that the quarantine has released just these
 * bytes; whether it holds only the quarantine knows, so the message is looked at as any other, and
 * what would be done with a pass that holds is told beside. Pure.
 */
#ifndef WORKERS_QSCAN_PASS_H
#define WORKERS_QSCAN_PASS_H

#include "workers/qscan/scan.h"

/* Gives it, to be freed with message_free(), or NULL: there is none above the message's own fields,
 * behind those alone that programs on its way put in front. */
Lz__Pass *pass_find(const struct scan *scan);

#endif
