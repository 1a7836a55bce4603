/*
 * qbroker's sockets and loop, around an exchange.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include "lib/config/config.h"

struct broker;

/* Binds both sockets. Lends the configuration. Gives *out. */
enum result broker_open(const struct config *config, struct broker **out, struct err *err);
/* Until SIGTERM or SIGINT, and drained. */
void broker_run(struct broker *broker);
void broker_close(struct broker **broker);

#endif
