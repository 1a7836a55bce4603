/*
 * RELOAD: a tool's wish for new generations of scanners, passed on to every worker.
 */
#ifndef BROKER_RELOAD_H
#define BROKER_RELOAD_H

#include "broker/desk.h"

/* Answers who asked with the names of the workers that were told. */
void reload_pass(const struct desk *desk, const struct wire_message *message);

#endif
