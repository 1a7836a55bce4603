/*
 * What the rules of attachments.rules may ask for, each with its honest twin.
 */
#include "tests/unit/workers/qscan/packing.h"

#include "workers/qscan/policy.h"

#define RULE(rest) "attachments: {rules: [{name: one, " rest "}]}\n"

static const struct finding *found_by(const char *yaml, const char *name, const char *content)
{
	char *fields = alloc_format("Content-Type: a/b; name=\"%s\"\r\n", name);

	if (scanning.config)
		scanning_close(&scanning);
	open_defaults(yaml);
	run_named(fields, content, strlen(content));
	free(fields);
	return found(&scanning, "ATTACHMENT_ONE");
}

static void names_may_be_meant_in_four_ways(void **state)
{
	assert_non_null(found_by(RULE("names: ['*.txt']"), "a.TXT", "x"));
	assert_null(found_by(RULE("names: ['*.tx']"), "a.txt", "x"));
	assert_non_null(found_by(RULE("match: exact, names: [a.txt]"), "A.txt. ", "x"));
	assert_null(found_by(RULE("match: exact, names: [txt]"), "a.txt", "x"));
	assert_non_null(found_by(RULE("match: prefix, names: [invoice]"), "Invoice-1.txt", "x"));
	assert_null(found_by(RULE("match: prefix, names: [invoice]"), "my-invoice.txt", "x"));
	assert_non_null(
	        found_by(RULE("match: regex, names: ['^scan_\\d{4,}\\.']"), "SCAN_2026.txt", "x"));
	assert_null(found_by(RULE("match: regex, names: ['^scan_\\d{4,}\\.']"), "scan_7.txt", "x"));
	scanning_close(&scanning);
}

static void a_rule_may_be_about_one_sender_alone(void **state)
{
	assert_non_null(
	        found_by(RULE("names: ['*.txt'], senders: ['@example.org']"), "a.txt", "x"));
	assert_null(found_by(RULE("names: ['*.txt'], senders: ['@example.com']"), "a.txt", "x"));
	assert_null(found_by(RULE("names: ['*.txt'], senders: ['<>']"), "a.txt", "x"));
	scanning_close(&scanning);
}

static void exceptions_come_before_the_rules_and_take_none_away(void **state)
{
#define WITH(exception)                                                                            \
	"attachments: {exceptions: [" exception "], rules: [{name: one, names: ['*.txt']}]}\n"
	assert_null(found_by(WITH("{names: [a.txt], action: allow}"), "a.txt", "x"));
	assert_non_null(found_by(WITH("{names: [a.txt], action: allow}"), "b.txt", "x"));
	assert_non_null(found_by(
	        WITH("{names: [a.txt], senders: ['@example.com'], action: allow}"), "a.txt", "x"));
	scanning_close(&scanning);
	open_defaults("attachments: {exceptions: [{names: [a.exe], action: allow}]}\n");
	run_named("Content-Type: a/b; name=b.exe\r\n", "x", 1);
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	run_named("Content-Type: a/b; name=a.exe\r\n", "x", 1);
	assert_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	scanning_close(&scanning);
#undef WITH
}

static void a_regular_expression_that_takes_too_long_is_no_pass(void **state)
{
	char name[200];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_null(found_by(RULE("match: regex, names: ['^(a+)+\\d$']"), name, "x"));
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_string_equal(found(&scanning, "UNSCANNED_LIMIT")->rule, "attachments.one");
	assert_int_equal(found(&scanning, "UNSCANNED_LIMIT")->part, 2);
	scanning_close(&scanning);
}

