#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/unpack/rtf.h"

/* The example of MS-OXRTFCP section 4.1.1. */
static const unsigned char example[] = {0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a,
        0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31,
        0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77,
        0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0};

static void test_the_example_of_the_specification_is_read(void **state)
{
	struct buf out = {0};

	assert_true(rtf_expand((struct piece){example, sizeof(example)}, &out));
	assert_string_equal(out.data, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
	buf_fini(&out);
}

static void test_a_text_that_is_cut_off_is_read_as_far_as_it_goes(void **state)
{
	struct buf out = {0};

	assert_true(rtf_expand((struct piece){example, 34}, &out));
	assert_memory_equal(out.data, "{\\rtf1\\ansi\\ansicpg1252\\pard", 28);
	buf_fini(&out);
}

static void test_a_plain_text_is_taken_as_it_is(void **state)
{
	static const unsigned char plain[] = "aaaabbbbMELAcccc{\\rtf1 x}";
	struct buf out = {0};

	assert_true(rtf_expand((struct piece){plain, sizeof(plain) - 1}, &out));
	assert_string_equal(out.data, "{\\rtf1 x}");
	buf_fini(&out);
}

static void test_anything_else_is_refused(void **state)
{
	static const unsigned char other[] = "aaaabbbbXXXXcccc{\\rtf1 x}";
	struct buf out = {0};

	assert_false(rtf_expand((struct piece){other, sizeof(other) - 1}, &out));
	assert_false(rtf_expand((struct piece){other, 0}, &out));
	assert_int_equal(out.size, 0);
	buf_fini(&out);
}

static void test_what_comes_out_is_bounded_by_what_goes_in(void **state)
{
	unsigned char runs[16 + 1000] = {0};
	struct buf out = {0};

	memcpy(runs + 8, "LZFu", 4);
	memset(runs + 16, 0xff, 1000); /* each control byte is all runs of the greatest length */
	assert_true(rtf_expand((struct piece){runs, sizeof(runs)}, &out));
	assert_true(out.size <= 17 * sizeof(runs));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_example_of_the_specification_is_read),
	        cmocka_unit_test(test_a_text_that_is_cut_off_is_read_as_far_as_it_goes),
	        cmocka_unit_test(test_a_plain_text_is_taken_as_it_is),
	        cmocka_unit_test(test_anything_else_is_refused),
	        cmocka_unit_test(test_what_comes_out_is_bounded_by_what_goes_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
