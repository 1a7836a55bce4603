/*
 * Questions: each in a read transaction of its own, each bounded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/gather.h"
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/outbox.h"
#include "quarantine/parcel.h"
#include "quarantine/query.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum {
	LIST_DEFAULT = 100,
	LIST_MAX = 500,
	LIST_STEPS = 4000,                /* in indexes, for one answer */
	LIST_SPANS_LEAST = 500,           /* beyond that, for one term */
	LIST_WEIGHT = 1000,               /* of records looked at; most weigh 1 */
	LIST_MAX_BYTES = 2 * 1024 * 1024, /* of an answer */
	OUTBOX_LOOKS = 10000,             /* records of the outbox, for one answer */
	FETCH_MAX = 1024 * 1024,
	PLACE_MAX = 8 + 128 + 1, /* bytes: a time, an id, and what follows it at once */
	PREFIX_MIN = 4,
	DAYS_MAX = 400,
};

/* ---- list ---- */

/* A place in the order of time, newest first: a time and an id, and only what stands before it is
 * still to come. It is the same in all indexes, and needs no item to be there. */
static enum result read_cursor(const char *text, struct backend_key *place, struct err *err)
{
	static const char digits[] = "0123456789abcdef";
	size_t size = strlen(text), at;

	if (size % 2 || size / 2 > PLACE_MAX || strspn(text, digits) != size)
		return err_set(err, RESULT_PERMANENT, "not a cursor");
	for (at = 0; at < size / 2; at++)
		place->bytes[at] = (uint8_t)((strchr(digits, text[2 * at]) - digits) << 4 |
		                             (strchr(digits, text[2 * at + 1]) - digits));
	place->size = size / 2;
	return RESULT_OK;
}

static void write_cursor(const struct backend_key *place, char **field)
{
	char hex[2 * PLACE_MAX + 1];

	text_hex(place->bytes, place->size < PLACE_MAX ? place->size : PLACE_MAX, hex);
	strings_set(field, hex);
}

static enum result list_start(const Lz__List *request, struct backend_key *place, struct err *err)
{
	if (*request->after)
		return read_cursor(request->after, place, err);
	*place = key_time(request->until_ms > 0 ? request->until_ms : INT64_MAX, "");
	return RESULT_OK;
}

/* What is done for one answer. */
struct walk {
	struct store *store;
	const struct query *query;
	struct backend_key place;
	size_t steps, weight, bytes;
	int is_cut; /* as much was done as may be; the place is where to go on */
	Lz__Items *out;
};

static int is_spent(const struct walk *walk)
{
	return walk->steps >= LIST_STEPS || walk->weight >= LIST_WEIGHT ||
	       walk->bytes > LIST_MAX_BYTES;
}

/* The last entry with a prefix that stands before a place: its own place. */
static enum result step_index(struct walk *walk, enum backend_table table,
        const struct backend_key *prefix, struct backend_key *found, struct err *err)
{
	struct backend_key key = key_joined(prefix, &walk->place);
	enum result result;

	walk->steps++;
	result = backend_step(walk->store->txn, table, BACKEND_BEFORE, &key, NULL, err);
	if (!result && !key_starts(&key, prefix))
		return RESULT_NONE;
	*found = key_behind(&key, prefix->size);
	return result;
}

/*
 * The same in the index of terms, one span after the other; those that hold nothing are jumped
 * over. Where the steps are used up, what is found is a place without an item, with nothing between
 * it and where the walk stands. Each prefix gets some, so that every answer comes further.
 */
static enum result step_terms(struct walk *walk, const struct backend_key *prefix,
        struct backend_key *found, struct err *err)
{
	uint32_t span = key_span_of(key_time_of(&walk->place)), other;
	uint32_t last = key_span_of(walk->query->request->since_ms);
	struct backend_key start, key;
	enum result result;
	size_t looks = 0;

