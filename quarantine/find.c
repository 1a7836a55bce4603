/*
 * Questions: each in a read transaction of its own, each bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/outbox.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum {
	LIST_DEFAULT = 100,
	LIST_MAX = 500,
	LIST_LOOKS = 10000,               /* records looked at for one answer */
	LIST_MAX_BYTES = 2 * 1024 * 1024, /* of an answer */
	FETCH_MAX = 1024 * 1024,
	PREFIX_MIN = 4,
	DAYS_MAX = 400,
};

/* ---- list ---- */

/* The index that answers, and the beginning of its keys that matter. */
struct path {
	enum backend_table table;
	struct backend_key prefix;
};

static int is_pattern(const char *text)
{
	return *text == '@' || strpbrk(text, "*?[") != NULL;
}

static const char *bare(const char *address)
{
	return strcmp(address, "<>") ? address : "";
}

static struct path path_of(const Lz__List *request)
{
	struct path path = {.table = TABLE_BY_TIME};

	if (*request->recipient && !is_pattern(request->recipient)) {
		path.table = TABLE_BY_RECIPIENT;
		path.prefix = key_indexed_prefix(request->recipient);
	} else if (*request->sender && !is_pattern(request->sender)) {
		path.table = TABLE_BY_SENDER;
		path.prefix = key_indexed_prefix(bare(request->sender));
	} else if (*request->reason) {
		path.table = TABLE_BY_REASON;
		path.prefix = key_indexed_prefix(request->reason);
	}
	return path;
}

/* An address, "@domain", or a glob over the whole address. */
static int address_matches(const char *wanted, const char *address)
{
	const char *at = strrchr(address, '@');

	if (!strcmp(wanted, "<>"))
		return !*address;
	if (*wanted == '@')
		return at && text_same(at, wanted);
	if (is_pattern(wanted))
		return text_glob(wanted, address, strlen(address));
	return text_same(wanted, address);
}

static int recipient_matches(const char *wanted, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < item->n_recipients; at++)
		if (address_matches(wanted, item->recipients[at]->address))
			return 1;
	return 0;
}

static int text_matches(const char *wanted, const Lz__Item *item)
{
	size_t at;

	if (text_find(item->subject, strlen(item->subject), wanted))
		return 1;
	for (at = 0; at < item->n_parts; at++)
		if (text_find(item->parts[at]->name, strlen(item->parts[at]->name), wanted))
			return 1;
	return 0;
}

static int state_matches(const Lz__List *request, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < request->n_states; at++)
		if (request->states[at] == item->state)
			return 1;
	return !request->n_states;
}

static int item_matches(const Lz__List *request, const Lz__Item *item)
{
	return (!*request->sender || address_matches(request->sender, item->reverse_path)) &&
	       (!*request->recipient || recipient_matches(request->recipient, item)) &&
	       (!*request->reason || text_same(request->reason, item->reason)) &&
	       (!*request->text || text_matches(request->text, item)) &&
	       state_matches(request, item);
}

/* The cursor is the last key that was looked at, in hex. */
static enum result read_cursor(const char *text, struct backend_key *key, struct err *err)
{
	static const char digits[] = "0123456789abcdef";
	size_t size = strlen(text), at;

	if (size % 2 || size / 2 > BACKEND_KEY_MAX || strspn(text, digits) != size)
		return err_set(err, RESULT_PERMANENT, "not a cursor");
	for (at = 0; at < size / 2; at++)
		key->bytes[at] = (uint8_t)((strchr(digits, text[2 * at]) - digits) << 4 |
		                           (strchr(digits, text[2 * at + 1]) - digits));
	key->size = size / 2;
	return RESULT_OK;
}

static void write_cursor(const struct backend_key *key, char **field)
{
	char hex[2 * BACKEND_KEY_MAX + 1];

	text_hex(key->bytes, key->size, hex);
	strings_set(field, hex);
}

static enum result list_start(
        const Lz__List *request, const struct path *path, struct backend_key *key, struct err *err)
{
	struct backend_key end;

	if (*request->after)
		return read_cursor(request->after, key, err);
	*key = key_end_of(&path->prefix);
	if (request->until_ms > 0) {
		end = key_time(request->until_ms, "");
		memcpy(key->bytes + path->prefix.size, end.bytes, end.size);
		key->size = path->prefix.size + end.size;
	}
	return RESULT_OK;
}

/* Takes the item off its record where it matches. */
static enum result look_at(struct store *store, const Lz__List *request, const char *id,
        Lz__Items *out, size_t *bytes, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result = item_load_listed(store->txn, id, &kept, err);

	if (result)
		return result;
	if (item_matches(request, kept->item)) {
		*bytes += protobuf_c_message_get_packed_size(&kept->item->base);
		out->items = alloc_grow(out->items, out->n_items + 1, sizeof(*out->items));
		out->items[out->n_items++] = kept->item;
		kept->item = NULL;
	}
	message_free((ProtobufCMessage *)kept);
	return RESULT_OK;
}

