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

static const char *hostile_text(const void *context, const char *name, int entry)
{
	return context;
}

static int no_list(const void *context, const char *name)
{
	return -1;
}

static int endless(const void *context, const char *name)
{
	return 1000000;
}

static void expect_form(enum template_form form, const char *source, int parts, const char *wanted)
{
	struct template_values values = {.text = text_of, .count = count_of, .context = &parts};
	struct template *template = NULL;
	struct buf out = {0};
	struct err err;

	const struct template_source read = {
	        .name = "t", .line = 1, .text = source, .names = names};

	assert_int_equal(template_new(&read, &template, &err), RESULT_OK);
	template_fill(template, form, &values, &out);
	buf_add(&out, "", 0);
	assert_string_equal(out.data, wanted);
	buf_fini(&out);
	template_free(&template);
}

static void expect_filled(const char *source, int parts, const char *wanted)
{
	expect_form(TEMPLATE_TEXT, source, parts, wanted);
}

static void expect_refused(const char *source, const char *wanted)
{
	struct template *template = NULL;
	struct err err;

	const struct template_source read = {
	        .name = "t", .line = 1, .text = source, .names = names};

	assert_int_equal(template_new(&read, &template, &err), RESULT_PERMANENT);
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
	expect_refused("a\nb {{nonsense}}",
	        "t:2: found nonsense, expected one of the variables in qnotify(8)");
	expect_refused("{{#held}}\nx", "t:2: found the end, expected {{/held}}");
	expect_refused("{{/held}}", "t:1: found {{/held}}, expected {{#held}} or {{^held}} before");
	expect_refused(
	        "{{#held}}{{#empty}}{{/held}}", "t:1: found {{/held}}, expected {{/empty}} before");
	expect_refused("{{subject", "t:1: found {{ without an end, expected }}");
	expect_refused("{{}}", "t:1: found {{}}, expected a variable's name in it");
}

static void test_nesting_is_bounded(void **state)
{
	static const char *const nine[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", NULL};
	struct template_source source = {.name = "t", .line = 1, .names = nine};
	struct template *template = NULL;
	struct err err;

	source.text = "{{#a}}{{#b}}{{#c}}{{#d}}{{#e}}{{#f}}{{#g}}{{#h}}{{#i}}";
	assert_int_equal(template_new(&source, &template, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "t:1: found {{#i}} in 8 sections, expected fewer");
}

static void test_a_list_within_itself_is_refused(void **state)
{
	expect_refused("{{#parts}}\n{{^held}}{{#parts}}",
	        "t:2: found the section parts within itself, expected {{/parts}}");
	expect_filled("{{#parts}}a{{/parts}}{{#parts}}b{{/parts}}", 2, "aabb");
}

static void test_in_html_a_value_is_escaped_and_the_template_is_not(void **state)
{
	static const char hostile[] = "<script>\"&'</script>";
	struct template_values values = {
	        .text = hostile_text, .count = no_list, .context = hostile};
	const struct template_source source = {
	        .name = "t", .line = 1, .text = "<b>{{subject}}</b>", .names = names};
	struct template *template = NULL;
	struct buf out = {0};
	struct err err;

	assert_int_equal(template_new(&source, &template, &err), RESULT_OK);
	template_fill(template, TEMPLATE_HTML, &values, &out);
	assert_string_equal(out.data, "<b>&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;</b>");
	buf_clear(&out);
	template_fill(template, TEMPLATE_TEXT, &values, &out);
	assert_string_equal(out.data, "<b><script>\"&'</script></b>");
	buf_fini(&out);
	template_free(&template);
}

static void test_what_is_filled_is_bounded(void **state)
{
	struct template_values values = {.text = text_of, .count = endless, .context = NULL};
	const struct template_source source = {.name = "t",
	        .line = 1,
	        .text = "{{#parts}}0123456789012345678901234567890123456789{{/parts}}",
	        .names = names};
	struct template *template = NULL;
	struct buf out = {0};
	struct err err;

	assert_int_equal(template_new(&source, &template, &err), RESULT_OK);
	template_fill(template, TEMPLATE_TEXT, &values, &out);
	assert_in_range(out.size, TEMPLATE_FILLED_MOST, TEMPLATE_FILLED_MOST + 40);
	buf_fini(&out);
	template_free(&template);
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
	        cmocka_unit_test(test_a_list_within_itself_is_refused),
	        cmocka_unit_test(test_in_html_a_value_is_escaped_and_the_template_is_not),
	        cmocka_unit_test(test_what_is_filled_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
