#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/config/config.h"

/* The lines that every file below begins with. */
#define NEEDED                                                                                     \
	"site: {name: mail.example.org, admin: a@example.org, domains: [example.org],\n"           \
	"  user: lazaret, scan_user: lazaret-scan}\n"                                              \
	"front: {next_hop: 127.0.0.1:10026}\n"                                                     \
	"spam: {rules: [/]}\n"                                                                     \
	"virus: {database: /}\n"                                                                   \
	"notifier: {templates: /}\n"

static void say(void *context, const char *sentence)
{
	buf_add_format(context, "%s\n", sentence);
}

/* All warnings, a line each. */
static void warned(const char *text, const char *want)
{
	struct config *config;
	struct err err = {0};
	struct buf said = {0};

	if (config_parse("l.yaml", text, strlen(text), &config, &err))
		fail_msg("%s", err.text);
	buf_add_string(&said, "");
	config_warn(config, say, &said);
	assert_string_equal(said.data, want);
	buf_fini(&said);
	config_free(&config);
}

static void a_careful_configuration_is_silent(void **state)
{
	warned(NEEDED, "");
}

static void refusals_behind_a_queue_are_doubtful(void **state)
{
	warned(NEEDED "subject:\n  - patterns: [x]\n    action: reject\n",
	        "l.yaml:9: subject.rules[1].action: behind a queue the MTA turns this refusal into "
	        "a "
	        "bounce to a sender who may be forged; use action: discard (a copy is kept)\n");
	warned(NEEDED "policy: {spam_reject: 15}\n", "l.yaml:7: policy.spam_reject: behind a queue "
	                                             "the MTA bounces refused spam to a sender "
	                                             "who is mostly forged; use spam_quarantine\n");
	warned(NEEDED "policy:\n  virus: reject\n",
	        "l.yaml:8: policy.virus: behind a queue the MTA bounces the virus to a sender who "
	        "is "
	        "mostly forged; use cut, quarantine or discard\n");
}

static void scanners_without_a_fence_are_doubtful(void **state)
{
	warned(NEEDED "workers: {sandbox: required}\n", "");
	warned(NEEDED "workers:\n  sandbox: best_effort\n",
	        "l.yaml:8: workers.sandbox: scanners start even where nothing keeps one that is "
	        "taken over from what its account may do\n");
}

static void unscanned_mail_taken_for_clean_is_doubtful(void **state)
{
	warned(NEEDED "policies:\n  - recipients: [a@b.c]\n    unscanned:\n      timeout: none\n"
	              "      encrypted: none\n",
	        "l.yaml:10: policies[1].unscanned.timeout: mail that could not be scanned is "
	        "delivered "
	        "as if it were clean\n");
}

static void times_that_lose_mail_are_doubtful(void **state)
{
	warned(NEEDED "quarantine: {keep: 3d}\n", "l.yaml:7: quarantine.keep: 3d is short: people "
	                                          "who are away for a week find their mail "
	                                          "deleted\n");
	warned(NEEDED "quarantine: {keep: 0}\n", "l.yaml:7: quarantine.keep: nothing is ever "
	                                         "deleted: when the quarantine is full, mail "
	                                         "is deferred\n");
	warned(NEEDED "broker: {attempts: 4}\n",
	        "l.yaml:1: workers.timeout: 4 attempts take up to 6m, longer than front.deadline: "
	        "slow "
	        "mail stays in the MTA's queue instead of being decided\n");
}

#define VIRUS(keys)                                                                                \
	"site: {name: mail.example.org, admin: a@example.org, domains: [example.org],\n"           \
	"  user: lazaret, scan_user: lazaret-scan}\n"                                              \
	"front: {next_hop: 127.0.0.1:10026}\nspam: {rules: [/]}\nnotifier: {templates: /}\n"       \
	"virus:\n  database: /\n" keys

static void quotas_that_one_message_may_exceed_are_doubtful(void **state)
{
	warned(NEEDED "quarantine:\n  quotas:\n    - each_recipient: 1G\n", "");
	warned(NEEDED "quarantine:\n  quotas:\n    - size: 2G\n      each_recipient: 10M\n",
	        "l.yaml:10: quarantine.quotas[1].each_recipient: a message may be larger than 10M "
	        "(size.max_size): what is to be kept of such a one is deferred until the MTA gives "
	        "it up\n");
}

static void old_signatures_that_nobody_hears_of_are_doubtful(void **state)
{
	static const char unheard[] = "virus.alarm_age: nobody is warned of old signatures before "
	                              "virus.max_age makes all mail unscanned (database)\n";
	char want[200];

	warned(VIRUS("  alarm_age: 7d\n"), "");
	warned(VIRUS("  max_age: 0\n"), "l.yaml:8: virus.max_age: mail that signatures of any age "
	                                "find nothing in is called clean\n");
	snprintf(want, sizeof(want), "l.yaml:8: %s", unheard);
	warned(VIRUS("  alarm_age: 0\n"), want);
	warned(VIRUS("  alarm_age: 8d\n"), want);
	warned(VIRUS("  enabled: false\n  max_age: 0\n"),
	        "l.yaml:8: virus.enabled: mail is not scanned for viruses\n");
}

