#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/safe.h"
#include "lib/base/text.h"
#include "lib/config/address.h"
#include "lib/crypto/digest.h"
#include "protos/envelope.h"
#include "workers/qscan/authentic.h"
#include "workers/qscan/request.h"
#include "workers/qscan/verdict.h"
#include "workers/qscan/words.h"

enum {
	TEXT_ROOM = 1000,
	NAME_ROOM = 300,
	SYMBOL_ROOM = 200,
	PARTS_ROOM = 1000,
	SYMBOLS_KEPT = 100
};

void item_id(const struct scan *scan, const struct group *group, char out[17])
{
	struct digest_state state;
	struct digest digest;
	char disposition[2] = {(char)('0' + group->disposition), '\0'};
	size_t i;

	digest_init(&state);
	digest_add_string(&state, scan->submission->message_id);
	digest_add_string(&state, disposition);
	for (i = 0; i < group->count; i++)
		digest_add_string(
		        &state, scan->submission->recipients[group->recipients[i]]->address);
	digest_final(&state, &digest);
	digest_item_id(&digest, out);
}

/* ---------------------------------------------------------------- parts */

/* What made a part be cut, or, in a held message, named: the finding that asks for most. What one
 * recipient of a group has, all have. */
static const struct finding *blame(const struct scan *scan, const struct group *group, size_t part)
{
	const struct finding *best = NULL, *finding;
	enum action action, most = ACTION_TAG;
	size_t i;

	for (i = 0; i < scan->finding_count; i++) {
		finding = &scan->findings[i];
		if (finding->part != (int)part || !finding_concerns(finding, group->recipients[0]))
			continue;
		action = policy_asks(group->outcome.policy, scan, finding, group->recipients[0]);
		if (action <= most)
			continue;
		most = action;
		best = finding;
	}
	return best;
}

static char *content_hash(const struct scan *scan, size_t part)
{
	const struct mime_range *body = &scan->map->parts[part].body;
	const unsigned char *bytes = scan->bytes + body->offset;
	size_t i, size = body->length;
	char hex[DIGEST_HEX_ROOM];
	struct digest digest;

	for (i = 0; i < scan->content_count; i++) {
		if (scan->contents[i].part != (int)part || scan->contents[i].level != 0 ||
		        !scan->contents[i].bytes)
			continue;
		bytes = scan->contents[i].bytes;
		size = scan->contents[i].size;
		break;
	}
	digest_of(bytes, size, &digest);
	text_hex(digest.bytes, sizeof(digest.bytes), hex);
	return alloc_string(hex);
}

static Lz__Part *part_make(const struct scan *scan, size_t index, const struct finding *why)
{
	const struct mime_part *found = &scan->map->parts[index];
	Lz__Part *part = alloc(sizeof(*part));

	lz__part__init(part);
	part->path = safe_text(found->path, NAME_ROOM);
	part->name = safe_text(found->name_count ? found->names[0].text : "", NAME_ROOM);
	part->type = safe_text(found->type, NAME_ROOM);
	part->offset = found->whole.offset;
	part->length = found->whole.length;
	part->reason = why ? words_of_part(why) : alloc_string("");
	part->sha256 = content_hash(scan, index);
	return part;
}

static void add_parts(const struct scan *scan, const struct group *group, Lz__Item *item)
{
	const struct finding *why;
	size_t i, count = scan->map ? scan->map->part_count : 0;

	item->parts = alloc_zero(count, sizeof(*item->parts));
	for (i = 0; i < count && item->n_parts < PARTS_ROOM; i++) {
		why = blame(scan, group, i);
		if (group->disposition == LZ__DISPOSITION__DELIVER ||
		        group->disposition == LZ__DISPOSITION__REDIRECT) {
			if (!group->outcome.cuts || !group->outcome.cuts[i])
				continue;
		} else if (!why || i == 0) {
			continue; /* the root is the message itself, and that is kept anyway */
		}
		item->parts[item->n_parts++] = part_make(scan, i, why);
	}
}

/* ---------------------------------------------------------------- notices */

static void add_notice(Lz__Item *item, Lz__NoticeKind kind, const char *to)
{
	Lz__Notice *notice = alloc(sizeof(*notice));

	lz__notice__init(notice);
	notice->kind = kind;
	notice->to = alloc_string(to);
	item->notices[item->n_notices++] = notice;
}

static int is_listed(const struct config_list *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (text_same(list->items[i], text))
			return 1;
	return 0;
}

