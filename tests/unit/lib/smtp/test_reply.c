#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/smtp/reply.h"

/* Feeds `text` byte by byte; the result of the last byte. */
static enum result feed(struct reply_reader *reader, const char *text)
{
	enum result result = RESULT_NONE;
	struct err err;
	size_t used;

	for (; *text && result == RESULT_NONE; text++)
		result = reply_read(reader, text, 1, &used, &err);
	assert_int_equal(*text, '\0');
	return result;
}

static void a_reply_is_read_byte_by_byte(void **state)
{
	struct reply_reader reader = {0};
	char text[64];

	assert_int_equal(feed(&reader, "250 2.1.0 Ok\r\n"), RESULT_OK);
	reply_text(&reader, text, sizeof(text));
	assert_int_equal(reader.code, 250);
	assert_string_equal(text, "2.1.0 Ok");
	reply_fini(&reader);
}

static void lines_of_one_reply_are_kept_together(void **state)
{
	struct reply_reader reader = {0};

	assert_int_equal(feed(&reader, "250-host\r\n250-SIZE 10\r\n250 DSN\r\n"), RESULT_OK);
	assert_string_equal(reader.texts.data, "host\nSIZE 10\nDSN\n");
	assert_int_equal(feed(&reader, "354\n"), RESULT_OK);
	assert_int_equal(reader.code, 354);
	assert_string_equal(reader.texts.data, "\n");
	reply_fini(&reader);
}

static void two_replies_in_one_read_are_told_apart(void **state)
{
	struct reply_reader reader = {0};
	const char both[] = "250 a\r\n550 b\r\n";
	struct err err;
	size_t used;

	assert_int_equal(reply_read(&reader, both, strlen(both), &used, &err), RESULT_OK);
	assert_int_equal(used, 7);
	assert_int_equal(
	        reply_read(&reader, both + used, strlen(both) - used, &used, &err), RESULT_OK);
	assert_int_equal(reader.code, 550);
	reply_fini(&reader);
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {"\r\n", "25\r\n", "650 x\r\n", "150 x\r\n", "2500\r\n",
	        "abc def\r\n", "250-a\r\n550 b\r\n"};
	struct reply_reader reader;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		reader = (struct reply_reader){0};
		assert_int_equal(feed(&reader, bad[i]), RESULT_PERMANENT);
		reply_fini(&reader);
	}
}

static void endless_lines_and_replies_are_refused(void **state)
{
	struct reply_reader reader = {0};
	char line[REPLY_LINE_MAX + 2];
	enum result result = RESULT_NONE;
	struct err err;
	size_t used;
	int i;

	memset(line, '2', sizeof(line));
	assert_int_equal(reply_read(&reader, line, REPLY_LINE_MAX, &used, &err), RESULT_NONE);
	assert_int_equal(reply_read(&reader, line, 1, &used, &err), RESULT_PERMANENT);
	reply_fini(&reader);
	for (i = 0; i <= REPLY_LINES_MAX && result == RESULT_NONE; i++)
		result = reply_read(&reader, "250-x\r\n", 7, &used, &err);
	assert_int_equal(i, REPLY_LINES_MAX + 1);
	assert_int_equal(result, RESULT_PERMANENT);
	reply_fini(&reader);
}

static void control_characters_do_not_get_through(void **state)
{
	struct reply_reader reader = {0};
	char text[8];

	assert_int_equal(feed(&reader, "550 a\033[1m\t\xff long text\r\n"), RESULT_OK);
	reply_text(&reader, text, sizeof(text));
	assert_string_equal(text, "a?[1m??");
	reply_fini(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_reply_is_read_byte_by_byte),
	        cmocka_unit_test(lines_of_one_reply_are_kept_together),
	        cmocka_unit_test(two_replies_in_one_read_are_told_apart),
	        cmocka_unit_test(nonsense_is_refused),
	        cmocka_unit_test(endless_lines_and_replies_are_refused),
	        cmocka_unit_test(control_characters_do_not_get_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
