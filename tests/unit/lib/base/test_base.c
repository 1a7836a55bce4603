#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"

static int globs(const char *pattern, const char *text)
{
	return text_glob(pattern, text, strlen(text));
}

static void test_a_glob_matches_without_regard_to_case(void **state)
{
	assert_true(globs("*.exe", "Setup.EXE"));
	assert_true(globs("a?c*", "abcdef"));
	assert_true(globs("*", ""));
	assert_true(globs("[a-c]x", "Bx"));
	assert_true(globs("[!a-c]x", "dx"));
	assert_true(globs("**a**", "xxaxx"));
	assert_false(globs("*.exe", "setup.exe.txt"));
	assert_false(globs("a?", "a"));
	assert_false(globs("[a-c]x", "dx"));
	assert_true(globs("a[b", "a[b"));
}

static void test_a_glob_with_many_stars_takes_no_exponential_time(void **state)
{
	char text[20001];

	memset(text, 'a', 20000);
	text[20000] = '\0';
	assert_false(globs("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

/* Held against the plainest way to look for a word. */
static const char *find_slowly(const char *bytes, size_t size, const char *word)
{
	size_t at, length = strlen(word);

	for (at = 0; at + length <= size; at++)
		if (strncasecmp(bytes + at, word, length) == 0)
			return bytes + at;
	return NULL;
}

static void test_a_word_is_found_where_it_stands_first(void **state)
{
	static const char letters[] = "aAbB:<z";
	char text[40], word[5];
	unsigned round, at, length, random = 1;

	for (round = 0; round < 20000; round++) {
		for (at = 0; at < sizeof(text) - 1; at++)
			text[at] = letters[(random = random * 1103515245 + 12345) / 65536 % 7];
		text[at] = '\0';
		length = round % sizeof(word);
		for (at = 0; at < length; at++)
			word[at] = letters[(random = random * 1103515245 + 12345) / 65536 % 7];
		word[length] = '\0';
		assert_ptr_equal(text_find(text, round % sizeof(text), word),
		        find_slowly(text, round % sizeof(text), word));
	}
	assert_null(text_find("abc", 2, "abc"));
}

static void test_a_number_is_whole_and_bounded(void **state)
{
	uint64_t value = 7;

	assert_true(text_number("0", 3, &value));
	assert_int_equal(value, 0);
	assert_true(text_number("10", 10, &value));
	assert_int_equal(value, 10);
	assert_false(text_number("11", 10, &value));
	assert_false(text_number("9", 3, &value));
	assert_false(text_number("", 10, &value));
	assert_false(text_number("1x", 10, &value));
	assert_false(text_number("-1", 10, &value));
	assert_true(text_number("18446744073709551615", UINT64_MAX, &value));
	assert_false(text_number("18446744073709551616", UINT64_MAX, &value));
}

static size_t behind(const char *text)
{
	return text_behind_blank_line(text, strlen(text));
}

static void test_what_stands_behind_the_first_empty_line_is_found(void **state)
{
	assert_int_equal(behind("a: b\n\nc\n\nd"), 6);
	assert_int_equal(behind("a: b\r\n\r\nc"), 8);
	assert_int_equal(behind("\nc"), 1);
	assert_int_equal(behind("\r\nc"), 2);
	assert_int_equal(behind("a\n\r\r\nc"), 6); /* there is none */
	assert_int_equal(behind("a\nb"), 3);
	assert_int_equal(behind(""), 0);
}

static void test_printable_text_is_ascii_without_controls(void **state)
{
	assert_true(text_is_printable(""));
	assert_true(text_is_printable("a b~"));
	assert_false(text_is_printable("a\tb"));
	assert_false(text_is_printable("\x7f"));
	assert_false(text_is_printable("\xc3\xa4"));
}

static void test_utf8_is_read_strictly(void **state)
{
	assert_true(utf8_valid("Grüße €😀", strlen("Grüße €😀")));
	assert_false(utf8_valid("\xc0\xaf", 2));         /* overlong */
	assert_false(utf8_valid("\xed\xa0\x80", 3));     /* surrogate */
	assert_false(utf8_valid("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
	assert_false(utf8_valid("\xe2\x82", 2));         /* cut */
}

static void test_what_is_encoded_decodes_to_the_same(void **state)
{
	uint32_t code, back;
	char bytes[4];
	size_t size;

	for (code = 0; code <= 0x10ffff; code += 7) {
		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		size = utf8_encode(code, bytes);
		assert_int_equal(utf8_decode((unsigned char *)bytes, size, &back), size);
		assert_int_equal(back, code);
	}
}

static void test_a_quoted_text_is_one_harmless_line(void **state)
{
	assert_string_equal(
	        log_quote("a\r\nid=forged \"x\" \\"), "\"a\\x0d\\x0aid=forged \\x22x\\x22 \\x5c\"");
	assert_string_equal(log_quote("ok ü"), "\"ok ü\"");
	assert_string_equal(
	        log_quote("exe\xe2\x80\xaegpj"), "\"exe\\xe2\\x80\\xaegpj\""); /* U+202E */
	assert_string_equal(log_quote("\x1b[2J"), "\"\\x1b[2J\"");
	assert_string_equal(log_quote(NULL), "\"\"");
}

static void test_a_quoted_text_is_bounded(void **state)
{
	char text[1000];

	memset(text, 1, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(strlen(log_quote(text)) < 820);
}

static void test_dates_follow_rfc_5322(void **state)
{
	char date[40];

	clock_mail_date(0, date, sizeof(date));
	assert_string_equal(date, "Thu, 1 Jan 1970 00:00:00 +0000");
	clock_text(1795341600000, date, sizeof(date));
	assert_string_equal(date, "2026-11-22 10:00:00Z");
}

static void test_an_error_keeps_its_context_in_front(void **state)
{
	struct err err;

	assert_int_equal(err_set(&err, RESULT_PERMANENT, "no\nway"), RESULT_PERMANENT);
	assert_string_equal(err.text, "no way");
	assert_int_equal(err_wrap(&err, RESULT_TEMPORARY, "opening %s", "x"), RESULT_TEMPORARY);
	assert_string_equal(err.text, "opening x: no way");
	assert_int_equal(err_set(NULL, RESULT_NONE, "nobody listens"), RESULT_NONE);
}

static void test_a_file_is_replaced_whole_and_read_bounded(void **state)
{
	char path[] = "/tmp/lazaret-base.XXXXXX";
	struct buf text = {0};
	struct err err;

	close(mkstemp(path));
	assert_int_equal(file_write(path, "0123456789", 10, 0600, &err), RESULT_OK);
	assert_int_equal(file_read(path, 10, &text, &err), RESULT_OK);
	assert_int_equal(text.size, 10);
	buf_clear(&text);
	assert_int_equal(file_read(path, 9, &text, &err), RESULT_PERMANENT);
	buf_fini(&text);
	unlink(path);
}

static void test_a_folder_is_made_with_its_parents(void **state)
{
	char root[] = "/tmp/lazaret-base.XXXXXX", path[64];
	struct stat st;
	struct err err;

	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/a/b", root);
	assert_int_equal(file_make_folder(path, 0700, &err), RESULT_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(file_make_folder(path, 0700, &err), RESULT_OK);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/a", root);
	rmdir(path);
	rmdir(root);
}

static void test_a_buffer_drops_its_front(void **state)
{
	struct buf buf = {0};

	buf_add_format(&buf, "%s-%d", "abc", 5);
	buf_drop_front(&buf, 2);
	assert_string_equal(buf.data, "c-5");
	buf_fini(&buf);
}

static void what_is_formatted_is_whole_whatever_its_length(void **state)
{
	char want[301];

	for (size_t size = 0; size < sizeof(want); size++) {
		struct buf buf = {0};

		memset(want, 'x', size);
		want[size] = '\0';
		buf_add_char(&buf, '<');
		buf_add_format(&buf, "%s", want);
		assert_int_equal(buf.size, size + 1);
		assert_string_equal(buf.data + 1, want);
		buf_fini(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_glob_matches_without_regard_to_case),
	        cmocka_unit_test(test_a_glob_with_many_stars_takes_no_exponential_time),
	        cmocka_unit_test(test_a_word_is_found_where_it_stands_first),
	        cmocka_unit_test(test_a_number_is_whole_and_bounded),
	        cmocka_unit_test(test_what_stands_behind_the_first_empty_line_is_found),
	        cmocka_unit_test(test_printable_text_is_ascii_without_controls),
	        cmocka_unit_test(test_utf8_is_read_strictly),
	        cmocka_unit_test(test_what_is_encoded_decodes_to_the_same),
	        cmocka_unit_test(test_a_quoted_text_is_one_harmless_line),
	        cmocka_unit_test(test_a_quoted_text_is_bounded),
	        cmocka_unit_test(test_dates_follow_rfc_5322),
	        cmocka_unit_test(test_an_error_keeps_its_context_in_front),
	        cmocka_unit_test(test_a_file_is_replaced_whole_and_read_bounded),
	        cmocka_unit_test(test_a_folder_is_made_with_its_parents),
	        cmocka_unit_test(test_a_buffer_drops_its_front),
	        cmocka_unit_test(what_is_formatted_is_whole_whatever_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
