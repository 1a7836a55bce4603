/*
 * Questions to the quarantine: asked again until they are answered or their time is over. And the
 * confirmations that must arrive though nobody waits for them any more: the MTA was told "done"
 * because the next hop has the message, so they are repeated from memory.
 */
#ifndef SUBMITTER_QFRONT_CONFIRM_H
#define SUBMITTER_QFRONT_CONFIRM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/wire/loop.h"
#include "lib/wire/wire.h"

struct desk;
struct question;

enum {
	DESK_AGAIN_MS = 2000,
	DESK_LATER_MS = 3600000, /* then the quarantine's own confirm_timeout has long spoken */
	DESK_LATER_MAX = 10000,
};

/* RESULT_OK: `answer`, lent, is of the type that was asked for. Else the error says why. */
typedef void desk_answer(
        void *context, enum result result, const ProtobufCMessage *answer, const struct err *err);

/* Lends loop and wire. */
enum result desk_open(struct loop *loop, struct wire *wire, const char *endpoint,
        const struct wire_limits *limits, struct desk **out, struct err *err);
void desk_close(struct desk **desk); /* what is still open is logged and forgotten */

/* Takes the envelope (malloc'ed, as message_free() wants it) and shares the body (NULL: none).
 * *slot is the question while there is one. The answer is never called before this returns. */
void desk_ask(struct desk *desk, enum message_type type, ProtobufCMessage *envelope,
        const struct wire_body *body, enum message_type want, int64_t timeout_ms,
        desk_answer *answer, void *context, struct question **slot);
void desk_forget(struct question **question); /* no answer will be called */

/* CONFIRM, until it is confirmed. Nobody is told but the log. Copies. */
void desk_confirm_later(struct desk *desk, const char *message_id, char *const *delivered,
        size_t delivered_count, int complete);
/* Gives a CONFIRM for desk_ask(). */
ProtobufCMessage *desk_confirm_make(
        const char *message_id, char *const *delivered, size_t delivered_count, int complete);

size_t desk_open_count(const struct desk *desk);

#endif
