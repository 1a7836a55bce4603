#include "quarantine/gather.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/config/form.h"
#include "lib/crypto/digest.h"
#include "quarantine/entries.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/query.h"
#include "quarantine/schedule.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum {
	RATE_WINDOW_MS = 3600 * 1000,
	TALLIES_MOST = 32,    /* senders, and recipients, that are counted at once */
	RECIPIENTS_MOST = 20, /* of one item that are counted, and shown */
	PIECE = 64,
	TEXT_ROOM = 200,
};

/* How a notice is counted, and what gathers it. */
struct plan {
	const char *what; /* flood, rate, digest: parts their counts */
	Lz__NoticeKind kind;
	Lz__NoticeKind of;
	const char *to;
	char *group;       /* owned: what is shown, and parts counts too; "" */
	uint64_t limit;    /* so many go out by themselves in a window */
	int64_t window_ms; /* 0: there are none, but a time */
	int64_t due_ms;    /* of the latter */
	int is_flood;      /* one that goes on goes on being gathered */
};

/* ---- plans ---- */

static const struct config_digest *digest_for(
        const struct config_notifier *config, const char *address)
{
	size_t at, in;

	for (at = 0; at < config->digest.count; at++)
		for (in = 0; in < config->digest.rules[at].recipients.count; in++)
			if (query_address(config->digest.rules[at].recipients.items[in], address))
				return &config->digest.rules[at];
	return NULL;
}

static const char *virus_of(const Lz__Item *item)
{
	const char *virus = NULL;
	size_t at;

	for (at = 0; at < item->n_symbols && !virus; at++)
		virus = entry_virus(item->symbols[at]);
	return virus;
}

/* What floods have in common, in words: the virus, else the rule that decided. */
static char *cause_of(const Lz__Item *item)
{
	const char *virus = virus_of(item);
	const char *cause = virus ? virus : *item->rule ? item->rule : item->detail;

	return alloc_format("%s: %.*s", item->reason, TEXT_ROOM, cause);
}

static struct plan digest_plan(const struct config_digest *digest, const char *to, int64_t now_ms)
{
	unsigned minutes = 0;

	form_clock(digest->at, &minutes);
	return (struct plan){.what = "digest",
	        .kind = LZ__NOTICE_KIND__NOTICE_DIGEST,
	        .of = LZ__NOTICE_KIND__NOTICE_RECIPIENT,
	        .to = to,
	        .group = alloc_string(""),
	        .due_ms = schedule_next(now_ms, digest->every, minutes)};
}

static struct plan flood_plan(
        const struct config_notifier *config, const char *to, const Lz__Item *item)
{
	return (struct plan){.what = "flood",
	        .kind = LZ__NOTICE_KIND__NOTICE_FLOOD,
	        .of = LZ__NOTICE_KIND__NOTICE_ADMIN,
	        .to = to,
	        .group = cause_of(item),
	        .limit = config->flood_after,
	        .window_ms = config->flood_window_ms,
	        .is_flood = 1};
}

static struct plan rate_plan(
        const struct config_notifier *config, Lz__NoticeKind kind, const char *to)
{
	return (struct plan){.what = "rate",
	        .kind = kind == LZ__NOTICE_KIND__NOTICE_ADMIN ? LZ__NOTICE_KIND__NOTICE_FLOOD
	                                                      : LZ__NOTICE_KIND__NOTICE_DIGEST,
	        .of = kind,
	        .to = to,
	        .group = alloc_string(""),
	        .limit = config->rate_per_address,
	        .window_ms = RATE_WINDOW_MS};
}

/* ---- counts ---- */

/* Names what is counted, without regard to the case of the address. */
static struct backend_key group_key(const struct plan *plan)
{
	struct digest_state state;
	struct digest digest;
	char *to = alloc_string(plan->to), *at, kind = (char)('0' + plan->of);

