/*
 * What the quarantine asks of the thing that keeps its bytes: some ordered tables, and transactions
 * that are on disk when commit says so. Everything that knows what an item is stands above this;
 * backend_lmdb.c is the embedded default, and a replicated engine may stand beside it.
 *
 * Nothing is lent across this line: what is read is copied into the caller's buffers, so no memory
 * of an engine ever leaves its file.
 *
 * One transaction at a time. Calls answer
 *   RESULT_OK
 *   RESULT_NONE       no such key
 *   RESULT_TEMPORARY  full, or out of something: abort, nothing has changed
 *   RESULT_PERMANENT  damaged, or refused
 *   RESULT_UNSURE     only commit: nobody knows whether it is on disk; the process must end and
 *                     look again
 */
#ifndef QUARANTINE_BACKEND_H
#define QUARANTINE_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* docs/STATES.md tells what is in each. */
#define BACKEND_TABLES(X)                                                                          \
	X(META, "meta")                   /* name → number */                                    \
	X(ITEMS, "items")                 /* item id → KeptItem */                               \
	X(BY_TIME, "by_time")             /* time, item id */                                      \
	X(BY_RECIPIENT, "by_recipient")   /* address, time, item id */                             \
	X(BY_SENDER, "by_sender")         /* address, time, item id */                             \
	X(BY_REASON, "by_reason")         /* reason, time, item id */                              \
	X(BY_TERM, "by_term")             /* kind and term, time, item id; see entries.h */        \
	X(MESSAGES, "by_message")         /* message id → KeptMessage */                         \
	X(PENDING, "pending")             /* time, message id: outcome still open */               \
	X(LONE, "lone")                   /* time, message id: no items (any more) */              \
	X(BLOBS, "blobs")                 /* SHA-256 → KeptBlob */                               \
	X(CHUNKS, "chunks")               /* SHA-256, number → bytes */                          \
	X(OUTBOX, "outbox")               /* outgoing id → Outgoing */                           \
	X(OUTBOX_DUE, "outbox_due")       /* time, outgoing id: due, or leased until then */       \
	X(OUTBOX_BY_ITEM, "outbox_items") /* item id, outgoing id */                               \
	X(GATHERED, "gathered")           /* outgoing id, outgoing id: told of in the first */     \
	X(ASKED, "asked")       /* item id, recipient → time: has asked for its release */       \
	X(GROUPS, "groups")     /* digest of what they share → KeptGroup */                      \
	X(PASSES, "passes")     /* time of its end, outgoing id → KeptPass */                    \
	X(DAYS, "days")         /* day, name → number */                                         \
	X(TALLY, "tally")       /* name → number: what there is now */                           \
	X(AUDIT, "audit")       /* number → AuditEntry; see audit.h */                           \
	X(EXPIRY, "expiry")     /* time, item id: when it may go */                                \
	X(USAGE, "usage")       /* kind and owner → bytes; see filing.h */                       \
	X(RANKS, "ranks")       /* kind and owner, class, time, item id */                         \
	X(ERASURES, "erasures") /* id, in the order of time → Erasure */

enum backend_table {
#define X(name, text) TABLE_##name,
	BACKEND_TABLES(X)
#undef X
	        TABLE_COUNT
};

enum { BACKEND_KEY_MAX = 511, BACKEND_NAME_ROOM = 64 };

/*
 * A value of a piece's size fills a page of 4 KiB but for the engine's own header of 16 bytes. So
 * whatever was freed fits whatever is stored: larger values need pages in a row, and where many
 * items of many sizes came and went there may be room enough and no such row.
 * Earlier versions kept values of a chunk's size, of 16 pages, which are read as they are.
 */
enum { BACKEND_PIECE = 4080, BACKEND_CHUNK = 65520 };

struct backend_key {
	size_t size;
	uint8_t bytes[BACKEND_KEY_MAX];
};

enum backend_mode { BACKEND_READ, BACKEND_WRITE };

