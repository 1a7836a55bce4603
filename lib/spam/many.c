#include "lib/spam/many.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/spam/rule.h"

/* Rules whose pattern is made for each message stay outside, and so do those that capture, which
 * have their turn before the others, and patterns with comments in them. */
static int is_fit(const struct rule *rule)
{
	return rule->match && !rule->is_template && !rule->captures &&
	       !(rule->flags & MATCH_EXTENDED);
}

/* One for each body rule, in the order of the list; to be freed. */
static struct hyper_pattern *patterns_of(const struct rules *rules, size_t *count)
{
	const struct rule_list *list = &rules->of[RULE_BODY];
	struct hyper_pattern *patterns = alloc_zero(list->count + 1, sizeof(*patterns));

	for (size_t i = 0; i < list->count; i++) {
		const struct rule *rule = list->items[i];

		patterns[i].text = is_fit(rule) ? rule->pattern : NULL;
		patterns[i].flags = (rule->flags & MATCH_CASELESS ? HYPER_CASELESS : 0) |
		                    (rule->flags & MATCH_MULTILINE ? HYPER_MULTILINE : 0) |
		                    (rule->flags & MATCH_DOTALL ? HYPER_DOTALL : 0);
	}
	*count = list->count;
	return patterns;
}

enum result many_compile(const struct rules *rules, many_progress *progress, void *context,
        struct buf *out, struct err *err)
{
	size_t count;
	struct hyper_pattern *patterns = patterns_of(rules, &count);
	enum result result = hyper_compile(patterns, count, progress, context, out, err);

	free(patterns);
	return result;
}

enum result many_use(struct rules *rules, const void *bytes, size_t size, struct err *err)
{
	size_t count;
	struct hyper_pattern *patterns = patterns_of(rules, &count);
	struct hyper *many = NULL;
	enum result result = hyper_open(bytes, size, patterns, count, &many, err);

	free(patterns);
	if (result)
		return result;
	hyper_free(&rules->many);
	rules->many = many;
	return RESULT_OK;
}

size_t many_count(const struct rules *rules, size_t *of, size_t *bytes)
{
	*of = rules->of[RULE_BODY].count;
	*bytes = rules->many ? hyper_size(rules->many) : 0;
	return rules->many ? hyper_count(rules->many) : 0;
}
