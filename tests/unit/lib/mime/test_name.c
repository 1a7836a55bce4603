#include "tests/unit/lib/mime/support.h"

static void check(const char *name, const char *want)
{
	char *normal = name_normalise(name);

	assert_string_equal(normal, want);
	free(normal);
}

static void names_are_what_a_system_would_open(void **state)
{
	check("x.exe", "x.exe");
	check("X.EXE", "x.exe");
	check("x.exe. ", "x.exe");
	check("x.exe . . .", "x.exe");
	check("x.exe::$DATA", "x.exe");
	check("x.exe:stream", "x.exe");
	check("x.exe.{00021401-0000-0000-C000-000000000046}", "x.exe");
	check("..\\..\\x.exe", "x.exe");
	check("/tmp/x.exe", "x.exe");
	check("C:\\x.exe", "x.exe");
	check("c:x.exe", "x.exe");
	check("x.exe/", "x.exe");
	check("\"x.exe\"", "x.exe");
	check("'x.exe'", "x.exe");
	check("invoice.pdf.exe", "invoice.pdf.exe");
	check("invoice.exe.pdf", "invoice.exe.pdf");
	check("", "");
	check("...", "");
}

static void what_no_name_may_hold_is_gone_at_the_end_and_replaced_elsewhere(void **state)
{
	check("x.exe?", "x.exe");
	check("x.exe*", "x.exe");
	check("x.exe|", "x.exe");
	check("x.exe<", "x.exe");
	check("x.exe>. ?\"", "x.exe");
	check("x.exe?:stream", "x.exe");
	check("x.exe ?.{00021401-0000-0000-C000-000000000046}", "x.exe");
	check("x.exe/?", "x.exe");
	check("x?.exe", "x_.exe");
	check("x.e?xe", "x.e_xe");
	check("Why? A <short> answer.txt", "why_ a _short_ answer.txt");
	check("?", "");
}

static void blanks_of_all_scripts_are_blanks(void **state)
{
	static const char *const blanks[] = {"\u00A0", "\u1680", "\u2000", "\u2001", "\u2002",
	        "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200A",
	        "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};
	size_t at;

	for (at = 0; at < sizeof blanks / sizeof blanks[0]; at++) {
		char *behind = alloc_format("x.exe%s%s", blanks[at], blanks[at]);
		char *before = alloc_format("x.%sexe", blanks[at]);
		char *inside = alloc_format("a%sb.txt", blanks[at]);

		check(behind, "x.exe");
		check(before, "x.exe");
		check(inside, "a b.txt");
		free(behind);
		free(before);
		free(inside);
	}
}

static void disguises_of_characters_are_taken_off(void **state)
{
	check("x\xE2\x80\xAE"
	      "fdp.exe",
	        "xfdp.exe");
	check("x.\xE2\x80\x8B"
	      "exe",
	        "x.exe");
	check("x.e\xC2\xADxe", "x.exe");
	check("\uFF58\uFF0E\uFF45\uFF58\uFF45", "x.exe");
	check("x\u3002exe", "x.exe");
	check("x\u2024exe", "x.exe");
	check("x.\u0435\u0445\u0435", "x.exe");
	check("x.E\u03A7E", "x.exe");
	check("x.ms\u0131", "x.msi");
	check("x.m\u017Fi", "x.msi");
	check("x.MS\u0130", "x.msi");
	check("x.ex\x01"
	      "e",
	        "x.exe");
	check("x.exe\t", "x.exe");
	check("\uFB01le.t\u24E7t", "file.txt");
}

static void honest_foreign_names_stay_readable(void **state)
{
	check("Rechnung Größe.pdf", "rechnung größe.pdf");
	check("日本語.txt", "日本語.txt");
}

static void check_visible(const char *text, const char *want)
{
	char *visible = name_visible(text);

	assert_string_equal(visible, want);
	free(visible);
}

static void text_for_patterns_is_what_a_reader_sees(void **state)
{
	check_visible("Re: ＦＲＥＥ mo\u200Bney", "re: free money");
	check_visible("\u202Eyenom", "yenom");
	check_visible("Привет. Как дела?", "привет. как дела?");
	check_visible("", "");
}

static void bytes_that_are_no_utf8_do_no_harm(void **state)
{
	char *normal = name_normalise("\xFF\xFEx.exe");

	assert_string_equal(name_extension(normal), "exe");
	free(normal);
}

static void the_extension_is_found_behind_any_length(void **state)
{
	char name[400];
	char *normal;

	memset(name, 'a', sizeof name);
	strcpy(name + 300, ".exe");
	normal = name_normalise(name);
	assert_string_equal(name_extension(normal), "exe");
	free(normal);
	assert_string_equal(name_extension("none"), "");
	assert_string_equal(name_extension(""), "");
	assert_string_equal(name_extension(".exe"), "exe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_what_a_system_would_open),
	        cmocka_unit_test(what_no_name_may_hold_is_gone_at_the_end_and_replaced_elsewhere),
	        cmocka_unit_test(blanks_of_all_scripts_are_blanks),
	        cmocka_unit_test(disguises_of_characters_are_taken_off),
	        cmocka_unit_test(honest_foreign_names_stay_readable),
	        cmocka_unit_test(text_for_patterns_is_what_a_reader_sees),
	        cmocka_unit_test(bytes_that_are_no_utf8_do_no_harm),
	        cmocka_unit_test(the_extension_is_found_behind_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
