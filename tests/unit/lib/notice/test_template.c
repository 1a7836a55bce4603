#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/notice/template.h"

static const char *const names[] = {"subject", "held", "parts", "name", "empty", NULL};

static const char *text_of(const void *context, const char *name, int entry)
{
	static const char *const part_names[] = {"a.exe", "{{subject}}"};

	if (entry >= 0)
		return strcmp(name, "name") == 0 ? part_names[entry] : NULL;
	if (strcmp(name, "subject") == 0)
		return "Hello";
	return strcmp(name, "held") == 0 ? "yes" : "";
}

static int count_of(const void *context, const char *name)
{
	return strcmp(name, "parts") == 0 ? *(const int *)context : -1;
}

static void expect_filled(const char *source, int parts, const char *wanted)
{
	struct template_values values = {.text = text_of, .count = count_of, .context = &parts};
	struct template *template = NULL;
	struct buf out = {0};
	struct err err;

	assert_int_equal(template_new("t", source, names, &template, &err), RESULT_OK);
	template_fill(template, &values, &out);
	buf_add(&out, "", 0);
	assert_string_equal(out.data, wanted);
	buf_fini(&out);
	template_free(&template);
}

static void expect_refused(const char *source, const char *wanted)
{
	struct template *template = NULL;
	struct err err;

	assert_int_equal(template_new("t", source, names, &template, &err), RESULT_PERMANENT);
	assert_null(template);
	assert_string_equal(err.text, wanted);
}

static void test_variables_are_filled_in(void **state)
{
	expect_filled("Say {{subject}}!", 0, "Say Hello!");
	expect_filled("no holes { } }}", 0, "no holes { } }}");
}

static void test_sections_stand_only_where_there_is_something(void **state)
{
	expect_filled("{{#held}}A{{/held}}{{^held}}B{{/held}}", 0, "A");
	expect_filled("{{#empty}}A{{/empty}}{{^empty}}B{{/empty}}", 0, "B");
	expect_filled("{{^parts}}none{{/parts}}", 0, "none");
}

static void test_a_list_is_repeated_and_sees_what_is_around_it(void **state)
{
	expect_filled("{{#parts}}{{name}} of {{subject}};{{/parts}}", 2,
	        "a.exe of Hello;{{subject}} of Hello;");
}

static void test_a_value_is_never_read_as_a_template(void **state)
{
	expect_filled("{{#parts}}[{{name}}]{{/parts}}", 2, "[a.exe][{{subject}}]");
}

static void test_a_section_tag_alone_on_its_line_leaves_no_line(void **state)
{
	expect_filled("a\n{{#held}}\nb\n{{/held}}\nc\n", 0, "a\nb\nc\n");
}

static void test_what_is_wrong_is_told_with_its_line(void **state)
{
	expect_refused("a\nb {{nonsense}}", "t:2: there is no such variable: nonsense");
	expect_refused("{{#held}}\nx", "t:2: this section is not closed: held");
	expect_refused("{{/held}}", "t:1: this section was never opened: held");
	expect_refused(
	        "{{#held}}{{#empty}}{{/held}}", "t:1: another section must be closed first: empty");
	expect_refused("{{subject", "t:1: expected }} after {{");
	expect_refused("{{}}", "t:1: expected a variable's name between {{ and }}");
}

static void test_nesting_is_bounded(void **state)
{
	char source[9 * 10 + 1] = "";
	int depth;

	for (depth = 0; depth < 9; depth++)
		strcat(source, "{{#held}}");
	expect_refused(source, "t:1: sections are nested too deeply: held");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_variables_are_filled_in),
	        cmocka_unit_test(test_sections_stand_only_where_there_is_something),
	        cmocka_unit_test(test_a_list_is_repeated_and_sees_what_is_around_it),
	        cmocka_unit_test(test_a_value_is_never_read_as_a_template),
	        cmocka_unit_test(test_a_section_tag_alone_on_its_line_leaves_no_line),
	        cmocka_unit_test(test_what_is_wrong_is_told_with_its_line),
	        cmocka_unit_test(test_nesting_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
