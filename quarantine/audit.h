/*
 * The audit: what was done to the quarantine, by whom, when and why, each entry chained to the one
 * before (lib/audit/chain.h) and written in the transaction of what it tells. docs/AUDIT.md has the
 * actions.
 *
 * An entry names items, reasons and counts, never an address or a subject, so that nothing of a
 * mail is left in it when the item is gone. What a person gives as reason stands there as it was
 * given.
 */
#ifndef QUARANTINE_AUDIT_H
#define QUARANTINE_AUDIT_H

#include <stdint.h>

#include "lib/audit/chain.h"
#include "quarantine/store.h"

/* Texts are lent; NULL is "". */
struct audit_fact {
	const char *who; /* NULL: on whose behalf the store is used, see store_as() */
	const char *action;
	const char *item;
	const char *why;
	const char *detail;
};

/* Between store_begin() and store_commit(). */
enum result audit_add(struct store *store, const struct audit_fact *fact, struct err *err);

/* The same in a transaction of its own. */
enum result audit_note(
        struct store *store, const struct audit_fact *fact, int64_t now_ms, struct err *err);

/* A page of it. So much is looked at for one answer and no more, so it may hold fewer than asked
 * for, or none, with `next` to go on from. */
enum result audit_list(
        struct store *store, const Lz__ListAudit *request, Lz__Audit *out, struct err *err);

/* Lets go of what is older than options.keep_audit_ms, a bounded piece in a transaction of its own;
 * once in a day or so, as each time adds an entry. */
enum result audit_trim(struct store *store, int64_t now_ms, int *more, struct err *err);

/* The number of the entry that a key of the table names; 0: the anchor. */
uint64_t audit_number(const struct backend_key *key);

/* The last entry; `seq` 0: there is none. */
enum result audit_head(struct store *store, uint64_t *seq, struct digest *hash, struct err *err);

/* Is this digest another one than the last that was kept under the name? Keeps it. In a
 * transaction. */
enum result audit_is_new(struct store *store, const char *name, const struct digest *digest,
        int *is_new, struct err *err);

#endif
