#include "lib/config/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/config/form.h"
#include "lib/config/place.h"

enum { REQUEST_LOCAL_MOST = 17 };

static enum result refuse(const struct config *config, struct err *err, const void *at,
        const char *format, ...) __attribute__((format(printf, 4, 5)));

static enum result refuse(
        const struct config *config, struct err *err, const void *at, const char *format, ...)
{
	char *place = places_show(config, at), text[300];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	err_set(err, RESULT_PERMANENT, "%s: %s", place, text);
	free(place);
	return RESULT_PERMANENT;
}

/* One value that must stay under (or, with `or_same`, not exceed) another. */
struct order {
	const void *at;
	uint64_t low, high;
	const char *high_name;
	void (*show)(uint64_t value, char out[32]);
	int or_same;
};

static enum result check_order(
        const struct config *config, const struct order *order, struct err *err)
{
	char low[32], high[32];

	if (order->low < order->high || (order->or_same && order->low == order->high))
		return RESULT_OK;
	order->show(order->low, low);
	order->show(order->high, high);
	return refuse(config, err, order->at, "found %s, expected %s %s, which is %s", low,
	        order->or_same ? "at most" : "less than", order->high_name, high);
}

static enum result check_times(const struct config *config, struct err *err)
{
	const struct order orders[] = {
	        {&config->workers.timeout_ms, (uint64_t)config->workers.timeout_ms,
	                (uint64_t)config->front.deadline_ms, "front.deadline", form_show_time, 0},
	        {&config->front.silence_ms, (uint64_t)config->front.silence_ms,
	                (uint64_t)config->front.deadline_ms, "front.deadline", form_show_time, 0},
	        {&config->front.next_hop_timeout_ms, (uint64_t)config->front.next_hop_timeout_ms,
	                (uint64_t)config->front.deadline_ms, "front.deadline", form_show_time, 1},
	        {&config->broker.heartbeat_ms, (uint64_t)config->broker.heartbeat_ms,
	                (uint64_t)config->broker.silence_ms, "broker.silence", form_show_time, 0},
	        {&config->virus.max_scan_time_ms, (uint64_t)config->virus.max_scan_time_ms,
	                (uint64_t)config->workers.timeout_ms, "workers.timeout", form_show_time, 0},
	};
	enum result result = RESULT_OK;
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(*orders) && !result; i++)
		result = check_order(config, &orders[i], err);
	return result;
}

static enum result check_sizes(const struct config *config, struct err *err)
{
	const struct config_quarantine *store = &config->quarantine;
	const uint64_t *largest = &config->size.max_size;
	const struct order orders[] = {
	        {largest, *largest, config->front.max_bytes, "front.max_bytes", form_show_size, 1},
	        {largest, *largest, config->broker.max_bytes, "broker.max_bytes", form_show_size,
	                1},
	        /* or a large message with a virus could never leave the MTA's queue (P2) */
	        {largest, *largest, store->max_item_size, "quarantine.max_item_size",
	                form_show_size, 1},
	        {&store->reserve, store->reserve, store->map_size, "quarantine.map_size",
	                form_show_size, 0},
	        {&store->max_item_size, store->max_item_size,
	                store->map_size > store->reserve ? store->map_size - store->reserve : 0,
	                "quarantine.map_size less reserve", form_show_size, 0},
	};
	enum result result = RESULT_OK;
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(*orders) && !result; i++)
		result = check_order(config, &orders[i], err);
	return result;
}

/* `keys` is what the other side's identity is checked by: without it CURVE keeps nobody out. */
static enum result check_endpoint(const struct config *config, const void *at, const char *endpoint,
        const char *keys, const char *keys_name, struct err *err)
{
	if (strncmp(endpoint, "tcp://", 6) != 0 || config->curve.allow_plain_tcp)
		return RESULT_OK;
	if (config->curve.secret_key[0] && keys[0])
		return RESULT_OK;
	return refuse(config, err, at,
	        "found %s without keys, expected curve.secret_key and curve.%s to be set (or "
	        "curve.allow_plain_tcp: true)",
	        log_quote(endpoint), keys_name);
}

