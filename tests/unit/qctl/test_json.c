#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qctl/json.h"

static void expect(struct json *json, const char *wanted)
{
	assert_string_equal(json->out.data, wanted);
	buf_fini(&json->out);
}

static void one_text(const char *text, const char *wanted)
{
	struct json json = {0};

	json_text(&json, NULL, text);
	expect(&json, wanted);
}

static void nested_objects_and_lists_have_their_commas(void **state)
{
	struct json json = {0};

	json_object(&json, NULL);
	json_text(&json, "a", "b");
	json_list(&json, "list");
	json_number(&json, NULL, -1);
	json_object(&json, NULL);
	json_bool(&json, "yes", 7);
	json_bool(&json, "no", 0);
	json_end_object(&json);
	json_object(&json, NULL);
	json_end_object(&json);
	json_end_list(&json);
	json_real(&json, "score", 5.25);
	json_end_object(&json);
	expect(&json, "{\"a\":\"b\",\"list\":[-1,{\"yes\":true,\"no\":false},{}],\"score\":5.25}");
}

static void what_may_not_stand_in_a_string_is_escaped(void **state)
{
	one_text("a\"b\\c/", "\"a\\\"b\\\\c/\"");
	one_text("\n\t\x01\x7f", "\"\\u000a\\u0009\\u0001\\u007f\"");
	one_text("", "\"\"");
}

static void text_that_is_not_utf8_is_replaced(void **state)
{
	one_text("a\xff"
	         "b",
	        "\"a\\ufffdb\"");
	one_text("\xc3", "\"\\ufffd\"");
	one_text("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""); /* a surrogate */
}

static void printable_text_stays_and_invisible_marks_are_escaped(void **state)
{
	one_text("Grüße 漢字 😀", "\"Grüße 漢字 😀\"");
	one_text("a\u202e"
	         "b",
	        "\"a\\u202eb\"");
	one_text("\U000E0001", "\"\\udb40\\udc01\"");
}

static void numbers_that_json_has_not_are_null(void **state)
{
	struct json json = {0};

	json_list(&json, NULL);
	json_real(&json, NULL, 1.0 / 0.0);
	json_real(&json, NULL, -0.5);
	json_end_list(&json);
	expect(&json, "[null,-0.5]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nested_objects_and_lists_have_their_commas),
	        cmocka_unit_test(what_may_not_stand_in_a_string_is_escaped),
	        cmocka_unit_test(text_that_is_not_utf8_is_replaced),
	        cmocka_unit_test(printable_text_stays_and_invisible_marks_are_escaped),
	        cmocka_unit_test(numbers_that_json_has_not_are_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