/* Of the last name the pattern gives up only where it is held against what would be opened. */
static void what_a_pattern_left_open_is_not_forgotten_for_the_next_name(void **state)
{
#define HARD "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@"
	static const struct {
		const char *pattern, *fields;
	} table[] = {
	        {"^(a+)+$", "Content-Type: a/b; name=z.txt\r\n"
	                    "Content-Disposition: attachment; filename=" HARD "\r\n"},
	        {"^(a+)+$",
	                "Content-Disposition: attachment; filename*=utf-8''%E2%80%8B" HARD "\r\n"},
	        {"/(a+)+$", "Content-Disposition: attachment; filename=" HARD "\r\n"},
	};
	char *yaml;

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		yaml = alloc_format("attachments: {rules: [{match: regex, names: ['%s']}]}\n",
		        table[at].pattern);
		open_defaults(yaml);
		run_named(table[at].fields, "x", 1);
		if (!found(&scanning, "UNSCANNED_LIMIT"))
			fail_msg("%s%s", table[at].fields, all_found(&scanning));
		run_named("Content-Type: a/b; name=z.txt\r\n", "x", 1);
		assert_string_equal(all_found(&scanning), "");
		scanning_close(&scanning);
		free(yaml);
	}
#undef HARD
}

static void a_wrong_regular_expression_stops_the_start(void **state)
{
	struct config *config = scanning_config(RULE("match: regex, names: ['(']"));
	void *opened = NULL;
	struct err err;

	assert_int_equal(
	        filter_attachments.open(config, &opened, NULL, NULL, &err), RESULT_PERMANENT);
	assert_null(opened);
	assert_non_null(strstr(err.text, "rule one: \"(\""));
	config_free(&config);
}

static void sizes_are_those_of_the_decoded_content(void **state)
{
	assert_non_null(found_by(RULE("larger_than: 10"), "a.txt", "0123456789"));
	assert_null(found_by(RULE("larger_than: 11"), "a.txt", "0123456789"));
	assert_non_null(
	        found_by(RULE("names: ['*.txt'], smaller_than: 11"), "a.txt", "0123456789"));
	assert_null(found_by(RULE("names: ['*.txt'], smaller_than: 10"), "a.txt", "0123456789"));
	assert_null(found_by(RULE("names: ['*.doc'], larger_than: 1"), "a.txt", "0123456789"));
	scanning_close(&scanning);
}

