#include "workers/qscan/header_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_fold(const char *text, const char *want)
{
	char *folded = header_text_fold(text);

	assert_string_equal(folded, want);
	free(folded);
}

static void folding_leaves_what_a_reader_sees(void **state)
{
	check_fold("", "");
	check_fold("  A \t B\r\n C  ", "a b c");
	check_fold("w\xe2\x80\x8bo\xc2\xadrm", "worm");
	check_fold("\xef\xbc\xb7\xef\xbc\xaf\xef\xbc\xb2\xef\xbc\xad", "worm");
	check_fold("GR\xc3\x9c\xc3\x9f"
	           "E",
	        "gr\xc3\xbc\xc3\x9f"
	        "e");
}

static void prefixes_are_taken_off_one_by_one(void **state)
{
	assert_string_equal(header_text_strip("Re: x"), "x");
	assert_string_equal(header_text_strip("RE[12]: Fwd : [a-list] SV:x"), "x");
	assert_string_equal(header_text_strip("Re^2: x"), "x");
	assert_string_equal(header_text_strip("[a][b] x"), "x");
	assert_string_equal(header_text_strip("Really: x"), "Really: x");
	assert_string_equal(header_text_strip("Re x"), "Re x");
	assert_string_equal(header_text_strip("[open x"), "[open x");
	assert_string_equal(header_text_strip("Re:"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(folding_leaves_what_a_reader_sees),
	        cmocka_unit_test(prefixes_are_taken_off_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
