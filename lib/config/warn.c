/* config_warn(): what is allowed, and probably not meant. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/config/form.h"
#include "lib/config/place.h"

enum { KEEP_LEAST_DAYS = 7 };

struct warner {
	const struct config *config;
	void (*say)(void *context, const char *sentence);
	void *context;
};

static void warn(const struct warner *warner, const void *at, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void warn(const struct warner *warner, const void *at, const char *format, ...)
{
	char *place = places_show(warner->config, at), *sentence, text[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	sentence = alloc_format("%s: %s", place, text);
	warner->say(warner->context, sentence);
	free(sentence);
	free(place);
}

static void warn_reject(const struct warner *warner, const enum action *action)
{
	if (*action == ACTION_REJECT)
		warn(warner, action,
		        "behind a queue the MTA turns this refusal into a bounce to a sender who "
		        "may be forged; use action: discard (a copy is kept)");
}

static void warn_rules(const struct warner *warner)
{
	const struct config *config = warner->config;
	size_t i;

	for (i = 0; i < config->subject.count; i++)
		warn_reject(warner, &config->subject.rules[i].action);
	for (i = 0; i < config->attachments.count; i++)
		warn_reject(warner, &config->attachments.rules[i].action);
	for (i = 0; i < config->attachments.exception_count; i++)
		warn_reject(warner, &config->attachments.exceptions[i].action);
}

static void warn_unscanned(const struct warner *warner, const struct config_unscanned *unscanned)
{
	const enum action *all[] = {&unscanned->limit, &unscanned->error, &unscanned->timeout,
	        &unscanned->encrypted, &unscanned->format, &unscanned->malformed,
	        &unscanned->ambiguous, &unscanned->crash, &unscanned->memory, &unscanned->database};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (*all[i] == ACTION_NONE && all[i] != &unscanned->encrypted &&
		        all[i] != &unscanned->malformed)
			warn(warner, all[i],
			        "mail that could not be scanned is delivered as if it were clean");
}

static void warn_points(const struct warner *warner, const struct config_policy *policy)
{
	if (policy->spam_reject > 0)
		warn(warner, &policy->spam_reject,
		        "behind a queue the MTA bounces refused spam to a sender who is mostly "
		        "forged; use spam_quarantine");
	if (policy->spam_quarantine > 0 && policy->spam_quarantine < policy->spam_tag)
		warn(warner, &policy->spam_quarantine,
		        "spam is held before it would be tagged: spam_tag (%g) is never reached",
		        policy->spam_tag);
}

static void warn_policy(const struct warner *warner, const struct config_policy *policy)
{
	if (policy->virus == ACTION_REJECT)
		warn(warner, &policy->virus,
		        "behind a queue the MTA bounces the virus to a sender who is mostly "
		        "forged; use cut, quarantine or discard");
	warn_unscanned(warner, &policy->unscanned);
	warn_points(warner, policy);
}

static void warn_site(const struct warner *warner)
{
	const struct config_site *site = &warner->config->site;

	if (geteuid() == 0 && !site->user[0])
		warn(warner, &site->user, "is empty: programs started as root stay root");
	if (geteuid() == 0 && !site->scan_user[0])
		warn(warner, &site->scan_user,
		        "is empty: scanners started as root meet hostile mail as root");
	if (site->scan_user[0] && !strcmp(site->scan_user, site->user))
		warn(warner, &site->scan_user,
		        "is the account of the other programs: a scanner that is taken over could "
		        "reach the quarantine");
	if (!site->domains.count)
		warn(warner, &site->domains, "is empty: no sender counts as internal by domain");
}

static void warn_keys(const struct warner *warner)
{
	const struct config_curve *curve = &warner->config->curve;
	struct stat st;

	if (curve->allow_plain_tcp)
		warn(warner, &curve->allow_plain_tcp,
		        "whoever reaches a tcp:// port reads mail and decides what is clean");
	if (curve->secret_key[0] && stat(curve->secret_key, &st) == 0 && (st.st_mode & 077))
		warn(warner, &curve->secret_key,
		        "%s may be read by others than its owner (mode %03o); chmod 600",
		        log_quote(curve->secret_key), st.st_mode & 0777);
}

static void warn_requests(const struct warner *warner)
{
	const struct config_notifier *notifier = &warner->config->notifier;

	if (notifier->request_address[0] && !notifier->requests.count)
		warn(warner, &notifier->request_address,
		        "without notifier.requests nobody may ask for anything");
	if (!notifier->request_address[0] && notifier->requests.count)
		warn(warner, &notifier->requests,
		        "without notifier.request_address nobody can ask for anything");
	if (notifier->digest.count && !notifier->to_recipient)
		warn(warner, &notifier->digest,
		        "with notifier.to_recipient: false there is nothing to tell");
}

static void warn_reports(const struct warner *warner)
{
	const struct config_spam *spam = &warner->config->spam;

	if (spam->model.reports.count && (!spam->enabled || !spam->model.enabled))
		warn(warner, &spam->model.reports,
		        "without spam.enabled and spam.model.enabled reports are mail like any "
		        "other");
}

static void warn_times(const struct warner *warner)
{
	const struct config *config = warner->config;
	uint64_t tries = config->broker.attempts * (uint64_t)config->workers.timeout_ms;
	char shown[32];

	form_show_time(tries, shown);
	if (tries >= (uint64_t)config->front.deadline_ms)
		warn(warner, &config->workers.timeout_ms,
		        "%" PRIu64 " attempts take up to %s, longer than front.deadline: slow mail "
		        "stays in the MTA's queue instead of being decided",
		        config->broker.attempts, shown);
	form_show_time((uint64_t)config->quarantine.keep_ms, shown);
	if (config->quarantine.keep_ms &&
	        config->quarantine.keep_ms < KEEP_LEAST_DAYS * INT64_C(86400000))
		warn(warner, &config->quarantine.keep_ms,
		        "%s is short: people who are away for a week find their mail deleted",
		        shown);
	if (!config->quarantine.keep_ms)
		warn(warner, &config->quarantine.keep_ms,
		        "nothing is ever deleted: when the quarantine is full, mail is deferred");
}

/* Its MTA would try until it gives up: nothing that may go makes enough room. */
static void warn_quotas(const struct warner *warner)
{
	const struct config_quotas *quotas = &warner->config->quarantine.quotas;
	char shown[32];
	size_t i;

	for (i = 0; i < quotas->count; i++) {
		const struct config_quota *quota = &quotas->rules[i];
		const uint64_t *least = quota->size && (!quota->each_recipient ||
		                                               quota->size < quota->each_recipient)
		                                ? &quota->size
		                                : &quota->each_recipient;

		form_show_size(*least, shown);
		if (*least < warner->config->size.max_size)
			warn(warner, least,
			        "a message may be larger than %s (size.max_size): what is to be "
			        "kept of such a one is deferred until the MTA gives it up",
			        shown);
	}
}

