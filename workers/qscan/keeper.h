/*
 * The keeper: what qworker starts while it still may, and asks for each new generation of scanners
 * afterwards. So qworker gives up root before it opens a socket, never forks beside its ZeroMQ
 * context, and generations still begin as root and become site.scan_user. The keeper reads no mail
 * and nothing from the network: one word from qworker, "start", with the end of a control socket.
 */
#ifndef WORKERS_QSCAN_KEEPER_H
#define WORKERS_QSCAN_KEEPER_H

#include "lib/config/config.h"

/* Until the other side of `end` is closed. Gives the process's exit code. */
int keeper_run(const struct config *config, int end);

#endif
