#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/spam/meta.h"

/* One letter a name: A is 0, B is 1, C is 2, … ; U is not known, between 0 and 1; V is 0 or more.
 */
static size_t number_of(void *context, const char *name)
{
	return (size_t)(name[0] - 'A');
}

static struct meta_value value_of(void *context, size_t number)
{
	if (number == 'U' - 'A')
		return (struct meta_value){0, 1};
	if (number == 'V' - 'A')
		return (struct meta_value){0, HUGE_VAL};
	return (struct meta_value){(double)number, (double)number};
}

static struct meta_value value(const char *text)
{
	struct meta *meta = NULL;
	struct meta_value result;
	struct err err = {""};

	if (meta_parse(text, number_of, NULL, &meta, &err))
		fail_msg("%s: %s", text, err.text);
	result = meta_run(meta, value_of, NULL);
	meta_free(&meta);
	assert_null(meta);
	return result;
}

static void is_exactly(const char *text, double number)
{
	struct meta_value got = value(text);

	if (got.low != number || got.high != number)
		fail_msg("%s: %g to %g", text, got.low, got.high);
}

static void operators_bind_as_in_perl(void **state)
{
	is_exactly("1 + 2 * 3", 7);
	is_exactly("(1 + 2) * 3", 9);
	is_exactly("10 - 2 - 3", 5);
	is_exactly("8 / 2 / 2", 2);
	is_exactly("-C + 5", 3);
	is_exactly("1 + 1 > 1", 1);
	is_exactly("1 < 2 == 1", 1);
	is_exactly("5 ^ 3", 6);
	is_exactly("1 == 1 ^ 1 == 1", 0);
	is_exactly("1 ^ 1 && 1", 0);
	is_exactly("0 && 0 || 1", 1);
	is_exactly("1 || 0 && 0", 1);
	is_exactly("!A && B", 1);
	is_exactly("!(A || B)", 0);
	is_exactly("!B + 1", 1);
	is_exactly("3 >= 3", 1);
	is_exactly("3 <= 2", 0);
	is_exactly("3 != 2", 1);
}

static void and_and_or_give_the_operand_that_decided(void **state)
{
	is_exactly("B && C", 2);
	is_exactly("A && C", 0);
	is_exactly("C || D", 2);
	is_exactly("A || D", 3);
}

static void a_choice_takes_one_branch(void **state)
{
	is_exactly("A ? 5 : 6", 6);
	is_exactly("B ? 5 : 6", 5);
	is_exactly("A ? 1 : B ? 2 : 3", 2);
}

static void counts_are_added_and_compared(void **state)
{
	is_exactly("(B + C + D) > 5", 1);
	is_exactly("(B + C + D) > 6", 0);
	is_exactly("local_tests_only", 1);
}

static void division_by_nothing_is_nothing(void **state)
{
	is_exactly("5 / A", 0);
}

static void what_is_not_known_hits_only_where_it_does_not_matter(void **state)
{
	assert_false(meta_is_true(value("U")));
	assert_false(meta_is_true(value("!U")));
	assert_false(meta_is_true(value("B && U")));
	assert_false(meta_is_true(value("B && !U")));
	assert_true(meta_is_true(value("B || U")));
	assert_true(meta_is_true(value("U || B")));
	assert_true(meta_is_true(value("U + B")));
	assert_true(meta_is_true(value("B + C + U > 2")));
	assert_false(meta_is_true(value("B + C + U > 3")));
	assert_true(meta_is_true(value("B + C + U < 5")));
	assert_true(meta_is_true(value("V >= 0")));
	assert_false(meta_is_true(value("V > 0")));
	assert_false(meta_is_true(value("V - V")));
	assert_false(meta_is_true(value("A * V")));
	assert_false(meta_is_true(value("1 / U")));
	assert_true(meta_is_true(value("U ? B : C")));
	assert_false(meta_is_true(value("U ^ B")));
	assert_false(meta_is_true(value("1 ^ -1")));
	is_exactly("A && U", 0);
}

static void what_is_no_expression_is_refused_with_the_place(void **state)
{
	static const char *const wrong[] = {"", "B &&", "&& B", "(B", "B)", "B C", "!", "B ? C",
	        "B @ C", "rules_matching(X*)", "1 +* 2", "B : C"};
	struct meta *meta = NULL;
	struct err err;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		err.text[0] = '\0';
		if (!meta_parse(wrong[i], number_of, NULL, &meta, &err))
			fail_msg("taken: %s", wrong[i]);
		assert_non_null(strstr(err.text, " at \""));
		assert_null(meta);
	}
}

static void nesting_and_length_are_bounded(void **state)
{
	struct meta *meta = NULL;
	struct buf deep = {0}, longer = {0};

	for (int i = 0; i < 10000; i++)
		buf_add_string(&deep, "(");
	for (int i = 0; i < 10000; i++)
		buf_add_string(&longer, "A+");
	buf_add_string(&longer, "A");
	assert_int_equal(meta_parse(deep.data, number_of, NULL, &meta, NULL), RESULT_PERMANENT);
	assert_int_equal(meta_parse(longer.data, number_of, NULL, &meta, NULL), RESULT_PERMANENT);
	buf_fini(&deep);
	buf_fini(&longer);
}

