/*
 * Everything against everything: what each table says is counted or looked up in the others, both
 * ways, in one read transaction.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/audit.h"
#include "quarantine/entries.h"
#include "quarantine/filing.h"
#include "quarantine/gather.h"
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/letter.h"
#include "quarantine/outbox.h"
#include "quarantine/tally.h"

enum { TELL_EVERY = 256 };

struct expected {
	char name[2 * TALLY_NAME_MAX];
	uint64_t number;
};

struct verify {
	struct backend_txn *txn;
	struct store_report *report;
	int is_indexed;
	struct buf names; /* digests of all that items and records hold, DIGEST_SIZE each */
	struct buf usage; /* struct use, one for each owner of each item */
	struct expected *tallies;
	size_t tally_count;
	uint64_t entries[TABLE_COUNT]; /* that should be there */
	struct chain chain;            /* of the audit */
	int is_broken;                 /* told once: all behind it is of no worth */
};

typedef enum result check_entry(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err);

/* Counts a problem. The walk goes on: one damage shouldn't hide the next. */
static void problem(struct verify *v, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static void problem(struct verify *v, const char *format, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (!v->report->problems++)
		err_set(&v->report->first, RESULT_PERMANENT, "%s", text);
}

static enum result each(
        struct verify *v, enum backend_table table, check_entry *check, struct err *err)
{
	struct backend_key key = key_bytes("", 1);
	struct buf value = {0};
	enum result result;

	while (!(result = backend_step(v->txn, table, BACKEND_AFTER, &key, &value, err))) {
		if (!(v->report->looked_at++ % TELL_EVERY) && v->report->tell)
			v->report->tell(v->report);
		result = check(v, table, &key, &value, err);
		if (result)
			break;
	}
	buf_fini(&value);
	return result == RESULT_NONE ? RESULT_OK : result;
}

static int is_there(struct verify *v, enum backend_table table, const struct backend_key *key)
{
	struct buf value = {0};
	enum result result = backend_get(v->txn, table, key, &value, NULL);

	buf_fini(&value);
	return result == RESULT_OK;
}

static void *unpack(
        struct verify *v, const ProtobufCMessageDescriptor *type, const struct buf *value)
{
	void *record =
	        protobuf_c_message_unpack(type, NULL, value->size, (const uint8_t *)value->data);

	if (!record)
		problem(v, "a damaged %s", type->short_name);
	return record;
}

static void expect(struct verify *v, const char *group, const char *name, uint64_t number)
{
	char full[2 * TALLY_NAME_MAX];
	size_t at;

	snprintf(
	        full, sizeof(full), "%s%s%.*s", group, *group ? "." : "", TALLY_NAME_MAX - 1, name);
	for (at = 0; at < v->tally_count; at++)
		if (!strcmp(v->tallies[at].name, full))
			break;
	if (at == v->tally_count) {
		v->tallies = alloc_grow(v->tallies, at + 1, sizeof(*v->tallies));
		v->tallies[v->tally_count++] = (struct expected){{0}, 0};
		memcpy(v->tallies[at].name, full, sizeof(full));
	}
	v->tallies[at].number += number;
}

/* ---- items ---- */

static void check_segments(struct verify *v, const Lz__KeptItem *kept)
{
	uint64_t end = 0;
	struct digest name;
	struct err err;
	size_t at;

	for (at = 0; at < kept->n_segments; at++) {
		const Lz__KeptSegment *segment = kept->segments[at];

		if (item_segment_name(segment, &name, &err) || !segment->length ||
		        segment->offset < end)
			problem(v, "item %s: segment %zu is damaged", kept->item->id, at);
		else
			buf_add(&v->names, name.bytes, DIGEST_SIZE);
		end = segment->offset + segment->length;
	}
}

static void check_bytes(
        struct verify *v, const Lz__KeptItem *kept, uint32_t part, const char *expected)
{
	uint64_t offset, length;
	struct buf bytes = {0};
	struct digest digest;
	char hex[DIGEST_HEX_ROOM];
	struct err err;

	if (item_range(kept, part, &offset, &length, &err) ||
	        item_read(v->txn, kept, offset, length, &bytes, &err)) {
		problem(v, "%s", err.text);
	} else {
		digest_of(bytes.data ? bytes.data : "", bytes.size, &digest);
		text_hex(digest.bytes, DIGEST_SIZE, hex);
		if (strcmp(hex, expected))
			problem(v, "item %s: part %u has other bytes", kept->item->id, part);
	}
	buf_fini(&bytes);
}

struct own {
	struct verify *v;
	const Lz__Item *item;
};

static enum result check_own_entry(
        void *context, enum backend_table table, const struct backend_key *key, struct err *err)
{
	struct own *own = context;

	/* Of a store from before there were terms, the index is still being made. */
	if ((table != TABLE_BY_TERM || own->v->is_indexed) && !is_there(own->v, table, key))
		problem(own->v, "item %s is not in index %d", own->item->id, (int)table);
	return RESULT_OK;
}

static void check_item_indexes(struct verify *v, const Lz__Item *item)
{
	struct own own = {v, item};

	entries_each(item, check_own_entry, &own, NULL);
}

/* What an owner has by one item, or, sorted and summed, by all. */
struct use {
	struct digest owner; /* of its key */
	uint64_t bytes;
};

static void check_owner(struct verify *v, const Lz__KeptItem *kept, const struct owner *owner)
{
	struct backend_key key = owner_key(owner), rank = rank_key(owner, kept);
	struct use use = {.bytes = filing_bytes(kept)};

	digest_of(key.bytes, key.size, &use.owner);
	buf_add(&v->usage, &use, sizeof(use));
	if (!kept->rank)
		return;
	v->entries[TABLE_RANKS]++;
	if (!is_there(v, TABLE_RANKS, &rank))
		problem(v, "item %s is not among what makes room", kept->item->id);
}

static void check_filing(struct verify *v, const Lz__KeptItem *kept)
{
	struct backend_key key = key_time(kept->expire_ms, kept->item->id);
	struct owners owners;
	size_t at;

	if (kept->expire_ms) {
		v->entries[TABLE_EXPIRY]++;
		if (!is_there(v, TABLE_EXPIRY, &key))
			problem(v, "item %s never expires", kept->item->id);
	}
	if (kept->item->hold_ms)
		expect(v, "", "holds", 1);
	if (!kept->is_counted)
		return;
	owners_of(kept->item, &owners);
	for (at = 0; at < owners.count; at++)
		check_owner(v, kept, &owners.list[at]);
	owners_free(&owners);
}

static void check_item_letter(struct verify *v, const Lz__Item *item)
{
	Lz__KeptMessage *letter;
	struct err err;
	size_t at;

	if (letter_load(v->txn, item->message_id, &letter, &err)) {
		problem(v, "%s", err.text);
		return;
	}
	for (at = 0; at < letter->n_items && strcmp(letter->items[at], item->id); at++)
		;
	if (at == letter->n_items)
		problem(v, "item %s is not known to its message", item->id);
	if (letter->complete && item->state == LZ__ITEM_STATE__PENDING)
		problem(v, "item %s is pending, its message complete", item->id);
	message_free((ProtobufCMessage *)letter);
}

static enum result check_item(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	Lz__KeptItem *kept = unpack(v, &lz__kept_item__descriptor, value);
	uint32_t part;

	v->report->items++;
	if (kept && kept->item && key->size == strlen(kept->item->id) &&
	        !memcmp(key->bytes, kept->item->id, key->size)) {
		check_segments(v, kept);
		check_item_indexes(v, kept->item);
		check_filing(v, kept);
		check_item_letter(v, kept->item);
		if (kept->item->keep_original)
			check_bytes(v, kept, 0, kept->item->original_sha256);
		for (part = 0; part < kept->n_part_sha256; part++)
			check_bytes(v, kept, part + 1, kept->part_sha256[part]);
		expect(v, "items", item_machine.states[ITEM_PENDING + (int)kept->item->state], 1);
		expect(v, "reason", kept->item->reason, 1);
	} else if (kept) {
		problem(v, "an item under another's name");
	}
	message_free((ProtobufCMessage *)kept);
	return RESULT_OK;
}

/* Where the time begins. */
static size_t behind_text(enum backend_table table, const struct backend_key *key)
{
	size_t start = table == TABLE_BY_TERM ? KEY_SPAN_SIZE : 0;
	const uint8_t *nul;

	if (table == TABLE_BY_TIME || key->size <= start)
		return 0;
	nul = memchr(key->bytes + start, '\0', key->size - start);
	return nul ? (size_t)(nul + 1 - key->bytes) : 0;
}

static enum result check_index(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	size_t skip = behind_text(table, key);
	Lz__KeptItem *kept;
	int64_t stored_ms;
	char id[129];

	if (!key_read_time(key, skip, &stored_ms, id) || !*id ||
	        item_load(v->txn, id, &kept, NULL)) {
		problem(v, "an entry of index %d names no item", (int)table);
		return RESULT_OK;
	}
	if (!entries_have(kept->item, table, key))
		problem(v, "index %d has an entry too many for item %s", (int)table, id);
	message_free((ProtobufCMessage *)kept);
	return RESULT_OK;
}

/* ---- blobs ---- */

static int by_digest(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST_SIZE);
}

