/*
 * The supervisor's loop: processes, signals and ready pipes around the plan (plan.h). It uses poll
 * and no ZeroMQ.
 */
#ifndef LAZARET_LAZARET_H
#define LAZARET_LAZARET_H

#include "lib/config/config.h"

struct lazaret;

/* Lends the configuration until lazaret_free(). daemon_start() has blocked the signals. */
struct lazaret *lazaret_new(const struct config *config);
void lazaret_free(struct lazaret **lazaret);

/* Starts all programs, keeps them running, and stops them in reverse at SIGTERM or SIGINT. Gives a
 * sysexits code: EX_OK, or EX_UNAVAILABLE where one could not be started. */
int lazaret_run(struct lazaret *lazaret);

#endif
