#include "workers/qscan/policy.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/safe.h"
#include "lib/config/address.h"
#include "workers/qscan/report.h"
#include "workers/qscan/request.h"
#include "workers/qscan/words.h"

enum { REPLY_ROOM = 300 };

const struct config_policy *policy_for(const struct config *config, const char *recipient)
{
	size_t i;

	for (i = 0; i < config->policies.count; i++)
		if (address_in_list(&config->policies.rules[i].recipients, recipient))
			return &config->policies.rules[i];
	return &config->policy;
}

static enum action asked_of_unscanned(const struct config_unscanned *map, enum unscanned why)
{
	switch (why) {
	case UNSCANNED_LIMIT:
		return map->limit;
	case UNSCANNED_TIMEOUT:
		return map->timeout;
	case UNSCANNED_ENCRYPTED:
		return map->encrypted;
	case UNSCANNED_FORMAT:
		return map->format;
	case UNSCANNED_MALFORMED:
		return map->malformed;
	case UNSCANNED_AMBIGUOUS:
		return map->ambiguous;
	case UNSCANNED_CRASH:
		return map->crash;
	case UNSCANNED_DATABASE:
		return map->database;
	case UNSCANNED_MEMORY:
		return map->memory;
	case UNSCANNED_NOT:
	case UNSCANNED_ERROR:
		break;
	}
	return map->error;
}

/* A rule that allows a content took the place of what policy says of its not being scanned. */
static int is_allowed_unscanned(
        const struct scan *scan, const struct finding *finding, size_t recipient)
{
	static const enum trait traits[] = {
	        [UNSCANNED_ENCRYPTED] = TRAIT_ENCRYPTED,
	        [UNSCANNED_FORMAT] = TRAIT_BROKEN,
	        [UNSCANNED_AMBIGUOUS] = TRAIT_AMBIGUOUS,
	};
	const unsigned *allowed;

	if (finding->unscanned != UNSCANNED_ENCRYPTED && finding->unscanned != UNSCANNED_FORMAT &&
	        finding->unscanned != UNSCANNED_AMBIGUOUS)
		return 0;
	if (finding->content == SCAN_NO_CONTENT)
		return 0;
	allowed = scan->contents[finding->content].allowed;
	return allowed && (allowed[recipient] >> traits[finding->unscanned] & 1);
}

/* It adds points, and can do no more. */
static int only_weighs(const struct finding *finding)
{
	return strcmp(finding->check, "spam") == 0 || strcmp(finding->check, "model") == 0;
}

static enum action asked_of(const struct config_policy *policy, const struct finding *finding)
{
	enum action mapped = asked_of_unscanned(&policy->unscanned, finding->unscanned);

	/* A text too long to be weighed whole may be spam; it can't do any harm. One that killed
	 * who weighed it can. */
	if (only_weighs(finding) && mapped > ACTION_TAG && finding->unscanned != UNSCANNED_CRASH &&
	        finding->unscanned != UNSCANNED_MEMORY)
		mapped = ACTION_TAG;
	return mapped > finding->action ? mapped : finding->action;
}

/* What libclamav found has no rule of ours. */
static enum action asked_of_class(const struct config_policy *policy, const char *reason)
{
	if (strcmp(reason, "virus") == 0)
		return policy->virus;
	if (strcmp(reason, "pua") == 0)
		return policy->pua;
	return strcmp(reason, "heuristic") == 0 ? policy->heuristic : ACTION_NONE;
}

enum action policy_asks(const struct config_policy *policy, const struct scan *scan,
        const struct finding *finding, size_t recipient)
{
	enum action action = finding->action;

	if (finding->unscanned != UNSCANNED_NOT)
		return is_allowed_unscanned(scan, finding, recipient) ? ACTION_NONE
		                                                      : asked_of(policy, finding);
	if (action == ACTION_NONE)
		action = asked_of_class(policy, finding->reason);
	/* A reject with a 4xx reply is a defer by another name (RFC 5321 section 4.2.1). */
	if (action == ACTION_REJECT && finding->code / 100 == 4)
		action = ACTION_DEFER;
	return action;
}

/* ---------------------------------------------------------------- one recipient's outcome */

static void outcome_fini(struct outcome *outcome)
{
	free(outcome->text);
	free(outcome->rule);
	free(outcome->detail);
	free(outcome->cuts);
}

