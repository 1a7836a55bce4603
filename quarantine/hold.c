/*
 * Legal hold, and filing items anew where the rules have changed.
 */
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/strings.h"

/* ---- hold ---- */

static void mark(Lz__Item *item, const Lz__Hold *request, int64_t now_ms)
{
	if (request->lift)
		item->hold_ms = 0;
	else if (!item->hold_ms)
		item->hold_ms = now_ms;
	strings_set(&item->hold_by, request->lift ? "" : request->by);
	strings_set(&item->hold_why, request->lift ? "" : request->why);
}

static enum result change_hold(
        struct store *store, Lz__KeptItem *kept, const Lz__Hold *request, struct err *err)
{
	enum result result = item_unlist(store->txn, kept, err);

	if (result)
		return result;
	mark(kept->item, request, store->now_ms);
	return item_list(store->txn, kept, &store->options.rules, err);
}

/* What is held for others, too, would go for them as well. */
static enum result refuse_to_lift(struct store *store, const Lz__Hold *request, struct err *err)
{
	store->is_foreign = 1;
	return err_set(err, RESULT_NONE,
	        "item %s is for other domains, too: an administrator has to lift its hold",
	        request->id);
}

enum result store_hold(struct store *store, const Lz__Hold *request, Lz__Held *out, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result = store_load_item(store, request->id, &kept, err);

	if (result)
		return result;
	strings_set(&out->id, request->id);
	out->already = (kept->item->hold_ms != 0) == !request->lift;
	if (request->lift && !actor_owns(store->actor, kept->item))
		result = refuse_to_lift(store, request, err);
	else if (!out->already || !request->lift)
		result = change_hold(store, kept, request, err);
	message_free((ProtobufCMessage *)kept);
	return result;
}

/* ---- filing anew ---- */

enum { PIECE = 64, ROOM_EACH = 8192 };

int store_is_filed(const struct store *store)
{
	return store->is_filed;
}

static enum result refile_next(struct store *store, struct backend_key *key, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result = item_next(store->txn, key, &kept, err);

	if (result)
		return result;
	result = item_refile(store->txn, kept, &store->options.rules, 0, err);
	message_free((ProtobufCMessage *)kept);
	return result;
}

static enum result refile_some(struct store *store, struct backend_key *key, struct err *err)
{
	struct backend_key name = key_text("rules");
	enum result result = store_claim(store, PIECE * ROOM_EACH, store->options.reserve / 2, err);
	unsigned done;

	for (done = 0; !result && done < PIECE; done++)
		result = refile_next(store, key, err);
	if (result != RESULT_NONE)
		return result;
	result = number_put(
	        store->txn, TABLE_META, &name, rules_fingerprint(&store->options.rules), err);
	return result ? result : RESULT_NONE;
}

/* RESULT_NONE of a piece: that was all. */
enum result store_refile(struct store *store, int64_t now_ms, int *more, struct err *err)
{
	struct backend_key key = store->filed_to;
	enum result result = store_begin(store, now_ms, err);
	int is_end;

	*more = 0;
	if (result)
		return result;
	result = refile_some(store, &key, err);
	is_end = result == RESULT_NONE;
	if (result > RESULT_NONE) {
		store_abort(store);
		return result;
	}
	result = store_commit(store, err);
	if (result)
		return result;
	store->filed_to = key;
	store->is_filed = is_end;
	*more = !is_end;
	return RESULT_OK;
}
