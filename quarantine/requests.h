/*
 * From a message to the store and back: one row for each message that the quarantine answers.
 */
#ifndef QUARANTINE_REQUESTS_H
#define QUARANTINE_REQUESTS_H

#include "lib/wire/wire.h"
#include "quarantine/refusals.h"
#include "quarantine/rights.h"
#include "quarantine/store.h"

struct answer {
	enum message_type type;
	ProtobufCMessage *envelope;
	struct wire_body body;
	int is_refusal; /* written down or counted, so that it need not be told again */
};

enum request_kind {
	REQUEST_UNKNOWN, /* no message that the quarantine answers */
	REQUEST_READS,
	REQUEST_WRITES, /* between store_begin() and store_commit() */
};

/* What is written into the audit writes, though it be a question. */
enum request_kind request_kind(const struct wire_message *message);

/* What stands between a message and the store. All of it is lent. */
struct guard {
	const struct rights *rights; /* NULL: everybody may everything */
	struct refusals *refusals;   /* NULL: they are not written down */
	int64_t now_ms;              /* of this transaction */
};

/* Fills *out on RESULT_OK, which may be an answer that says what is refused. The message is lent,
 * and so is the guard; NULL: there is none. Inside a transaction it is written down who did it. */
enum result request_handle(struct store *store, const struct guard *guard,
        const struct wire_message *message, struct answer *out, struct err *err);

/* May it be answered beside a transaction? What is refused may have to be written. */
int request_is_allowed(const struct guard *guard, const struct wire_message *message);

/* An answer that says what went wrong. */
void answer_error(struct answer *out, enum result result, const struct err *err);
void answer_free(struct answer *answer);

#endif
