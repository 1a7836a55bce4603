/*
 * The quarantine's program: its socket, its timers, and the order in which things are opened.
 */
#ifndef QUARANTINE_QSTORE_H
#define QUARANTINE_QSTORE_H

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/wire/wire.h"

struct qstore;

/* Opens the store and binds quarantine.listen. Lends both. Gives *out. */
enum result qstore_open(
        const struct config *config, struct wire *wire, struct qstore **out, struct err *err);

/* Serves until SIGTERM or SIGINT. RESULT_UNSURE: a commit's fate is unknown; end and start anew. */
enum result qstore_run(struct qstore *qstore, struct err *err);
void qstore_close(struct qstore **qstore);

#endif
