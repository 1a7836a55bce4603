/*
 * What is asked of the store for items that are there: by people, releases, deletes and passes; by
 * the notifier, what goes out.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/asking.h"
#include "quarantine/facts.h"
#include "quarantine/gather.h"
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/letter.h"
#include "quarantine/outbox.h"
#include "quarantine/pass.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum { TAKE_MAX = 100, LEASE_MAX_MS = 3600 * 1000 };

/* ---- what people do ---- */

enum result store_load_item(
        struct store *store, const char *id, Lz__KeptItem **kept, struct err *err)
{
	enum result result = item_check_id(id, err);

	if (!result)
		result = item_load(store->txn, id, kept, err);
	if (!result && !store_may_see(store, (*kept)->item)) {
		message_free((ProtobufCMessage *)*kept);
		result = RESULT_NONE;
	}
	return result == RESULT_NONE ? store_no_item(store, id, err) : result;
}

static enum result release_item(struct store *store, const Lz__Release *request,
        const struct parcel *parcel, Lz__KeptItem *kept, Lz__Released *out, struct err *err)
{
	uint64_t offset, length, need = STORE_ITEM_OVERHEAD + (parcel ? parcel->size : 0);
	enum result result = item_range(kept, request->part, &offset, &length, err);

	if (!result && !request->only_ask)
		result = store_claim(store, need, store->options.reserve / 2, err);
	if (!result)
		result = outbox_release(store->txn, kept->item, request,
		        request->again ? kept->releases + 1 : kept->releases, parcel, store->now_ms,
		        out, err);
	if (result || out->already || request->only_ask)
		return result;
	kept->releases += request->again != 0;
	kept->item->released_ms = store->now_ms;
	result = item_settle_request(store->txn, kept, request->to, request->n_to, err);
	if (result)
		return result;
	result = item_move(store->txn, kept, ITEM_RELEASE, err);
	return result ? result
	              : tally_day(store->txn, store->now_ms, "quarantine.released", 1, err);
}

enum result store_release_part(struct store *store, const Lz__Release *request,
        const struct parcel *parcel, Lz__Released *out, struct err *err)
{
	Lz__Release limited;
	Lz__KeptItem *kept;
	enum result result = store_load_item(store, request->id, &kept, err);

	if (result)
		return result;
	strings_set(&out->id, request->id);
	limited = *request;
	limited.to = NULL;
	result = store_limit_release(store, kept->item, request, &limited, err);
	if (!result)
		result = release_item(
		        store, limited.to ? &limited : request, parcel, kept, out, err);
	free(limited.to);
	message_free((ProtobufCMessage *)kept);
	return result;
}

enum result store_release(
        struct store *store, const Lz__Release *request, Lz__Released *out, struct err *err)
{
	return store_release_part(store, request, NULL, out, err);
}

static int may_have_pass(const Lz__Outgoing *outgoing)
{
	return outgoing_is_open_release(outgoing) && !outgoing->part;
}

enum result store_pass(
        struct store *store, const Lz__PassRequest *request, Lz__PassGiven *out, struct err *err)
{
	char text[PASS_TEXT_ROOM];
	Lz__Outgoing *outgoing;
	enum result result = item_check_id(request->outgoing, err);

	if (!store->options.pass_key)
		return err_set(err, RESULT_PERMANENT, "this quarantine gives no passes");
	if (!result)
		result = outbox_get(store->txn, request->outgoing, &outgoing, err);
	if (result)
		return result;
	if (may_have_pass(outgoing))
		result = pass_give(store->txn, store->options.pass_key, outgoing, request->sha256,
		        store->now_ms, store->options.pass_lifetime_ms, text, err);
	else
		result = err_set(err, RESULT_PERMANENT, "no release of a message in hand");
	if (!result)
		result = outbox_save(store->txn, outgoing, err);
	if (!result) {
		strings_set(&out->outgoing, outgoing->id);
		strings_set(&out->text, text);
	}
	message_free((ProtobufCMessage *)outgoing);
	return result;
}

/* What is counted each day; behind the dot, what the log says. */
static const char *counter_of(enum item_event event)
{
	switch (event) {
	case ITEM_EXPIRE:
		return "quarantine.expired";
	case ITEM_DISPLACE:
		return "quarantine.displaced";
	case ITEM_ERASE:
		return "quarantine.erased";
	default:
		return "quarantine.deleted";
	}
}

/* What was deleted is told by who answers that. */
void store_note_gone(struct store *store, const Lz__Item *item, enum item_event event)
{
	const char *name = strchr(counter_of(event), '.') + 1;

	if (event == ITEM_DELETE)
		return;
	buf_add(&store->gone, item->message_id, strlen(item->message_id) + 1);
	buf_add(&store->gone, item->id, strlen(item->id) + 1);
	buf_add(&store->gone, name, strlen(name) + 1);
}

