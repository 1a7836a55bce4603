#include "quarantine/asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "quarantine/entries.h"
#include "quarantine/facts.h"
#include "quarantine/gather.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/outbox.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"
#include "quarantine/token.h"

/* Words that the templates know, behind "answer_"; the last two are for the log alone, as nobody is
 * told who has not proved that he is the recipient. */
#define RELEASED "released"
#define ASKED "asked"
#define USED "used"
#define EXPIRED "expired"
#define VIRUS "virus"
#define NEVER "never"
#define PARTS "parts"
#define GONE "gone"
#define STRANGE "strange"
#define AUTOMATIC "automatic"

/* ---- what may be asked for ---- */

static int has_virus(const Lz__Item *item)
{
	size_t at;

	if (item->has_virus || !strcmp(item->reason, "virus"))
		return 1;
	for (at = 0; at < item->n_symbols; at++)
		if (entry_virus(item->symbols[at]))
			return 1;
	return 0;
}

static int names_reason(const struct config_request *rule, const char *reason)
{
	size_t at;

	for (at = 0; at < rule->reasons.count; at++)
		if (!strcmp(rule->reasons.items[at], reason))
			return 1;
	return !rule->reasons.count;
}

enum config_allow asking_allows(const struct config_notifier *config, const Lz__Item *item)
{
	size_t at;

	/* What the next hop refuses was not looked at for what the others got less of. */
	if (has_virus(item) || !strcmp(item->reason, "undeliverable"))
		return ALLOW_NEVER;
	for (at = 0; at < config->requests.count; at++)
		if (names_reason(&config->requests.rules[at], item->reason))
			return config->requests.rules[at].allow;
	return ALLOW_NEVER;
}

/* ---- tokens ---- */

static int is_offered(const struct store *store)
{
	return store->options.notifier && store->options.key &&
	       *store->options.notifier->request_address;
}

static int may_ask(const struct store *store, const Lz__Item *item)
{
	return item->keep_original && item->state != LZ__ITEM_STATE__RELEASED &&
	       asking_allows(store->options.notifier, item) != ALLOW_NEVER;
}

static char *new_token(const struct store *store, const char *item, const char *to)
{
	char token[TOKEN_ROOM];

	token_make(store->options.key, item, to,
	        store->now_ms + store->options.notifier->request_expires_ms, token);
	return alloc_string(token);
}

/* An item that is gone meanwhile has no entry. */
static void add_tokens(struct store *store, Lz__Outgoing *digest)
{
	Lz__KeptItem *kept;
	struct err err;
	size_t at;

	for (at = 0; at < digest->n_entries; at++) {
		if (item_load(store->txn, digest->entries[at]->item, &kept, &err))
			continue;
		if (may_ask(store, kept->item))
			digest->entries[at]->token =
			        new_token(store, kept->item->id, digest->to[0]);
		message_free((ProtobufCMessage *)kept);
	}
}

void asking_add_token(struct store *store, Lz__Outgoing *outgoing, const Lz__Item *item)
{
	if (!is_offered(store) || outgoing->n_to != 1)
		return;
	if (outgoing->kind == LZ__NOTICE_KIND__NOTICE_RECIPIENT && item && may_ask(store, item))
		outgoing->token = new_token(store, item->id, outgoing->to[0]);
	if (outgoing->kind == LZ__NOTICE_KIND__NOTICE_DIGEST &&
	        outgoing->of == LZ__NOTICE_KIND__NOTICE_RECIPIENT)
		add_tokens(store, outgoing);
}

/* ---- one request ---- */

struct asking {
	struct store *store;
	const Lz__Item *mail; /* the request's own */
	const Lz__Request *request;
	size_t number; /* of it in its mail */
	char *asker;   /* in lower case */
	struct token token;
	Lz__KeptItem *kept; /* what is asked for; NULL: gone */
	const char *outcome;
};

static struct backend_key asked_key(const struct asking *asking)
{
	return key_pair(asking->token.item, asking->asker);
}

static const char *recipient_named(const Lz__Item *item, const char *address)
{
	size_t at;

	for (at = 0; at < item->n_recipients; at++)
		if (text_same(item->recipients[at]->address, address))
			return item->recipients[at]->address;
	return NULL;
}

