#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "workers/qscan/armour.h"

#define BASE64                                                                                     \
	"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n"                       \
	"QkJC\n"
#define PLAIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABBB"

static int undone(const char *text, const char *want)
{
	struct buf out = {0};
	size_t at = 0;
	int undone = armour_undo(text, strlen(text), &at, &out);

	if (undone) {
		assert_int_equal(out.size, strlen(want));
		assert_memory_equal(out.data, want, out.size);
	}
	buf_fini(&out);
	return undone;
}

static void base64_alone_is_undone(void **state)
{
	assert_true(undone(BASE64, PLAIN));
	assert_true(undone("\r\n" BASE64 "\r\n", PLAIN));
}

static void lines_that_name_it_are_passed_over(void **state)
{
	assert_true(undone("-----BEGIN PKCS7-----\n" BASE64 "-----END PKCS7-----\nmore\n", PLAIN));
	assert_true(undone("a word\n-----BEGIN CMS-----\n" BASE64, PLAIN));
	assert_true(undone(
	        "-----BEGIN X-----\nProc-Type: 4\nOther: x\n\n" BASE64 "-----END X-----\n", PLAIN));
}

static void each_block_is_undone_and_those_of_openpgp_are_passed_over(void **state)
{
	static const char text[] =
	        "-----BEGIN X-----\nabc\n-----END X-----\n"
	        "-----BEGIN PGP MESSAGE-----\n" BASE64 "-----END PGP MESSAGE-----\n"
	        "-----BEGIN A-----\n" BASE64 "-----END A-----\nand\n"
	        "-----BEGIN B-----\n" BASE64;
	struct buf out = {0};
	size_t at = 0;

	assert_true(armour_undo(text, sizeof(text) - 1, &at, &out));
	assert_int_equal(out.size, strlen(PLAIN));
	assert_true(armour_undo(text, sizeof(text) - 1, &at, &out));
	assert_int_equal(out.size, 2 * strlen(PLAIN));
	assert_false(armour_undo(text, sizeof(text) - 1, &at, &out));
	buf_fini(&out);
	assert_true(undone("\xef\xbb\xbf" BASE64, PLAIN));
}

static void words_are_no_base64(void **state)
{
	assert_false(undone("", ""));
	assert_false(undone("Hello", ""));
	assert_false(undone("a text, with commas and so on, that is longer than a few words of it "
	                    "would be\n",
	        ""));
	assert_false(undone("-----BEGIN X-----\n", ""));
	assert_false(undone("-----BEGIN PGP MESSAGE-----\n" BASE64, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(base64_alone_is_undone),
	        cmocka_unit_test(lines_that_name_it_are_passed_over),
	        cmocka_unit_test(each_block_is_undone_and_those_of_openpgp_are_passed_over),
	        cmocka_unit_test(words_are_no_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
