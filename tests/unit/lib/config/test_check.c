#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/config/config.h"

/* Four lines that every file below begins with. */
#define NEEDED                                                                                     \
	"site:\n  name: mail.example.org\n  admin: postmaster@example.org\n"                       \
	"front: {next_hop: 127.0.0.1:10026}\n"

/* The whole text of the error that `text` makes. */
static void refused(const char *text, const char *want)
{
	struct config *config = (struct config *)text;
	struct err err = {0};

	assert_int_equal(
	        config_parse("l.yaml", text, strlen(text), &config, &err), RESULT_PERMANENT);
	assert_null(config);
	assert_string_equal(err.text, want);
}

static void times_fit_into_each_other(void **state)
{
	refused(NEEDED "workers:\n  timeout: 100s\nvirus: {max_scan_time: 100s}\n",
	        "l.yaml:7: virus.max_scan_time: found 100s, expected less than workers.timeout, "
	        "which "
	        "is 100s");
	refused("site: {name: a.b, admin: a@b.c}\n"
	        "front:\n  next_hop: a.b:5\n  next_hop_timeout: 30s\n  deadline: 60s\n",
	        "l.yaml:1: workers.timeout: found 90s, expected less than front.deadline, which is "
	        "1m");
	refused("site: {name: a.b, admin: a@b.c}\n"
	        "front:\n  next_hop: a.b:5\n  deadline: 334s\n",
	        "l.yaml:4: front.deadline: found \"334s\", expected a time such as 30s (ms, s, m, "
	        "h, "
	        "d) from 10s to 333s");
	refused(NEEDED "broker:\n  heartbeat: 5s\n",
	        "l.yaml:6: broker.heartbeat: found 5s, expected less than broker.silence, which is "
	        "5s");
}

static void sizes_fit_into_each_other(void **state)
{
	refused(NEEDED "size:\n  max_size: 65M\n", "l.yaml:6: size.max_size: found 65M, expected "
	                                           "at most quarantine.max_item_size, which "
	                                           "is 64M");
	refused(NEEDED "quarantine:\n  reserve: 4G\n",
	        "l.yaml:6: quarantine.reserve: found 4G, expected less than quarantine.map_size, "
	        "which "
	        "is 4G");
	refused(NEEDED "broker:\n  max_bytes: 49M\n",
	        "l.yaml:1: size.max_size: found 50M, expected at most broker.max_bytes, which is "
	        "49M");
}

static void tcp_needs_keys_or_words(void **state)
{
	struct config *config = NULL;
	struct err err = {0};
	const char *plain =
	        NEEDED "broker: {fronts: [\"tcp://*:5\"]}\ncurve: {allow_plain_tcp: yes}\n";
	const char *keys = NEEDED "broker: {fronts: [\"tcp://*:5\"]}\n"
	                          "curve: {secret_key: k, allowed_keys: a}\n";

	refused(NEEDED "broker:\n  fronts: [\"tcp://*:5\"]\ncurve: {secret_key: k}\n",
	        "l.yaml:6: broker.fronts: found \"tcp://*:5\" without keys, expected "
	        "curve.secret_key "
	        "and curve.allowed_keys to be set (or curve.allow_plain_tcp: true)");
	refused(NEEDED "notifier:\n  quarantine: tcp://q.example:5\ncurve: {secret_key: k}\n",
	        "l.yaml:6: notifier.quarantine: found \"tcp://q.example:5\" without keys, expected "
	        "curve.secret_key and curve.server_keys to be set (or curve.allow_plain_tcp: "
	        "true)");
	assert_int_equal(config_parse("l", plain, strlen(plain), &config, &err), RESULT_OK);
	config_free(&config);
	assert_int_equal(config_parse("l", keys, strlen(keys), &config, &err), RESULT_OK);
	config_free(&config);
}

