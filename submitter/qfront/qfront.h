/*
 * The resident half of the submitter: owns the loop and the sockets. Messages come in by the doors,
 * go to a broker and to the next hop, and are answered; nothing is kept beyond that.
 */
#ifndef SUBMITTER_QFRONT_QFRONT_H
#define SUBMITTER_QFRONT_QFRONT_H

#include "lib/base/err.h"
#include "lib/config/config.h"

struct front;

/* Opens everything. Lends the configuration, gives *out. */
enum result qfront_open(const struct config *config, struct front **out, struct err *err);
void qfront_run(struct front *front); /* until SIGTERM or SIGINT, and what is in hand is answered */
void qfront_close(struct front **front);

#endif
