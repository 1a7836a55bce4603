#include "workers/qscan/raw_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"

#define HEAD "Received: by a\nFrom: b@example.org\nMIME-Version: 1.0\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=\"BB\"\n\n"
#define PART "--BB\nContent-Type: text/plain\n\n"

static const char *oddity_of(const char *bytes, size_t size)
{
	struct mime_map *map = mime_map_new(bytes, size, NULL);
	const char *why = raw_form_oddity(map);

	mime_map_free(&map);
	return why;
}

static void is_odd(const char *mail, const char *why)
{
	const char *said = oddity_of(mail, strlen(mail));

	if (!said || strcmp(said, why) != 0)
		fail_msg("\"%s\", not \"%s\", of %s", said ? said : "(nothing)", why, mail);
}

static void is_plain(const char *mail)
{
	const char *said = oddity_of(mail, strlen(mail));

	if (said)
		fail_msg("\"%s\" of %s", said, mail);
}

static void mails_as_programs_write_them_are_plain(void **state)
{
	is_plain(HEAD "\nA letter.\n");
	is_plain(HEAD "Content-Type: text/plain;\n charset=utf-8\n\nA letter.\n");
	is_plain(MIXED PART "one\n" PART "two\n--BB--\n");
	is_plain(MIXED "This is a multi-part message in MIME format.\n" PART "one\n--BB--\n\n \n");
	is_plain(MIXED PART "-- \nJ. Doe (sales)\n- one\n--- two ---\n(see above)\n--BB--");
	is_plain(MIXED "--BB\nContent-Type: multipart/alternative; boundary=\"CC\"\n\n--CC\n"
	               "Content-Type: text/plain\n\none\n--CC--\n--BB--\n");
}

static void lines_like_delimiters_are_odd(void **state)
{
	static const char *const lines[] = {"---BB", "-------BB", "--bb", "-xBB", "(c)--BB",
	        "--(c)BB", "--B(c)B", "- --BB", "--BB ", "--(a(b)c)B(d)B", "(a\\)b)--BB", "--bb--"};
	size_t at;

	for (at = 0; at < sizeof(lines) / sizeof(lines[0]); at++) {
		char *mail = alloc_format(
		        MIXED PART "one\n%s\nX: y\n\ntwo\n" PART "three\n--BB--\n", lines[at]);

		is_odd(mail, "a line like a delimiter");
		free(mail);
	}
	is_plain(MIXED PART "one\n --bb\nBB\n--B\n(B)B\n" PART "three\n--BB--\n");
}

static void text_behind_the_last_part_is_odd(void **state)
{
	is_odd(MIXED PART "one\n--BB--\nmore\n", "text behind the last part");
	is_odd(MIXED "--BB\nContent-Type: multipart/mixed; boundary=\"CC\"\n\n--CC\n"
	             "Content-Type: text/plain\n\none\n--CC--\nmore\n--BB--\n",
	        "text behind the last part");
	is_odd(MIXED PART "one\n", "a multipart without its end");
}

static void fields_outside_of_a_header_are_odd(void **state)
{
	is_odd(MIXED "--BB\n\n(a)Content-Type: text/html\n\none\n--BB--\n",
	        "a part without a header");
	is_odd(MIXED PART "Contents\nX: y\n\none\n--BB--\n", "a body that begins like a header");
	is_odd(MIXED PART "filename=x\n--BB--\n", "a body that begins like a header");
	is_odd(HEAD "\nDate: today\nX: y\n\none\n", "a body that begins like a header");
	is_plain(MIXED PART "The contents\nfilename\n--BB--\n");
}

static void a_field_that_takes_the_next_one_with_it_is_odd(void **state)
{
	is_odd(HEAD "X-A: b; \nContent-Type: text/plain; charset=utf-8\n\none\n",
	        "a field that ends in a semicolon");
	is_plain(HEAD "X-A: b;\nX-B: c\nContent-Type: text/plain; charset=utf-8\n\none\n");
}

static void lines_that_are_broken_and_texts_that_are_cut_are_odd(void **state)
{
	struct buf mail = {0};
	size_t at;

	buf_add_string(&mail, HEAD "\n");
	for (at = 0; at < 990; at++)
		buf_add_char(&mail, 'x');
	buf_add_string(&mail, "\r\n");
	assert_null(oddity_of(mail.data, mail.size));
	mail.data[mail.size - 2] = 'x';
	assert_string_equal(oddity_of(mail.data, mail.size), "a line that is too long");
	buf_fini(&mail);
	assert_string_equal(oddity_of(HEAD "\na\0b\n", sizeof(HEAD "\na\0b\n") - 1), "a NUL");
}

/* A patch has many lines with a dash; a hundred thousand of them are not compared. */
static void lines_that_are_compared_have_a_limit(void **state)
{
	struct buf mail = {0};
	size_t at;

	buf_add_string(&mail, MIXED PART);
	for (at = 0; at < 5000; at++)
		buf_add_string(&mail, "-B\n");
	buf_add_string(&mail, "--BB--\n");
	assert_null(oddity_of(mail.data, mail.size));
	mail.size -= strlen("--BB--\n");
	for (at = 0; at < 95000; at++)
		buf_add_string(&mail, "-B\n");
	buf_add_string(&mail, "--BB--\n");
	assert_string_equal(oddity_of(mail.data, mail.size), "too many lines like delimiters");
	buf_fini(&mail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(mails_as_programs_write_them_are_plain),
	        cmocka_unit_test(lines_like_delimiters_are_odd),
	        cmocka_unit_test(text_behind_the_last_part_is_odd),
	        cmocka_unit_test(fields_outside_of_a_header_are_odd),
	        cmocka_unit_test(a_field_that_takes_the_next_one_with_it_is_odd),
	        cmocka_unit_test(lines_that_are_broken_and_texts_that_are_cut_are_odd),
	        cmocka_unit_test(lines_that_are_compared_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
