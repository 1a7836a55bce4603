#include "quarantine/audit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "quarantine/inside.h"
#include "quarantine/key.h"
#include "quarantine/record.h"
#include "quarantine/strings.h"

enum {
	LIST_DEFAULT = 100,
	LIST_MAX = 500,
	LIST_LOOKS = 4000, /* entries, for one answer */
	TRIM_PIECE = 2000,
	TRIM_SLACK_MS = 24 * 3600 * 1000,
	LINE_MOST = MESSAGE_LINE_MAX,
};

/* The anchor stands in front of all entries, as they count from 1. */
enum { ANCHOR = 0 };

static struct backend_key key_of(uint64_t seq)
{
	uint8_t bytes[8];
	int at;

	for (at = 0; at < 8; at++)
		bytes[at] = (uint8_t)(seq >> (56 - 8 * at));
	return key_bytes(bytes, sizeof(bytes));
}

uint64_t audit_number(const struct backend_key *key)
{
	uint64_t number = 0;
	size_t at;

	for (at = 0; at < key->size && at < 8; at++)
		number = number << 8 | key->bytes[at];
	return number;
}

/* What can't be read any more is shown as that: it must not keep anybody from the others, nor from
 * going on. */
static Lz__AuditEntry *unpack(const struct buf *value, uint64_t seq)
{
	Lz__AuditEntry *entry =
	        lz__audit_entry__unpack(NULL, value->size, (const uint8_t *)value->data);

	if (entry && entry->hash.len == DIGEST_SIZE)
		return entry;
	message_free((ProtobufCMessage *)entry);
	entry = alloc(sizeof(*entry));
	lz__audit_entry__init(entry);
	entry->seq = seq;
	strings_set(&entry->action, "damaged");
	return entry;
}

/* The entry in this direction from *seq, which moves to it; RESULT_NONE: there is none. */
static enum result step(struct store *store, enum backend_step where, uint64_t *seq,
        Lz__AuditEntry **out, struct err *err)
{
	struct backend_key key = key_of(*seq);
	struct buf value = {0};
	enum result result = backend_step(store->txn, TABLE_AUDIT, where, &key, &value, err);

	if (!result && audit_number(&key) == ANCHOR)
		result = RESULT_NONE;
	if (!result) {
		*seq = audit_number(&key);
		*out = unpack(&value, *seq);
	}
	buf_fini(&value);
	return result;
}

static enum result load_anchor(struct store *store, Lz__AuditEntry **out, struct err *err)
{
	struct backend_key key = key_of(ANCHOR);

	return record_get(
	        store->txn, TABLE_AUDIT, &key, &lz__audit_entry__descriptor, (void **)out, err);
}

static void read_hash(const Lz__AuditEntry *entry, struct digest *out)
{
	*out = (struct digest){{0}};
	if (entry->hash.len == DIGEST_SIZE)
		memcpy(out->bytes, entry->hash.data, DIGEST_SIZE);
}

/* ---- adding ---- */

/* After a damaged entry the chain goes on, as mail must; that it is broken there stays to be seen.
 */
static enum result load_head(struct store *store, struct err *err)
{
	Lz__AuditEntry *last = NULL;
	uint64_t seq = UINT64_MAX;
	enum result result = step(store, BACKEND_BEFORE, &seq, &last, err);

	if (result == RESULT_NONE) { /* all that there was is trimmed, or there was nothing */
		result = load_anchor(store, &last, err);
		seq = last ? last->seq : 0;
	}
	if (result > RESULT_NONE)
		return result;
	store->audit = (struct audit_place){.is_known = 1, .seq = seq};
	if (last)
		read_hash(last, &store->audit.hash);
	message_free((ProtobufCMessage *)last);
	return RESULT_OK;
}

/* One line of UTF-8 of a bounded size, whatever it was: what is kept must be fit to travel. */
static char *line_of(const char *text)
{
	char *line = alloc_string(text ? text : ""), *at;
	size_t size = strlen(line);
	int is_utf8 = utf8_valid(line, size);

	for (at = line; *at; at++)
		if (*at == '\r' || *at == '\n' || (!is_utf8 && (unsigned char)*at > '~'))
			*at = '?';
	if (size > LINE_MOST)
		line[size = LINE_MOST] = '\0';
	while (!utf8_valid(line, size))
		line[--size] = '\0';
	return line;
}

