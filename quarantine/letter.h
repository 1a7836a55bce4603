/*
 * What is known of a message: its items, whom it was delivered to, and whether its outcome is
 * settled. The record outlives the items for a while, so that a late second run of the same message
 * finds what the first one did.
 */
#ifndef QUARANTINE_LETTER_H
#define QUARANTINE_LETTER_H

#include <stdint.h>

#include "quarantine/backend.h"
#include "quarantine/record.h"

/* Gives the record, an empty one where nothing is known. */
enum result letter_load(
        struct backend_txn *txn, const char *message_id, Lz__KeptMessage **out, struct err *err);

/*
 * Saves it. `pending_ms`: since when its outcome has been open without a sign of life, 0 where it
 * is settled. A record without items is remembered from `now_ms` on.
 */
enum result letter_save(struct backend_txn *txn, const char *message_id, Lz__KeptMessage *record,
        int64_t pending_ms, int64_t now_ms, struct err *err);

/* Takes an item off its message. */
enum result letter_drop_item(struct backend_txn *txn, const char *message_id, const char *item,
        int64_t now_ms, struct err *err);

/* The longest waiting message in a table (TABLE_PENDING or TABLE_LONE) that has been there since
 * before `before_ms`; RESULT_NONE: there is none. */
enum result letter_oldest(struct backend_txn *txn, enum backend_table table, int64_t before_ms,
        char message_id[129], struct err *err);

/* Forgets a message without items. */
enum result letter_forget(struct backend_txn *txn, const char *message_id, struct err *err);

#endif
