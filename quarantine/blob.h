/*
 * Runs of bytes under their own SHA-256, counted: stored once however many items hold them, in
 * chunks of one fixed size, gone with the last that lets go.
 */
#ifndef QUARANTINE_BLOB_H
#define QUARANTINE_BLOB_H

#include "lib/crypto/digest.h"
#include "quarantine/backend.h"

/*
 * Adds one reference. Bytes that are already there are compared, not trusted: a chunk that differs
 * from what its name promises is written anew. `size` is not 0.
 */
enum result blob_put(struct backend_txn *txn, const void *bytes, uint64_t size, struct digest *name,
        struct err *err);

/* Writes the chunks anew that are missing or not what their name promises; changes no reference. */
enum result blob_mend(struct backend_txn *txn, const struct digest *name, const void *bytes,
        uint64_t size, struct err *err);

/* Gives one reference up. */
enum result blob_drop(struct backend_txn *txn, const struct digest *name, struct err *err);

/* Adds at most `limit` bytes from `offset` on to `out`. RESULT_PERMANENT: damaged. */
enum result blob_read(struct backend_txn *txn, const struct digest *name, uint64_t offset,
        uint64_t limit, struct buf *out, struct err *err);

/* Reads all of it and compares. RESULT_PERMANENT: it is not what its name says; RESULT_NONE: it is
 * not there. */
enum result blob_check(struct backend_txn *txn, const struct digest *name, struct err *err);

#endif
