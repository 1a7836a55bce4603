/*
 * Records: packed protobuf messages in the tables, and plain numbers.
 */
#ifndef QUARANTINE_RECORD_H
#define QUARANTINE_RECORD_H

#include <stdint.h>

#include "protos/messages.h"
#include "quarantine/backend.h"

/* RESULT_NONE: no such key. RESULT_PERMANENT: what is there is not such a record. Gives *out (a
 * ProtobufCMessage of that type), to be freed with message_free(). */
enum result record_get(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, const ProtobufCMessageDescriptor *type, void **out,
        struct err *err);
enum result record_put(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, const void *record, struct err *err);

/* A copy of any message, to be freed with message_free(). */
void *record_copy(const void *record);

/* An absent number is 0; a number that becomes 0 is absent. */
enum result number_get(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, uint64_t *out, struct err *err);
enum result number_put(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, uint64_t number, struct err *err);
enum result number_read(const struct buf *value, uint64_t *out, struct err *err);

#endif