static int starts_run(const struct verify *v, size_t at)
{
	const char *here = v->names.data + at * DIGEST_SIZE;

	return !at || memcmp(here, here - DIGEST_SIZE, DIGEST_SIZE) != 0;
}

/* How many segments hold a blob; the names are sorted. */
static uint64_t count_references(const struct verify *v, const uint8_t *name)
{
	size_t total = v->names.size / DIGEST_SIZE, at;
	uint64_t count = 0;
	const char *found =
	        total ? bsearch(name, v->names.data, total, DIGEST_SIZE, by_digest) : NULL;

	if (!found)
		return 0;
	at = (size_t)(found - v->names.data) / DIGEST_SIZE;
	while (!starts_run(v, at))
		at--;
	for (; at < total && !memcmp(v->names.data + at * DIGEST_SIZE, name, DIGEST_SIZE); at++)
		count++;
	return count;
}

static enum result check_blob(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	Lz__KeptBlob *blob = unpack(v, &lz__kept_blob__descriptor, value);
	struct digest name;
	struct err why;

	if (!blob)
		return RESULT_OK;
	if (key->size != DIGEST_SIZE) {
		problem(v, "a blob without a digest");
	} else {
		memcpy(name.bytes, key->bytes, DIGEST_SIZE);
		if (blob_check(v->txn, &name, &why))
			problem(v, "%s", why.text);
		if (count_references(v, name.bytes) != blob->references)
			problem(v, "a blob says %llu references, %llu hold it",
			        (unsigned long long)blob->references,
			        (unsigned long long)count_references(v, name.bytes));
	}
	v->report->blobs++;
	v->report->bytes += blob->size;
	if (blob->packing == PACKING_ZSTD) {
		expect(v, "", "compressed_bytes", blob->size);
		expect(v, "", "compressed_to_bytes", blob->stored);
	}
	v->entries[TABLE_CHUNKS] += blob->chunks;
	message_free((ProtobufCMessage *)blob);
	return RESULT_OK;
}

