#include "tests/unit/workers/qscan/scanning.h"

static struct scanning scanning;

static void open_rules(const char *rules)
{
	char yaml[2000];

	snprintf(yaml, sizeof(yaml), "subject:\n  rules: [%s]\n", rules);
	scanning_open(&scanning, yaml, &filter_map, &filter_subject, NULL);
}

static int hits(const char *fields)
{
	char mail[3000];

	snprintf(mail, sizeof(mail), "Received: x\r\n%s\r\n\r\nhello\r\n", fields);
	scanning_text(&scanning, mail);
	return found(&scanning, "SUBJECT_R") != NULL;
}

static void a_hit_is_quiet_and_has_the_rules_words(void **state)
{
	const struct finding *finding;

	open_rules("{name: r, patterns: [I love you], action: reject, code: 554, text: no}");
	assert_true(hits("Subject: I LOVE you"));
	finding = found(&scanning, "SUBJECT_R");
	assert_int_equal(finding->action, ACTION_REJECT);
	assert_int_equal(finding->code, 554);
	assert_int_equal(finding->quiet, 1);
	assert_string_equal(finding->text, "no");
	assert_string_equal(finding->rule, "subject.r");
	assert_string_equal(finding->reason, "subject");
	scanning_close(&scanning);
}

/* Section F of what evades filters. */
static void every_way_to_write_it_is_seen(void **state)
{
	static const char *const evil[] = {
	        "Subject: I love you",
	        "Subject:I love you",
	        "Subject : I love you",
	        "SUBJECT:   I love you  ",
	        "Subject: I\r\n love you",
	        "Subject: =?utf-8?B?SSBsb3ZlIHlvdQ==?=",
	        "Subject: =?utf-8?Q?I_lo?= =?utf-8?Q?ve_you?=",
	        "Subject: =?utf-8?Q?I_lo?=\r\n =?iso-8859-1?Q?ve_you?=",
	        "Subject: I lo\xe2\x80\x8bve you",
	        "Subject: \xef\xbc\xa9 love you",
	        "Subject: I  love\tyou",
	        "Subject: harmless\r\nSubject: I love you",
	        "Subject: I love you\r\nSubject: harmless",
	};
	static const char *const clean[] = {
	        "Subject: I love you all",
	        "Subject: Do I love you",
	        "X-Subject: I love you",
	        "Subject: ",
	        "X-None: 1",
	};

	open_rules("{name: r, patterns: [I love you]}");
	for (size_t at = 0; at < sizeof(evil) / sizeof(evil[0]); at++)
		if (!hits(evil[at]))
			fail_msg("%s", evil[at]);
	for (size_t at = 0; at < sizeof(clean) / sizeof(clean[0]); at++)
		if (hits(clean[at]))
			fail_msg("%s", clean[at]);
	scanning_close(&scanning);
}

static void prefixes_globs_and_expressions_match(void **state)
{
	open_rules("{name: r, match: prefix, patterns: [Your doc]}");
	assert_true(hits("Subject: your document"));
	assert_false(hits("Subject: this is your document"));
	scanning_close(&scanning);
	open_rules("{name: r, match: glob, patterns: ['*v[i1]agra*']}");
	assert_true(hits("Subject: cheap V1AGRA now"));
	assert_false(hits("Subject: cheap vagra now"));
	scanning_close(&scanning);
	open_rules("{name: r, match: regex, patterns: ['^a+b$', 'order \\d{4}']}");
	assert_true(hits("Subject: My Order 1234 here"));
	assert_true(hits("Subject: AAb"));
	assert_false(hits("Subject: order 123"));
	scanning_close(&scanning);
}

static void prefixes_are_stripped_on_demand(void **state)
{
	static const char *const subjects[] = {"Subject: Re: worm", "Subject: RE[2]: Fwd: worm",
	        "Subject: [list] Re: [other] AW: worm", "Subject: Antw: WG: SV : worm",
	        "Subject: [list]worm"};

	open_rules("{name: r, patterns: [worm], strip_prefixes: true}");
	for (size_t at = 0; at < sizeof(subjects) / sizeof(subjects[0]); at++)
		if (!hits(subjects[at]))
			fail_msg("%s", subjects[at]);
	assert_true(hits("Subject: worm"));
	assert_false(hits("Subject: Really: worm"));
	scanning_close(&scanning);
	open_rules("{name: r, patterns: [worm]}");
	assert_false(hits("Subject: Re: worm"));
	scanning_close(&scanning);
}

