/*
 * Whoever leaves an item that others keep: a person who is erased, a recipient or a domain whose
 * quota is full.
 */
#ifndef QUARANTINE_LEAVE_H
#define QUARANTINE_LEAVE_H

#include "quarantine/filing.h"
#include "quarantine/inside.h"

/* How many recipients of the item are the owner's. */
size_t leave_count(const Lz__Item *item, const struct owner *owner);

/* Takes them out of the item, of its notices and of what is to go out. Others must remain. */
enum result leave_item(
        struct store *store, Lz__KeptItem *kept, const struct owner *owner, struct err *err);

/* The same of one record of the outbox, which goes where nobody remains. *changed is set where it
 * was his. */
enum result leave_outgoing(struct backend_txn *txn, Lz__Outgoing *outgoing,
        const struct owner *owner, int *changed, struct err *err);

/* Does a record of the outbox name him, but as one whom it goes to? In its texts, or among those
 * that a notice of many counts. */
int leave_names(const Lz__Outgoing *outgoing, const char *address);

/* Does a text name the address? As a whole one: "ann@example.org" is not in "joann@example.org". */
int leave_is_named(const char *text, const char *address);

/* Does a field From have it? More exactly than in a text, as a mail goes by it: "ann@example.org"
 * is not in "o'ann@example.org", either. */
int leave_is_from(const char *from, const char *address);

#endif
