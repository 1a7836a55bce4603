/*
 * From a message to the store and back: one row for each message that the quarantine answers.
 */
#ifndef QUARANTINE_REQUESTS_H
#define QUARANTINE_REQUESTS_H

#include "lib/wire/wire.h"
#include "quarantine/store.h"

struct answer {
	enum message_type type;
	ProtobufCMessage *envelope;
	struct wire_body body;
};

enum request_kind {
	REQUEST_UNKNOWN, /* no message that the quarantine answers */
	REQUEST_READS,
	REQUEST_WRITES, /* between store_begin() and store_commit() */
};

enum request_kind request_kind(enum message_type type);

/* Fills *out on RESULT_OK. The message is lent. */
enum result request_handle(struct store *store, const struct wire_message *message,
        struct answer *out, struct err *err);

/* An answer that says what went wrong. */
void answer_error(struct answer *out, enum result result, const struct err *err);
void answer_free(struct answer *answer);

#endif