static enum result check_blobs(struct verify *v, struct err *err)
{
	size_t total = v->names.size / DIGEST_SIZE, at;
	uint64_t distinct = 0;
	enum result result;

	if (total)
		qsort(v->names.data, total, DIGEST_SIZE, by_digest);
	for (at = 0; at < total; at++)
		distinct += (uint64_t)starts_run(v, at);
	result = each(v, TABLE_BLOBS, check_blob, err);
	if (!result && distinct != v->report->blobs)
		problem(v, "items hold %llu blobs, there are %llu", (unsigned long long)distinct,
		        (unsigned long long)v->report->blobs);
	if (v->report->blobs) {
		expect(v, "", "blobs", v->report->blobs);
		expect(v, "", "blob_bytes", v->report->bytes);
	}
	return result;
}

/* ---- messages and the outbox ---- */

static void check_timed(
        struct verify *v, enum backend_table table, int64_t since_ms, const char *id)
{
	struct backend_key key = key_time(since_ms, id);

	if (!since_ms)
		return;
	v->entries[table]++;
	if (!is_there(v, table, &key))
		problem(v, "%s is not in table %d by time", id, (int)table);
}

static enum result check_letter(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	Lz__KeptMessage *letter = unpack(v, &lz__kept_message__descriptor, value);
	char id[BACKEND_KEY_MAX + 1];
	size_t at;

	v->report->messages++;
	if (!letter)
		return RESULT_OK;
	snprintf(id, sizeof(id), "%.*s", (int)key->size, (const char *)key->bytes);
	for (at = 0; at < letter->n_items; at++) {
		struct backend_key item = key_text(letter->items[at]);

		if (!is_there(v, TABLE_ITEMS, &item))
			problem(v, "message %s names an item that is gone", id);
	}
	if (!letter->n_items != (letter->lone_ms != 0))
		problem(v, "message %s should %sbe among the lone ones", id,
		        letter->n_items ? "not " : "");
	check_timed(v, TABLE_PENDING, letter->pending_ms, id);
	check_timed(v, TABLE_LONE, letter->lone_ms, id);
	message_free((ProtobufCMessage *)letter);
	return RESULT_OK;
}