static void warn_ages(const struct warner *warner)
{
	const struct config_virus *virus = &warner->config->virus;

	if (!virus->enabled)
		return;
	if (!virus->max_age_ms)
		warn(warner, &virus->max_age_ms,
		        "mail that signatures of any age find nothing in is called clean");
	else if (!virus->alarm_age_ms || virus->alarm_age_ms > virus->max_age_ms)
		warn(warner, &virus->alarm_age_ms,
		        "nobody is warned of old signatures before virus.max_age makes all mail "
		        "unscanned (database)");
}

static void warn_limits(const struct warner *warner)
{
	const struct config *config = warner->config;

	if (!config->virus.enabled)
		warn(warner, &config->virus.enabled, "mail is not scanned for viruses");
	else if (config->virus.max_file_size < config->size.max_size)
		warn(warner, &config->virus.max_file_size,
		        "is less than size.max_size: large mail counts as unscanned (limit)");
	if (config->workers.sandbox == SANDBOX_BEST_EFFORT)
		warn(warner, &config->workers.sandbox,
		        "scanners start even where nothing keeps one that is taken over from what "
		        "its account may do");
	if (config->workers.memory < config->attachments.max_expanded + 2 * config->size.max_size)
		warn(warner, &config->workers.memory,
		        "is less than attachments.max_expanded and two messages of size.max_size: "
		        "large mail may kill its scanner");
}

static void warn_missing(const struct warner *warner, char *const *path)
{
	if ((*path)[0] && access(*path, F_OK) != 0)
		warn(warner, path, "%s is not there", log_quote(*path));
}

static void warn_files(const struct warner *warner)
{
	const struct config *config = warner->config;
	size_t i;

	for (i = 0; i < config->access.count; i++) {
		warn_missing(warner, &config->access.rules[i].senders_file);
		warn_missing(warner, &config->access.rules[i].networks_file);
		warn_missing(warner, &config->access.rules[i].recipients_file);
	}
	for (i = 0; i < config->subject.count; i++)
		warn_missing(warner, &config->subject.rules[i].patterns_file);
	for (i = 0; config->spam.enabled && i < config->spam.rules.count; i++)
		if (access(config->spam.rules.items[i], F_OK) != 0)
			warn(warner, &config->spam.rules, "%s is not there",
			        log_quote(config->spam.rules.items[i]));
	if (config->virus.enabled)
		warn_missing(warner, &config->virus.database);
	warn_missing(warner, &config->curve.secret_key);
	warn_missing(warner, &config->curve.allowed_keys);
	warn_missing(warner, &config->curve.server_keys);
	warn_missing(warner, &config->notifier.templates);
}

void config_warn(const struct config *config, void (*say)(void *context, const char *sentence),
        void *context)
{
	const struct warner warner = {config, say, context};
	size_t i;

	warn_site(&warner);
	warn_keys(&warner);
	warn_times(&warner);
	warn_requests(&warner);
	warn_reports(&warner);
	warn_ages(&warner);
	warn_quotas(&warner);
	warn_limits(&warner);
	warn_rules(&warner);
	warn_policy(&warner, &config->policy);
	for (i = 0; i < config->policies.count; i++)
		warn_policy(&warner, &config->policies.rules[i]);
	warn_files(&warner);
}
