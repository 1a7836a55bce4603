/*
 * The supervisor: opens every filter once, forks a scanner for each slot, hands their ends of the
 * pairs to qworker, and replaces those that die. It reads no mail.
 *
 * On the control socket, in words (pair_send_fd):
 *   to qworker    "scanner <slot> <pid>" with the end of its pair; "engine <seconds> <text>" and
 *                 "ready", once, behind the first set of scanners, or "failed <text>"; "stale",
 * when watched files have changed; "died <pid> <why> <stage> <part> <signal> <digest>" of a scanner
 * that did not end by itself, with its core, if it left one from qworker  "late <pid>": a scanner
 * that took too long is to be killed; "kill <pid>": one that answered nonsense; "retire": another
 * generation serves, so who ends now is not replaced; "end": its last scanner is done. When it is
 * closed, the scanners end one by one as qworker closes their pairs, and so do we.
 */
#ifndef WORKERS_QSCAN_QSCAN_H
#define WORKERS_QSCAN_QSCAN_H

#include "lib/config/config.h"

/* Gives the process's exit code. */
int qscan_run(const struct config *config, int control);

#endif
