#include "workers/qscan/attachment_rules.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/config/address.h"
#include "lib/match/match.h"
#include "lib/mime/name.h"

struct rule {
	const struct config_attachment_rule *config;
	struct match **names; /* of regular expressions, one a pattern */
	unsigned traits;      /* bit set (1 << enum trait); 0: no condition */
};

struct attachment_rules {
	struct rule *rules;
	size_t count;
};

/* ---------------------------------------------------------------- compiling */

size_t attachment_rules_count(const struct attachment_rules *rules)
{
	return rules->count;
}

void attachment_rules_free(struct attachment_rules **rules)
{
	size_t at, name;

	if (!*rules)
		return;
	for (at = 0; at < (*rules)->count; at++) {
		struct rule *rule = &(*rules)->rules[at];

		for (name = 0; rule->names && name < rule->config->names.count; name++)
			match_free(&rule->names[name]);
		free(rule->names);
	}
	free((*rules)->rules);
	free(*rules);
	*rules = NULL;
}

unsigned attachment_rule_traits(const struct config_attachment_rule *rule)
{
	unsigned traits = 0;
	enum trait trait;
	size_t at;

	for (at = 0; at < rule->traits.count; at++)
		for (trait = 0; trait < TRAITS; trait++)
			if (!strcmp(rule->traits.items[at], trait_name(trait)))
				traits |= 1u << trait;
	return traits;
}

static enum result compile(
        struct rule *rule, const struct config_attachment_rule *config, struct err *err)
{
	const struct config_list *names = &config->names;
	size_t at;

	rule->config = config;
	rule->traits = attachment_rule_traits(config);
	if (config->match != MATCH_REGEX)
		return RESULT_OK;
	rule->names = alloc_zero(names->count, sizeof(*rule->names));
	for (at = 0; at < names->count; at++)
		if (match_new(names->items[at], MATCH_CASELESS | MATCH_UTF, &rule->names[at], err))
			return err_wrap(err, RESULT_PERMANENT, "rule %.30s: \"%.60s\"",
			        config->name, names->items[at]);
	return RESULT_OK;
}

enum result attachment_rules_new(
        const struct config_attachments *config, struct attachment_rules **out, struct err *err)
{
	struct attachment_rules *rules = alloc_zero(1, sizeof(*rules));
	enum result result = RESULT_OK;
	size_t at;

	rules->count = config->exception_count + config->count;
	rules->rules = alloc_zero(rules->count, sizeof(*rules->rules));
	for (at = 0; !result && at < rules->count; at++)
		result = compile(&rules->rules[at],
		        at < config->exception_count ? &config->exceptions[at]
		                                     : &config->rules[at - config->exception_count],
		        err);
	if (result)
		attachment_rules_free(&rules);
	else
		*out = rules;
	return result;
}

/* ---------------------------------------------------------------- names */

/* What mail clients call a part that has no name, by its type; only where that name is one to run.
 */
static const char *implied_name(const char *type)
{
	static const struct {
		const char *type, *name;
	} table[] = {
	        {"application/x-msdownload", "noname.exe"},
	        {"application/x-msdos-program", "noname.exe"},
	        {"application/x-dosexec", "noname.exe"},
	        {"application/x-exe", "noname.exe"},
	        {"application/exe", "noname.exe"},
	        {"application/vnd.microsoft.portable-executable", "noname.exe"},
	        {"application/x-msi", "noname.msi"},
	        {"application/hta", "noname.hta"},
	        {"application/x-bat", "noname.bat"},
	        {"application/bat", "noname.bat"},
	        {"application/java-archive", "noname.jar"},
	        {"application/x-java-jnlp-file", "noname.jnlp"},
	        {"application/javascript", "noname.js"},
	        {"application/x-javascript", "noname.js"},
	        {"text/javascript", "noname.js"},
	        {"text/vbscript", "noname.vbs"},
	        {"text/scriptlet", "noname.sct"},
	        {"application/x-ms-shortcut", "noname.lnk"},
	        {"application/x-mswinurl", "noname.url"},
	        {"application/x-iso9660-image", "noname.iso"},
	        {"application/vnd.android.package-archive", "noname.apk"},
	};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (!strcmp(type, table[at].type))
			return table[at].name;
	return NULL;
}

static enum result matches_pattern(const struct rule *rule, size_t at, const char *text)
{
	const char *pattern = rule->config->names.items[at];
	int found = 0;

