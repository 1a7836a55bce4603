/*
 * Taking a person out of all that is kept: every item, then every record of the outbox, then what
 * is remembered of messages. All of it is walked, as not every place is in an index: a bounded
 * piece for each request, each whole in itself, so that an interruption leaves less to do and no
 * harm.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/erasures.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/leave.h"
#include "quarantine/letter.h"
#include "quarantine/outbox.h"
#include "quarantine/record.h"
#include "quarantine/strings.h"

enum {
	LOOKS = 500,  /* records, in one piece */
	CHANGES = 16, /* likewise */
	LIST_DEFAULT = 100,
	LIST_MAX = 500,
	ERASURE_LOOKS = 5000,
};

struct erasing {
	struct store *store;
	const Lz__Erase *request;
	struct owner person;
	Lz__Erased *out;
	unsigned changes;
};

static struct backend_txn *txn_of(const struct erasing *e)
{
	return e->store->txn;
}

/* ---- items ---- */

static int has_sent(const struct erasing *e, const Lz__Item *item)
{
	const char *person = e->person.name;

	return text_same(item->reverse_path, person) || text_same(item->sasl_username, person) ||
	       leave_is_from(item->header_from, person);
}

/* RESULT_OK: it is his, and nothing stands in the way. */
static enum result may_go(struct erasing *e, const Lz__Item *item)
{
	if (item->hold_ms)
		strings_add_new(&e->out->on_hold, &e->out->n_on_hold, item->id);
	else if (item->state == LZ__ITEM_STATE__PENDING)
		e->out->open++;
	else
		return RESULT_OK;
	return RESULT_NONE;
}

static enum result erase_from(struct erasing *e, Lz__KeptItem *kept, int is_last, struct err *err)
{
	*(is_last ? &e->out->items_removed : &e->out->items_changed) += 1;
	e->changes++;
	if (e->request->dry_run)
		return RESULT_OK;
	return is_last ? store_remove_item(e->store, kept, ITEM_ERASE, err)
	               : leave_item(e->store, kept, &e->person, err);
}

static enum result erase_item(struct erasing *e, const struct backend_key *key, struct err *err)
{
	Lz__KeptItem *kept;
	char id[BACKEND_KEY_MAX + 1];
	enum result result;
	size_t his;

	memcpy(id, key->bytes, key->size);
	id[key->size] = '\0';
	result = item_load_listed(txn_of(e), id, &kept, err);
	if (result)
		return result;
	his = leave_count(kept->item, &e->person);
	if ((his || has_sent(e, kept->item)) && !may_go(e, kept->item))
		result = erase_from(
		        e, kept, has_sent(e, kept->item) || his == kept->item->n_recipients, err);
	message_free(&kept->base);
	return result;
}

/* ---- the outbox ---- */

/* RESULT_NONE: its item is under hold, or still open; it was told with the item where that is his.
 */
static enum result outgoing_may_go(struct erasing *e, const Lz__Outgoing *outgoing, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result;
	int is_told;

	if (!*outgoing->item) /* of many, and of none */
		return RESULT_OK;
	result = item_load_listed(txn_of(e), outgoing->item, &kept, err);
	if (result)
		return result;
	is_told = leave_count(kept->item, &e->person) || has_sent(e, kept->item);
	if (is_told && e->request->dry_run)
		result = RESULT_NONE; /* it would be gone with it */
	else if (is_told)
		result = kept->item->hold_ms || kept->item->state == LZ__ITEM_STATE__PENDING
		                 ? RESULT_NONE
		                 : RESULT_OK;
	else
		result = may_go(e, kept->item);
	message_free(&kept->base);
	return result;
}

/* The record of its item goes on without him, who was told or sent what is not his own. */
static enum result erase_outgoing(struct erasing *e, const struct backend_key *key, struct err *err)
{
	Lz__Outgoing *outgoing;
	char id[BACKEND_KEY_MAX + 1];
	enum result result;
	int is_his = 0;
	size_t at;

	memcpy(id, key->bytes, key->size);
	id[key->size] = '\0';
	result = outbox_get(txn_of(e), id, &outgoing, err);
	if (result)
		return result;
	for (at = 0; at < outgoing->n_to; at++)
		is_his |= owner_has(&e->person, outgoing->to[at], "");
	is_his |= leave_names(outgoing, e->person.name);
	result = is_his ? outgoing_may_go(e, outgoing, err) : RESULT_NONE;
	if (!result) {
		e->out->outgoing++;
		e->changes++;
		if (!e->request->dry_run)
			result = leave_outgoing(txn_of(e), outgoing, &e->person, &is_his, err);
	}
	message_free(&outgoing->base);
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* ---- what is remembered of messages ---- */

/* Where an item of it is under hold, so are its deliveries. */
static enum result letter_may_go(struct erasing *e, const Lz__KeptMessage *letter, struct err *err)
{
	enum result result = RESULT_OK;
	Lz__KeptItem *kept;
	size_t at;

