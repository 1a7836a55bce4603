/*
 * From a request that was done, or refused, to the entry of the audit that tells of it. What a
 * message says in its fields `id`, `why`, `by` and in those that are yes or no is taken from there,
 * whatever message it is; an answer that is `already` tells that nothing was done.
 */
#ifndef QUARANTINE_DONE_H
#define QUARANTINE_DONE_H

#include "lib/wire/wire.h"
#include "quarantine/refusals.h"
#include "quarantine/requests.h"
#include "quarantine/store.h"

/* Inside the transaction that did it; `word` as rights_word() gives it. RESULT_TEMPORARY: there is
 * no room for it. */
enum result record_done(struct store *store, const char *word, const struct wire_message *message,
        const struct answer *answer, struct err *err);

/* Writes or counts it. */
enum result record_refused(struct store *store, struct refusals *refusals,
        const struct wire_message *message, const struct actor *actor, int64_t now_ms,
        struct err *err);

#endif
