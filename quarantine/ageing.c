/*
 * What time does to the store, a bounded piece in a transaction of its own each: messages that
 * nobody confirmed are settled, what is old goes, and what an older qstore left is indexed.
 */
#include "quarantine/gather.h"
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/letter.h"
#include "quarantine/outbox.h"
#include "quarantine/pass.h"
#include "quarantine/quota.h"
#include "quarantine/tally.h"

enum {
	PIECE = 64,
	INDEX_PIECE = 256,
	INDEX_ROOM = 4096,
	EXPIRE_AGAIN_MS = 10 * 60 * 1000,
	LONE_KEEP_MS = 10 * 24 * 3600 * 1000,
	DAYS_KEPT = 400
};

static enum result settle_one(struct store *store, const char *message_id, struct err *err)
{
	Lz__KeptMessage *letter;
	Lz__KeptItem *kept;
	enum result result = letter_load(store->txn, message_id, &letter, err);
	size_t at;

	if (result)
		return result;
	for (at = 0; !result && at < letter->n_items; at++) {
		result = item_load(store->txn, letter->items[at], &kept, err);
		if (result)
			break;
		result = item_move(store->txn, kept, ITEM_TIMEOUT, err);
		if (!result)
			result = outbox_wake(store->txn, kept->item, store->options.notifier,
			        OUTGOING_TIMEOUT, store->now_ms, err);
		message_free((ProtobufCMessage *)kept);
	}
	if (!result)
		result = letter_save(store->txn, message_id, letter, 0, store->now_ms, err);
	message_free((ProtobufCMessage *)letter);
	return result ? result
	              : tally_day(store->txn, store->now_ms, "quarantine.unconfirmed", 1, err);
}

/* Every piece of work by time: `step` does one thing, RESULT_NONE says there is nothing (more). */
static enum result do_piece(struct store *store, int64_t now_ms,
        enum result (*step)(struct store *store, struct err *err), int *more, struct err *err)
{
	enum result result = store_begin(store, now_ms, err);
	unsigned done = 0;

	*more = 0;
	while (!result && done < PIECE) {
		result = step(store, err);
		done += !result;
	}
	if (result > RESULT_NONE || !done) {
		store_abort(store);
		return result == RESULT_NONE ? RESULT_OK : result;
	}
	*more = !result;
	return store_commit(store, err);
}

static enum result settle_next(struct store *store, struct err *err)
{
	char id[129];
	enum result result = letter_oldest(store->txn, TABLE_PENDING,
	        store->now_ms - store->options.confirm_timeout_ms, id, err);

	if (result)
		return result;
	result = settle_one(store, id, err);
	return result == RESULT_NONE
	               ? err_set(err, RESULT_PERMANENT, "message %s names an item that is gone", id)
	               : result;
}

enum result store_settle(struct store *store, int64_t now_ms, int *more, struct err *err)
{
	return do_piece(store, now_ms, settle_next, more, err);
}

/* An item that is still being released, or whose message is open, is passed over. */
enum result store_may_go(struct store *store, const Lz__KeptItem *kept, struct err *err)
{
	struct outgoing_list list;
	enum result result;
	size_t at;

	if (kept->item->state == LZ__ITEM_STATE__PENDING)
		return RESULT_NONE;
	result = outbox_of(store->txn, kept->item->id, &list, err);
	for (at = 0; !result && at < list.count; at++)
		if (outgoing_is_open_release(list.list[at]))
			result = RESULT_NONE;
	outgoing_list_free(&list);
	return result;
}

/* What may not go yet is looked at again later, so that it never stands in the way of others. */
static enum result expire_one(struct store *store, const char *id, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result = item_load_listed(store->txn, id, &kept, err);

	if (result)
		return result;
	result = item_refile(store->txn, kept, &store->options.rules, 0, err);
	if (!result && kept->expire_ms && kept->expire_ms < store->now_ms) {
		result = store_may_go(store, kept, err);
		if (!result)
			result = store_remove_item(store, kept, ITEM_EXPIRE, err);
		else if (result == RESULT_NONE)
			result = item_refile(store->txn, kept, &store->options.rules,
			        store->now_ms + EXPIRE_AGAIN_MS, err);
	}
	message_free((ProtobufCMessage *)kept);
	return result;
}

static enum result expire_item(struct store *store, struct err *err)
{
	struct backend_key key = key_bytes("", 1);
	int64_t expire_ms;
	char id[129];
	enum result result =
	        backend_step(store->txn, TABLE_EXPIRY, BACKEND_AT_LEAST, &key, NULL, err);

	if (result)
		return result;
	if (!key_read_time(&key, 0, &expire_ms, id))
		return err_set(err, RESULT_PERMANENT, "a damaged entry by time");
	return expire_ms < store->now_ms ? expire_one(store, id, err) : RESULT_NONE;
}

/* A message that nothing is kept of is remembered longer than any MTA tries. */
static enum result expire_lone(struct store *store, struct err *err)
{
	char id[129];
	enum result result =
	        letter_oldest(store->txn, TABLE_LONE, store->now_ms - LONE_KEEP_MS, id, err);

	return result ? result : letter_forget(store->txn, id, err);
}

static enum result expire_next(struct store *store, struct err *err)
{
	enum result result = expire_item(store, err);

	if (result == RESULT_NONE && store->options.rules.keep_ms > 0)
		result = gather_expire(
		        store->txn, store->now_ms - store->options.rules.keep_ms, err);
	if (result == RESULT_NONE)
		result = expire_lone(store, err);
	if (result == RESULT_NONE)
		result = pass_expire(store->txn, store->now_ms, err);
	return result == RESULT_NONE ? quota_sweep(store, err) : result;
}

enum result store_expire(struct store *store, int64_t now_ms, int *more, struct err *err)
{
	enum result result = do_piece(store, now_ms, expire_next, more, err);

	if (!result)
		result = store_begin(store, now_ms, err);
	if (result)
		return result;
	result = tally_forget(
	        store->txn, now_ms - (int64_t)DAYS_KEPT * 24 * 3600 * 1000, PIECE, err);
	if (!result && store->options.notifier)
		result = gather_sweep(
		        store->txn, store->options.notifier, &store->swept_to, now_ms, err);
	if (result) {
		store_abort(store);
		return result;
	}
	return store_commit(store, err);
}

/* ---- the index of terms, where it was not kept from the beginning ---- */

int store_is_indexed(const struct store *store)
{
	return store->is_indexed;
}

static enum result index_next(struct store *store, struct backend_key *key, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result = item_next(store->txn, key, &kept, err);

	if (result)
		return result;
	result = item_index_terms(store->txn, kept->item, err);
	message_free((ProtobufCMessage *)kept);
	return result;
}

enum result store_index(struct store *store, int64_t now_ms, uint64_t *count, struct err *err)
{
	struct backend_key key = store->indexed_to, terms = key_text("terms");
	enum result result = store_begin(store, now_ms, err);
	unsigned done = 0;
	int is_end;

	/* What is kept free for deletes is not for this. */
	if (!result)
		result = store_claim(store, INDEX_PIECE * INDEX_ROOM, store->options.reserve, err);
	while (!result && done < INDEX_PIECE) {
		result = index_next(store, &key, err);
		done += !result;
	}
	is_end = result == RESULT_NONE;
	if (is_end)
		result = number_put(store->txn, TABLE_META, &terms, 1, err);
	if (!result)
		result = store_commit(store, err);
	else
		store_abort(store);
	if (result)
		return result;
	store->indexed_to = key;
	store->indexed_count += done;
	store->is_indexed = is_end;
	*count = store->indexed_count;
	return RESULT_OK;
}
