#include "quarantine/outbox.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/crypto/digest.h"
#include "quarantine/gather.h"
#include "quarantine/key.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum { TIMED_DIGITS = 9 }; /* of base 32, of a time in milliseconds: until the year 3084 */

void outgoing_list_free(struct outgoing_list *list)
{
	while (list->count)
		message_free((ProtobufCMessage *)list->list[--list->count]);
	free(list->list);
	*list = (struct outgoing_list){0};
}

static void list_add(struct outgoing_list *list, Lz__Outgoing *outgoing)
{
	list->list = alloc_grow(list->list, list->count + 1, sizeof(*list->list));
	list->list[list->count++] = outgoing;
}

static int state_of(const Lz__Outgoing *outgoing)
{
	return *outgoing->state ? state_named(&outgoing_machine, outgoing->state) : OUTGOING_ABSENT;
}

int outgoing_is_timed(const Lz__Outgoing *outgoing)
{
	int state = state_of(outgoing);

	return state == OUTGOING_DUE || state == OUTGOING_LEASED;
}

int outgoing_is_open_release(const Lz__Outgoing *outgoing)
{
	return outgoing->kind == LZ__NOTICE_KIND__NOTICE_RELEASE && outgoing_is_timed(outgoing);
}

void outbox_word(const Lz__Outgoing *outgoing, char *out, size_t room)
{
	snprintf(out, room, "%s=%.16s attempt=%u",
	        outgoing->kind == LZ__NOTICE_KIND__NOTICE_RELEASE ? "release" : "notice",
	        outgoing->id, outgoing->attempts);
}

enum result outbox_get(struct backend_txn *txn, const char *id, Lz__Outgoing **out, struct err *err)
{
	struct backend_key key = key_text(id);
	enum result result =
	        record_get(txn, TABLE_OUTBOX, &key, &lz__outgoing__descriptor, (void **)out, err);

	if (result || state_of(*out) > OUTGOING_ABSENT)
		return result;
	message_free((ProtobufCMessage *)*out);
	return err_set(err, RESULT_PERMANENT, "the outbox record %s is damaged", id);
}

enum result outbox_save(struct backend_txn *txn, const Lz__Outgoing *outgoing, struct err *err)
{
	struct backend_key name = key_text(outgoing->id);

	return record_put(txn, TABLE_OUTBOX, &name, outgoing, err);
}

/* ---- the one function that changes a state, with what hangs on it ---- */

static enum result put_entries(
        struct backend_txn *txn, const Lz__Outgoing *outgoing, struct err *err)
{
	struct backend_key name = key_text(outgoing->id);
	struct backend_key by_item = key_pair(outgoing->item, outgoing->id);
	struct backend_key due = key_time(outgoing->next_ms, outgoing->id);
	enum result result = record_put(txn, TABLE_OUTBOX, &name, outgoing, err);

	if (!result)
		result = backend_put(txn, TABLE_OUTBOX_BY_ITEM, &by_item, "", 0, err);
	if (!result && outgoing_is_timed(outgoing))
		result = backend_put(txn, TABLE_OUTBOX_DUE, &due, "", 0, err);
	return result ? result : tally_add_in(txn, "outbox", outgoing->state, 1, err);
}

static enum result drop_entries(
        struct backend_txn *txn, const Lz__Outgoing *outgoing, struct err *err)
{
	struct backend_key name = key_text(outgoing->id);
	struct backend_key by_item = key_pair(outgoing->item, outgoing->id);
	struct backend_key due = key_time(outgoing->next_ms, outgoing->id);
	enum result result = backend_drop(txn, TABLE_OUTBOX, &name, err);

	if (!result)
		result = backend_drop(txn, TABLE_OUTBOX_BY_ITEM, &by_item, err);
	if (!result && outgoing_is_timed(outgoing))
		result = backend_drop(txn, TABLE_OUTBOX_DUE, &due, err);
	if (result == RESULT_NONE)
		return err_set(
		        err, RESULT_PERMANENT, "the outbox of item %s is damaged", outgoing->item);
	return result ? result : tally_add_in(txn, "outbox", outgoing->state, -1, err);
}

