#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/quoted.h"

static void is(const char *text, const char *want)
{
	struct buf out = {0};

	buf_add_string(&out, "");
	quoted_add(&out, text, "\r\n");
	assert_string_equal(out.data, want);
	buf_fini(&out);
}

static void plain_text_stays_and_lines_end_as_asked(void **state)
{
	is("", "");
	is("a b\nc\r\nd", "a b\r\nc\r\nd");
}

static void what_would_not_arrive_is_quoted(void **state)
{
	is("a=b \xc3\xa4\x01", "a=3Db =C3=A4=01");
	is("blank \ntab\t", "blank=20\r\ntab=09");
	is(".\nFrom me\n--B\na--B", "=2E\r\n=46rom me\r\n=2D-B\r\na--B");
}

static void no_line_is_longer_than_76_and_none_is_torn_that_needs_not(void **state)
{
	struct buf out = {0};
	const char *at, *end;
	char line[1000];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	quoted_add(&out, line, "\r\n");
	for (at = out.data; (end = strstr(at, "\r\n")) != NULL; at = end + 2) {
		assert_true(end - at <= 76);
		assert_int_equal(end[-1], '=');
	}
	buf_fini(&out);
	line[75] = '\0';
	is(line, line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(plain_text_stays_and_lines_end_as_asked),
	        cmocka_unit_test(what_would_not_arrive_is_quoted),
	        cmocka_unit_test(no_line_is_longer_than_76_and_none_is_torn_that_needs_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
