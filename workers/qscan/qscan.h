/*
 * The supervisor: opens every filter once, forks a scanner for each slot, hands their ends of the
 * pairs to qworker, and replaces those that die. It reads no mail.
 *
 * On the control socket it says, in words (pair_send_fd), to qworker:
 *
 *   scanner <slot> <pid>     with the end of that one's pair
 *   engine <seconds> <text>  which signatures it has loaded, and when they were made
 *   ready                    once, behind the first set of scanners
 *   failed <text>            instead: what it was to load can't be
 *   stale                    watched files have changed
 *   died <pid> <why> <stage> <part> <signal> <digest>
 *                            one did not end by itself; with its core, if it left one
 *
 * and hears from it:
 *
 *   late <pid>               a scanner that took too long is to be killed
 *   kill <pid>               one that answered nonsense is
 *   retire                   another generation serves: who ends now is not replaced
 *   end                      its last scanner is done
 *
 * When it is closed, the scanners end one by one as qworker closes their pairs, and so do we.
 */
#ifndef WORKERS_QSCAN_QSCAN_H
#define WORKERS_QSCAN_QSCAN_H

#include "lib/config/config.h"

/* Gives the process's exit code. */
int qscan_run(const struct config *config, int control);

#endif
