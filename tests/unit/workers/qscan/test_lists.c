#include "workers/qscan/lists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/file.h"

static struct list *made(const char *text, enum lists_form form)
{
	static const struct config_list none;
	char path[] = "/tmp/test_lists.XXXXXX";
	struct list *list = NULL;
	struct err err;

	close(mkstemp(path));
	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), RESULT_OK);
	if (list_new(&none, path, form, &list, &err))
		fail_msg("%s", err.text);
	unlink(path);
	return list;
}

static void addresses_are_looked_up_in_every_form(void **state)
{
	struct list *list = made("<>\nA@b.org\n@c.org\n.d.org\n*@*.e.org\nx*@f.org", LISTS_ADDRESS);

	assert_int_equal(list_count(list), 6);
	assert_true(list_has_address(list, ""));
	assert_true(list_has_address(list, "a@B.org"));
	assert_true(list_has_address(list, "any@C.ORG"));
	assert_true(list_has_address(list, "any@d.org"));
	assert_true(list_has_address(list, "any@deep.er.d.org"));
	assert_true(list_has_address(list, "any@mail.e.org"));
	assert_true(list_has_address(list, "xyz@f.org"));
	assert_false(list_has_address(list, "b@b.org"));
	assert_false(list_has_address(list, "a@sub.c.org"));
	assert_false(list_has_address(list, "a@bad.org"));
	assert_false(list_has_address(list, "a@e.org"));
	assert_false(list_has_address(list, "any"));
	list_free(&list);
	assert_null(list);
}

static void networks_are_of_both_families(void **state)
{
	struct list *list = made("10.0.0.0/8 # ours\n2001:db8::/32\n192.0.2.7\r\n", LISTS_NETWORK);

	assert_true(list_has_network(list, "10.9.8.7"));
	assert_true(list_has_network(list, "192.0.2.7"));
	assert_true(list_has_network(list, "2001:db8::1"));
	assert_false(list_has_network(list, "11.0.0.1"));
	assert_false(list_has_network(list, "192.0.2.8"));
	assert_false(list_has_network(list, ""));
	list_free(&list);
}

static void texts_keep_what_is_no_comment_line(void **state)
{
	struct list *list = made("#no\n  a # b  \n\nc", LISTS_TEXT);

	assert_int_equal(list_count(list), 2);
	assert_string_equal(list_item(list, 0), "a # b");
	assert_string_equal(list_item(list, 1), "c");
	list_free(&list);
}

static void an_error_names_file_and_line(void **state)
{
	static const struct {
		const char *text;
		enum lists_form form;
	} table[] = {
	        {"a@b.c\nd e@f.g\n", LISTS_ADDRESS},
	        {"a@b.c\nword\n", LISTS_ADDRESS},
	        {"10.0.0.0/8\n10.0.0.0/33\n", LISTS_NETWORK},
	        {"10.0.0.0/8\nhost.example\n", LISTS_NETWORK},
	};
	static const struct config_list none;

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		char path[] = "/tmp/test_lists.XXXXXX", want[80];
		struct list *list = NULL;
		struct err err;

		close(mkstemp(path));
		assert_int_equal(
		        file_write(path, table[at].text, strlen(table[at].text), 0600, NULL),
		        RESULT_OK);
		assert_int_equal(
		        list_new(&none, path, table[at].form, &list, &err), RESULT_PERMANENT);
		snprintf(want, sizeof(want), "%s:2: ", path);
		assert_memory_equal(err.text, want, strlen(want));
		assert_null(list);
		unlink(path);
	}
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
	static const struct config_list none;
	struct list *list = NULL;
	struct err err;

	assert_int_equal(
	        list_new(&none, "/nonexistent", LISTS_TEXT, &list, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "/nonexistent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(addresses_are_looked_up_in_every_form),
	        cmocka_unit_test(networks_are_of_both_families),
	        cmocka_unit_test(texts_keep_what_is_no_comment_line),
	        cmocka_unit_test(an_error_names_file_and_line),
	        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
