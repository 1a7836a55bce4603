#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/safe.h"

static void text_is(const char *text, size_t most, const char *want)
{
	char *safe = safe_text(text, most);

	assert_string_equal(safe, want);
	assert_true(strlen(safe) <= most);
	free(safe);
}

static void what_a_reader_sees_stays(void **state)
{
	text_is("", 10, "");
	text_is("Grüße.pdf", 100, "Grüße.pdf");
	text_is("exactly", 7, "exactly");
}

static void controls_and_marks_that_turn_text_are_shown_as_question_marks(void **state)
{
	text_is("a\r\nBcc: b", 100, "a??Bcc: b");
	text_is("a\tb\x1b[2J", 100, "a b?[2J");
	text_is("evil\xe2\x80\xae"
	        "fdp.exe",
	        100, "evil???fdp.exe");
	text_is("\xff\xc3", 100, "??");
}

static void long_text_is_cut_between_characters(void **state)
{
	text_is("abcdefgh", 7, "abcd…");
	text_is("üüüüüü", 8, "üü…");
}

static void a_reply_is_ascii(void **state)
{
	char *safe = safe_ascii("Grü\r\n250 ok", 9);

	assert_string_equal(safe, "Gr????250");
	free(safe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_a_reader_sees_stays),
	        cmocka_unit_test(controls_and_marks_that_turn_text_are_shown_as_question_marks),
	        cmocka_unit_test(long_text_is_cut_between_characters),
	        cmocka_unit_test(a_reply_is_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