	for (at = to; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	digest_init(&state);
	digest_add_string(&state, plan->what);
	digest_add(&state, &kind, 1);
	digest_add_string(&state, to);
	digest_add_string(&state, plan->group);
	digest_final(&state, &digest);
	free(to);
	return key_bytes(digest.bytes, DIGEST_SIZE);
}

static enum result load_group(struct backend_txn *txn, const struct backend_key *key,
        Lz__KeptGroup **out, struct err *err)
{
	enum result result =
	        record_get(txn, TABLE_GROUPS, key, &lz__kept_group__descriptor, (void **)out, err);

	if (result != RESULT_NONE)
		return result;
	*out = alloc(sizeof(**out));
	lz__kept_group__init(*out);
	return RESULT_OK;
}

/* A window that follows at once on one that was too full is of the same flood. */
static void begin_window(Lz__KeptGroup *group, const struct plan *plan, int64_t now_ms)
{
	int64_t age_ms = now_ms - group->since_ms;
	int follows = age_ms >= plan->window_ms && age_ms < 2 * plan->window_ms;

	if (!plan->window_ms || (age_ms >= 0 && age_ms < plan->window_ms))
		return;
	group->flood = plan->is_flood && follows && group->count > plan->limit;
	group->since_ms = group->flood ? group->since_ms + plan->window_ms : now_ms;
	group->count = 0;
}

/* ---- the record that gathers ---- */

/* One that was ever taken may have been sent: it says what it says. */
static int is_open(const Lz__Outgoing *record)
{
	return !strcmp(record->state, outgoing_machine.states[OUTGOING_DUE]) && !record->attempts;
}

/* RESULT_NONE: there is none that can be added to. */
static enum result load_open(
        struct backend_txn *txn, const char *id, Lz__Outgoing **out, struct err *err)
{
	enum result result = *id ? outbox_get(txn, id, out, err) : RESULT_NONE;

	if (result || is_open(*out))
		return result;
	message_free((ProtobufCMessage *)*out);
	return RESULT_NONE;
}

static Lz__Outgoing *new_record(
        const struct plan *plan, const struct backend_key *key, int64_t now_ms)
{
	Lz__Outgoing *record = alloc(sizeof(*record));
	struct digest salt;
	char id[17];

	lz__outgoing__init(record);
	digest_of(key->bytes, key->size, &salt);
	outbox_timed_id(now_ms, &salt, id);
	strings_set(&record->id, id);
	record->kind = plan->kind;
	record->of = plan->of;
	strings_set(&record->group, plan->group);
	strings_add(&record->to, &record->n_to, plan->to);
	record->first_ms = now_ms;
	return record;
}

static int64_t due_of(const struct plan *plan, const Lz__KeptGroup *group)
{
	return plan->window_ms ? group->since_ms + plan->window_ms : plan->due_ms;
}

static enum result begin_record(struct backend_txn *txn, const struct plan *plan,
        const struct backend_key *key, Lz__KeptGroup *group, int64_t now_ms, Lz__Outgoing **out,
        struct err *err)
{
	int64_t due_ms = due_of(plan, group);
	enum result result;

	*out = new_record(plan, key, now_ms);
	strings_set(&group->outgoing, (*out)->id);
	result = outbox_move(txn, *out, OUTGOING_BEGIN, due_ms, err);
	if (result)
		message_free((ProtobufCMessage *)*out);
	return result;
}

/* One that is due later than a new one would be is of a clock that was wrong, or of another
 * schedule: it keeps what it has. */
static enum result find_record(struct backend_txn *txn, const struct plan *plan,
        const struct backend_key *key, Lz__KeptGroup *group, int64_t now_ms, Lz__Outgoing **out,
        struct err *err)
{
	enum result result = load_open(txn, group->outgoing, out, err);

	if (!result && (*out)->next_ms > due_of(plan, group)) {
		message_free((ProtobufCMessage *)*out);
		result = RESULT_NONE;
	}
	if (result == RESULT_NONE)
		result = begin_record(txn, plan, key, group, now_ms, out, err);
	return result;
}

/* The one that was counted least makes room: what is frequent stays (the space-saving algorithm),
 * and counts at most what it took over too much. */
static void count_name(Lz__Counter ***list, size_t *count, const char *name)
{
	size_t at, least = 0;

	for (at = 0; at < *count; at++) {
		if (!strcmp((*list)[at]->name, name)) {
			(*list)[at]->value++;
			return;
		}
		if ((*list)[at]->value < (*list)[least]->value)
			least = at;
	}
	if (*count < TALLIES_MOST) {
		tally_list_add(list, count, name, 1);
		return;
	}
	strings_set(&(*list)[least]->name, name);
	(*list)[least]->value++;
}

static void count_item(Lz__Outgoing *record, const Lz__Item *item, int64_t now_ms)
{
	size_t at;

	record->count++;
	record->last_ms = now_ms;
	if (record->kind != LZ__NOTICE_KIND__NOTICE_FLOOD)
		return;
	count_name(&record->senders, &record->n_senders,
	        *item->reverse_path ? item->reverse_path : "<>");
	for (at = 0; at < item->n_recipients && at < RECIPIENTS_MOST; at++)
		count_name(
		        &record->recipients, &record->n_recipients, item->recipients[at]->address);
}

struct backend_key gather_entry(const Lz__Outgoing *outgoing)
{
	struct backend_key prefix = key_pair(outgoing->into, "");

