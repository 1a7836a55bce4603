/*
 * A finding in words for people who read neither symbols nor our manuals: in notices, in the text
 * that stands where a part was, in replies, and in `qctl list`. One line, safe to show, bounded.
 *
 *   virus Eicar-Signature in report.txt
 *   forbidden attachment setup.exe (rule executables)
 *   could not be scanned (encrypted): secret.zip
 *   subject matches rule worm
 */
#ifndef WORKERS_QSCAN_WORDS_H
#define WORKERS_QSCAN_WORDS_H

#include "workers/qscan/scan.h"

enum { WORDS_ROOM = 400 };

/* To be freed. */
char *words_of(const struct finding *finding);

/* The same where the part's name stands beside it already: only what lies inside the part is named.
 * To be freed. */
char *words_of_part(const struct finding *finding);

#endif
