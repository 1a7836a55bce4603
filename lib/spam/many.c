#include "lib/spam/many.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/rule.h"

/* To scan a text costs about as much as to ask so many patterns. */
enum { HEADER_RULES_LEAST = 8 };

/* ---------------------------------------------------------------- sets */

static void add_set(
        struct many_set **sets, size_t *count, enum rule_kind kind, size_t first, size_t rules)
{
	*sets = alloc_grow(*sets, *count + 1, sizeof(**sets));
	(*sets)[(*count)++] = (struct many_set){.kind = kind, .first = first, .count = rules};
}

/* Which rules look at the same text; to be freed. */
static struct many_set *find_sets(const struct rules *rules, size_t *count)
{
	const struct rule_texts *texts = &rules->header_texts;
	struct many_set *sets = NULL;

	*count = 0;
	add_set(&sets, count, RULE_BODY, 0, rules->of[RULE_BODY].count);
	add_set(&sets, count, RULE_URI, 0, rules->of[RULE_URI].count);
	add_set(&sets, count, RULE_RAWBODY, 0, rules->of[RULE_RAWBODY].count);
	for (size_t i = 0; i < texts->count; i++) {
		size_t first = texts->items[i].first, same = texts->items[i].end - first;

		if (same >= HEADER_RULES_LEAST)
			add_set(&sets, count, RULE_HEADER, first, same);
	}
	return sets;
}

/* Rules whose pattern is made for each message stay outside, and so do those that capture, which
 * have their turn before the others, those that hit where their pattern does not match, as most
 * often it does, and patterns with comments in them. */
static int is_fit(const struct rule *rule)
{
	return rule->match && !rule->is_template && !rule->captures && !rule->negated &&
	       !(rule->flags & MATCH_EXTENDED);
}

/* One for each rule of the set, in its order; to be freed. */
static struct hyper_pattern *patterns_of(const struct rules *rules, const struct many_set *set)
{
	struct hyper_pattern *patterns = alloc_zero(set->count + 1, sizeof(*patterns));

	for (size_t i = 0; i < set->count; i++) {
		const struct rule *rule = rules->of[set->kind].items[set->first + i];

		patterns[i].text = is_fit(rule) ? rule->pattern : NULL;
		patterns[i].flags = (rule->flags & MATCH_CASELESS ? HYPER_CASELESS : 0) |
		                    (rule->flags & MATCH_MULTILINE ? HYPER_MULTILINE : 0) |
		                    (rule->flags & MATCH_DOTALL ? HYPER_DOTALL : 0);
	}
	return patterns;
}

static void free_sets(struct many_set *sets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hyper_free(&sets[i].hyper);
	free(sets);
}

/* ---------------------------------------------------------------- compiling */

/* Sets are steps of their own, the largest first. */
struct steps {
	many_progress *progress;
	void *context;
	size_t done, total;
};

static void pass_on(void *context, size_t done, size_t total)
{
	struct steps *steps = context;

	steps->progress(steps->context, steps->done + (done == total), steps->total);
}

/* A set's size in eight bytes, then its bytes. */
static enum result add_compiled(const struct rules *rules, const struct many_set *set,
        struct steps *steps, struct buf *out, struct err *err)
{
	struct hyper_pattern *patterns = patterns_of(rules, set);
	struct buf bytes = {0};
	enum result result = hyper_compile(
	        patterns, set->count, steps->progress ? pass_on : NULL, steps, &bytes, err);
	uint64_t size = bytes.size;

	if (!result) {
		buf_add(out, &size, sizeof(size));
		buf_add(out, bytes.data, bytes.size);
	}
	buf_fini(&bytes);
	free(patterns);
	return result;
}

enum result many_compile(const struct rules *rules, many_progress *progress, void *context,
        struct buf *out, struct err *err)
{
	struct steps steps = {progress, context, 0, 0};
	struct many_set *sets = find_sets(rules, &steps.total);
	enum result result = RESULT_OK;

	for (; !result && steps.done < steps.total; steps.done++)
		result = add_compiled(rules, &sets[steps.done], &steps, out, err);
	free_sets(sets, steps.total);
	return result;
}

/* ---------------------------------------------------------------- opening */

/* Opens the first set in `*bytes` and moves behind it. */
static enum result open_set(const struct rules *rules, struct many_set *set, const char **bytes,
        size_t *size, struct err *err)
{
	struct hyper_pattern *patterns;
	enum result result;
	uint64_t length;

	if (*size < sizeof(length))
		return err_set(err, RESULT_PERMANENT, "too short");
	memcpy(&length, *bytes, sizeof(length));
	*bytes += sizeof(length);
	*size -= sizeof(length);
	if (length > *size)
		return err_set(err, RESULT_PERMANENT, "cut short");
	patterns = patterns_of(rules, set);
	result = hyper_open(*bytes, length, patterns, set->count, &set->hyper, err);
	free(patterns);
	*bytes += length;
	*size -= length;
	return result;
}

enum result many_use(struct rules *rules, const void *bytes, size_t size, struct err *err)
{
	size_t count;
	struct many_set *sets = find_sets(rules, &count);
	const char *at = bytes;
	enum result result = RESULT_OK;

	for (size_t i = 0; !result && i < count; i++)
		result = open_set(rules, &sets[i], &at, &size, err);
	if (!result && size)
		result = err_set(err, RESULT_NONE, "for other rules");
	if (result) {
		free_sets(sets, count);
		return result;
	}
	many_forget(rules);
	rules->many = sets;
	rules->many_count = count;
	return RESULT_OK;
}

void many_forget(struct rules *rules)
{
	free_sets(rules->many, rules->many_count);
	rules->many = NULL;
	rules->many_count = 0;
}

size_t many_count(const struct rules *rules, size_t *of, size_t *bytes)
{
	size_t sets_count, in = 0;
	struct many_set *sets = find_sets(rules, &sets_count);

	*of = *bytes = 0;
	for (size_t i = 0; i < sets_count; i++)
		*of += sets[i].count;
	for (size_t i = 0; i < rules->many_count; i++) {
		in += hyper_count(rules->many[i].hyper);
		*bytes += hyper_size(rules->many[i].hyper);
	}
	free_sets(sets, sets_count);
	return in;
}
