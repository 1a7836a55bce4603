#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/hyper/hyper.h"

static const struct hyper_pattern patterns[] = {
        {"buy\\s+now", HYPER_CASELESS},
        {"^a.b$", HYPER_DOTALL},
        {NULL, 0},
        {"(?<!x)y{2,300}z", 0},
        {"(a)\\1", 0},
        {"q*", 0},
        {"\xc3\xa9t\xc3\xa9", HYPER_CASELESS},
        {"(?>unclosed", 0},
        {"(?:(?:your|the|her|his)\\s(?:name|town|street|country|telephone)\\s?[,.:]?\\s?){3}", 0},
        {"vi(?:a|\\xe0|\\xc3[\\xa0])gra|\\xe2\\x82\\xac ?[0-9]", HYPER_CASELESS},
        {"(?:$|\\W)(?=o)opt", 0},
};

enum { COUNT = sizeof(patterns) / sizeof(*patterns) };

static struct buf made;

static int make(void **state)
{
	struct err err = {""};

	if (!hyper_is_here())
		return 0;
	if (hyper_compile(patterns, COUNT, NULL, NULL, &made, &err))
		return -1;
	return 0;
}

static int forget(void **state)
{
	buf_fini(&made);
	return 0;
}

static struct hyper *opened(void)
{
	struct hyper *hyper = NULL;
	struct err err = {""};

	if (!hyper_is_here())
		skip();
	if (hyper_open(made.data, made.size, patterns, COUNT, &hyper, &err))
		fail_msg("%s", err.text);
	return hyper;
}

static void note(void *context, size_t pattern)
{
	((int *)context)[pattern]++;
}

/* Digits of the patterns that are named for the text; the next character is that of the tenth. */
static void names(const struct hyper *hyper, const char *text, const char *want)
{
	int found[COUNT] = {0};
	char got[COUNT + 1], *at = got;

	assert_int_equal(hyper_scan(hyper, text, strlen(text), note, found), RESULT_OK);
	for (int i = 0; i < COUNT; i++) {
		if (found[i])
			*at++ = (char)('0' + i);
		assert_true(found[i] <= 1);
	}
	*at = '\0';
	assert_string_equal(got, want);
}

static void each_pattern_that_could_match_is_named_once(void **state)
{
	struct hyper *hyper = opened();

	names(hyper, "Buy  NOW, buy now, buy now", "0");
	names(hyper, "a\nb", "1");
	names(hyper, "nothing", "");
	names(hyper, "", "");
	names(hyper, "yyyz buy now", "03");
	/* In Latin-1 \xe3 is \xc3 in small. */
	names(hyper, "\xe3\xa9T\xc3\xa9", "6");
	hyper_free(&hyper);
	assert_null(hyper);
}

static void a_long_group_is_named_when_it_was_found_often_enough(void **state)
{
	struct hyper *hyper = opened();

	names(hyper, "your name, her town.", "");
	names(hyper, "your name, her town: his street.", "8");
	/* The same places end in several ways, and the next text begins anew. */
	names(hyper, "your name , , her town", "");
	names(hyper, "your name .     her town ,      and so on", "");
	names(hyper, "your name then her town and the country", "8");
	hyper_free(&hyper);
}

static void texts_with_bytes_above_ascii_and_without_are_told_the_same(void **state)
{
	static const char *const ends[] = {"", " \xc3\xa9", "\xff"};
	struct hyper *hyper = opened();
	char text[100];

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		snprintf(text, sizeof(text), "ViAgra, buy now%s", ends[i]);
		names(hyper, text, "09");
		snprintf(text, sizeof(text), "your name, his town, her street %s", ends[i]);
		names(hyper, text, "8");
		snprintf(text, sizeof(text), "vigra. ete 9%s", ends[i]);
		names(hyper, text, "");
	}
	names(hyper, "12345678vi\xc3\xa0gra", "9");
	names(hyper, "1234567\xe2\x82\xac 9", "9");
	names(hyper, "\xe2\x82\xac 9!", "9");
	hyper_free(&hyper);
}

static void what_all_need_a_byte_above_ascii_is_not_looked_for_without(void **state)
{
	static const struct hyper_pattern high[] = {{"\\xe9z", 0}, {"[\\xc0-\\xff]b", 0}};
	struct hyper *hyper = NULL;
	struct buf bytes = {0};
	struct err err = {""};

	if (!hyper_is_here())
		skip();
	assert_int_equal(hyper_compile(high, 2, NULL, NULL, &bytes, &err), RESULT_OK);
	assert_int_equal(hyper_open(bytes.data, bytes.size, high, 2, &hyper, &err), RESULT_OK);
	assert_true(hyper_has(hyper, 0) && hyper_has(hyper, 1));
	names(hyper, "zbzb", "");
	names(hyper, "\xe9y\xe9z", "0");
	hyper_free(&hyper);
	buf_fini(&bytes);
}

