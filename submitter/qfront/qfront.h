/*
 * The resident half of the submitter: owns the loop and the sockets. Messages come in by the doors,
 * go to a broker and to the next hop, and are answered; nothing is kept beyond that.
 */
#ifndef SUBMITTER_QFRONT_QFRONT_H
#define SUBMITTER_QFRONT_QFRONT_H

#include "lib/base/err.h"
#include "lib/config/config.h"

struct front;

/* Reads the keys and opens the doors. Lends the configuration, gives *out. */
enum result qfront_open(const struct config *config, struct front **out, struct err *err);
/* To all others; by the account that is to be known to them. */
enum result qfront_connect(struct front *front, struct err *err);
void qfront_run(struct front *front); /* until SIGTERM or SIGINT, and what is in hand is answered */
void qfront_close(struct front **front);

#endif
