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

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "qctl/mails.h"

static struct buf seen;

/* Each mail, in brackets. */
static enum result note(
        void *context, const char *path, const char *mail, size_t size, struct err *err)
{
	if (!mail)
		buf_add_string(&seen, "unread ");
	buf_add_char(&seen, '[');
	buf_add(&seen, mail, size);
	buf_add_char(&seen, ']');
	return RESULT_OK;
}

static enum result refuse(
        void *context, const char *path, const char *mail, size_t size, struct err *err)
{
	note(context, path, mail, size, err);
	return err_set(err, RESULT_TEMPORARY, "not now");
}

static void expect_split(const char *bytes, const char *wanted)
{
	struct err err;

	buf_clear(&seen);
	assert_int_equal(mails_split("x", bytes, strlen(bytes), note, NULL, &err), RESULT_OK);
	assert_string_equal(seen.data, wanted);
}

static void a_file_without_an_mbox_line_is_one_mail(void **state)
{
	expect_split("A: 1\n\nbody\n\nFrom here on\n", "[A: 1\n\nbody\n\nFrom here on\n]");
}

static void a_file_with_one_mbox_line_is_one_mail(void **state)
{
	expect_split("From a@b Mon\nA: 1\n\nx\n", "[From a@b Mon\nA: 1\n\nx\n]");
}

static void an_mbox_is_many(void **state)
{
	expect_split("From a 10:00\nA: 1\n\nx\n\nFrom b Mon Jan  1 00:00:00 2024\nB: 1\n\ny\n",
	        "[From a 10:00\nA: 1\n\nx\n\n][From b Mon Jan  1 00:00:00 2024\nB: 1\n\ny\n]");
	expect_split("From a\r\nA: 1\r\n\r\nFrom b 10:00\r\nB: 1\r\n",
	        "[From a\r\nA: 1\r\n\r\n][From b 10:00\r\nB: 1\r\n]");
}

static void a_sentence_that_begins_as_an_mbox_line_is_none(void **state)
{
	expect_split("From a 10:00\nA: 1\n\nFrom here on\n10:00\n\nFrom b 10:00\nB: 1\n",
	        "[From a 10:00\nA: 1\n\nFrom here on\n10:00\n\n][From b 10:00\nB: 1\n]");
	expect_split("From a 10:00\nA: 1\n\nFrom b 1", "[From a 10:00\nA: 1\n\nFrom b 1]");
}

static void what_an_mbox_has_quoted_is_taken_back(void **state)
{
	expect_split("From a\nA: 1\n\n>From x\n>>From y\n> From z\n\nFrom b 10:00\n\n",
	        "[From a\nA: 1\n\nFrom x\n>From y\n> From z\n\n][From b 10:00\n\n]");
	expect_split("From a\nA: 1\n\n>From x\n", "[From a\nA: 1\n\nFrom x\n]");
	expect_split("A: 1\n\n>From x\n", "[A: 1\n\n>From x\n]");
}

static void a_folder_is_all_that_is_below_but_hidden(void **state)
{
	static const char *const names[] = {"b", "a", ".hidden", "sub/c"};
	char folder[] = "/tmp/lazaret-mails-XXXXXX", path[100];
	struct err err;
	size_t at;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sub", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	for (at = 0; at < 4; at++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[at]);
		assert_int_equal(
		        file_write(path, names[at], strlen(names[at]), 0600, &err), RESULT_OK);
	}
	snprintf(path, sizeof(path), "%s/link", folder);
	assert_int_equal(symlink("a", path), 0);
	buf_clear(&seen);
	assert_int_equal(mails_walk(folder, note, NULL, &err), RESULT_OK);
	assert_string_equal(seen.data, "[a][b][sub/c]");
	assert_int_equal(mails_count(folder), 3);
	buf_clear(&seen);
	assert_int_equal(mails_walk(folder, refuse, NULL, &err), RESULT_TEMPORARY);
	assert_string_equal(seen.data, "[a]");
	unlink(path);
	for (at = 0; at < 4; at++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[at]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/sub", folder);
	rmdir(path);
	rmdir(folder);
}

static void of_a_maildir_what_is_delivered_is_taken(void **state)
{
	static const char *const folders[] = {"", "/cur", "/new", "/tmp", "/Work", "/Work/cur"};
	static const char *const names[] = {"cur/1:2,S", "new/2", "tmp/3", "uidlist", "Work/cur/4"};
	char folder[] = "/tmp/lazaret-mails-XXXXXX", path[100];
	struct err err;
	size_t at;

	assert_non_null(mkdtemp(folder));
	for (at = 1; at < 6; at++) {
		snprintf(path, sizeof(path), "%s%s", folder, folders[at]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (at = 0; at < 5; at++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[at]);
		assert_int_equal(
		        file_write(path, names[at], strlen(names[at]), 0600, &err), RESULT_OK);
	}
	buf_clear(&seen);
	assert_int_equal(mails_walk(folder, note, NULL, &err), RESULT_OK);
	assert_string_equal(seen.data, "[Work/cur/4][cur/1:2,S][new/2]");
	assert_int_equal(mails_count(folder), 3);
	for (at = 0; at < 5; at++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[at]);
		unlink(path);
	}
	for (at = 6; at-- > 0;) {
		snprintf(path, sizeof(path), "%s%s", folder, folders[at]);
		rmdir(path);
	}
}

