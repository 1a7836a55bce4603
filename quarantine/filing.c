#include "quarantine/filing.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/domain.h"
#include "quarantine/key.h"
#include "quarantine/tally.h"

enum { RANK_SIZE = 1 };

/* ---- owners ---- */

static int by_name(const void *a, const void *b)
{
	const struct owner *left = a, *right = b;

	return left->kind != right->kind ? (int)left->kind - (int)right->kind
	                                 : strcasecmp(left->name, right->name);
}

static void add_owner(struct owners *out, enum owner_kind kind, const char *name)
{
	out->list[out->count++] = (struct owner){kind, name};
}

void owners_of(const Lz__Item *item, struct owners *out)
{
	size_t at, to = 0;

	out->count = 0;
	out->list = alloc_zero(2 * item->n_recipients, sizeof(*out->list));
	for (at = 0; at < item->n_recipients; at++) {
		const char *address = item->recipients[at]->address, *domain = domain_of(address);

		add_owner(out, OWNER_RECIPIENT, address);
		if (domain)
			add_owner(out, OWNER_DOMAIN, domain);
	}
	qsort(out->list, out->count, sizeof(*out->list), by_name);
	for (at = 0; at < out->count; at++)
		if (!to || by_name(&out->list[to - 1], &out->list[at]) != 0)
			out->list[to++] = out->list[at];
	out->count = to;
}

void owners_free(struct owners *owners)
{
	free(owners->list);
	*owners = (struct owners){0};
}

int owner_has(const struct owner *owner, const char *address, const char *orcpt)
{
	const char *domain, *behind;

	switch (owner->kind) {
	case OWNER_DOMAIN:
		domain = domain_of(address);
		return domain && text_same(domain, owner->name);
	case OWNER_PERSON:
		behind = strchr(orcpt, ';');
		return text_same(address, owner->name) ||
		       (behind && text_same(behind + 1, owner->name));
	default:
		return text_same(address, owner->name);
	}
}

struct backend_key owner_key(const struct owner *owner)
{
	return key_term_prefix((char)owner->kind, owner->name);
}

/* ---- keys ---- */

struct backend_key rank_key(const struct owner *owner, const Lz__KeptItem *kept)
{
	struct backend_key prefix = owner_key(owner);
	uint8_t rank = (uint8_t)kept->rank;
	struct backend_key byte = key_bytes(&rank, RANK_SIZE);

	prefix = key_joined(&prefix, &byte);
	return key_entry(&prefix, kept->item->stored_ms, kept->item->id);
}

int rank_read(const struct backend_key *key, size_t skip, char id[129])
{
	int64_t stored_ms;

	return key_read_time(key, skip + RANK_SIZE, &stored_ms, id);
}

/* ---- where it is to stand ---- */

uint64_t filing_bytes(const Lz__KeptItem *kept)
{
	uint64_t bytes = 0;
	size_t at;

	for (at = 0; at < kept->n_segments; at++)
		bytes += kept->segments[at]->length;
	return bytes;
}

static int64_t expire_ms_of(const struct rules *rules, const Lz__Item *item)
{
	int64_t keep_ms = rules_keep_ms(rules, item);

	if (!keep_ms || item->hold_ms || item->stored_ms > INT64_MAX - keep_ms)
		return 0;
	return item->stored_ms + keep_ms;
}

void filing_set(const struct rules *rules, Lz__KeptItem *kept)
{
	int is_counted = rules->quotas.count != 0;
	uint32_t rank = is_counted && !kept->item->hold_ms ? rules_class(kept->item->reason) : 0;

	kept->expire_ms = expire_ms_of(rules, kept->item);
	kept->is_counted = is_counted;
	kept->rank = rank;
}

int filing_same(const Lz__KeptItem *a, const Lz__KeptItem *b)
{
	return a->expire_ms == b->expire_ms && !a->is_counted == !b->is_counted &&
	       a->rank == b->rank;
}

/* ---- entering and taking out ---- */

enum result usage_get(
        struct backend_txn *txn, const struct owner *owner, uint64_t *bytes, struct err *err)
{
	struct backend_key key = owner_key(owner);

	return number_get(txn, TABLE_USAGE, &key, bytes, err);
}

static enum result change_usage(struct backend_txn *txn, const struct owner *owner, int sign,
        uint64_t bytes, struct err *err)
{
	struct backend_key key = owner_key(owner);
	uint64_t had;
	enum result result = number_get(txn, TABLE_USAGE, &key, &had, err);

	if (!result && sign < 0 && had < bytes)
		return err_set(err, RESULT_PERMANENT, "what %s has is damaged", owner->name);
	return result ? result
	              : number_put(
	                        txn, TABLE_USAGE, &key, sign < 0 ? had - bytes : had + bytes, err);
}

static enum result change_rank(struct backend_txn *txn, const struct owner *owner, int sign,
        const Lz__KeptItem *kept, struct err *err)
{
	struct backend_key key = rank_key(owner, kept);
	enum result result;

	if (!kept->rank)
		return RESULT_OK;
	if (sign > 0)
		return backend_put(txn, TABLE_RANKS, &key, "", 0, err);
	result = backend_drop(txn, TABLE_RANKS, &key, err);
	return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result change_owners(
        struct backend_txn *txn, const Lz__KeptItem *kept, int sign, struct err *err)
{
	uint64_t bytes = filing_bytes(kept);
	enum result result = RESULT_OK;
	struct owners owners;
	size_t at;

	if (!kept->is_counted)
		return RESULT_OK;
	owners_of(kept->item, &owners);
	for (at = 0; !result && at < owners.count; at++) {
		result = change_usage(txn, &owners.list[at], sign, bytes, err);
		if (!result)
			result = change_rank(txn, &owners.list[at], sign, kept, err);
	}
	owners_free(&owners);
	return result;
}

static enum result change_expiry(
        struct backend_txn *txn, const Lz__KeptItem *kept, int sign, struct err *err)
{
	struct backend_key key = key_time(kept->expire_ms, kept->item->id);
	enum result result;

	if (!kept->expire_ms)
		return RESULT_OK;
	if (sign > 0)
		return backend_put(txn, TABLE_EXPIRY, &key, "", 0, err);
	result = backend_drop(txn, TABLE_EXPIRY, &key, err);
	return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result change(
        struct backend_txn *txn, const Lz__KeptItem *kept, int sign, struct err *err)
{
	enum result result = change_expiry(txn, kept, sign, err);

	if (!result)
		result = change_owners(txn, kept, sign, err);
	if (!result && kept->item->hold_ms)
		result = tally_add(txn, "holds", sign, err);
	return result;
}

enum result filing_put(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err)
{
	return change(txn, kept, 1, err);
}

enum result filing_drop(struct backend_txn *txn, const Lz__KeptItem *kept, struct err *err)
{
	return change(txn, kept, -1, err);
}