	if (letter->pending_ms) {
		e->out->open++;
		return RESULT_NONE;
	}
	for (at = 0; !result && at < letter->n_items; at++) {
		result = item_load_listed(txn_of(e), letter->items[at], &kept, err);
		if (result)
			return result;
		if (kept->item->hold_ms)
			result = RESULT_NONE;
		message_free(&kept->base);
	}
	return result;
}

static size_t drop_deliveries(const struct erasing *e, Lz__KeptMessage *letter)
{
	size_t from, to = 0, had = letter->n_delivered;

	for (from = 0; from < had; from++) {
		if (owner_has(&e->person, letter->delivered[from], ""))
			free(letter->delivered[from]);
		else
			letter->delivered[to++] = letter->delivered[from];
	}
	letter->n_delivered = to;
	return had - to;
}

static enum result erase_message(struct erasing *e, const struct backend_key *key, struct err *err)
{
	Lz__KeptMessage *letter;
	char id[BACKEND_KEY_MAX + 1];
	enum result result;

	memcpy(id, key->bytes, key->size);
	id[key->size] = '\0';
	result = letter_load(txn_of(e), id, &letter, err);
	if (result)
		return result;
	if (drop_deliveries(e, letter))
		result = letter_may_go(e, letter, err);
	else
		result = RESULT_NONE;
	if (!result) {
		e->out->messages++;
		e->changes++;
		if (!e->request->dry_run)
			result = letter_save(txn_of(e), id, letter, 0, letter->lone_ms, err);
	}
	message_free(&letter->base);
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* ---- what he asked for, and what is let through to him ---- */

static enum result drop(
        struct erasing *e, enum backend_table table, const struct backend_key *key, struct err *err)
{
	struct backend_key gone = *key;

	e->changes++;
	return e->request->dry_run ? RESULT_OK : backend_drop(txn_of(e), table, &gone, err);
}

/* That he asked for the release of an item: its id and his address. */
static enum result erase_asked(struct erasing *e, const struct backend_key *key, struct err *err)
{
	const uint8_t *end = memchr(key->bytes, 0, key->size);
	char *address;
	int is_his;

	if (!end)
		return RESULT_OK;
	address = alloc_bytes(end + 1, key->size - (size_t)(end + 1 - key->bytes));
	is_his = text_same(address, e->person.name);
	free(address);
	return is_his ? drop(e, TABLE_ASKED, key, err) : RESULT_OK;
}

/* A pass holds for all its recipients or for none: the mail is scanned again. */
static enum result erase_pass(struct erasing *e, const struct backend_key *key, struct err *err)
{
	Lz__KeptPass *pass;
	enum result result = record_get(
	        txn_of(e), TABLE_PASSES, key, &lz__kept_pass__descriptor, (void **)&pass, err);
	int is_his = 0;
	size_t at;

	if (result)
		return result;
	for (at = 0; at < pass->n_to; at++)
		is_his |= owner_has(&e->person, pass->to[at], "");
	message_free(&pass->base);
	return is_his ? drop(e, TABLE_PASSES, key, err) : RESULT_OK;
}

/* ---- the walk ---- */

static const struct stage {
	enum backend_table table;
	enum result (*erase)(struct erasing *e, const struct backend_key *key, struct err *err);
} stages[] = {
        {TABLE_ITEMS, erase_item},
        {TABLE_OUTBOX, erase_outgoing},
        {TABLE_MESSAGES, erase_message},
        {TABLE_ASKED, erase_asked},
        {TABLE_PASSES, erase_pass},
};

enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

/* A cursor: the stage's digit, then the last key in hex. */
static void write_place(size_t stage, const struct backend_key *key, char **field)
{
	char text[2 * BACKEND_KEY_MAX + 2];

	text[0] = (char)('0' + stage);
	text_hex(key->bytes, key->size, text + 1);
	strings_set(field, text);
}

static enum result read_place(
        const char *text, size_t *stage, struct backend_key *key, struct err *err)
{
	size_t size = strlen(text), at;

	*stage = 0;
	*key = key_bytes("", 1);
	if (!*text)
		return RESULT_OK;
	*stage = (size_t)(text[0] - '0');
	if (*stage >= STAGES || size % 2 == 0 || size < 3 || size / 2 > BACKEND_KEY_MAX)
		return err_set(err, RESULT_PERMANENT, "not a cursor");
	for (at = 0; at < size / 2; at++) {
		int high = text_hex_value((unsigned char)text[1 + 2 * at]);
		int low = text_hex_value((unsigned char)text[2 + 2 * at]);

		if (high < 0 || low < 0)
			return err_set(err, RESULT_PERMANENT, "not a cursor");
		key->bytes[at] = (uint8_t)(high << 4 | low);
	}
	key->size = size / 2;
	return RESULT_OK;
}

/* What a step removes is behind it: each finds its place anew. */
static enum result walk(struct erasing *e, struct err *err)
{
	struct backend_key key;
	size_t stage;
	enum result result = read_place(e->request->after, &stage, &key, err);