	for (; span >= last; span = other) {
		if (walk->steps >= LIST_STEPS && looks >= LIST_SPANS_LEAST) {
			*found = key_time(key_span_start_ms(span) + KEY_SPAN_MS, "");
			return RESULT_OK;
		}
		walk->steps++;
		looks++;
		start = key_in_span(span, prefix);
		key = key_joined(&start, &walk->place);
		result = backend_step(
		        walk->store->txn, TABLE_BY_TERM, BACKEND_BEFORE, &key, NULL, err);
		if (result)
			return result;
		if (key_starts(&key, &start)) {
			*found = key_behind(&key, start.size);
			return RESULT_OK;
		}
		other = key_read_span(&key);
		if (other == span && !other--)
			break;
	}
	return RESULT_NONE;
}

/* It is a time alone where the steps were used up on the way. */
static int has_item(const struct backend_key *place)
{
	return place->size > KEY_TIME_SIZE;
}

/* The walk only goes back in time: what was the last before a later place still is where it stands
 * before this one. */
static enum result step_stretch(struct walk *walk, struct source *source, size_t at,
        struct backend_key *found, struct err *err)
{
	struct backend_key *last = &source->last[at];
	enum result result;

	if (source->is_over[at])
		return RESULT_NONE;
	if (last->size && key_compare(last, &walk->place) < 0) {
		*found = *last;
		return RESULT_OK;
	}
	result = source->table == TABLE_BY_TERM
	                 ? step_terms(walk, &source->prefixes[at], found, err)
	                 : step_index(walk, source->table, &source->prefixes[at], found, err);
	source->is_over[at] = result == RESULT_NONE;
	if (!result && has_item(found))
		*last = *found;
	return result;
}

/* The last of a source. */
static enum result step_source(
        struct walk *walk, struct source *source, struct backend_key *found, struct err *err)
{
	struct backend_key one = {0};
	enum result result;
	size_t at;

	found->size = 0;
	for (at = 0; at < source->count; at++) {
		result = step_stretch(walk, source, at, &one, err);
		if (result > RESULT_NONE)
			return result;
		if (!result && (!found->size || key_compare(&one, found) > 0))
			*found = one;
	}
	return found->size ? RESULT_OK : RESULT_NONE;
}

/*
 * The next place that all sources have. Each in turn is asked for its last entry up to where the
 * one before stands, so the thinnest of them sets the pace and nobody has to know which it is.
 * RESULT_NONE: there is none, or the walk is cut.
 */
static enum result step(struct walk *walk, struct backend_key *found, struct err *err)
{
	const struct query *query = walk->query;
	struct backend_key next;
	size_t agreed = 0, at = 0;
	enum result result;

	while (agreed < query->count) {
		walk->is_cut = is_spent(walk);
		if (walk->is_cut)
			return RESULT_NONE;
		result = step_source(walk, &query->sources[at], &next, err);
		if (result)
			return result;
		walk->place = key_just_behind(&next);
		walk->is_cut = !has_item(&next);
		if (walk->is_cut)
			return RESULT_NONE;
		if (agreed && key_compare(&next, found) != 0)
			agreed = 0;
		*found = next;
		agreed++;
		at = (at + 1) % query->count;
	}
	walk->place = *found;
	return RESULT_OK;
}

/* A record costs by what has to be unpacked and looked through. */
static size_t weight_of(const Lz__Item *item)
{
	return 1 + (item->n_recipients + item->n_notices + item->n_parts + item->n_symbols) / 32;
}

/* Takes the item off its record where it matches. What an actor is not shown answers no question,
 * either: else he could ask for others' recipients until he had them. */
static enum result look_at(struct walk *walk, const char *id, struct err *err)
{
	Lz__Items *out = walk->out;
	Lz__KeptItem *kept;
	enum result result = item_load_listed(walk->store->txn, id, &kept, err);
	int is_seen;

	if (result)
		return result;
	walk->weight += weight_of(kept->item);
	is_seen = actor_sees(walk->store->actor, kept->item);
	actor_trim(walk->store->actor, kept->item);
	if (is_seen && query_matches(walk->query, kept->item)) {
		walk->bytes += protobuf_c_message_get_packed_size(&kept->item->base);
		out->items = alloc_grow(out->items, out->n_items + 1, sizeof(*out->items));
		out->items[out->n_items++] = kept->item;
		kept->item = NULL;
	}
	message_free((ProtobufCMessage *)kept);
	return RESULT_OK;
}

static enum result walk_on(struct walk *walk, struct err *err)
{
	const Lz__List *request = walk->query->request;
	uint32_t limit = request->limit ? request->limit : LIST_DEFAULT;
	struct backend_key found;
	int64_t stored_ms;
	enum result result;
	char id[129];

