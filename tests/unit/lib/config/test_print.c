#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/config/config.h"
#include "lib/config/print.h"
#include "lib/config/table.h"

static const char needed[] = "site: {name: mail.example.org, admin: postmaster@example.org}\n"
                             "front: {next_hop: 127.0.0.1:10026}\n";

static struct config *parse(const char *text)
{
	struct config *config = NULL;
	struct err err = {0};

	if (config_parse("/x/l.yaml", text, strlen(text), &config, &err))
		fail_msg("%s\nin:\n%s", err.text, text);
	return config;
}

/* ---- two configurations, value by value ---- */

static void same_section(const struct section *section, const char *a, const char *b);

static void same_list(const struct config_list *a, const struct config_list *b)
{
	size_t i;

	assert_int_equal(a->count, b->count);
	for (i = 0; i < a->count; i++)
		assert_string_equal(a->items[i], b->items[i]);
}

static void same_rules(const struct field *field, const char *a, const char *b)
{
	size_t count, other, i;
	char *a_items, *b_items;

	memcpy(&count, a, sizeof(count));
	memcpy(&other, b, sizeof(other));
	memcpy(&a_items, a + sizeof(count), sizeof(a_items));
	memcpy(&b_items, b + sizeof(count), sizeof(b_items));
	assert_int_equal(count, other);
	for (i = 0; i < count; i++)
		same_section(field->section, a_items + i * field->section->size,
		        b_items + i * field->section->size);
}

static void same_field(const struct field *field, const char *a, const char *b)
{
	char *const *a_text = (char *const *)a, *const *b_text = (char *const *)b;

	if (field->type == FIELD_TEXT)
		assert_string_equal(*a_text, *b_text);
	else if (field->type == FIELD_LIST)
		same_list((const struct config_list *)a, (const struct config_list *)b);
	else if (field->type == FIELD_SECTION)
		same_section(field->section, a, b);
	else if (field->type == FIELD_RULES)
		same_rules(field, a, b);
	else if (field->type == FIELD_BOOL || field->type == FIELD_CHOICE)
		assert_memory_equal(a, b, sizeof(int));
	else
		assert_memory_equal(a, b, 8);
}

static void same_section(const struct section *section, const char *a, const char *b)
{
	size_t i;

	for (i = 0; i < section->count; i++)
		same_field(&section->fields[i], a + section->fields[i].offset,
		        b + section->fields[i].offset);
}

/* ---- the table ---- */

static void check_row(const struct field *field, const char *section)
{
	size_t size = field->prose ? strlen(field->prose) : 0;

	if (!size || !strchr(".?", field->prose[size - 1]))
		fail_msg("%s.%s has no prose that ends as a sentence does", section, field->key);
	if (!field->normal && !field->example && strcmp(field->key, "recipients") != 0)
		fail_msg("%s.%s is required and has no example", section, field->key);
	if (field->type == FIELD_CHOICE)
		assert_non_null(field->choices);
	if (field->type == FIELD_SECTION || field->type == FIELD_RULES)
		assert_non_null(field->section);
	if (field->word)
		assert_true(field->type == FIELD_NUMBER && field->least == 0);
	if (field->type == FIELD_NUMBER || field->type == FIELD_SIZE || field->type == FIELD_TIME)
		if (field->most <= field->least)
			fail_msg("%s.%s has no limits", section, field->key);
}

static void check_rows(const struct section *section, const char *name)
{
	size_t i, k;

	for (i = 0; i < section->count; i++) {
		const struct field *field = &section->fields[i];
		check_row(field, name);
		for (k = 0; k < i; k++)
			assert_string_not_equal(section->fields[k].key, field->key);
		if (field->section)
			check_rows(field->section, field->key);
	}
}

static void every_row_has_prose_limits_and_examples(void **state)
{
	check_rows(&table_root, "");
}

/* Whatever the table says is a default passes the checks of the table. */
static void every_default_is_right(void **state)
{
	struct config *config = parse(needed);

	assert_int_equal(config->policies.count, 0);
	assert_int_equal(config->attachments.count, 7);
	config_free(&config);
}

static char *nested_example(const struct field *section, const struct field *rules)
{
	struct buf text = {0};
	const char *line;

	buf_add_format(&text, "%s%s:\n", needed, section ? section->key : rules->key);
	if (section)
		buf_add_format(&text, "  %s:\n", rules->key);
	for (line = rules->example; *line; line += strcspn(line, "\n") + 1)
		buf_add_format(&text, "    %.*s\n", (int)strcspn(line, "\n"), line);
	return buf_give(&text);
}

static void every_example_of_rules_is_right(void **state)
{
	const struct field *top, *field;
	struct config *config;
	unsigned tried = 0;
	size_t i, k;
	char *text;

	for (i = 0; i < table_root.count; i++) {
		top = &table_root.fields[i];
		for (k = 0; k < top->section->count; k++) {
			field = top->type == FIELD_RULES ? top : &top->section->fields[k];
			if (field->type != FIELD_RULES || !field->example)
				continue;
			text = nested_example(field == top ? NULL : top, field);
			config = parse(text);
			config_free(&config);
			free(text);
			tried++;
		}
	}
	assert_true(tried >= 3);
}

