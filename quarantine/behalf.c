/*
 * On whose behalf the store is used: what an actor may see of it, and to whom he may release.
 */
#include "lib/base/alloc.h"
#include "quarantine/inside.h"

void store_as(struct store *store, const struct actor *actor)
{
	store->actor = actor;
	store->is_foreign = 0;
}

int store_was_foreign(const struct store *store)
{
	return store->is_foreign;
}

int store_may_see(struct store *store, const Lz__Item *item)
{
	if (actor_sees(store->actor, item))
		return 1;
	store->is_foreign = 1;
	return 0;
}

enum result store_no_item(const struct store *store, const char *id, struct err *err)
{
	if (store->actor && store->actor->domains)
		return err_set(err, RESULT_NONE, "no such item or not yours");
	return err_set(err, RESULT_NONE, "no item %s", id);
}

enum result store_limit_release(struct store *store, const Lz__Item *item,
        const Lz__Release *request, Lz__Release *out, struct err *err)
{
	size_t at;

	for (at = 0; at < request->n_to; at++)
		if (!actor_may_send(store->actor, item, request->to[at])) {
			store->is_foreign = 1;
			return err_set(err, RESULT_NONE, "not to be released to that address");
		}
	if (request->n_to || actor_owns(store->actor, item))
		return RESULT_OK;
	out->to = alloc_zero(item->n_recipients, sizeof(*out->to));
	out->n_to = 0;
	for (at = 0; at < item->n_recipients; at++)
		if (actor_may_send(store->actor, item, item->recipients[at]->address))
			out->to[out->n_to++] = item->recipients[at]->address;
	return RESULT_OK;
}