static enum result check_list(const struct config *config, const struct config_list *list,
        const char *keys, const char *keys_name, struct err *err)
{
	enum result result = RESULT_OK;
	size_t i;

	if (!list->count)
		return refuse(config, err, list, "found an empty list, expected an endpoint");
	for (i = 0; i < list->count && !result; i++)
		result = check_endpoint(config, list, list->items[i], keys, keys_name, err);
	return result;
}

static enum result check_bound(const struct config *config, struct err *err)
{
	const struct config_list *bound[] = {
	        &config->broker.fronts, &config->broker.workers, &config->quarantine.listen};
	enum result result = RESULT_OK;
	size_t i;

	for (i = 0; i < sizeof(bound) / sizeof(*bound) && !result; i++)
		result = check_list(
		        config, bound[i], config->curve.allowed_keys, "allowed_keys", err);
	return result;
}

static enum result check_not_any(
        const struct config *config, const void *at, const char *endpoint, struct err *err)
{
	if (strncmp(endpoint, "tcp://*", 7) != 0)
		return RESULT_OK;
	return refuse(
	        config, err, at, "found %s, expected a host to connect to", log_quote(endpoint));
}

static enum result check_connected(const struct config *config, struct err *err)
{
	const struct config_list *lists[] = {&config->front.brokers, &config->workers.brokers};
	char *const *const singles[] = {&config->front.quarantine, &config->workers.quarantine,
	        &config->notifier.quarantine};
	const char *keys = config->curve.server_keys;
	enum result result = RESULT_OK;
	size_t i, k;

	for (i = 0; i < sizeof(lists) / sizeof(*lists) && !result; i++) {
		result = check_list(config, lists[i], keys, "server_keys", err);
		for (k = 0; k < lists[i]->count && !result; k++)
			result = check_not_any(config, lists[i], lists[i]->items[k], err);
	}
	for (i = 0; i < sizeof(singles) / sizeof(*singles) && !result; i++) {
		result = check_endpoint(config, singles[i], *singles[i], keys, "server_keys", err);
		if (!result)
			result = check_not_any(config, singles[i], *singles[i], err);
	}
	return result;
}

/* A rule without a condition would match everything: that is hardly ever meant, and never safe. */
static enum result check_access(const struct config *config, struct err *err)
{
	const struct config_access_rule *rule;
	size_t i;

	for (i = 0; i < config->access.count; i++) {
		rule = &config->access.rules[i];
		if (!rule->senders.count && !rule->senders_file[0] && !rule->from.count &&
		        !rule->networks.count && !rule->networks_file[0] && !rule->hosts.count &&
		        !rule->recipients.count && !rule->recipients_file[0] && !rule->outsiders)
			return refuse(config, err, &rule->name,
			        "found a rule without a condition, expected senders, from, "
			        "networks, hosts, recipients or outsiders");
	}
	return RESULT_OK;
}

static enum result check_patterns(const struct config *config, struct err *err)
{
	const struct config_subject_rule *subject;
	size_t i;

	for (i = 0; i < config->subject.count; i++) {
		subject = &config->subject.rules[i];
		if (!subject->patterns.count && !subject->patterns_file[0])
			return refuse(config, err, &subject->name,
			        "found a rule without a condition, expected patterns or "
			        "patterns_file");
	}
	return RESULT_OK;
}