	if (limit > LIST_MAX)
		limit = LIST_MAX;
	while (walk->out->n_items < limit && !is_spent(walk)) {
		result = step(walk, &found, err);
		if (walk->is_cut)
			break;
		if (result)
			return result == RESULT_NONE ? RESULT_OK : result;
		if (!key_read_time(&found, 0, &stored_ms, id))
			return err_set(err, RESULT_PERMANENT, "a damaged index entry");
		if (stored_ms < request->since_ms)
			return RESULT_OK;
		result = look_at(walk, id, err);
		if (result)
			return result;
	}
	write_cursor(&walk->place, &walk->out->next);
	return RESULT_OK;
}

enum result store_list(
        struct store *store, const Lz__List *request, Lz__Items *out, struct err *err)
{
	struct query query;
	struct walk walk = {.store = store, .query = &query, .out = out};
	enum result result = query_read(&query, request, store->is_indexed, err);

	if (!result)
		query_limit(&query, store->actor, store->is_indexed);
	if (!result)
		result = list_start(request, &walk.place, err);
	if (!result)
		result = store_read_begin(store, err);
	if (!result) {
		result = walk_on(&walk, err);
		store_read_end(store);
	}
	query_fini(&query);
	return result;
}

/* ---- show, fetch, stats ---- */

static int is_limited(const struct store *store)
{
	return store->actor && store->actor->domains;
}

/* In the same words for what is not there, is another's, or is ambiguous among others'. */
static enum result no_such(
        const struct store *store, const char *what, const char *id, struct err *err)
{
	if (is_limited(store))
		return err_set(err, RESULT_NONE, "no such %s or not yours", what);
	return err_set(err, RESULT_NONE, "no %s %s", what, id);
}

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
		return no_such(store, what, id, err);
	if (key.size > 128)
		return err_set(err, RESULT_PERMANENT, "a damaged %s id", what);
	memcpy(full, key.bytes, key.size);
	full[key.size] = '\0';
	if (key.size == prefix.size)
		return RESULT_OK;
	result = backend_step(store->txn, table, BACKEND_AFTER, &key, NULL, err);
	if (!result && key_starts(&key, &prefix))
		return is_limited(store) ? no_such(store, what, id, err)
		                         : err_set(err, RESULT_PERMANENT,
		                                   "%s is the beginning of more than one id", id);
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* By its id or the beginning of one. */
static enum result load_named(
        struct store *store, const char *name, Lz__KeptItem **kept, struct err *err)
{
	char id[129];
	enum result result = resolve(store, TABLE_ITEMS, "item", name, id, err);

	if (!result)
		result = item_load(store->txn, id, kept, err);
	if (!result && !store_may_see(store, (*kept)->item)) {
		message_free((ProtobufCMessage *)*kept);
		return store_no_item(store, name, err);
	}
	return result;
}

static enum result show(
        struct store *store, const Lz__Show *request, Lz__Shown *out, struct err *err)
{
	struct outgoing_list list;
	Lz__KeptItem *kept;
	enum result result = load_named(store, request->id, &kept, err);
	size_t at;

