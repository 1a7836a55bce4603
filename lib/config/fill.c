#include "lib/config/fill.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/config/place.h"
#include "lib/config/spell.h"
#include "lib/config/table.h"

/* A value about to be filled. */
struct spot {
	struct config *config;
	struct err *err;
	const char *folder;
	const char *name; /* "section.key" */
	unsigned line;    /* of the value, or of the section it is absent from */
	int by_default;   /* a default is being read: its `<…>` are expanded */
	size_t number;    /* of the rule that it belongs to */
};

/* The struct config_… that hold rules begin so: the pointer's own type differs, so it is copied. */
static void *rules_items(const void *rules)
{
	void *items;

	memcpy(&items, (const char *)rules + sizeof(size_t), sizeof(items));
	return items;
}

static void rules_set(void *rules, size_t count, void *items)
{
	memcpy(rules, &count, sizeof(count));
	memcpy((char *)rules + sizeof(count), &items, sizeof(items));
}

static enum result refuse(const struct spot *spot, const char *found, const struct field *field)
{
	struct buf expected = {0};

	field_expects(field, &expected);
	err_set(spot->err, RESULT_PERMANENT, "%s:%u: %s: found %s, expected %s", spot->config->path,
	        spot->line, spot->name, found, expected.data);
	buf_fini(&expected);
	return RESULT_PERMANENT;
}

static enum result refuse_value(
        const struct spot *spot, const struct tree *value, const struct field *field)
{
	if (value->kind == TREE_LIST)
		return refuse(spot, "a list", field);
	if (value->kind == TREE_MAP)
		return refuse(spot, "keys with values", field);
	return refuse(spot, tree_is_nothing(value) ? "nothing" : log_quote(value->text), field);
}

char *fill_expand(const struct config *config, const char *text, size_t number)
{
	char *digits = alloc_format("%zu", number);
	const struct {
		const char *name, *value;
	} known[] = {
	        {"<site.name>", config->site.name},
	        {"<site.run_dir>", config->site.run_dir},
	        {"<site.state_dir>", config->site.state_dir},
	        {"<site.admin>", config->site.admin},
	        {"<front.next_hop>", config->front.next_hop},
	        {"<datadir>", LAZARET_DATADIR},
	        {"<number>", digits},
	};
	struct buf out = {0};
	size_t i;

	buf_add_string(&out, "");
	while (*text) {
		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (!strncmp(text, known[i].name, strlen(known[i].name)))
				break;
		if (i < sizeof(known) / sizeof(*known)) {
			buf_add_string(&out, known[i].value);
			text += strlen(known[i].name);
		} else {
			buf_add_char(&out, *text++);
		}
	}
	free(digits);
	return buf_give(&out);
}

static int is_choice(const struct field *field, const char *text)
{
	const struct choice *choice = field->choices;

	while (choice->word && strcmp(choice->word, text) != 0)
		choice++;
	return choice->word != NULL;
}

/* Gives the text as it is used, or NULL where it is wrong. */
static char *make_text(const struct spot *spot, const struct field *field, const char *text)
{
	int path = field->form == FORM_PATH || field->form == FORM_SOCKET;
	char *made = spot->by_default ? fill_expand(spot->config, text, spot->number)
	                              : alloc_string(text);
	char *whole;

	if (path && made[0] && made[0] != '/') {
		whole = alloc_format("%s/%s", spot->folder, made);
		free(made);
		made = whole;
	}
	if (field->choices ? is_choice(field, made) : form_matches(field->form, made))
		return made;
	/* an empty text is right where it is the default */
	if (!made[0] && field->type == FIELD_TEXT && field->normal && !field->normal[0])
		return made;
	free(made);
	return NULL;
}

static enum result fill_text(
        const struct spot *spot, const struct field *field, const struct tree *value, void *at)
{
	char *made = NULL;

	if (value->kind == TREE_TEXT && !tree_is_nothing(value))
		made = make_text(spot, field, value->text);
	if (!made)
		return refuse_value(spot, value, field);
	memcpy(at, &made, sizeof(made));
	return RESULT_OK;
}

static enum result fill_list(
        const struct spot *spot, const struct field *field, const struct tree *value, void *at)
{
	struct config_list *list = at;
	struct spot item = *spot;
	size_t i;

	if (value->kind != TREE_LIST)
		return refuse_value(spot, value, field);
	list->items = alloc_zero(value->count, sizeof(*list->items));
	for (i = 0; i < value->count; i++) {
		item.line = spot->by_default ? spot->line : value->items[i].line;
		if (value->items[i].kind == TREE_TEXT)
			list->items[i] = make_text(&item, field, value->items[i].text);
		if (!list->items[i])
			return refuse_value(&item, &value->items[i], field);
		list->count++;
	}
	return RESULT_OK;
}

