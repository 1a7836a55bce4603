/*
 * Items: the record, its entries in every index, the blobs it holds, and its state.
 */
#ifndef QUARANTINE_ITEM_H
#define QUARANTINE_ITEM_H

#include <stdint.h>

#include "quarantine/backend.h"
#include "quarantine/blob.h"
#include "quarantine/record.h"
#include "quarantine/rules.h"
#include "quarantine/states.h"

/* The ids that may become keys: 1 to 64 letters and digits. RESULT_PERMANENT: it is not one. */
enum result item_check_id(const char *id, struct err *err);

/* Gives the record; RESULT_NONE: there is none. */
enum result item_load(struct backend_txn *txn, const char *id, Lz__KeptItem **out, struct err *err);
/* The same of an item that an index names: that there is none is damage, RESULT_PERMANENT. */
enum result item_load_listed(
        struct backend_txn *txn, const char *id, Lz__KeptItem **out, struct err *err);
/* The one behind the key, which moves there; key_bytes("", 1) is before the first. RESULT_NONE:
 * that was the last. */
enum result item_next(
        struct backend_txn *txn, struct backend_key *key, Lz__KeptItem **out, struct err *err);

/* Stores a new item and its bytes, pending. The rules say where it is filed; `pack` as for
 * blob_put(). */
enum result item_add(struct backend_txn *txn, const Lz__Item *item, const void *body, uint64_t size,
        int64_t now_ms, const struct rules *rules, struct pack *pack, struct err *err);

/* The message has come again: bytes of the item that were damaged meanwhile are written anew. */
enum result item_mend(struct backend_txn *txn, const Lz__KeptItem *kept, const void *body,
        uint64_t size, struct err *err);

/* Moves it to its next state and saves the whole record. */
enum result item_move(
        struct backend_txn *txn, Lz__KeptItem *kept, enum item_event event, struct err *err);

/* Lets go of its bytes and removes it from every index; `event` says why. RESULT_PERMANENT: it is
 * under legal hold. */
enum result item_remove(
        struct backend_txn *txn, const Lz__KeptItem *kept, enum item_event event, struct err *err);

/* Around a change of what its entries are made of: takes it out of every index, and enters it again
 * and saves it, filed as the rules say now. */
enum result item_unlist(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err);
enum result item_list(
        struct backend_txn *txn, Lz__KeptItem *kept, const struct rules *rules, struct err *err);

/* Files it where the rules, or `expire_ms` where that is not 0, say, and saves it; nothing is
 * written where it stands there already. */
enum result item_refile(struct backend_txn *txn, Lz__KeptItem *kept, const struct rules *rules,
        int64_t expire_ms, struct err *err);

/* Adds its entries to the index of terms, where they are missing. */
/* A recipient asks for its release: that is known until item_settle_request(). Saves it. */
enum result item_request(
        struct backend_txn *txn, Lz__KeptItem *kept, const char *by, struct err *err);
/* Those of `to` ask no more, or nobody where there are none. To be saved by the caller. */
enum result item_settle_request(struct backend_txn *txn, Lz__KeptItem *kept, char *const *to,
        size_t count, struct err *err);

enum result item_index_terms(struct backend_txn *txn, const Lz__Item *item, struct err *err);

/* The range of the original that the n-th part is; part 0 is the whole of it. RESULT_NONE: there is
 * no such part, or it was not kept. */
enum result item_range(const Lz__KeptItem *kept, uint32_t part, uint64_t *offset, uint64_t *length,
        struct err *err);

/* Adds at most `limit` bytes of a range of the original. The range was kept. */
enum result item_read(struct backend_txn *txn, const Lz__KeptItem *kept, uint64_t offset,
        uint64_t length, struct buf *out, struct err *err);

/* Reads all of its bytes and compares. */
enum result item_check(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err);

enum result item_segment_name(const Lz__KeptSegment *segment, struct digest *out, struct err *err);

#endif