static void set_text(char **field, char *text)
{
	free(*field);
	*field = text;
}

static char *rule_of(const struct finding *finding)
{
	if (*finding->rule)
		return safe_text(finding->rule, WORDS_ROOM);
	if (finding->unscanned != UNSCANNED_NOT)
		return alloc_format("policy.unscanned.%s", unscanned_name(finding->unscanned));
	if (!strcmp(finding->reason, "virus") || !strcmp(finding->reason, "pua") ||
	        !strcmp(finding->reason, "heuristic"))
		return alloc_format("policy.%s", finding->reason);
	return alloc_string(finding->check);
}

static char *reply_of(const struct config_policy *policy, const struct finding *finding)
{
	const char *text = finding->text;
	char *words, *made, *safe;

	if (!*text && strcmp(finding->reason, "virus") == 0)
		text = policy->virus_text;
	if (*text)
		return safe_ascii(text, REPLY_ROOM);
	words = words_of(finding);
	made = alloc_format("message refused by content policy: %s", words);
	safe = safe_ascii(made, REPLY_ROOM);
	free(made);
	free(words);
	return safe;
}

static unsigned code_of(const struct config_policy *policy, const struct finding *finding)
{
	if (finding->code)
		return (unsigned)finding->code;
	return strcmp(finding->reason, "virus") == 0 ? (unsigned)policy->virus_code : 0;
}

/* `finding` decides, as far as we know now. */
static void take_over(struct outcome *outcome, const struct finding *finding, enum action action)
{
	outcome->action = action;
	outcome->reason = finding->reason;
	outcome->quiet = finding->quiet;
	outcome->code = code_of(outcome->policy, finding);
	set_text(&outcome->text, reply_of(outcome->policy, finding));
	set_text(&outcome->rule, rule_of(finding));
	set_text(&outcome->detail, words_of(finding));
}

static void add_cut(struct outcome *outcome, const struct scan *scan, int part)
{
	if (!outcome->cuts)
		outcome->cuts = alloc_zero(scan->map->part_count, 1);
	outcome->cuts[part] = 1;
}

static int has_part(const struct scan *scan, const struct finding *finding)
{
	return scan->map && finding->part >= 0 && (size_t)finding->part < scan->map->part_count;
}

static void consider(struct outcome *outcome, const struct scan *scan,
        const struct finding *finding, size_t recipient)
{
	enum action action = policy_asks(outcome->policy, scan, finding, recipient);
	int is_virus = strcmp(finding->reason, "virus") == 0;

	if (finding->unscanned != UNSCANNED_NOT)
		outcome->unscanned |= 1u << finding->unscanned;
	else if (is_virus)
		outcome->virus = 1;
	if (action == ACTION_CUT && !has_part(scan, finding))
		action = ACTION_QUARANTINE; /* there is nothing smaller to take out */
	if (action == ACTION_CUT)
		add_cut(outcome, scan, finding->part);
	if (action == ACTION_TAG)
		outcome->tagged = 1;
	if (action > outcome->action ||
	        (action == outcome->action && is_virus && action > ACTION_ALLOW &&
	                strcmp(outcome->reason, "virus") != 0))
		take_over(outcome, finding, action);
	else if (action == outcome->action && !finding->quiet)
		outcome->quiet = 0;
}

static int reaches(double score, double threshold)
{
	return threshold > 0 && score >= threshold;
}

struct level {
	enum action action;
	double threshold;
	const char *rule;
};

/* The strictest level that the score reaches. */
static struct level level_of(const struct config_policy *policy, double score)
{
	const struct level levels[] = {
	        {ACTION_REJECT, policy->spam_reject, "policy.spam_reject"},
	        {ACTION_QUARANTINE, policy->spam_quarantine, "policy.spam_quarantine"},
	        {ACTION_REDIRECT, policy->spam_redirect, "policy.spam_redirect"},
	        {ACTION_TAG, policy->spam_tag, "policy.spam_tag"},
	};
	const struct level none = {ACTION_NONE, 0, ""};
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (reaches(score, levels[i].threshold))
			return levels[i];
	return none;
}