static int is_to_be_sent(int state)
{
	return state == OUTGOING_WAITING || state == OUTGOING_DUE || state == OUTGOING_LEASED;
}

enum result outbox_move(struct backend_txn *txn, Lz__Outgoing *outgoing, enum outgoing_event event,
        int64_t next_ms, struct err *err)
{
	int from = state_of(outgoing), state = from;
	enum result result = state_move(&outgoing_machine, &state, (int)event, err);

	if (!result && from != OUTGOING_ABSENT)
		result = drop_entries(txn, outgoing, err);
	if (!result && !is_to_be_sent(state))
		result = parcel_drop(txn, outgoing, err);
	if (result || state == OUTGOING_ABSENT)
		return result;
	strings_set(&outgoing->state, outgoing_machine.states[state]);
	outgoing->next_ms = next_ms;
	return put_entries(txn, outgoing, err);
}

/* ---- adding ---- */

static Lz__Outgoing *new_outgoing(const char *item, Lz__NoticeKind kind)
{
	Lz__Outgoing *outgoing = alloc(sizeof(*outgoing));

	lz__outgoing__init(outgoing);
	outgoing->kind = kind;
	outgoing->item = alloc_string(item);
	return outgoing;
}

/* The id is made from what the record is for. */
static void name_outgoing(Lz__Outgoing *outgoing, uint32_t serial)
{
	struct digest_state state;
	struct digest digest;
	char id[17], number[32];
	size_t at;

	digest_init(&state);
	digest_add_string(&state, outgoing->item);
	snprintf(number, sizeof(number), "%d %u", (int)outgoing->kind, serial);
	digest_add_string(&state, number);
	for (at = 0; at < outgoing->n_to; at++)
		digest_add_string(&state, outgoing->to[at]);
	if (outgoing->part) {
		snprintf(number, sizeof(number), "part %u %d", outgoing->part,
		        outgoing->packed != 0);
		digest_add_string(&state, number);
	}
	digest_final(&state, &digest);
	digest_item_id(&digest, id);
	strings_set(&outgoing->id, id);
}

void outbox_timed_id(int64_t now_ms, const struct digest *salt, char id[17])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t time = (uint64_t)now_ms;
	char rest[17];
	int at;

	for (at = TIMED_DIGITS - 1; at >= 0; at--, time >>= 5)
		id[at] = digits[time & 31];
	digest_item_id(salt, rest);
	memcpy(id + TIMED_DIGITS, rest, 17 - TIMED_DIGITS - 1);
	id[16] = '\0';
}

static enum result exists(struct backend_txn *txn, const char *id, struct err *err)
{
	struct backend_key key = key_text(id);
	struct buf value = {0};
	enum result result = backend_get(txn, TABLE_OUTBOX, &key, &value, err);

	buf_fini(&value);
	return result;
}

static enum result is_there(struct backend_txn *txn, const char *id, int *out, struct err *err)
{
	enum result result = exists(txn, id, err);

	*out = result == RESULT_OK;
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* Adds a notice unless the same one is there. */
static enum result add_notice(struct backend_txn *txn, Lz__Outgoing *outgoing, struct err *err)
{
	int already;
	enum result result = is_there(txn, outgoing->id, &already, err);

