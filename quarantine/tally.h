/*
 * Numbers that are kept as things change, in the transaction that changes them: what there is now
 * ("items.held", "blobs"), and what happened on each day.
 */
#ifndef QUARANTINE_TALLY_H
#define QUARANTINE_TALLY_H

#include <stdint.h>

#include "protos/messages.h"
#include "quarantine/backend.h"

enum { TALLY_NAME_MAX = 64, TALLY_NAMES_A_DAY = 1000 };

/* Adds to what there is now. A sum below zero is damage: RESULT_PERMANENT. */
enum result tally_add(struct backend_txn *txn, const char *name, int64_t change, struct err *err);

/* The same for "<group>.<name>". */
enum result tally_add_in(struct backend_txn *txn, const char *group, const char *name,
        int64_t change, struct err *err);

/* Adds to a counter of the day (UTC) that `now_ms` is in. RESULT_PERMANENT: the name is too long,
 * has other characters than a-z 0-9 . _ -, or is one too many for this day. */
enum result tally_day(
        struct backend_txn *txn, int64_t now_ms, const char *name, uint64_t count, struct err *err);

/* Fills `out` (initialised): the last `days` days that have counters, newest first, and what there
 * is now. */
enum result tally_read(struct backend_txn *txn, uint32_t days, Lz__Stats *out, struct err *err);

/* Forgets at most `most` counters of days before that of `before_ms`. */
enum result tally_forget(
        struct backend_txn *txn, int64_t before_ms, unsigned most, struct err *err);

/* Adds a counter to a list that message_free() will free. */
void tally_list_add(Lz__Counter ***list, size_t *count, const char *name, uint64_t value);

#endif