static void rules_look_into_containers_or_not(void **state)
{
	static const struct {
		const char *yaml;
		int zipped, bare;
	} table[] = {
	        {RULE("names: ['*.exe'], inside: also"), 1, 1},
	        {RULE("names: ['*.exe'], inside: never"), 0, 1},
	        {RULE("names: ['*.exe'], inside: only"), 1, 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		open_defaults(table[at].yaml);
		run_packed("zip -q a.zip x.exe", "a.zip", "a.zip");
		assert_int_equal(found(&scanning, "ATTACHMENT_ONE") != NULL, table[at].zipped);
		run_packed("true", "x.exe", "x.exe");
		assert_int_equal(found(&scanning, "ATTACHMENT_ONE") != NULL, table[at].bare);
		scanning_close(&scanning);
	}
}

static void a_pattern_with_a_slash_is_for_the_path(void **state)
{
	open_defaults(RULE("names: ['*/a.zip/sub/*']"));
	run_packed("mkdir sub; cp a.txt sub; zip -qr a.zip a.txt sub/a.txt", "a.zip", "a.zip");
	assert_string_equal(found(&scanning, "ATTACHMENT_ONE")->where, "2/a.zip/sub/a.txt");
	assert_int_equal(count_of(&scanning, "ATTACHMENT_ONE"), 1);
	scanning_close(&scanning);
}

static void the_direction_is_the_clients(void **state)
{
	open_defaults(RULE("names: ['*.txt'], direction: in"));
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_non_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning.submission.client_address = "198.51.100.7";
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning_close(&scanning);
	open_defaults(RULE("names: ['*.txt'], direction: out"));
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning.submission.sasl_username = "somebody";
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_non_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning_close(&scanning);
}

static void each_recipient_has_the_first_rule_that_is_for_him(void **state)
{
	open_defaults(
	        "attachments:\n  rules:\n"
	        "  - {name: lab, names: ['*.txt'], recipients: ['@lab.example.net'], "
	        "action: allow}\n"
	        "  - {name: sales, names: ['*.txt'], recipients: [s@example.net], action: tag}\n"
	        "  - {name: rest, names: ['*.txt']}\n");
	scanning_add_recipient(&scanning, "x@lab.example.net");
	scanning_add_recipient(&scanning, "s@example.net");
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_false(finding_concerns(found(&scanning, "ATTACHMENT_SALES"), 0));
	assert_false(finding_concerns(found(&scanning, "ATTACHMENT_SALES"), 1));
	assert_true(finding_concerns(found(&scanning, "ATTACHMENT_SALES"), 2));
	assert_true(finding_concerns(found(&scanning, "ATTACHMENT_REST"), 0));
	assert_false(finding_concerns(found(&scanning, "ATTACHMENT_REST"), 1));
	assert_false(finding_concerns(found(&scanning, "ATTACHMENT_REST"), 2));
	scanning_close(&scanning);
}

static int is_quarantined(size_t recipient)
{
	const struct finding *finding;

	for (size_t at = 0; at < scanning.scan.finding_count; at++) {
		finding = &scanning.scan.findings[at];
		if (finding->action == ACTION_QUARANTINE && finding_concerns(finding, recipient))
			return 1;
	}
	return 0;
}

static void rules_of_one_name_are_still_two_rules(void **state)
{
	open_defaults(
	        "attachments:\n  rules:\n"
	        "  - {name: a-b, names: ['*.txt'], recipients: [r@example.net], action: tag}\n"
	        "  - {name: a_b, names: ['*.txt'], recipients: [s@example.net], "
	        "action: quarantine}\n"
	        "  - {name: a-b, names: ['*.txt'], action: quarantine}\n");
	scanning_add_recipient(&scanning, "s@example.net");
	scanning_add_recipient(&scanning, "t@example.net");
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_false(is_quarantined(0));
	assert_true(is_quarantined(1));
	assert_true(is_quarantined(2));
	scanning_close(&scanning);
}

/* As it stands it is a text, and the first rule is for it; with its encoding undone it is none. */
static void a_rule_is_told_again_where_it_is_for_others(void **state)
{
	open_defaults("attachments:\n  rules:\n"
	              "  - {name: texts, true_types: [text/plain], recipients: [r@example.net], "
	              "action: tag}\n"
	              "  - {name: all, names: ['*.dat'], action: quarantine}\n");
	scanning_add_recipient(&scanning, "s@example.net");
	run_named("Content-Type: a/b; name=a.dat\r\nContent-Transfer-Encoding: 7bit\r\n",
	        "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", 22);
	assert_true(is_quarantined(0));
	assert_true(is_quarantined(1));
	scanning_close(&scanning);
}

static void an_encrypted_archive_is_a_trait_that_rules_ask_for(void **state)
{
	static const char pack[] = "7z a -psecret -mem=ZipCrypto a.zip a.txt";
	static const char open[] = "zip -q a.zip a.txt";

	open_defaults(RULE("traits: [encrypted], action: quarantine"));
	run_packed(pack, "a.zip", "a.zip");
	assert_int_equal(found(&scanning, "ATTACHMENT_ONE")->action, ACTION_QUARANTINE);
	assert_string_equal(found(&scanning, "ATTACHMENT_ONE")->detail, "trait encrypted");
	assert_int_equal(count_of(&scanning, "ATTACHMENT_ONE"), 1);
	run_packed(open, "a.zip", "a.zip");
	assert_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning_close(&scanning);
}

/* That it was not scanned is said, and policy asks for nothing. */
static void an_allowed_encrypted_archive_is_still_not_called_scanned(void **state)
{
	const struct finding *finding;

	open_defaults(RULE("names: ['*.zip'], traits: [encrypted], recipients: [s@example.net], "
	                   "action: allow"));
	scanning_add_recipient(&scanning, "s@example.net");
	run_packed("7z a -psecret -mem=ZipCrypto a.zip a.txt", "a.zip", "a.zip");
	finding = found(&scanning, "UNSCANNED_ENCRYPTED");
	assert_non_null(finding);
	assert_int_equal(
	        policy_asks(&scanning.config->policy, &scanning.scan, finding, 0), ACTION_TAG);
	assert_int_equal(
	        policy_asks(&scanning.config->policy, &scanning.scan, finding, 1), ACTION_NONE);
	scanning_close(&scanning);
}

/* By its name alone a rule says nothing about what could not be scanned. */
static void a_rule_that_asks_for_no_trait_allows_no_encrypted_archive(void **state)
{
	open_defaults(RULE("names: ['*.zip'], action: allow"));
	run_packed("7z a -psecret -mem=ZipCrypto a.zip a.txt", "a.zip", "a.zip");
	assert_int_equal(policy_asks(&scanning.config->policy, &scanning.scan,
	                         found(&scanning, "UNSCANNED_ENCRYPTED"), 0),
	        ACTION_TAG);
	scanning_close(&scanning);
}

static void contents_of_another_kind_than_their_names_are_named(void **state)
{
	static const struct {
		const char *name, *content;
		int mismatch;
	} table[] = {
	        {"a.pdf", "<html><body>log in</body></html>", 1},
	        {"a.pdf", "%PDF-1.4\n", 0},
	        {"a.jpg", "\x89PNG\r\n\x1a\n\1\1\1\rIHDR", 0},
	        {"a.jpg", "%PDF-1.4\n", 1},
	        {"a.doc", "{\\rtf1 hello}", 0},
	        {"a.xls", "<html><table></table></html>", 0},
	        {"a.txt", "hello", 0},
	        {"a.unknown", "%PDF-1.4\n", 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		found_by("", table[at].name, table[at].content);
		if ((found(&scanning, "TRAIT_MISMATCH") != NULL) != table[at].mismatch)
			fail_msg("%s: %s%s", table[at].name, table[at].content,
			        all_found(&scanning));
	}
	scanning_close(&scanning);
}

/* Word and Excel leave such members in documents that were signed: bytes of any kind. */
static void the_rests_in_a_signed_document_are_no_programs(void **state)
{
	open_defaults("");
	run_packed("mkdir '[trash]'; cp x.exe '[trash]/0000.dat'; zip -qr a.docx '[trash]'",
	        "a.docx", "a.docx");
	assert_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	run_packed(
	        "mkdir other; cp x.exe other/0000.dat; zip -qr a.docx other", "a.docx", "a.docx");
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	run_packed("mkdir '[trash]'; cp x.exe '[trash]/0000.dat'; zip -qr a.zip '[trash]'", "a.zip",
	        "a.zip");
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	scanning_close(&scanning);
}

static void taking_apart_takes_no_longer_than_its_own_limit(void **state)
{
	open_defaults("attachments: {max_time: 100ms, max_expanded: 4G, max_ratio: 100000}\n");
	scanning.config->attachments.max_time_ms = 0;
	run_packed("zip -q a.zip a.txt", "a.zip", "a.zip");
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_null(found(&scanning, "UNSCANNED_TIMEOUT"));
	scanning_close(&scanning);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_may_be_meant_in_four_ways),
	        cmocka_unit_test(a_rule_may_be_about_one_sender_alone),
	        cmocka_unit_test(exceptions_come_before_the_rules_and_take_none_away),
	        cmocka_unit_test(a_regular_expression_that_takes_too_long_is_no_pass),
	        cmocka_unit_test(what_a_pattern_left_open_is_not_forgotten_for_the_next_name),
	        cmocka_unit_test(a_wrong_regular_expression_stops_the_start),
	        cmocka_unit_test(sizes_are_those_of_the_decoded_content),
	        cmocka_unit_test(rules_look_into_containers_or_not),
	        cmocka_unit_test(a_pattern_with_a_slash_is_for_the_path),
	        cmocka_unit_test(the_direction_is_the_clients),
	        cmocka_unit_test(each_recipient_has_the_first_rule_that_is_for_him),
	        cmocka_unit_test(rules_of_one_name_are_still_two_rules),
	        cmocka_unit_test(a_rule_is_told_again_where_it_is_for_others),
	        cmocka_unit_test(an_encrypted_archive_is_a_trait_that_rules_ask_for),
	        cmocka_unit_test(an_allowed_encrypted_archive_is_still_not_called_scanned),
	        cmocka_unit_test(a_rule_that_asks_for_no_trait_allows_no_encrypted_archive),
	        cmocka_unit_test(contents_of_another_kind_than_their_names_are_named),
	        cmocka_unit_test(the_rests_in_a_signed_document_are_no_programs),
	        cmocka_unit_test(taking_apart_takes_no_longer_than_its_own_limit),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
