/* What was read, made ready to run: patterns compiled, scores settled, metas put in order. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/spam/guards.h"
#include "lib/spam/regex.h"
#include "lib/spam/rule.h"
#include "lib/spam/warm.h"

enum { NEEDS_DEPTH_MOST = 1000 }; /* metas on metas on metas: beyond, it counts as a circle */

void rules_give_up(struct rules *rules, struct rule *rule, const char *why)
{
	rules_skip(rules, rule->file, rule->line, "rule %s: %s", rule->name, why);
	rule_put_aside(rule, WHY_NOT_UNDERSTOOD);
}

/* ------------------------------------------------------------ patterns */

/* Any text serves to see whether the rest of a pattern can be compiled. */
static char *fill_anything(void *context, const char *name, size_t size)
{
	return alloc_string("x");
}

/* A pattern with %{NAME} in it is compiled for each message; here only whether it can be. */
static enum result compile_template(const struct rule *rule, struct err *err)
{
	char *filled = regex_fill_template(rule->pattern, fill_anything, NULL);
	struct match *match = NULL;
	enum result result;

	if (!filled)
		return err_set(err, RESULT_PERMANENT, "too large a pattern");
	result = match_new(filled, rule->flags | MATCH_NO_JIT, &match, err);
	match_free(&match);
	free(filled);
	return result;
}

static enum result compile_plain(struct rule *rule, struct err *err)
{
	rule->is_template = regex_is_template(rule->pattern);
	return rule->is_template ? compile_template(rule, err)
	                         : match_new(rule->pattern, rule->flags, &rule->match, err);
}

/*
 * Tags as text match as SpamAssassin's do. Where that makes a pattern too large for PCRE2, tags as
 * groups do not; the pattern stays as text for who doesn't know such groups.
 */
static enum result compile_replaced(const struct rules *rules, struct rule *rule, struct err *err)
{
	char *source = rule->pattern, *text = regex_replace_tags(rules, source), *groups;
	enum result result = err_set(err, RESULT_PERMANENT, "its tags make it too large");

	if (text) {
		rule->pattern = text;
		result = compile_plain(rule, err);
	}
	groups = result ? regex_define_tags(rules, source) : NULL;
	if (groups && !rule->is_template && !match_new(groups, rule->flags, &rule->match, NULL))
		result = RESULT_OK;
	free(groups);
	if (text)
		free(source);
	return result;
}

/* SpamAssassin's names for what is captured are in capitals. */
static int captures(const struct match *match)
{
	const char *name;

	for (size_t i = 0; (name = match_group_name(match, i)) != NULL; i++) {
		if (isupper((unsigned char)*name))
			return 1;
	}
	return 0;
}

static void compile_pattern(struct rules *rules, struct rule *rule)
{
	struct err err;
	enum result result =
	        rule->replace ? compile_replaced(rules, rule, &err) : compile_plain(rule, &err);

	if (result) {
		rules_give_up(rules, rule, err.text);
		return;
	}
	rule->captures = rule->match && captures(rule->match);
	rules->captures[rule->kind] |= rule->captures;
}

static void compile_details(struct rules *rules, struct rule *rule)
{
	struct err err;

	for (size_t i = 0; i < rule->detail_count; i++) {
		struct rule_detail *detail = &rule->details[i];

		if (match_new(detail->pattern, detail->flags, &detail->match, &err)) {
			rules_give_up(rules, rule, err.text);
			return;
		}
	}
}

/* ------------------------------------------------------------ points */

static double default_score(const struct rule *rule)
{
	double score = strncmp(rule->name, "T_", 2) == 0 ? 0.01 : 1;

	return rule->nice ? -score : score;
}

enum { SET_WITH_MODEL = 2 }; /* a bit of a score set's number */

/* A rule that adds no points, and is run where it would add some beside a model: SpamAssassin's own
 * such rules have 0 points in all other sets. */
static int is_name_only(const struct rules *rules, const struct rule *rule)
{
	return rules->model == RULES_MODEL_NAMES && functions_asks_model(rule->function);
}

static double score_of(const struct rules *rules, const struct rule *rule)
{
	int set = rules->score_set | (is_name_only(rules, rule) ? SET_WITH_MODEL : 0);

	return rule->has_score ? rule->given[set] : default_score(rule);
}

static enum rule_why why_not(const struct rules *rules, const struct rule *rule)
{
	if (rules->model == RULES_MODEL_OFF && functions_asks_model(rule->function))
		return WHY_MODEL;
	if (rule->score == 0)
		return WHY_POINTS;
	if (rule->kind == RULE_EVAL && rule->net)
		return WHY_NETWORK;
	if (rule->kind == RULE_EVAL && rule->learn && !(rules->score_set & SET_WITH_MODEL) &&
	        !is_name_only(rules, rule))
		return WHY_LEARNING;
	return WHY_RUN;
}

