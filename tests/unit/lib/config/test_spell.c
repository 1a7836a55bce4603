#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

#include "lib/config/spell.h"

static void distance_counts_letters(void **state)
{
	char longest[100] = {0};
	int i;

	assert_int_equal(spell_distance("", ""), 0);
	assert_int_equal(spell_distance("size", "size"), 0);
	assert_int_equal(spell_distance("", "size"), 4);
	assert_int_equal(spell_distance("sze", "size"), 1);
	assert_int_equal(spell_distance("kitten", "sitting"), 3);
	for (i = 0; i < 99; i++)
		longest[i] = 'x';
	assert_int_equal(spell_distance(longest, "size"), UINT_MAX);
}

static void near_keys_are_suggested_and_far_ones_listed(void **state)
{
	static const struct field fields[] = {{"max_size"}, {"action"}};
	const struct section section = {0, 2, fields};
	struct buf out = {0};

	spell_suggest(&section, "maxsize", &out);
	assert_string_equal(out.data, "a known one: did you mean max_size?");
	buf_clear(&out);
	spell_suggest(&section, "horse", &out);
	assert_string_equal(out.data, "one of max_size, action");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(distance_counts_letters),
	        cmocka_unit_test(near_keys_are_suggested_and_far_ones_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
