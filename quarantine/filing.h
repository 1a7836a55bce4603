/*
 * Where an item stands beside its indexes, by what the configuration makes of it: in the order in
 * which items expire; in what its recipients and their domains have; and in the order in which it
 * would make room for others. Its record says where it stands, so it is taken out again whatever
 * the configuration has become since.
 */
#ifndef QUARANTINE_FILING_H
#define QUARANTINE_FILING_H

#include "quarantine/backend.h"
#include "quarantine/record.h"
#include "quarantine/rules.h"

/* A recipient, or the domain of some. A person is a recipient under the address that the sender
 * used, too (RFC 3461 section 4.2), and never stands on disk. */
enum owner_kind { OWNER_DOMAIN = 'd', OWNER_RECIPIENT = 'r', OWNER_PERSON = 'p' };

struct owner {
	enum owner_kind kind;
	const char *name; /* lent from the item */
};

struct owners {
	size_t count;
	struct owner *list;
};

/* Each once, without regard to ASCII case; to be freed with owners_free(). */
void owners_of(const Lz__Item *item, struct owners *out);
void owners_free(struct owners *owners);

/* Is this address the owner's? `orcpt` as in Recipient, or "". */
int owner_has(const struct owner *owner, const char *address, const char *orcpt);

/* What their keys begin with in TABLE_USAGE, where it is all, and in TABLE_RANKS. */
struct backend_key owner_key(const struct owner *owner);

/* Reads a key of TABLE_RANKS whose owner took up `skip` bytes. False: it is damaged. */
int rank_read(const struct backend_key *key, size_t skip, char id[129]);

/* The plain bytes that are kept of an item. */
uint64_t filing_bytes(const Lz__KeptItem *kept);

/* Says in the record where it is to stand. Under hold it neither expires nor makes room. */
void filing_set(const struct rules *rules, Lz__KeptItem *kept);

/* Do two records of an item say the same of that? */
int filing_same(const Lz__KeptItem *a, const Lz__KeptItem *b);

/* Enters it where its record says, or takes it out there. */
enum result filing_put(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err);
enum result filing_drop(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err);

/* What an owner has. */
enum result usage_get(
        struct backend_txn *txn, const struct owner *owner, uint64_t *bytes, struct err *err);

struct backend_key rank_key(const struct owner *owner, const Lz__KeptItem *kept);

#endif
