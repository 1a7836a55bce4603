#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/hyper/ascii.h"
#include "lib/hyper/fold.h"
#include "lib/hyper/trim.h"
#include "lib/hyper/widen.h"

/* NULL where it is left out; to be freed. */
static char *widened(const char *pattern, int is_caseless, unsigned long times)
{
	struct wide wide;

	if (!widen(pattern, is_caseless, &wide))
		return NULL;
	assert_int_equal(wide.times, times);
	return wide.text;
}

static void becomes(const char *pattern, int is_caseless, const char *want)
{
	char *wide = widened(pattern, is_caseless, 1);

	if (!wide || strcmp(wide, want) != 0)
		fail_msg("%s became %s, not %s", pattern, wide ? wide : "nothing", want);
	free(wide);
}

static void is_left_out(const char *pattern, int is_caseless)
{
	char *wide = widened(pattern, is_caseless, 1);

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
	becomes("x{2,30}y{0,80}z{100}.{5,}v{1,30}", 0, "x{2,}y*z{2,}.{2,}v+");
	becomes("(?:ab{1,9}){1,40}?", 0, "(?:ab+)+?");
	becomes("((?:a)(b)){3}", 0, "((?:a)(b)){3}");
}

static void words_are_told_by_how_long_they_are(void **state)
{
	becomes("[a-z]{6,}[\\s.]{8,90}x{8,}[^a]{9,}[b]{1,9}[c]{0,9}", 0,
	        "[a-z]{6,}[\\s.]{8,}x{2,}[^a]{2,}[b]+[c]*");
}

static void ends_that_are_not_at_the_end_stand_for_nothing(void **state)
{
	char *without = without_ends("(?:$|\\W)\\$[$](?!$|b)(?<!$)(?:a|$)?");

	assert_string_equal(without, "(?:(?:)|\\W)\\$[$](?!$|b)(?<!$)(?:a|(?:))?");
	free(without);
	without = without_ends("a$[");
	assert_string_equal(without, "a(?:)[");
	free(without);
}

static void what_gives_nothing_back_may(void **state)
{
	becomes("a++b*+c?+d{2,30}+e{1,2}+", 0, "a+b*c?d{2,}e{1,2}");
	becomes("(?>a{1,30})a", 0, "(?:a+)a");
	becomes("\\++", 0, "\\++");
}

