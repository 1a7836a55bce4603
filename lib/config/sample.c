/* config_print_sample(). */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/config/config.h"
#include "lib/config/fill.h"
#include "lib/config/print.h"
#include "lib/config/table.h"

enum { LINE_MOST = 78 };

static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./@ :";

/* A text that YAML reads back as itself. */
static void add_scalar(struct buf *out, const char *text)
{
	int plain = text[0] && strspn(text, letters) == strlen(text) && !strstr(text, ": ") &&
	            !strchr(" -:@", text[0]) && !strchr(" :", text[strlen(text) - 1]);
	const char *at;

	if (plain) {
		buf_add_string(out, text);
		return;
	}
	buf_add_char(out, '\'');
	for (at = text; *at; at++) {
		if (*at == '\'')
			buf_add_char(out, '\'');
		buf_add_char(out, *at);
	}
	buf_add_char(out, '\'');
}

static void add_prose(struct buf *out, const char *text)
{
	size_t column = 0, word;

	for (; *text; text += word + (text[word] == ' ')) {
		word = strcspn(text, " ");
		if (!column || column + 1 + word > LINE_MOST) {
			buf_add_string(out, column ? "\n#" : "#");
			column = 1;
		}
		buf_add_char(out, ' ');
		buf_add(out, text, word);
		column += word + 1;
	}
	buf_add_char(out, '\n');
}

/* Each line of a YAML text, with `before` in front. */
static void add_lines(struct buf *out, const char *before, unsigned depth, const char *text)
{
	size_t size;

	for (; *text; text += size + (text[size] == '\n')) {
		size = strcspn(text, "\n");
		buf_add_format(out, "%s%*s%.*s\n", before, (int)(2 * depth), "", (int)size, text);
	}
}

static void add_rules(struct buf *out, const struct field *field, unsigned depth)
{
	if (field->example) {
		buf_add_string(out, "# For example:\n");
		buf_add_format(out, "# %*s%s:\n", (int)(2 * depth), "", field->key);
		add_lines(out, "# ", depth + 1, field->example);
	}
	if (strcmp(field->normal, "[]") == 0) {
		buf_add_format(out, "#%*s%s: []\n", (int)(2 * depth), "", field->key);
		return;
	}
	buf_add_format(out, "#%*s%s:\n", (int)(2 * depth), "", field->key);
	add_lines(out, "#", depth + 1, field->normal);
}

static void add_setting(
        struct buf *out, const struct config *normal, const struct field *field, unsigned depth)
{
	char *value = fill_expand(normal, field->normal ? field->normal : field->example, 1);

	buf_add_format(
	        out, "%s%*s%s: ", field->normal ? "#" : "", (int)(2 * depth), "", field->key);
	if (field->type == FIELD_LIST)
		buf_add_string(out, value);
	else
		add_scalar(out, value);
	buf_add_char(out, '\n');
	free(value);
}

static void add_expectation(struct buf *out, const struct field *field)
{
	struct buf text = {0};

	buf_add_char(&text, '(');
	field_expects(field, &text);
	if (field->example && field->normal)
		buf_add_format(&text, "; for example %s", field->example);
	buf_add_char(&text, ')');
	add_prose(out, text.data);
	buf_fini(&text);
}

static void add_section(
        struct buf *out, const struct config *normal, const struct section *section, unsigned depth)
{
	const struct field *field;
	size_t i;

	for (i = 0; i < section->count; i++) {
		field = &section->fields[i];
		buf_add_char(out, '\n');
		add_prose(out, field->prose);
		if (field->type == FIELD_SECTION) {
			/* Left open, so that one line below can be used by itself. */
			buf_add_format(out, "%*s%s:\n", (int)(2 * depth), "", field->key);
			add_section(out, normal, field->section, depth + 1);
		} else if (field->type == FIELD_RULES) {
			add_rules(out, field, depth);
		} else {
			add_expectation(out, field);
			add_setting(out, normal, field, depth);
		}
	}
}

static const struct field *find_field(const char *section, const char *key)
{
	const struct section *keys = &table_root;
	size_t i = 0, k = 0;

	while (strcmp(table_root.fields[i].key, section) != 0)
		i++;
	keys = table_root.fields[i].section;
	while (strcmp(keys->fields[k].key, key) != 0)
		k++;
	return &keys->fields[k];
}

void config_print_sample(struct buf *out)
{
	/* What `<section.key>` stands for, where nothing was changed. */
	const struct config normal = {
	        .site.name = (char *)find_field("site", "name")->example,
	        .site.run_dir = (char *)find_field("site", "run_dir")->normal,
	        .site.state_dir = (char *)find_field("site", "state_dir")->normal,
	        .site.admin = (char *)find_field("site", "admin")->example,
	        .front.next_hop = (char *)find_field("front", "next_hop")->example,
	};

	buf_add_string(out, "# Configuration of Lazaret: see lazaret.yaml(5), and check it with\n"
	                    "# `qctl check`. Lines without a # are needed; all others show the\n"
	                    "# defaults: to change one, remove its # and nothing else.\n");
	add_section(out, &normal, &table_root, 0);
}
