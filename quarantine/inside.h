/*
 * What the files of the store share with each other and with nobody else.
 */
#ifndef QUARANTINE_INSIDE_H
#define QUARANTINE_INSIDE_H

#include "lib/crypto/digest.h"
#include "lib/pack/pack.h"
#include "quarantine/states.h"
#include "quarantine/store.h"

/* Bytes that a new item may need beside its own: records, indexes. */
enum { STORE_ITEM_OVERHEAD = 64 * 1024 };

/* The last entry of the audit. */
struct audit_place {
	int is_known; /* in this transaction */
	uint64_t seq; /* 0: there is none */
	struct digest hash;
};

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
	const struct actor *actor; /* lent; NULL: nobody but the store itself */
	int is_foreign;            /* an item was asked for that the actor may not see */
	struct audit_place audit;
	int reads_within;             /* questions asked inside a transaction that writes */
	int is_filed;                 /* all items, by the rules of now */
	struct backend_key filed_to;  /* while they are not: the last that was */
	struct backend_key quotas_to; /* of what is looked through for quotas that are exceeded */
	/* The last owner for whom no room could be made at once, and how many bytes it takes. */
	struct backend_key wanting;
	uint64_t wanted_bytes;
	struct buf gone; /* in this transaction: message id, item and event, each with its NUL */
	struct backend_key swept_to; /* of the counts of notices; of size 0: begin anew */
};

/* May the actor see it? Remembers where it may not. */
int store_may_see(struct store *store, const Lz__Item *item);
/* What is said where there is no such item, or none for the actor. */
enum result store_no_item(const struct store *store, const char *id, struct err *err);

/* Who looks after some domains releases to those: where nobody is named, to the blocked recipients
 * of them. Gives a list that lends its addresses, or none: then the request stands as it is.
 * RESULT_NONE: it may not be sent there on the actor's behalf. */
enum result store_limit_release(struct store *store, const Lz__Item *item,
        const Lz__Release *request, Lz__Release *out, struct err *err);

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

/* Begins a read, in a transaction that writes where one is open: then it sees what that has
 * changed, and store_read_end() leaves it open. */
enum result store_read_begin(struct store *store, struct err *err);
void store_read_end(struct store *store);

#endif
