#include "workers/qscan/from_field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *text, const char *want)
{
	struct from_field from = {0};
	char joined[200] = "";

	from_field_add(&from, text);
	for (size_t at = 0; at < from.count; at++) {
		strcat(joined, at ? " " : "");
		strcat(joined, from.addresses[at]);
	}
	assert_string_equal(joined, want);
	from_field_fini(&from);
}

static void addresses_are_in_brackets_or_are_words(void **state)
{
	check("a@b.org", "a@b.org");
	check("Name <a@b.org>", "a@b.org");
	check("\"c@d.org\" <a@b.org>", "a@b.org");
	check("\"a \\\" <c@d.org>\" <a@b.org>", "a@b.org");
	check("(<c@d.org>) A <a@b.org>, B < e@f.org >", "a@b.org e@f.org");
	check("a@b.org, c@d.org", "a@b.org c@d.org");
	check("nobody", "");
	check("", "");
	check("<a@b.org", "<a@b.org");
}

static void only_the_header_is_read(void **state)
{
	static const char mail[] = "From: a@b.org\r\nfrom:\r\n c@d.org\r\n\r\nFrom: e@f.org\r\n";
	struct from_field from = {0};

	from_field_read(&from, mail, sizeof(mail) - 1);
	assert_int_equal(from.count, 2);
	assert_string_equal(from.addresses[0], "a@b.org");
	assert_string_equal(from.addresses[1], "c@d.org");
	from_field_fini(&from);
	assert_int_equal(from.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(addresses_are_in_brackets_or_are_words),
	        cmocka_unit_test(only_the_header_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
