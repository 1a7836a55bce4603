#include "quarantine/leave.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "quarantine/item.h"
#include "quarantine/outbox.h"
#include "quarantine/strings.h"

/* ---- texts ---- */

static int is_of_address(char byte)
{
	return isalnum((unsigned char)byte) || (byte && strchr("._+-", byte) != NULL);
}

/* A dot behind it may end a sentence. */
static int goes_on(const char *behind)
{
	return *behind == '.' ? isalnum((unsigned char)behind[1]) : is_of_address(*behind);
}

/* The next place where the whole address stands; NULL: none. */
static const char *find_address(const char *text, const char *address)
{
	const char *at = text, *found;

	while ((found = text_find(at, strlen(at), address)) != NULL) {
		if ((found == text || !is_of_address(found[-1])) &&
		        !goes_on(found + strlen(address)))
			return found;
		at = found + 1;
	}
	return NULL;
}

int leave_is_named(const char *text, const char *address)
{
	return find_address(text, address) != NULL;
}

/* RFC 5322, 3.2.3, and RFC 6532. */
static int is_atext(char byte)
{
	return is_of_address(byte) || (unsigned char)byte >= 0x80 ||
	       (byte && strchr("!#$%&'*/=?^`{|}~", byte) != NULL);
}

/* Is what stands in front of it the beginning of a longer one? Some quote it with apostrophes. */
static int begins_before(const char *from, const char *found)
{
	if (found == from || !is_atext(found[-1]))
		return 0;
	return found[-1] != '\'' || (found - 1 > from && is_atext(found[-2]));
}

int leave_is_from(const char *from, const char *address)
{
	const char *at = from, *found;

	while ((found = find_address(at, address)) != NULL) {
		if (!begins_before(from, found) && (unsigned char)found[strlen(address)] < 0x80)
			return 1;
		at = found + 1;
	}
	return 0;
}

static void scrub(char **field, const char *address)
{
	const char *at = *field, *found;
	struct buf text = {0};

	if (!leave_is_named(*field, address))
		return;
	while ((found = find_address(at, address)) != NULL) {
		buf_add(&text, at, (size_t)(found - at));
		buf_add_string(&text, "(erased)");
		at = found + strlen(address);
	}
	buf_add_string(&text, at);
	strings_set(field, text.data);
	buf_fini(&text);
}

/* What we ourselves have written of him; subject and bytes are the mail's, and so the others'. */
static void scrub_item(Lz__Item *item, const char *address)
{
	size_t at;

	scrub(&item->detail, address);
	for (at = 0; at < item->n_symbols; at++) {
		scrub(&item->symbols[at]->where, address);
		scrub(&item->symbols[at]->detail, address);
	}
}

/* ---- items ---- */

static int is_his(const Lz__Recipient *recipient, const struct owner *owner)
{
	return owner_has(owner, recipient->address, recipient->orcpt);
}

size_t leave_count(const Lz__Item *item, const struct owner *owner)
{
	size_t at, count = 0;

	for (at = 0; at < item->n_recipients; at++)
		count += is_his(item->recipients[at], owner) != 0;
	return count;
}

static void drop_recipients(Lz__Item *item, const struct owner *owner)
{
	size_t from, to = 0;

	for (from = 0; from < item->n_recipients; from++) {
		if (is_his(item->recipients[from], owner))
			message_free(&item->recipients[from]->base);
		else
			item->recipients[to++] = item->recipients[from];
	}
	item->n_recipients = to;
}

static void drop_notices(Lz__Item *item, const struct owner *owner)
{
	size_t from, to = 0;

	for (from = 0; from < item->n_notices; from++) {
		if (owner_has(owner, item->notices[from]->to, ""))
			message_free(&item->notices[from]->base);
		else
			item->notices[to++] = item->notices[from];
	}
	item->n_notices = to;
}

/* ---- the outbox ---- */

