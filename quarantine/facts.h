/*
 * What the store itself writes into the audit, as only it knows that it was done.
 */
#ifndef QUARANTINE_FACTS_H
#define QUARANTINE_FACTS_H

#include "quarantine/states.h"
#include "quarantine/store.h"

/* Each inside the transaction that does it. */
enum result fact_stored(struct store *store, const Lz__Item *item, struct err *err);

/* An item that went by itself, or with all of a person's mail. */
enum result fact_removed(
        struct store *store, const char *item, enum item_event event, struct err *err);
/* A recipient asked by mail for its release, which is `release`; "": an administrator was asked. */
enum result fact_asked(struct store *store, const char *item, const char *release, struct err *err);
enum result fact_carried(struct store *store, const Lz__Outgoing *outgoing, struct err *err);
/* `outgoing` as it was before. */
enum result fact_finished(struct store *store, const Lz__Outgoing *outgoing,
        const Lz__Finish *request, struct err *err);

#endif
