#include "lib/virus/cover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"

static size_t fixed(const char *pattern)
{
	size_t start, run = cover_run(pattern, strlen(pattern), &start);

	assert_true(start + 2 * run <= strlen(pattern));
	return run;
}

static void the_fixed_bytes_of_a_pattern_are_its_longest_run(void **state)
{
	size_t start;

	assert_int_equal(fixed("414243"), 3);
	assert_int_equal(fixed("41??424344"), 3);
	assert_int_equal(fixed("4142?34445"), 2);
	assert_int_equal(fixed("41424?4445"), 2);
	assert_int_equal(fixed("?a4142"), 2);
	assert_int_equal(fixed("4142*434445{10-20}46"), 3);
	assert_int_equal(fixed("41(424344|454647)48"), 1);
	assert_int_equal(fixed("41!(424344)4849"), 2);
	assert_int_equal(fixed("41[1-5]424344"), 3);
	assert_int_equal(cover_run("41??424344*46", 13, &start), 3);
	assert_int_equal(start, 4);
	assert_int_equal(fixed(""), 0);
	assert_int_equal(fixed("4"), 0);
}

/* The patterns behind `expression`, as cover_find() tells them, with commas; "none" for none. */
static char *cover_of(const char *expression, const char *patterns)
{
	char *text = alloc_format("%s;%s", expression, patterns), *fields[80], *at = text;
	struct buf out = {0};
	size_t count = 0;
	char *told;

	while (at) {
		fields[count++] = at;
		at = strchr(at, ';');
		if (at)
			*at++ = '\0';
	}
	buf_add(&out, "", 0);
	told = alloc_string(cover_find(fields, count, &out) ? out.data : "none");
	for (at = told; *at; at++)
		if (*at == '\n')
			*at = at[1] ? ',' : '\0';
	buf_fini(&out);
	free(text);
	return told;
}

static void covers(const char *expression, const char *patterns, const char *wanted)
{
	char *told = cover_of(expression, patterns);

	assert_string_equal(told, wanted);
	free(told);
}

static void of_those_that_must_all_be_there_the_longest_is_enough(void **state)
{
	covers("0&1", "414243;4142434445", "4142434445");
	covers("0&1&2", "414243;61;4142434445", "4142434445");
	covers("0", "EOF-10,5:414243", "414243");
}

static void of_those_of_which_one_must_be_there_all_are_needed(void **state)
{
	covers("0|1", "414243;4142434445", "414243,4142434445");
	covers("(0|1)&2", "414243;4142434445;61626364", "61626364");
	covers("(0&1)|2", "414243;4142434445;61626364", "4142434445,61626364");
	covers("0|1", "414243;61", "none");
}

static void a_count_asks_for_one_of_them(void **state)
{
	covers("0>2", "414243", "414243");
	covers("(0|1)>1,2", "414243;616263", "414243,616263");
	covers("(0&1)>1", "414243;616263", "414243,616263");
	covers("0=3", "414243", "414243");
}

static void what_may_be_absent_is_no_cover(void **state)
{
	covers("0=0", "414243", "none");
	covers("0<3", "414243", "none");
	covers("0&(1=0)", "414243;6162636465", "414243");
	covers("0|(1=0)", "414243;6162636465", "none");
	covers("(0|1)=0", "414243;6162636465", "none");
}

static void patterns_of_other_kinds_are_no_cover(void **state)
{
	covers("0&1", "414243;6162636465::i", "414243");
	covers("0", "6162636465::w", "none");
	covers("0&1", "414243;0/evil[a-z]+/i", "414243");
	covers("0&1", "414243;0(>>26#ib2#>512)", "414243");
	covers("0&1", "414243;${6-7}12$", "414243");
	covers("0", "fuzzy_img#af2ad01ed42993c7", "none");
}

static void what_is_no_expression_is_no_cover(void **state)
{
	covers("", "414243", "none");
	covers("1", "414243", "none");
	covers("0&1|2", "414243;616263;616264", "none");
	covers("(0", "414243", "none");
	covers("0)", "414243", "none");
	covers("0&", "414243", "none");
	covers("((((((((((((((((((((((((((((((((((((((((0))))))))))))))))))))))))))))))))))))))))",
	        "414243", "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_fixed_bytes_of_a_pattern_are_its_longest_run),
	        cmocka_unit_test(of_those_that_must_all_be_there_the_longest_is_enough),
	        cmocka_unit_test(of_those_of_which_one_must_be_there_all_are_needed),
	        cmocka_unit_test(a_count_asks_for_one_of_them),
	        cmocka_unit_test(what_may_be_absent_is_no_cover),
	        cmocka_unit_test(patterns_of_other_kinds_are_no_cover),
	        cmocka_unit_test(what_is_no_expression_is_no_cover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