static void consider_score(struct outcome *outcome, double score)
{
	const struct config_policy *policy = outcome->policy;
	struct level level = level_of(policy, score);

	outcome->spam = level.action != ACTION_NONE;
	outcome->tagged |= outcome->spam;
	if (level.action <= outcome->action)
		return;
	outcome->action = level.action;
	outcome->reason = "spam";
	outcome->quiet = 0;
	outcome->code = 0;
	set_text(&outcome->text,
	        safe_ascii(*policy->spam_text ? policy->spam_text : "message looks like spam",
	                REPLY_ROOM));
	set_text(&outcome->rule, alloc_string(level.rule));
	set_text(&outcome->detail,
	        alloc_format("spam score %.1f (threshold %g)", score, level.threshold));
}

/* What an access rule's `allow` switches off; never the search for viruses and attachments. */
static int is_allowed_away(const struct finding *finding)
{
	return strcmp(finding->check, "subject") == 0 || only_weighs(finding);
}

static int is_allowed(const struct scan *scan, size_t recipient)
{
	size_t i;

	for (i = 0; i < scan->finding_count; i++)
		if (scan->findings[i].action == ACTION_ALLOW &&
		        strcmp(scan->findings[i].check, "access") == 0 &&
		        finding_concerns(&scan->findings[i], recipient))
			return 1;
	return scan->allowed;
}

static int is_request(const struct scan *scan, size_t recipient)
{
	return request_is_for(scan->config, scan->submission->recipients[recipient]->address);
}

static int is_report(const struct scan *scan, size_t recipient)
{
	const struct config_report *rule;

	return report_kind(scan, recipient, &rule) != REPORTS_NONE;
}

/* ---------------------------------------------------------------- what is settled */

/* A cut settles its part; what holds or refuses the message settles all of it. */
static int settles(const struct finding *finding, enum action action, int part)
{
	return action >= ACTION_QUARANTINE ||
	       (action == ACTION_CUT && part >= 0 && finding->part == part);
}

static int is_taken_away(const struct scan *scan, const struct finding *finding, size_t recipient)
{
	return is_allowed_away(finding) &&
	       (is_report(scan, recipient) || is_allowed(scan, recipient));
}

static int is_settled_for(const struct scan *scan, int part, size_t recipient)
{
	const struct config_policy *policy =
	        policy_for(scan->config, scan->submission->recipients[recipient]->address);
	enum action action;
	size_t i;

	for (i = 0; i < scan->finding_count; i++) {
		if (!finding_concerns(&scan->findings[i], recipient))
			continue;
		action = policy_asks(policy, scan, &scan->findings[i], recipient);
		if (action >= policy->virus && settles(&scan->findings[i], action, part) &&
		        !is_taken_away(scan, &scan->findings[i], recipient))
			return 1;
	}
	return 0;
}

int policy_is_settled(const struct scan *scan, int part)
{
	size_t i;

	for (i = 0; i < scan->submission->n_recipients; i++)
		if (!is_settled_for(scan, part, i))
			return 0;
	return 1;
}

/* ---------------------------------------------------------------- outcomes */

static void outcome_init(struct outcome *outcome, const struct config_policy *policy)
{
	memset(outcome, 0, sizeof(*outcome));
	outcome->policy = policy;
	outcome->reason = "";
	outcome->text = alloc_string("");
	outcome->rule = alloc_string("");
	outcome->detail = alloc_string("");
}

/* Nobody gets it, whatever was found in it, and no bounce tells of it. */
static void take_request(struct outcome *outcome)
{
	outcome->action = ACTION_DISCARD;
	outcome->reason = "request";
	outcome->quiet = 1;
	outcome->request = 1;
	set_text(&outcome->rule, alloc_string("notifier.request_address"));
	set_text(&outcome->detail, alloc_string("asks for a release"));
}

/* The quarantine has all of it, so nothing need be cut. What is held or refused stays so, what has
 * a virus is no lesson, and without a message attached somebody has to read what was meant. */
static void take_report(struct outcome *outcome, const struct scan *scan)
{
	size_t attached = report_attached(scan);

	if (outcome->action > ACTION_CUT || outcome->virus || !attached)
		return;
	free(outcome->cuts);
	outcome->cuts = NULL;
	outcome->action = ACTION_DISCARD;
	outcome->reason = "report";
	outcome->quiet = 1;
	set_text(&outcome->rule, alloc_string("spam.model.reports"));
	set_text(&outcome->detail, alloc_format("reported as %s: %zu message%s",
	                                   outcome->report == REPORTS_HAM ? "ham" : "spam",
	                                   attached, attached == 1 ? "" : "s"));
}

