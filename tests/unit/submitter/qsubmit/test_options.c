#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "submitter/qsubmit/qsubmit.h"

static int count_of(char **argv)
{
	int count = 0;

	while (argv[count])
		count++;
	return count;
}

static void what_postfix_says_is_understood(void **state)
{
	char *argv[] = {"qsubmit", "--socket=/s", "--queue-id=4X", "--size=10",
	        "--client-address=", "--helo=-f", "--deadline=7", "-f", "", "--", "a@x", "-f@x",
	        NULL};
	struct qsubmit_options options;

	assert_int_equal(qsubmit_parse(count_of(argv), argv, &options, NULL), RESULT_OK);
	assert_string_equal(options.socket, "/s");
	assert_int_equal(options.deadline_sec, 7);
	assert_string_equal(options.letter.texts[LETTER_QUEUE_ID], "4X");
	assert_string_equal(options.letter.texts[LETTER_SENDER], "");
	assert_string_equal(options.letter.texts[LETTER_HELO], "-f");
	assert_null(options.letter.texts[LETTER_CLIENT_ADDRESS]);
	assert_int_equal(options.letter.recipient_count, 2);
	assert_string_equal(options.letter.recipients[1], "-f@x");
	letter_fini(&options.letter);
}

static void original_recipients_come_one_by_one(void **state)
{
	char *argv[] = {"qsubmit", "--socket=/s", "--orcpt=o@x", "--orcpt=p@x", "-f", "s@x", "--",
	        "a@x", "b@x", NULL};
	struct qsubmit_options options;

	assert_int_equal(qsubmit_parse(count_of(argv), argv, &options, NULL), RESULT_OK);
	assert_int_equal(options.letter.original_count, 2);
	assert_string_equal(options.letter.originals[1], "p@x");
	letter_fini(&options.letter);
}

static void check_refused(char **argv)
{
	struct qsubmit_options options;
	struct err err;

	assert_int_equal(qsubmit_parse(count_of(argv), argv, &options, &err), RESULT_PERMANENT);
	letter_fini(&options.letter);
}

static void wrong_usage_is_refused(void **state)
{
	check_refused((char *[]){"qsubmit", NULL});
	check_refused((char *[]){"qsubmit", "-f", "s@x", "--", "a@x", NULL});
	check_refused((char *[]){"qsubmit", "--socket=/s", "--", "a@x", NULL});
	check_refused((char *[]){"qsubmit", "--socket=/s", "-f", "s@x", "--", NULL});
	check_refused((char *[]){"qsubmit", "--socket=/s", "-f", "s@x", "a@x", NULL});
	check_refused((char *[]){"qsubmit", "--socket=/s", "--size=x", "-f", "s", "--", "a", NULL});
	check_refused((char *[]){"qsubmit", "--socket=/s", "-fs@x", "--", "a@x", NULL});
	check_refused(
	        (char *[]){"qsubmit", "--socket=/s", "--deadline=0", "-f", "s", "--", "a", NULL});
	check_refused((char *[]){"qsubmit", "--socket=/s", "--size", "-f", "s", "--", "a", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_postfix_says_is_understood),
	        cmocka_unit_test(original_recipients_come_one_by_one),
	        cmocka_unit_test(wrong_usage_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