	return result || already ? result : outbox_move(txn, outgoing, OUTGOING_NOTICE, 0, err);
}

enum result outbox_add_notices(struct backend_txn *txn, const Lz__Item *item, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	for (at = 0; !result && at < item->n_notices; at++) {
		Lz__Outgoing *outgoing = new_outgoing(item->id, item->notices[at]->kind);

		strings_add(&outgoing->to, &outgoing->n_to, item->notices[at]->to);
		name_outgoing(outgoing, 0);
		result = add_notice(txn, outgoing, err);
		message_free((ProtobufCMessage *)outgoing);
	}
	return result;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each once, so that the order in which they were typed makes no second release. */
static void set_recipients(Lz__Outgoing *outgoing, const Lz__Item *item, const Lz__Release *request)
{
	size_t at;

	for (at = 0; at < request->n_to; at++)
		strings_add_new(&outgoing->to, &outgoing->n_to, request->to[at]);
	for (at = 0; !request->n_to && at < item->n_recipients; at++)
		strings_add_new(&outgoing->to, &outgoing->n_to, item->recipients[at]->address);
	if (outgoing->n_to)
		qsort(outgoing->to, outgoing->n_to, sizeof(*outgoing->to), by_text);
}

/* Adds it, with what it carries, unless the same one is there. */
static enum result add_release(struct backend_txn *txn, Lz__Outgoing *outgoing,
        const struct parcel *parcel, int64_t now_ms, int *already, struct err *err)
{
	enum result result = is_there(txn, outgoing->id, already, err);

	if (!result && !*already && parcel)
		result = parcel_keep(txn, outgoing, parcel, err);
	return result || *already ? result
	                          : outbox_move(txn, outgoing, OUTGOING_RELEASE, now_ms, err);
}

enum result outbox_release(struct backend_txn *txn, const Lz__Item *item,
        const Lz__Release *request, uint32_t serial, const struct parcel *parcel, int64_t now_ms,
        Lz__Released *out, struct err *err)
{
	Lz__Outgoing *outgoing = new_outgoing(item->id, LZ__NOTICE_KIND__NOTICE_RELEASE);
	enum result result;
	int already;

	set_recipients(outgoing, item, request);
	outgoing->part = request->part;
	outgoing->packed = request->packed;
	name_outgoing(outgoing, serial);
	strings_set(&outgoing->by, request->by);
	strings_set(&outgoing->why, request->why);
	result = request->only_ask ? is_there(txn, outgoing->id, &already, err)
	                           : add_release(txn, outgoing, parcel, now_ms, &already, err);
	if (!result) {
		strings_set(&out->outgoing, outgoing->id);
		out->already = already;
	}
	message_free((ProtobufCMessage *)outgoing);
	return result;
}

/* ---- of one item ---- */

enum result outbox_of(
        struct backend_txn *txn, const char *item, struct outgoing_list *out, struct err *err)
{
	struct backend_key prefix = key_pair(item, ""), key = prefix;
	enum result result;
	Lz__Outgoing *outgoing;
	char id[129];

	*out = (struct outgoing_list){0};
	while (!(result = backend_step(
	                 txn, TABLE_OUTBOX_BY_ITEM, BACKEND_AFTER, &key, NULL, err)) &&
	        key_starts(&key, &prefix)) {
		snprintf(id, sizeof(id), "%.*s", (int)(key.size - prefix.size),
		        (const char *)key.bytes + prefix.size);
		result = outbox_get(txn, id, &outgoing, err);
		if (result)
			break;
		list_add(out, outgoing);
	}
	if (result > RESULT_NONE)
		outgoing_list_free(out);
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* Due, or one of many that another record tells of. */
static enum result wake_one(struct backend_txn *txn, Lz__Outgoing *outgoing, const Lz__Item *item,
        const struct config_notifier *config, enum outgoing_event event, int64_t now_ms,
        struct err *err)
{
	enum result result =
	        config ? gather_notice(txn, config, item, outgoing, now_ms, err) : RESULT_OK;

	if (result)
		return result;
	return outbox_move(txn, outgoing, *outgoing->into ? OUTGOING_GATHER : event,
	        *outgoing->into ? 0 : now_ms, err);
}

enum result outbox_wake(struct backend_txn *txn, const Lz__Item *item,
        const struct config_notifier *config, enum outgoing_event event, int64_t now_ms,
        struct err *err)
{
	struct outgoing_list list;
	enum result result = outbox_of(txn, item->id, &list, err);
	size_t at;

	for (at = 0; !result && at < list.count; at++)
		if (state_of(list.list[at]) == OUTGOING_WAITING)
			result = wake_one(txn, list.list[at], item, config, event, now_ms, err);
	outgoing_list_free(&list);
	return result;
}

enum result outbox_drop(struct backend_txn *txn, Lz__Outgoing *outgoing, struct err *err)
{
	enum result result = RESULT_OK;

	if (state_of(outgoing) == OUTGOING_GATHERED)
		result = gather_leave(txn, outgoing, err);
	return result ? result : outbox_move(txn, outgoing, OUTGOING_DELETE, 0, err);
}

enum result outbox_remove(struct backend_txn *txn, const char *item, struct err *err)
{
	struct outgoing_list list;
	enum result result = outbox_of(txn, item, &list, err);
	size_t at;

	for (at = 0; !result && at < list.count; at++)
		result = outbox_drop(txn, list.list[at], err);
	outgoing_list_free(&list);
	return result;
}

/* ---- the notifier's side ---- */

static enum result take_one(struct backend_txn *txn, const char *id, int64_t until_ms,
        struct outgoing_list *out, struct err *err)
{
	Lz__Outgoing *outgoing;
	enum result result = outbox_get(txn, id, &outgoing, err);

	if (result)
		return result;
	outgoing->attempts++;
	result = outbox_move(txn, outgoing, OUTGOING_TAKE, until_ms, err);
	if (result)
		message_free((ProtobufCMessage *)outgoing);
	else
		list_add(out, outgoing);
	return result;
}

enum result outbox_take(struct backend_txn *txn, uint32_t limit, int64_t lease_ms, int64_t now_ms,
        struct outgoing_list *out, struct err *err)
{
	struct backend_key key;
	enum result result = RESULT_OK;
	int64_t next_ms;
	char id[129];

	while (!result && out->count < limit) {
		key = key_bytes("", 1);
		result = backend_step(txn, TABLE_OUTBOX_DUE, BACKEND_AT_LEAST, &key, NULL, err);
		if (result)
			break;
		if (!key_read_time(&key, 0, &next_ms, id))
			return err_set(err, RESULT_PERMANENT, "a damaged entry by time");
		if (next_ms > now_ms)
			break;
		result = take_one(txn, id, now_ms + lease_ms, out, err);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* Those who were served on this try are not served again on the next; nor is who was taken out of
 * the record meanwhile. */
static void keep_remaining(Lz__Outgoing *outgoing, const Lz__Finish *request)
{
	char **had = outgoing->to;
	size_t count = outgoing->n_to, at;

	if (!request->n_remaining)
		return;
	outgoing->to = NULL;
	outgoing->n_to = 0;
	for (at = 0; at < request->n_remaining; at++)
		if (strings_has(had, count, request->remaining[at]))
			strings_add(&outgoing->to, &outgoing->n_to, request->remaining[at]);
	strings_clear(&had, &count);
}

enum result outbox_finish(struct backend_txn *txn, const Lz__Finish *request, int64_t now_ms,
        Lz__NoticeKind *kind, struct err *err)
{
	enum outgoing_event event = request->done   ? OUTGOING_SENT
	                            : request->dead ? OUTGOING_GIVE_UP
	                                            : OUTGOING_RETRY;
	Lz__Outgoing *outgoing;
	enum result result = outbox_get(txn, request->id, &outgoing, err);

	if (result)
		return result;
	*kind = outgoing->kind;
	if (!request->done)
		keep_remaining(outgoing, request);
	if (event == OUTGOING_RETRY && !outgoing->n_to)
		event = OUTGOING_SENT; /* nobody is left of those who remained */
	strings_set(&outgoing->last, request->text);
	result = outbox_move(txn, outgoing, event,
	        event == OUTGOING_RETRY ? now_ms + request->retry_ms : now_ms, err);
	message_free((ProtobufCMessage *)outgoing);
	return result;
}