static const char *who_of(const struct store *store, const struct audit_fact *fact)
{
	if (fact->who)
		return fact->who;
	return store->actor ? store->actor->name : "store";
}

static enum result put(struct store *store, Lz__AuditEntry *entry, struct err *err)
{
	struct digest hash;
	struct backend_key key;
	enum result result;

	chain_link(entry, store->audit.seq + 1, &store->audit.hash, &hash);
	key = key_of(entry->seq);
	result = record_put(store->txn, TABLE_AUDIT, &key, entry, err);
	store->audit.seq = entry->seq;
	store->audit.hash = hash;
	return result;
}

enum result audit_add(struct store *store, const struct audit_fact *fact, struct err *err)
{
	Lz__AuditEntry entry = LZ__AUDIT_ENTRY__INIT;
	enum result result = store->audit.is_known ? RESULT_OK : load_head(store, err);

	assert(store->txn && fact->action);
	if (result)
		return result;
	entry.time_ms = store->now_ms;
	entry.who = line_of(who_of(store, fact));
	entry.action = (char *)fact->action;
	entry.item = (char *)(fact->item ? fact->item : "");
	entry.why = line_of(fact->why);
	entry.detail = line_of(fact->detail);
	result = put(store, &entry, err);
	free(entry.who);
	free(entry.why);
	free(entry.detail);
	return result;
}

enum result audit_note(
        struct store *store, const struct audit_fact *fact, int64_t now_ms, struct err *err)
{
	enum result result = store_begin(store, now_ms, err);

	if (!result)
		result = audit_add(store, fact, err);
	if (result) {
		store_abort(store);
		return result;
	}
	return store_commit(store, err);
}

enum result audit_head(struct store *store, uint64_t *seq, struct digest *hash, struct err *err)
{
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = load_head(store, err);
	if (!result) {
		*seq = store->audit.seq;
		*hash = store->audit.hash;
	}
	store_read_end(store);
	return result;
}

enum result audit_is_new(struct store *store, const char *name, const struct digest *digest,
        int *is_new, struct err *err)
{
	struct backend_key key = key_text(name);
	struct buf value = {0};
	enum result result = backend_get(store->txn, TABLE_META, &key, &value, err);

	*is_new = result == RESULT_NONE || value.size != DIGEST_SIZE ||
	          memcmp(value.data, digest->bytes, DIGEST_SIZE) != 0;
	buf_fini(&value);
	if (result > RESULT_NONE || !*is_new)
		return result;
	return backend_put(store->txn, TABLE_META, &key, digest->bytes, DIGEST_SIZE, err);
}

/* ---- looking ---- */

static int entry_matches(const Lz__ListAudit *request, const Lz__AuditEntry *entry)
{
	return !strncmp(entry->item, request->item, strlen(request->item)) &&
	       (!*request->who || text_find(entry->who, strlen(entry->who), request->who)) &&
	       (!*request->action || !strcmp(entry->action, request->action)) &&
	       (!request->since_ms || entry->time_ms >= request->since_ms) &&
	       (!request->until_ms || entry->time_ms < request->until_ms);
}

static void give(Lz__Audit *out, Lz__AuditEntry **entry)
{
	out->entries = alloc_grow(out->entries, out->n_entries + 1, sizeof(*out->entries));
	out->entries[out->n_entries++] = *entry;
	*entry = NULL;
}

/* The clock may have been set back now and then, so a time ends no walk. */
static enum result walk(
        struct store *store, const Lz__ListAudit *request, Lz__Audit *out, struct err *err)
{
	uint32_t limit = request->limit ? request->limit : LIST_DEFAULT;
	uint64_t at = request->from ? request->from : request->forward ? 1 : UINT64_MAX;
	enum backend_step where = request->forward ? BACKEND_AT_LEAST : BACKEND_BEFORE;
	Lz__AuditEntry *entry;
	enum result result = RESULT_OK;
	unsigned looks;

	if (limit > LIST_MAX)
		limit = LIST_MAX;
	for (looks = 0; looks < LIST_LOOKS && out->n_entries < limit; looks++) {
		result = step(store, where, &at, &entry, err);
		if (result)
			return result == RESULT_NONE ? RESULT_OK : result;
		at += request->forward != 0;
		if (entry_matches(request, entry))
			give(out, &entry);
		message_free((ProtobufCMessage *)entry);
	}
	out->next = at;
	return RESULT_OK;
}