static enum result is_used(const struct asking *asking, struct err *err)
{
	struct backend_key key = asked_key(asking);
	struct buf value = {0};
	enum result result = backend_get(asking->store->txn, TABLE_ASKED, &key, &value, err);

	buf_fini(&value);
	return result;
}

static enum result mark_used(const struct asking *asking, struct err *err)
{
	struct backend_key key = asked_key(asking);

	return number_put(
	        asking->store->txn, TABLE_ASKED, &key, (uint64_t)asking->store->now_ms, err);
}

/* What stands in the way, or RELEASED or ASKED. */
static enum result judge(struct asking *asking, struct err *err)
{
	enum result result = is_used(asking, err);
	enum config_allow allow;

	if (result > RESULT_NONE)
		return result;
	asking->outcome = USED;
	if (result == RESULT_OK)
		return RESULT_OK;
	allow = asking_allows(asking->store->options.notifier, asking->kept->item);
	if (asking->token.expires_ms <= asking->store->now_ms)
		asking->outcome = EXPIRED;
	else if (has_virus(asking->kept->item))
		asking->outcome = VIRUS;
	else if (allow == ALLOW_NEVER)
		asking->outcome = NEVER;
	else if (!asking->kept->item->keep_original)
		asking->outcome = PARTS;
	else
		asking->outcome = allow == ALLOW_RELEASE ? RELEASED : ASKED;
	return RESULT_OK;
}

/* ---- what is done about it ---- */

/* Its id follows from the request's mail. */
static Lz__Outgoing *new_notice(const struct asking *asking, Lz__NoticeKind kind, const char *to)
{
	Lz__Outgoing *outgoing = alloc(sizeof(*outgoing));
	uint32_t numbers[2] = {(uint32_t)kind, (uint32_t)asking->number};
	struct digest_state state;
	struct digest digest;
	char id[17];

	lz__outgoing__init(outgoing);
	digest_init(&state);
	digest_add_string(&state, asking->mail->id);
	digest_add(&state, numbers, sizeof(numbers));
	digest_final(&state, &digest);
	if (asking->kept)
		digest_item_id(&digest, id);
	else
		outbox_timed_id(asking->store->now_ms, &digest, id);
	outgoing->id = alloc_string(id);
	outgoing->kind = kind;
	if (asking->kept)
		outgoing->item = alloc_string(asking->kept->item->id);
	outgoing->by = alloc_string(asking->request->asker);
	outgoing->why = alloc_string(asking->outcome);
	outgoing->first_ms = asking->store->now_ms;
	strings_add(&outgoing->to, &outgoing->n_to, to);
	return outgoing;
}

/* Beyond the rate nobody is told; what was asked for is done all the same, and is in the log. */
static enum result tell(
        const struct asking *asking, Lz__NoticeKind kind, const char *to, struct err *err)
{
	struct store *store = asking->store;
	enum result result =
	        gather_single(store->txn, store->options.notifier, kind, to, store->now_ms, err);
	Lz__Outgoing *outgoing;

	if (result)
		return result == RESULT_NONE ? RESULT_OK : result;
	outgoing = new_notice(asking, kind, to);
	result = outbox_move(store->txn, outgoing, OUTGOING_BEGIN, store->now_ms, err);
	message_free((ProtobufCMessage *)outgoing);
	return result;
}

static enum result release(struct asking *asking, struct err *err)
{
	char *to = (char *)recipient_named(asking->kept->item, asking->request->asker);
	Lz__Release request = LZ__RELEASE__INIT;
	Lz__Released *released = alloc(sizeof(*released));
	enum result result;

	lz__released__init(released);
	request.id = asking->kept->item->id;
	request.to = &to;
	request.n_to = 1;
	request.by = asking->request->asker;
	request.why = (char *)"asked for by mail";
	result = store_release(asking->store, &request, released, err);
	if (!result && !released->already)
		result = fact_asked(asking->store, request.id, released->outgoing, err);
	message_free((ProtobufCMessage *)released);
	return result;
}

static enum result ask(struct asking *asking, struct err *err)
{
	const char *admin = asking->store->options.admin;
	enum result result =
	        item_request(asking->store->txn, asking->kept, asking->request->asker, err);

	if (!result)
		result = fact_asked(asking->store, asking->kept->item->id, "", err);
	if (!result && admin && *admin)
		result = tell(asking, LZ__NOTICE_KIND__NOTICE_ASKED, admin, err);
	return result;
}

