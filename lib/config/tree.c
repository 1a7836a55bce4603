#include "lib/config/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/alloc.h"

enum { DEPTH_MOST = 8 };

struct source {
	yaml_parser_t parser;
	const char *name;
	const char *text;
	size_t size;
	struct err *err;
};

static enum result refuse(const struct source *source, size_t line, const char *what)
{
	return err_set(source->err, RESULT_PERMANENT, "%s:%zu: %s", source->name, line, what);
}

/* libyaml gives a mark for what breaks its grammar, but an offset for what is no text at all. */
static size_t problem_line(const struct source *source)
{
	const yaml_parser_t *parser = &source->parser;
	size_t line = 1, i;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	for (i = 0; i < parser->problem_offset && i < source->size; i++)
		line += source->text[i] == '\n';
	return line;
}

static enum result next_event(struct source *source, yaml_event_t *event)
{
	const yaml_parser_t *parser = &source->parser;

	if (yaml_parser_parse(&source->parser, event))
		return RESULT_OK;
	return err_set(source->err, RESULT_PERMANENT, "%s:%zu: found a mistake in the YAML: %s%s%s",
	        source->name, problem_line(source),
	        parser->problem ? parser->problem : "not readable", parser->context ? ", " : "",
	        parser->context ? parser->context : "");
}

/* What an event carries beyond its plain value is refused here, in one place. */
static enum result check_event(const struct source *source, const yaml_event_t *event)
{
	size_t line = event->start_mark.line + 1;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT)
		return refuse(source, line, "found an alias (*), expected the value itself");
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		if (memchr(event->data.scalar.value, 0, event->data.scalar.length))
			return refuse(source, line, "found a NUL character, expected text");
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor)
		return refuse(source, line, "found an anchor (&), expected the value itself");
	if (tag)
		return refuse(source, line, "found a tag (!), expected the value itself");
	return RESULT_OK;
}

static struct tree *add_item(struct tree *parent)
{
	/* doubled when full, so that a long list is not copied once an item */
	if (!(parent->count & (parent->count - 1)))
		parent->items = alloc_grow(parent->items, parent->count ? 2 * parent->count : 1,
		        sizeof(*parent->items));
	memset(&parent->items[parent->count], 0, sizeof(*parent->items));
	return &parent->items[parent->count++];
}

static enum result read_value(
        struct source *source, const yaml_event_t *event, unsigned depth, struct tree *out);

static enum result read_key(
        const struct source *source, const yaml_event_t *event, struct tree *item)
{
	if (event->type != YAML_SCALAR_EVENT)
		return refuse(source, event->start_mark.line + 1,
		        "found a list or map as a key, expected a word");
	item->key = alloc_string((const char *)event->data.scalar.value);
	item->line = (unsigned)event->start_mark.line + 1;
	return RESULT_OK;
}

static enum result read_child(
        struct source *source, yaml_event_t *event, unsigned depth, struct tree *parent)
{
	struct tree *item = add_item(parent);
	enum result result = check_event(source, event);

	if (result || parent->kind == TREE_LIST)
		return result ? result : read_value(source, event, depth, item);
	result = read_key(source, event, item);
	yaml_event_delete(event);
	if (result || (result = next_event(source, event)) != RESULT_OK)
		return result;
	result = check_event(source, event);
	return result ? result : read_value(source, event, depth, item);
}

static enum result read_items(struct source *source, unsigned depth, struct tree *out)
{
	yaml_event_type_t end =
	        out->kind == TREE_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
	enum result result = RESULT_OK;
	yaml_event_t event;
	int done = 0;

	if (depth > DEPTH_MOST)
		return refuse(source, out->line, "found too many levels, expected at most 8");
	while (!result && !done) {
		result = next_event(source, &event);
		if (result)
			return result;
		done = event.type == end;
		if (!done)
			result = read_child(source, &event, depth, out);
		yaml_event_delete(&event);
	}
	return result;
}

static enum result read_value(
        struct source *source, const yaml_event_t *event, unsigned depth, struct tree *out)
{
	if (!out->line)
		out->line = (unsigned)event->start_mark.line + 1;
	if (event->type == YAML_SCALAR_EVENT) {
		out->kind = TREE_TEXT;
		free(out->text);
		out->text = alloc_string((const char *)event->data.scalar.value);
		out->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		return RESULT_OK;
	}
	out->kind = event->type == YAML_SEQUENCE_START_EVENT ? TREE_LIST : TREE_MAP;
	return read_items(source, depth + 1, out);
}

static enum result read_document(struct source *source, struct tree *out)
{
	enum result result = RESULT_OK;
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_event_t event;
	unsigned documents = 0;

	while (!result && type != YAML_STREAM_END_EVENT) {
		result = next_event(source, &event);
		if (result)
			return result;
		type = event.type;
		if (type == YAML_DOCUMENT_START_EVENT && ++documents > 1)
			result = refuse(source, event.start_mark.line + 1,
			        "found a second document (---), expected the end");
		else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT ||
		         type == YAML_MAPPING_START_EVENT || type == YAML_ALIAS_EVENT)
			result = check_event(source, &event);
		if (!result && (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT ||
		                       type == YAML_MAPPING_START_EVENT))
			result = read_value(source, &event, 0, out);
		yaml_event_delete(&event);
	}
	return result;
}

enum result tree_parse(
        const char *name, const char *text, size_t size, struct tree **out, struct err *err)
{
	struct source source = {.name = name, .text = text, .size = size, .err = err};
	struct tree *tree = alloc_zero(1, sizeof(*tree));
	enum result result;

	if (!yaml_parser_initialize(&source.parser))
		abort(); /* libyaml fails here for want of memory only */
	yaml_parser_set_encoding(&source.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&source.parser, (const unsigned char *)text, size);
	tree->text = alloc_string(""); /* an empty file has no event for a value */
	result = read_document(&source, tree);
	tree->line = tree->line ? tree->line : 1;
	yaml_parser_delete(&source.parser);
	if (result)
		tree_free(&tree);
	*out = tree;
	return result;
}

static void free_inside(struct tree *tree)
{
	size_t i;

	for (i = 0; i < tree->count; i++)
		free_inside(&tree->items[i]);
	free(tree->items);
	free(tree->key);
	free(tree->text);
}

void tree_free(struct tree **tree)
{
	if (!*tree)
		return;
	free_inside(*tree);
	free(*tree);
	*tree = NULL;
}

const struct tree *tree_get(const struct tree *map, const char *key)
{
	size_t i;

	for (i = 0; map && i < map->count; i++)
		if (map->items[i].key && !strcmp(map->items[i].key, key))
			return &map->items[i];
	return NULL;
}

int tree_is_nothing(const struct tree *tree)
{
	return tree->kind == TREE_TEXT && !tree->quoted && !tree->text[0];
}