	switch (rule->config->match) {
	case MATCH_EXACT:
		found = text_same(pattern, text);
		break;
	case MATCH_PREFIX:
		found = text_starts(text, pattern);
		break;
	case MATCH_GLOB:
		found = text_glob(pattern, text, strlen(text));
		break;
	case MATCH_REGEX:
		return match_find(rule->names[at], text, strlen(text), 0, NULL, NULL);
	}
	return found ? RESULT_OK : RESULT_NONE;
}

/* A pattern of which it isn't known whether it matches is not forgotten for the next one that
 * doesn't. */
static enum result any_of(enum result one, enum result other)
{
	return one == RESULT_NONE || other == RESULT_OK ? other : one;
}

static enum result all_of(enum result one, enum result other)
{
	return one == RESULT_OK || other == RESULT_NONE ? other : one;
}

/* RESULT_TEMPORARY where a regular expression gave up and no other pattern matches. */
static enum result matches_any(const struct rule *rule, const char *text, int is_path)
{
	enum result result = RESULT_NONE;
	size_t at;

	for (at = 0; at < rule->config->names.count && result != RESULT_OK; at++)
		if (is_path == (strchr(rule->config->names.items[at], '/') != NULL))
			result = any_of(result, matches_pattern(rule, at, text));
	return result;
}

/* A name is tried as it would be opened, and as it was written: a rule may be about just that what
 * the normalising takes off, such as an ending that is a class id. */
static enum result matches_name(
        const struct rule *rule, const struct attachment *attachment, size_t at)
{
	enum result result = matches_any(rule, attachment->normalised[at], 0);

	if (result != RESULT_OK)
		result = any_of(result, matches_any(rule, attachment->content->names[at], 0));
	return result;
}

/* Only the last part of the path, and as it would be opened. */
static enum result covers_path(const struct rule *rule, const struct attachment *attachment)
{
	const char *path = attachment->content->path, *slash = strrchr(path, '/');
	enum result result = matches_any(rule, path, 1);
	char *opened;

	if (!slash || !attachment->content->name_count)
		return result;
	opened = alloc_format("%.*s/%s", (int)(slash - path), path, attachment->normalised[0]);
	result = all_of(result, matches_any(rule, opened, 1));
	free(opened);
	return result;
}

/* As it would be opened, and with all the endings that it was written with. */
static enum result covers_name(
        const struct rule *rule, const struct attachment *attachment, size_t at)
{
	char *visible = name_visible(attachment->content->names[at]);
	const char *slash = strrchr(visible, '/');
	enum result result = matches_any(rule, attachment->normalised[at], 0);

	result = all_of(result, matches_any(rule, slash ? slash + 1 : visible, 0));
	if (!at) /* the path has this one in it */
		result = any_of(result, covers_path(rule, attachment));
	free(visible);
	return result;
}

static enum result covers_implied(const struct rule *rule, const struct content *content)
{
	enum result result = RESULT_OK;
	size_t at, implied = 0;
	const char *name;

	for (at = 0; at < content->type_count; at++) {
		name = implied_name(content->types[at]);
		if (name)
			result = all_of(result, matches_any(rule, name, 0));
		implied += name != NULL;
	}
	return implied ? result : RESULT_NONE;
}

/* A sender writes what names he likes, and one for each program that might open it: to forbid, one
 * of them is enough; to allow, all of them must be meant. */
static enum result covers_names(const struct rule *rule, const struct attachment *attachment)
{
	enum result result = RESULT_OK;
	size_t at;

	for (at = 0; at < attachment->content->name_count && result != RESULT_NONE; at++)
		result = all_of(result, covers_name(rule, attachment, at));
	return at ? result
	          : any_of(covers_path(rule, attachment),
	                    covers_implied(rule, attachment->content));
}

static enum result matches_implied(
        const struct rule *rule, const struct content *content, const char **text)
{
	enum result result = RESULT_NONE;
	size_t at;

	for (at = 0; at < content->type_count && result == RESULT_NONE; at++) {
		*text = implied_name(content->types[at]);
		if (*text)
			result = matches_any(rule, *text, 0);
	}
	return result;
}

static enum result matches_names(
        const struct rule *rule, const struct attachment *attachment, const char **text)
{
	const struct content *content = attachment->content;
	enum result result = RESULT_NONE;
	size_t at;

	for (at = 0; at < content->name_count && result != RESULT_OK; at++) {
		*text = content->names[at];
		result = any_of(result, matches_name(rule, attachment, at));
	}
	if (!content->name_count)
		result = matches_implied(rule, content, text);
	if (result != RESULT_OK) {
		*text = content->path;
		result = any_of(result, matches_any(rule, content->path, 1));
	}
	return result;
}

