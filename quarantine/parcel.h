/*
 * What a release carries where that is not the message itself: a mail with one part of it, made by
 * who asked. It is a blob, held by its record of the outbox until that is done, dead or removed.
 */
#ifndef QUARANTINE_PARCEL_H
#define QUARANTINE_PARCEL_H

#include <stdint.h>

#include "lib/crypto/digest.h"
#include "quarantine/backend.h"
#include "quarantine/record.h"

struct parcel {
	const void *bytes; /* lent */
	uint64_t size;     /* not 0 */
};

/* Keeps it and names it in the record. */
enum result parcel_keep(struct backend_txn *txn, Lz__Outgoing *outgoing,
        const struct parcel *parcel, struct err *err);

/* Lets go of the record's, if it has one. */
enum result parcel_drop(struct backend_txn *txn, Lz__Outgoing *outgoing, struct err *err);

/* Its blob. False: the record has none. */
int parcel_name(const Lz__Outgoing *outgoing, struct digest *out);

/* Adds at most `limit` bytes from `offset` on. RESULT_NONE: the record has none (any more). */
enum result parcel_read(struct backend_txn *txn, const Lz__Outgoing *outgoing, uint64_t offset,
        uint64_t limit, struct buf *out, struct err *err);

#endif