static enum result check_attachment_rule(
        const struct config *config, const struct config_attachment_rule *rule, struct err *err)
{
	size_t i;

	if (!rule->names.count && !rule->types.count && !rule->true_types.count &&
	        !rule->traits.count && !rule->larger_than && !rule->smaller_than)
		return refuse(config, err, &rule->name,
		        "found a rule without a condition, expected names, types, true_types, "
		        "traits, larger_than or smaller_than");
	if (rule->smaller_than && rule->larger_than >= rule->smaller_than)
		return refuse(config, err, &rule->smaller_than,
		        "found a size that no content has, expected more than larger_than");
	for (i = 0; rule->match == MATCH_GLOB && i < rule->names.count; i++)
		if (!form_matches(FORM_GLOB, rule->names.items[i]))
			return refuse(config, err, &rule->names, "found %s, expected %s",
			        log_quote(rule->names.items[i]), form_expects(FORM_GLOB));
	return RESULT_OK;
}

static enum result check_attachments(const struct config *config, struct err *err)
{
	enum result result = RESULT_OK;
	size_t i;

	for (i = 0; i < config->attachments.count && !result; i++)
		result = check_attachment_rule(config, &config->attachments.rules[i], err);
	for (i = 0; i < config->attachments.exception_count && !result; i++)
		result = check_attachment_rule(config, &config->attachments.exceptions[i], err);
	return result;
}

static enum result check_redirect(const struct config *config, const void *at, enum action action,
        const char *mailbox, struct err *err)
{
	if (action != ACTION_REDIRECT || mailbox[0])
		return RESULT_OK;
	return refuse(config, err, at, "found redirect, expected policy.redirect_to to be set");
}

static enum result check_policy(
        const struct config *config, const struct config_policy *policy, struct err *err)
{
	const enum action *all[] = {&policy->virus, &policy->unscanned.limit,
	        &policy->unscanned.error, &policy->unscanned.timeout, &policy->unscanned.encrypted,
	        &policy->unscanned.format, &policy->unscanned.malformed,
	        &policy->unscanned.ambiguous, &policy->unscanned.crash, &policy->unscanned.memory,
	        &policy->unscanned.database};
	enum result result = RESULT_OK;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all) && !result; i++)
		result = check_redirect(config, all[i], *all[i], policy->redirect_to, err);
	if (!result && policy->spam_redirect > 0)
		result = check_redirect(
		        config, &policy->spam_redirect, ACTION_REDIRECT, policy->redirect_to, err);
	return result;
}

static enum result check_redirects(const struct config *config, struct err *err)
{
	const char *mailbox = config->policy.redirect_to;
	enum result result =
	        check_redirect(config, &config->size.action, config->size.action, mailbox, err);
	const enum action *action;
	size_t i;

	for (i = 0; i < config->access.count && !result; i++) {
		action = &config->access.rules[i].action;
		result = check_redirect(config, action, *action, mailbox, err);
	}
	for (i = 0; i < config->subject.count && !result; i++) {
		action = &config->subject.rules[i].action;
		result = check_redirect(config, action, *action, mailbox, err);
	}
	for (i = 0; i < config->attachments.count && !result; i++) {
		action = &config->attachments.rules[i].action;
		result = check_redirect(config, action, *action, mailbox, err);
	}
	for (i = 0; i < config->attachments.exception_count && !result; i++) {
		action = &config->attachments.exceptions[i].action;
		result = check_redirect(config, action, *action, mailbox, err);
	}
	return result;
}

static enum result check_policies(const struct config *config, struct err *err)
{
	enum result result = check_policy(config, &config->policy, err);
	size_t i;

	for (i = 0; i < config->policies.count && !result; i++) {
		result = check_policy(config, &config->policies.rules[i], err);
		if (!result && !config->policies.rules[i].recipients.count)
			result = refuse(config, err, &config->policies.rules[i].recipients,
			        "found an empty list, expected a recipient");
	}
	return result;
}

static enum result check_languages(const struct config *config, struct err *err)
{
	const struct config_languages *languages = &config->notifier.languages;
	size_t i;

	for (i = 0; i < languages->count; i++)
		if (!languages->rules[i].domains.count)
			return refuse(config, err, &languages->rules[i].domains,
			        "found an empty list, expected a domain");
	return RESULT_OK;
}

static int names(const struct config_list *list, const char *word)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], word))
			return 1;
	return 0;
}

