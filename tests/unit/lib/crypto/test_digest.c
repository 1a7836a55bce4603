#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/text.h"
#include "lib/crypto/digest.h"

static void test_the_digest_is_sha_256(void **state)
{
	struct digest digest;
	char hex[DIGEST_HEX_ROOM];

	digest_of("abc", 3, &digest); /* FIPS 180-2, appendix B.1 */
	text_hex(digest.bytes, DIGEST_SIZE, hex);
	assert_string_equal(
	        hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void digest_pair(const char *a, const char *b, struct digest *out)
{
	struct digest_state running;

	digest_init(&running);
	digest_add_string(&running, a);
	digest_add_string(&running, b);
	digest_final(&running, out);
}

static void test_texts_do_not_run_into_each_other(void **state)
{
	struct digest one, two;

	digest_pair("ab", "c", &one);
	digest_pair("a", "bc", &two);
	assert_memory_not_equal(one.bytes, two.bytes, DIGEST_SIZE);
	digest_pair("", NULL, &one);
	digest_pair(NULL, "", &two);
	assert_memory_equal(one.bytes, two.bytes, DIGEST_SIZE);
}

static void test_names_made_from_a_digest_have_their_length_and_letters(void **state)
{
	struct digest digest;
	char message[33], item[17];

	digest_of("x", 1, &digest);
	digest_message_id(&digest, message);
	digest_item_id(&digest, item);
	assert_int_equal(strlen(message), 32);
	assert_int_equal(strlen(item), 16);
	assert_int_equal(strspn(item, "0123456789abcdefghjkmnpqrstvwxyz"), 16);
}

static void test_secrets_are_compared(void **state)
{
	assert_true(secret_same("abc", "abc", 3));
	assert_false(secret_same("abc", "abd", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_digest_is_sha_256),
	        cmocka_unit_test(test_texts_do_not_run_into_each_other),
	        cmocka_unit_test(test_names_made_from_a_digest_have_their_length_and_letters),
	        cmocka_unit_test(test_secrets_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