static void what_must_not_match_is_not_made_wider(void **state)
{
	becomes("a(?!b{2,30}[)(](c\\)))d{2,30}", 0, "a(?!b{2,30}[)(](c\\)))d{2,}");
	becomes("(?<!x{9})y", 0, "(?<!x{9})y");
	becomes("(?=b{0,30})", 0, "(?=b*)");
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

static void where_case_is_switched_letters_have_both_everywhere(void **state)
{
	becomes("(?i:\\xe3)b\\xe4[\\xe5]", 0, "(?i:[\\xe3\\xc3])b[\\xe4\\xc4][\\xe5\\xc5]");
	becomes("[\\042\\343]", 1, "[\\042\\xe3\\xc3]");
}

/* `item` so many times between two texts; to be freed. */
static char *long_one(const char *before, const char *item, size_t times, const char *behind)
{
	struct buf out = {0};

	buf_add_string(&out, before);
	while (times--)
		buf_add_string(&out, item);
	buf_add_string(&out, behind);
	return buf_give(&out);
}

static void long_groups_are_not_repeated(void **state)
{
	char *pattern = long_one("(?:", "a(b)", 20, "){3}x{3}"),
	     *want = long_one("(?:", "a(b)", 20, ")+x{3}");

	becomes(pattern, 0, want);
	free(pattern);
	free(want);
}

static void a_long_group_that_is_all_there_is_is_to_be_found_so_often(void **state)
{
	char *pattern = long_one("(?:", "a(b)", 20, "){3}"),
	     *want = long_one("(?:", "a(b)", 20, ")"), *wide = widened(pattern, 0, 3);

	assert_string_equal(wide, want);
	free(wide);
	free(pattern);
	pattern = long_one("(?:", "a(b)", 20, "){7,}");
	wide = widened(pattern, 1, 7);
	assert_string_equal(wide, want);
	free(wide);
	free(pattern);
	free(want);
	becomes("(?:ab){3}", 0, "(?:ab){3}");
}

/* Folded as a whole, without being too long for the library. */
static void ends_as(const char *pattern, const char *want)
{
	char *trimmed = trim_end(strdup(pattern));

	assert_string_equal(trimmed, want);
	free(trimmed);
}

static void what_may_be_absent_at_the_end_is(void **state)
{
	ends_as("(?:a+b+c?[de]*|f(?:g)?|h{0,3})", "(?:a+b|f|)");
	ends_as("a(?:b+(?:c+|d?e)+)", "a(?:b+(?:c|d?e))");
	ends_as("a?b+?", "a?b");
	/* These are told by their ends, or by how many there are. */
	ends_as("ab{2,}", "ab{2,}");
	ends_as("ab?$|a(?:bc){2}|(b)+|[c+]", "ab?$|a(?:bc){2}|(b)|[c+]");
	/* Others refer to what would be taken away. */
	ends_as("a(b)?\\1?", "a(b)?\\1?");
	ends_as("a(?:b(?i))?|c", "a(?:b(?i))?|c");
	ends_as("ab?(?:c", "ab?(?:c");
}

static void folds_to(enum fold fold, const char *pattern, const char *want)
{
	char *folded = fold_high(pattern, fold);

	assert_string_equal(folded, want);
	free(folded);
}

static void characters_of_three_bytes_lose_all_but_the_first(void **state)
{
	folds_to(FOLD_LONG, "a(?:p|[\\xce][\\xa1]|[\\xe1](?:[\\xb9][\\x94-\\x97]|[\\xbf][\\xa4]))b",
	        "a(?:p|[\\xce][\\xa1]|[\\xe1][\\x80-\\xff]+)b");
	folds_to(FOLD_LONG, "\\xf0\\x9d\\x90|x", "\\xf0[\\x80-\\xff]+|x");
	/* What need not be there, or is more than such bytes, stays. */
	folds_to(FOLD_LONG, "(?:\\xe1\\xb9?|\\xe1\\xb9x|\\xe1)",
	        "(?:\\xe1\\xb9?|\\xe1\\xb9x|\\xe1)");
	folds_to(FOLD_LONG, "(?:[^\\xe1]\\xb9|[\\xd0\\xe1]\\xb9)",
	        "(?:[^\\xe1]\\xb9|[\\xd0\\xe1]\\xb9)");
}

static void bytes_above_ascii_become_any_of_them(void **state)
{
	folds_to(FOLD_ALL, "(?:[pP\\xd1\\xf1]|[\\xce][\\xa1]|\\xe1(?:\\xb9|\\xbf\\xa4))b",
	        "(?:[pP\\x80-\\xff\\xff]|[\\x80-\\xff]+)b");
	folds_to(FOLD_ALL, "[a\\xd1-]{2}[\\xd1-\\xd8-][[:alpha:]\\xd1][^\\xd1][ -\\xd1]",
	        "[a\\x80-\\xff-]{2}[\\x80-\\xff-][[:alpha:]\\x80-\\xff][^\\xd1][ -\\xd1]");
	folds_to(FOLD_ALL, "[\\5\\xff3\\xd17]", "[\\5\\x80-\\xff3\\xff7]");
	/* Two in a row are one, but what only ends like one is not. */
	folds_to(FOLD_ALL, "\\xce\\xa1|\\xcf\\xa2", "[\\x80-\\xff]+");
	folds_to(FOLD_ALL, "x[\\x80-\\xff]+|\\xcf\\xa2", "x[\\x80-\\xff]+|[\\x80-\\xff]+");
	/* What must not match is not made wider. */
	folds_to(FOLD_ALL, "(?!\\xce\\xa1|[a\\xcf])(?<!\\xce)x",
	        "(?!\\xce\\xa1|[a\\xcf])(?<!\\xce)x");
	folds_to(FOLD_ALL, "(?=\\xce|y)(?i:\\xce|\\xcf)",
	        "(?=[\\x80-\\xff]+|y)(?i:\\xce|[\\x80-\\xff]+)");
	folds_to(FOLD_ALL, "(?:[\\xce", "(?:[\\xce");
}

/* NULL: it matches in no text of ASCII. */
static void is_for_ascii(const char *pattern, const char *want)
{
	char *form = ascii_form(pattern);

	if (!form != !want || (form && strcmp(form, want) != 0))
		fail_msg("%s became %s, not %s", pattern, form ? form : "nothing",
		        want ? want : "nothing");
	free(form);
}

static void what_needs_a_byte_above_ascii_is_in_no_text_of_ascii(void **state)
{
	is_for_ascii("a(?:p|[\\xce][\\xa1]|\\xe1(?:\\xb9|x))+b|\\xff", "a(?:p)+b");
	is_for_ascii("a(?:\\xce|\\xcf[\\x80-\\xff]+)b|c\\xe9", NULL);
	is_for_ascii("[aA\\xe9\\xc9][^\\xe9a][\\x20-\\xff][\\x80-\\xff-][]\\xe9]",
	        "[aA][^\\xe9a][\\x20-\\x7f][-][]\\xe9]");
	is_for_ascii("(?=\\xe9|x)(?i:y\\xe9|z)(\\xe9|w)", "(?=x)(?i:z)(w)");
	is_for_ascii("(?=\\xe9)x", NULL);
}

static void what_need_not_be_there_goes_alone(void **state)
{
	is_for_ascii("a\\xe9?b[\\xe9-\\xff]*?c(?:\\xe9){0,3}d", "a(?:)b(?:)c(?:)d");
	is_for_ascii("(?:|\\xe9)", "(?:)");
	is_for_ascii("a\\xe9{1,2}", NULL);
	/* What stands on both sides must not become one number. */
	is_for_ascii("\\0\\xe9?3", "\\0(?:)3");
}

static void what_must_not_match_stays_for_texts_of_ascii(void **state)
{
	is_for_ascii("(?!\\xe9|b)(?<!\\xe9)a|\\xe9", "(?!\\xe9|b)(?<!\\xe9)a");
}

static void where_taking_away_could_mean_another_thing_all_stays(void **state)
{
	static const char *const odd[] = {"(?:\\xe9(?i)|b)", "(\\xe9)?(b)\\1", "[\\5\\xe93]",
	        "[\\x4\\xe91]", "[[\\xe9:alpha:]]", "[\\xe9^a]", "(?<N>\\xe9)|b", "(?:\\xe9",
	        "(?|\\xe9|b)", "(\\xe9)?(b)(?!\\2)", "(?:a|\\xe9(?-i))"};

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		is_for_ascii(odd[i], odd[i]);
	is_for_ascii("[[:alpha:]\\xe9]]|\\xe9", "[[:alpha:]]]");
}

static void what_is_too_long_is_folded_before_it_is_cut(void **state)
{
	char *pattern = long_one("", "(?:a|\\xce\\xa1|\\xe1\\xb9\\x94)", 200, "");
	char *want = long_one("", "(?:a|[\\x80-\\xff]+)", 200, "");

	assert_in_range(strlen(pattern), 4001, 6000);
	becomes(pattern, 0, want);
	free(pattern);
	free(want);
	pattern = long_one("", "(?:a|\\xe1(?:\\xb9[\\x94\\x97]|\\xbf\\xa4))", 130, "");
	want = long_one("", "(?:a|\\xe1[\\x80-\\xff]+)", 130, "");
	becomes(pattern, 0, want);
	free(pattern);
	free(want);
}

static void what_is_too_long_is_cut_behind_an_item(void **state)
{
	char *pattern = long_one("", "(?:a|\\))+", 1900, ""), *wide = widened(pattern, 0, 1);

	assert_in_range(strlen(wide), 15400, 15500);
	assert_int_equal(strlen(wide) % 9, 0);
	assert_string_equal(wide + strlen(wide) - 9, "(?:a|\\))+");
	free(wide);
	free(pattern);
}

static void what_stands_side_by_side_is_cut_side_by_side(void **state)
{
	char *pattern = long_one("^x(?:b|c|", "[de]", 9000, "y|f)g"),
	     *wide = widened(pattern, 0, 1);

	assert_int_equal(strncmp(wide, "^x(?:b|c|[de][de]", 17), 0);
	assert_string_equal(wide + strlen(wide) - 7, "[de]|f)");
	assert_in_range(strlen(wide), 500, 15500);
	free(wide);
	free(pattern);
	/* It need not match, so its beginning need not either. */
	pattern = long_one("x(?:", "[de]", 9000, ")?g");
	becomes(pattern, 0, "x");
	free(pattern);
	pattern = long_one("x(?:", "[de]", 9000, "){0,2}g");
	becomes(pattern, 0, "x");
	free(pattern);
	/* Nothing that could be left would tell anything. */
	pattern = long_one("(?=", "[de]", 9000, "|q)g");
	becomes(pattern, 0, pattern);
	free(pattern);
}

static void what_is_not_understood_well_enough_is_left_out(void **state)
{
	is_left_out("\\Qa{2,30}", 0);
	is_left_out("\\p{L}", 0);
	is_left_out("(a)\\g{1}", 0);
	is_left_out("\\343", 1);
	is_left_out("(?x) a b", 0);
	is_left_out("(?i)[^\\xe3]", 0);
	is_left_out("(?-i:[^\\xe3])", 1);
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
		free(widened(broken[i], 1, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_plain_stays),
	        cmocka_unit_test(long_repeats_lose_their_bounds),
	        cmocka_unit_test(words_are_told_by_how_long_they_are),
	        cmocka_unit_test(ends_that_are_not_at_the_end_stand_for_nothing),
	        cmocka_unit_test(what_gives_nothing_back_may),
	        cmocka_unit_test(what_must_not_match_is_not_made_wider),
	        cmocka_unit_test(letters_above_ascii_get_their_other_case),
	        cmocka_unit_test(where_case_is_switched_letters_have_both_everywhere),
	        cmocka_unit_test(long_groups_are_not_repeated),
	        cmocka_unit_test(a_long_group_that_is_all_there_is_is_to_be_found_so_often),
	        cmocka_unit_test(characters_of_three_bytes_lose_all_but_the_first),
	        cmocka_unit_test(bytes_above_ascii_become_any_of_them),
	        cmocka_unit_test(what_needs_a_byte_above_ascii_is_in_no_text_of_ascii),
	        cmocka_unit_test(what_need_not_be_there_goes_alone),
	        cmocka_unit_test(what_must_not_match_stays_for_texts_of_ascii),
	        cmocka_unit_test(where_taking_away_could_mean_another_thing_all_stays),
	        cmocka_unit_test(what_may_be_absent_at_the_end_is),
	        cmocka_unit_test(what_is_too_long_is_folded_before_it_is_cut),
	        cmocka_unit_test(what_is_too_long_is_cut_behind_an_item),
	        cmocka_unit_test(what_stands_side_by_side_is_cut_side_by_side),
	        cmocka_unit_test(what_is_not_understood_well_enough_is_left_out),
	        cmocka_unit_test(broken_patterns_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
