#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/hyper/widen.h"

static void becomes(const char *pattern, int is_caseless, const char *want)
{
	char *wide = widen(pattern, is_caseless);

	if (!wide || strcmp(wide, want) != 0)
		fail_msg("%s became %s, not %s", pattern, wide ? wide : "nothing", want);
	free(wide);
}

static void is_left_out(const char *pattern, int is_caseless)
{
	char *wide = widen(pattern, is_caseless);

	if (wide)
		fail_msg("%s became %s", pattern, wide);
}

static void what_is_plain_stays(void **state)
{
	becomes("", 0, "");
	becomes("a+b*c?(?:d|e)[^f-h\\]]\\{2,30}\\d$", 1, "a+b*c?(?:d|e)[^f-h\\]]\\{2,30}\\d$");
	becomes("[[:alpha:]{2,30}]x{2}y{1,3}", 0, "[[:alpha:]{2,30}]x{2}y{1,3}");
	becomes("x{a}{,3}{", 0, "x{a}{,3}{");
	becomes("\\x{41}\\x2d", 1, "\\x{41}\\x2d");
	becomes("[]{2,30}]", 0, "[]{2,30}]");
}

static void long_repeats_lose_their_bounds(void **state)
{
	becomes("x{2,30}y{0,80}z{100}.{5,}", 0, "x+y*z+.+");
	becomes("(?:ab{2,9}){1,40}?", 0, "(?:ab+)+?");
}

static void what_gives_nothing_back_may(void **state)
{
	becomes("a++b*+c?+d{2,30}+e{1,2}+", 0, "a+b*c?d+e{1,2}");
	becomes("(?>a{1,30})a", 0, "(?:a+)a");
	becomes("\\++", 0, "\\++");
}

static void what_must_not_match_is_not_made_wider(void **state)
{
	becomes("a(?!b{2,30}[)(](c\\)))d{2,30}", 0, "a(?!b{2,30}[)(](c\\)))d+");
	becomes("(?<!x{9})y", 0, "(?<!x{9})y");
	becomes("(?=b{2,30})", 0, "(?=b+)");
}

static void letters_above_ascii_get_their_other_case(void **state)
{
	becomes("\xc3\xa9", 1, "[\\xc3\\xe3]\\xa9");
	becomes("\\xe3\\x{E9}", 1, "[\\xe3\\xc3][\\xe9\\xc9]");
	becomes("\\xe3\\xd7\\xff", 0, "\\xe3\\xd7\\xff");
	becomes("[a\\xe3-]", 1, "[a\\xe3\\xc3-]");
	becomes("[^\\xe3]", 1, "[^\\xe3\\xc3]");
	becomes("[\\xd0-\\xd7]", 1, "[\\xd0-\\xd7\\xc0-\\xfe]");
	becomes("[ -\\xe5]", 1, "[ -\\xe5\\xc0-\\xfe]");
	becomes("[\\xd0-\\xd7]", 0, "[\\xd0-\\xd7]");
}

static void what_is_not_understood_well_enough_is_left_out(void **state)
{
	is_left_out("\\Qa{2,30}", 0);
	is_left_out("\\p{L}", 0);
	is_left_out("(a)\\g{1}", 0);
	is_left_out("\\343", 1);
	is_left_out("(?x) a b", 0);
	is_left_out("(?i)\\xe3", 0);
	is_left_out("(?(DEFINE)(?<a>b))(?&a)", 0);
	is_left_out("(*ACCEPT)", 0);
	is_left_out("[^\\xd0-\\xd7]", 1);
	is_left_out("[\\xd0-z]", 1);
}

static void broken_patterns_end(void **state)
{
	static const char *const broken[] = {"[", "[^", "(?!", "(?![", "\\", "x{", "x{2", "x{2,",
	        "\\x{4", "\\x", "(?", "(", "[[:", "[\\", "(?<!\\", "(?!)", "\xe3", "[\xe3-"};

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		free(widen(broken[i], 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_plain_stays),
	        cmocka_unit_test(long_repeats_lose_their_bounds),
	        cmocka_unit_test(what_gives_nothing_back_may),
	        cmocka_unit_test(what_must_not_match_is_not_made_wider),
	        cmocka_unit_test(letters_above_ascii_get_their_other_case),
	        cmocka_unit_test(what_is_not_understood_well_enough_is_left_out),
	        cmocka_unit_test(broken_patterns_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
