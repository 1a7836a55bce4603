#include "tests/unit/lib/mime/support.h"

#include "lib/mime/param.h"

/* The value and all readings of parameter "a", joined by "|". */
static void check(const char *field, const char *value, const char *readings, int odd)
{
	struct strings all = {.most = 16};
	struct params params;
	struct buf out = {0};
	size_t at;

	params_read(&params, field, strlen(field));
	params_values(&params, "a", &all);
	for (at = 0; at < all.count; at++)
		buf_add_format(&out, "%s%s", at ? "|" : "", all.items[at]);
	buf_add(&out, "", 0);
	assert_string_equal(params.value, value);
	assert_string_equal(out.data, readings);
	assert_int_equal(params.odd, odd);
	buf_fini(&out);
	strings_fini(&all);
	params_fini(&params);
}

static void fields_by_the_book_have_one_reading(void **state)
{
	check("", "", "", 0);
	check("text/plain", "text/plain", "", 0);
	check("Text/Plain; A=b", "text/plain", "b", 0);
	check(" text/plain ; a = \"b c\" ; x=y", "text/plain", "b c", 0);
	check("text/plain; a=\"b;c\"", "text/plain", "b;c", 0);
	check("text/plain (comment); a=b (comment)", "text/plain", "b (comment)|b", 1);
	check("text/plain; a*=utf-8'en'%C3%A9", "text/plain", "é", 0);
	check("text/plain; a*0=b; a*1=c", "text/plain", "bc", 0);
	check("text/plain; a*0*=utf-8''%C3; a*1*=%A9", "text/plain", "é", 0);
}

static void doubtful_values_have_several_readings(void **state)
{
	check("x/y; a=\"b", "x/y", "b", 1);
	check("x/y; a=\"b; c=d", "x/y", "b; c=d|b", 1);
	check("x/y; a=b;c", "x/y", "b|b;c", 1);
	check("x/y; a=b c", "x/y", "b c|b", 1);
	check("x/y; a=\"b\"c", "x/y", "b|bc", 1);
	check("x/y; a=b\"", "x/y", "b\"|b", 1);
	check("x/y; a=b; a=c", "x/y", "b|c", 0);
	check("x/y; a*2=c; a*0=b", "x/y", "bc|b", 1);
	check("x/y; a*0=b; a*1=c; a*1=d", "x/y", "bcd|bc|bd", 1);
	check("x/y a=b", "x/y", "b", 0);
}

static void the_value_is_cleaned(void **state)
{
	check("\"multipart/mixed\"; a=b", "multipart/mixed", "b", 0);
	check("multipart / mixed", "multipart/mixed", "", 0);
	check("(c) multipart/(d)mixed", "multipart/mixed", "", 0);
	check("multipart/mixed rest", "multipart/mixed", "", 0);
}

static void comments_without_end_and_nested_ones_are_survived(void **state)
{
	check("x/y; (a (b) c) a=d", "x/y", "d", 0);
	check("x/y; (((a=d", "x/y", "d", 0);
	check("x/y; a=d(((", "x/y", "d(((", 0);
}

static void a_nul_gives_two_readings(void **state)
{
	static const char field[] = "x/y; a=\"b\0c\"";
	struct strings all = {.most = 16};
	struct params params;

	params_read(&params, field, sizeof field - 1);
	assert_int_equal(params_values(&params, "a", &all), 1);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.items[0], "b");
	assert_string_equal(all.items[1], "bc");
	strings_fini(&all);
	params_fini(&params);
}

static void the_number_of_parameters_is_bounded(void **state)
{
	struct buf field = {0};
	struct params params;

	buf_add_string(&field, "x/y");
	while (field.size < 1 << 16)
		buf_add_string(&field, ";a=b");
	params_read(&params, field.data, field.size);
	assert_int_equal(params.count, 1000);
	assert_int_equal(params.too_many, 1);
	params_fini(&params);
	buf_fini(&field);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(fields_by_the_book_have_one_reading),
	        cmocka_unit_test(doubtful_values_have_several_readings),
	        cmocka_unit_test(the_value_is_cleaned),
	        cmocka_unit_test(comments_without_end_and_nested_ones_are_survived),
	        cmocka_unit_test(a_nul_gives_two_readings),
	        cmocka_unit_test(the_number_of_parameters_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
