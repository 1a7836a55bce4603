/*
 * The quarantine itself: what may be asked of it, without sockets, clock or root.
 *
 * Changes happen between store_begin() and store_commit(); several may share one transaction. A
 * call that answers anything but RESULT_OK or RESULT_NONE may have changed half of what it was to
 * change: the transaction must be aborted then. Questions are asked while none is open.
 *
 * Requests are lent. Answers are generated messages, initialised by the caller, filled here with
 * malloc'ed memory, and freed with message_free(). Their contents have passed protos/check.c; what
 * becomes a key is checked here again.
 */
#ifndef QUARANTINE_STORE_H
#define QUARANTINE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/config/config.h"
#include "lib/crypto/seal.h"
#include "protos/messages.h"
#include "quarantine/backend.h"

struct store;

struct store_options {
	struct backend_options backend;
	uint64_t reserve; /* bytes kept free, so that deletes always work */
	uint64_t max_item_size;
	int64_t confirm_timeout_ms;
	int64_t keep_ms;  /* age at which items expire; 0: never */
	int64_t lease_ms; /* of an outbox record, where the notifier names none */
	const struct config_notifier *notifier; /* NULL: every notice goes out by itself */
	const char *admin;                      /* who is asked for releases; NULL: nobody */
	const struct seal_key *key;             /* of tokens; NULL: nobody may ask by mail */
};

/* RESULT_PERMANENT: another process has it, or it has another schema, or the folder is wrong. With
 * options->backend.beside nothing may be changed, and another process may have it. */
enum result store_open(const struct backend_engine *engine, const struct store_options *options,
        struct store **out, struct err *err);
void store_close(struct store **store);

enum result store_begin(struct store *store, int64_t now_ms, struct err *err);
/* RESULT_UNSURE: end the process and look again; see backend.h. */
enum result store_commit(struct store *store, struct err *err);
void store_abort(struct store *store);

/* ---- changes ---- */

/*
 * Keeps the items of a message and the bytes they name. An item that is there already stays as it
 * is. Without items only what is known of the message is answered. RESULT_TEMPORARY: "quarantine is
 * full". Answer RESULT_OK to nobody before store_check() has read it back.
 */
enum result store_put(struct store *store, const Lz__Store *request, const void *body, size_t size,
        Lz__Stored *out, struct err *err);

/* Merges the deliveries. With `complete` the items are held and their notices due. */
enum result store_confirm(struct store *store, const Lz__Confirm *request, struct err *err);

/* RESULT_NONE: no such item, or its original was not kept. */
enum result store_release(
        struct store *store, const Lz__Release *request, Lz__Released *out, struct err *err);
enum result store_delete(struct store *store, const Lz__Delete *request, struct err *err);
enum result store_count(struct store *store, const Lz__Count *request, struct err *err);
enum result store_take(
        struct store *store, const Lz__Take *request, Lz__Taken *out, struct err *err);
enum result store_finish(struct store *store, const Lz__Finish *request, struct err *err);
/* What a person does to records of the outbox: a bounded piece of all. RESULT_NONE: no such record,
 * or it is in no state for that. */
enum result store_amend(
        struct store *store, const Lz__Amend *request, Lz__Amended *out, struct err *err);

/* ---- what time does; each call is a transaction of its own and does a bounded piece ---- */

/* *more is set where there is more to do at once. */
enum result store_settle(struct store *store, int64_t now_ms, int *more, struct err *err);
enum result store_expire(struct store *store, int64_t now_ms, int *more, struct err *err);
unsigned store_upkeep(struct store *store);

/* A store from before there was an index of terms gets it, so many items at a time; questions are
 * answered meanwhile, slower. An interruption begins anew. *count is of all so far.
 * RESULT_TEMPORARY: there is no room beside the reserve. */
int store_is_indexed(const struct store *store);
enum result store_index(struct store *store, int64_t now_ms, uint64_t *count, struct err *err);

/* ---- questions ---- */

/* Newest first. May answer fewer than asked for, or none, with a cursor to go on from: so much work
 * is done for one answer and no more. A cursor stays good while items come and go.
 * RESULT_PERMANENT: no cursor, no word where words are needed, or too many. */
enum result store_list(
        struct store *store, const Lz__List *request, Lz__Items *out, struct err *err);
enum result store_show(
        struct store *store, const Lz__Show *request, Lz__Shown *out, struct err *err);
/* Of the newest items first; nothing is leased. May answer fewer than asked for, or none, with a
 * cursor to go on from, and more where an item has so many. RESULT_NONE: no record of that id. */
enum result store_list_outbox(
        struct store *store, const Lz__ListOutbox *request, Lz__Outbox *out, struct err *err);
/* Adds the bytes to `bytes`. */
enum result store_fetch(struct store *store, const Lz__Fetch *request, Lz__Fetched *out,
        struct buf *bytes, struct err *err);
enum result store_stats(
        struct store *store, const Lz__StatsRequest *request, Lz__Stats *out, struct err *err);

enum result store_space(struct store *store, struct backend_space *out, struct err *err);

/* Reads back the bytes of these items and compares them with their digests. */
enum result store_check(struct store *store, char *const *ids, size_t count, struct err *err);

/* ---- everything ---- */

struct store_report {
	void (*tell)(const struct store_report *report); /* now and then; NULL: nobody asks */
	uint64_t items, blobs, chunks, bytes, outgoing, messages;
	uint64_t looked_at; /* records so far */
	uint64_t problems;
	struct err first; /* the first problem */
};

/* A copy of one moment, in an empty folder, while the store is in use. */
enum result store_copy(struct store *store, const char *folder, struct err *err);

/* Walks all of it: every digest, reference, index entry, state and tally against the others. Only
 * out->tell is read before. */
enum result store_verify(struct store *store, struct store_report *out, struct err *err);

#endif