static enum result check_operator(
        const struct config *config, const struct config_operator *rule, struct err *err)
{
	int all = names(&rule->actions, "all") || names(&rule->actions, "audit");

	if (!*rule->user == !*rule->key)
		return refuse(
		        config, err, &rule->name, "found an operator, expected either user or key");
	if (!strcmp(rule->user, "root") || (*rule->user && !strcmp(rule->user, config->site.user)))
		return refuse(config, err, &rule->user,
		        "found an account that the programs run as, expected another one");
	if (all && rule->domains.count)
		return refuse(config, err, &rule->actions,
		        "found audit or all beside domains, expected no domains, as the audit is "
		        "of all of them");
	if (*rule->key && config->curve.allow_plain_tcp)
		return refuse(config, err, &rule->key,
		        "found a key, expected no curve.allow_plain_tcp, which asks nobody for "
		        "one");
	return RESULT_OK;
}

static enum result check_operators(const struct config *config, struct err *err)
{
	const struct config_operators *operators = &config->quarantine.operators;
	const struct config_operator *rule, *other;
	enum result result = RESULT_OK;
	size_t i, k;

	for (i = 0; i < operators->count && !result; i++) {
		rule = &operators->rules[i];
		result = check_operator(config, rule, err);
		for (k = 0; k < i && !result; k++) {
			other = &operators->rules[k];
			if (!strcmp(*rule->user ? rule->user : rule->key,
			            *rule->user ? other->user : other->key))
				result = refuse(config, err, &rule->name,
				        "found an operator again, expected one rule for each");
		}
	}
	return result;
}

static enum result check_quotas(const struct config *config, struct err *err)
{
	const struct config_quotas *quotas = &config->quarantine.quotas;
	size_t i;

	for (i = 0; i < quotas->count; i++)
		if (!quotas->rules[i].size && !quotas->rules[i].each_recipient)
			return refuse(config, err, &quotas->rules[i].size,
			        "found no limit, expected size or each_recipient");
	return RESULT_OK;
}

/* The local part has to hold a token behind it (RFC 5321 section 4.5.3.1.1). */
static enum result check_notices(const struct config *config, struct err *err)
{
	const struct config_notifier *notifier = &config->notifier;
	const char *at = strrchr(notifier->request_address, '@');
	size_t i;

	if (at && at - notifier->request_address > REQUEST_LOCAL_MOST)
		return refuse(config, err, &notifier->request_address,
		        "found %s, expected at most %d characters before the @",
		        log_quote(notifier->request_address), REQUEST_LOCAL_MOST);
	for (i = 0; i < notifier->digest.count; i++)
		if (!notifier->digest.rules[i].recipients.count)
			return refuse(config, err, &notifier->digest.rules[i].recipients,
			        "found an empty list, expected a recipient");
	return RESULT_OK;
}

static enum result check_reports(const struct config *config, struct err *err)
{
	const struct config_reports *reports = &config->spam.model.reports;
	size_t i;

	for (i = 0; i < reports->count; i++) {
		if (!reports->rules[i].spam_to.count && !reports->rules[i].ham_to.count)
			return refuse(config, err, &reports->rules[i].spam_to,
			        "found no address, expected spam_to or ham_to");
		if (!reports->rules[i].users.count && !reports->rules[i].networks.count)
			return refuse(config, err, &reports->rules[i].users,
			        "found nobody who may, expected users or networks");
	}
	return RESULT_OK;
}

enum result check_config(const struct config *config, struct err *err)
{
	static enum result (*const checks[])(const struct config *, struct err *) = {check_times,
	        check_sizes, check_bound, check_connected, check_access, check_patterns,
	        check_attachments, check_redirects, check_policies, check_languages,
	        check_operators, check_quotas, check_notices, check_reports};
	enum result result = RESULT_OK;
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(*checks) && !result; i++)
		result = checks[i](config, err);
	return result;
}
