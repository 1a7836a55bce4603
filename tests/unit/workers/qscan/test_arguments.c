#include "workers/qscan/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_WORDS = 16 };

static struct arguments arguments;
static char *words[MOST_WORDS];
static int count;

/* Splits a line at its blanks, as a shell would; gives what arguments_take() gives. */
static int take(char *line)
{
	char *save;

	count = 0;
	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	words[count] = NULL;
	return arguments_take(&arguments, &count, words);
}

static void several_files_may_follow_and_options_between_them(void **state)
{
	char line[] = "qscan -c conf --explain a.eml b.eml --json - --to x@y c.eml";

	assert_true(take(line));
	assert_int_equal(arguments.explain_count, 4);
	assert_string_equal(arguments.explain[0], "a.eml");
	assert_string_equal(arguments.explain[1], "b.eml");
	assert_string_equal(arguments.explain[2], "-");
	assert_string_equal(arguments.explain[3], "c.eml");
	assert_true(arguments.json);
	assert_int_equal(arguments.to_count, 1);
	assert_int_equal(count, 3);
	assert_string_equal(words[2], "conf");
	arguments_fini(&arguments);
}

static void other_words_are_left_to_others(void **state)
{
	char line[] = "qscan stray --check";

	assert_true(take(line));
	assert_int_equal(arguments.explain_count, 0);
	assert_int_equal(count, 3);
	arguments_fini(&arguments);
}

static void a_preview_has_a_bounded_number_of_lines(void **state)
{
	char wanted[] = "qscan -c conf --preview 10", many[] = "qscan --preview 10001",
	     content[] = "qscan --content abc";

	assert_true(take(wanted));
	assert_true(arguments.is_preview);
	assert_int_equal(arguments.lines, 10);
	assert_null(arguments.content);
	arguments_fini(&arguments);
	assert_false(take(many));
	arguments_fini(&arguments);
	assert_true(take(content));
	assert_string_equal(arguments.content, "abc");
	arguments_fini(&arguments);
}

static void a_missing_or_wrong_value_is_refused(void **state)
{
	char missing[] = "qscan --explain", wrong[] = "qscan --control-fd x";

	assert_false(take(missing));
	arguments_fini(&arguments);
	assert_false(take(wrong));
	arguments_fini(&arguments);
}

static void a_rule_stands_right_behind_its_word(void **state)
{
	char show[] = "qscan --rules show GTUBE -c conf --json",
	     list[] = "qscan --rules list -c conf";

	assert_true(take(show));
	assert_string_equal(arguments.rules, "show");
	assert_string_equal(arguments.rule, "GTUBE");
	assert_true(arguments.json);
	assert_int_equal(count, 3);
	arguments_fini(&arguments);
	assert_true(take(list));
	assert_string_equal(arguments.rules, "list");
	assert_null(arguments.rule);
	assert_int_equal(count, 3);
	arguments_fini(&arguments);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(several_files_may_follow_and_options_between_them),
	        cmocka_unit_test(other_words_are_left_to_others),
	        cmocka_unit_test(a_preview_has_a_bounded_number_of_lines),
	        cmocka_unit_test(a_missing_or_wrong_value_is_refused),
	        cmocka_unit_test(a_rule_stands_right_behind_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
