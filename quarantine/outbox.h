/*
 * The outbox: notices and releases, each a record with an id made from what it is for, so that
 * asking twice adds nothing. A notifier takes what is due under a lease and says what became of it.
 */
#ifndef QUARANTINE_OUTBOX_H
#define QUARANTINE_OUTBOX_H

#include <stdint.h>

#include "lib/config/config.h"
#include "lib/crypto/digest.h"
#include "quarantine/backend.h"
#include "quarantine/parcel.h"
#include "quarantine/record.h"
#include "quarantine/states.h"

struct outgoing_list {
	size_t count;
	Lz__Outgoing **list;
};
void outgoing_list_free(struct outgoing_list *list);

/* The notices of a new item, waiting. */
enum result outbox_add_notices(struct backend_txn *txn, const Lz__Item *item, struct err *err);

/* Those that wait become due, or are gathered (gather.h; not without a configuration); `event` is
 * confirm or timeout. */
enum result outbox_wake(struct backend_txn *txn, const Lz__Item *item,
        const struct config_notifier *config, enum outgoing_event event, int64_t now_ms,
        struct err *err);

/*
 * Adds a release of `item` that is due now. Fills out->outgoing, and out->already where the same
 * one (item, part and its packing, recipients in any order, `serial`) is there. With
 * request->only_ask nothing is added. `parcel` is what carries a part; NULL: the message itself.
 */
enum result outbox_release(struct backend_txn *txn, const Lz__Item *item,
        const Lz__Release *request, uint32_t serial, const struct parcel *parcel, int64_t now_ms,
        Lz__Released *out, struct err *err);

/* Everything for one item; to be freed with outgoing_list_free(). */
enum result outbox_of(
        struct backend_txn *txn, const char *item, struct outgoing_list *out, struct err *err);

/* One, to be freed with message_free(). RESULT_NONE: there is no such record. */
enum result outbox_get(
        struct backend_txn *txn, const char *id, Lz__Outgoing **out, struct err *err);

/* Leases up to `limit` records that are due, or whose lease has ended. Adds them to *out. */
enum result outbox_take(struct backend_txn *txn, uint32_t limit, int64_t lease_ms, int64_t now_ms,
        struct outgoing_list *out, struct err *err);

/* What became of one. RESULT_NONE: there is no such record (its item was deleted). Fills *kind. */
enum result outbox_finish(struct backend_txn *txn, const Lz__Finish *request, int64_t now_ms,
        Lz__NoticeKind *kind, struct err *err);

/* Of a record that outbox_get() or outbox_of() gave: its addressees or texts have changed, or it
 * goes.
 */
enum result outbox_save(struct backend_txn *txn, const Lz__Outgoing *outgoing, struct err *err);
enum result outbox_drop(struct backend_txn *txn, Lz__Outgoing *outgoing, struct err *err);

enum result outbox_remove(struct backend_txn *txn, const char *item, struct err *err);

/* "release=<id> attempt=<n>", or "notice=…", for the audit. */
void outbox_word(const Lz__Outgoing *outgoing, char *out, size_t room);
/* The one function that changes a record's state, with all that hangs on it, and saves it. An event
 * that the state has no move for is RESULT_PERMANENT and changes nothing. */
enum result outbox_move(struct backend_txn *txn, Lz__Outgoing *outgoing, enum outgoing_event event,
        int64_t next_ms, struct err *err);

/* An id for a record of no item: they are in the order of the times at which they began. */
void outbox_timed_id(int64_t now_ms, const struct digest *salt, char id[17]);

/* True for a release that is still to be delivered. */
int outgoing_is_open_release(const Lz__Outgoing *outgoing);

/* True where the record stands in TABLE_OUTBOX_DUE. */
int outgoing_is_timed(const Lz__Outgoing *outgoing);

#endif
