/*
 * Under what an item is found: its entries in every index, as they follow from the item alone. So
 * whoever stores, moves, removes or verifies it comes to the same ones.
 *
 * Each ends with the item's time and id, so within one prefix they are in the order of time. Terms
 * have spans of time in front, see key.h.
 * What of an item goes into the index of terms is bounded by the numbers below; what is beyond is
 * not found by it.
 */
#ifndef QUARANTINE_ENTRIES_H
#define QUARANTINE_ENTRIES_H

#include "protos/messages.h"
#include "quarantine/backend.h"

enum {
	ENTRIES_SUBJECT_WORDS = 16,
	ENTRIES_NAME_WORDS = 8,  /* of one part's name */
	ENTRIES_FILE_WORDS = 32, /* of all of them */
	ENTRIES_HASHES = 32,
	ENTRIES_VIRUSES = 16,
	ENTRIES_LABELS = 5, /* of a domain, from its end */
};

/* Kinds of terms, as they stand on disk. */
enum term {
	TERM_RECIPIENT = 'r', /* a domain of two labels or more, for each with all above it */
	TERM_SENDER = 's',    /* likewise */
	TERM_VIRUS = 'v',     /* its name, whole */
	TERM_FILE = 'f',      /* a word of a part's name */
	TERM_HASH = 'h',      /* SHA-256 in hex of a part's decoded content */
	TERM_SUBJECT = 'w',   /* a word */
	TERM_STATE = 't',     /* by the name in states.h */
	TERM_HOLD = 'l',      /* "hold", of what is under legal hold */
};

/* Anything but RESULT_OK ends the walk and is its result. */
typedef enum result entry_visit(
        void *context, enum backend_table table, const struct backend_key *key, struct err *err);

/* The same entry may come more than once. */
enum result entries_each(const Lz__Item *item, entry_visit *visit, void *context, struct err *err);
/* Those of the index of terms alone. */
enum result entries_each_term(
        const Lz__Item *item, entry_visit *visit, void *context, struct err *err);
/* The one that changes with its state. */
struct backend_key entry_of_state(const Lz__Item *item);
/* The one that it has while somebody asks for its release. */
struct backend_key entry_of_request(const Lz__Item *item);
extern const char entry_requested[]; /* its term, of the kind TERM_STATE */

/* Has it an entry that begins so? */
int entries_have(const Lz__Item *item, enum backend_table table, const struct backend_key *start);
/* Has it this term, as key_term_prefix() names it? */
int entries_have_term(const Lz__Item *item, const struct backend_key *prefix);

/* The end of a domain that is its term; lent from it. The domain has no "@" or "." in front. */
const char *entry_domain(const char *domain);

/* The virus that a symbol names; NULL: none. */
const char *entry_virus(const Lz__Symbol *symbol);

#endif
