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

#include "lazaret/folders.h"
#include "lib/base/alloc.h"

static struct config *config_in(const char *folder)
{
	char *text = alloc_format("site: {name: a.b, admin: a@b.c, run_dir: %s/run/x, state_dir: "
	                          "%s/state}\nfront: {next_hop: a.b:5}\n",
	        folder, folder);
	struct config *config = NULL;
	struct err err = {0};

	if (config_parse("l.yaml", text, strlen(text), &config, &err))
		fail_msg("%s", err.text);
	free(text);
	return config;
}

static void has_mode(const char *folder, const char *name, unsigned mode)
{
	char *path = alloc_format("%s/%s", folder, name);
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 07777) != mode)
		fail_msg("%s: found mode %o, expected %o", path, st.st_mode & 07777, mode);
	assert_int_equal(st.st_uid, geteuid());
	free(path);
}

static void remove_all(const char *folder)
{
	static const char *const names[] = {"run/x/front", "run/x/broker", "run/x/quarantine",
	        "run/x/tmp", "run/x", "run", "state/quarantine", "state/model", "state/crashes",
	        "state", ""};
	char *path;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		path = alloc_format("%s/%s", folder, names[i]);
		if (rmdir(path) < 0)
			unlink(path);
		free(path);
	}
}

static void folders_guard_what_is_in_them(void **state)
{
	char folder[] = "/tmp/test-folders-XXXXXX";
	mode_t before = umask(077);
	struct config *config;
	struct err err = {0};
	char *front;

	assert_non_null(mkdtemp(folder));
	config = config_in(folder);
	assert_int_equal(folders_make(config, &err), RESULT_OK);
	umask(before);
	has_mode(folder, "run/x", 0755);
	has_mode(folder, "run/x/front", 0750);
	has_mode(folder, "run/x/broker", 0700);
	has_mode(folder, "run/x/quarantine", 0700);
	has_mode(folder, "run/x/tmp", 0700);
	has_mode(folder, "state", 0755);
	has_mode(folder, "state/quarantine", 0700);
	has_mode(folder, "state/model", 0700);
	has_mode(folder, "state/crashes", 0700);

	/* what somebody opened is closed again */
	front = alloc_format("%s/run/x/broker", folder);
	assert_int_equal(chmod(front, 0777), 0);
	assert_int_equal(folders_make(config, &err), RESULT_OK);
	has_mode(folder, "run/x/broker", 0700);
	free(front);
	config_free(&config);
	remove_all(folder);
}

static void a_link_in_place_of_a_folder_is_refused(void **state)
{
	char folder[] = "/tmp/test-folders-XXXXXX", *broker, *elsewhere;
	struct config *config;
	struct err err = {0};
	struct stat st;

	assert_non_null(mkdtemp(folder));
	config = config_in(folder);
	assert_int_equal(folders_make(config, &err), RESULT_OK);
	broker = alloc_format("%s/run/x/broker", folder);
	elsewhere = alloc_format("%s/state", folder);
	assert_int_equal(rmdir(broker), 0);
	assert_int_equal(symlink(elsewhere, broker), 0);
	assert_int_equal(folders_make(config, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "/run/x/broker"));
	assert_int_equal(stat(elsewhere, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	free(broker);
	free(elsewhere);
	config_free(&config);
	remove_all(folder);
}

static void an_unknown_group_is_refused(void **state)
{
	char folder[] = "/tmp/test-folders-XXXXXX";
	struct config *config;
	struct err err = {0};

	assert_non_null(mkdtemp(folder));
	config = config_in(folder);
	free(config->site.front_group);
	config->site.front_group = alloc_string("no-such-group-here");
	assert_int_equal(folders_make(config, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "site.front_group: no such group: \"no-such-group-here\"");
	config_free(&config);
	remove_all(folder);
}

static void operators_may_pass_but_make_nothing(void **state)
{
	char folder[] = "/tmp/test-folders-XXXXXX";
	struct config *config;
	struct err err;

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(folder));
	config = config_in(folder);
	free(config->quarantine.group);
	config->quarantine.group = alloc_string("daemon");
	assert_int_equal(folders_make(config, &err), RESULT_OK);
	has_mode(folder, "run/x/quarantine", 02750);
	has_mode(folder, "run/x/broker", 02750);
	config_free(&config);
	remove_all(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(folders_guard_what_is_in_them),
	        cmocka_unit_test(a_link_in_place_of_a_folder_is_refused),
	        cmocka_unit_test(an_unknown_group_is_refused),
	        cmocka_unit_test(operators_may_pass_but_make_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
