#include "lib/config/reports.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/config/address.h"

static int is_user(const struct config_list *users, const char *login)
{
	size_t at;

	for (at = 0; *login && at < users->count; at++)
		if (text_glob(users->items[at], login, strlen(login)))
			return 1;
	return 0;
}

static enum reports_kind kind_of(const struct config_report *rule, const char *recipient)
{
	if (address_in_list(&rule->spam_to, recipient))
		return REPORTS_SPAM;
	return address_in_list(&rule->ham_to, recipient) ? REPORTS_HAM : REPORTS_NONE;
}

static int is_on(const struct config *config)
{
	return config->spam.enabled && config->spam.model.enabled;
}

enum reports_kind reports_find(const struct config *config, const char *recipient,
        const struct reports_sender *sender, const struct config_report **rule)
{
	const struct config_reports *reports = &config->spam.model.reports;
	enum reports_kind kind;
	size_t at;

	*rule = NULL;
	for (at = 0; is_on(config) && at < reports->count; at++) {
		kind = kind_of(&reports->rules[at], recipient);
		if (kind == REPORTS_NONE ||
		        (!is_user(&reports->rules[at].users, sender->login) &&
		                !address_in_networks(&reports->rules[at].networks, sender->client)))
			continue;
		if (reports->rules[at].allow == TEACH_NEVER)
			break;
		*rule = &reports->rules[at];
		return kind;
	}
	return REPORTS_NONE;
}

int reports_names(const struct config *config, const char *recipient)
{
	const struct config_reports *reports = &config->spam.model.reports;
	size_t at;

	for (at = 0; is_on(config) && at < reports->count; at++)
		if (kind_of(&reports->rules[at], recipient) != REPORTS_NONE)
			return 1;
	return 0;
}