static void endpoints_are_there_and_can_be_reached(void **state)
{
	refused(NEEDED "workers:\n  brokers: []\n",
	        "l.yaml:6: workers.brokers: found an empty list, expected an endpoint");
	refused(NEEDED "workers:\n  quarantine: tcp://*:5\ncurve: {allow_plain_tcp: yes}\n",
	        "l.yaml:6: workers.quarantine: found \"tcp://*:5\", expected a host to connect to");
}

static void rules_without_conditions_are_refused(void **state)
{
	refused(NEEDED "access:\n  - action: allow\n",
	        "l.yaml:6: access.rules[1].name: found a rule without a condition, expected "
	        "senders, "
	        "from, networks, hosts, recipients or outsiders");
	refused(NEEDED "subject:\n  - {patterns: [a]}\n  - name: x\n",
	        "l.yaml:7: subject.rules[2].name: found a rule without a condition, expected "
	        "patterns "
	        "or patterns_file");
	refused(NEEDED "attachments:\n  - name: x\n",
	        "l.yaml:6: attachments.rules[1].name: found a rule without a condition, expected "
	        "names, types, true_types, traits, larger_than or smaller_than");
	refused(NEEDED "policies:\n  - recipients: []\n",
	        "l.yaml:6: policies[1].recipients: found an empty list, expected a recipient");
}

static void redirect_needs_a_mailbox(void **state)
{
	refused(NEEDED "policy:\n  spam_redirect: 5\n",
	        "l.yaml:6: policy.spam_redirect: found redirect, expected policy.redirect_to to be "
	        "set");
	refused(NEEDED "access:\n  - outsiders: yes\n    action: redirect\n",
	        "l.yaml:7: access.rules[1].action: found redirect, expected policy.redirect_to to "
	        "be "
	        "set");
	refused(NEEDED
	        "policies:\n  - recipients: [a@b.c]\n    unscanned:\n      crash: redirect\n",
	        "l.yaml:8: policies[1].unscanned.crash: found redirect, expected "
	        "policy.redirect_to to "
	        "be set");
}

static void a_quota_limits_something(void **state)
{
	refused(NEEDED "quarantine:\n  quotas:\n    - domains: [example.org]\n",
	        "l.yaml:7: quarantine.quotas[1].size: found no limit, expected size or "
	        "each_recipient");
	refused(NEEDED "quarantine:\n  retention:\n    - reasons: [boredom]\n      keep: 1d\n",
	        "l.yaml:7: quarantine.retention[1].reasons: found \"boredom\", expected a "
	        "list, [a, b], each one of virus, pua, heuristic, attachment, subject, spam, "
	        "access, "
	        "size, unscanned, undeliverable, report");
	refused(NEEDED "quarantine:\n  retention:\n    - reasons: [spam]\n",
	        "l.yaml:7: quarantine.retention[1].keep: found nothing (the key is required), "
	        "expected a time such as 30s (ms, s, m, h, d) from 0 to 36500d");
	refused(NEEDED "quarantine:\n  compress_level: 20\n",
	        "l.yaml:6: quarantine.compress_level: found \"20\", expected a whole number from 1 "
	        "to 19");
}

static void languages_are_for_some_domain(void **state)
{
	refused(NEEDED "notifier:\n  languages:\n    - domains: []\n      language: de\n",
	        "l.yaml:7: notifier.languages[1].domains: found an empty list, expected a domain");
	refused(NEEDED "notifier:\n  languages:\n    - domains: [.de]\n      language: ../etc\n",
	        "l.yaml:8: notifier.languages[1].language: found \"../etc\", expected a name of "
	        "letters, digits, _ and -");
}

#define OPERATOR(rest) NEEDED "quarantine:\n  operators:\n  - {name: anna, " rest "}\n"