/* Most of the fields that rules ask for are not there, and what a rule finds then is always the
 * same. */
static int needs_field(const struct rule *rule)
{
	const char *text = rule->if_unset ? rule->if_unset : "";
	enum result result;

	if (!rule->pattern)
		return 1;
	if (!rule->match || rule->captures)
		return 0;
	result = match_find(rule->match, text, strlen(text), 0, NULL, NULL);
	return result == (rule->negated ? RESULT_OK : RESULT_NONE);
}

/* Rules that capture are asked for what they capture, too. Most header rules are answered sooner
 * than put off. */
static int may_wait(const struct rule *rule)
{
	switch (rule->kind) {
	case RULE_BODY:
	case RULE_RAWBODY:
	case RULE_URI:
		return !rule->captures;
	case RULE_EVAL:
	case RULE_META:
		return 1;
	default:
		return 0;
	}
}

static void settle_rule(struct rules *rules, struct rule *rule)
{
	enum rule_why why;

	rule->score = score_of(rules, rule);
	if (rule->kind < RULE_HEADER)
		return;
	why = why_not(rules, rule);
	if (why)
		rule_put_aside(rule, why);
	else if (rule->pattern)
		compile_pattern(rules, rule);
	else if (rule->detail_count)
		compile_details(rules, rule);
	if (is_name_only(rules, rule))
		rule->score = 0;
	rule->may_wait = rule_is_hidden(rule) && may_wait(rule);
	if (rule->kind == RULE_HEADER || rule->kind == RULE_MIMEHEADER)
		rule->needs_field = needs_field(rule);
}

/* ------------------------------------------------------------ metas */

struct globs {
	struct rules *rules;
	const struct rule *self;
	int count;
};

/* Adds "(A+B+...)", all rules whose names match, for the "rules_matching(GLOB)" at `text`; gives
 * its size, or 0 where none stands there. */
static size_t add_matching(struct globs *globs, const char *text, struct buf *out)
{
	static const char word[] = "rules_matching(";
	const char *start, *end;
	char *glob;

	if (strncmp(text, word, sizeof(word) - 1) != 0)
		return 0;
	start = text + sizeof(word) - 1;
	start += strspn(start, " \t");
	end = start + strcspn(start, " \t)");
	glob = alloc_bytes(start, (size_t)(end - start));
	end += strspn(end, " \t");
	if (*end != ')' || !*glob) {
		free(glob);
		return 0;
	}
	globs->count++;
	buf_add_string(out, "(0");
	for (size_t i = 0; globs->self && i < globs->rules->count; i++) {
		const struct rule *rule = globs->rules->all[i];

		if (rule != globs->self && rule->kind != RULE_UNDEFINED &&
		        text_glob(glob, rule->name, strlen(rule->name)))
			buf_add_format(out, "+%s", rule->name);
	}
	buf_add_char(out, ')');
	free(glob);
	return (size_t)(end + 1 - text);
}

enum result rules_read_meta(struct rules *rules, const char *text, const struct rule *self,
        struct meta **out, int *has_globs, struct err *err)
{
	struct globs globs = {.rules = rules, .self = self};
	struct buf plain = {0};
	enum result result;
	size_t used;
	char before = ' ';

	buf_add_string(&plain, "");
	/* "( )" is how a rule is declared that others will make hit. */
	if (text[0] == '(' && strcmp(text + 1 + strspn(text + 1, " \t"), ")") == 0)
		text = "0";
	while (*text) {
		used = isalnum((unsigned char)before) || before == '_'
		               ? 0
		               : add_matching(&globs, text, &plain);
		before = *text;
		if (!used)
			buf_add_char(&plain, *text);
		text += used ? used : 1;
	}
	if (has_globs)
		*has_globs = globs.count > 0;
	result = meta_parse(plain.data, rules_number, rules, out, err);
	buf_fini(&plain);
	return result;
}

static void expand_globs(struct rules *rules, struct rule *rule)
{
	struct meta *meta = NULL;
	struct err err;

	if (rules_read_meta(rules, rule->expression, rule, &meta, NULL, &err)) {
		rules_give_up(rules, rule, err.text);
		return;
	}
	meta_free(&rule->meta);
	rule->meta = meta;
}

/* ------------------------------------------------------------ order */

static void list_rule(struct rules *rules, struct rule *rule)
{
	struct rule_list *list = &rules->of[rule->kind];

	if ((list->count & (list->count - 1)) == 0)
		list->items = alloc_grow(
		        list->items, list->count ? 2 * list->count : 1, sizeof(*list->items));
	list->items[list->count++] = rule;
}

