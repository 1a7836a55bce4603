#include "workers/qscan/opaque.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OID(last) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\1\7" last
#define KIND(literal) opaque_kind(literal, sizeof(literal) - 1)

static void what_is_encrypted_is_known(void **state)
{
	assert_int_equal(KIND("\x30\x80" OID("\3")), OPAQUE_ENCRYPTED);
	assert_int_equal(KIND("\x30\x82\xff\xff" OID("\3")), OPAQUE_ENCRYPTED);
	assert_int_equal(KIND("\x30\x0b" OID("\2")), OPAQUE_SIGNED);
	assert_int_equal(KIND("\x30\x0b" OID("\1")), OPAQUE_NOT);
	assert_int_equal(KIND("-----BEGIN PGP MESSAGE-----\n"), OPAQUE_ENCRYPTED);
	assert_int_equal(KIND("-----BEGIN PGP SIGNATURE-----\n"), OPAQUE_NOT);
	assert_int_equal(KIND(""), OPAQUE_NOT);
	assert_int_equal(KIND("\x30"), OPAQUE_NOT);
	assert_int_equal(KIND("\x30\x89\1\1\1\1\1\1\1\1\1"), OPAQUE_NOT);
}

static void check_signed(const void *bytes, size_t size, const char *want)
{
	struct buf out = {0};
	int found = opaque_signed(bytes, size, &out);

	assert_int_equal(found, want != NULL);
	if (want) {
		assert_int_equal(out.size, strlen(want));
		assert_memory_equal(out.data, want, out.size);
	}
	buf_fini(&out);
}

static void signed_content_is_taken_out_in_both_forms(void **state)
{
	static const char definite[] = "\x30\x29" OID("\2") "\xa0\x1c\x30\x1a\2\1\1\x31\0"
	                                                    "\x30\x13" OID("\1") "\xa0\6\4\4text";
	static const char pieces[] = "\x30\x80" OID(
	        "\2") "\xa0\x80\x30\x80\2\1\1\x31\x80\0\0"
	              "\x30\x80" OID("\1") "\xa0\x80\x24\x80\4\2te\x24\4\4\2xt\0\0\0\0";
	static const char detached[] = "\x30\x80" OID("\2") "\xa0\x80\x30\x80\2\1\1\x31\0"
	                                                    "\x30\x0b" OID("\1");

	check_signed(definite, sizeof(definite) - 1, "text");
	check_signed(pieces, sizeof(pieces) - 1, "text");
	check_signed(detached, sizeof(detached) - 1, NULL);
	check_signed("", 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_encrypted_is_known),
	        cmocka_unit_test(signed_content_is_taken_out_in_both_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