static void the_rules_it_needs_can_be_listed(void **state)
{
	struct meta *meta = NULL;
	size_t number = 99;

	assert_int_equal(meta_parse("A + 3 * (C || !D)", number_of, NULL, &meta, NULL), RESULT_OK);
	assert_true(meta_needs(meta, 0, &number));
	assert_int_equal(number, 0);
	assert_true(meta_needs(meta, 2, &number));
	assert_int_equal(number, 3);
	assert_false(meta_needs(meta, 3, &number));
	meta_free(&meta);
}

/* All but A are not known; B is the cheapest to ask, and Z can't be asked. */
static struct meta_value only_a_is_known(void *context, size_t number)
{
	return number == 0 ? (struct meta_value){0, 0} : (struct meta_value){0, 1};
}

static double by_letter(void *context, size_t number)
{
	return number == 'Z' - 'A' ? HUGE_VAL : (double)number;
}

/* '-': there is nothing to ask. */
static char next(const char *text)
{
	struct meta *meta = NULL;
	struct err err = {""};
	size_t number = 0;
	int is_there;

	if (meta_parse(text, number_of, NULL, &meta, &err))
		fail_msg("%s: %s", text, err.text);
	is_there = meta_next(meta, only_a_is_known, by_letter, NULL, &number);
	meta_free(&meta);
	return is_there ? (char)('A' + number) : '-';
}

static void the_cheapest_of_what_matters_is_asked_next(void **state)
{
	assert_int_equal(next("D && C && B"), 'B');
	assert_int_equal(next("C || D"), 'C');
	assert_int_equal(next("!(E + D > 1)"), 'D');
	assert_int_equal(next("E ? D : C"), 'C');
	/* What can change nothing any more. */
	assert_int_equal(next("(B && A) || C"), 'C');
	assert_int_equal(next("(A && B) || C"), 'C');
	assert_int_equal(next("(B || 1) && D"), 'D');
	assert_int_equal(next("B * A + E"), 'E');
	assert_int_equal(next("A && B"), '-');
	assert_int_equal(next("A + 2"), '-');
	/* What can't be asked is passed by. */
	assert_int_equal(next("Z && D"), 'D');
	assert_int_equal(next("Z || A"), '-');
}

/* The letters of the guards, each costs its place in the alphabet. */
static void are_guards(const char *text, const char *letters)
{
	struct meta *meta = NULL;
	struct err err = {""};
	size_t *numbers, count;
	struct buf found = {0};

	if (meta_parse(text, number_of, NULL, &meta, &err))
		fail_msg("%s: %s", text, err.text);
	count = meta_guards(meta, by_letter, NULL, &numbers);
	buf_add_string(&found, "");
	for (size_t i = 0; i < count; i++)
		buf_add_char(&found, (char)('A' + numbers[i]));
	if (strcmp(found.data, letters) != 0)
		fail_msg("%s: %s instead of %s", text, found.data, letters);
	buf_fini(&found);
	free(numbers);
	meta_free(&meta);
}

static void guards_keep_an_expression_false(void **state)
{
	are_guards("B", "B");
	are_guards("C && B", "B");
	are_guards("B && C", "B");
	are_guards("C && !B", "C");
	are_guards("!B && C && D", "C");
	are_guards("B || C", "BC");
	are_guards("(B || F) && E", "E");
	are_guards("(B || C) && E", "BC");
	are_guards("(B || C) && F && !D", "BC");
	are_guards("(B && E) || (D && C)", "BC");
	are_guards("B + C + D > 2", "BCD");
	are_guards("(B > 1) && (C < 3)", "B");
	are_guards("B ? C : D", "BCD");
	are_guards("B * C", "BC");
	are_guards("!!B", "B");
	are_guards("!(1 || C) && B", "");
}

static void what_is_true_where_nothing_hits_has_no_guards(void **state)
{
	are_guards("!B", "");
	are_guards("B || !C", "");
	are_guards("B < 3", "");
	are_guards("B == 0 && !C", "");
	are_guards("2", "");
	are_guards("0", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(operators_bind_as_in_perl),
	        cmocka_unit_test(and_and_or_give_the_operand_that_decided),
	        cmocka_unit_test(a_choice_takes_one_branch),
	        cmocka_unit_test(counts_are_added_and_compared),
	        cmocka_unit_test(division_by_nothing_is_nothing),
	        cmocka_unit_test(what_is_not_known_hits_only_where_it_does_not_matter),
	        cmocka_unit_test(what_is_no_expression_is_refused_with_the_place),
	        cmocka_unit_test(nesting_and_length_are_bounded),
	        cmocka_unit_test(the_rules_it_needs_can_be_listed),
	        cmocka_unit_test(the_cheapest_of_what_matters_is_asked_next),
	        cmocka_unit_test(guards_keep_an_expression_false),
	        cmocka_unit_test(what_is_true_where_nothing_hits_has_no_guards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
