#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/config.h"

/* Four lines that every file below begins with. */
#define NEEDED                                                                                     \
	"site:\n  name: mail.example.org\n  admin: postmaster@example.org\n"                       \
	"front: {next_hop: 127.0.0.1:10026}\n"

static struct config *parse(const char *text)
{
	struct config *config = NULL;
	struct err err = {0};

	if (config_parse("/etc/x/lazaret.yaml", text, strlen(text), &config, &err))
		fail_msg("%s", err.text);
	return config;
}

static void ten_lines_are_a_configuration(void **state)
{
	struct config *config = parse("site:\n"
	                              "  name: mail.example.org\n"
	                              "  admin: postmaster@example.org\n"
	                              "  domains: [example.org]\n"
	                              "  networks: [127.0.0.0/8, 192.0.2.0/24]\n"
	                              "  user: lazaret\n"
	                              "  scan_user: lazaret-scan\n"
	                              "  front_group: lazaret-submit\n"
	                              "front:\n"
	                              "  next_hop: 127.0.0.1:10026\n");

	assert_string_equal(config->site.domains.items[0], "example.org");
	assert_int_equal(config->site.networks.count, 2);
	assert_string_equal(config->front.next_hop, "127.0.0.1:10026");
	assert_int_equal(config->policy.virus, ACTION_CUT);
	assert_int_equal(config->policy.unscanned.error, ACTION_DEFER);
	assert_int_equal(config->policy.unscanned.encrypted, ACTION_TAG);
	assert_int_equal(config->size.max_size, 50 << 20);
	assert_int_equal(config->attachments.count, 7);
	assert_string_equal(config->attachments.rules[0].name, "signed-documents");
	assert_int_equal(config->attachments.rules[0].action, ACTION_ALLOW);
	assert_string_equal(config->attachments.rules[1].name, "executables");
	assert_int_equal(config->attachments.rules[1].action, ACTION_CUT);
	assert_int_equal(config->broker.attempts, 2);
	assert_int_equal(config->log.level, LOG_LEVEL_INFO);
	assert_true(config->policy.spam_quarantine == 10);
	config_free(&config);
	assert_null(config);
}

static void endpoints_and_paths_are_derived(void **state)
{
	struct config *config =
	        parse("site: {name: a.b, admin: a@b.c, run_dir: /r, state_dir: /s}\n"
	              "front: {next_hop: 127.0.0.1:10026}\n");

	assert_string_equal(config->front.socket, "/r/front/front.sock");
	assert_string_equal(config->front.brokers.items[0], "ipc:///r/broker/front.ipc");
	assert_string_equal(config->broker.workers.items[0], "ipc:///r/broker/worker.ipc");
	assert_string_equal(config->quarantine.listen.items[0], "ipc:///r/quarantine/store.ipc");
	assert_string_equal(config->workers.tmp_dir, "/r/tmp");
	assert_string_equal(config->quarantine.path, "/s/quarantine");
	assert_string_equal(config->notifier.next_hop, "127.0.0.1:10026");
	assert_string_equal(config->notifier.from, "a@b.c");
	assert_string_equal(config->spam.rules.items[0], LAZARET_DATADIR "/rules");
	config_free(&config);
}

static void relative_paths_are_seen_from_the_file(void **state)
{
	char folder[] = "/tmp/test-config-XXXXXX", *path;
	const char *text = NEEDED "access:\n  - {senders_file: lists/bad, name: bad}\n"
	                          "spam: {rules: [my.cf, /a/b.cf]}\n";
	struct config *config;
	struct err err = {0};
	struct buf want = {0};

	assert_non_null(mkdtemp(folder));
	path = alloc_format("%s/lazaret.yaml", folder);
	assert_int_equal(file_write(path, text, strlen(text), 0600, &err), RESULT_OK);
	assert_int_equal(config_load(path, &config, &err), RESULT_OK);
	buf_add_format(&want, "%s/lists/bad", folder);
	assert_string_equal(config->access.rules[0].senders_file, want.data);
	buf_clear(&want);
	buf_add_format(&want, "%s/my.cf", folder);
	assert_string_equal(config->spam.rules.items[0], want.data);
	assert_string_equal(config->spam.rules.items[1], "/a/b.cf");
	config_free(&config);
	unlink(path);
	rmdir(folder);
	free(path);
	buf_fini(&want);
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
	struct config *config;
	struct err err = {0};

	assert_int_equal(config_load("/nowhere/l.yaml", &config, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "/nowhere/l.yaml: No such file"));
}