static void limits_that_do_not_fit_are_doubtful(void **state)
{
	warned(NEEDED "size: {max_size: 64M}\nworkers: {memory: 256M}\n",
	        "l.yaml:8: workers.memory: is less than attachments.max_expanded and two messages "
	        "of "
	        "size.max_size: large mail may kill its scanner\n");
	warned(NEEDED "policy: {spam_tag: 12}\n", "l.yaml:7: policy.spam_quarantine: spam is held "
	                                          "before it would be tagged: spam_tag "
	                                          "(12) is never reached\n");
}

/* NEEDED without its last line, which has the section already. */
#define REQUESTS(keys)                                                                             \
	"site: {name: mail.example.org, admin: a@example.org, domains: [example.org],\n"           \
	"  user: lazaret, scan_user: lazaret-scan}\n"                                              \
	"front: {next_hop: 127.0.0.1:10026}\n"                                                     \
	"spam: {rules: [/]}\n"                                                                     \
	"virus: {database: /}\n"                                                                   \
	"notifier: {templates: /, " keys "}\n"

static void requests_that_nobody_can_make_are_doubtful(void **state)
{
	warned(REQUESTS("request_address: r@example.org"),
	        "l.yaml:6: notifier.request_address: without notifier.requests nobody may ask for "
	        "anything\n");
	warned(REQUESTS("requests: [{allow: ask}]"),
	        "l.yaml:6: notifier.requests: without notifier.request_address nobody can ask for "
	        "anything\n");
	warned(REQUESTS("request_address: r@example.org, requests: [{allow: ask}]"), "");
}

static void tcp_in_plain_text_is_doubtful(void **state)
{
	warned(NEEDED "curve: {allow_plain_tcp: true}\n",
	        "l.yaml:7: curve.allow_plain_tcp: whoever reaches a tcp:// port reads mail and "
	        "decides "
	        "what is clean\n");
}

static void a_secret_key_that_others_may_read_is_doubtful(void **state)
{
	char path[] = "/tmp/test-warn-XXXXXX";
	int fd = mkstemp(path);
	char *text = alloc_format(NEEDED "curve: {secret_key: %s}\n", path);
	char *want =
	        alloc_format("l.yaml:7: curve.secret_key: \"%s\" may be read by others than its "
	                     "owner (mode 644); chmod 600\n",
	                path);

	warned(text, "");
	assert_int_equal(fchmod(fd, 0644), 0);
	warned(text, want);
	close(fd);
	unlink(path);
	free(text);
	free(want);
}

static void files_that_are_not_there_are_told(void **state)
{
	warned(NEEDED "access:\n  - senders_file: /nowhere/list\n",
	        "l.yaml:8: access.rules[1].senders_file: \"/nowhere/list\" is not there\n");
}

static void one_account_for_all_is_doubtful(void **state)
{
	warned("site: {name: a.b, admin: a@b.c, domains: [b.c], user: me, scan_user: me}\n"
	       "front: {next_hop: 127.0.0.1:10026}\nspam: {rules: [/]}\nvirus: {database: /}\n"
	       "notifier: {templates: /}\n",
	        "l.yaml:1: site.scan_user: is the account of the other programs: a scanner that is "
	        "taken over could reach the quarantine\n");
}

static void reports_without_a_model_teach_nobody(void **state)
{
	warned("site: {name: mail.example.org, admin: a@example.org, domains: [example.org],\n"
	       "  user: lazaret, scan_user: lazaret-scan}\n"
	       "front: {next_hop: 127.0.0.1:10026}\n"
	       "virus: {database: /}\n"
	       "notifier: {templates: /}\n"
	       "spam:\n  rules: [/]\n  model:\n    enabled: false\n"
	       "    reports: [{spam_to: [spam@example.org]}]\n",
	        "l.yaml:10: spam.model.reports: without spam.enabled and spam.model.enabled "
	        "reports "
	        "are mail like any other\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_careful_configuration_is_silent),
	        cmocka_unit_test(refusals_behind_a_queue_are_doubtful),
	        cmocka_unit_test(scanners_without_a_fence_are_doubtful),
	        cmocka_unit_test(unscanned_mail_taken_for_clean_is_doubtful),
	        cmocka_unit_test(times_that_lose_mail_are_doubtful),
	        cmocka_unit_test(quotas_that_one_message_may_exceed_are_doubtful),
	        cmocka_unit_test(old_signatures_that_nobody_hears_of_are_doubtful),
	        cmocka_unit_test(limits_that_do_not_fit_are_doubtful),
	        cmocka_unit_test(requests_that_nobody_can_make_are_doubtful),
	        cmocka_unit_test(tcp_in_plain_text_is_doubtful),
	        cmocka_unit_test(a_secret_key_that_others_may_read_is_doubtful),
	        cmocka_unit_test(files_that_are_not_there_are_told),
	        cmocka_unit_test(one_account_for_all_is_doubtful),
	        cmocka_unit_test(reports_without_a_model_teach_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
