/*
 * What the files of the store share with each other and with nobody else.
 */
#ifndef QUARANTINE_INSIDE_H
#define QUARANTINE_INSIDE_H

#include "lib/pack/pack.h"
#include "quarantine/states.h"
#include "quarantine/store.h"

struct store {
	struct backend *backend;
	struct store_options options;
	struct pack *pack;       /* NULL: nothing is compressed */
	struct backend_txn *txn; /* NULL between transactions */
	int64_t now_ms;          /* of this transaction */
	uint64_t room_bytes;     /* of this transaction: what may still be filled */
	int room_known;
	int is_indexed;                /* the index of terms has all items */
	struct backend_key indexed_to; /* while it has not: of the last item that was added to it */
	uint64_t indexed_count;
	int is_filed;                /* all items, by the rules of now */
	struct backend_key filed_to; /* while they are not: the last that was */
	struct backend_key swept_to; /* of what is looked through for quotas that are exceeded */
	/* The last owner for whom no room could be made at once, and how many bytes it takes. */
	struct backend_key wanting;
	uint64_t wanted_bytes;
	struct buf gone; /* in this transaction: message id, item and event, each with its NUL */
};

/* Remembers what is to be told when it is on disk. */
void store_note_gone(struct store *store, const Lz__Item *item, enum item_event event);

/* RESULT_TEMPORARY: "quarantine is full", as `bytes` more would go into what is reserved. */
enum result store_claim(struct store *store, uint64_t bytes, uint64_t reserve, struct err *err);

/* Gives the item; RESULT_NONE, with a text, where there is none. */
enum result store_load_item(
        struct store *store, const char *id, Lz__KeptItem **kept, struct err *err);

/* RESULT_NONE: not now, as its message's outcome is open, or a release of it. */
enum result store_may_go(struct store *store, const Lz__KeptItem *kept, struct err *err);

/* With all that hangs on it, and counts that it happened. */
enum result store_remove_item(
        struct store *store, const Lz__KeptItem *kept, enum item_event event, struct err *err);

/* Begins a read; no transaction is open before, and none after store_read_end(). */
enum result store_read_begin(struct store *store, struct err *err);
void store_read_end(struct store *store);

#endif
