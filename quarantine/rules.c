#include "quarantine/rules.h"

#include <stdio.h>
#include <string.h>

#include "lib/crypto/digest.h"
#include "quarantine/domain.h"

/* ---- retention ---- */

static int has_reason(const struct config_list *reasons, const char *reason)
{
	size_t at;

	for (at = 0; at < reasons->count; at++)
		if (!strcmp(reasons->items[at], reason))
			return 1;
	return !reasons->count;
}

static int has_domain(const struct config_list *domains, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < item->n_recipients; at++)
		if (domain_is_in(domains, domain_of(item->recipients[at]->address)))
			return 1;
	return !domains->count;
}

int64_t rules_keep_ms(const struct rules *rules, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < rules->retention.count; at++) {
		const struct config_retention *rule = &rules->retention.rules[at];

		if (has_reason(&rule->reasons, item->reason) && has_domain(&rule->domains, item))
			return rule->keep_ms;
	}
	return rules->keep_ms;
}

/* ---- classes ---- */

/* What is most easily done without comes first. What is not named here goes with the last. */
static const struct class
{
	const char *reason;
	uint32_t rank;
} classes[] = {
        {"spam", 1},
        {"report", 1},
        {"subject", 2},
        {"access", 2},
        {"size", 2},
        {"heuristic", 3},
        {"attachment", 3},
        {"pua", 3},
        {"unscanned", 4},
        {"undeliverable", 4},
        {"virus", 5},
};

enum { CLASS_LAST = 5 };

uint32_t rules_class(const char *reason)
{
	size_t at;

	for (at = 0; at < sizeof(classes) / sizeof(classes[0]); at++)
		if (!strcmp(classes[at].reason, reason))
			return classes[at].rank;
	return CLASS_LAST;
}

/* ---- quotas ---- */

uint64_t rules_quota_of_domain(const struct rules *rules, const char *domain)
{
	size_t at;

	for (at = 0; at < rules->quotas.count; at++)
		if (rules->quotas.rules[at].size &&
		        domain_is_in(&rules->quotas.rules[at].domains, domain))
			return rules->quotas.rules[at].size;
	return 0;
}

uint64_t rules_quota_of_recipient(const struct rules *rules, const char *address)
{
	const char *domain = domain_of(address);
	size_t at;

	for (at = 0; at < rules->quotas.count; at++)
		if (rules->quotas.rules[at].each_recipient &&
		        domain_is_in(&rules->quotas.rules[at].domains, domain))
			return rules->quotas.rules[at].each_recipient;
	return 0;
}

/* ---- has it changed? ---- */

static void add_number(struct digest_state *state, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	digest_add_string(state, text);
}

static void add_list(struct digest_state *state, const struct config_list *list)
{
	size_t at;

	add_number(state, list->count);
	for (at = 0; at < list->count; at++)
		digest_add_string(state, list->items[at]);
}

uint64_t rules_fingerprint(const struct rules *rules)
{
	struct digest_state state;
	struct digest digest;
	uint64_t number = 0;
	size_t at;

	digest_init(&state);
	add_number(&state, (uint64_t)rules->keep_ms);
	add_number(&state, rules->retention.count);
	for (at = 0; at < rules->retention.count; at++) {
		add_list(&state, &rules->retention.rules[at].reasons);
		add_list(&state, &rules->retention.rules[at].domains);
		add_number(&state, (uint64_t)rules->retention.rules[at].keep_ms);
	}
	add_number(&state, rules->quotas.count != 0);
	for (at = 0; at < sizeof(classes) / sizeof(classes[0]); at++) {
		digest_add_string(&state, classes[at].reason);
		add_number(&state, classes[at].rank);
	}
	digest_final(&state, &digest);
	for (at = 0; at < sizeof(number); at++)
		number = number << 8 | digest.bytes[at];
	return number ? number : 1;
}
