#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/config/address.h"

static void an_address_matches_itself_in_any_case(void **state)
{
	assert_true(address_matches("Anna@Example.ORG", "anna@example.org"));
	assert_false(address_matches("anna@example.org", "hanna@example.org"));
}

static void an_at_domain_is_that_domain_only(void **state)
{
	assert_true(address_matches("@example.org", "x@example.org"));
	assert_false(address_matches("@example.org", "x@mail.example.org"));
	assert_false(address_matches("@example.org", "x@bad-example.org"));
}

static void a_dot_domain_is_it_and_all_below(void **state)
{
	assert_true(address_matches(".example.org", "x@example.org"));
	assert_true(address_matches(".example.org", "x@a.b.example.org"));
	assert_false(address_matches(".example.org", "x@bad-example.org"));
	assert_false(address_matches(".example.org", ""));
}

static void a_glob_is_over_the_whole_address(void **state)
{
	assert_true(address_matches("news-*@*.example", "news-7@lists.example"));
	assert_false(address_matches("news-*@*.example", "old-news-7@lists.example"));
	assert_false(address_matches("*", ""));
}

static void only_the_empty_pattern_is_the_null_reverse_path(void **state)
{
	assert_true(address_matches("<>", ""));
	assert_false(address_matches("<>", "x@example.org"));
}

static void the_last_at_sign_parts_the_domain(void **state)
{
	assert_string_equal(address_domain("\"a@b\"@example.org"), "example.org");
	assert_string_equal(address_domain("postmaster"), "");
}

static void a_network_holds_what_its_bits_say(void **state)
{
	assert_true(address_in_network("192.0.2.0/25", "192.0.2.127"));
	assert_false(address_in_network("192.0.2.0/25", "192.0.2.128"));
	assert_true(address_in_network("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(address_in_network("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(address_in_network("0.0.0.0/0", "203.0.113.9"));
	assert_false(address_in_network("0.0.0.0/0", "2001:db8::1"));
}

static void a_network_without_a_length_is_one_address(void **state)
{
	assert_true(address_in_network("127.0.0.1", "127.0.0.1"));
	assert_false(address_in_network("127.0.0.1", "127.0.0.2"));
}

static void an_address_is_known_in_each_of_its_forms(void **state)
{
	assert_true(address_in_network("192.0.2.0/24", "::ffff:192.0.2.1"));
	assert_true(address_in_network("192.0.2.0/24", "[192.0.2.1]"));
	assert_true(address_in_network("2001:db8::/32", "IPv6:2001:db8::1"));
}

static void what_cannot_be_read_is_in_no_network(void **state)
{
	assert_false(address_in_network("192.0.2.0/24", ""));
	assert_false(address_in_network("192.0.2.0/24", "unknown"));
	assert_false(address_in_network("192.0.2.0/33", "192.0.2.1"));
	assert_false(address_in_network("nonsense/8", "10.0.0.1"));
	assert_false(address_in_network(
	        "::/0", "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_address_matches_itself_in_any_case),
	        cmocka_unit_test(an_at_domain_is_that_domain_only),
	        cmocka_unit_test(a_dot_domain_is_it_and_all_below),
	        cmocka_unit_test(a_glob_is_over_the_whole_address),
	        cmocka_unit_test(only_the_empty_pattern_is_the_null_reverse_path),
	        cmocka_unit_test(the_last_at_sign_parts_the_domain),
	        cmocka_unit_test(a_network_holds_what_its_bits_say),
	        cmocka_unit_test(a_network_without_a_length_is_one_address),
	        cmocka_unit_test(an_address_is_known_in_each_of_its_forms),
	        cmocka_unit_test(what_cannot_be_read_is_in_no_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
