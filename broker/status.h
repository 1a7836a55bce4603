/*
 * BROKER_STATUS: counters, what is in hand, and a line for each worker.
 */
#ifndef BROKER_STATUS_H
#define BROKER_STATUS_H

#include "broker/desk.h"

void status_send(const struct desk *desk, const struct wire_peer *peer, uint64_t request);

#endif