/* ---------------------------------------------------------------- types */

static int type_matches(const struct config_list *patterns, const char *type)
{
	size_t at;

	for (at = 0; at < patterns->count; at++)
		if (text_glob(patterns->items[at], type, strlen(type)))
			return 1;
	return 0;
}

/* To forbid, one of them is enough; to allow, all must be meant. NULL: no match. */
static const char *matching_type(
        const struct config_attachment_rule *rule, const struct content *content)
{
	const char *matching = NULL;
	size_t at;

	for (at = 0; at < content->type_count; at++) {
		if (type_matches(&rule->types, content->types[at]))
			matching = matching ? matching : content->types[at];
		else if (rule->action == ACTION_ALLOW)
			return NULL;
	}
	return matching;
}

/* ---------------------------------------------------------------- the whole rule */

/* All that narrows a rule down. */
static int is_meant(const struct rule *rule, const struct attachment *attachment)
{
	const struct config_attachment_rule *config = rule->config;
	const struct content *content = attachment->content;

	if (config->inside == INSIDE_NEVER ? content->level
	                                   : config->inside == INSIDE_ONLY && !content->level)
		return 0;
	if (config->direction != DIRECTION_ANY && config->direction != attachment->direction)
		return 0;
	if (config->senders.count &&
	        (!attachment->sender || !address_in_list(&config->senders, attachment->sender)))
		return 0;
	if ((config->larger_than || config->smaller_than) && !content->bytes)
		return 0;
	if (content->size < config->larger_than ||
	        (config->smaller_than && content->size >= config->smaller_than))
		return 0;
	return !rule->traits || (rule->traits & content->traits);
}

static const char *first_trait(const struct rule *rule, const struct content *content)
{
	enum trait trait;

	for (trait = 0; trait < TRAITS; trait++)
		if (rule->traits & content->traits & 1u << trait)
			return trait_name(trait);
	return "";
}

/* What it is, where the rule says so. */
static enum result is_named(const struct rule *rule, const struct attachment *attachment,
        struct attachment_match *match)
{
	const struct config_attachment_rule *config = rule->config;
	const struct content *content = attachment->content;
	enum result result;

	match->what = "name";
	match->text = content_name(content);
	result = config->action == ACTION_ALLOW ? covers_names(rule, attachment)
	                                        : matches_names(rule, attachment, &match->text);
	if (result == RESULT_OK)
		return result;
	match->what = "type";
	match->text = matching_type(config, content);
	if (match->text)
		return RESULT_OK;
	match->what = "true type";
	match->text = content->true_type;
	if (*content->true_type && type_matches(&config->true_types, content->true_type))
		return RESULT_OK;
	return result;
}

static int says_what(const struct config_attachment_rule *config)
{
	return config->names.count || config->types.count || config->true_types.count;
}

static enum result rule_matches(const struct rule *rule, const struct attachment *attachment,
        struct attachment_match *match)
{
	if (!is_meant(rule, attachment))
		return RESULT_NONE;
	match->rule = rule->config;
	if (says_what(rule->config))
		return is_named(rule, attachment, match);
	match->what = rule->traits ? "trait" : "size of";
	match->text = rule->traits ? first_trait(rule, attachment->content)
	                           : content_name(attachment->content);
	return RESULT_OK;
}

enum result attachment_rules_match(const struct attachment_rules *rules, size_t from,
        const struct attachment *attachment, struct attachment_match *match)
{
	enum result result = RESULT_NONE;

	for (match->next = from; match->next < rules->count && result == RESULT_NONE;)
		result = rule_matches(&rules->rules[match->next++], attachment, match);
	return result;
}

int attachment_rule_is_for(const struct config_attachment_rule *rule, const char *recipient)
{
	return !rule->recipients.count || address_in_list(&rule->recipients, recipient);
}

void attachment_init(
        struct attachment *attachment, struct content *content, enum config_direction direction)
{
	size_t at;

	attachment->content = content;
	attachment->direction = direction;
	attachment->sender = NULL;
	attachment->normalised = alloc_zero(content->name_count, sizeof(*attachment->normalised));
	for (at = 0; at < content->name_count; at++)
		attachment->normalised[at] = name_normalise(content->names[at]);
}

void attachment_fini(struct attachment *attachment)
{
	size_t at;

	for (at = 0; at < attachment->content->name_count; at++)
		free(attachment->normalised[at]);
	free(attachment->normalised);
}
