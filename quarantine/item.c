#include "quarantine/item.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/entries.h"
#include "quarantine/filing.h"
#include "quarantine/key.h"
#include "quarantine/segments.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum { ID_MAX = 64 };

enum result item_check_id(const char *id, struct err *err)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t size = strlen(id);

	if (!size || size > ID_MAX || strspn(id, letters) != size)
		return err_set(err, RESULT_PERMANENT, "not an id");
	return RESULT_OK;
}

enum result item_load(struct backend_txn *txn, const char *id, Lz__KeptItem **out, struct err *err)
{
	struct backend_key key = key_text(id);
	enum result result =
	        record_get(txn, TABLE_ITEMS, &key, &lz__kept_item__descriptor, (void **)out, err);

	if (result || (*out)->item)
		return result;
	message_free((ProtobufCMessage *)*out);
	return err_set(err, RESULT_PERMANENT, "the record of item %s is damaged", id);
}

enum result item_load_listed(
        struct backend_txn *txn, const char *id, Lz__KeptItem **out, struct err *err)
{
	enum result result = item_load(txn, id, out, err);

	if (result == RESULT_NONE)
		return err_set(err, RESULT_PERMANENT, "an index names item %s", id);
	return result;
}

enum result item_next(
        struct backend_txn *txn, struct backend_key *key, Lz__KeptItem **out, struct err *err)
{
	char id[BACKEND_KEY_MAX + 1];
	enum result result = backend_step(txn, TABLE_ITEMS, BACKEND_AFTER, key, NULL, err);

	if (result)
		return result;
	memcpy(id, key->bytes, key->size);
	id[key->size] = '\0';
	return item_load_listed(txn, id, out, err);
}

static enum result save(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err)
{
	struct backend_key key = key_text(kept->item->id);

	return record_put(txn, TABLE_ITEMS, &key, kept, err);
}

/* ---- indexes and tallies ---- */

static enum result put_entry(
        void *context, enum backend_table table, const struct backend_key *key, struct err *err)
{
	return backend_put(context, table, key, "", 0, err);
}

/* It may be gone already: a recipient, a word may be named twice. */
static enum result drop_entry(
        void *context, enum backend_table table, const struct backend_key *key, struct err *err)
{
	enum result result = backend_drop(context, table, key, err);

	return result == RESULT_NONE ? RESULT_OK : result;
}

enum result item_index_terms(struct backend_txn *txn, const Lz__Item *item, struct err *err)
{
	return entries_each_term(item, put_entry, txn, err);
}

static int state_of(const Lz__Item *item)
{
	return (int)item->state + ITEM_PENDING;
}

static enum result count_state(struct backend_txn *txn, int state, int change, struct err *err)
{
	return tally_add_in(txn, "items", item_machine.states[state], change, err);
}

static enum result count_item(
        struct backend_txn *txn, const Lz__Item *item, int change, struct err *err)
{
	enum result result = count_state(txn, state_of(item), change, err);

	return result ? result : tally_add_in(txn, "reason", item->reason, change, err);
}

/* ---- adding ---- */

static enum result put_segments(struct backend_txn *txn, const uint8_t *body,
        const struct segments *plan, struct pack *pack, Lz__KeptItem *kept, struct err *err)
{
	enum result result = RESULT_OK;
	struct digest name;
	size_t at;

	kept->segments = alloc_zero(plan->count, sizeof(*kept->segments));
	for (at = 0; !result && at < plan->count; at++) {
		const struct segment *segment = &plan->list[at];
		Lz__KeptSegment *record = alloc(sizeof(*record));

		lz__kept_segment__init(record);
		result = blob_put(txn, body + segment->offset, segment->length, pack, &name, err);
		record->offset = segment->offset;
		record->length = segment->length;
		record->sha256.data = (uint8_t *)alloc_bytes(name.bytes, DIGEST_SIZE);
		record->sha256.len = DIGEST_SIZE;
		kept->segments[kept->n_segments++] = record;
	}
	return result;
}