static size_t drop_addressees(Lz__Outgoing *outgoing, const struct owner *owner)
{
	size_t from, to = 0, had = outgoing->n_to;

	for (from = 0; from < had; from++) {
		if (owner_has(owner, outgoing->to[from], ""))
			free(outgoing->to[from]);
		else
			outgoing->to[to++] = outgoing->to[from];
	}
	outgoing->n_to = to;
	return had - to;
}

static void drop_counter(Lz__Counter **list, size_t *count, const char *address)
{
	size_t from, to = 0, had = *count;

	for (from = 0; from < had; from++) {
		if (text_same(list[from]->name, address))
			message_free(&list[from]->base);
		else
			list[to++] = list[from];
	}
	*count = to;
}

static int is_in(Lz__Counter *const *list, size_t count, const char *address)
{
	size_t at;

	for (at = 0; at < count; at++)
		if (text_same(list[at]->name, address))
			return 1;
	return 0;
}

int leave_names(const Lz__Outgoing *outgoing, const char *address)
{
	return leave_is_named(outgoing->last, address) || leave_is_named(outgoing->by, address) ||
	       leave_is_named(outgoing->why, address) || leave_is_named(outgoing->group, address) ||
	       is_in(outgoing->senders, outgoing->n_senders, address) ||
	       is_in(outgoing->recipients, outgoing->n_recipients, address);
}

/* His mail stays in the sum. */
static void scrub_outgoing(Lz__Outgoing *outgoing, const char *address)
{
	drop_counter(outgoing->senders, &outgoing->n_senders, address);
	drop_counter(outgoing->recipients, &outgoing->n_recipients, address);
	scrub(&outgoing->last, address);
	scrub(&outgoing->by, address);
	scrub(&outgoing->why, address);
	scrub(&outgoing->group, address);
}

enum result leave_outgoing(struct backend_txn *txn, Lz__Outgoing *outgoing,
        const struct owner *owner, int *changed, struct err *err)
{
	int is_person = owner->kind == OWNER_PERSON;

	*changed = drop_addressees(outgoing, owner) != 0;
	if (is_person)
		*changed |= leave_names(outgoing, owner->name);
	if (!*changed)
		return RESULT_OK;
	if (!outgoing->n_to)
		return outbox_drop(txn, outgoing, err);
	if (is_person)
		scrub_outgoing(outgoing, owner->name);
	return outbox_save(txn, outgoing, err);
}

static enum result leave_outbox(
        struct backend_txn *txn, const char *item, const struct owner *owner, struct err *err)
{
	struct outgoing_list list;
	enum result result = outbox_of(txn, item, &list, err);
	int changed;
	size_t at;

	for (at = 0; !result && at < list.count; at++)
		result = leave_outgoing(txn, list.list[at], owner, &changed, err);
	outgoing_list_free(&list);
	return result;
}

/* What he asked for is settled by his leaving. */
static void drop_requests(Lz__Item *item, const struct owner *owner)
{
	char **had = item->requested_by;
	size_t count = item->n_requested_by, at;

	item->requested_by = NULL;
	item->n_requested_by = 0;
	for (at = 0; at < count; at++)
		if (!owner_has(owner, had[at], ""))
			strings_add(&item->requested_by, &item->n_requested_by, had[at]);
	strings_clear(&had, &count);
}

enum result leave_item(
        struct store *store, Lz__KeptItem *kept, const struct owner *owner, struct err *err)
{
	enum result result = item_unlist(store->txn, kept, err);

	if (result)
		return result;
	drop_recipients(kept->item, owner);
	drop_notices(kept->item, owner);
	drop_requests(kept->item, owner);
	if (owner->kind == OWNER_PERSON)
		scrub_item(kept->item, owner->name);
	result = item_list(store->txn, kept, &store->options.rules, err);
	return result ? result : leave_outbox(store->txn, kept->item->id, owner, err);
}
