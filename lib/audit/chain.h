/*
 * The chain of the audit: each entry has the hash of the one before and of itself, so whoever
 * changes, takes out or adds one has to make all behind it anew, and whoever keeps a head elsewhere
 * sees that. Knows nothing of where entries are kept or how they travel.
 *
 * What `quarantine.keep_audit` has trimmed ends at an anchor. So that nobody can cut off more and
 * move the anchor along, the last entry of action "trim" names it; chain_end() looks.
 */
#ifndef LIB_AUDIT_CHAIN_H
#define LIB_AUDIT_CHAIN_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/crypto/digest.h"
#include "protos/messages.h"

/* The hash of an entry: SHA-256 of the hash before it and of all its other fields, each text with
 * its length in front. entry->hash is not looked at. */
void chain_hash(const Lz__AuditEntry *entry, struct digest *out);

/* Fills in number, previous hash and hash of a new entry. `previous` and `hash` point into what the
 * caller lends, of DIGEST_SIZE bytes each. */
void chain_link(Lz__AuditEntry *entry, uint64_t seq, struct digest *previous, struct digest *hash);

/* A walk along the chain, forward. */
struct chain {
	uint64_t seq; /* of the last entry; 0: none yet */
	struct digest hash;
	uint64_t anchor_seq;
	struct digest anchor_hash;
	uint64_t trim_seq; /* the anchor that the last entry of action "trim" names */
	struct digest trim_hash;
};

/* `anchor` may be NULL or empty: nothing was trimmed. RESULT_PERMANENT: it is none. */
enum result chain_begin(struct chain *chain, const Lz__AuditPlace *anchor, struct err *err);

/* The next entry. RESULT_PERMANENT: the chain is broken here, and err says how, with the number. */
enum result chain_take(struct chain *chain, const Lz__AuditEntry *entry, struct err *err);

/* After the last one: is the anchor vouched for? */
enum result chain_end(const struct chain *chain, struct err *err);

/* The detail of an entry of action "trim": "<seq> <hash in hex>". */
enum { CHAIN_PLACE_ROOM = 24 + DIGEST_HEX_ROOM };
void chain_place_text(uint64_t seq, const struct digest *hash, char out[CHAIN_PLACE_ROOM]);
int chain_place_read(const char *text, uint64_t *seq, struct digest *hash); /* 0: it is none */

#endif
