#include "quarantine/rights.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

/* What an operator may be allowed, by the words of quarantine.operators. */
enum may {
	MAY_LIST = 1,
	MAY_SHOW = 2,
	MAY_EXPORT = 4,
	MAY_RELEASE = 8,
	MAY_DELETE = 16,
	MAY_STATS = 32,
	MAY_AUDIT = 64,
	MAY_HOLD = 128,
	MAY_LEARN = 256,
	MAY_REPORT = 512,
	MAY_ALL = 1 << 30,
	MAY_ANY = MAY_ALL - 1, /* whoever may do anything to an item has to find it */
};

static const struct {
	const char *word;
	unsigned may;
} words[] = {{"list", MAY_LIST}, {"show", MAY_SHOW}, {"export", MAY_EXPORT},
        /* What is released is read, and scanned anew, by who releases it. */
        {"release", MAY_RELEASE | MAY_SHOW | MAY_EXPORT}, {"delete", MAY_DELETE},
        {"stats", MAY_STATS}, {"audit", MAY_AUDIT}, {"hold", MAY_HOLD},
        {"learn", MAY_LEARN | MAY_REPORT}, {"report", MAY_REPORT}, {"all", MAY_ALL}};

/* `may`: any of these. Where `word` is NULL the store writes down what was done, as only it knows,
 * or nothing is to be written. */
static const struct row {
	enum message_type type;
	unsigned roles;
	unsigned may;
	const char *word;
} rows[] = {
        {MESSAGE_STORE, ROLE_WORKER | ROLE_FRONT, 0, NULL},
        {MESSAGE_CONFIRM, ROLE_FRONT, 0, NULL},
        {MESSAGE_COUNT, ROLE_WORKER, 0, NULL},
        {MESSAGE_TAKE, ROLE_NOTIFIER, 0, NULL},
        {MESSAGE_FINISH, ROLE_NOTIFIER, 0, NULL},
        {MESSAGE_LIST, 0, MAY_LIST, NULL},
        {MESSAGE_SHOW, 0, MAY_SHOW, "view"},
        {MESSAGE_FETCH, 0, MAY_EXPORT, "export"},
        {MESSAGE_LIST_OUTBOX, 0, MAY_LIST | MAY_RELEASE, NULL},
        {MESSAGE_RELEASE, 0, MAY_RELEASE, "release"},
        {MESSAGE_RELEASE_PART, 0, MAY_RELEASE, "release"},
        {MESSAGE_PASS_REQUEST, ROLE_NOTIFIER, 0, NULL},
        {MESSAGE_DELETE, 0, MAY_DELETE, "delete"},
        {MESSAGE_HOLD, 0, MAY_HOLD, "hold"},
        {MESSAGE_STATS_REQUEST, 0, MAY_STATS, NULL},
        {MESSAGE_LIST_USAGE, 0, MAY_AUDIT, NULL}, /* names domains and recipients of others */
        {MESSAGE_LIST_ERASURES, 0, MAY_AUDIT, NULL},
        {MESSAGE_LIST_AUDIT, 0, MAY_AUDIT, NULL},
        {MESSAGE_LEARN, 0, MAY_LEARN, NULL}, /* as a report: MAY_REPORT */
        {MESSAGE_MODEL_FETCH, ROLE_WORKER, MAY_REPORT, NULL},
        {MESSAGE_NOTE, 0, 0, NULL},
};

struct clerk {
	const struct config_operator *rule; /* lent */
	unsigned uid;
	int has_uid;
	unsigned may;
};

struct rights {
	unsigned own_uid, site_uid;
	const char *site_user;
	struct clerk *operators;
	size_t count;
};

/* ---- reading the rules ---- */

static unsigned may_of(const struct config_operator *rule)
{
	unsigned may = 0;
	size_t at, word;

	for (at = 0; at < rule->actions.count; at++)
		for (word = 0; word < sizeof(words) / sizeof(words[0]); word++)
			if (!strcmp(rule->actions.items[at], words[word].word))
				may |= words[word].may;
	return may;
}

static struct clerk clerk_of(const struct config_operator *rule)
{
	struct clerk clerk = {.rule = rule, .may = may_of(rule)};
	const struct passwd *account = *rule->user ? getpwnam(rule->user) : NULL;

	if (account) {
		clerk.uid = account->pw_uid;
		clerk.has_uid = 1;
	} else if (*rule->user) {
		log_event(LOG_LEVEL_WARNING, NULL, "operator-unknown",
		        "name=%s user=%s text=\"no such account\"", log_quote(rule->name),
		        log_quote(rule->user));
	}
	return clerk;
}

struct rights *rights_new(const struct config *config)
{
	const struct config_operators *rules = &config->quarantine.operators;
	const struct passwd *account;
	struct rights *rights = alloc_zero(1, sizeof(*rights));
	size_t at;

