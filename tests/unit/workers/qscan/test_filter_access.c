#include "tests/unit/workers/qscan/scanning.h"

#define MAIL "Received: x\r\nFrom: Boss <boss@example.com>\r\nSubject: x\r\n\r\nhello\r\n"

static struct scanning scanning;

static void open_rules(const char *rules)
{
	char yaml[1000];

	snprintf(yaml, sizeof(yaml), "access:\n  rules: [%s]\n", rules);
	scanning_open(&scanning, yaml, &filter_access, NULL);
}

/* Does the rule match the message that scanning_open() describes? */
static int matches(const char *conditions)
{
	char rule[800];
	int is_found;

	snprintf(rule, sizeof(rule), "{name: r-1, %s}", conditions);
	open_rules(rule);
	scanning_text(&scanning, MAIL);
	is_found = found(&scanning, "ACCESS_R_1") != NULL;
	scanning_close(&scanning);
	return is_found;
}

static void each_condition_matches_what_it_names(void **state)
{
	static const char *const hits[] = {
	        "senders: [a@example.org]",
	        "senders: ['@example.org']",
	        "senders: [.org]",
	        "senders: [.example.org]",
	        "senders: ['*@example.*']",
	        "senders: [x@y.z, A@EXAMPLE.ORG]",
	        "from: [boss@example.com]",
	        "from: ['@example.com']",
	        "networks: [192.0.2.0/24]",
	        "networks: [10.0.0.0/8, 192.0.2.1]",
	        "hosts: [mail.example.org]",
	        "hosts: [.example.org]",
	        "hosts: ['helo.*']",
	        "recipients: [r@example.net]",
	        "outsiders: true",
	        "senders: [a@example.org], networks: [192.0.2.0/24], outsiders: true",
	};
	static const char *const misses[] = {
	        "senders: [b@example.org]",
	        "senders: ['@org']",
	        "senders: ['<>']",
	        "senders: [.xample.org]",
	        "from: [a@example.org]",
	        "networks: [192.0.3.0/24]",
	        "networks: ['2001:db8::/32']",
	        "hosts: [example.org]",
	        "recipients: [other@example.net]",
	        "senders: [a@example.org], networks: [192.0.3.0/24]",
	};

	for (size_t at = 0; at < sizeof(hits) / sizeof(hits[0]); at++)
		if (!matches(hits[at]))
			fail_msg("%s", hits[at]);
	for (size_t at = 0; at < sizeof(misses) / sizeof(misses[0]); at++)
		if (matches(misses[at]))
			fail_msg("%s", misses[at]);
}

static void a_finding_has_the_rules_words(void **state)
{
	const struct finding *finding;

	open_rules(
	        "{name: no-more, senders: [a@example.org], action: reject, code: 551, text: away}");
	scanning_text(&scanning, MAIL);
	finding = found(&scanning, "ACCESS_NO_MORE");
	assert_non_null(finding);
	assert_int_equal(finding->action, ACTION_REJECT);
	assert_int_equal(finding->code, 551);
	assert_string_equal(finding->text, "away");
	assert_string_equal(finding->rule, "access.no-more");
	assert_string_equal(finding->reason, "access");
	assert_null(finding->only);
	assert_false(scanning.scan.allowed);
	scanning_close(&scanning);
}

static void the_first_rule_decides_for_each_recipient(void **state)
{
	open_rules("{name: one, recipients: [s@example.net], action: allow},"
	           "{name: two, senders: [.org]}");
	scanning_add_recipient(&scanning, "s@example.net");
	scanning_text(&scanning, MAIL);
	assert_true(finding_concerns(found(&scanning, "ACCESS_ONE"), 1));
	assert_false(finding_concerns(found(&scanning, "ACCESS_ONE"), !1));
	assert_int_equal(found(&scanning, "ACCESS_ONE")->action, ACTION_ALLOW);
	assert_true(finding_concerns(found(&scanning, "ACCESS_TWO"), 0));
	assert_false(finding_concerns(found(&scanning, "ACCESS_TWO"), !0));
	assert_int_equal(scanning.scan.finding_count, 2);
	assert_false(scanning.scan.allowed);
	scanning_close(&scanning);
}

static void allowed_for_all_is_allowed(void **state)
{
	open_rules("{name: good, senders: [.org], action: allow}, {name: bad, senders: [.org]}");
	scanning_add_recipient(&scanning, "s@example.net");
	scanning_text(&scanning, MAIL);
	assert_true(scanning.scan.allowed);
	assert_null(found(&scanning, "ACCESS_BAD"));
	scanning_close(&scanning);
}

