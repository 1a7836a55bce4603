#include "quarantine/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/asking.h"
#include "quarantine/audit.h"
#include "quarantine/facts.h"
#include "quarantine/gather.h"
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/letter.h"
#include "quarantine/outbox.h"
#include "quarantine/pass.h"
#include "quarantine/quota.h"
#include "quarantine/segments.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum {
	SCHEMA = 3,                /* 1: without the index of terms; 2: without an audit */
	OLDEST_BESIDE = 2,         /* that can be read without being changed */
	PIECES_OVERHEAD = 32,      /* the part of a body that pages and keys of its pieces take */
	ITEM_OVERHEAD = 64 * 1024, /* bytes a new item may need beside its own: records, indexes */
	TAKE_MAX = 100,
	LEASE_MAX_MS = 3600 * 1000,
};

/* ---- opening ---- */

/* A new store has all its terms; one of the schema before has none yet. */
static enum result begin_schema(struct store *store, uint64_t schema, struct err *err)
{
	struct backend_key name = key_text("schema"), terms = key_text("terms");
	enum result result = number_put(store->txn, TABLE_META, &name, SCHEMA, err);

	if (!result && !schema)
		result = number_put(store->txn, TABLE_META, &terms, 1, err);
	return result;
}

/* A store without items is filed by whatever the rules are. */
static enum result begin_filing(struct store *store, struct err *err)
{
	struct backend_key name = key_text("rules"), key = key_bytes("", 1);
	uint64_t wanted = rules_fingerprint(&store->options.rules), have;
	enum result result = number_get(store->txn, TABLE_META, &name, &have, err);

	store->filed_to = store->quotas_to = key;
	store->is_filed = have == wanted;
	if (result || store->is_filed)
		return result;
	result = backend_step(store->txn, TABLE_ITEMS, BACKEND_AT_LEAST, &key, NULL, err);
	if (result != RESULT_NONE)
		return result;
	store->is_filed = 1;
	return number_put(store->txn, TABLE_META, &name, wanted, err);
}

static enum result check_schema(struct store *store, struct err *err)
{
	struct backend_key name = key_text("schema"), terms = key_text("terms");
	uint64_t schema, has_terms;
	enum result result = number_get(store->txn, TABLE_META, &name, &schema, err);

	if (!result && schema > SCHEMA)
		return err_set(err, RESULT_PERMANENT, "%s has schema %llu; this qstore knows %d",
		        store->options.backend.path, (unsigned long long)schema, SCHEMA);
	if (!result && schema < SCHEMA)
		result = begin_schema(store, schema, err);
	if (!result)
		result = number_get(store->txn, TABLE_META, &terms, &has_terms, err);
	if (!result)
		store->is_indexed = has_terms != 0;
	store->indexed_to = key_bytes("", 1);
	return result ? result : begin_filing(store, err);
}

/* One that was never opened for writing has no number yet. */
static enum result check_schema_beside(struct store *store, struct err *err)
{
	struct backend_key key = key_text("schema");
	uint64_t schema = 0;
	enum result result = store_read_begin(store, err);

	if (!result)
		result = number_get(store->txn, TABLE_META, &key, &schema, err);
	store_abort(store);
	if (!result && (schema < OLDEST_BESIDE || schema > SCHEMA))
		result = err_set(err, RESULT_PERMANENT, "%s has schema %llu; this qstore knows %d",
		        store->options.backend.path, (unsigned long long)schema, SCHEMA);
	return result;
}

static enum result check_schema_and_write(struct store *store, struct err *err)
{
	enum result result = store_begin(store, 0, err);

	if (!result)
		result = check_schema(store, err);
	return result ? result : store_commit(store, err);
}

enum result store_open(const struct backend_engine *engine, const struct store_options *options,
        struct store **out, struct err *err)
{
	struct store *store = alloc_zero(1, sizeof(*store));
	enum result result = engine->open(&options->backend, &store->backend, err);

	store->options = *options;
	if (options->compress_level)
		store->pack = pack_new(options->compress_level);
	if (!result)
		result = options->backend.beside ? check_schema_beside(store, err)
		                                 : check_schema_and_write(store, err);
	if (result)
		store_close(&store);
	*out = store;
	return result;
}

void store_close(struct store **store)
{
	if (!*store)
		return;
	store_abort(*store);
	if ((*store)->backend)
		(*store)->backend->engine->close(&(*store)->backend);
	pack_free(&(*store)->pack);
	buf_fini(&(*store)->gone);
	free(*store);
	*store = NULL;
}

enum result store_begin(struct store *store, int64_t now_ms, struct err *err)
{
	assert(!store->txn);
	store->now_ms = now_ms;
	store->room_known = 0;
	store->audit.is_known = 0;
	buf_clear(&store->gone);
	return store->backend->engine->begin(store->backend, BACKEND_WRITE, &store->txn, err);
}