static void other_fields_are_looked_at(void **state)
{
	open_rules("{name: r, field: X-Mailer, match: prefix, patterns: [Bulk]}");
	assert_true(hits("X-Mailer: BulkMailer 3"));
	assert_false(hits("Subject: BulkMailer 3"));
	scanning_close(&scanning);
}

static void the_first_rule_decides_and_allow_ends_the_search(void **state)
{
	open_rules("{name: ok, match: prefix, patterns: [Invoice 1], action: allow},"
	           "{name: r, match: prefix, patterns: [Invoice]},"
	           "{name: s, match: prefix, patterns: [Inv]}");
	assert_false(hits("Subject: Invoice 17"));
	assert_string_equal(all_found(&scanning), "");
	assert_true(hits("Subject: Invoice 27"));
	assert_int_equal(scanning.scan.finding_count, 1);
	scanning_close(&scanning);
}

static void a_catastrophic_expression_is_unscanned(void **state)
{
	char subject[2100] = "Subject: ";

	memset(subject + 9, 'a', 2000);
	subject[2008] = '!';
	subject[2009] = '\0';
	open_rules("{name: r, match: regex, patterns: ['^(a+)+$']}");
	assert_false(hits(subject));
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	scanning_close(&scanning);
}

static void an_allowed_message_is_passed_over(void **state)
{
	open_rules("{name: r, patterns: [worm]}");
	assert_true(hits("Subject: worm"));
	scanning.scan.allowed = 1;
	assert_false(filter_subject.wanted(scanning.states[1], &scanning.scan));
	scanning_close(&scanning);
}

static void pattern_files_are_read_and_checked(void **state)
{
	static const char good[] = "# worms\n\nfirst # kept\nsecond\n", bad[] = "fine\n(open\n";
	char path[] = "/tmp/test_subject.XXXXXX", rule[200], yaml[300];
	struct config *config;
	void *filter = NULL;
	struct err err;

	close(mkstemp(path));
	assert_int_equal(file_write(path, good, sizeof(good) - 1, 0600, NULL), RESULT_OK);
	snprintf(rule, sizeof(rule), "{name: r, patterns_file: %s}", path);
	open_rules(rule);
	assert_true(hits("Subject: second"));
	assert_true(hits("Subject: first # kept"));
	assert_false(hits("Subject: # worms"));
	scanning_close(&scanning);
	assert_int_equal(file_write(path, bad, sizeof(bad) - 1, 0600, NULL), RESULT_OK);
	snprintf(yaml, sizeof(yaml),
	        "subject: {rules: [{name: r, match: regex, patterns_file: %s}]}\n", path);
	config = scanning_config(yaml);
	assert_int_equal(filter_subject.open(config, &filter, NULL, NULL, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, "(open"));
	config_free(&config);
	unlink(path);
}

static void dozens_of_patterns_are_fine(void **state)
{
	struct buf rule = {0};

	buf_add_string(&rule, "{name: r, match: regex, patterns: [");
	for (int at = 0; at < 60; at++)
		buf_add_format(&rule, "'^pattern %d [a-z]+$', ", at);
	buf_add_string(&rule, "'^last$']}");
	open_rules(rule.data);
	assert_true(hits("Subject: last"));
	assert_true(hits("Subject: pattern 7 abc"));
	assert_false(hits("Subject: pattern 61 abc"));
	scanning_close(&scanning);
	buf_fini(&rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_hit_is_quiet_and_has_the_rules_words),
	        cmocka_unit_test(every_way_to_write_it_is_seen),
	        cmocka_unit_test(prefixes_globs_and_expressions_match),
	        cmocka_unit_test(prefixes_are_stripped_on_demand),
	        cmocka_unit_test(other_fields_are_looked_at),
	        cmocka_unit_test(the_first_rule_decides_and_allow_ends_the_search),
	        cmocka_unit_test(a_catastrophic_expression_is_unscanned),
	        cmocka_unit_test(an_allowed_message_is_passed_over),
	        cmocka_unit_test(pattern_files_are_read_and_checked),
	        cmocka_unit_test(dozens_of_patterns_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