enum result store_remove_item(
        struct store *store, const Lz__KeptItem *kept, enum item_event event, struct err *err)
{
	const Lz__Item *item = kept->item;
	enum result result = item_remove(store->txn, kept, event, err);

	store_note_gone(store, item, event);
	if (!result)
		result = outbox_remove(store->txn, item->id, err);
	if (!result)
		result = asking_forget(store->txn, item->id, err);
	if (!result)
		result = letter_drop_item(
		        store->txn, item->message_id, item->id, store->now_ms, err);
	if (!result && event != ITEM_DELETE) /* which is in the audit as it was asked for */
		result = fact_removed(store, item->id, event, err);
	return result ? result : tally_day(store->txn, store->now_ms, counter_of(event), 1, err);
}

enum result store_delete(struct store *store, const Lz__Delete *request, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result = store_load_item(store, request->id, &kept, err);

	if (result)
		return result;
	if (actor_owns(store->actor, kept->item)) {
		result = store_remove_item(store, kept, ITEM_DELETE, err);
	} else {
		store->is_foreign = 1;
		result = err_set(err, RESULT_NONE,
		        "item %s is for other domains, too: an administrator has to delete it",
		        request->id);
	}
	message_free((ProtobufCMessage *)kept);
	return result;
}

enum result store_count(struct store *store, const Lz__Count *request, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	for (at = 0; !result && at < request->n_counters; at++)
		result = tally_day(store->txn, store->now_ms, request->counters[at]->name,
		        request->counters[at]->value, err);
	return result;
}

/* ---- the notifier ---- */

/* What whoever makes a mail of it needs. */
static enum result complete_record(
        struct store *store, Lz__Outgoing *outgoing, Lz__Taken *out, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result;

	if (!*outgoing->item) {
		result = gather_fill(store->txn, outgoing, err);
		asking_add_token(store, outgoing, NULL);
		return result;
	}
	result = item_load(store->txn, outgoing->item, &kept, err);
	if (result)
		return result;
	asking_add_token(store, outgoing, kept->item);
	out->items[out->n_items++] = kept->item;
	kept->item = NULL;
	message_free((ProtobufCMessage *)kept);
	return RESULT_OK;
}

enum result store_take(
        struct store *store, const Lz__Take *request, Lz__Taken *out, struct err *err)
{
	int64_t lease_ms = store->options.lease_ms;
	uint32_t limit = request->limit && request->limit < TAKE_MAX ? request->limit : TAKE_MAX;
	struct outgoing_list list = {0};
	enum result result;
	size_t at;

	if (request->lease_ms)
		lease_ms = request->lease_ms < LEASE_MAX_MS ? (int64_t)request->lease_ms
		                                            : LEASE_MAX_MS;
	result = outbox_take(
	        store->txn, limit, lease_ms > 0 ? lease_ms : 1, store->now_ms, &list, err);
	out->outbox = list.list;
	out->n_outbox = list.count;
	out->items = alloc_zero(list.count, sizeof(*out->items));
	for (at = 0; !result && at < list.count; at++) {
		result = complete_record(store, list.list[at], out, err);
		if (!result)
			result = fact_carried(store, list.list[at], err);
	}
	return result == RESULT_NONE
	               ? err_set(err, RESULT_PERMANENT, "an outbox record without its item")
	               : result;
}

static enum result finish(struct store *store, const Lz__Finish *request, struct err *err)
{
	Lz__Outgoing *before;
	Lz__NoticeKind kind;
	enum result result = outbox_get(store->txn, request->id, &before, err);

	if (result)
		return result;
	result = outbox_finish(store->txn, request, store->now_ms, &kind, err);
	if (!result && (request->done || request->dead))
		result = fact_finished(store, before, request, err);
	message_free((ProtobufCMessage *)before);
	if (result || (!request->done && !request->dead))
		return result;
	return tally_day(store->txn, store->now_ms,
	        kind == LZ__NOTICE_KIND__NOTICE_RELEASE
	                ? (request->done ? "release.done" : "release.dead")
	                : (request->done ? "notice.done" : "notice.dead"),
	        1, err);
}

enum result store_finish(struct store *store, const Lz__Finish *request, struct err *err)
{
	enum result result = item_check_id(request->id, err);

	if (!result)
		result = finish(store, request, err);
	return result == RESULT_NONE ? err_set(err, result, "no outbox record %s", request->id)
	                             : result;
}