static void weigh(struct outcome *outcome, const struct scan *scan, size_t recipient,
        const struct config_policy *policy)
{
	const struct config_report *rule;
	const struct finding *finding;
	size_t i;

	outcome_init(outcome, policy);
	if (is_request(scan, recipient)) {
		take_request(outcome);
		return;
	}
	outcome->report = (int)report_kind(scan, recipient, &rule);
	outcome->allowed = rule || is_allowed(scan, recipient);
	for (i = 0; i < scan->finding_count; i++) {
		finding = &scan->findings[i];
		if (finding_concerns(finding, recipient) &&
		        !(outcome->allowed && is_allowed_away(finding)))
			consider(outcome, scan, finding, recipient);
	}
	if (!outcome->allowed)
		consider_score(outcome, scan->score);
	if (rule && rule->then == THEN_DISCARD)
		take_report(outcome, scan);
}

/* ---------------------------------------------------------------- groups */

static int same_cuts(const struct outcome *a, const struct outcome *b, const struct scan *scan)
{
	if (!a->cuts || !b->cuts)
		return a->cuts == b->cuts;
	return memcmp(a->cuts, b->cuts, scan->map->part_count) == 0;
}

static int same_outcome(const struct outcome *a, const struct outcome *b, const struct scan *scan)
{
	return a->action == b->action && a->policy == b->policy && a->code == b->code &&
	       a->unscanned == b->unscanned && a->tagged == b->tagged && a->spam == b->spam &&
	       a->request == b->request && a->report == b->report && a->allowed == b->allowed &&
	       a->virus == b->virus && a->quiet == b->quiet && strcmp(a->reason, b->reason) == 0 &&
	       strcmp(a->text, b->text) == 0 && strcmp(a->rule, b->rule) == 0 &&
	       strcmp(a->detail, b->detail) == 0 && same_cuts(a, b, scan);
}

static Lz__Disposition disposition_of(const struct outcome *outcome)
{
	switch (outcome->action) {
	case ACTION_NONE:
	case ACTION_ALLOW:
	case ACTION_TAG:
	case ACTION_CUT:
		break;
	case ACTION_REDIRECT:
		return *outcome->policy->redirect_to ? LZ__DISPOSITION__REDIRECT
		                                     : LZ__DISPOSITION__QUARANTINE;
	case ACTION_QUARANTINE:
		return LZ__DISPOSITION__QUARANTINE;
	case ACTION_DISCARD:
		return LZ__DISPOSITION__DISCARD;
	case ACTION_REJECT:
		return LZ__DISPOSITION__REJECT;
	case ACTION_DEFER:
		return LZ__DISPOSITION__DEFER;
	}
	return LZ__DISPOSITION__DELIVER;
}

void policy_hold(struct group *group, const char *why)
{
	const char *before = group->outcome.detail;
	char *detail = alloc_format("%s%s%s", before, *before ? "; " : "", why);

	group->disposition = LZ__DISPOSITION__QUARANTINE;
	set_text(&group->outcome.detail, safe_text(detail, WORDS_ROOM));
	if (!*group->outcome.reason)
		group->outcome.reason = "unscanned";
	free(detail);
}

/* Takes the outcome: into the group that has the same, or a new one. */
static size_t place(struct decision *decision, struct outcome *outcome, const struct scan *scan)
{
	struct group *group;
	size_t i;

	for (i = 0; i < decision->count; i++)
		if (same_outcome(&decision->groups[i].outcome, outcome, scan) ||
		        i == POLICY_MAX_GROUPS)
			break;
	if (i < decision->count) {
		outcome_fini(outcome);
		return i;
	}
	decision->groups =
	        alloc_grow(decision->groups, decision->count + 1, sizeof(*decision->groups));
	group = &decision->groups[decision->count++];
	memset(group, 0, sizeof(*group));
	group->outcome = *outcome;
	group->disposition = disposition_of(outcome);
	if (i == POLICY_MAX_GROUPS)
		policy_hold(group, "more different outcomes than one message may have");
	return i;
}