static void policies_inherit_whatever_the_order(void **state)
{
	struct config *config = parse("policies:\n"
	                              "  - recipients: [\"@a.example\"]\n"
	                              "    spam_quarantine: 15\n"
	                              "    unscanned: {encrypted: none}\n"
	                              "  - recipients: [b@b.example]\n"
	                              "policy:\n"
	                              "  virus: discard\n"
	                              "  redirect_to: spam@example.org\n"
	                              "  unscanned: {limit: tag, encrypted: reject}\n" NEEDED);
	const struct config_policy *first = &config->policies.rules[0];
	const struct config_policy *second = &config->policies.rules[1];

	assert_int_equal(config->policies.count, 2);
	assert_string_equal(first->recipients.items[0], "@a.example");
	assert_int_equal(first->virus, ACTION_DISCARD);
	assert_string_equal(first->redirect_to, "spam@example.org");
	assert_ptr_not_equal(first->redirect_to, config->policy.redirect_to);
	assert_true(first->spam_quarantine == 15);
	assert_true(first->spam_tag == 5);
	assert_int_equal(first->unscanned.encrypted, ACTION_NONE);
	assert_int_equal(first->unscanned.limit, ACTION_TAG);
	assert_int_equal(second->unscanned.encrypted, ACTION_REJECT);
	assert_true(second->spam_quarantine == 10);
	assert_true(second->keep_original);
	config_free(&config);
}

static void rules_take_their_own_defaults(void **state)
{
	struct config *config = parse(NEEDED "attachments:\n"
	                                     "  rules:\n"
	                                     "    - {names: [\"*.zip\"], action: tag}\n"
	                                     "subject:\n"
	                                     "  - {name: worm, patterns: [a], match: prefix}\n"
	                                     "  - {patterns_file: /x}\n");

	assert_int_equal(config->attachments.count, 1);
	assert_string_equal(config->attachments.rules[0].name, "rule1");
	assert_int_equal(config->attachments.rules[0].inside, INSIDE_ALSO);
	assert_int_equal(config->attachments.rules[0].match, MATCH_GLOB);
	assert_int_equal(config->attachments.rules[0].direction, DIRECTION_ANY);
	assert_int_equal(config->attachments.max_depth, 20);
	assert_int_equal(config->subject.count, 2);
	assert_string_equal(config->subject.rules[0].name, "worm");
	assert_int_equal(config->subject.rules[0].match, MATCH_PREFIX);
	assert_string_equal(config->subject.rules[1].name, "rule2");
	assert_string_equal(config->subject.rules[1].field, "Subject");
	assert_int_equal(config->subject.rules[1].code, 553);
	config_free(&config);
}

static void empty_sections_and_empty_texts_are_right(void **state)
{
	struct config *config = parse(NEEDED "log:\nspam:\npolicy:\n  unscanned:\n"
	                                     "  subject_prefix: \"\"\npolicies:\naccess: []\n");

	assert_string_equal(config->policy.subject_prefix, "");
	assert_int_equal(config->policies.count, 0);
	assert_true(config->spam.enabled);
	config_free(&config);
}

static int has(const struct config_list *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], text))
			return 1;
	return 0;
}

static void files_are_watched_and_folders_with_what_is_in_them(void **state)
{
	char folder[] = "/tmp/test-config-XXXXXX", *file, *text;
	struct config_list watched;
	struct config *config;
	struct err err = {0};

	assert_non_null(mkdtemp(folder));
	file = alloc_format("%s/a.cf", folder);
	assert_int_equal(file_write(file, "", 0, 0600, &err), RESULT_OK);
	text = alloc_format(NEEDED "spam: {rules: [%s]}\nvirus: {enabled: no, database: /v}\n"
	                           "access:\n  - {recipients_file: /r}\n"
	                           "subject:\n  - {patterns_file: /p}\n",
	        folder);
	config = parse(text);
	config_watched(config, &watched);
	assert_true(has(&watched, folder));
	assert_true(has(&watched, file));
	assert_true(has(&watched, "/r"));
	assert_true(has(&watched, "/p"));
	assert_false(has(&watched, "/v"));
	assert_true(has(&watched, "/var/lib/lazaret/rules.hyper"));
	assert_int_equal(watched.count, 5);
	config_list_free(&watched);
	config_free(&config);
	unlink(file);
	rmdir(folder);
	free(file);
	free(text);
}

static void actions_have_names(void **state)
{
	assert_string_equal(action_name(ACTION_NONE), "none");
	assert_string_equal(action_name(ACTION_CUT), "cut");
	assert_string_equal(action_name(ACTION_DEFER), "defer");
	assert_string_equal(action_name((enum action)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ten_lines_are_a_configuration),
	        cmocka_unit_test(endpoints_and_paths_are_derived),
	        cmocka_unit_test(relative_paths_are_seen_from_the_file),
	        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
	        cmocka_unit_test(policies_inherit_whatever_the_order),
	        cmocka_unit_test(rules_take_their_own_defaults),
	        cmocka_unit_test(empty_sections_and_empty_texts_are_right),
	        cmocka_unit_test(files_are_watched_and_folders_with_what_is_in_them),
	        cmocka_unit_test(actions_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