	if (result)
		return result;
	if (request->only_id) {
		out->item = alloc(sizeof(*out->item));
		lz__item__init(out->item);
		strings_set(&out->item->id, kept->item->id);
		strings_set(&out->item->message_id, kept->item->message_id);
		message_free((ProtobufCMessage *)kept);
		return RESULT_OK;
	}
	out->item = kept->item;
	kept->item = NULL;
	message_free((ProtobufCMessage *)kept);
	result = outbox_of(store->txn, out->item->id, &list, err);
	out->outbox = list.list;
	out->n_outbox = list.count;
	for (at = 0; at < out->n_outbox; at++)
		actor_trim_outgoing(store->actor, out->item, out->outbox[at]);
	actor_trim(store->actor, out->item);
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

/* Leaves of the records of an item what the actor may see. RESULT_NONE: nothing. */
static enum result limit_records(struct store *store, const char *item, Lz__Outgoing *const *list,
        size_t count, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result;
	size_t at;

	if (!is_limited(store))
		return RESULT_OK;
	result = item_load(store->txn, item, &kept, err);
	if (result)
		return result;
	if (!actor_sees(store->actor, kept->item))
		result = RESULT_NONE;
	for (at = 0; at < count; at++)
		actor_trim_outgoing(store->actor, kept->item, list[at]);
	message_free((ProtobufCMessage *)kept);
	return result;
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
	result = limit_records(store, item, list.list, list.count, err);
	for (at = 0; !result && at < list.count; at++)
		if (record_matches(request, list.list[at])) {
			*bytes += protobuf_c_message_get_packed_size(&list.list[at]->base);
			give_record(out, &list.list[at]);
		}
	outgoing_list_free(&list);
	return result == RESULT_NONE ? RESULT_OK : result;
}

struct outbox_walk {
	struct store *store;
	const Lz__ListOutbox *request;
	Lz__Outbox *out;
	size_t looks, bytes;
};

/* Ends a page where there is enough on it. */
static int is_page_full(struct outbox_walk *walk, const struct backend_key *key)
{
	uint32_t limit = walk->request->limit ? walk->request->limit : LIST_DEFAULT;

	if (walk->out->n_outbox < (limit < LIST_MAX ? limit : LIST_MAX) &&
	        walk->looks < OUTBOX_LOOKS && walk->bytes <= LIST_MAX_BYTES)
		return 0;
	write_cursor(key, &walk->out->next);
	return 1;
}

/* The records of no item stand under one that has no name. */
static int is_of_no_item(const struct backend_key *key)
{
	return key->size > KEY_TIME_SIZE && key->bytes[0] == '\0' && key->bytes[1] != '\0';
}

static enum result look_at_record(
        struct outbox_walk *walk, const struct backend_key *key, struct err *err)
{
	char id[BACKEND_KEY_MAX + 1];
	Lz__Outgoing *outgoing;
	enum result result;

	snprintf(id, sizeof(id), "%.*s", (int)key->size - 1, (const char *)key->bytes + 1);
	result = outbox_get(walk->store->txn, id, &outgoing, err);
	if (result)
		return result;
	walk->looks++;
	if (record_matches(walk->request, outgoing)) {
		walk->bytes += protobuf_c_message_get_packed_size(&outgoing->base);
		give_record(walk->out, &outgoing);
	}
	message_free((ProtobufCMessage *)outgoing);
	return RESULT_OK;
}

/* Newest first. RESULT_NONE: that was all. */
static enum result walk_of_no_item(
        struct outbox_walk *walk, struct backend_key *key, struct err *err)
{
	struct backend_key prefix = key_pair("", "");
	enum result result;

	while (!(result = backend_step(
	                 walk->store->txn, TABLE_OUTBOX_BY_ITEM, BACKEND_BEFORE, key, NULL, err)) &&
	        key_starts(key, &prefix)) {
		result = look_at_record(walk, key, err);
		if (result)
			return result;
		if (is_page_full(walk, key))
			return RESULT_OK;
	}
	return result ? result : RESULT_NONE;
}

static enum result walk_items(struct outbox_walk *walk, struct backend_key *key, struct err *err)
{
	int64_t stored_ms;
	enum result result;
	char id[129];