/* P9: only where the address can't be forged and a person reads it, and never for a virus. */
static int may_tell_sender(const struct scan *scan, const struct outcome *outcome)
{
	return scan->config->notifier.to_sender && scan->sender_authentic && !scan->automatic &&
	       !outcome->virus && *scan->submission->reverse_path;
}

static int gets_digest(const struct config_notifier *notifier, const char *address)
{
	size_t i;

	for (i = 0; i < notifier->digest.count; i++)
		if (address_in_list(&notifier->digest.rules[i].recipients, address))
			return 1;
	return 0;
}

/* Nobody reads what would go to a list's software, or where releases are asked for. */
static int is_read(const struct config *config, const char *address)
{
	return !authentic_program(address) && !request_is_for(config, address);
}

/* A digest lists what would make too many single notices. */
static void tell_recipient(
        const struct config *config, int is_quiet, const char *address, Lz__Item *item)
{
	if ((!is_quiet || gets_digest(&config->notifier, address)) && is_read(config, address))
		add_notice(item, LZ__NOTICE_KIND__NOTICE_RECIPIENT, address);
}

static void add_notices(const struct scan *scan, const struct group *group, Lz__Item *item)
{
	const struct config_notifier *notifier = &scan->config->notifier;
	int is_quiet = is_listed(&notifier->not_for, group->outcome.reason);
	size_t i;

	item->notices = alloc_zero(group->count + 2, sizeof(*item->notices));
	if (group->disposition == LZ__DISPOSITION__DISCARD || group->outcome.quiet || scan->marked)
		return;
	if (!is_quiet && may_tell_sender(scan, &group->outcome))
		add_notice(item, LZ__NOTICE_KIND__NOTICE_SENDER, scan->submission->reverse_path);
	for (i = 0; notifier->to_recipient && i < group->count; i++)
		tell_recipient(scan->config, is_quiet,
		        scan->submission->recipients[group->recipients[i]]->address, item);
	if (!is_quiet && notifier->to_admin && *scan->config->site.admin)
		add_notice(item, LZ__NOTICE_KIND__NOTICE_ADMIN, scan->config->site.admin);
}

/* ---------------------------------------------------------------- the item */

static void add_envelope(const struct scan *scan, const struct group *group, Lz__Item *item)
{
	const Lz__Submission *from = scan->submission;
	size_t i;

	envelope_to_item(from, item);
	item->size = scan->size;
	item->recipients = alloc_zero(group->count, sizeof(*item->recipients));
	for (i = 0; i < group->count; i++)
		item->recipients[item->n_recipients++] =
		        envelope_recipient(from->recipients[group->recipients[i]]);
}

/* Of a mail that asks for something nothing is kept but that it does. */
static void make_request(const struct scan *scan, const struct group *group, Lz__Item *item)
{
	free(item->subject);
	item->subject = alloc_string("");
	item->keep_original = 0;
	item->requests = requests_make(scan, group->recipients, group->count, &item->n_requests);
}

Lz__Item *item_make(const struct scan *scan, const struct group *group)
{
	Lz__Item *item = alloc(sizeof(*item));
	char id[17];

	lz__item__init(item);
	item_id(scan, group, id);
	item->id = alloc_string(id);
	item->disposition = group->disposition;
	item->reason = alloc_string(group->outcome.reason);
	item->detail = alloc_string(group->outcome.detail);
	item->rule = alloc_string(group->outcome.rule);
	item->subject = safe_text(scan->subject, TEXT_ROOM);
	item->header_from = safe_text(scan->header_from, TEXT_ROOM);
	item->header_message_id = safe_text(scan->header_message_id, TEXT_ROOM);
	item->keep_original = group->disposition == LZ__DISPOSITION__QUARANTINE ||
	                      group->disposition == LZ__DISPOSITION__DISCARD ||
	                      group->outcome.policy->keep_original;
	item->score = scan->score;
	item->engine = safe_text(scan->engine, SYMBOL_ROOM);
	item->signatures_s = scan->signatures_s;
	item->symbols = symbols_make(scan, SYMBOLS_KEPT, &item->n_symbols);
	add_envelope(scan, group, item);
	item->has_virus = group->outcome.virus;
	if (group->outcome.request && group->disposition == LZ__DISPOSITION__DISCARD)
		make_request(scan, group, item);
	else
		add_parts(scan, group, item);
	add_notices(scan, group, item);
	return item;
}
