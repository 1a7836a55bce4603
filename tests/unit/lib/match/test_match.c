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

#include "lib/base/clock.h"
#include "lib/match/match.h"

static struct match *compiled(const char *pattern, unsigned flags)
{
	struct match *match = NULL;
	struct err err = {""};

	assert_int_equal(match_new(pattern, flags, &match, &err), RESULT_OK);
	assert_non_null(match);
	return match;
}

static enum result once(const char *pattern, unsigned flags, const char *text)
{
	struct match *match = compiled(pattern, flags);
	enum result result = match_find(match, text, strlen(text), 0, NULL, NULL);

	match_free(&match);
	assert_null(match);
	return result;
}

static void a_match_gives_its_range(void **state)
{
	struct match *match = compiled("b+", 0);
	size_t start = 0, end = 0;

	assert_int_equal(match_find(match, "aabbbc", 6, 0, &start, &end), RESULT_OK);
	assert_int_equal(start, 2);
	assert_int_equal(end, 5);
	assert_int_equal(match_find(match, "aabbbc", 6, 4, &start, &end), RESULT_OK);
	assert_int_equal(start, 4);
	assert_int_equal(match_find(match, "aabbbc", 6, 5, &start, &end), RESULT_NONE);
	assert_int_equal(match_find(match, "aabbbc", 6, 7, &start, &end), RESULT_NONE);
	match_free(&match);
}

static void flags_mean_what_perl_means(void **state)
{
	assert_int_equal(once("abc", 0, "ABC"), RESULT_NONE);
	assert_int_equal(once("abc", MATCH_CASELESS, "ABC"), RESULT_OK);
	assert_int_equal(once("^b", 0, "a\nb"), RESULT_NONE);
	assert_int_equal(once("^b", MATCH_MULTILINE, "a\nb"), RESULT_OK);
	assert_int_equal(once("a.b", 0, "a\nb"), RESULT_NONE);
	assert_int_equal(once("a.b", MATCH_DOTALL, "a\nb"), RESULT_OK);
	assert_int_equal(once("a b # c", MATCH_EXTENDED, "ab"), RESULT_OK);
	assert_int_equal(once("^.$", 0, "\xc3\xa4"), RESULT_NONE);
	assert_int_equal(once("^.$", MATCH_UTF, "\xc3\xa4"), RESULT_OK);
}

static void an_empty_text_can_match(void **state)
{
	struct match *match = compiled("^$", 0);

	assert_int_equal(match_find(match, NULL, 0, 0, NULL, NULL), RESULT_OK);
	match_free(&match);
}

static void bytes_that_are_no_utf8_do_not_stop_a_utf8_pattern(void **state)
{
	struct match *match = compiled("x", MATCH_UTF);
	size_t start = 0;

	assert_int_equal(match_find(match, "\xff\xc3x", 3, 0, &start, NULL), RESULT_OK);
	assert_int_equal(start, 2);
	assert_int_equal(match_find(match, "\xc3\xa4x", 3, 1, &start, NULL), RESULT_OK);
	match_free(&match);
}

static void a_bad_pattern_is_permanent_and_says_where(void **state)
{
	struct match *match = NULL;
	struct err err = {""};

	assert_int_equal(match_new("a(b", 0, &match, &err), RESULT_PERMANENT);
	assert_null(match);
	assert_non_null(strstr(err.text, "at offset 3"));
	assert_int_equal(match_new("a\\Cb", 0, &match, &err), RESULT_PERMANENT);
}

static void a_pattern_that_nests_too_deep_is_refused(void **state)
{
	char pattern[2002];
	struct match *match = NULL;

	memset(pattern, '(', 1000);
	memset(pattern + 1000, ')', 1000);
	pattern[2000] = '\0';
	assert_int_equal(match_new(pattern, 0, &match, NULL), RESULT_PERMANENT);
}