static void operators_are_one_each_and_see_no_more_than_they_may(void **state)
{
	refused(OPERATOR("actions: [list]"),
	        "l.yaml:7: quarantine.operators[1].name: found an operator, expected either user "
	        "or key");
	refused(OPERATOR("user: a, key: b"),
	        "l.yaml:7: quarantine.operators[1].name: found an operator, expected either user "
	        "or key");
	refused(OPERATOR("user: root"),
	        "l.yaml:7: quarantine.operators[1].user: found an account that the programs run "
	        "as, expected another one");
	refused(OPERATOR("user: a, domains: [example.org], actions: [list, audit]"),
	        "l.yaml:7: quarantine.operators[1].actions: found audit or all beside domains, "
	        "expected no domains, as the audit is of all of them");
	refused(OPERATOR("key: b") "curve: {allow_plain_tcp: yes}\n",
	        "l.yaml:7: quarantine.operators[1].key: found a key, expected no "
	        "curve.allow_plain_tcp, which asks nobody for one");
	refused(OPERATOR("user: a") "  - {name: again, user: a}\n",
	        "l.yaml:8: quarantine.operators[2].name: found an operator again, expected one "
	        "rule "
	        "for each");
}

static void a_request_address_has_room_for_a_token(void **state)
{
	refused(NEEDED "notifier:\n  request_address: quarantine-release@example.org\n",
	        "l.yaml:6: notifier.request_address: found \"quarantine-release@example.org\", "
	        "expected at most 17 characters before the @");
	refused(NEEDED "notifier:\n  digest: [{recipients: []}]\n",
	        "l.yaml:6: notifier.digest[1].recipients: found an empty list, expected a "
	        "recipient");
	refused(NEEDED "notifier:\n  digest: [{recipients: [.org], at: \"7:00\"}]\n",
	        "l.yaml:6: notifier.digest[1].at: found \"7:00\", expected a time of day, such as "
	        "07:00");
}

static void people_know_us_by_our_name_unless_a_title_is_given(void **state)
{
	const char *titled = "site: {name: a.b, admin: a@b.c, title: Sparkasse Nord}\n"
	                     "front: {next_hop: a.b:5}\n";
	struct config *config = NULL;
	struct err err;

	assert_int_equal(config_parse("l.yaml", NEEDED, strlen(NEEDED), &config, &err), RESULT_OK);
	assert_string_equal(config->site.title, "mail.example.org");
	config_free(&config);
	assert_int_equal(config_parse("l.yaml", titled, strlen(titled), &config, &err), RESULT_OK);
	assert_string_equal(config->site.title, "Sparkasse Nord");
	config_free(&config);
}

static void a_report_goes_to_an_address_and_comes_from_somebody(void **state)
{
	refused(NEEDED "spam:\n  model:\n    reports:\n    - users: [anna]\n",
	        "l.yaml:8: spam.model.reports[1].spam_to: found no address, expected spam_to or "
	        "ham_to");
	refused(NEEDED "spam:\n  model:\n    reports:\n    - spam_to: [spam@example.org]\n"
	               "      users: []\n",
	        "l.yaml:9: spam.model.reports[1].users: found nobody who may, expected users or "
	        "networks");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(times_fit_into_each_other),
	        cmocka_unit_test(sizes_fit_into_each_other),
	        cmocka_unit_test(tcp_needs_keys_or_words),
	        cmocka_unit_test(endpoints_are_there_and_can_be_reached),
	        cmocka_unit_test(rules_without_conditions_are_refused),
	        cmocka_unit_test(redirect_needs_a_mailbox),
	        cmocka_unit_test(languages_are_for_some_domain),
	        cmocka_unit_test(operators_are_one_each_and_see_no_more_than_they_may),
	        cmocka_unit_test(a_quota_limits_something),
	        cmocka_unit_test(a_request_address_has_room_for_a_token),
	        cmocka_unit_test(people_know_us_by_our_name_unless_a_title_is_given),
	        cmocka_unit_test(a_report_goes_to_an_address_and_comes_from_somebody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
