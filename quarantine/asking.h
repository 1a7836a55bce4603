/*
 * A recipient asks, by a mail of his own, for the release of what is kept of a mail to him. What
 * came of it is done in the transaction that stores the request, so that a second run of the same
 * mail does nothing more; and each recipient's wish is fulfilled once.
 */
#ifndef QUARANTINE_ASKING_H
#define QUARANTINE_ASKING_H

#include "lib/config/config.h"
#include "quarantine/inside.h"

/* What may be asked for by notifier.requests; nothing where a virus was found. */
enum config_allow asking_allows(const struct config_notifier *config, const Lz__Item *item);

/* Gives the outgoing notices of an item, and the entries of a digest, tokens for those who may ask.
 */
void asking_add_token(struct store *store, Lz__Outgoing *outgoing, const Lz__Item *item);

/*
 * Does what the requests of an item that is about to be stored ask for, takes their tokens off it,
 * and tells in *out what became of each.
 */
enum result asking_take(struct store *store, Lz__Item *item, Lz__Stored *out, struct err *err);

/* The item goes away, and what was asked of it. */
enum result asking_forget(struct backend_txn *txn, const char *item, struct err *err);

#endif