static void a_catastrophic_pattern_gives_up_quickly(void **state)
{
	static const char *const patterns[] = {
	        "^(a+)+$", "(?:a|aa)+$", "(*NO_JIT)^(a+)+$", "^(?:a?){60}a{60}[bc]"};
	char text[4001];
	int64_t began;

	memset(text, 'a', 4000);
	text[3999] = '!';
	text[4000] = '\0';
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		began = clock_monotonic_ms();
		assert_int_equal(once(patterns[i], 0, text), RESULT_TEMPORARY);
		assert_true(clock_monotonic_ms() - began < 2000);
	}
}

static void a_deep_recursion_gives_up_instead_of_overflowing(void **state)
{
	static char text[300000];

	memset(text, '(', sizeof(text) - 1);
	text[sizeof(text) - 2] = ')';
	assert_int_equal(once("^(\\((?1)*\\))$", 0, text), RESULT_TEMPORARY);
	assert_int_equal(once("(*NO_JIT)^(\\((?1)*\\))$", 0, text), RESULT_TEMPORARY);
}

static void a_forked_process_shares_the_pattern(void **state)
{
	struct match *match = compiled("virus", MATCH_CASELESS);
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(match_find(match, "a VIRUS", 7, 0, NULL, NULL) == RESULT_OK ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	match_free(&match);
}

static void latin1_letters_have_two_cases_only_where_that_is_asked_for(void **state)
{
	unsigned plain = MATCH_CASELESS, latin1 = MATCH_CASELESS | MATCH_LATIN1;

	assert_int_equal(once("\xc3\xa9", plain, "\xe3\xa9"), RESULT_NONE);
	assert_int_equal(once("\xc3\xa9", latin1, "\xe3\xa9"), RESULT_OK);
	assert_int_equal(once("\\xe3", latin1, "\xc3"), RESULT_OK);
	assert_int_equal(once("[\\xe0-\\xe5]", latin1, "\xc2"), RESULT_OK);
	assert_int_equal(once("^[^\\xe3]$", latin1, "\xc3"), RESULT_NONE);
	assert_int_equal(once("Ab", latin1, "aB"), RESULT_OK);
	/* Multiplication and division signs, sharp s and y with dots have no partner here. */
	assert_int_equal(once("\\xd7", latin1, "\xf7"), RESULT_NONE);
	assert_int_equal(once("\\xdf", latin1, "\xff"), RESULT_NONE);
	/* And none of them is a letter to \w. */
	assert_int_equal(once("\\w", latin1, "\xc3"), RESULT_NONE);
	assert_int_equal(once("\\xc3", MATCH_LATIN1, "\xe3"), RESULT_NONE);
}

static void every_byte_folds_as_latin1_does_and_no_other_way(void **state)
{
	char pattern[8], text[2] = {0};

	for (unsigned a = 1; a < 256; a++) {
		snprintf(pattern, sizeof(pattern), "\\x%02x", a);
		struct match *match = compiled(pattern, MATCH_CASELESS | MATCH_LATIN1);

		for (unsigned b = 1; b < 256; b++) {
			int is_letter = ((a | 0x20) >= 'a' && (a | 0x20) <= 'z') ||
			                (a >= 0xc0 && (a & 0x1f) != 0x17 && (a & 0x1f) != 0x1f);

			text[0] = (char)b;
			assert_int_equal(match_find(match, text, 1, 0, NULL, NULL) == RESULT_OK,
			        a == b || (is_letter && (a ^ b) == 0x20));
		}
		match_free(&match);
	}
}

static void collect(void *context, const char *name, const char *bytes, size_t size)
{
	char *all = context;

	snprintf(all + strlen(all), 100 - strlen(all), "%s=%.*s;", name, (int)size, bytes);
}

static void named_groups_are_given_with_what_they_matched(void **state)
{
	struct match *match = compiled("(?<A>a+)(?:(?<B>b)|(?<C>c*))(x)", 0);
	char all[100] = "";
	size_t start, end;

	assert_string_equal(match_group_name(match, 0), "A");
	assert_string_equal(match_group_name(match, 2), "C");
	assert_null(match_group_name(match, 3));
	assert_int_equal(
	        match_find_groups(match, "-aabx", 5, 0, &start, &end, collect, all), RESULT_OK);
	assert_string_equal(all, "A=aa;B=b;");
	assert_int_equal(start, 1);
	assert_int_equal(end, 5);
	all[0] = '\0';
	assert_int_equal(match_find_groups(match, "ax", 2, 0, NULL, NULL, collect, all), RESULT_OK);
	assert_string_equal(all, "A=a;");
	assert_int_equal(
	        match_find_groups(match, "b", 1, 0, NULL, NULL, collect, all), RESULT_NONE);
	match_free(&match);
}

static void without_the_jit_a_match_is_the_same(void **state)
{
	assert_int_equal(once("b+$", MATCH_NO_JIT, "aabb"), RESULT_OK);
	assert_int_equal(once("b+$", MATCH_NO_JIT, "aabbc"), RESULT_NONE);
}

/* Large texts are gone through in pieces of places to begin at: nothing is lost between them. */
static void a_match_is_found_wherever_it_stands_in_a_large_text(void **state)
{
	static const char needle[] = "\xc3\xa9nd";
	enum { SIZE = 60000 };
	struct match *plain, *behind, *utf;
	char *text = malloc(SIZE);
	struct err err;
	size_t at, start, end;

	assert_int_equal(match_new("\xc3\xa9nd", 0, &plain, &err), RESULT_OK);
	assert_int_equal(match_new("(?<=y{9})\xc3", 0, &behind, &err), RESULT_OK);
	assert_int_equal(match_new("\xc3\xa9.d", MATCH_UTF, &utf, &err), RESULT_OK);
	for (at = 100; at + 4 <= SIZE; at += at % 16384 > 16374 || at % 16384 < 10 ? 1 : 997) {
		memset(text, 'x', SIZE);
		memset(text + at - 9, 'y', 9);
		memcpy(text + at, needle, 4);
		assert_int_equal(match_find(plain, text, SIZE, 0, &start, &end), RESULT_OK);
		assert_int_equal(start, at);
		assert_int_equal(end, at + 4);
		assert_int_equal(match_find(behind, text, SIZE, 0, &start, &end), RESULT_OK);
		assert_int_equal(start, at);
		assert_int_equal(match_find(utf, text, SIZE, 0, &start, &end), RESULT_OK);
		assert_int_equal(start, at);
		assert_int_equal(match_find(plain, text, SIZE, at + 1, &start, &end), RESULT_NONE);
	}
	match_free(&plain);
	match_free(&behind);
	match_free(&utf);
	free(text);
}

static void a_slow_pattern_over_a_large_text_gives_up(void **state)
{
	enum { SIZE = 8 << 20 };
	struct match *match;
	char *text = malloc(SIZE);
	struct err err;
	size_t at;

	for (at = 0; at < SIZE; at++)
		text[at] = at % 8 == 7 ? 'b' : 'a';
	assert_int_equal(
	        match_new("a.{0,400}b.{0,3000}[cd]\\d", MATCH_DOTALL, &match, &err), RESULT_OK);
	assert_int_equal(match_find(match, text, SIZE, 0, NULL, NULL), RESULT_TEMPORARY);
	match_free(&match);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_match_gives_its_range),
	        cmocka_unit_test(flags_mean_what_perl_means),
	        cmocka_unit_test(an_empty_text_can_match),
	        cmocka_unit_test(bytes_that_are_no_utf8_do_not_stop_a_utf8_pattern),
	        cmocka_unit_test(a_bad_pattern_is_permanent_and_says_where),
	        cmocka_unit_test(a_pattern_that_nests_too_deep_is_refused),
	        cmocka_unit_test(a_catastrophic_pattern_gives_up_quickly),
	        cmocka_unit_test(a_deep_recursion_gives_up_instead_of_overflowing),
	        cmocka_unit_test(a_forked_process_shares_the_pattern),
	        cmocka_unit_test(latin1_letters_have_two_cases_only_where_that_is_asked_for),
	        cmocka_unit_test(every_byte_folds_as_latin1_does_and_no_other_way),
	        cmocka_unit_test(named_groups_are_given_with_what_they_matched),
	        cmocka_unit_test(a_match_is_found_wherever_it_stands_in_a_large_text),
	        cmocka_unit_test(a_slow_pattern_over_a_large_text_gives_up),
	        cmocka_unit_test(without_the_jit_a_match_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
