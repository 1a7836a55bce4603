/*
 * Kept connections to the next hop, and the messages that wait for one. Each message goes out on
 * one connection; one that the server closed while it was kept is replaced without the message
 * noticing.
 */
#ifndef SUBMITTER_QFRONT_DELIVERY_H
#define SUBMITTER_QFRONT_DELIVERY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/smtp/client.h"
#include "lib/smtp/line.h"
#include "lib/wire/loop.h"

struct delivery; /* the pool */
struct sending;  /* a message in it */

struct sending_calls {
	/* Every RCPT is answered and somebody takes the message: call delivery_proceed(), now or
	 * later. */
	void (*ask)(void *context, const struct smtp_client *client);
	/* It is over. Read the results; the sending is no more. `client` is NULL where there was no
	 * connection at all, `error` says why then. */
	void (*done)(void *context, const struct smtp_client *client, const char *error);
};

/* Lends the loop and the target. At most `connections`, of which all are kept. */
struct delivery *delivery_new(struct loop *loop, struct smtp_target *target, const char *helo,
        int64_t timeout_ms, size_t connections);
void delivery_free(struct delivery **delivery); /* nothing may be in it */

/* Lends the message, with `ask` set, until done. *slot is the sending while there is one, and NULL
 * before done() is called, which may be before this returns. */
void delivery_send(struct delivery *delivery, const struct smtp_message *message,
        const struct sending_calls *calls, void *context, struct sending **slot);
void delivery_proceed(struct sending *sending, int go);

/* Takes it back, with no call. 0: too late, DATA was sent; done() will come. */
int delivery_cancel(struct sending *sending);

#endif
