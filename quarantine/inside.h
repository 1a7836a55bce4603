/*
 * What the files of the store share with each other and with nobody else.
 */
#ifndef QUARANTINE_INSIDE_H
#define QUARANTINE_INSIDE_H

#include "quarantine/store.h"

struct store {
	struct backend *backend;
	struct store_options options;
	struct backend_txn *txn; /* NULL between transactions */
	int64_t now_ms;          /* of this transaction */
	uint64_t room_bytes;     /* of this transaction: what may still be filled */
	int room_known;
	int is_indexed;                /* the index of terms has all items */
	struct backend_key indexed_to; /* while it has not: of the last item that was added to it */
	uint64_t indexed_count;
	struct backend_key swept_to; /* of the counts of notices; of size 0: begin anew */
};

/* Begins a read; no transaction is open before, and none after store_read_end(). */
enum result store_read_begin(struct store *store, struct err *err);
void store_read_end(struct store *store);

#endif