static void what_is_not_there_is_told(void **state)
{
	struct err err;

	buf_clear(&seen);
	assert_int_equal(mails_walk("/nowhere/at/all", note, NULL, &err), RESULT_OK);
	assert_string_equal(seen.data, "unread []");
	assert_non_null(strstr(err.text, "No such file"));
	assert_int_equal(mails_count("/nowhere/at/all"), 0);
}

/* Like a pipe of a shell, which would otherwise pass for an empty mailbox. */
static void what_is_named_but_no_file_is_told(void **state)
{
	struct err err;

	buf_clear(&seen);
	assert_int_equal(mails_walk("/dev/null", note, NULL, &err), RESULT_OK);
	assert_string_equal(seen.data, "unread []");
	assert_non_null(strstr(err.text, "neither a file nor a folder"));
	assert_int_equal(mails_count("/dev/null"), 0);
}

static void of_a_maildir_the_files_of_its_server_are_no_mails(void **state)
{
	static const char *const folders[] = {
	        "", "/cur", "/new", "/tmp", "/.Junk", "/Junk", "/Junk/new"};
	static const char *const names[] = {"cur/1:2,S", "new/2", "tmp/3", "dovecot-uidlist",
	        ".Junk/maildirfolder", "Junk/new/4"};
	char folder[] = "/tmp/lazaret-mails-XXXXXX", path[100];
	struct err err;
	size_t at;

	assert_non_null(mkdtemp(folder));
	for (at = 1; at < 7; at++) {
		snprintf(path, sizeof(path), "%s%s", folder, folders[at]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (at = 0; at < 6; at++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[at]);
		assert_int_equal(
		        file_write(path, names[at], strlen(names[at]), 0600, &err), RESULT_OK);
	}
	buf_clear(&seen);
	assert_int_equal(mails_walk(folder, note, NULL, &err), RESULT_OK);
	assert_string_equal(seen.data, "[Junk/new/4][cur/1:2,S][new/2]");
	assert_int_equal(mails_count(folder), 3);
	for (at = 0; at < 6; at++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[at]);
		unlink(path);
	}
	for (at = 7; at-- > 0;) {
		snprintf(path, sizeof(path), "%s%s", folder, folders[at]);
		rmdir(path);
	}
}

/* Standard input is another one meanwhile. */
static void expect_input(const char *bytes, const char *wanted)
{
	int kept = dup(STDIN_FILENO), ends[2];
	struct err err;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, strlen(bytes)), strlen(bytes));
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	buf_clear(&seen);
	assert_int_equal(mails_count("-"), 1);
	assert_int_equal(mails_walk("-", note, NULL, &err), RESULT_OK);
	assert_string_equal(seen.data, wanted);
	dup2(kept, STDIN_FILENO);
	close(kept);
}

static void a_mail_or_an_mbox_comes_from_standard_input(void **state)
{
#define FIRST "From a Mon Sep  2 10:00:00 2002\nA: 1\n\nx\n\n"
#define SECOND "From b Mon Sep  2 10:00:00 2002\nB: 1\n\ny\n"
	expect_input("A: 1\n\nbody\n", "[A: 1\n\nbody\n]");
	expect_input(FIRST SECOND, "[" FIRST "][" SECOND "]");
	expect_input("", "unread []");
#undef FIRST
#undef SECOND
}

/* By the path that stands before it everywhere, and so not in the reason. */
static void a_file_that_fails_in_the_middle_is_told(void **state)
{
	struct err err;

	buf_clear(&seen);
	assert_int_equal(mails_walk("/proc/self/mem", note, NULL, &err), RESULT_OK);
	assert_string_equal(seen.data, "unread []");
	assert_non_null(strstr(err.text, "Input/output error"));
	assert_null(strstr(err.text, "/proc"));
}

static int end(void **state)
{
	buf_fini(&seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_file_without_an_mbox_line_is_one_mail),
	        cmocka_unit_test(a_file_with_one_mbox_line_is_one_mail),
	        cmocka_unit_test(an_mbox_is_many),
	        cmocka_unit_test(a_sentence_that_begins_as_an_mbox_line_is_none),
	        cmocka_unit_test(what_an_mbox_has_quoted_is_taken_back),
	        cmocka_unit_test(a_folder_is_all_that_is_below_but_hidden),
	        cmocka_unit_test(of_a_maildir_what_is_delivered_is_taken),
	        cmocka_unit_test(what_is_not_there_is_told),
	        cmocka_unit_test(a_file_that_fails_in_the_middle_is_told),
	        cmocka_unit_test(what_is_named_but_no_file_is_told),
	        cmocka_unit_test(of_a_maildir_the_files_of_its_server_are_no_mails),
	        cmocka_unit_test(a_mail_or_an_mbox_comes_from_standard_input),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