static void insiders_are_no_outsiders(void **state)
{
	open_rules("{name: inside, recipients: [r@example.net], outsiders: true}");
	scanning_text(&scanning, MAIL);
	assert_non_null(found(&scanning, "ACCESS_INSIDE"));
	scanning.submission.sasl_username = "alice";
	scanning_text(&scanning, MAIL);
	assert_null(found(&scanning, "ACCESS_INSIDE"));
	scanning.submission.sasl_username = "";
	scanning.submission.client_address = "198.51.100.7";
	scanning_text(&scanning, MAIL);
	assert_null(found(&scanning, "ACCESS_INSIDE"));
	scanning_close(&scanning);
}

static void from_allows_only_if_all_of_it_is_allowed(void **state)
{
	open_rules("{name: r, from: [boss@example.com], action: allow}");
	scanning_text(&scanning, MAIL);
	assert_true(scanning.scan.allowed);
	scanning_text(&scanning, "From: boss@example.com, x@evil.example\r\n\r\nhi\r\n");
	assert_false(scanning.scan.allowed);
	scanning_text(&scanning, "From: \"<boss@example.com>\" <x@evil.example>\r\n\r\nhi\r\n");
	assert_false(scanning.scan.allowed);
	scanning_text(&scanning, "From: boss@example.com\r\nFrom: x@evil.example\r\n\r\nhi\r\n");
	assert_false(scanning.scan.allowed);
	scanning_close(&scanning);
	open_rules("{name: r, from: [x@evil.example]}");
	scanning_text(&scanning, "From: boss@example.com\r\nFrom: x@evil.example\r\n\r\nhi\r\n");
	assert_non_null(found(&scanning, "ACCESS_R"));
	scanning_text(&scanning, "Subject: x\r\n\r\nFrom: x@evil.example\r\n");
	assert_null(found(&scanning, "ACCESS_R"));
	scanning_close(&scanning);
}

static void a_null_sender_has_one_recipient(void **state)
{
	scanning_open(&scanning, "", &filter_access, NULL);
	scanning.submission.reverse_path = "";
	scanning_text(&scanning, MAIL);
	assert_null(found(&scanning, "ACCESS_NULL_SENDER"));
	scanning_add_recipient(&scanning, "s@example.net");
	scanning_text(&scanning, MAIL);
	assert_int_equal(found(&scanning, "ACCESS_NULL_SENDER")->action, ACTION_REJECT);
	scanning_close(&scanning);
	scanning_open(
	        &scanning, "access: {null_sender_one_recipient: false}\n", &filter_access, NULL);
	scanning.submission.reverse_path = "";
	scanning_add_recipient(&scanning, "s@example.net");
	scanning_text(&scanning, MAIL);
	assert_null(found(&scanning, "ACCESS_NULL_SENDER"));
	scanning_close(&scanning);
}

static void map_files_are_read_and_checked(void **state)
{
	static const char good[] = "# friends\nb@example.org\n\n  @example.org  # all of them\n";
	static const char bad[] = "b@example.org\nnot an address\n";
	char path[] = "/tmp/test_access.XXXXXX", rule[200], yaml[300];
	struct config *config;
	void *state_of_filter = NULL;
	struct err err;

	close(mkstemp(path));
	assert_int_equal(file_write(path, good, sizeof(good) - 1, 0600, NULL), RESULT_OK);
	snprintf(rule, sizeof(rule), "{name: r, senders_file: %s}", path);
	open_rules(rule);
	scanning_text(&scanning, MAIL);
	assert_non_null(found(&scanning, "ACCESS_R"));
	scanning_close(&scanning);

	/* An empty file matches nobody. */
	assert_int_equal(file_write(path, "\n", 1, 0600, NULL), RESULT_OK);
	open_rules(rule);
	scanning_text(&scanning, MAIL);
	assert_null(found(&scanning, "ACCESS_R"));
	scanning_close(&scanning);

	assert_int_equal(file_write(path, bad, sizeof(bad) - 1, 0600, NULL), RESULT_OK);
	snprintf(yaml, sizeof(yaml), "access: {rules: [%s]}\n", rule);
	config = scanning_config(yaml);
	assert_int_equal(
	        filter_access.open(config, &state_of_filter, NULL, NULL, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, ":2: \"not an address\""));
	assert_non_null(strstr(err.text, path));
	config_free(&config);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_condition_matches_what_it_names),
	        cmocka_unit_test(a_finding_has_the_rules_words),
	        cmocka_unit_test(the_first_rule_decides_for_each_recipient),
	        cmocka_unit_test(allowed_for_all_is_allowed),
	        cmocka_unit_test(insiders_are_no_outsiders),
	        cmocka_unit_test(from_allows_only_if_all_of_it_is_allowed),
	        cmocka_unit_test(a_null_sender_has_one_recipient),
	        cmocka_unit_test(map_files_are_read_and_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