/* The record that tells of it may be older than all items, and forgotten. */
static void check_gathered(struct verify *v, const Lz__Outgoing *outgoing)
{
	struct backend_key entry = gather_entry(outgoing);

	v->entries[TABLE_GATHERED]++;
	if (!is_there(v, TABLE_GATHERED, &entry))
		problem(v, "outbox record %s is gathered, but not told of", outgoing->id);
}

static enum result check_outgoing(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	Lz__Outgoing *outgoing = unpack(v, &lz__outgoing__descriptor, value);
	struct backend_key by_item, item;
	struct digest parcel;

	v->report->outgoing++;
	if (!outgoing)
		return RESULT_OK;
	by_item = key_pair(outgoing->item, outgoing->id);
	item = key_text(outgoing->item);
	if (!is_there(v, TABLE_OUTBOX_BY_ITEM, &by_item) ||
	        (*outgoing->item && !is_there(v, TABLE_ITEMS, &item)))
		problem(v, "outbox record %s has no item", outgoing->id);
	v->entries[TABLE_OUTBOX_BY_ITEM]++;
	if (*outgoing->into)
		check_gathered(v, outgoing);
	if (outgoing_is_timed(outgoing))
		check_timed(v, TABLE_OUTBOX_DUE, outgoing->next_ms, outgoing->id);
	expect(v, "outbox", outgoing->state, 1);
	if (parcel_name(outgoing, &parcel))
		buf_add(&v->names, parcel.bytes, DIGEST_SIZE);
	else if (*outgoing->parcel_sha256)
		problem(v, "outbox record %s names no blob", outgoing->id);
	message_free((ProtobufCMessage *)outgoing);
	return RESULT_OK;
}

/* ---- what owners have ---- */

static int by_owner(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST_SIZE);
}

static struct use *use_at(const struct verify *v, size_t at)
{
	return (struct use *)(void *)(v->usage.data + at * sizeof(struct use));
}

/* One for each owner; gives how many have anything. */
static size_t sum_usage(struct verify *v)
{
	size_t total = v->usage.size / sizeof(struct use), at, to = 0, some = 0;

	if (total)
		qsort(v->usage.data, total, sizeof(struct use), by_owner);
	for (at = 0; at < total; at++) {
		if (to && !by_owner(use_at(v, to - 1), use_at(v, at)))
			use_at(v, to - 1)->bytes += use_at(v, at)->bytes;
		else
			*use_at(v, to++) = *use_at(v, at);
	}
	v->usage.size = to * sizeof(struct use);
	for (at = 0; at < to; at++)
		some += use_at(v, at)->bytes != 0;
	return some;
}

static enum result check_use(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	size_t total = v->usage.size / sizeof(struct use);
	const struct use *found = NULL;
	struct digest owner;
	uint64_t bytes;

	if (number_read(value, &bytes, err))
		return RESULT_PERMANENT;
	digest_of(key->bytes, key->size, &owner);
	if (total)
		found = bsearch(&owner, v->usage.data, total, sizeof(struct use), by_owner);
	if (!found || found->bytes != bytes)
		problem(v, "%.*s is said to have %llu bytes, and has %llu", (int)key->size,
		        (const char *)key->bytes, (unsigned long long)bytes,
		        (unsigned long long)(found ? found->bytes : 0));
	v->entries[table]--;
	return RESULT_OK;
}

static enum result check_usage(struct verify *v, struct err *err)
{
	enum result result;

	v->entries[TABLE_USAGE] = sum_usage(v);
	result = each(v, TABLE_USAGE, check_use, err);
	if (!result && v->entries[TABLE_USAGE])
		problem(v, "%lld owners are not known to have anything",
		        (long long)v->entries[TABLE_USAGE]);
	return result;
}

static enum result check_asked(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	const uint8_t *end = memchr(key->bytes, 0, key->size);
	struct backend_key item =
	        key_bytes(key->bytes, end ? (size_t)(end - key->bytes) : key->size);

	if (!is_there(v, TABLE_ITEMS, &item))
		problem(v, "somebody asked for an item that is gone");
	return RESULT_OK;
}

/* ---- counts ---- */

static enum result take_off(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	v->entries[table]--;
	return RESULT_OK;
}