	while (!result && stage < STAGES) {
		if (e->out->looked_at >= LOOKS || e->changes >= CHANGES) {
			write_place(stage, &key, &e->out->next);
			return RESULT_OK;
		}
		result = backend_step(
		        txn_of(e), stages[stage].table, BACKEND_AFTER, &key, NULL, err);
		if (!result) {
			e->out->looked_at++;
			result = stages[stage].erase(e, &key, err);
		} else if (result == RESULT_NONE) {
			stage++;
			key = key_bytes("", 1);
			result = RESULT_OK;
		}
	}
	return result;
}

/* How far it is, for who waits. */
static enum result count_all(struct erasing *e, struct err *err)
{
	enum result result = RESULT_OK;
	uint64_t entries;
	size_t at;

	for (at = 0; !result && at < STAGES; at++) {
		result = backend_count(txn_of(e), stages[at].table, &entries, err);
		e->out->total += result ? 0 : entries;
	}
	return result;
}

/* ---- on record ---- */

static enum result begin_record(struct erasing *e, Lz__Erasure **record, struct err *err)
{
	const Lz__Erase *request = e->request;
	enum result result;

	if (*request->erasure) {
		result = erasure_load(txn_of(e), request->erasure, record, err);
		if (result)
			return err_set(err, result, "no such erasure");
		if (erasure_is_of(*record, request->person))
			return RESULT_OK;
		message_free(&(*record)->base);
		*record = NULL;
		return err_set(err, RESULT_PERMANENT, "the erasure of another person");
	}
	result = erasure_left_off(txn_of(e), request->person, record, err);
	if (result == RESULT_NONE) {
		*record = erasure_new(request, e->store->now_ms);
		result = RESULT_OK;
	}
	if (!result)
		(*record)->on_hold = (*record)->open = 0;
	return result;
}

static enum result end_record(struct erasing *e, Lz__Erasure *record, struct err *err)
{
	const Lz__Erased *out = e->out;

	record->items_removed += out->items_removed;
	record->items_changed += out->items_changed;
	record->outgoing += out->outgoing;
	record->messages += out->messages;
	record->on_hold += out->n_on_hold;
	record->open += out->open;
	if (!*out->next)
		record->done_ms = e->store->now_ms;
	strings_set(&e->out->erasure, record->id);
	return erasure_save(txn_of(e), record, err);
}

static enum result check(const Lz__Erase *request, struct err *err)
{
	if (!strchr(request->person, '@') || strpbrk(request->person, " <>"))
		return err_set(err, RESULT_PERMANENT, "not an address");
	if (!*request->why)
		return err_set(err, RESULT_PERMANENT, "an erasure needs a reason");
	if (leave_is_named(request->why, request->person))
		return err_set(err, RESULT_PERMANENT, "the reason names the person: it is kept");
	if (leave_is_named(request->by, request->person))
		return err_set(
		        err, RESULT_PERMANENT, "who asks is named as the person: it is kept");
	return RESULT_OK;
}

enum result store_erase(
        struct store *store, const Lz__Erase *request, Lz__Erased *out, struct err *err)
{
	struct erasing e = {store, request, {OWNER_PERSON, request->person}, out, 0};
	Lz__Erasure *record = NULL;
	enum result result = check(request, err);

	if (!result && !request->dry_run)
		result = begin_record(&e, &record, err);
	if (!result)
		result = count_all(&e, err);
	if (!result)
		result = walk(&e, err);
	if (!result && record)
		result = end_record(&e, record, err);
	if (record)
		message_free(&record->base);
	return result;
}

/* ---- asked for ---- */

static enum result list(
        struct store *store, const Lz__ListErasures *request, Lz__Erasures *out, struct err *err)
{
	uint32_t limit = request->limit ? request->limit : LIST_DEFAULT;
	struct backend_key nothing = {0}, key = key_end_of(&nothing);
	enum result result = RESULT_OK;
	Lz__Erasure *erasure;
	unsigned looks;
	char *next;

	if (*request->after)
		key = key_text(request->after);
	for (looks = 0; looks < ERASURE_LOOKS; looks++) {
		result = erasure_before(store->txn, &key, &erasure, err);
		if (result)
			return result == RESULT_NONE ? RESULT_OK : result;
		if (*request->person && !erasure_is_of(erasure, request->person)) {
			message_free(&erasure->base);
			continue;
		}
		out->erasures =
		        alloc_grow(out->erasures, out->n_erasures + 1, sizeof(*out->erasures));
		out->erasures[out->n_erasures++] = erasure;
		if (out->n_erasures >= limit || out->n_erasures >= LIST_MAX)
			break;
	}
	next = alloc_bytes(key.bytes, key.size);
	strings_set(&out->next, next);
	free(next);
	return RESULT_OK;
}

enum result store_list_erasures(
        struct store *store, const Lz__ListErasures *request, Lz__Erasures *out, struct err *err)
{
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = list(store, request, out, err);
	store_read_end(store);
	return result;
}