/* Takes the entry; NULL gives a place before the first. */
static Lz__AuditPlace *place_of(Lz__AuditEntry *entry)
{
	Lz__AuditPlace *place = alloc(sizeof(*place));

	lz__audit_place__init(place);
	if (entry) {
		place->seq = entry->seq;
		place->time_ms = entry->time_ms;
		place->hash = entry->hash;
		entry->hash = (ProtobufCBinaryData){0, NULL};
	}
	message_free((ProtobufCMessage *)entry);
	return place;
}

static enum result tell_places(struct store *store, Lz__Audit *out, struct err *err)
{
	Lz__AuditEntry *entry = NULL;
	uint64_t seq = UINT64_MAX;
	enum result result = load_anchor(store, &entry, err);

	if (result > RESULT_NONE)
		return result;
	out->anchor = place_of(entry);
	entry = NULL;
	result = step(store, BACKEND_BEFORE, &seq, &entry, err);
	out->head = place_of(entry);
	return result == RESULT_NONE ? RESULT_OK : result;
}

enum result audit_list(
        struct store *store, const Lz__ListAudit *request, Lz__Audit *out, struct err *err)
{
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = tell_places(store, out, err);
	if (!result)
		result = walk(store, request, out, err);
	store_read_end(store);
	return result;
}

/* ---- trimming ---- */

static enum result move_anchor(struct store *store, const Lz__AuditEntry *last, struct err *err)
{
	struct backend_key key = key_of(ANCHOR);
	Lz__AuditEntry anchor = LZ__AUDIT_ENTRY__INIT;
	char place[CHAIN_PLACE_ROOM];
	struct audit_fact fact = {.who = "store", .action = "trim", .detail = place};
	struct digest hash;
	enum result result;

	read_hash(last, &hash);
	anchor.seq = last->seq;
	anchor.time_ms = last->time_ms;
	anchor.hash = (ProtobufCBinaryData){DIGEST_SIZE, hash.bytes};
	chain_place_text(last->seq, &hash, place);
	result = record_put(store->txn, TABLE_AUDIT, &key, &anchor, err);
	return result ? result : audit_add(store, &fact, err);
}

/* RESULT_NONE: there is nothing so old. *last is the last that went. */
static enum result drop_old(
        struct store *store, int64_t before_ms, Lz__AuditEntry **last, int *more, struct err *err)
{
	Lz__AuditEntry *entry;
	struct backend_key key;
	enum result result;
	unsigned dropped;
	uint64_t seq;

	for (dropped = 0; dropped < TRIM_PIECE; dropped++) {
		seq = ANCHOR + 1;
		result = step(store, BACKEND_AT_LEAST, &seq, &entry, err);
		if (!result && entry->time_ms >= before_ms) {
			message_free((ProtobufCMessage *)entry);
			result = RESULT_NONE;
		}
		if (result)
			return result == RESULT_NONE && *last ? RESULT_OK : result;
		message_free((ProtobufCMessage *)*last);
		*last = entry;
		entry->seq = seq;
		key = key_of(seq);
		result = backend_drop(store->txn, TABLE_AUDIT, &key, err);
		if (result)
			return result;
	}
	*more = 1;
	return RESULT_OK;
}

static enum result is_due(struct store *store, int64_t before_ms, struct err *err)
{
	Lz__AuditEntry *entry;
	uint64_t seq = ANCHOR + 1;
	enum result result = step(store, BACKEND_AT_LEAST, &seq, &entry, err);

	if (result)
		return result;
	if (entry->time_ms >= before_ms - TRIM_SLACK_MS)
		result = RESULT_NONE;
	message_free((ProtobufCMessage *)entry);
	return result;
}

enum result audit_trim(struct store *store, int64_t now_ms, int *more, struct err *err)
{
	int64_t before_ms = now_ms - store->options.keep_audit_ms;
	int is_going_on = *more;
	Lz__AuditEntry *last = NULL;
	enum result result;

	*more = 0;
	if (!store->options.keep_audit_ms)
		return RESULT_OK;
	result = store_begin(store, now_ms, err);
	if (!result && !is_going_on)
		result = is_due(store, before_ms, err);
	if (!result)
		result = drop_old(store, before_ms, &last, more, err);
	if (!result)
		result = move_anchor(store, last, err);
	message_free((ProtobufCMessage *)last);
	if (!result)
		return store_commit(store, err);
	store_abort(store);
	*more = 0;
	return result == RESULT_NONE ? RESULT_OK : result;
}
