/*
 * qbroker's sockets and loop, around an exchange.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/wire/wire.h"

struct broker;

/* Binds both sockets. Lends both. Gives *out. */
enum result broker_open(
        const struct config *config, struct wire *wire, struct broker **out, struct err *err);
/* Until SIGTERM or SIGINT, and drained. */
void broker_run(struct broker *broker);
void broker_close(struct broker **broker);

#endif
