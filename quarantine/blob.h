/*
 * Runs of bytes under their own SHA-256, counted: stored once however many items hold them, gone
 * with the last that lets go.
 *
 * They are in chunks, so that any range is read without the rest, and each chunk is in pieces of a
 * page at most. Where the first chunk shows that it saves an eighth at least, every chunk is
 * compressed by itself. The name is always that of the plain bytes.
 */
#ifndef QUARANTINE_BLOB_H
#define QUARANTINE_BLOB_H

#include "lib/crypto/digest.h"
#include "lib/pack/pack.h"
#include "quarantine/backend.h"

/* How its chunks stand on disk: KeptBlob.packing. */
enum packing {
	PACKING_CHUNKS, /* BACKEND_CHUNK bytes each, in one value: from before there were pieces */
	PACKING_PLAIN,  /* in pieces */
	PACKING_ZSTD,   /* a frame, in pieces */
	PACKINGS,
};

/*
 * Adds one reference. Bytes that are already there are compared, not trusted: a chunk that differs
 * from what its name promises is written anew. `size` is not 0. `pack` NULL: what is new is not
 * compressed.
 */
enum result blob_put(struct backend_txn *txn, const void *bytes, uint64_t size, struct pack *pack,
        struct digest *name, struct err *err);

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