enum { VISIT_NOT = 0, VISIT_DONE = -1, NO_CIRCLE = NEEDS_DEPTH_MOST + 1 };

/* SpamAssassin waits for a meta of 0 points for ever, and so does all that names it. */
static int is_waited_for(const struct rule *rule)
{
	return rule->kind == RULE_NOT_RUN && rule->was == RULE_META &&
	       (rule->why == WHY_POINTS || rule->why == WHY_NEEDS);
}

/*
 * Lists a meta behind all the metas it needs; rule->visit is the depth (from 1) while that is being
 * done. Gives the least depth from which the rule is needed by what it needs itself: all from there
 * on are a circle, and false.
 */
static int order_meta(struct rules *rules, struct rule *rule, int depth)
{
	int least = NO_CIRCLE, reached, waits = 0;
	size_t number;

	if (rule->kind != RULE_META || rule->visit == VISIT_DONE)
		return NO_CIRCLE;
	if (rule->visit != VISIT_NOT)
		return rule->visit;
	if (depth == NEEDS_DEPTH_MOST)
		return depth - 1;
	rule->visit = depth;
	for (size_t i = 0; meta_needs(rule->meta, i, &number); i++) {
		reached = order_meta(rules, rules->all[number], depth + 1);
		least = reached < least ? reached : least;
		waits |= is_waited_for(rules->all[number]);
	}
	rule->visit = VISIT_DONE;
	if (least <= depth) {
		rules_skip(rules, rule->file, rule->line, "rule %s: needs itself", rule->name);
		rule_put_aside(rule, WHY_CIRCLE);
		return least < depth ? least : NO_CIRCLE;
	}
	if (waits)
		rule_put_aside(rule, WHY_NEEDS);
	else
		list_rule(rules, rule);
	return NO_CIRCLE;
}

static int by_header(const void *left, const void *right)
{
	const struct rule *a = *(struct rule *const *)left, *b = *(struct rule *const *)right;
	int order = strcmp(a->header.name, b->header.name);

	if (!order)
		order = (int)a->header.form - (int)b->header.form;
	if (!order)
		order = (int)a->header.pick - (int)b->header.pick;
	if (!order)
		order = a->header.is_raw - b->header.is_raw;
	if (!order)
		order = a->needs_field - b->needs_field;
	return order ? order : strcmp(a->name, b->name);
}

static int by_name(const void *left, const void *right)
{
	const struct rule *a = *(struct rule *const *)left, *b = *(struct rule *const *)right;

	return strcmp(a->name, b->name);
}

static void add_text(struct rule_texts *texts, size_t first)
{
	if ((texts->count & (texts->count - 1)) == 0)
		texts->items = alloc_grow(
		        texts->items, texts->count ? 2 * texts->count : 1, sizeof(*texts->items));
	texts->items[texts->count++] = (struct rule_text){first, first, first, 0};
}

/* Rules for the same text stand side by side. */
static void note_texts(const struct rule_list *list, struct rule_texts *texts)
{
	struct rule_text *text;

	for (size_t i = 0; i < list->count; i++) {
		const struct rule *rule = list->items[i];

		if (!i || !rule_same_text(&list->items[i - 1]->header, &rule->header))
			add_text(texts, i);
		text = &texts->items[texts->count - 1];
		text->needing += !rule->needs_field;
		text->end++;
		text->captures |= rule->captures;
	}
}

static void list_names(struct rules *rules)
{
	rules->named = alloc(rules->count * sizeof(*rules->named));
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->all[i]->kind != RULE_UNDEFINED)
			rules->named[rules->named_count++] = rules->all[i];
	}
	qsort(rules->named, rules->named_count, sizeof(*rules->named), by_name);
}

void rules_compile(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		settle_rule(rules, rules->all[i]);
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->all[i]->kind == RULE_META && rules->all[i]->expression)
			expand_globs(rules, rules->all[i]);
	}
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->all[i]->kind == RULE_META)
			order_meta(rules, rules->all[i], 1);
		else if (rules->all[i]->kind >= RULE_HEADER)
			list_rule(rules, rules->all[i]);
	}
	for (int kind = RULE_HEADER; kind <= RULE_MIMEHEADER; kind++) {
		if (rules->of[kind].count)
			qsort(rules->of[kind].items, rules->of[kind].count,
			        sizeof(*rules->of[kind].items), by_header);
	}
	note_texts(&rules->of[RULE_HEADER], &rules->header_texts);
	note_texts(&rules->of[RULE_MIMEHEADER], &rules->mime_header_texts);
	guards_note(rules);
	list_names(rules);
	rules->warn = NULL;
	warm_up(rules);
}
