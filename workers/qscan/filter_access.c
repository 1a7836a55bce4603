/*
 * Who may send to whom: the rules of access.rules, each recipient by the first one that matches.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/config/address.h"
#include "workers/qscan/authentic.h"
#include "workers/qscan/from_field.h"
#include "workers/qscan/lists.h"
#include "workers/qscan/scan.h"
#include "workers/qscan/symbol.h"

static const char check[] = "access";

struct rule {
	const struct config_access_rule *config;
	struct list *senders, *from, *networks, *recipients; /* empty: no condition */
};

struct access {
	struct rule *rules;
	size_t count;
};

/* ---------------------------------------------------------------- opening */

static enum result open_rule(
        struct rule *rule, const struct config_access_rule *config, struct err *err)
{
	const struct {
		const struct config_list *items;
		const char *path;
		enum lists_form form;
		struct list **list;
	} table[] = {
	        {&config->senders, config->senders_file, LISTS_ADDRESS, &rule->senders},
	        {&config->from, "", LISTS_ADDRESS, &rule->from},
	        {&config->networks, config->networks_file, LISTS_NETWORK, &rule->networks},
	        {&config->recipients, config->recipients_file, LISTS_ADDRESS, &rule->recipients},
	};
	enum result result = RESULT_OK;
	size_t at;

	rule->config = config;
	for (at = 0; !result && at < sizeof(table) / sizeof(table[0]); at++)
		result = list_new(
		        table[at].items, table[at].path, table[at].form, table[at].list, err);
	return result;
}

static void access_close(void **state)
{
	struct access *access = *state;
	size_t at;

	if (!access)
		return;
	for (at = 0; at < access->count; at++) {
		list_free(&access->rules[at].senders);
		list_free(&access->rules[at].from);
		list_free(&access->rules[at].networks);
		list_free(&access->rules[at].recipients);
	}
	free(access->rules);
	free(access);
	*state = NULL;
}

static enum result access_open(const struct config *config, void **state,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err)
{
	struct access *access = alloc_zero(1, sizeof(*access));
	enum result result = RESULT_OK;
	size_t at;

	access->count = config->access.count;
	access->rules = alloc_zero(access->count, sizeof(*access->rules));
	*state = access;
	for (at = 0; !result && at < access->count; at++)
		result = open_rule(&access->rules[at], &config->access.rules[at], err);
	if (result)
		access_close(state);
	return result;
}

/* ---------------------------------------------------------------- conditions */

/* A list that was named but is empty, such as an empty file, matches nobody: it is not the same as
 * no condition. */
static int is_condition(const struct config_list *items, const char *path)
{
	return items->count || *path;
}

static int matches_host(const struct config_list *hosts, const char *name)
{
	size_t at;

	for (at = 0; *name && at < hosts->count; at++) {
		const char *pattern = hosts->items[at];

		if (*pattern == '.' ? address_domain_within(name, pattern + 1)
		                    : text_glob(pattern, name, strlen(name)))
			return 1;
	}
	return 0;
}

/* Anyone may write anything into From: for a rule that forbids, one address is enough; for one that
 * allows, all must be allowed. */
static int matches_from(const struct rule *rule, const struct from_field *from)
{
	size_t at, found = 0;

	for (at = 0; at < from->count; at++)
		found += (size_t)list_has_address(rule->from, from->addresses[at]);
	return rule->config->action == ACTION_ALLOW ? found && found == from->count : found > 0;
}

/* All conditions but the recipients. */
static int matches_message(
        const struct rule *rule, const struct scan *scan, const struct from_field *from)
{
	const struct config_access_rule *config = rule->config;
	const Lz__Submission *submission = scan->submission;

	if (is_condition(&config->senders, config->senders_file) &&
	        !list_has_address(rule->senders, submission->reverse_path))
		return 0;
	if (config->from.count && !matches_from(rule, from))
		return 0;
	if (is_condition(&config->networks, config->networks_file) &&
	        !list_has_network(rule->networks, submission->client_address))
		return 0;
	if (config->hosts.count && !matches_host(&config->hosts, submission->client_name) &&
	        !matches_host(&config->hosts, submission->helo))
		return 0;
	return !config->outsiders || !authentic_insider(scan->config, scan->submission);
}

