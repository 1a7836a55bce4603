#include "submitter/qfront/keep.h"

#include "lib/base/alloc.h"
#include "lib/crypto/digest.h"
#include "protos/envelope.h"

static char *make_id(const Lz__Submission *submission, const size_t *recipients, size_t count)
{
	struct digest_state state;
	struct digest digest;
	char id[17];
	size_t i;

	digest_init(&state);
	digest_add_string(&state, submission->message_id);
	digest_add_string(&state, "undeliverable");
	for (i = 0; i < count; i++)
		digest_add_string(&state, submission->recipients[recipients[i]]->address);
	digest_final(&state, &digest);
	digest_item_id(&digest, id);
	return alloc_string(id);
}

static void add_notice(Lz__Item *item, const Lz__Submission *submission, const Lz__Verdict *verdict,
        const char *admin)
{
	int authentic = *submission->sasl_username || !*submission->client_address;
	int to_sender = authentic && *submission->reverse_path && !verdict->automatic;
	const char *to = to_sender ? submission->reverse_path : admin;

	if (!*to || verdict->marked)
		return;
	item->notices = alloc_zero(1, sizeof(Lz__Notice *));
	item->notices[0] = alloc(sizeof(Lz__Notice));
	lz__notice__init(item->notices[0]);
	item->notices[0]->kind =
	        to_sender ? LZ__NOTICE_KIND__NOTICE_SENDER : LZ__NOTICE_KIND__NOTICE_ADMIN;
	item->notices[0]->to = alloc_string(to);
	item->n_notices = 1;
}

static Lz__Item *make_item(const struct keep *keep, const size_t *recipients, size_t count)
{
	const Lz__Submission *submission = keep->submission;
	Lz__Item *item = alloc(sizeof(*item));
	size_t i;

	lz__item__init(item);
	envelope_to_item(submission, item);
	item->id = make_id(submission, recipients, count);
	item->disposition = LZ__DISPOSITION__QUARANTINE;
	item->reason = alloc_string("undeliverable");
	item->detail = alloc_format("the next hop said: %s", keep->reply);
	item->keep_original = 1;
	item->recipients = alloc_zero(count, sizeof(Lz__Recipient *));
	for (i = 0; i < count; i++)
		item->recipients[item->n_recipients++] =
		        envelope_recipient(submission->recipients[recipients[i]]);
	add_notice(item, submission, keep->verdict, keep->admin);
	return item;
}

Lz__Store *keep_make(const struct keep *keep, const size_t *recipients, size_t count)
{
	Lz__Store *store = alloc(sizeof(*store));

	lz__store__init(store);
	store->message_id = alloc_string(keep->submission->message_id);
	store->items = alloc_zero(1, sizeof(Lz__Item *));
	store->items[0] = make_item(keep, recipients, count);
	store->n_items = 1;
	return store;
}
