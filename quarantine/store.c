#include "quarantine/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/asking.h"
#include "quarantine/audit.h"
#include "quarantine/facts.h"
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/letter.h"
#include "quarantine/outbox.h"
#include "quarantine/pass.h"
#include "quarantine/quota.h"
#include "quarantine/reported.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum {
	SCHEMA = 3,           /* 1: without the index of terms; 2: without an audit */
	OLDEST_BESIDE = 2,    /* that can be read without being changed */
	PIECES_OVERHEAD = 32, /* the part of a body that pages and keys of its pieces take */
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
	uint64_t need = size + size / PIECES_OVERHEAD + STORE_ITEM_OVERHEAD;
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

/* Adds what isn't there, and counts that in *added. */
static enum result put_item(struct store *store, const Lz__Item *item, const struct given *given,
        size_t *added, Lz__Stored *out, struct err *err)
{
	Lz__KeptItem *old = NULL;
	enum result result = item_load(store->txn, item->id, &old, err);

	if (result == RESULT_NONE) {
		result = item->n_requests ? add_request(store, item, out, err)
		                          : add_item(store, item, given->body, given->size, err);
		++*added;
	} else if (!result && strcmp(old->item->message_id, item->message_id)) {
		result = err_set(err, RESULT_PERMANENT, "item %s is of another message", item->id);
	} else if (!result) {
		result = item_mend(store->txn, old, given->body, given->size, err);
	}
	message_free((ProtobufCMessage *)old);
	return result;
}

/* A new item reopens its message: its outcome needs a confirmation. What is remembered of it is
 * read after the items were put: an older one of the same message may have made room for them. */
static enum result put_items(struct store *store, const Lz__Store *request,
        const struct given *given, Lz__KeptMessage **letter, Lz__Stored *out, struct err *err)
{
	enum result result = RESULT_OK;
	size_t added = 0, at;

	for (at = 0; !result && at < request->n_items; at++)
		result = put_item(store, request->items[at], given, &added, out, err);
	if (!result)
		result = letter_load(store->txn, request->message_id, letter, err);
	if (result)
		return result;
	for (at = 0; at < request->n_items; at++)
		strings_add_new(&(*letter)->items, &(*letter)->n_items, request->items[at]->id);
	if (added)
		(*letter)->complete = 0;
	return RESULT_OK;
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
	Lz__KeptMessage *letter = NULL;

	if (!result && *request->pass)
		result = pass_redeem(
		        store->txn, store->options.pass_key, request, store->now_ms, &fate, err);
	if (!result && !strcmp(fate, "redeemed")) {
		bare.n_items = 0; /* nothing is kept of what is delivered as it is */
		request = &bare;
		result = audit_add(store, &redeemed, err);
	}
	if (!result)
		result = put_items(store, request, &given, &letter, out, err);
	/* A message that is tried again is alive: its time to be confirmed starts anew. */
	if (!result && letter->n_items && !letter->complete)
		result = letter_save(
		        store->txn, request->message_id, letter, store->now_ms, store->now_ms, err);
	if (!result)
		result = reported_put(store, request, out, err);
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
