#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/bytes.h"

static const unsigned char bytes[] = {0x80, 0xff, 0x02, 0x81, 0x05, 0x06, 0x07, 0xfe};

static void the_first_byte_is_the_lowest_of_a_little_endian_number(void **state)
{
	assert_int_equal(bytes_little16(bytes), 0xff80);
	assert_int_equal(bytes_little32(bytes), 0x8102ff80);
	assert_true(bytes_little64(bytes) == 0xfe0706058102ff80);
}

static void the_first_byte_is_the_highest_of_a_big_endian_number(void **state)
{
	assert_int_equal(bytes_big32(bytes), 0x80ff0281);
	assert_int_equal(bytes_big32(bytes + 3), 0x81050607);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_first_byte_is_the_lowest_of_a_little_endian_number),
	        cmocka_unit_test(the_first_byte_is_the_highest_of_a_big_endian_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
