#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/example.h"

static const char plain[] = "Received: from x\r\nMessage-ID: <1@x>\r\nFrom: a@x\r\n"
                            "Subject: cheap watches\r\n\r\nbuy\r\nnow\r\n";
static struct config config;

static int set_up(void **state)
{
	memset(&config, 0, sizeof(config));
	made_fill_config(&config);
	return 0;
}

static void digest_of_mail(const char *mail, uint8_t out[EXAMPLE_DIGEST])
{
	struct example_mail bare;
	struct mime_map *map;

	example_bare(&config, mail, strlen(mail), &bare);
	map = mime_map_new(bare.bytes, bare.size, NULL);
	example_digest(map, out);
	mime_map_free(&map);
	example_bare_free(&bare);
}

static int is_the_same(const char *other)
{
	uint8_t one[EXAMPLE_DIGEST], two[EXAMPLE_DIGEST];

	digest_of_mail(plain, one);
	digest_of_mail(other, two);
	return !memcmp(one, two, sizeof(one));
}

static void line_ends_trace_and_the_mailbox_line_make_no_other_mail(void **state)
{
	assert_true(is_the_same("From a@x Mon Jan  1 00:00:00 2024\nReceived: from y\n"
	                        "X-Spam-Flag: YES\nMessage-ID: <1@x>\nFrom: a@x\n"
	                        "Subject: cheap watches\n\nbuy\nnow\n\n\n"));
}

static void another_subject_or_text_is_another_mail(void **state)
{
	assert_false(is_the_same("Message-ID: <1@x>\nFrom: a@x\nSubject: cheap\n\nbuy\nnow\n"));
	assert_false(
	        is_the_same("Message-ID: <1@x>\nFrom: a@x\nSubject: cheap watches\n\nbuy now\n"));
}

static void a_tag_of_ours_before_the_subject_makes_no_other_mail(void **state)
{
	static const char tagged[] = "Message-ID: <1@x>\nFrom: a@x\n"
	                             "Subject: [SPAM] cheap watches\n\nbuy\nnow\n";

	assert_false(is_the_same(tagged));
	config.policy.subject_prefix = (char *)"[SPAM] ";
	assert_true(is_the_same(tagged));
}

static void a_tag_of_one_recipients_policy_is_known_as_well(void **state)
{
	struct config_policy rule = {.subject_prefix = (char *)"***"};

	config.policies.rules = &rule;
	config.policies.count = 1;
	assert_true(is_the_same("Message-ID: <1@x>\nFrom: a@x\nSubject: *** cheap watches\n\n"
	                        "buy\nnow\n"));
}

static void bytes_that_are_no_mail_are_read_all_the_same(void **state)
{
	uint8_t out[EXAMPLE_DIGEST];

	config.policy.subject_prefix = (char *)"[SPAM] ";
	digest_of_mail("", out);
	digest_of_mail("From ", out);
	digest_of_mail("From x", out);
	digest_of_mail("Subject: [SPAM]", out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(
	                line_ends_trace_and_the_mailbox_line_make_no_other_mail, set_up),
	        cmocka_unit_test_setup(another_subject_or_text_is_another_mail, set_up),
	        cmocka_unit_test_setup(
	                a_tag_of_ours_before_the_subject_makes_no_other_mail, set_up),
	        cmocka_unit_test_setup(a_tag_of_one_recipients_policy_is_known_as_well, set_up),
	        cmocka_unit_test_setup(bytes_that_are_no_mail_are_read_all_the_same, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