	return key_entry(&prefix, outgoing->first_ms, outgoing->id);
}

static enum result add_to(struct backend_txn *txn, const struct plan *plan,
        const struct backend_key *key, Lz__KeptGroup *group, const Lz__Item *item,
        Lz__Outgoing *outgoing, int64_t now_ms, struct err *err)
{
	struct backend_key entry;
	Lz__Outgoing *record;
	enum result result = find_record(txn, plan, key, group, now_ms, &record, err);

	if (result)
		return result;
	count_item(record, item, now_ms);
	result = outbox_move(txn, record, OUTGOING_ADD, record->next_ms, err);
	strings_set(&outgoing->into, record->id);
	outgoing->first_ms = now_ms;
	entry = gather_entry(outgoing);
	message_free((ProtobufCMessage *)record);
	return result ? result : backend_put(txn, TABLE_GATHERED, &entry, "", 0, err);
}

/* ---- a notice ---- */

/* Counts one; *too_many is for the caller to act on before the count is saved. */
static enum result count_one(struct backend_txn *txn, const struct plan *plan,
        const struct backend_key *key, int64_t now_ms, Lz__KeptGroup **group, int *too_many,
        struct err *err)
{
	enum result result = load_group(txn, key, group, err);

	if (result)
		return result;
	begin_window(*group, plan, now_ms);
	if (!plan->window_ms)
		(*group)->since_ms = now_ms;
	(*group)->count++;
	*too_many = (*group)->flood || (*group)->count > plan->limit;
	return RESULT_OK;
}

static enum result try_plan(struct backend_txn *txn, const struct plan *plan, const Lz__Item *item,
        Lz__Outgoing *outgoing, int64_t now_ms, struct err *err)
{
	struct backend_key key = group_key(plan);
	Lz__KeptGroup *group;
	int too_many;
	enum result result = count_one(txn, plan, &key, now_ms, &group, &too_many, err);

	if (result)
		return result;
	if (too_many)
		result = add_to(txn, plan, &key, group, item, outgoing, now_ms, err);
	if (!result)
		result = record_put(txn, TABLE_GROUPS, &key, group, err);
	message_free((ProtobufCMessage *)group);
	return result;
}

/* In the order in which they are tried. */
static size_t make_plans(const struct config_notifier *config, const Lz__Item *item,
        const Lz__Outgoing *outgoing, int64_t now_ms, struct plan plans[2])
{
	const char *to = outgoing->to[0];
	const struct config_digest *digest =
	        outgoing->kind == LZ__NOTICE_KIND__NOTICE_RECIPIENT ? digest_for(config, to) : NULL;
	size_t count = 0;

	if (digest) {
		plans[count++] = digest_plan(digest, to, now_ms);
		return count;
	}
	if (outgoing->kind == LZ__NOTICE_KIND__NOTICE_ADMIN && config->flood_after)
		plans[count++] = flood_plan(config, to, item);
	if (config->rate_per_address)
		plans[count++] = rate_plan(config, outgoing->kind, to);
	return count;
}

enum result gather_notice(struct backend_txn *txn, const struct config_notifier *config,
        const Lz__Item *item, Lz__Outgoing *outgoing, int64_t now_ms, struct err *err)
{
	struct plan plans[2];
	size_t at,
	        count = outgoing->n_to == 1 ? make_plans(config, item, outgoing, now_ms, plans) : 0;
	enum result result = RESULT_OK;

	for (at = 0; at < count; at++) {
		if (!result && !*outgoing->into)
			result = try_plan(txn, &plans[at], item, outgoing, now_ms, err);
		free(plans[at].group);
	}
	return result;
}

enum result gather_single(struct backend_txn *txn, const struct config_notifier *config,
        Lz__NoticeKind kind, const char *to, int64_t now_ms, struct err *err)
{
	struct plan plan = rate_plan(config, kind, to);
	struct backend_key key = group_key(&plan);
	Lz__KeptGroup *group;
	int too_many = 0;
	enum result result = count_one(txn, &plan, &key, now_ms, &group, &too_many, err);

	free(plan.group);
	if (result)
		return result;
	result = record_put(txn, TABLE_GROUPS, &key, group, err);
	message_free((ProtobufCMessage *)group);
	if (!result && too_many && config->rate_per_address)
		return RESULT_NONE;
	return result;
}

/* ---- leaving ---- */

static enum result take_off(struct backend_txn *txn, Lz__Outgoing *record, struct err *err)
{
	if (record->kind != LZ__NOTICE_KIND__NOTICE_DIGEST)
		return RESULT_OK; /* so many there were, wherever they are now */
	if (record->count > 1) {
		record->count--;
		return outbox_move(txn, record, OUTGOING_ADD, record->next_ms, err);
	}
	return outbox_move(txn, record, OUTGOING_DELETE, 0, err);
}

enum result gather_leave(struct backend_txn *txn, const Lz__Outgoing *outgoing, struct err *err)
{
	struct backend_key entry = gather_entry(outgoing);
	Lz__Outgoing *record;
	enum result result = backend_drop(txn, TABLE_GATHERED, &entry, err);

