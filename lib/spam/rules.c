#include "lib/spam/rules.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/spam/regex.h"
#include "lib/spam/rule.h"

enum {
	FILE_MOST_BYTES = 16 * 1024 * 1024,
	NEEDS_DEPTH_MOST = 1000, /* metas on metas on metas: beyond, it counts as a cycle */
};

struct rules *rules_new(rules_warn *warn, void *context)
{
	struct rules *rules = alloc_zero(1, sizeof(*rules));

	rules->warn = warn;
	rules->context = context;
	return rules;
}

void rules_skip(struct rules *rules, const char *file, unsigned line, const char *format, ...)
{
	struct err said;
	va_list args;

	rules->skipped++;
	if (!rules->warn)
		return;
	va_start(args, format);
	vsnprintf(said.text, sizeof(said.text), format, args);
	va_end(args);
	err_wrap(&said, RESULT_PERMANENT, "%s:%u", file, line);
	rules->warn(rules->context, said.text);
}

/* ------------------------------------------------------------ names */

static size_t hash_of(const char *name)
{
	size_t hash = 5381;

	while (*name)
		hash = hash * 33 ^ (unsigned char)*name++;
	return hash;
}

/* The slot of a name: its own, or the free one where it belongs. */
static size_t *slot_of(const struct rules *rules, const char *name)
{
	size_t at = hash_of(name) & (rules->slot_count - 1);

	while (rules->slots[at] && strcmp(rules->all[rules->slots[at] - 1]->name, name) != 0)
		at = (at + 1) & (rules->slot_count - 1);
	return &rules->slots[at];
}

static void grow_slots(struct rules *rules)
{
	rules->slot_count = rules->slot_count ? 2 * rules->slot_count : 256;
	free(rules->slots);
	rules->slots = alloc_zero(rules->slot_count, sizeof(*rules->slots));
	for (size_t i = 0; i < rules->count; i++)
		*slot_of(rules, rules->all[i]->name) = i + 1;
}

/* Index of the rule of that name, made if it is new. */
static size_t number_of(void *context, const char *name)
{
	struct rules *rules = context;
	struct rule *rule;
	size_t *slot;

	if (2 * rules->count >= rules->slot_count)
		grow_slots(rules);
	slot = slot_of(rules, name);
	if (*slot)
		return *slot - 1;
	if (rules->count == rules->room) {
		rules->room = rules->room ? 2 * rules->room : 128;
		rules->all = alloc_grow(rules->all, rules->room, sizeof(*rules->all));
	}
	rule = alloc_zero(1, sizeof(*rule));
	rule->name = alloc_string(name);
	rule->describe = alloc_string("");
	rule->file = "";
	rule->number = rules->count;
	rules->all[rules->count++] = rule;
	*slot = rules->count;
	return rules->count - 1;
}

struct rule *rules_name(struct rules *rules, const char *name)
{
	size_t number = number_of(rules, name); /* may move the array */

	return rules->all[number];
}

const struct rule_tag *rules_tag(const struct rules *rules, const char *name, size_t size, int kind)
{
	for (size_t i = rules->tag_count; i-- > 0;) {
		if ((int)rules->tags[i].kind == kind && strlen(rules->tags[i].name) == size &&
		        memcmp(rules->tags[i].name, name, size) == 0)
			return &rules->tags[i];
	}
	return NULL;
}

int rule_is_hidden(const struct rule *rule)
{
	return rule->name[0] == '_' && rule->name[1] == '_';
}

void rule_undefine(struct rule *rule)
{
	free(rule->pattern);
	free(rule->header.name);
	free(rule->if_unset);
	match_free(&rule->match);
	meta_free(&rule->meta);
	rule->pattern = rule->header.name = rule->if_unset = NULL;
	rule->header.form = FORM_VALUE;
	rule->header.pick = PICK_ALL;
	rule->negated = 0;
	rule->flags = 0;
	rule->kind = RULE_UNDEFINED;
}

void rules_free(struct rules **pointer)
{
	struct rules *rules = *pointer;

	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++) {
		rule_undefine(rules->all[i]);
		free(rules->all[i]->name);
		free(rules->all[i]->describe);
		free(rules->all[i]);
	}
	for (size_t i = 0; i < rules->tag_count; i++) {
		free(rules->tags[i].name);
		free(rules->tags[i].value);
	}
	for (size_t i = 0; i < rules->file_count; i++)
		free(rules->files[i]);
	for (size_t i = 0; i < RULE_KINDS; i++)
		free(rules->of[i].items);
	free(rules->files);
	free(rules->tags);
	free(rules->slots);
	free(rules->all);
	free(rules);
	*pointer = NULL;
}

/* ------------------------------------------------------------ files */

const char *rules_keep_file(struct rules *rules, const char *name)
{
	rules->files = alloc_grow(rules->files, rules->file_count + 1, sizeof(*rules->files));
	rules->files[rules->file_count] = alloc_string(name);
	return rules->files[rules->file_count++];
}

static enum result add_file(struct rules *rules, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct buf text = {0};
	enum result result = file_read(path, FILE_MOST_BYTES, &text, err);
	char *folder = slash ? alloc_bytes(path, (size_t)(slash - path)) : alloc_string(".");

	if (!result)
		rules_parse(rules, rules_keep_file(rules, path), folder, text.data, 0);
	free(folder);
	buf_fini(&text);
	return result;
}

void rules_add_text(struct rules *rules, const char *name, const char *text, size_t size)
{
	char *copy = alloc_bytes(text, size);

	rules_parse(rules, rules_keep_file(rules, name), NULL, copy, 0);
	free(copy);
}

