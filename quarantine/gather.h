/*
 * Notices of which there are too many to send each by itself: they are gathered into one record of
 * the outbox that tells of them with their number. Three things gather:
 *
 *   a digest   all notices to a recipient that notifier.digest names, until its time
 *   a flood    notices to the administrator of one cause, beyond notifier.flood_after in a window
 *   a rate     notices of one kind to one address, beyond notifier.rate_per_address in an hour
 *
 * A notice is gathered when it would become due, so what is told of is confirmed. All of it happens
 * in that transaction. The record is added to until it is taken; then another one begins.
 */
#ifndef QUARANTINE_GATHER_H
#define QUARANTINE_GATHER_H

#include "lib/config/config.h"
#include "quarantine/outbox.h"

enum { GATHER_ENTRIES_MOST = 100, GATHER_FLOOD_ENTRIES_MOST = 20 };

/*
 * Counts a notice whose time has come, and gathers it where it is one too many: then
 * outgoing->into names the record that tells of it, and it is for the caller to save; else it goes
 * out by itself.
 */
enum result gather_notice(struct backend_txn *txn, const struct config_notifier *config,
        const Lz__Item *item, Lz__Outgoing *outgoing, int64_t now_ms, struct err *err);

/* Counts a mail to an address that no record gathers. RESULT_NONE: it is one too many. */
enum result gather_single(struct backend_txn *txn, const struct config_notifier *config,
        Lz__NoticeKind kind, const char *to, int64_t now_ms, struct err *err);

/* The item of a gathered notice goes away. A digest that has nothing left to tell goes, too. */
enum result gather_leave(struct backend_txn *txn, const Lz__Outgoing *outgoing, struct err *err);

/* Where the entry of a gathered notice stands in TABLE_GATHERED. */
struct backend_key gather_entry(const Lz__Outgoing *outgoing);

/* Adds the entries of a record that gathers, the first ones first. Of others nothing. */
enum result gather_fill(struct backend_txn *txn, Lz__Outgoing *outgoing, struct err *err);

/* Forgets the oldest record that is of no item, over, and from before `before_ms`. RESULT_NONE:
 * there is none. */
enum result gather_expire(struct backend_txn *txn, int64_t before_ms, struct err *err);

/* Forgets counts whose windows are over, among the next ones behind *from, which moves on and
 * begins anew at the end. */
enum result gather_sweep(struct backend_txn *txn, const struct config_notifier *config,
        struct backend_key *from, int64_t now_ms, struct err *err);

#endif