	if (result == RESULT_NONE)
		return err_set(
		        err, RESULT_PERMANENT, "the outbox of item %s is damaged", outgoing->item);
	if (!result)
		result = load_open(txn, outgoing->into, &record, err);
	if (result)
		return result == RESULT_NONE ? RESULT_OK : result;
	result = take_off(txn, record, err);
	message_free((ProtobufCMessage *)record);
	return result;
}

/* ---- telling ---- */

static char *recipients_of(const Lz__Item *item)
{
	struct buf text = {0};
	size_t at;

	buf_add(&text, "", 0);
	for (at = 0; at < item->n_recipients && text.size < TEXT_ROOM; at++)
		buf_add_format(&text, "%s%s", at ? ", " : "", item->recipients[at]->address);
	if (at < item->n_recipients)
		buf_add_format(&text, ", +%zu", item->n_recipients - at);
	if (text.size > MESSAGE_LINE_MAX) {
		buf_clear(&text);
		buf_add_format(&text, "%zu", item->n_recipients);
	}
	return buf_give(&text);
}

static Lz__Gathered *new_entry(const Lz__Item *item)
{
	Lz__Gathered *entry = alloc(sizeof(*entry));

	lz__gathered__init(entry);
	entry->item = alloc_string(item->id);
	entry->subject = alloc_string(item->subject);
	entry->sender = alloc_string(*item->reverse_path ? item->reverse_path : "<>");
	entry->recipients = recipients_of(item);
	entry->reason = alloc_string(item->reason);
	entry->detail = alloc_string(item->detail);
	entry->stored_ms = item->stored_ms;
	entry->disposition = item->disposition;
	entry->released = item->state == LZ__ITEM_STATE__RELEASED;
	return entry;
}

static enum result add_entry(
        struct backend_txn *txn, Lz__Outgoing *record, const char *member, struct err *err)
{
	Lz__Outgoing *outgoing;
	Lz__KeptItem *kept;
	enum result result = outbox_get(txn, member, &outgoing, err);

