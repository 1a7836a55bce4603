#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/smtp/body.h"
#include "lib/smtp/client.h"

/* The message in one piece, in pieces of `cut` bytes, and in runs of `most`: all must be `want`. */
static void check_cut(const char *text, size_t size, size_t cut, size_t most, const char *want)
{
	struct smtp_piece pieces[64];
	struct buf out = {0};
	struct body body;
	size_t count = 0, at;

	for (at = 0; at < size && count < 64; at += cut)
		pieces[count++] = (struct smtp_piece){text + at, size - at < cut ? size - at : cut};
	body_init(&body, pieces, count);
	while (!body.finished)
		body_make(&body, &out, most);
	assert_string_equal(out.data, want);
	buf_fini(&out);
}

static void check(const char *text, const char *want)
{
	size_t size = strlen(text), cut;
	struct smtp_piece whole = {text, size};

	for (cut = 1; cut <= size + 1; cut++) {
		check_cut(text, size, cut, 1, want);
		check_cut(text, size, cut, 3, want);
		check_cut(text, size, cut, 100000, want);
	}
	/* What SIZE says is what is sent, but for stuffed dots and the final dot's line. */
	if (!strstr(want, "\r\n..") && strncmp(want, "..", 2))
		assert_int_equal(body_size(&whole, 1), strlen(want) - 3);
}

static void lines_end_in_crlf_whatever_they_ended_in(void **state)
{
	check("a\nb\n", "a\r\nb\r\n.\r\n");
	check("a\r\nb\r\n", "a\r\nb\r\n.\r\n");
	check("a\nb\r\nc\n", "a\r\nb\r\nc\r\n.\r\n");
	check("\n\n", "\r\n\r\n.\r\n");
}

static void a_last_line_without_an_end_gets_one(void **state)
{
	check("a", "a\r\n.\r\n");
	check("a\nb", "a\r\nb\r\n.\r\n");
	check("a\r", "a \r\n.\r\n");
}

static void an_empty_message_is_only_the_dot(void **state)
{
	check("", ".\r\n");
}

static void dots_are_stuffed_at_the_start_of_lines_only(void **state)
{
	check(".", "..\r\n.\r\n");
	check(".\n.\n", "..\r\n..\r\n.\r\n");
	check("a.\n..b\nc", "a.\r\n...b\r\nc\r\n.\r\n");
	check("a\r\n.\r\nMAIL", "a\r\n..\r\nMAIL\r\n.\r\n");
}

static void a_bare_return_leaves_as_a_blank_and_ends_no_line(void **state)
{
	check("a\rb\n", "a b\r\n.\r\n");
	check("a\r\r\nb", "a \r\nb\r\n.\r\n");
	check("\r.\n", " .\r\n.\r\n");
	check("a\n\r.\r\n", "a\r\n .\r\n.\r\n");
	check("a\n.\r\r\nb", "a\r\n.. \r\nb\r\n.\r\n");
	check("\r\r\r", "   \r\n.\r\n");
}

static void nul_and_eight_bit_pass(void **state)
{
	struct smtp_piece piece = {"a\0\xff\n", 4};
	struct buf out = {0};
	struct body body;

	body_init(&body, &piece, 1);
	body_make(&body, &out, 100);
	assert_int_equal(out.size, 8);
	assert_memory_equal(out.data, "a\0\xff\r\n.\r\n", 8);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_end_in_crlf_whatever_they_ended_in),
	        cmocka_unit_test(a_last_line_without_an_end_gets_one),
	        cmocka_unit_test(an_empty_message_is_only_the_dot),
	        cmocka_unit_test(dots_are_stuffed_at_the_start_of_lines_only),
	        cmocka_unit_test(a_bare_return_leaves_as_a_blank_and_ends_no_line),
	        cmocka_unit_test(nul_and_eight_bit_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