static int matches_recipient(const struct rule *rule, const char *recipient)
{
	return !is_condition(&rule->config->recipients, rule->config->recipients_file) ||
	       list_has_address(rule->recipients, recipient);
}

/* ---------------------------------------------------------------- findings */

static struct finding *tell(struct scan *scan, const struct config_access_rule *rule)
{
	struct finding *finding;
	char *symbol = symbol_of("ACCESS", rule->name);

	finding = scan_find(scan, check, "access", symbol);
	finding->action = rule->action;
	finding->code = rule->code;
	finding_text(&finding->rule, "access.%s", rule->name);
	finding_text(&finding->text, "%s", rule->text);
	free(symbol);
	return finding;
}

/* Gives the rule for each recipient; `rules` has room for all. */
static void decide(const struct access *access, const struct scan *scan,
        const struct from_field *from, const struct rule **rules)
{
	const Lz__Submission *submission = scan->submission;
	size_t at, recipient;

	for (at = 0; at < access->count; at++) {
		if (!matches_message(&access->rules[at], scan, from))
			continue;
		for (recipient = 0; recipient < submission->n_recipients; recipient++)
			if (!rules[recipient] &&
			        matches_recipient(&access->rules[at],
			                submission->recipients[recipient]->address))
				rules[recipient] = &access->rules[at];
	}
}

/* One finding for those who have the rule of the recipient `first`; takes it from all of them. */
static void tell_some(struct scan *scan, const struct rule **rules, size_t first)
{
	const struct rule *rule = rules[first];
	struct finding *finding = tell(scan, rule->config);
	size_t at;

	for (at = first; at < scan->submission->n_recipients; at++) {
		if (rules[at] != rule)
			continue;
		finding_concern(finding, scan, at);
		rules[at] = NULL;
	}
}

static void tell_all(struct scan *scan, const struct rule **rules)
{
	size_t count = scan->submission->n_recipients, at;

	for (at = 1; at < count && rules[at] == rules[0]; at++)
		;
	if (count && at >= count && rules[0]) {
		tell(scan, rules[0]->config);
		scan->allowed = rules[0]->config->action == ACTION_ALLOW;
		return;
	}
	for (at = 0; at < count; at++)
		if (rules[at])
			tell_some(scan, rules, at);
}

/* Bounces have one recipient (RFC 5321 section 3.6.3); the null reverse-path with many is spam that
 * wants no answer. */
static void check_null_sender(struct scan *scan)
{
	struct finding *finding;

	if (!scan->config->access.null_sender_one_recipient || *scan->submission->reverse_path ||
	        scan->submission->n_recipients < 2)
		return;
	finding = scan_find(scan, check, "access", "ACCESS_NULL_SENDER");
	finding->action = ACTION_REJECT;
	finding->code = 550;
	finding_text(&finding->rule, "access.null_sender_one_recipient");
	finding_text(&finding->text, "A null reverse-path takes one recipient");
	finding_text(&finding->detail, "null reverse-path with several recipients");
}

static void access_scan(void *state, struct scan *scan)
{
	const struct access *access = state;
	const struct rule **rules = alloc_zero(scan->submission->n_recipients, sizeof(*rules));
	struct from_field from = {0};

	from_field_read(&from, scan->bytes, scan->size);
	decide(access, scan, &from, rules);
	tell_all(scan, rules);
	check_null_sender(scan);
	from_field_fini(&from);
	free(rules);
}

const struct filter filter_access = {
        .name = check,
        .open = access_open,
        .scan = access_scan,
        .close = access_close,
};
