/*
 * The pool's face: takes jobs from brokers, has them scanned, has kept what is to be kept, and only
 * then tells the verdict. It never looks into a message.
 */
#ifndef WORKERS_QWORKER_QWORKER_H
#define WORKERS_QWORKER_QWORKER_H

#include "lib/config/config.h"
#include "lib/wire/wire.h"

/* Takes the keeper's descriptor. Gives the process's exit code. */
int qworker_run(const struct config *config, struct wire *wire, int keeper);

#endif