static void tell_gone(const struct store *store)
{
	const char *at = store->gone.data, *end = at + store->gone.size, *item, *event;

	for (; store->options.gone && at < end; at = event + strlen(event) + 1) {
		item = at + strlen(at) + 1;
		event = item + strlen(item) + 1;
		store->options.gone(at, item, event);
	}
}

enum result store_commit(struct store *store, struct err *err)
{
	enum result result = store->backend->engine->commit(&store->txn, err);

	if (!result && store->gone.size)
		tell_gone(store);
	return result;
}

void store_abort(struct store *store)
{
	if (store->txn)
		store->backend->engine->abort(&store->txn);
}

int store_is_open(const struct store *store)
{
	return store->txn != NULL;
}

enum result store_read_begin(struct store *store, struct err *err)
{
	if (store->txn) {
		store->reads_within++;
		return RESULT_OK;
	}
	return store->backend->engine->begin(store->backend, BACKEND_READ, &store->txn, err);
}

void store_read_end(struct store *store)
{
	if (store->reads_within)
		store->reads_within--;
	else
		store_abort(store);
}

enum result store_copy(struct store *store, const char *folder, struct err *err)
{
	assert(!store->txn);
	return store->backend->engine->copy(store->backend, folder, err);
}

unsigned store_upkeep(struct store *store)
{
	return store->backend->engine->upkeep(store->backend);
}

/* ---- room ---- */

/* Deletes copy pages before they free any, so a part of the map is never given to what is stored.
 * What this transaction has claimed already is not in the backend's numbers yet. */
enum result store_claim(struct store *store, uint64_t bytes, uint64_t reserve, struct err *err)
{
	struct backend_space space;
	enum result result;

	if (!store->room_known) {
		result = backend_space(store->txn, &space, err);
		if (result)
			return result;
		store->room_bytes = space.total_bytes > space.used_bytes
		                            ? space.total_bytes - space.used_bytes
		                            : 0;
		store->room_known = 1;
	}
	if (store->room_bytes < reserve || store->room_bytes - reserve < bytes)
		return err_set(err, RESULT_TEMPORARY, "quarantine is full");
	store->room_bytes -= bytes;
	return RESULT_OK;
}

enum result store_room(struct store *store, uint64_t bytes, struct err *err)
{
	return store_claim(store, bytes, store->options.reserve / 2, err);
}

/* ---- storing ---- */

/* The message that a STORE brings. */
struct given {
	const void *body;
	size_t size;
};

static enum result add_item(
        struct store *store, const Lz__Item *item, const void *body, size_t size, struct err *err)
{
	uint64_t need = size + size / PIECES_OVERHEAD + ITEM_OVERHEAD;
	enum result result = store_claim(store, need, store->options.reserve, err);

	if (!result)
		result = item_add(store->txn, item, body, size, store->now_ms,
		        &store->options.rules, store->pack, err);
	if (!result)
		result = outbox_add_notices(store->txn, item, err);
	if (!result)
		result = quota_make_room(store, item, err);
	if (!result)
		result = fact_stored(store, item, err);
	return result ? result : tally_day(store->txn, store->now_ms, "quarantine.stored", 1, err);
}

/* What it asks for is done with it, once. */
static enum result add_request(
        struct store *store, const Lz__Item *item, Lz__Stored *out, struct err *err)
{
	Lz__Item *bare = record_copy(item);
	enum result result = asking_take(store, bare, out, err);

	if (!result)
		result = add_item(store, bare, "", 0, err);
	message_free((ProtobufCMessage *)bare);
	return result;
}

/* Adds what isn't there. A new item reopens its message: its outcome needs a confirmation. */
static enum result put_item(struct store *store, const Lz__Item *item, const struct given *given,
        Lz__KeptMessage *letter, Lz__Stored *out, struct err *err)
{
	Lz__KeptItem *old = NULL;
	enum result result = item_load(store->txn, item->id, &old, err);

	if (result == RESULT_NONE) {
		result = item->n_requests ? add_request(store, item, out, err)
		                          : add_item(store, item, given->body, given->size, err);
		letter->complete = 0;
	} else if (!result && strcmp(old->item->message_id, item->message_id)) {
		result = err_set(err, RESULT_PERMANENT, "item %s is of another message", item->id);
	} else if (!result) {
		result = item_mend(store->txn, old, given->body, given->size, err);
	}
	message_free((ProtobufCMessage *)old);
	strings_add_new(&letter->items, &letter->n_items, item->id);
	return result;
}

static enum result check_store(
        struct store *store, const Lz__Store *request, size_t size, struct err *err)
{
	enum result result = item_check_id(request->message_id, err);
	size_t at;

