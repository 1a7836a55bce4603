/*
 * What is about to be looked at: told to the supervisor first, so that it knows what a scanner died
 * of, and left out where it has ended scanners before. Nothing is left out in silence: it is
 * unscanned(crash), (timeout) or (memory), where it stands.
 *
 * Where nobody has died lately, or nobody watches (scan->poison is NULL), everything may be looked
 * at, and no digest is made.
 */
#ifndef WORKERS_QSCAN_BLAME_H
#define WORKERS_QSCAN_BLAME_H

#include "workers/qscan/scan.h"

/* Before `check` looks at the message. 0: it must not. Copies with other fields on top are the same
 * message, if there is some body; with other parts left out it is another one. */
int blame_message(struct scan *scan, const char *check);

/* Before one content is looked at. 0: it must not be, and has no bytes any more. */
int blame_content(struct scan *scan, const char *check, size_t index);

/* Before the message's bytes, without those parts that are left out, go to somebody who takes them
 * to pieces himself. 0: they must not; in a probe they never do. */
int blame_bytes(struct scan *scan, const char *check);

#endif