static int is_rule_file(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && strcmp(dot, ".cf") == 0;
}

/* By bytes, so that the order doesn't depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum result add_folder(struct rules *rules, const char *folder, struct err *err)
{
	enum result result = RESULT_OK;
	struct dirent **entries;
	int count = scandir(folder, &entries, is_rule_file, by_name);
	char *path;

	if (count < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", folder);
	for (int i = 0; i < count; i++) {
		path = alloc_format("%s/%s", folder, entries[i]->d_name);
		if (!result)
			result = add_file(rules, path, err);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return result;
}

enum result rules_add_path(struct rules *rules, const char *path, struct err *err)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	return S_ISDIR(info.st_mode) ? add_folder(rules, path, err) : add_file(rules, path, err);
}

/* ------------------------------------------------------------ compiling */

/* What can't be run says nothing about the message, neither yes nor no. */
static void give_up(struct rules *rules, struct rule *rule, const char *why)
{
	rules_skip(rules, rule->file, rule->line, "rule %s: %s", rule->name, why);
	rule_undefine(rule);
	rule->kind = RULE_UNKNOWN;
}

static void compile_pattern(struct rules *rules, struct rule *rule)
{
	struct err err;
	char *replaced;

	if (rule->replace) {
		replaced = regex_replace_tags(rules, rule->pattern);
		if (!replaced) {
			give_up(rules, rule, "its tags make it too large");
			return;
		}
		rule->pattern = replaced;
	}
	if (match_new(rule->pattern, rule->flags, &rule->match, &err))
		give_up(rules, rule, err.text);
}

static double default_score(const struct rule *rule)
{
	double score = strncmp(rule->name, "T_", 2) == 0 ? 0.01 : 1;

	return rule->nice ? -score : score;
}

/* Without network and without SpamAssassin's own Bayes the first of four scores counts. */
static void settle_score(struct rule *rule)
{
	rule->score = rule->given_count ? rule->given[0] : default_score(rule);
}

/* A rule of score 0 is not run and counts 0; a meta of score 0 is never worked out at all. */
static int is_switched_off(struct rules *rules, struct rule *rule)
{
	if (rule->kind < RULE_HEADER || rule->score != 0 || rule_is_hidden(rule))
		return 0;
	if (rule->kind == RULE_META) {
		rule_undefine(rule);
		rule->kind = RULE_UNKNOWN;
	} else {
		rule_undefine(rule);
	}
	return 1;
}

static void settle_rule(struct rules *rules, struct rule *rule)
{
	settle_score(rule);
	if (is_switched_off(rules, rule))
		return;
	if (rule->net && rule->kind != RULE_UNDEFINED) {
		rule_undefine(rule);
		rule->kind = RULE_UNKNOWN;
		return;
	}
	if (rule->pattern)
		compile_pattern(rules, rule);
}

static void list_rule(struct rules *rules, struct rule *rule)
{
	struct rule_list *list = &rules->of[rule->kind];

	if ((list->count & (list->count - 1)) == 0)
		list->items = alloc_grow(
		        list->items, list->count ? 2 * list->count : 1, sizeof(*list->items));
	list->items[list->count++] = rule;
}

enum { VISIT_NOT = 0, VISIT_DONE = -1, NO_CYCLE = NEEDS_DEPTH_MOST + 1 };

/*
 * Lists a meta behind all the metas it needs; rule->visit is the depth (from 1) while that is being
 * done. Gives the least depth from which the rule is needed by what it needs itself: all from there
 * on are a cycle, and false.
 */
static int order_meta(struct rules *rules, struct rule *rule, int depth)
{
	int least = NO_CYCLE, reached;
	size_t number;

	if (rule->kind != RULE_META || rule->visit == VISIT_DONE)
		return NO_CYCLE;
	if (rule->visit != VISIT_NOT)
		return rule->visit;
	if (depth == NEEDS_DEPTH_MOST)
		return depth - 1;
	rule->visit = depth;
	for (size_t i = 0; meta_needs(rule->meta, i, &number); i++) {
		reached = order_meta(rules, rules->all[number], depth + 1);
		least = reached < least ? reached : least;
	}
	rule->visit = VISIT_DONE;
	if (least <= depth) {
		rules_skip(rules, rule->file, rule->line, "rule %s: needs itself", rule->name);
		rule_undefine(rule);
		return least < depth ? least : NO_CYCLE;
	}
	list_rule(rules, rule);
	return NO_CYCLE;
}

static int by_header(const void *left, const void *right)
{
	const struct rule *a = *(struct rule *const *)left, *b = *(struct rule *const *)right;
	int order = strcmp(a->header.name, b->header.name);

	if (!order)
		order = (int)a->header.form - (int)b->header.form;
	if (!order)
		order = (int)a->header.pick - (int)b->header.pick;
	return order ? order : strcmp(a->name, b->name);
}

void rules_compile(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		settle_rule(rules, rules->all[i]);
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
	rules->warn = NULL;
}

size_t rules_count(const struct rules *rules)
{
	size_t count = 0;

	for (int kind = RULE_HEADER; kind < RULE_KINDS; kind++)
		count += rules->of[kind].count;
	return count;
}

size_t rules_skipped(const struct rules *rules)
{
	return rules->skipped;
}

/* ------------------------------------------------------------ metas */

enum result rules_read_meta(
        struct rules *rules, const char *text, struct meta **out, struct err *err)
{
	return meta_parse(text, number_of, rules, out, err);
}