	rights->own_uid = rights->site_uid = geteuid();
	rights->site_user = config->site.user ? config->site.user : "";
	account = *rights->site_user ? getpwnam(rights->site_user) : NULL;
	if (account)
		rights->site_uid = account->pw_uid;
	rights->operators = alloc_zero(rules->count, sizeof(*rights->operators));
	for (at = 0; at < rules->count; at++)
		rights->operators[rights->count++] = clerk_of(&rules->rules[at]);
	return rights;
}

void rights_free(struct rights **rights)
{
	if (!*rights)
		return;
	free((*rights)->operators);
	free(*rights);
	*rights = NULL;
}

/* ---- asking ---- */

static const struct row *row_of(enum message_type type)
{
	size_t at;

	for (at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		if (rows[at].type == type)
			return &rows[at];
	return NULL;
}

/* To find an item by the beginning of its id is no view of it. */
static int only_finds(const struct wire_message *message)
{
	return message->type == MESSAGE_SHOW && ((const Lz__Show *)message->envelope)->only_id;
}

/* The bytes of a release that a notifier has in its hands; the store looks whether it has. */
static int carries(const struct wire_message *message)
{
	return message->type == MESSAGE_FETCH && *((const Lz__Fetch *)message->envelope)->outgoing;
}

static int brings_lesson(const struct wire_message *message)
{
	return message->type == MESSAGE_STORE && ((const Lz__Store *)message->envelope)->report;
}

/* What users say, and not the operator himself. */
static int is_report(const struct wire_message *message)
{
	return message->type == MESSAGE_LEARN && ((const Lz__Learn *)message->envelope)->as_report;
}

static int is_clerk(const struct clerk *clerk, const struct wire_who *who)
{
	const char *key = clerk->rule->key;

	if (who->kind == WHO_LOCAL)
		return clerk->has_uid && clerk->uid == who->uid;
	return who->kind == WHO_KEY && *key && (!strcmp(key, who->key) || !strcmp(key, who->name));
}

static const struct clerk *clerk_for(const struct rights *rights, const struct wire_who *who)
{
	size_t at;

	for (at = 0; at < rights->count; at++)
		if (is_clerk(&rights->operators[at], who))
			return &rights->operators[at];
	return NULL;
}

static int is_administrator(const struct rights *rights, const struct wire_who *who)
{
	if (who->kind == WHO_LOCAL)
		return !who->uid || who->uid == rights->own_uid || who->uid == rights->site_uid;
	/* tcp:// without CURVE was asked for in words, and shuts nobody out */
	return who->kind == WHO_UNPROVEN || (who->roles & ROLE_TOOL);
}

static int clerk_may(const struct clerk *clerk, const struct wire_message *message)
{
	const struct row *row = row_of(message->type);
	unsigned wanted = only_finds(message) ? MAY_ANY : row ? row->may : 0;

	if (is_report(message))
		wanted = MAY_REPORT;

	if (clerk->may & MAY_ALL)
		return 1;
	return (clerk->may & wanted) != 0 && !carries(message);
}

static int program_may(const struct wire_who *who, const struct wire_message *message)
{
	const struct row *row = row_of(message->type);

	if (who->kind != WHO_KEY)
		return 0;
	if (carries(message))
		return (who->roles & ROLE_NOTIFIER) != 0;
	if (brings_lesson(message)) /* fronts have none */
		return (who->roles & ROLE_WORKER) != 0;
	return row && (who->roles & row->roles);
}

static void name_actor(const struct rights *rights, const struct wire_who *who,
        const struct clerk *clerk, struct actor *actor)
{
	char proof[WIRE_WHO_ROOM];
	const char *user = "";

	wire_who_text(who, proof);
	if (clerk) {
		snprintf(actor->name, sizeof(actor->name), "%s operator=%.64s", proof,
		        clerk->rule->name);
		return;
	}
	if (rights && who->kind == WHO_LOCAL)
		user = !who->uid ? "root" : who->uid == rights->site_uid ? rights->site_user : "";
	snprintf(actor->name, sizeof(actor->name), "%s%s%.64s", proof, *user ? " user=" : "", user);
}

enum result rights_check(const struct rights *rights, const struct wire_message *message,
        struct actor *actor, struct err *err)
{
	const struct wire_who *who = &message->who;
	const struct clerk *clerk = rights ? clerk_for(rights, who) : NULL;
	int may = !rights;

	*actor = (struct actor){.domains = NULL};
	name_actor(rights, who, clerk, actor);
	if (clerk && clerk->rule->domains.count)
		actor->domains = &clerk->rule->domains;
	if (rights)
		may = clerk ? clerk_may(clerk, message)
		            : is_administrator(rights, who) || program_may(who, message);
	if (may)
		return RESULT_OK;
	return err_set(err, RESULT_PERMANENT, "%s is not allowed to you",
	        message_info(message->type)->name);
}

const char *rights_word(const struct wire_message *message, int writes)
{
	const struct row *row = row_of(message->type);

	if (only_finds(message) || carries(message))
		return NULL;
	if (row)
		return row->word;
	return writes ? message_info(message->type)->name : NULL;
}