	if (size > store->options.max_item_size)
		return err_set(err, RESULT_PERMANENT,
		        "larger than quarantine.max_item_size (%llu bytes)",
		        (unsigned long long)store->options.max_item_size);
	for (at = 0; !result && at < request->n_items; at++) {
		result = item_check_id(request->items[at]->id, err);
		if (!result && strcmp(request->items[at]->message_id, request->message_id))
			result = err_set(err, RESULT_PERMANENT, "an item of another message");
	}
	return result;
}

static void tell_stored(const Lz__Store *request, const Lz__KeptMessage *letter, Lz__Stored *out)
{
	size_t at;

	strings_set(&out->message_id, request->message_id);
	for (at = 0; at < request->n_items; at++)
		strings_add_new(&out->items, &out->n_items, request->items[at]->id);
	for (at = 0; !request->n_items && at < letter->n_items; at++)
		strings_add(&out->items, &out->n_items, letter->items[at]);
	for (at = 0; at < letter->n_delivered; at++)
		strings_add(&out->delivered, &out->n_delivered, letter->delivered[at]);
	out->complete = letter->complete;
}

enum result store_put(struct store *store, const Lz__Store *request, const void *body, size_t size,
        Lz__Stored *out, struct err *err)
{
	const struct given given = {body, size};
	enum result result = check_store(store, request, size, err);
	struct audit_fact redeemed = {.action = "pass", .detail = request->message_id};
	Lz__Store bare = *request;
	const char *fate = "";
	Lz__KeptMessage *letter;
	size_t at;

	if (!result)
		result = letter_load(store->txn, request->message_id, &letter, err);
	if (result)
		return result;
	if (*request->pass)
		result = pass_redeem(
		        store->txn, store->options.pass_key, request, store->now_ms, &fate, err);
	if (!strcmp(fate, "redeemed")) {
		bare.n_items = 0; /* nothing is kept of what is delivered as it is */
		request = &bare;
		result = audit_add(store, &redeemed, err);
	}
	for (at = 0; !result && at < request->n_items; at++)
		result = put_item(store, request->items[at], &given, letter, out, err);
	/* A message that is tried again is alive: its time to be confirmed starts anew. */
	if (!result && letter->n_items && !letter->complete)
		result = letter_save(
		        store->txn, request->message_id, letter, store->now_ms, store->now_ms, err);
	if (!result)
		tell_stored(request, letter, out);
	if (!result && *fate)
		strings_set(&out->pass, fate);
	message_free((ProtobufCMessage *)letter);
	return result;
}

/* ---- confirming ---- */

static enum result confirm_item(struct store *store, const char *id, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result = item_load(store->txn, id, &kept, err);

	if (result)
		return result == RESULT_NONE ? RESULT_OK : result;
	if (!kept->item->confirmed_ms)
		kept->item->confirmed_ms = store->now_ms;
	result = item_move(store->txn, kept, ITEM_CONFIRM, err);
	if (!result)
		result = outbox_wake(store->txn, kept->item, store->options.notifier,
		        OUTGOING_CONFIRM, store->now_ms, err);
	message_free((ProtobufCMessage *)kept);
	return result;
}

static enum result confirm_items(
        struct store *store, const Lz__KeptMessage *letter, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	for (at = 0; !result && at < letter->n_items; at++)
		result = confirm_item(store, letter->items[at], err);
	return result;
}

enum result store_confirm(struct store *store, const Lz__Confirm *request, struct err *err)
{
	enum result result = item_check_id(request->message_id, err);
	Lz__KeptMessage *letter;
	int complete;
	size_t at;

	if (!result)
		result = letter_load(store->txn, request->message_id, &letter, err);
	if (result)
		return result;
	complete = letter->complete;
	for (at = 0; at < request->n_delivered; at++)
		strings_add_new(&letter->delivered, &letter->n_delivered, request->delivered[at]);
	letter->complete = letter->complete || request->complete;
	/* A message that has no items here still takes room: half of the reserve stays. */
	if (!letter->n_items)
		result = store_claim(store, 4096, store->options.reserve / 2, err);
	if (!result && letter->complete && !complete)
		result = confirm_items(store, letter, err);
	if (!result)
		result = letter_save(store->txn, request->message_id, letter,
		        letter->complete ? 0 : store->now_ms, store->now_ms, err);
	message_free((ProtobufCMessage *)letter);
	return result;
}

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
	uint64_t offset, length, need = ITEM_OVERHEAD + (parcel ? parcel->size : 0);
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
	result = item_settle_request(store->txn, kept, err);
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

/* ---- what time does ---- */

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
	char id[BACKEND_KEY_MAX + 1];
	enum result result = backend_step(store->txn, TABLE_ITEMS, BACKEND_AFTER, key, NULL, err);

	if (result)
		return result;
	memcpy(id, key->bytes, key->size);
	id[key->size] = '\0';
	result = item_load_listed(store->txn, id, &kept, err);
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
