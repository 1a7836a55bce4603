#include "lib/spam/about.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/rule.h"

static const char *const kinds[RULE_KINDS] = {
        [RULE_UNDEFINED] = "undefined",
        [RULE_NOT_RUN] = "not run",
        [RULE_HEADER] = "header",
        [RULE_MIMEHEADER] = "mimeheader",
        [RULE_BODY] = "body",
        [RULE_RAWBODY] = "rawbody",
        [RULE_URI] = "uri",
        [RULE_URI_DETAIL] = "uri_detail",
        [RULE_FULL] = "full",
        [RULE_EVAL] = "eval",
        [RULE_META] = "meta",
};

static const char *const whys[RULE_WHYS] = {
        [WHY_RUN] = "",
        [WHY_NOT_UNDERSTOOD] = "it is not understood",
        [WHY_NETWORK] = "it asks the network",
        [WHY_MODEL] = "it asks the model, and spam.model.bayes is off",
        [WHY_LEARNING] = "it is for score sets 2 and 3",
        [WHY_POINTS] = "it has 0 points",
        [WHY_NEEDS] = "it names a meta of 0 points",
        [WHY_CIRCLE] = "it names itself",
};

static void tell(const struct rule *rule, struct about *out)
{
	*out = (struct about){
	        .name = rule->name,
	        .kind = kinds[rule->was],
	        .why = whys[rule->why],
	        .file = rule->file,
	        .line = rule->line,
	        .text = rule->text,
	        .describe = rule->describe,
	        .score = rule_is_hidden(rule) ? 0 : rule->score,
	        .scores = rule->has_score ? rule->given : NULL,
	        .priority = rule->priority,
	        .function = rule->function ? rule->function->name : "",
	        .nice = rule->nice,
	        .net = rule->net,
	        .learn = rule->learn,
	        .multiple = rule->multiple,
	        .no_subject = rule->no_subject,
	        .captures = rule->captures,
	        .max_hits = rule->max_hits,
	        .pattern = rule->pattern ? rule->pattern : "",
	};
}

int about_named(const struct rules *rules, const char *name, struct about *out)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->all[i]->kind == RULE_UNDEFINED || strcmp(rules->all[i]->name, name) != 0)
			continue;
		tell(rules->all[i], out);
		return 1;
	}
	return 0;
}

int about_rule(const struct rules *rules, size_t nth, struct about *out)
{
	if (nth >= rules->named_count)
		return 0;
	tell(rules->named[nth], out);
	return 1;
}

const char *about_kind(const struct rules *rules, size_t nth, size_t *count)
{
	if (nth >= RULE_KINDS - RULE_HEADER)
		return NULL;
	*count = rules->of[RULE_HEADER + nth].count;
	return kinds[RULE_HEADER + nth];
}

const char *about_why(const struct rules *rules, size_t nth, size_t *count)
{
	if (nth >= RULE_WHYS - WHY_NOT_UNDERSTOOD)
		return NULL;
	*count = 0;
	for (size_t i = 0; i < rules->count; i++)
		*count += rules->all[i]->kind == RULE_NOT_RUN &&
		          rules->all[i]->why == WHY_NOT_UNDERSTOOD + nth;
	return whys[WHY_NOT_UNDERSTOOD + nth];
}
