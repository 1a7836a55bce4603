#include "quarantine/quota.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/facts.h"
#include "quarantine/filing.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/leave.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum {
	LOOKS = 256,         /* items that may not go, before one that may */
	DISPLACE_MOST = 128, /* items, for one that is stored */
	SWEEP_LOOKS = 2000,  /* owners */
	LIST_DEFAULT = 500,
	LIST_MAX = 2000,
};

static uint64_t quota_of(const struct rules *rules, const struct owner *owner)
{
	return owner->kind == OWNER_DOMAIN ? rules_quota_of_domain(rules, owner->name)
	                                   : rules_quota_of_recipient(rules, owner->name);
}

/* ---- one goes ---- */

/* Whole, where nobody else has it. */
static enum result displace(
        struct store *store, Lz__KeptItem *kept, const struct owner *owner, struct err *err)
{
	size_t his = leave_count(kept->item, owner);
	enum result result;

	if (!his || his == kept->item->n_recipients)
		return store_remove_item(store, kept, ITEM_DISPLACE, err);
	store_note_gone(store, kept->item, ITEM_DISPLACE);
	result = leave_item(store, kept, owner, err);
	if (!result)
		result = fact_removed(store, kept->item->id, ITEM_DISPLACE, err);
	return result ? result
	              : tally_day(store->txn, store->now_ms, "quarantine.displaced", 1, err);
}

/* RESULT_NONE: it may not go. */
static enum result try_displace(
        struct store *store, const char *id, const struct owner *owner, struct err *err)
{
	Lz__KeptItem *kept;
	enum result result = item_load_listed(store->txn, id, &kept, err);

	if (result)
		return result;
	result = kept->item->hold_ms ? RESULT_NONE : store_may_go(store, kept, err);
	if (!result)
		result = displace(store, kept, owner, err);
	message_free(&kept->base);
	return result;
}

/* The first that may go; `spared` never does. RESULT_NONE: there is none. */
static enum result displace_next(
        struct store *store, const struct owner *owner, const char *spared, struct err *err)
{
	struct backend_key prefix = owner_key(owner), key = prefix;
	enum result result = RESULT_NONE;
	unsigned looks;
	char id[129];

	for (looks = 0; result == RESULT_NONE && looks < LOOKS; looks++) {
		result = backend_step(store->txn, TABLE_RANKS, BACKEND_AFTER, &key, NULL, err);
		if (result)
			return result;
		if (!key_starts(&key, &prefix))
			return RESULT_NONE;
		if (!rank_read(&key, prefix.size, id))
			return err_set(err, RESULT_PERMANENT, "a damaged entry by class");
		result = strcmp(id, spared) ? try_displace(store, id, owner, err) : RESULT_NONE;
	}
	return result;
}

/* ---- for an item that is stored ---- */

static enum result refuse(
        struct store *store, const struct owner *owner, uint64_t quota, struct err *err)
{
	return err_set(err, RESULT_TEMPORARY, "the quota of %s is full (%llu bytes)%s", owner->name,
	        (unsigned long long)quota,
	        store->options.rules.over_quota == OVER_QUOTA_OLDEST
	                ? ", and nothing more may go at once"
	                : "");
}

/* Room that takes too many items to be made at once is made before the message comes again. */
static void remember_want(struct store *store, const struct owner *owner, uint64_t bytes)
{
	store->wanting = owner_key(owner);
	store->wanted_bytes = bytes;
}

static enum result make_room_for(struct store *store, const struct owner *owner, const char *item,
        uint64_t bytes, unsigned *displaced, struct err *err)
{
	uint64_t quota = quota_of(&store->options.rules, owner), used = 0;
	enum result result = RESULT_OK;

	if (!quota)
		return RESULT_OK;
	while (!(result = usage_get(store->txn, owner, &used, err)) && used > quota) {
		if (store->options.rules.over_quota == OVER_QUOTA_REFUSE || bytes > quota)
			return refuse(store, owner, quota, err);
		if (++*displaced > DISPLACE_MOST) {
			remember_want(store, owner, bytes);
			return refuse(store, owner, quota, err);
		}
		result = displace_next(store, owner, item, err);
		if (result)
			return result == RESULT_NONE ? refuse(store, owner, quota, err) : result;
	}
	return result;
}

enum result quota_make_room(struct store *store, const Lz__Item *item, struct err *err)
{
	enum result result = RESULT_OK;
	unsigned displaced = 0;
	struct owners owners;
	Lz__KeptItem *kept;
	size_t at;

	if (!store->options.rules.quotas.count)
		return RESULT_OK;
	result = item_load_listed(store->txn, item->id, &kept, err);
	if (result)
		return result;
	owners_of(item, &owners);
	for (at = 0; !result && at < owners.count; at++)
		result = make_room_for(
		        store, &owners.list[at], item->id, filing_bytes(kept), &displaced, err);
	owners_free(&owners);
	message_free(&kept->base);
	return result;
}

/* ---- for those who have too much ---- */

