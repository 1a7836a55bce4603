#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/base64.h"

static void is(const void *bytes, size_t size, const char *want)
{
	struct buf out = {0};

	buf_add_string(&out, "");
	base64_add(&out, bytes, size);
	assert_string_equal(out.data, want);
	buf_fini(&out);
}

static void the_vectors_of_rfc_4648_come_out(void **state)
{
	static const char *const want[] = {
	        "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
	size_t size;

	for (size = 0; size < sizeof(want) / sizeof(want[0]); size++)
		is("foobar", size, want[size]);
}

static void all_bytes_are_bytes(void **state)
{
	is("\0\xff\x80\0", 4, "AP+AAA==");
	is("\xfb\xef\xbe\xff\xff\xff", 6, "++++////");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_vectors_of_rfc_4648_come_out),
	        cmocka_unit_test(all_bytes_are_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
