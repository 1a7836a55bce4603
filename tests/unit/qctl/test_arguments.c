#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qctl/arguments.h"

static const struct argument_option first[] = {{"c", "FILE", ""}, {"json", NULL, ""}, {0}};
static const struct argument_option second[] = {{"to", "ADDRESS", ""}, {0}};
static const struct argument_option *const tables[] = {first, second, NULL};

static enum result parse(struct arguments *out, const char *line)
{
	static char text[256];
	static char *words[32];
	char *rest = NULL, *word;
	struct err err;
	int count = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	return arguments_parse(tables, count, words, out, &err);
}

static void options_and_words_may_be_mixed(void **state)
{
	struct arguments found;

	assert_int_equal(parse(&found, "one --to a@x -c file two --json --to=b@x"), RESULT_OK);
	assert_int_equal(found.word_count, 2);
	assert_string_equal(found.words[1], "two");
	assert_string_equal(arguments_value(&found, "c"), "file");
	assert_string_equal(arguments_value(&found, "to"), "b@x");
	assert_string_equal(arguments_nth(&found, "to", 0), "a@x");
	assert_string_equal(arguments_nth(&found, "to", 1), "b@x");
	assert_null(arguments_nth(&found, "to", 2));
	assert_non_null(arguments_value(&found, "json"));
	arguments_free(&found);
}

static void two_dashes_end_the_options(void **state)
{
	struct arguments found;

	assert_int_equal(parse(&found, "--json -- --to -"), RESULT_OK);
	assert_int_equal(found.word_count, 2);
	assert_string_equal(found.words[0], "--to");
	assert_null(arguments_value(&found, "to"));
	arguments_free(&found);
}

static void wrong_usage_is_refused(void **state)
{
	static const char *const wrong[] = {
	        "--nosuch", "-to a", "--c file", "--to", "--json=yes", "-x", "-cfile"};
	struct arguments found;
	size_t at;

	for (at = 0; at < sizeof(wrong) / sizeof(wrong[0]); at++)
		if (parse(&found, wrong[at]) != RESULT_PERMANENT)
			fail_msg("\"%s\" was taken", wrong[at]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(options_and_words_may_be_mixed),
	        cmocka_unit_test(two_dashes_end_the_options),
	        cmocka_unit_test(wrong_usage_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