/* ---- the sample ---- */

static void the_sample_works_as_it_stands(void **state)
{
	struct config *config, *normal = parse(needed);
	struct buf sample = {0};

	config_print_sample(&sample);
	config = parse(sample.data);
	same_section(&table_root, (char *)config, (char *)normal);
	config_free(&config);
	config_free(&normal);
	buf_fini(&sample);
}

/* Removes the # of a setting: an even number of spaces is behind it. */
static void add_line(struct buf *out, const char *line, size_t size)
{
	size_t blanks = line[0] == '#' ? strspn(line + 1, " ") : 1;

	if (line[0] == '#' && blanks % 2 == 0)
		buf_add(out, line + 1, size - 1);
	else
		buf_add(out, line, size);
	buf_add_char(out, '\n');
}

static void the_sample_without_its_marks_is_the_defaults(void **state)
{
	struct config *config, *normal = parse(needed);
	struct buf sample = {0}, bare = {0};
	const char *line;
	size_t size;

	config_print_sample(&sample);
	for (line = sample.data; *line; line += size + 1) {
		size = strcspn(line, "\n");
		add_line(&bare, line, size);
	}
	assert_true(strstr(bare.data, "\n  run_dir: /run/lazaret\n") != NULL);
	assert_true(strstr(bare.data, "\n    ambiguous: quarantine\n") != NULL);
	config = parse(bare.data);
	same_section(&table_root, (char *)config, (char *)normal);
	config_free(&config);
	config_free(&normal);
	buf_fini(&sample);
	buf_fini(&bare);
}

static void sample_lines_are_short(void **state)
{
	struct buf sample = {0};
	const char *line;
	size_t size;

	config_print_sample(&sample);
	for (line = sample.data; *line; line += size + 1) {
		size = strcspn(line, "\n");
		if (size > 110)
			fail_msg("%.*s", (int)size, line);
	}
	buf_fini(&sample);
}

/* ---- the man page ---- */

static void the_man_page_names_every_section(void **state)
{
	struct buf page = {0};
	char *heading;
	size_t i;

	config_print_man(&page);
	for (i = 0; i < table_root.count; i++) {
		heading = alloc_format("\n.Ss %s\n", table_root.fields[i].key);
		assert_non_null(strstr(page.data, heading));
		free(heading);
	}
	buf_fini(&page);
}

static void the_committed_man_page_is_what_the_table_prints(void **state)
{
	struct buf page = {0}, committed = {0};
	struct err err = {0};

	config_print_man(&page);
	if (file_read("man/lazaret.yaml.5", 1 << 20, &committed, &err))
		fail_msg("%s: run `make man/lazaret.yaml.5`", err.text);
	if (page.size != committed.size || memcmp(page.data, committed.data, page.size) != 0)
		fail_msg("man/lazaret.yaml.5 is out of date: run `make man/lazaret.yaml.5`");
	buf_fini(&page);
	buf_fini(&committed);
}

static void read_document(const char *path, struct buf *out)
{
	struct err err = {0};

	if (file_read(path, 1 << 20, out, &err))
		fail_msg("%s", err.text);
	buf_add(out, "", 0);
}

static void the_document_says_what_each_trait_is(void **state)
{
	struct buf text = {0};
	enum trait trait;
	char *row;

	read_document("docs/ATTACHMENTS.md", &text);
	for (trait = 0; trait < TRAITS; trait++) {
		row = alloc_format("| `%s` | %s |", trait_name(trait), trait_text(trait));
		if (!strstr(text.data, row))
			fail_msg("no row %s", row);
		free(row);
	}
	buf_fini(&text);
}

static void the_documents_examples_are_right(void **state)
{
	struct buf text = {0};
	struct config *config;
	char *start, *end, *whole;

	read_document("docs/ATTACHMENTS.md", &text);
	start = strstr(text.data, "```yaml\n");
	end = start ? strstr(start + 8, "```") : NULL;
	assert_non_null(end);
	whole = alloc_format("%s%.*s", needed, (int)(end - start - 8), start + 8);
	config = parse(whole);
	assert_int_equal(config->attachments.count, 7);
	config_free(&config);
	free(whole);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_row_has_prose_limits_and_examples),
	        cmocka_unit_test(every_default_is_right),
	        cmocka_unit_test(every_example_of_rules_is_right),
	        cmocka_unit_test(the_sample_works_as_it_stands),
	        cmocka_unit_test(the_sample_without_its_marks_is_the_defaults),
	        cmocka_unit_test(sample_lines_are_short),
	        cmocka_unit_test(the_man_page_names_every_section),
	        cmocka_unit_test(the_committed_man_page_is_what_the_table_prints),
	        cmocka_unit_test(the_document_says_what_each_trait_is),
	        cmocka_unit_test(the_documents_examples_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