/* Whose it is; its name is given, to be freed. False: the key is damaged. */
static int read_owner(const struct backend_key *key, struct owner *owner, char **name)
{
	if (key->size < 2 || key->bytes[key->size - 1] ||
	        (key->bytes[0] != OWNER_DOMAIN && key->bytes[0] != OWNER_RECIPIENT))
		return 0;
	*name = alloc_bytes(key->bytes + 1, key->size - 1);
	*owner = (struct owner){(enum owner_kind)key->bytes[0], *name};
	return 1;
}

/* RESULT_NONE: he has no more than he may, or nothing of his may go. */
static enum result reduce(
        struct store *store, const struct backend_key *key, uint64_t used, struct err *err)
{
	struct owner owner;
	uint64_t quota, wanted = 0;
	enum result result = RESULT_NONE;
	char *name;

	if (!read_owner(key, &owner, &name))
		return err_set(err, RESULT_PERMANENT, "a damaged name of an owner");
	quota = quota_of(&store->options.rules, &owner);
	if (!key_compare(key, &store->wanting))
		wanted = store->wanted_bytes < quota ? store->wanted_bytes : quota;
	if (quota && used > quota - wanted)
		result = displace_next(store, &owner, "", err);
	free(name);
	return result;
}

static enum result sweep_wanting(struct store *store, struct err *err)
{
	enum result result = RESULT_NONE;
	uint64_t used;

	if (!store->wanting.size)
		return RESULT_NONE;
	result = number_get(store->txn, TABLE_USAGE, &store->wanting, &used, err);
	if (!result)
		result = used ? reduce(store, &store->wanting, used, err) : RESULT_NONE;
	if (result == RESULT_NONE)
		store->wanting.size = 0;
	return result;
}

static enum result sweep_all(struct store *store, struct err *err)
{
	struct backend_key before;
	struct buf value = {0};
	enum result result = RESULT_NONE;
	uint64_t used = 0;
	unsigned looks;

	for (looks = 0; result == RESULT_NONE && looks < SWEEP_LOOKS; looks++) {
		before = store->quotas_to;
		result = backend_step(
		        store->txn, TABLE_USAGE, BACKEND_AFTER, &store->quotas_to, &value, err);
		if (result) {
			store->quotas_to = key_bytes("", 1); /* from the beginning, next time */
			break;
		}
		result = number_read(&value, &used, err);
		if (!result)
			result = reduce(store, &store->quotas_to, used, err);
		if (!result)
			store->quotas_to = before; /* he may still have too much */
	}
	buf_fini(&value);
	return result;
}

enum result quota_sweep(struct store *store, struct err *err)
{
	enum result result = RESULT_NONE;

	if (!store->options.rules.quotas.count ||
	        store->options.rules.over_quota != OVER_QUOTA_OLDEST)
		return RESULT_NONE;
	result = sweep_wanting(store, err);
	return result == RESULT_NONE ? sweep_all(store, err) : result;
}

/* ---- asked for ---- */

static enum result add_share(const struct rules *rules, const struct backend_key *key,
        const struct buf *value, Lz__Usage *out, struct err *err)
{
	Lz__Share *share = alloc(sizeof(*share));
	struct owner owner;
	enum result result;
	char *name = NULL;

	lz__share__init(share);
	out->shares = alloc_grow(out->shares, out->n_shares + 1, sizeof(*out->shares));
	out->shares[out->n_shares++] = share;
	if (!read_owner(key, &owner, &name))
		return err_set(err, RESULT_PERMANENT, "a damaged name of an owner");
	result = number_read(value, &share->used_bytes, err);
	share->is_domain = owner.kind == OWNER_DOMAIN;
	share->quota_bytes = quota_of(rules, &owner);
	strings_set(&share->owner, name);
	free(name);
	return result;
}

static enum result list(
        struct store *store, const Lz__ListUsage *request, Lz__Usage *out, struct err *err)
{
	uint32_t limit = request->limit ? request->limit : LIST_DEFAULT;
	struct backend_key key = key_text(request->after);
	struct buf value = {0};
	enum result result = RESULT_OK;
	char *next;

	if (*request->after)
		key = key_joined(&key, &(struct backend_key){1, {0}});
	while (!(
	        result = backend_step(store->txn, TABLE_USAGE, BACKEND_AFTER, &key, &value, err))) {
		result = add_share(&store->options.rules, &key, &value, out, err);
		if (result || out->n_shares >= limit || out->n_shares >= LIST_MAX)
			break;
	}
	buf_fini(&value);
	if (result)
		return result == RESULT_NONE ? RESULT_OK : result;
	next = alloc_bytes(key.bytes, key.size - 1);
	strings_set(&out->next, next);
	free(next);
	return RESULT_OK;
}

enum result store_list_usage(
        struct store *store, const Lz__ListUsage *request, Lz__Usage *out, struct err *err)
{
	enum result result = store_read_begin(store, err);

	if (result)
		return result;
	result = list(store, request, out, err);
	store_read_end(store);
	return result;
}
