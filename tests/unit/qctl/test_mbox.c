#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "qctl/mbox.h"

/* Added in pieces of so many bytes. */
static char *written(const char *text, size_t step)
{
	struct buf out = {0};
	struct mbox mbox;
	size_t size = strlen(text), at, here;

	mbox_begin(&mbox, "a b@example.org", INT64_C(1795000000000), &out);
	for (at = 0; at < size; at += here) {
		here = size - at < step ? size - at : step;
		mbox_add(&mbox, text + at, here, &out);
	}
	mbox_end(&mbox, &out);
	return buf_give(&out);
}

static void expect(const char *text, const char *wanted)
{
	static const char line[] = "From a_b@example.org Wed Nov 18 11:06:40 2026\n";
	size_t step;
	char *found;

	for (step = 1; step < 20; step++) {
		found = written(text, step);
		assert_memory_equal(found, line, sizeof(line) - 1);
		assert_string_equal(found + sizeof(line) - 1, wanted);
		free(found);
	}
}

static void lines_that_begin_a_message_are_quoted_once_more_and_others_are_not(void **state)
{
	expect("From me\n", ">From me\n\n");
	expect("a\nFrom me\nb\n", "a\n>From me\nb\n\n");
	expect("a\r\n>>From me\r\n", "a\r\n>>>From me\r\n\n");
	expect("From: me\n>From:\n", "From: me\n>From:\n\n");
	expect("a From b\n> From\nfrom c\nFroFrom \n", "a From b\n> From\nfrom c\nFroFrom \n\n");
	expect(">\n>>\nFr\n", ">\n>>\nFr\n\n");
	expect("F>From x\nFFrom y\n", "F>From x\nFFrom y\n\n");
}

static void a_message_without_an_end_of_line_gets_one(void **state)
{
	expect("", "\n");
	expect("a", "a\n\n");
	expect("From", "From\n\n");
	expect("From ", ">From \n\n");
	expect(">>", ">>\n\n");
}

static void the_null_reverse_path_has_a_name(void **state)
{
	struct buf out = {0};
	struct mbox mbox;

	mbox_begin(&mbox, "", 0, &out);
	assert_string_equal(out.data, "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(
	                lines_that_begin_a_message_are_quoted_once_more_and_others_are_not),
	        cmocka_unit_test(a_message_without_an_end_of_line_gets_one),
	        cmocka_unit_test(the_null_reverse_path_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
