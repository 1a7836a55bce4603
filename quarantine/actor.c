#include "quarantine/actor.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "quarantine/strings.h"

static int domain_is(const char *wanted, const char *domain)
{
	size_t size = strlen(wanted), length = strlen(domain);

	if (*wanted != '.')
		return text_same(wanted, domain);
	return text_same(wanted + 1, domain) ||
	       (length > size && text_same(domain + length - size, wanted));
}

static int is_ours(const struct config_list *domains, const char *address)
{
	const char *at = strrchr(address, '@');
	size_t index;

	for (index = 0; at && index < domains->count; index++)
		if (domain_is(domains->items[index], at + 1))
			return 1;
	return 0;
}

static int is_unlimited(const struct actor *actor)
{
	return !actor || !actor->domains;
}

static int is_sender(const struct actor *actor, const Lz__Item *item)
{
	return *item->sasl_username && is_ours(actor->domains, item->reverse_path);
}

int actor_sees(const struct actor *actor, const Lz__Item *item)
{
	size_t at;

	if (is_unlimited(actor) || is_sender(actor, item))
		return 1;
	for (at = 0; at < item->n_recipients; at++)
		if (is_ours(actor->domains, item->recipients[at]->address))
			return 1;
	return 0;
}

int actor_owns(const struct actor *actor, const Lz__Item *item)
{
	size_t at;

	if (is_unlimited(actor) || is_sender(actor, item))
		return 1;
	for (at = 0; at < item->n_recipients; at++)
		if (!is_ours(actor->domains, item->recipients[at]->address))
			return 0;
	return item->n_recipients != 0;
}

static int is_recipient(const Lz__Item *item, const char *address)
{
	size_t at;

	for (at = 0; at < item->n_recipients; at++)
		if (!strcmp(item->recipients[at]->address, address))
			return 1;
	return 0;
}

int actor_may_send(const struct actor *actor, const Lz__Item *item, const char *address)
{
	return is_unlimited(actor) || is_ours(actor->domains, address) ||
	       (is_sender(actor, item) && is_recipient(item, address));
}

static void trim_recipients(const struct actor *actor, Lz__Item *item)
{
	size_t from, to = 0;

	for (from = 0; from < item->n_recipients; from++) {
		if (is_ours(actor->domains, item->recipients[from]->address))
			item->recipients[to++] = item->recipients[from];
		else
			message_free((ProtobufCMessage *)item->recipients[from]);
	}
	item->n_recipients = to;
}

static void trim_notices(const struct actor *actor, Lz__Item *item)
{
	size_t from, to = 0;

	for (from = 0; from < item->n_notices; from++) {
		if (is_ours(actor->domains, item->notices[from]->to))
			item->notices[to++] = item->notices[from];
		else
			message_free((ProtobufCMessage *)item->notices[from]);
	}
	item->n_notices = to;
}

static void trim_requests(const struct actor *actor, Lz__Item *item)
{
	size_t from, to = 0;

	for (from = 0; from < item->n_requested_by; from++) {
		if (is_ours(actor->domains, item->requested_by[from]))
			item->requested_by[to++] = item->requested_by[from];
		else
			free(item->requested_by[from]);
	}
	item->n_requested_by = to;
}

void actor_trim(const struct actor *actor, Lz__Item *item)
{
	if (is_unlimited(actor) || is_sender(actor, item))
		return;
	trim_recipients(actor, item);
	trim_notices(actor, item);
	trim_requests(actor, item);
}

/* Who asked for it by mail is one of its recipients; and what came of a mail may name whom it went
 * to. */
static void trim_texts(const struct actor *actor, Lz__Outgoing *outgoing, int is_shared)
{
	if (strchr(outgoing->by, '@') && !is_ours(actor->domains, outgoing->by))
		strings_set(&outgoing->by, "");
	if (is_shared)
		strings_set(&outgoing->last, "");
}

void actor_trim_outgoing(const struct actor *actor, const Lz__Item *item, Lz__Outgoing *outgoing)
{
	size_t from, to = 0, had = outgoing->n_to;

	if (is_unlimited(actor) || is_sender(actor, item))
		return;
	for (from = 0; from < had; from++) {
		if (is_ours(actor->domains, outgoing->to[from]))
			outgoing->to[to++] = outgoing->to[from];
		else
			free(outgoing->to[from]);
	}
	outgoing->n_to = to;
	trim_texts(actor, outgoing, to < had);
}
