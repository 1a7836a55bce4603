#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "workers/qscan/tmp.h"
#include "workers/qscan/watch.h"

static char folder[64];
static char file[96];

static void put(const char *path, const char *text)
{
	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), RESULT_OK);
}

static int set_up(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/test-watch-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/list", folder);
	put(file, "one\n");
	return 0;
}

static int tear_down(void **state)
{
	tmp_remove(folder);
	return 0;
}

static struct watch watching(const char *path)
{
	static char *items[1];
	struct watch watch = {.files = {1, items}};

	items[0] = (char *)path;
	watch.known = watch.last = watch_state(&watch.files);
	return watch;
}

static void nothing_is_told_while_nothing_changes(void **state)
{
	struct watch watch = watching(file);

	assert_false(watch_look(&watch));
	assert_false(watch_look(&watch));
}

static void a_change_is_told_once_and_when_it_rests(void **state)
{
	struct watch watch = watching(file);

	put(file, "one\ntwo\n");
	assert_false(watch_look(&watch));
	put(file, "one\ntwo\nthree\n");
	assert_false(watch_look(&watch));
	assert_true(watch_look(&watch));
	assert_false(watch_look(&watch));
}

static void the_next_change_is_told_as_well(void **state)
{
	struct watch watch = watching(file);

	put(file, "broken\n");
	watch_look(&watch);
	assert_true(watch_look(&watch));
	put(file, "repaired\n");
	watch_look(&watch);
	assert_true(watch_look(&watch));
}

static void a_file_replaced_by_one_of_the_same_size_is_seen(void **state)
{
	struct watch watch = watching(file);

	put(file, "two\n");
	watch_look(&watch);
	assert_true(watch_look(&watch));
}

static void a_new_file_in_a_watched_folder_is_seen(void **state)
{
	struct watch watch = watching(folder);
	char other[96];

	snprintf(other, sizeof(other), "%s/more.ndb", folder);
	put(other, "x");
	watch_look(&watch);
	assert_true(watch_look(&watch));
}

static void a_file_that_goes_and_comes_is_seen(void **state)
{
	struct watch watch = watching(file);

	unlink(file);
	watch_look(&watch);
	assert_true(watch_look(&watch));
	put(file, "one\n");
	watch_look(&watch);
	assert_true(watch_look(&watch));
}

static void what_never_rests_is_taken_after_a_while(void **state)
{
	struct watch watch = watching(file);
	char text[400] = "";
	int look, told = 0;

	for (look = 0; look < WATCH_RESTLESS_MOST - 1; look++) {
		strcat(text, "x");
		put(file, text);
		told += watch_look(&watch);
	}
	assert_int_equal(told, 0);
	strcat(text, "x");
	put(file, text);
	assert_true(watch_look(&watch));
	strcat(text, "x");
	put(file, text);
	assert_false(watch_look(&watch)); /* once */
	assert_true(watch_look(&watch));
}

/* ---- temporary folders ---- */

static int exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void a_folder_is_emptied_and_links_are_not_followed(void **state)
{
	char *tmp = tmp_path(folder, getpid(), 0);
	char inner[200], link[200];

	assert_int_equal(tmp_make(tmp, NULL), RESULT_OK);
	snprintf(inner, sizeof(inner), "%s/a", tmp);
	assert_int_equal(mkdir(inner, 0700), 0);
	snprintf(inner, sizeof(inner), "%s/a/b", tmp);
	put(inner, "x");
	snprintf(link, sizeof(link), "%s/link", tmp);
	assert_int_equal(symlink(folder, link), 0);
	tmp_empty(tmp);
	assert_true(exists(tmp));
	assert_false(exists(inner));
	assert_false(exists(link));
	assert_true(exists(file));
	free(tmp);
}

static void only_folders_of_the_dead_are_swept(void **state)
{
	pid_t dead = fork();
	char *theirs, *ours = tmp_path(folder, getpid(), 1);

	if (dead == 0)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	theirs = tmp_path(folder, dead, 0);
	assert_int_equal(tmp_make(theirs, NULL), RESULT_OK);
	assert_int_equal(tmp_make(ours, NULL), RESULT_OK);
	tmp_sweep(folder);
	assert_false(exists(theirs));
	assert_true(exists(ours));
	assert_true(exists(file));
	free(theirs);
	free(ours);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(nothing_is_told_while_nothing_changes),
	        TEST(a_change_is_told_once_and_when_it_rests),
	        TEST(the_next_change_is_told_as_well),
	        TEST(a_file_replaced_by_one_of_the_same_size_is_seen),
	        TEST(a_new_file_in_a_watched_folder_is_seen),
	        TEST(a_file_that_goes_and_comes_is_seen),
	        TEST(what_never_rests_is_taken_after_a_while),
	        TEST(a_folder_is_emptied_and_links_are_not_followed),
	        TEST(only_folders_of_the_dead_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