	if (result)
		return result;
	result = item_load(txn, outgoing->item, &kept, err);
	message_free((ProtobufCMessage *)outgoing);
	if (result)
		return result;
	record->entries =
	        alloc_grow(record->entries, record->n_entries + 1, sizeof(*record->entries));
	record->entries[record->n_entries++] = new_entry(kept->item);
	message_free((ProtobufCMessage *)kept);
	return RESULT_OK;
}

enum result gather_fill(struct backend_txn *txn, Lz__Outgoing *outgoing, struct err *err)
{
	size_t most = outgoing->kind == LZ__NOTICE_KIND__NOTICE_DIGEST  ? GATHER_ENTRIES_MOST
	              : outgoing->kind == LZ__NOTICE_KIND__NOTICE_FLOOD ? GATHER_FLOOD_ENTRIES_MOST
	                                                                : 0;
	struct backend_key prefix = key_pair(outgoing->id, ""), key = prefix;
	enum result result = RESULT_OK;
	int64_t time_ms;
	char member[129];

	while (!result && outgoing->n_entries < most) {
		result = backend_step(txn, TABLE_GATHERED, BACKEND_AFTER, &key, NULL, err);
		if (result || !key_starts(&key, &prefix))
			break;
		if (!key_read_time(&key, prefix.size, &time_ms, member))
			return err_set(
			        err, RESULT_PERMANENT, "a damaged entry of what is gathered");
		result = add_entry(txn, outgoing, member, err);
		if (result == RESULT_NONE)
			return err_set(err, RESULT_PERMANENT, "record %s gathers what is not there",
			        outgoing->id);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* ---- forgetting ---- */

static int is_over(const Lz__Outgoing *record)
{
	return !strcmp(record->state, outgoing_machine.states[OUTGOING_DONE]) ||
	       !strcmp(record->state, outgoing_machine.states[OUTGOING_DEAD]);
}

/* One that is still to go out is passed over. */
static enum result expire_one(
        struct backend_txn *txn, const char *id, int64_t before_ms, int *is_young, struct err *err)
{
	Lz__Outgoing *record;
	enum result result = outbox_get(txn, id, &record, err);

	if (result)
		return result;
	*is_young = record->first_ms >= before_ms;
	result = *is_young || !is_over(record) ? RESULT_NONE
	                                       : outbox_move(txn, record, OUTGOING_DELETE, 0, err);
	message_free((ProtobufCMessage *)record);
	return result;
}

enum result gather_expire(struct backend_txn *txn, int64_t before_ms, struct err *err)
{
	struct backend_key prefix = key_pair("", ""), key = prefix;
	enum result result = RESULT_NONE;
	int is_young = 0, looked;
	char id[129];

	for (looked = 0; result == RESULT_NONE && !is_young && looked < PIECE; looked++) {
		result = backend_step(txn, TABLE_OUTBOX_BY_ITEM, BACKEND_AFTER, &key, NULL, err);
		if (result || !key_starts(&key, &prefix))
			return result ? result : RESULT_NONE;
		snprintf(id, sizeof(id), "%.*s", (int)(key.size - prefix.size),
		        (const char *)key.bytes + prefix.size);
		result = expire_one(txn, id, before_ms, &is_young, err);
	}
	return result;
}

static enum result sweep_one(struct backend_txn *txn, const struct config_notifier *config,
        const struct backend_key *key, int64_t now_ms, struct err *err)
{
	int64_t window_ms =
	        config->flood_window_ms > RATE_WINDOW_MS ? config->flood_window_ms : RATE_WINDOW_MS;
	Lz__KeptGroup *group;
	Lz__Outgoing *record = NULL;
	enum result result = load_group(txn, key, &group, err);

	if (result)
		return result;
	if (group->since_ms + 2 * window_ms < now_ms || group->since_ms > now_ms)
		result = load_open(txn, group->outgoing, &record, err);
	if (result == RESULT_NONE)
		result = backend_drop(txn, TABLE_GROUPS, key, err);
	message_free((ProtobufCMessage *)record);
	message_free((ProtobufCMessage *)group);
	return result;
}

enum result gather_sweep(struct backend_txn *txn, const struct config_notifier *config,
        struct backend_key *from, int64_t now_ms, struct err *err)
{
	enum result result = RESULT_OK;
	int looked;

	if (!from->size)
		*from = key_bytes("", 1);
	for (looked = 0; !result && looked < PIECE; looked++) {
		result = backend_step(txn, TABLE_GROUPS, BACKEND_AFTER, from, NULL, err);
		if (!result)
			result = sweep_one(txn, config, from, now_ms, err);
	}
	if (result != RESULT_NONE)
		return result;
	from->size = 0;
	return RESULT_OK;
}