static int read_choice(const struct field *field, const char *text, void *at)
{
	const struct choice *choice;

	for (choice = field->choices; choice->word; choice++)
		if (!strcmp(choice->word, text) && field_allows(field, choice)) {
			memcpy(at, &choice->value, sizeof(choice->value));
			return 1;
		}
	return 0;
}

static int read_number(const struct field *field, const char *text, void *at)
{
	uint64_t number;
	int good;

	if (field->type == FIELD_SIZE)
		good = form_size(text, &number);
	else if (field->type == FIELD_TIME)
		good = form_time(text, &number);
	else if (field->word && !strcmp(text, field->word))
		good = form_number("0", &number);
	else
		good = form_number(text, &number);
	if (!good || number < field->least || (field->most && number > field->most))
		return 0;
	memcpy(at, &number, sizeof(number)); /* times are int64_t: form_time() keeps to that */
	return 1;
}

static int read_points(const struct field *field, const char *text, void *at)
{
	double points;

	if (!form_points(text, &points) || points > (double)field->most)
		return 0;
	memcpy(at, &points, sizeof(points));
	return 1;
}

static enum result fill_scalar(
        const struct spot *spot, const struct field *field, const struct tree *value, void *at)
{
	int good = 0;

	if (value->kind != TREE_TEXT)
		return refuse_value(spot, value, field);
	if (field->type == FIELD_BOOL)
		good = form_bool(value->text, at);
	else if (field->type == FIELD_CHOICE)
		good = read_choice(field, value->text, at);
	else if (field->type == FIELD_POINTS)
		good = read_points(field, value->text, at);
	else
		good = read_number(field, value->text, at);
	return good ? RESULT_OK : refuse_value(spot, value, field);
}

static enum result fill_section(struct spot *spot, const struct section *section,
        const struct tree *tree, char *base, const char *inherited);

/* What a rule of this kind takes over where it leaves a key out; NULL: the table's defaults. */
static const char *rule_inherits(const struct spot *spot, const void *at)
{
	return at == &spot->config->policies ? (const char *)&spot->config->policy : NULL;
}

static enum result fill_rules(
        const struct spot *spot, const struct field *field, const struct tree *value, void *at)
{
	const struct section *section = field->section;
	enum result result = RESULT_OK;
	struct spot rule = *spot;
	char *items, *name;
	size_t i;

	if (value->kind != TREE_LIST && !tree_is_nothing(value))
		return refuse_value(spot, value, field);
	items = alloc_zero(value->count, section->size);
	rules_set(at, value->count, items);
	for (i = 0; i < value->count && !result; i++) {
		name = alloc_format("%s[%zu]", spot->name, i + 1);
		rule.name = name;
		rule.line = spot->by_default ? spot->line : value->items[i].line;
		rule.number = i + 1;
		if (value->items[i].kind == TREE_MAP)
			result = fill_section(&rule, section, &value->items[i],
			        items + i * section->size, rule_inherits(spot, at));
		else
			result = refuse_value(&rule, &value->items[i], field);
		free(name);
	}
	return result;
}

static enum result fill_value(
        struct spot *spot, const struct field *field, const struct tree *value, void *at)
{
	switch (field->type) {
	case FIELD_TEXT:
		return fill_text(spot, field, value, at);
	case FIELD_LIST:
		return fill_list(spot, field, value, at);
	case FIELD_RULES:
		return fill_rules(spot, field, value, at);
	case FIELD_SECTION:
		return fill_section(spot, field->section, value, at, NULL);
	default:
		return fill_scalar(spot, field, value, at);
	}
}

static enum result fill_default(struct spot *spot, const struct field *field, void *at)
{
	struct tree text = {.kind = TREE_TEXT, .text = (char *)field->normal, .quoted = 1};
	struct tree *tree = NULL;
	enum result result;

	if (!field->normal)
		return refuse(spot, "nothing (the key is required)", field);
	spot->by_default = 1;
	if (field->type != FIELD_LIST && field->type != FIELD_RULES)
		return fill_value(spot, field, &text, at);
	result = tree_parse(spot->name, field->normal, strlen(field->normal), &tree, spot->err);
	if (!result)
		result = fill_value(spot, field, tree, at);
	tree_free(&tree);
	return result;
}

static void copy_value(const struct field *field, const char *from, void *at)
{
	const struct config_list *list;
	struct config_list copy;
	char *text;
	size_t i;

	if (field->type == FIELD_TEXT) {
		memcpy(&text, from, sizeof(text));
		text = alloc_string(text);
		memcpy(at, &text, sizeof(text));
	} else if (field->type == FIELD_LIST) {
		list = (const void *)from;
		copy = (struct config_list){
		        list->count, alloc_zero(list->count, sizeof(*list->items))};
		for (i = 0; i < list->count; i++)
			copy.items[i] = alloc_string(list->items[i]);
		memcpy(at, &copy, sizeof(copy));
	} else if (field->type == FIELD_BOOL || field->type == FIELD_CHOICE) {
		memcpy(at, from, sizeof(int));
	} else {
		memcpy(at, from, 8); /* every number is of that size, as is a double */
	}
}

