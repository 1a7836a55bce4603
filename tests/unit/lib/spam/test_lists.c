#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/match/match.h"
#include "lib/spam/functions.h"
#include "lib/spam/lists.h"

static void what_was_put_in_is_there_in_any_case_and_only_in_its_list(void **state)
{
	struct lists *lists = lists_new();

	assert_false(lists_has(lists, "a", "x"));
	lists_add(lists, "a", "Example.ORG");
	lists_add(lists, "b", "other");
	assert_true(lists_has(lists, "a", "example.org"));
	assert_false(lists_has(lists, "b", "example.org"));
	assert_false(lists_has(lists, "c", "example.org"));
	assert_false(lists_has(lists, "a", "example.or"));
	lists_free(&lists);
	assert_null(lists);
}

static void a_double_is_kept_once_and_order_stays(void **state)
{
	struct lists *lists = lists_new();

	lists_add(lists, "a", "one");
	lists_add(lists, "a", "two");
	lists_add(lists, "a", "ONE");
	assert_int_equal(lists_count(lists, "a"), 2);
	assert_string_equal(lists_at(lists, "a", 0), "one");
	assert_string_equal(lists_at(lists, "a", 1), "two");
	assert_null(lists_at(lists, "a", 2));
	assert_null(lists_at(lists, "none", 0));
	lists_free(&lists);
}

static void of_many_lists_each_is_found_by_its_whole_name(void **state)
{
	struct lists *lists = lists_new();
	char name[16];

	assert_int_equal(lists_count(lists, "list 1"), 0);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "list %d", i);
		lists_add(lists, name, name);
	}
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "list %d", i);
		assert_int_equal(lists_count(lists, name), 1);
		assert_string_equal(lists_at(lists, name, 0), name);
	}
	assert_int_equal(lists_count(lists, "List 1"), 0);
	assert_int_equal(lists_count(lists, "list 500"), 0);
	lists_free(&lists);
}

static void a_value_is_a_pattern_where_it_can_be_one(void **state)
{
	struct lists *lists = lists_new();
	const struct match *pattern;

	lists_add(lists, "a", "/^go(.*)/i");
	lists_add(lists, "a", "/(/");
	pattern = lists_pattern(lists, "a", 0);
	assert_non_null(pattern);
	assert_int_equal(match_find(pattern, "GOx", 3, 0, NULL, NULL), RESULT_OK);
	assert_ptr_equal(lists_pattern(lists, "a", 0), pattern);
	assert_null(lists_pattern(lists, "a", 1));
	assert_null(lists_pattern(lists, "a", 2));
	assert_null(lists_pattern(lists, "b", 0));
	lists_remove(lists, "a", "/(/");
	assert_ptr_equal(lists_pattern(lists, "a", 0), pattern);
	lists_free(&lists);
}

static void what_is_removed_is_gone_and_the_others_stay(void **state)
{
	struct lists *lists = lists_new();
	char value[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(value, sizeof(value), "v%d", i);
		lists_add(lists, i % 2 ? "odd" : "even", value);
	}
	lists_remove(lists, "odd", "v501");
	lists_remove(lists, "odd", "v2");
	lists_remove(lists, "none", "v2");
	assert_int_equal(lists_size(lists), 999);
	for (int i = 0; i < 1000; i++) {
		snprintf(value, sizeof(value), "v%d", i);
		assert_int_equal(lists_has(lists, i % 2 ? "odd" : "even", value), i != 501);
	}
	lists_clear(lists, "even");
	assert_int_equal(lists_count(lists, "even"), 0);
	assert_true(lists_has(lists, "odd", "v999"));
	assert_false(lists_has(lists, "even", "v998"));
	lists_free(&lists);
}

static void values_are_globs_when_one_is_looked_for(void **state)
{
	struct lists *lists = lists_new();

	lists_add(lists, "a", "*@example.org");
	lists_add(lists, "a", "b?b@*.example.net");
	lists_add(lists, "a", "eve@example.com");
	assert_true(lists_match(lists, "a", "Alice@Example.org"));
	assert_true(lists_match(lists, "a", "bob@x.example.net"));
	assert_true(lists_match(lists, "a", "Eve@example.com"));
	assert_false(lists_match(lists, "a", "bob@example.net"));
	assert_false(lists_match(lists, "none", "bob@example.net"));
	lists_free(&lists);
}

static void values_with_wildcards_are_given_one_by_one(void **state)
{
	struct lists *lists = lists_new();
	size_t from = 0;

	lists_add(lists, "a", "x");
	lists_add(lists, "a", "*.example.org");
	lists_add(lists, "a", "mail.example.org");
	lists_add(lists, "a", "m*");
	lists_remove(lists, "a", "x");
	assert_string_equal(
	        lists_next_wild(lists, "a", "mail.example.org", &from), "*.example.org");
	assert_string_equal(lists_next_wild(lists, "a", "mail.example.org", &from), "m*");
	assert_null(lists_next_wild(lists, "a", "mail.example.org", &from));
	from = 0;
	assert_null(lists_next_wild(lists, "none", "mail.example.org", &from));
	lists_clear(lists, "a");
	assert_null(lists_next_wild(lists, "a", "mail.example.org", &from));
	lists_free(&lists);
}

static void functions_that_ask_the_network_are_known_by_name(void **state)
{
	assert_true(functions_find("check_rbl")->is_net);
	assert_null(functions_find("check_rbl")->run);
	assert_true(functions_find("check_arc_signed")->is_net);
	assert_true(functions_find("check_uridnsbl")->is_net);
	assert_null(functions_find("check_rb"));
	assert_null(functions_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_put_in_is_there_in_any_case_and_only_in_its_list),
	        cmocka_unit_test(a_double_is_kept_once_and_order_stays),
	        cmocka_unit_test(of_many_lists_each_is_found_by_its_whole_name),
	        cmocka_unit_test(a_value_is_a_pattern_where_it_can_be_one),
	        cmocka_unit_test(what_is_removed_is_gone_and_the_others_stay),
	        cmocka_unit_test(values_are_globs_when_one_is_looked_for),
	        cmocka_unit_test(values_with_wildcards_are_given_one_by_one),
	        cmocka_unit_test(functions_that_ask_the_network_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