static enum result check_tally(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	uint64_t number;
	size_t at;

	if (number_read(value, &number, err))
		return RESULT_PERMANENT;
	for (at = 0; at < v->tally_count; at++) {
		struct expected *expected = &v->tallies[at];

		if (strlen(expected->name) != key->size ||
		        memcmp(expected->name, key->bytes, key->size))
			continue;
		expected->number -= number;
		return RESULT_OK;
	}
	problem(v, "tally %.*s is %llu, nothing is there", (int)key->size, (const char *)key->bytes,
	        (unsigned long long)number);
	return RESULT_OK;
}

static enum result check_counts(struct verify *v, struct err *err)
{
	static const enum backend_table tables[] = {TABLE_CHUNKS, TABLE_PENDING, TABLE_LONE,
	        TABLE_OUTBOX_BY_ITEM, TABLE_OUTBOX_DUE, TABLE_EXPIRY, TABLE_RANKS, TABLE_GATHERED};
	enum result result = each(v, TABLE_TALLY, check_tally, err);
	size_t at;

	v->report->chunks = v->entries[TABLE_CHUNKS];
	for (at = 0; !result && at < sizeof(tables) / sizeof(tables[0]); at++) {
		result = each(v, tables[at], take_off, err);
		if (v->entries[tables[at]])
			problem(v, "table %d: %lld entries missing (or, below zero, too many)",
			        (int)tables[at], (long long)v->entries[tables[at]]);
	}
	for (at = 0; at < v->tally_count; at++)
		if (v->tallies[at].number)
			problem(v, "tally %s is off by %lld", v->tallies[at].name,
			        (long long)v->tallies[at].number);
	return result;
}

/* ---- the audit ---- */

static void take_entry(struct verify *v, const Lz__AuditEntry *entry, uint64_t seq)
{
	Lz__AuditPlace anchor = LZ__AUDIT_PLACE__INIT;
	enum result result;
	struct err why;

	anchor.seq = entry->seq;
	anchor.hash = entry->hash;
	result = seq ? chain_take(&v->chain, entry, &why) : chain_begin(&v->chain, &anchor, &why);
	if (!result)
		return;
	problem(v, "the audit: %s", why.text);
	v->is_broken = 1;
}

static enum result check_audited(struct verify *v, enum backend_table table,
        const struct backend_key *key, const struct buf *value, struct err *err)
{
	Lz__AuditEntry *entry;

	if (v->is_broken)
		return RESULT_OK;
	entry = unpack(v, &lz__audit_entry__descriptor, value);
	v->is_broken = !entry;
	if (entry)
		take_entry(v, entry, audit_number(key));
	message_free((ProtobufCMessage *)entry);
	return RESULT_OK;
}

static enum result check_audit(struct verify *v, struct err *err)
{
	enum result result = each(v, TABLE_AUDIT, check_audited, err);
	struct err why;

	if (!result && !v->is_broken && chain_end(&v->chain, &why))
		problem(v, "the audit: %s", why.text);
	v->report->audited = v->chain.seq;
	return result;
}

static enum result verify(struct verify *v, struct err *err)
{
	static const enum backend_table indexes[] = {
	        TABLE_BY_TIME, TABLE_BY_RECIPIENT, TABLE_BY_SENDER, TABLE_BY_REASON, TABLE_BY_TERM};
	enum result result = each(v, TABLE_ITEMS, check_item, err);
	size_t at;

	for (at = 0; !result && at < sizeof(indexes) / sizeof(indexes[0]); at++)
		result = each(v, indexes[at], check_index, err);
	if (!result)
		result = each(v, TABLE_MESSAGES, check_letter, err);
	if (!result)
		result = each(v, TABLE_OUTBOX, check_outgoing, err);
	if (!result)
		result = each(v, TABLE_ASKED, check_asked, err);
	if (!result)
		result = check_blobs(v, err); /* once all who hold one are known */
	if (!result)
		result = check_usage(v, err);
	if (!result)
		result = check_counts(v, err);
	return result ? result : check_audit(v, err);
}

enum result store_verify(struct store *store, struct store_report *out, struct err *err)
{
	struct verify v = {.report = out, .is_indexed = store->is_indexed};
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	*out = (struct store_report){.tell = out->tell};
	v.txn = store->txn;
	result = verify(&v, err);
	store_read_end(store);
	buf_fini(&v.names);
	buf_fini(&v.usage);
	free(v.tallies);
	return result;
}