static enum result act(struct asking *asking, struct err *err)
{
	enum result result = RESULT_OK;

	if (!strcmp(asking->outcome, RELEASED))
		result = release(asking, err);
	else if (!strcmp(asking->outcome, ASKED))
		result = ask(asking, err);
	else
		return RESULT_OK;
	return result ? result : mark_used(asking, err);
}

static enum result look_up(struct asking *asking, struct err *err)
{
	enum result result = item_load(asking->store->txn, asking->token.item, &asking->kept, err);

	if (result == RESULT_NONE) {
		asking->kept = NULL;
		asking->outcome = GONE;
		return RESULT_OK;
	}
	if (!result && !recipient_named(asking->kept->item, asking->request->asker))
		return RESULT_OK; /* a token of ours is of a recipient: this is no item of his */
	return result ? result : judge(asking, err);
}

/* Nobody but the recipient hears anything. */
static enum result answer(struct asking *asking, struct err *err)
{
	struct err why;
	enum result result;

	asking->outcome = STRANGE;
	if (asking->request->automatic)
		asking->outcome = AUTOMATIC;
	if (!asking->request->authentic || asking->request->automatic ||
	        !is_offered(asking->store) ||
	        token_read(asking->store->options.key, asking->request->token, asking->asker,
	                &asking->token, &why))
		return RESULT_OK;
	result = look_up(asking, err);
	if (result || !strcmp(asking->outcome, STRANGE))
		return result;
	result = act(asking, err);
	return result ? result
	              : tell(asking, LZ__NOTICE_KIND__NOTICE_ANSWER, asking->request->asker, err);
}

static void add_outcome(const struct asking *asking, Lz__Item *mail, Lz__Stored *out)
{
	Lz__Asked *asked = alloc(sizeof(*asked));
	char *detail = alloc_format("%s%s%s %s", mail->detail, *mail->detail ? "; " : "",
	        asking->outcome, asking->token.item);

	lz__asked__init(asked);
	asked->item = alloc_string(asking->token.item);
	asked->asker = alloc_string(asking->request->asker);
	asked->outcome = alloc_string(asking->outcome);
	out->asked = alloc_grow(out->asked, out->n_asked + 1, sizeof(*out->asked));
	out->asked[out->n_asked++] = asked;
	strings_set(&mail->detail, detail);
	free(detail);
}

static enum result take_one(
        struct store *store, Lz__Item *mail, size_t number, Lz__Stored *out, struct err *err)
{
	struct asking asking = {.store = store,
	        .mail = mail,
	        .request = mail->requests[number],
	        .number = number,
	        .asker = alloc_string(mail->requests[number]->asker)};
	char counter[32];
	enum result result;

	text_lower(asking.asker);
	result = answer(&asking, err);
	if (!result) {
		snprintf(counter, sizeof(counter), "request.%s", asking.outcome);
		result = tally_day(store->txn, store->now_ms, counter, 1, err);
	}
	if (!result)
		add_outcome(&asking, mail, out);
	message_free((ProtobufCMessage *)asking.kept);
	free(asking.asker);
	return result;
}

/* The address of a request holds its token. */
static void hide_tokens(const struct store *store, Lz__Item *mail)
{
	const char *address =
	        store->options.notifier ? store->options.notifier->request_address : "";
	size_t at;

	for (at = 0; at < mail->n_recipients; at++)
		strings_set(&mail->recipients[at]->address, address);
	for (at = 0; at < mail->n_requests; at++)
		strings_set(&mail->requests[at]->token, "");
}

enum result asking_take(struct store *store, Lz__Item *mail, Lz__Stored *out, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	strings_set(&mail->detail, "");
	for (at = 0; !result && at < mail->n_requests; at++)
		result = take_one(store, mail, at, out, err);
	hide_tokens(store, mail);
	return result;
}

enum result asking_forget(struct backend_txn *txn, const char *item, struct err *err)
{
	struct backend_key prefix = key_pair(item, ""), key;
	enum result result = RESULT_OK;

	while (!result) {
		key = prefix;
		result = backend_step(txn, TABLE_ASKED, BACKEND_AFTER, &key, NULL, err);
		if (result || !key_starts(&key, &prefix))
			break;
		result = backend_drop(txn, TABLE_ASKED, &key, err);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}
