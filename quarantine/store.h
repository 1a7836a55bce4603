/*
 * The quarantine itself: what may be asked of it, without sockets, clock or root.
 *
 * Changes happen between store_begin() and store_commit(); several may share one transaction. A
 * call that answers anything but RESULT_OK or RESULT_NONE may have changed half of what it was to
 * change: the transaction must be aborted then. Questions are asked while none is open, or in one,
 * and then see what it has changed.
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
#include "quarantine/actor.h"
#include "quarantine/backend.h"
#include "quarantine/rules.h"

struct store;

/* Told, once it is on disk, of each item that nobody deleted and that went all the same, or lost a
 * recipient to whose quota it was too much. `event`: expired, displaced or erased. */
typedef void store_gone(const char *message_id, const char *item, const char *event);

struct store_options {
	struct backend_options backend;
	store_gone *gone; /* NULL: nobody asks */
	uint64_t reserve; /* bytes kept free, so that deletes always work */
	uint64_t max_item_size;
	int64_t confirm_timeout_ms;
	struct rules rules;    /* how long what is kept, and how much of it; lends its lists */
	int compress_level;    /* of what is new; 0: it is not compressed */
	int64_t lease_ms;      /* of an outbox record, where the notifier names none */
	int64_t keep_audit_ms; /* age at which entries of the audit are trimmed; 0: never */
	int64_t pass_lifetime_ms;
	const uint8_t *pass_key; /* PASS_KEY_SIZE bytes, lent; NULL: passes are neither given nor
	                            redeemed */
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
int store_is_open(const struct store *store); /* between begin and commit */

/* Claims room for what is no store of mail: RESULT_TEMPORARY where that would reach into the half
 * of the reserve that is for deletes. */
enum result store_room(struct store *store, uint64_t bytes, struct err *err);

/* On whose behalf what follows is done, lent until the next call; NULL: the store's own. What an
 * actor may not see is to him as if it were not there; store_was_foreign() tells whether there was
 * such an item since. */
void store_as(struct store *store, const struct actor *actor);
int store_was_foreign(const struct store *store);

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

/* The same of one part, in a mail that carries it (quarantine/parcel.h); lent. */
struct parcel;
enum result store_release_part(struct store *store, const Lz__Release *request,
        const struct parcel *parcel, Lz__Released *out, struct err *err);
/* Gives the release a pass. RESULT_NONE: no such record. RESULT_PERMANENT: it is no release of a
 * whole message that a notifier has, or there is no key. */
enum result store_pass(
        struct store *store, const Lz__PassRequest *request, Lz__PassGiven *out, struct err *err);
enum result store_delete(struct store *store, const Lz__Delete *request, struct err *err);
/* Puts an item under legal hold, or lifts it: until then it neither goes by itself nor is it
 * removed by anybody. */
enum result store_hold(
        struct store *store, const Lz__Hold *request, Lz__Held *out, struct err *err);
/* Takes a person out of all that is kept, a bounded piece at a time: asked with what the former
 * answer said until out->next is empty. What is under hold stays and is named; what the MTA has in
 * its hands stays and is counted. Asked from the beginning again it goes on with the record of
 * what was left off. */
enum result store_erase(
        struct store *store, const Lz__Erase *request, Lz__Erased *out, struct err *err);
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

/* Where the rules are not those by which all items were filed, these are gone through, so many at a
 * time. An interruption begins anew. *more as above. */
int store_is_filed(const struct store *store);
enum result store_refile(struct store *store, int64_t now_ms, int *more, struct err *err);

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
/* That persons were erased, newest first. */
enum result store_list_erasures(
        struct store *store, const Lz__ListErasures *request, Lz__Erasures *out, struct err *err);
/* What recipients and domains have of their quotas; nobody where there is no quota. */
enum result store_list_usage(
        struct store *store, const Lz__ListUsage *request, Lz__Usage *out, struct err *err);
/* Adds the bytes to `bytes`. */
enum result store_fetch(struct store *store, const Lz__Fetch *request, Lz__Fetched *out,
        struct buf *bytes, struct err *err);
enum result store_stats(
        struct store *store, const Lz__StatsRequest *request, Lz__Stats *out, struct err *err);

enum result store_space(struct store *store, struct backend_space *out, struct err *err);

/* What somebody should do something about while there is time, or must, as mail is deferred. */
enum store_alarm { ALARM_NONE, ALARM_NEARLY_FULL, ALARM_FULL };
enum store_alarm store_alarm(const struct backend_space *space, uint64_t reserve);

/* Reads back the bytes of these items and compares them with their digests. */
enum result store_check(struct store *store, char *const *ids, size_t count, struct err *err);

/* ---- everything ---- */

struct store_report {
	void (*tell)(const struct store_report *report); /* now and then; NULL: nobody asks */
	uint64_t items, blobs, chunks, bytes, outgoing, messages;
	uint64_t audited;   /* number of the audit's last entry */
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