static enum result walk(struct store *store, const Lz__List *request, const struct path *path,
        struct backend_key *key, Lz__Items *out, struct err *err)
{
	uint32_t limit = request->limit ? request->limit : LIST_DEFAULT;
	size_t looks = 0, bytes = 0;
	int64_t stored_ms;
	enum result result;
	char id[129];

	if (limit > LIST_MAX)
		limit = LIST_MAX;
	while (!(result = backend_step(store->txn, path->table, BACKEND_BEFORE, key, NULL, err))) {
		if (!key_starts(key, &path->prefix))
			return RESULT_OK;
		if (!key_read_time(key, path->prefix.size, &stored_ms, id))
			return err_set(err, RESULT_PERMANENT, "a damaged index entry");
		if (stored_ms < request->since_ms)
			return RESULT_OK;
		result = look_at(store, request, id, out, &bytes, err);
		if (result)
			return result;
		if (out->n_items == limit || ++looks == LIST_LOOKS || bytes > LIST_MAX_BYTES) {
			write_cursor(key, &out->next);
			return RESULT_OK;
		}
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

enum result store_list(
        struct store *store, const Lz__List *request, Lz__Items *out, struct err *err)
{
	struct path path = path_of(request);
	struct backend_key key = {0};
	enum result result = list_start(request, &path, &key, err);

	if (!result)
		result = store_read_begin(store, err);
	if (result)
		return result;
	result = walk(store, request, &path, &key, out, err);
	store_read_end(store);
	return result;
}

/* ---- show, fetch, stats ---- */

/* An id, or the beginning of exactly one in the table; `what` says of what. */
static enum result resolve(struct store *store, enum backend_table table, const char *what,
        const char *id, char full[129], struct err *err)
{
	struct backend_key prefix, key;
	enum result result = item_check_id(id, err);

	if (result)
		return result;
	if (strlen(id) < PREFIX_MIN)
		return err_set(err, RESULT_PERMANENT, "%s: at least %d characters are needed", id,
		        PREFIX_MIN);
	key = prefix = key_text(id);
	result = backend_step(store->txn, table, BACKEND_AT_LEAST, &key, NULL, err);
	if (result > RESULT_NONE)
		return result;
	if (result == RESULT_NONE || !key_starts(&key, &prefix))
		return err_set(err, RESULT_NONE, "no %s %s", what, id);
	if (key.size > 128)
		return err_set(err, RESULT_PERMANENT, "a damaged %s id", what);
	memcpy(full, key.bytes, key.size);
	full[key.size] = '\0';
	if (key.size == prefix.size)
		return RESULT_OK;
	result = backend_step(store->txn, table, BACKEND_AFTER, &key, NULL, err);
	if (!result && key_starts(&key, &prefix))
		return err_set(
		        err, RESULT_PERMANENT, "%s is the beginning of more than one id", id);
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* By its id or the beginning of one. */
static enum result load_named(
        struct store *store, const char *name, Lz__KeptItem **kept, struct err *err)
{
	char id[129];
	enum result result = resolve(store, TABLE_ITEMS, "item", name, id, err);

	return result ? result : item_load(store->txn, id, kept, err);
}

static enum result show(
        struct store *store, const Lz__Show *request, Lz__Shown *out, struct err *err)
{
	struct outgoing_list list;
	Lz__KeptItem *kept;
	enum result result = load_named(store, request->id, &kept, err);

	if (result)
		return result;
	out->item = kept->item;
	kept->item = NULL;
	message_free((ProtobufCMessage *)kept);
	result = outbox_of(store->txn, out->item->id, &list, err);
	out->outbox = list.list;
	out->n_outbox = list.count;
	return result;
}

enum result store_show(
        struct store *store, const Lz__Show *request, Lz__Shown *out, struct err *err)
{
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = show(store, request, out, err);
	store_read_end(store);
	return result;
}

/* ---- the outbox ---- */

static int record_matches(const Lz__ListOutbox *request, const Lz__Outgoing *outgoing)
{
	size_t at;

	for (at = 0; at < request->n_states; at++)
		if (!strcmp(request->states[at], outgoing->state))
			return 1;
	return !request->n_states;
}

static void give_record(Lz__Outbox *out, Lz__Outgoing **outgoing)
{
	out->outbox = alloc_grow(out->outbox, out->n_outbox + 1, sizeof(*out->outbox));
	out->outbox[out->n_outbox++] = *outgoing;
	*outgoing = NULL;
}

/* Those of one item that match. Counts in *looks and *bytes. */
static enum result look_at_outbox(struct store *store, const Lz__ListOutbox *request,
        const char *item, Lz__Outbox *out, size_t *looks, size_t *bytes, struct err *err)
{
	struct outgoing_list list;
	enum result result = outbox_of(store->txn, item, &list, err);
	size_t at;

	if (result)
		return result;
	*looks += 1 + list.count;
	for (at = 0; at < list.count; at++)
		if (record_matches(request, list.list[at])) {
			*bytes += protobuf_c_message_get_packed_size(&list.list[at]->base);
			give_record(out, &list.list[at]);
		}
	outgoing_list_free(&list);
	return RESULT_OK;
}

static enum result walk_outbox(struct store *store, const Lz__ListOutbox *request,
        struct backend_key *key, Lz__Outbox *out, struct err *err)
{
	uint32_t limit = request->limit ? request->limit : LIST_DEFAULT;
	size_t looks = 0, bytes = 0;
	int64_t stored_ms;
	enum result result;
	char id[129];

	if (limit > LIST_MAX)
		limit = LIST_MAX;
	while (!(
	        result = backend_step(store->txn, TABLE_BY_TIME, BACKEND_BEFORE, key, NULL, err))) {
		if (!key_read_time(key, 0, &stored_ms, id))
			return err_set(err, RESULT_PERMANENT, "a damaged index entry");
		result = look_at_outbox(store, request, id, out, &looks, &bytes, err);
		if (result)
			return result;
		if (out->n_outbox >= limit || looks >= LIST_LOOKS || bytes > LIST_MAX_BYTES) {
			write_cursor(key, &out->next);
			return RESULT_OK;
		}
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result find_record(
        struct store *store, const char *name, Lz__Outbox *out, struct err *err)
{
	Lz__Outgoing *outgoing;
	char id[129];
	enum result result = resolve(store, TABLE_OUTBOX, "outbox record", name, id, err);

	if (!result)
		result = outbox_get(store->txn, id, &outgoing, err);
	if (!result)
		give_record(out, &outgoing);
	return result;
}

enum result store_list_outbox(
        struct store *store, const Lz__ListOutbox *request, Lz__Outbox *out, struct err *err)
{
	struct backend_key key = {0}, whole = {0};
	enum result result = RESULT_OK;

	if (*request->after)
		result = read_cursor(request->after, &key, err);
	else
		key = key_end_of(&whole);
	if (!result)
		result = store_read_begin(store, err);
	if (result)
		return result;
	result = *request->id ? find_record(store, request->id, out, err)
	                      : walk_outbox(store, request, &key, out, err);
	store_read_end(store);
	return result;
}

static enum result fetch(struct store *store, const Lz__Fetch *request, Lz__Fetched *out,
        struct buf *bytes, struct err *err)
{
	uint64_t start = 0, length = 0, limit = request->limit;
	Lz__KeptItem *kept;
	enum result result = load_named(store, request->id, &kept, err);

	if (result)
		return result;
	result = item_range(kept, request->part, &start, &length, err);
	if (!result && request->offset > length)
		result = err_set(err, RESULT_PERMANENT, "beyond the end");
	if (!limit || limit > FETCH_MAX)
		limit = FETCH_MAX;
	if (!result && limit > length - request->offset)
		limit = length - request->offset;
	if (!result)
		result = item_read(store->txn, kept, start + request->offset, limit, bytes, err);
	if (!result) {
		out->size = length;
		out->offset = request->offset;
		strings_set(&out->sha256, request->part && request->part <= kept->n_part_sha256
		                                  ? kept->part_sha256[request->part - 1]
		                                  : kept->item->original_sha256);
	}
	message_free((ProtobufCMessage *)kept);
	return result;
}

enum result store_fetch(struct store *store, const Lz__Fetch *request, Lz__Fetched *out,
        struct buf *bytes, struct err *err)
{
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = fetch(store, request, out, bytes, err);
	store_read_end(store);
	return result;
}

enum result store_stats(
        struct store *store, const Lz__StatsRequest *request, Lz__Stats *out, struct err *err)
{
	struct backend_space space;
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = tally_read(
	        store->txn, request->days < DAYS_MAX ? request->days : DAYS_MAX, out, err);
	if (!result)
		result = backend_space(store->txn, &space, err);
	store_read_end(store);
	if (result)
		return result;
	tally_list_add(&out->now, &out->n_now, "store.used_bytes", space.used_bytes);
	tally_list_add(&out->now, &out->n_now, "store.total_bytes", space.total_bytes);
	tally_list_add(&out->now, &out->n_now, "store.reserve_bytes", store->options.reserve);
	return RESULT_OK;
}

enum result store_space(struct store *store, struct backend_space *out, struct err *err)
{
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = backend_space(store->txn, out, err);
	store_read_end(store);
	return result;
}

enum result store_check(struct store *store, char *const *ids, size_t count, struct err *err)
{
	enum result result = store_read_begin(store, err);
	Lz__KeptItem *kept;
	size_t at;

	if (result)
		return result;
	for (at = 0; !result && at < count; at++) {
		result = item_load(store->txn, ids[at], &kept, err);
		if (result == RESULT_NONE)
			result = err_set(err, RESULT_PERMANENT, "item %s is gone", ids[at]);
		if (result)
			break;
		result = item_check(store->txn, kept, err);
		message_free((ProtobufCMessage *)kept);
	}
	store_read_end(store);
	return result;
}
