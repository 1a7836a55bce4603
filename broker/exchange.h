/*
 * The broker without its sockets: messages and the time go in, messages come out by a callback. So
 * whole conversations are replayed in tests against a fake clock. docs/PROTOCOL.md has the rules.
 *
 * Invariants, between any two calls: a job is queued or leased, never both or neither; a worker
 * holds at most its credit; the bytes and messages counted are those of the jobs there are; and
 * each SUBMIT that was taken gets one answer, unless its front is gone or has submitted the same
 * message again.
 */
#ifndef BROKER_EXCHANGE_H
#define BROKER_EXCHANGE_H

#include <stdint.h>

#include "lib/config/config.h"
#include "lib/wire/wire.h"

struct exchange;

enum exchange_side { EXCHANGE_FRONT, EXCHANGE_WORKER };

/* Sends as wire_send() does: takes the body on RESULT_OK only. Anything but RESULT_OK means that
 * the peer is gone. Must not call back into the exchange. */
typedef enum result exchange_send(void *context, enum exchange_side side,
        const struct wire_peer *peer, enum message_type type, uint64_t request,
        const ProtobufCMessage *envelope, struct wire_body *body);

/* Lends the configuration. Gives the exchange. */
struct exchange *exchange_new(
        const struct config_broker *config, exchange_send *send, void *context, int64_t now_ms);
void exchange_free(struct exchange **exchange); /* tells nobody */

/* A message from a front, a tool or a worker. Takes what it needs of it; the caller frees the rest
 * with wire_message_free(). */
void exchange_take(struct exchange *exchange, enum exchange_side side, struct wire_message *message,
        int64_t now_ms);
/* Something came that was no message. */
void exchange_garbage(struct exchange *exchange);

/* What is due: heartbeats, silent workers, deadlines. To be called a few times in each heartbeat.
 */
void exchange_tick(struct exchange *exchange, int64_t now_ms);

/* Takes no more submissions. It is drained when nothing is left, or config.drain_ms are over. */
void exchange_drain(struct exchange *exchange, int64_t now_ms);
int exchange_is_drained(const struct exchange *exchange, int64_t now_ms);
/* The end: BUSY to who still waits, GOODBYE to the workers. */
void exchange_stop(struct exchange *exchange);

/* Checks the invariants, with assert(). For tests; goes through everything. */
void exchange_verify(const struct exchange *exchange);

#endif
