/*
 * What the files of the store share with each other and with nobody else.
 */
#ifndef QUARANTINE_INSIDE_H
#define QUARANTINE_INSIDE_H

#include "lib/crypto/digest.h"
#include "quarantine/store.h"

/* The last entry of the audit. */
struct audit_place {
	int is_known; /* in this transaction */
	uint64_t seq; /* 0: there is none */
	struct digest hash;
};

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
	const struct actor *actor; /* lent; NULL: nobody but the store itself */
	int is_foreign;            /* an item was asked for that the actor may not see */
	struct audit_place audit;
	int reads_within; /* questions asked inside a transaction that writes */
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

/* Begins a read, in a transaction that writes where one is open: then it sees what that has
 * changed, and store_read_end() leaves it open. */
enum result store_read_begin(struct store *store, struct err *err);
void store_read_end(struct store *store);

#endif
