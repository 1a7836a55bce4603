#include "lib/spam/rules.h"

#include <assert.h>
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
#include "lib/spam/many.h"
#include "lib/spam/rule.h"

enum { FILE_MOST_BYTES = 16 * 1024 * 1024, FILES_MOST = 1000 };

struct rules *rules_new(rules_warn *warn, void *context)
{
	struct rules *rules = alloc_zero(1, sizeof(*rules));

	rules->warn = warn;
	rules->context = context;
	rules->lists = lists_new();
	rules->without_meaning = lists_new();
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

size_t rules_number(void *context, const char *name)
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
	size_t number = rules_number(rules, name); /* may move the array */

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

int rule_same_text(const struct header_key *a, const struct header_key *b)
{
	return strcmp(a->name, b->name) == 0 && a->form == b->form && a->pick == b->pick &&
	       a->is_raw == b->is_raw;
}

int rule_is_hidden(const struct rule *rule)
{
	return rule->name[0] == '_' && rule->name[1] == '_';
}

void rule_undefine(struct rule *rule)
{
	for (size_t i = 0; i < rule->argument_count; i++)
		free(rule->arguments[i]);
	free(rule->arguments);
	for (size_t i = 0; i < rule->detail_count; i++) {
		match_free(&rule->details[i].match);
		free(rule->details[i].pattern);
	}
	free(rule->details);
	rule->details = NULL;
	rule->detail_count = 0;
	free(rule->text);
	free(rule->pattern);
	free(rule->expression);
	free(rule->header.name);
	free(rule->if_unset);
	match_free(&rule->match);
	meta_free(&rule->meta);
	rule->arguments = NULL;
	rule->argument_count = 0;
	rule->function = NULL;
	rule->text = rule->pattern = rule->expression = rule->if_unset = NULL;
	memset(&rule->header, 0, sizeof(rule->header));
	rule->negated = rule->captures = rule->is_template = 0;
	rule->flags = 0;
	rule->kind = rule->was = RULE_UNDEFINED;
	rule->why = WHY_RUN;
}

void rule_put_aside(struct rule *rule, enum rule_why why)
{
	if (rule->kind == RULE_UNDEFINED || rule->kind == RULE_NOT_RUN)
		return;
	if (rule->kind != RULE_EVAL)
		rule->was = rule->kind;
	rule->kind = RULE_NOT_RUN;
	rule->why = why;
	match_free(&rule->match);
	meta_free(&rule->meta);
}

void rules_free(struct rules **pointer)
{
	struct rules *rules = *pointer;

	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++) {
		rule_undefine(rules->all[i]);
		free(rules->all[i]->guarded);
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
	free(rules->header_texts.items);
	free(rules->mime_header_texts.items);
	many_forget(rules);
	lists_free(&rules->lists);
	lists_free(&rules->without_meaning);
	free(rules->files);
	free(rules->tags);
	free(rules->slots);
	free(rules->named);
	free(rules->always_due);
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

/* A pipe would be waited for without an end. */
enum result rules_read_file(
        const struct rules *rules, const char *path, struct buf *text, struct err *err)
{
	struct stat info;

	if (rules->file_count >= FILES_MOST)
		return err_set(err, RESULT_PERMANENT, "%s: more than %d files", path, FILES_MOST);
	if (stat(path, &info) < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	if (!S_ISREG(info.st_mode))
		return err_set(err, RESULT_PERMANENT, "%s: not a regular file", path);
	return file_read(path, FILE_MOST_BYTES, text, err);
}

static enum result add_file(struct rules *rules, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct buf text = {0};
	enum result result = rules_read_file(rules, path, &text, err);
	char *folder = slash ? alloc_bytes(path, (size_t)(slash - path)) : alloc_string(".");

	if (!result)
		rules_parse(rules, rules_keep_file(rules, path), folder, &text, 0);
	free(folder);
	buf_fini(&text);
	return result;
}

void rules_add_text(struct rules *rules, const char *name, const char *text, size_t size)
{
	struct buf copy = {0};

	buf_add(&copy, text, size);
	rules_parse(rules, rules_keep_file(rules, name), NULL, &copy, 0);
	buf_fini(&copy);
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

/* ------------------------------------------------------------ what there is */

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

size_t rules_meaningless(const struct rules *rules)
{
	return rules->meaningless;
}

const char *rules_meaningless_key(const struct rules *rules, size_t nth)
{
	return lists_at(rules->without_meaning, "key", nth);
}

const struct lists *rules_lists(const struct rules *rules)
{
	return rules->lists;
}

void rules_use_model(struct rules *rules, enum rules_model model)
{
	rules->model = model;
}

size_t rules_asking_model(const struct rules *rules)
{
	const struct rule_list *list = &rules->of[RULE_EVAL];
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += functions_asks_model(list->items[i]->function) != 0;
	return count;
}

void rules_use_score_set(struct rules *rules, int score_set)
{
	assert(score_set >= 0 && score_set < SCORE_SETS);
	rules->score_set = score_set;
}