enum backend_step {
	BACKEND_AT_LEAST, /* the key itself, or the next one */
	BACKEND_AFTER,
	BACKEND_BEFORE,
};

struct backend_space {
	uint64_t total_bytes; /* that it may grow to, and that its disk has room for */
	uint64_t used_bytes; /* pages in use as the transaction began; what deletes freed is free */
};

struct backend_options {
	const char *path; /* a folder, made if it is not there, mode 0700; files have 0600 */
	uint64_t size;    /* bytes it may grow to */
	int beside;       /* only to read, in a process of its own, while another one serves */
};

/* An engine's own structs begin with these. */
struct backend {
	const struct backend_engine *engine;
};
struct backend_txn {
	struct backend *backend;
};

struct backend_engine {
	const char *name;
	enum result (*open)(
	        const struct backend_options *options, struct backend **out, struct err *err);
	void (*close)(struct backend **backend);
	enum result (*begin)(struct backend *backend, enum backend_mode mode,
	        struct backend_txn **out, struct err *err);
	enum result (*commit)(struct backend_txn **txn, struct err *err); /* ends it either way */
	void (*abort)(struct backend_txn **txn);
	enum result (*get)(struct backend_txn *txn, enum backend_table table,
	        const struct backend_key *key, struct buf *out, struct err *err);
	enum result (*put)(struct backend_txn *txn, enum backend_table table,
	        const struct backend_key *key, const void *value, size_t size, struct err *err);
	enum result (*drop)(struct backend_txn *txn, enum backend_table table,
	        const struct backend_key *key, struct err *err);
	enum result (*step)(struct backend_txn *txn, enum backend_table table,
	        enum backend_step step, struct backend_key *key, struct buf *value,
	        struct err *err);
	enum result (*count)(struct backend_txn *txn, enum backend_table table, uint64_t *entries,
	        struct err *err);
	enum result (*space)(struct backend_txn *txn, struct backend_space *out, struct err *err);
	unsigned (*upkeep)(struct backend *backend);
	/* A copy of one moment into an empty folder, on disk when it returns, while others go on.
	 * It has no pages that are free. */
	enum result (*copy)(struct backend *backend, const char *folder, struct err *err);
	/* Puts the copy in `folder` in the place of what is at options->path, which is kept beside
	 * it under the name given to `kept` ("" where there was none). RESULT_PERMANENT: somebody
	 * has it open. Nothing may be open in this process. */
	enum result (*replace)(const struct backend_options *options, const char *folder,
	        char kept[BACKEND_NAME_ROOM], struct err *err);
};

extern const struct backend_engine backend_lmdb;

/* Replaces what is in `out`. */
static inline enum result backend_get(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, struct buf *out, struct err *err)
{
	return txn->backend->engine->get(txn, table, key, out, err);
}

/* Adds or replaces. */
static inline enum result backend_put(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, const void *value, size_t size, struct err *err)
{
	return txn->backend->engine->put(txn, table, key, value, size, err);
}

static inline enum result backend_drop(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, struct err *err)
{
	return txn->backend->engine->drop(txn, table, key, err);
}

/*
 * Moves `key` to its neighbour; `value` may be NULL. RESULT_NONE at either end. Each step finds its
 * place anew, so the table may change between two of them.
 */
static inline enum result backend_step(struct backend_txn *txn, enum backend_table table,
        enum backend_step step, struct backend_key *key, struct buf *value, struct err *err)
{
	return txn->backend->engine->step(txn, table, step, key, value, err);
}

/* How many entries a table has. */
static inline enum result backend_count(
        struct backend_txn *txn, enum backend_table table, uint64_t *entries, struct err *err)
{
	return txn->backend->engine->count(txn, table, entries, err);
}

static inline enum result backend_space(
        struct backend_txn *txn, struct backend_space *out, struct err *err)
{
	return txn->backend->engine->space(txn, out, err);
}

#endif
