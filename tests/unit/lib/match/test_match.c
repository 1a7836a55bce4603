#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