static void an_end_in_the_middle_is_looked_for_elsewhere_too(void **state)
{
	struct hyper *hyper = opened();

	assert_true(hyper_has(hyper, 10));
	names(hyper, "to opt out", ":");
	names(hyper, "to op", "");
	hyper_free(&hyper);
}

static void patterns_that_cannot_be_in_are_told(void **state)
{
	struct hyper *hyper = opened();

	assert_true(hyper_has(hyper, 0) && hyper_has(hyper, 1) && hyper_has(hyper, 3));
	assert_false(hyper_has(hyper, 2));
	/* It matches everywhere, so it would be of no use. */
	assert_false(hyper_has(hyper, 5));
	assert_false(hyper_has(hyper, 7));
	assert_false(hyper_has(hyper, COUNT));
	assert_in_range(hyper_count(hyper), 7, 8);
	assert_true(hyper_size(hyper) > 0);
	hyper_free(&hyper);
}

static void a_forked_process_scans_by_itself(void **state)
{
	struct hyper *hyper = opened();
	pid_t child = fork();
	int status;

	if (child == 0) {
		int found[COUNT] = {0};

		hyper_scan(hyper, "buy now", 7, note, found);
		_exit(found[0] == 1 ? 0 : 1);
	}
	names(hyper, "a-b", "1");
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	hyper_free(&hyper);
}

static void a_database_of_other_patterns_is_not_used(void **state)
{
	struct hyper_pattern other[COUNT];
	struct hyper *hyper = NULL;
	struct err err = {""};

	if (!hyper_is_here())
		skip();
	memcpy(other, patterns, sizeof(other));
	other[1].text = "^a.c$";
	assert_int_equal(hyper_open(made.data, made.size, other, COUNT, &hyper, &err), RESULT_NONE);
	assert_non_null(strstr(err.text, "other rules"));
	memcpy(other, patterns, sizeof(other));
	other[1].flags = 0;
	assert_int_equal(hyper_open(made.data, made.size, other, COUNT, &hyper, &err), RESULT_NONE);
	assert_int_equal(
	        hyper_open(made.data, made.size, patterns, COUNT - 1, &hyper, &err), RESULT_NONE);
	assert_null(hyper);
}

static void a_damaged_database_is_not_used(void **state)
{
	struct hyper *hyper = NULL;
	char *bytes;
	struct err err;

	if (!hyper_is_here())
		skip();
	bytes = alloc_bytes(made.data, made.size);
	for (size_t at = 0; at < made.size; at += 1 + made.size / 200) {
		bytes[at] ^= 0x40;
		assert_int_not_equal(
		        hyper_open(bytes, made.size, patterns, COUNT, &hyper, &err), RESULT_OK);
		bytes[at] ^= 0x40;
	}
	for (size_t size = 0; size < made.size; size += 1 + made.size / 200)
		assert_int_not_equal(
		        hyper_open(bytes, size, patterns, COUNT, &hyper, &err), RESULT_OK);
	assert_null(hyper);
	free(bytes);
}

static void no_patterns_make_a_database_that_names_nothing(void **state)
{
	struct hyper *hyper = NULL;
	struct buf empty = {0};
	struct err err;

	if (!hyper_is_here())
		skip();
	assert_int_equal(hyper_compile(patterns, 0, NULL, NULL, &empty, &err), RESULT_OK);
	assert_int_equal(hyper_open(empty.data, empty.size, patterns, 0, &hyper, &err), RESULT_OK);
	assert_int_equal(hyper_scan(hyper, "x", 1, note, NULL), RESULT_OK);
	hyper_free(&hyper);
	buf_fini(&empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_pattern_that_could_match_is_named_once),
	        cmocka_unit_test(a_long_group_is_named_when_it_was_found_often_enough),
	        cmocka_unit_test(texts_with_bytes_above_ascii_and_without_are_told_the_same),
	        cmocka_unit_test(what_all_need_a_byte_above_ascii_is_not_looked_for_without),
	        cmocka_unit_test(an_end_in_the_middle_is_looked_for_elsewhere_too),
	        cmocka_unit_test(patterns_that_cannot_be_in_are_told),
	        cmocka_unit_test(a_forked_process_scans_by_itself),
	        cmocka_unit_test(a_database_of_other_patterns_is_not_used),
	        cmocka_unit_test(a_damaged_database_is_not_used),
	        cmocka_unit_test(no_patterns_make_a_database_that_names_nothing),
	};

	return cmocka_run_group_tests(tests, make, forget);
}