static enum result fill_field(struct spot *spot, const struct field *field, const struct tree *tree,
        char *at, const char *inherited)
{
	const struct tree *value = tree_get(tree, field->key);
	struct spot inner = *spot;
	enum result result = RESULT_OK;
	char *name = spot->name[0] ? alloc_format("%s.%s", spot->name, field->key)
	                           : alloc_string(field->key);

	inner.name = name;
	if (value && !spot->by_default)
		inner.line = value->line;
	if (field->type == FIELD_SECTION) {
		result = fill_section(&inner, field->section, value, at, inherited);
		free(name);
		return result;
	}
	/* A required key of a policy has no policy to come from. */
	if (value)
		result = fill_value(&inner, field, value, at);
	else if (inherited && field->normal)
		copy_value(field, inherited, at);
	else
		result = fill_default(&inner, field, at);
	places_add(spot->config->places, at, inner.line, name);
	return result;
}

static int has_key(const struct section *section, const char *key)
{
	size_t i;

	for (i = 0; i < section->count; i++)
		if (!strcmp(section->fields[i].key, key))
			return 1;
	return 0;
}

static enum result refuse_key(const struct spot *spot, const struct section *section,
        const struct tree *item, const char *found)
{
	struct buf expected = {0};

	spell_suggest(section, item->key, &expected);
	err_set(spot->err, RESULT_PERMANENT, "%s:%u: %s%s%s: found %s, expected %s",
	        spot->config->path, item->line, spot->name, spot->name[0] ? "." : "",
	        item->key[0] ? log_quote(item->key) : "\"\"", found, expected.data);
	buf_fini(&expected);
	return RESULT_PERMANENT;
}

static enum result check_keys(
        const struct spot *spot, const struct section *section, const struct tree *tree)
{
	const struct tree *item, *first;
	size_t i;

	for (i = 0; i < tree->count; i++) {
		item = &tree->items[i];
		if (!has_key(section, item->key))
			return refuse_key(spot, section, item, "a key that does not exist");
		first = tree_get(tree, item->key);
		if (first != item)
			return err_set(spot->err, RESULT_PERMANENT,
			        "%s:%u: %s%s%s: found the key again, expected it once (line %u)",
			        spot->config->path, item->line, spot->name,
			        spot->name[0] ? "." : "", item->key, first->line);
	}
	return RESULT_OK;
}

static enum result check_shape(
        const struct spot *spot, const struct section *section, const struct tree *tree)
{
	static const struct field keys = {.type = FIELD_SECTION};

	if (tree->kind == TREE_MAP)
		return check_keys(spot, section, tree);
	/* A section with everything in it commented out is an empty one. */
	return tree_is_nothing(tree) ? RESULT_OK : refuse_value(spot, tree, &keys);
}

static enum result fill_section(struct spot *spot, const struct section *section,
        const struct tree *tree, char *base, const char *inherited)
{
	struct tree whole = {.kind = TREE_MAP, .count = 1};
	const struct field *field;
	enum result result;
	struct tree rules;
	size_t i;

	/* `subject:` may hold the list of its rules at once */
	if (tree && tree->kind == TREE_LIST && has_key(section, "rules")) {
		rules = *tree;
		rules.key = (char *)"rules";
		whole.items = &rules;
		tree = &whole;
	}
	result = tree ? check_shape(spot, section, tree) : RESULT_OK;
	for (i = 0; i < section->count && !result; i++) {
		field = &section->fields[i];
		result = fill_field(spot, field, tree, base + field->offset,
		        inherited ? inherited + field->offset : NULL);
	}
	return result;
}

enum result fill_config(
        struct config *config, const struct tree *tree, const char *folder, struct err *err)
{
	struct spot spot = {.config = config, .err = err, .folder = folder, .name = ""};

	spot.line = tree->line;
	return fill_section(&spot, &table_root, tree, (char *)config, NULL);
}

static void free_section(const struct section *section, char *base)
{
	const struct field *field;
	size_t i, k, count;
	char *memory;

	for (i = 0; i < section->count; i++) {
		field = &section->fields[i];
		if (field->type == FIELD_TEXT) {
			memcpy(&memory, base + field->offset, sizeof(memory));
			free(memory);
		} else if (field->type == FIELD_LIST) {
			config_list_free((struct config_list *)(base + field->offset));
		} else if (field->type == FIELD_SECTION) {
			free_section(field->section, base + field->offset);
		} else if (field->type == FIELD_RULES) {
			memory = rules_items(base + field->offset);
			memcpy(&count, base + field->offset, sizeof(count));
			for (k = 0; k < count; k++)
				free_section(field->section, memory + k * field->section->size);
			free(memory);
		}
	}
}

void fill_fini(struct config *config)
{
	free_section(&table_root, (char *)config);
}