static void join(struct group *group, size_t recipient, size_t recipients)
{
	if (!group->recipients)
		group->recipients = alloc_zero(recipients, sizeof(*group->recipients));
	group->recipients[group->count++] = (uint32_t)recipient;
}

/* Is any recipient told apart from the others by what was found? */
static int have_own_findings(const struct scan *scan)
{
	size_t i;

	for (i = 0; i < scan->finding_count; i++)
		if (scan->findings[i].only)
			return 1;
	for (i = 0; i < scan->content_count; i++)
		if (scan->contents[i].allowed)
			return 1;
	return 0;
}

/* Most recipients share policy and findings with the one before; these are weighed once. */
static void group_recipients(struct decision *decision, const struct scan *scan)
{
	const struct config_policy *policy, *last_policy = NULL;
	size_t i, at, last = 0, count = scan->submission->n_recipients;
	struct outcome outcome;
	int have_own = have_own_findings(scan), own;

	for (i = 0; i < count; i++) {
		policy = policy_for(scan->config, scan->submission->recipients[i]->address);
		at = last;
		own = have_own || is_request(scan, i) || is_report(scan, i);
		if (own || policy != last_policy) {
			weigh(&outcome, scan, i, policy);
			at = place(decision, &outcome, scan);
		}
		if (!own) {
			last = at;
			last_policy = policy;
		}
		join(&decision->groups[at], i, count);
	}
}

/* ---------------------------------------------------------------- a door with one answer */

static const struct group *first_of(const struct decision *decision, Lz__Disposition disposition)
{
	size_t i;

	for (i = 0; i < decision->count; i++)
		if (decision->groups[i].disposition == disposition)
			return &decision->groups[i];
	return NULL;
}

static int all_are(const struct decision *decision, Lz__Disposition disposition)
{
	size_t i;

	for (i = 0; i < decision->count; i++)
		if (decision->groups[i].disposition != disposition)
			return 0;
	return 1;
}

static void answer_as(struct group *group, const struct group *model)
{
	if (group == model)
		return;
	group->disposition = model->disposition;
	group->outcome.code = model->outcome.code;
	set_text(&group->outcome.text, alloc_string(model->outcome.text));
	set_text(&group->outcome.rule, alloc_string(model->outcome.rule));
}

static void settle_one_answer(struct decision *decision)
{
	const struct group *deferred = first_of(decision, LZ__DISPOSITION__DEFER);
	const struct group *rejected = first_of(decision, LZ__DISPOSITION__REJECT);
	size_t i;

	for (i = 0; i < decision->count; i++) {
		struct group *group = &decision->groups[i];

		if (deferred)
			answer_as(group, deferred);
		else if (rejected && all_are(decision, LZ__DISPOSITION__REJECT))
			answer_as(group, rejected);
		else if (group->disposition == LZ__DISPOSITION__REJECT)
			policy_hold(group, "a reject for some recipients only can't be told");
	}
}

static void settle_code(struct group *group)
{
	struct outcome *outcome = &group->outcome;

	if (group->disposition == LZ__DISPOSITION__DEFER && outcome->code / 100 != 4)
		outcome->code = 451;
	else if (group->disposition == LZ__DISPOSITION__REJECT && outcome->code / 100 != 5)
		outcome->code = 550;
}

const char *policy_enhanced(unsigned code)
{
	static const struct {
		unsigned code;
		const char *enhanced;
	} known[] = {{421, "4.3.2"}, {452, "4.3.1"}, {552, "5.3.4"}, {556, "5.1.10"}};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			return known[i].enhanced;
	return code / 100 == 4 ? "4.7.1" : "5.7.1";
}

struct decision *policy_decide(const struct scan *scan)
{
	struct decision *decision = alloc_zero(1, sizeof(*decision));
	size_t i;

	group_recipients(decision, scan);
	if (!scan->submission->reply_per_recipient)
		settle_one_answer(decision);
	for (i = 0; i < decision->count; i++)
		settle_code(&decision->groups[i]);
	return decision;
}

void policy_free(struct decision **decision)
{
	size_t i;

	if (!*decision)
		return;
	for (i = 0; i < (*decision)->count; i++) {
		outcome_fini(&(*decision)->groups[i].outcome);
		free((*decision)->groups[i].recipients);
	}
	free((*decision)->groups);
	free(*decision);
	*decision = NULL;
}