/* The digest of a range; a segment that is just this range has it already. */
static void name_range(const Lz__KeptItem *kept, const uint8_t *body, uint64_t offset,
        uint64_t length, char hex[DIGEST_HEX_ROOM])
{
	struct digest digest;
	size_t at;

	for (at = 0; at < kept->n_segments; at++)
		if (kept->segments[at]->offset == offset && kept->segments[at]->length == length) {
			text_hex(kept->segments[at]->sha256.data, DIGEST_SIZE, hex);
			return;
		}
	digest_of(body + offset, length, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
}

static void describe(Lz__KeptItem *kept, const uint8_t *body, uint64_t size)
{
	Lz__Item *item = kept->item;
	char hex[DIGEST_HEX_ROOM];
	size_t at;

	name_range(kept, body, 0, size, hex);
	strings_set(&item->original_sha256, hex);
	for (at = 0; at < item->n_parts; at++) {
		name_range(kept, body, item->parts[at]->offset, item->parts[at]->length, hex);
		strings_add(&kept->part_sha256, &kept->n_part_sha256, hex);
	}
}

static Lz__KeptItem *new_kept(const Lz__Item *item, int64_t now_ms)
{
	Lz__KeptItem *kept = alloc(sizeof(*kept));

	lz__kept_item__init(kept);
	kept->item = record_copy(item);
	kept->item->state = LZ__ITEM_STATE__PENDING;
	kept->item->stored_ms = now_ms;
	kept->item->confirmed_ms = kept->item->released_ms = 0;
	kept->item->hold_ms = 0;
	strings_set(&kept->item->hold_by, "");
	strings_set(&kept->item->hold_why, "");
	strings_clear(&kept->item->requested_by, &kept->item->n_requested_by);
	return kept;
}

enum result item_unlist(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err)
{
	enum result result = entries_each(kept->item, drop_entry, txn, err);

	return result ? result : filing_drop(txn, kept, err);
}

/* Enters it wherever it belongs, and saves it. */
static enum result enter(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err)
{
	enum result result = save(txn, kept, err);

	if (!result)
		result = entries_each(kept->item, put_entry, txn, err);
	return result ? result : filing_put(txn, kept, err);
}

enum result item_list(
        struct backend_txn *txn, Lz__KeptItem *kept, const struct rules *rules, struct err *err)
{
	filing_set(rules, kept);
	return enter(txn, kept, err);
}

enum result item_refile(struct backend_txn *txn, Lz__KeptItem *kept, const struct rules *rules,
        int64_t expire_ms, struct err *err)
{
	Lz__KeptItem before = *kept;
	enum result result;

	filing_set(rules, kept);
	if (expire_ms && kept->expire_ms)
		kept->expire_ms = expire_ms;
	if (filing_same(kept, &before))
		return RESULT_OK;
	result = filing_drop(txn, &before, err);
	if (!result)
		result = filing_put(txn, kept, err);
	return result ? result : save(txn, kept, err);
}

enum result item_add(struct backend_txn *txn, const Lz__Item *item, const void *body, uint64_t size,
        int64_t now_ms, const struct rules *rules, struct pack *pack, struct err *err)
{
	struct segments plan = {0};
	Lz__KeptItem *kept;
	enum result result;

	result = segments_plan(item->parts, item->n_parts, size, item->keep_original, &plan, err);
	if (result)
		return result;
	kept = new_kept(item, now_ms);
	result = put_segments(txn, body, &plan, pack, kept, err);
	if (!result)
		describe(kept, body, size);
	if (!result)
		result = item_list(txn, kept, rules, err);
	if (!result)
		result = count_item(txn, kept->item, 1, err);
	message_free((ProtobufCMessage *)kept);
	segments_free(&plan);
	return result;
}

enum result item_mend(struct backend_txn *txn, const Lz__KeptItem *kept, const void *body,
        uint64_t size, struct err *err)
{
	enum result result = RESULT_OK;
	char hex[DIGEST_HEX_ROOM];
	struct digest digest;
	size_t at;

	digest_of(body, size, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
	if (strcmp(hex, kept->item->original_sha256) != 0)
		return RESULT_OK; /* not the bytes it was made of: what is kept stays */
	for (at = 0; !result && at < kept->n_segments; at++) {
		const Lz__KeptSegment *segment = kept->segments[at];

		result = item_segment_name(segment, &digest, err);
		if (!result && segment->offset <= size && segment->length <= size - segment->offset)
			result = blob_mend(txn, &digest, (const uint8_t *)body + segment->offset,
			        segment->length, err);
	}
	return result;
}

/* ---- moving and removing ---- */

static enum result change_state(struct backend_txn *txn, Lz__Item *item, int state, struct err *err)
{
	struct backend_key key = entry_of_state(item);
	enum result result = drop_entry(txn, TABLE_BY_TERM, &key, err);

	if (!result)
		result = count_state(txn, state_of(item), -1, err);
	if (!result)
		result = count_state(txn, state, 1, err);
	item->state = (Lz__ItemState)(state - ITEM_PENDING);
	key = entry_of_state(item);
	return result ? result : put_entry(txn, TABLE_BY_TERM, &key, err);
}

enum result item_move(
        struct backend_txn *txn, Lz__KeptItem *kept, enum item_event event, struct err *err)
{
	int from = state_of(kept->item), state = from;
	enum result result = state_move(&item_machine, &state, event, err);

	if (!result && state != from)
		result = change_state(txn, kept->item, state, err);
	return result ? result : save(txn, kept, err);
}

static enum result drop_segments(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err)
{
	enum result result = RESULT_OK;
	struct digest name;
	size_t at;

	for (at = 0; !result && at < kept->n_segments; at++) {
		result = item_segment_name(kept->segments[at], &name, err);
		if (!result)
			result = blob_drop(txn, &name, err);
	}
	return result;
}

enum result item_remove(
        struct backend_txn *txn, const Lz__KeptItem *kept, enum item_event event, struct err *err)
{
	struct backend_key key = key_text(kept->item->id);
	int state = state_of(kept->item);
	enum result result = state_move(&item_machine, &state, event, err);

	if (!result && kept->item->hold_ms)
		result = err_set(err, RESULT_PERMANENT, "item %s is under legal hold (%s: %s)",
		        kept->item->id, kept->item->hold_by, kept->item->hold_why);
	if (!result)
		result = drop_segments(txn, kept, err);
	if (!result)
		result = item_unlist(txn, kept, err);
	if (!result)
		result = count_item(txn, kept->item, -1, err);
	return result ? result : backend_drop(txn, TABLE_ITEMS, &key, err);
}

/* ---- requests ---- */

enum result item_request(
        struct backend_txn *txn, Lz__KeptItem *kept, const char *by, struct err *err)
{
	struct backend_key key;
	enum result result;

	strings_add_new(&kept->item->requested_by, &kept->item->n_requested_by, by);
	key = entry_of_request(kept->item);
	result = put_entry(txn, TABLE_BY_TERM, &key, err);
	return result ? result : save(txn, kept, err);
}

static int is_among(char *const *to, size_t count, const char *address)
{
	size_t at;

	for (at = 0; at < count; at++)
		if (text_same(to[at], address))
			return 1;
	return 0;
}

/* Who asked, too, and is sent nothing goes on waiting. */
static void drop_askers(Lz__Item *item, char *const *to, size_t count)
{
	size_t from, left = 0;

	for (from = 0; from < item->n_requested_by; from++) {
		if (!count || is_among(to, count, item->requested_by[from]))
			free(item->requested_by[from]);
		else
			item->requested_by[left++] = item->requested_by[from];
	}
	item->n_requested_by = left;
}

enum result item_settle_request(
        struct backend_txn *txn, Lz__KeptItem *kept, char *const *to, size_t count, struct err *err)
{
	struct backend_key key = entry_of_request(kept->item);

	if (!kept->item->n_requested_by)
		return RESULT_OK;
	drop_askers(kept->item, to, count);
	return kept->item->n_requested_by ? RESULT_OK : drop_entry(txn, TABLE_BY_TERM, &key, err);
}

/* ---- its bytes ---- */

enum result item_segment_name(const Lz__KeptSegment *segment, struct digest *out, struct err *err)
{
	if (segment->sha256.len != DIGEST_SIZE)
		return err_set(err, RESULT_PERMANENT, "a damaged segment");
	memcpy(out->bytes, segment->sha256.data, DIGEST_SIZE);
	return RESULT_OK;
}

enum result item_range(const Lz__KeptItem *kept, uint32_t part, uint64_t *offset, uint64_t *length,
        struct err *err)
{
	const Lz__Item *item = kept->item;

	if (part > item->n_parts)
		return err_set(err, RESULT_NONE, "item %s has %zu parts", item->id, item->n_parts);
	if (part) {
		*offset = item->parts[part - 1]->offset;
		*length = item->parts[part - 1]->length;
		return RESULT_OK;
	}
	if (!item->keep_original)
		return err_set(err, RESULT_NONE,
		        "of item %s only the parts were kept, not the whole message", item->id);
	*offset = 0;
	*length = 0;
	if (kept->n_segments)
		*length = kept->segments[kept->n_segments - 1]->offset +
		          kept->segments[kept->n_segments - 1]->length;
	return RESULT_OK;
}

enum result item_read(struct backend_txn *txn, const Lz__KeptItem *kept, uint64_t offset,
        uint64_t length, struct buf *out, struct err *err)
{
	uint64_t end = offset + length;
	enum result result = RESULT_OK;
	struct digest name;
	size_t at;

	for (at = 0; !result && offset < end && at < kept->n_segments; at++) {
		const Lz__KeptSegment *segment = kept->segments[at];
		uint64_t stop = segment->offset + segment->length;

		if (stop <= offset)
			continue;
		if (segment->offset > offset)
			break;
		stop = stop < end ? stop : end;
		result = item_segment_name(segment, &name, err);
		if (!result)
			result = blob_read(
			        txn, &name, offset - segment->offset, stop - offset, out, err);
		offset = stop;
	}
	if (!result && offset < end)
		return err_set(err, RESULT_PERMANENT, "item %s has a hole", kept->item->id);
	return result;
}

enum result item_check(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err)
{
	enum result result = RESULT_OK;
	struct digest name;
	size_t at;

	for (at = 0; !result && at < kept->n_segments; at++) {
		result = item_segment_name(kept->segments[at], &name, err);
		if (!result)
			result = blob_check(txn, &name, err);
		if (result == RESULT_NONE)
			result = err_set(
			        err, RESULT_PERMANENT, "bytes of item %s are gone", kept->item->id);
	}
	return result;
}