	while (!(result = backend_step(
	                 walk->store->txn, TABLE_BY_TIME, BACKEND_BEFORE, key, NULL, err))) {
		if (!key_read_time(key, 0, &stored_ms, id))
			return err_set(err, RESULT_PERMANENT, "a damaged index entry");
		result = look_at_outbox(
		        walk->store, walk->request, id, walk->out, &walk->looks, &walk->bytes, err);
		if (result || is_page_full(walk, key))
			return result;
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* `key` is where a former page stopped; of size 0: at the beginning. */
static enum result walk_outbox(struct store *store, const Lz__ListOutbox *request,
        struct backend_key *key, Lz__Outbox *out, struct err *err)
{
	struct outbox_walk walk = {store, request, out, 0, 0};
	struct backend_key none = key_pair("", ""), whole = {0};
	enum result result = RESULT_NONE;

	if (!key->size)
		*key = key_end_of(&none);
	if (is_of_no_item(key)) {
		if (!is_limited(store)) /* they tell of everybody's */
			result = walk_of_no_item(&walk, key, err);
		*key = key_end_of(&whole);
	}
	return result == RESULT_NONE ? walk_items(&walk, key, err) : result;
}

static enum result find_record(
        struct store *store, const char *name, Lz__Outbox *out, struct err *err)
{
	Lz__Outgoing *outgoing;
	char id[129];
	enum result result = resolve(store, TABLE_OUTBOX, "outbox record", name, id, err);

	if (!result)
		result = outbox_get(store->txn, id, &outgoing, err);
	if (result)
		return result;
	result = gather_fill(store->txn, outgoing, err);
	if (!result)
		result = limit_records(store, outgoing->item, &outgoing, 1, err);
	if (!result)
		give_record(out, &outgoing);
	message_free((ProtobufCMessage *)outgoing);
	if (result != RESULT_NONE)
		return result;
	store->is_foreign = 1;
	return no_such(store, "outbox record", name, err);
}

enum result store_list_outbox(
        struct store *store, const Lz__ListOutbox *request, Lz__Outbox *out, struct err *err)
{
	struct backend_key key = {0};
	enum result result = RESULT_OK;

	if (*request->after)
		result = read_cursor(request->after, &key, err);
	if (!result)
		result = store_read_begin(store, err);
	if (result)
		return result;
	result = *request->id ? find_record(store, request->id, out, err)
	                      : walk_outbox(store, request, &key, out, err);
	store_read_end(store);
	return result;
}

/* A notifier gets the bytes of a release while it has it in its hands, and no others. Gives
 * *outgoing. */
static enum result load_carried(
        struct store *store, const Lz__Fetch *request, Lz__Outgoing **outgoing, struct err *err)
{
	enum result result = item_check_id(request->outgoing, err);

	if (!result)
		result = outbox_get(store->txn, request->outgoing, outgoing, err);
	if (result > RESULT_NONE)
		return result;
	if (!result && !strcmp((*outgoing)->item, request->id) &&
	        (*outgoing)->kind == LZ__NOTICE_KIND__NOTICE_RELEASE &&
	        !strcmp((*outgoing)->state, outgoing_machine.states[OUTGOING_LEASED]))
		return RESULT_OK;
	message_free(result ? NULL : (ProtobufCMessage *)*outgoing);
	return err_set(err, RESULT_PERMANENT, "%s is no release of this item that is on its way",
	        request->outgoing);
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

/* The mail that carries a part. */
/* The whole message, or the mail that carries one part of it. */
static enum result fetch_carried(struct store *store, const Lz__Fetch *request, Lz__Fetched *out,
        struct buf *bytes, struct err *err)
{
	uint64_t limit = request->limit && request->limit < FETCH_MAX ? request->limit : FETCH_MAX;
	Lz__Outgoing *outgoing;
	enum result result = load_carried(store, request, &outgoing, err);

	if (result)
		return result;
	if (*outgoing->parcel_sha256) {
		result = parcel_read(store->txn, outgoing, request->offset, limit, bytes, err);
		if (!result) {
			out->size = outgoing->parcel_size;
			out->offset = request->offset < out->size ? request->offset : out->size;
			strings_set(&out->sha256, outgoing->parcel_sha256);
		}
	} else {
		result = fetch(store, request, out, bytes, err);
	}
	message_free((ProtobufCMessage *)outgoing);
	return result;
}

enum result store_fetch(struct store *store, const Lz__Fetch *request, Lz__Fetched *out,
        struct buf *bytes, struct err *err)
{
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = *request->outgoing ? fetch_carried(store, request, out, bytes, err)
	                            : fetch(store, request, out, bytes, err);
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
	tally_list_add(
	        &out->now, &out->n_now, "store.alarm", store_alarm(&space, store->options.reserve));
	return RESULT_OK;
}

/* Nearly full: less than a tenth is left to fill. */
enum store_alarm store_alarm(const struct backend_space *space, uint64_t reserve)
{
	uint64_t free_bytes =
	        space->total_bytes > space->used_bytes ? space->total_bytes - space->used_bytes : 0;

	if (free_bytes <= reserve)
		return ALARM_FULL;
	return free_bytes - reserve < space->total_bytes / 10 ? ALARM_NEARLY_FULL : ALARM_NONE;
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
