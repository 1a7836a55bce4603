#include "lib/virus/virus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/virus/sieve.h"

static const struct virus_limits limits = {.scan_bytes = 100 << 20,
        .file_bytes = 50 << 20,
        .files = 5000,
        .recursion = 17,
        .time_ms = 20000,
        .heuristics = 1u << VIRUS_PHISHING,
        .sieve = 1};

static char folder[64];

/* An engine with one file of signatures, given as text; close with closed(). */
static struct virus_engine *opened(const char *name, const char *text, size_t size)
{
	struct virus_engine *engine = NULL;
	struct err err = {""};
	char path[128];

	snprintf(folder, sizeof(folder), "/tmp/test_sieve.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_write(path, text, size, 0600, NULL), RESULT_OK);
	if (virus_open(folder, &limits, &engine, &err))
		fail_msg("%s", err.text);
	unlink(path);
	rmdir(folder);
	return engine;
}

static char *hex_of(const char *text)
{
	char *hex = alloc(2 * strlen(text) + 1);

	text_hex(text, strlen(text), hex);
	return hex;
}

/* One signature with `pattern` for %s as hex: does it mark mails that have it, and only those? */
static int marks(const char *name, const char *form, const char *pattern, const char *mail)
{
	const char *place = strstr(form, "%s");
	char *hex = hex_of(pattern),
	     *line = alloc_format("%.*s%s%s", (int)(place - form), form, hex, place + 2);
	struct virus_engine *engine = opened(name, line, strlen(line));
	int marked = virus_marks(engine, mail, strlen(mail));

	assert_null(virus_needs(engine)->obstacle);
	virus_close(&engine);
	free(line);
	free(hex);
	return marked;
}

#define MAIL "Received: by a\nFrom: b@example.org\nSubject: "
static const char good[] = MAIL "hello\n\nA letter.\n", bad[] = MAIL "evilword\n\nA letter.\n";

static void signatures_for_mail_and_for_any_file_mark(void **state)
{
	static const struct {
		const char *name, *form;
	} table[] = {
	        {"a.ndb", "T:4:*:%s\n"},
	        {"a.ndb", "T:0:*:%s\n"},
	        {"a.ndb", "T:04:*:%s\n"},
	        {"a.ldb", "T;Engine:81-255,Target:00;0;%s\n"},
	        {"a.ndb", "# a comment\r\nT:0:45:%s\r\n"},
	        {"a.db", "T=%s\n"},
	        {"a.ldb", "T;Engine:81-255,Target:0;0;%s\n"},
	        {"a.ldb", "T;Engine:81-255,Target:4;0&1;%s;41206c6574746572\n"},
	        {"a.ldb", "T;Engine:81-255,Target:4,FileSize:10-90;0;45,10:%s\n"},
	        {"a.ldb", "T;Engine:81-255,Target:4;0;%s::i\n"},
	        {"a.ldb", "T;Engine:81-255,Target:0;0&(1=0);%s::i;4e6f7420746865726521\n"},
	};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		if (!marks(table[at].name, table[at].form, "evilword", bad))
			fail_msg("does not mark: %s", table[at].form);
		if (marks(table[at].name, table[at].form, "evilword", good))
			fail_msg("marks: %s", table[at].form);
	}
}

static void signatures_for_other_files_do_not_mark(void **state)
{
	assert_false(marks("a.ndb", "T:1:*:%s\n", "evilword", bad));
	assert_false(marks("a.ndb", "T:3:*:%s\n", "evilword", bad));
	assert_false(marks("a.ndb", "T:03:*:%s\n", "evilword", bad));
	assert_false(marks("a.ldb", "T;Engine:81-255,Target:1;0;%s\n", "evilword", bad));
	assert_false(marks("a.ndb", "T:0:*:%s:240\n", "evilword", bad)); /* a later libclamav's */
}

/* Base64 and any other text are looked through to their end. */
static void a_mark_is_found_far_behind(void **state)
{
	struct buf mail = {0};

	buf_add_string(&mail, MAIL "x\n\n");
	while (mail.size < 3 << 20)
		buf_add_string(
		        &mail, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh\n");
	assert_false(marks("a.ndb", "T:4:*:%s\n", "evilword", mail.data));
	buf_add_string(&mail, "evilword\n");
	assert_true(marks("a.ndb", "T:4:*:%s\n", "evilword", mail.data));
	buf_fini(&mail);
}

static struct virus_needs needs_of(const char *name, const char *text)
{
	struct virus_engine *engine = opened(name, text, strlen(text));
	struct virus_needs needs = *virus_needs(engine);

	virus_close(&engine);
	return needs;
}

static void what_can_not_be_told_is_said(void **state)
{
	assert_non_null(needs_of("a.yar", "rule t { strings: $a = \"evilword\" condition: $a }\n")
	                        .obstacle);
	assert_non_null(
	        needs_of("a.ftm", "0:0:52656365697665643a:T:CL_TYPE_ANY:CL_TYPE_HTML\n").obstacle);
	assert_true(needs_of("a.cdb", "T:CL_TYPE_MAIL:*:evil\\.exe:*:*:*:*:*:*\n").names);
	assert_true(needs_of("a.cdb", "T:*:*:evil\\.exe:*:*:*:*:*:*\n").names);
	assert_false(needs_of("a.cdb", "T:CL_TYPE_ZIP:*:evil\\.exe:*:*:*:*:*:*\n").names);
	assert_false(needs_of("a.cdb", "T:*:*:evil\\.exe:*:*:*:*:*:*\n").unnamed);
	assert_true(needs_of("a.cdb", "T:*:*:*:*:*:*:*:*:*\n").unnamed);
	assert_true(needs_of("a.cdb", "T:CL_TYPE_MAIL:*:^attach:*:*:*:*:*:*\n").unnamed);
	assert_true(needs_of("a.cdb", "T:CL_TYPE_MAIL:*:(?i)TEXT:*:*:*:*:*:*\n").unnamed);
	assert_false(needs_of("a.cdb", "T:CL_TYPE_MAIL:*:(?i)TEXT$:*:*:*:*:*:*\n").unnamed);
	assert_false(needs_of("a.cdb", "T:CL_TYPE_ZIP:*:*:*:*:*:*:*:*\n").unnamed);
	assert_true(needs_of("a.pdb", "H:example.org\n").links);
	assert_true(
	        needs_of("a.ldb", "T;Engine:81-255,Target:1,Container:CL_TYPE_MAIL;0;41424344\n")
	                .inside);
	assert_false(
	        needs_of("a.ldb", "T;Engine:81-255,Target:1,Container:CL_TYPE_ZIP;0;41424344\n")
	                .inside);
}

static int marks_inside(const char *description, const char *pattern, const char *part)
{
	char *hex = hex_of(pattern),
	     *line = alloc_format("T;Engine:81-255,%s;0;%s\n", description, hex);
	struct virus_engine *engine = opened("a.ldb", line, strlen(line));
	int marked = virus_marks_inside(engine, part, strlen(part));

	assert_null(virus_needs(engine)->obstacle);
	assert_true(virus_needs(engine)->inside);
	virus_close(&engine);
	free(line);
	free(hex);
	return marked;
}

/* libclamav looks for these in what it makes of a part: a text without its capitals and blanks. */
static void signatures_for_files_inside_mail_mark_parts_as_libclamav_reads_them(void **state)
{
	static const char part[] = "A letter with an EVIL    Word in it.\n";

	assert_true(marks_inside("Target:7,Container:CL_TYPE_MAIL", "evil word", part));
	assert_true(marks_inside("Target:0,Container:CL_TYPE_MAIL", "EVIL", part));
	assert_true(marks_inside(
	        "Target:0,FileSize:9-9,Intermediates:CL_TYPE_MAIL>CL_TYPE_ZIP", "EVIL", part));
	assert_true(marks_inside("Target:0,Intermediates:CL_TYPE_ANY", "EVIL", part));
	assert_false(marks_inside("Target:7,Container:CL_TYPE_MAIL", "evil words", part));
	assert_false(marks_inside("Target:1,Container:CL_TYPE_MAIL", "EVIL", part));
}

static void an_engine_without_a_sieve_marks_everything(void **state)
{
	struct virus_limits plain = limits;
	struct virus_engine *engine = NULL;
	char path[128];

	plain.sieve = 0;
	snprintf(folder, sizeof(folder), "/tmp/test_sieve.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.ndb", folder);
	assert_int_equal(file_write(path, "T:1:*:41424344\n", 15, 0600, NULL), RESULT_OK);
	assert_int_equal(virus_open(folder, &plain, &engine, NULL), RESULT_OK);
	assert_true(virus_marks(engine, good, sizeof(good) - 1));
	assert_true(virus_marks_inside(engine, good, sizeof(good) - 1));
	assert_non_null(virus_needs(engine)->obstacle);
	virus_close(&engine);
	unlink(path);
	rmdir(folder);
}

static int any(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run(const char *path, const char *what)
{
	char *command = alloc_format("cd %s && %s", path, what);

	assert_int_equal(system(command), 0);
	free(command);
}

/* As freshclam writes it: a head of 512 bytes, and a TAR. libclamav itself takes signed ones only,
 * so the sieve is asked alone. */
static void packed_signatures_are_read(void **state)
{
	char path[] = "/tmp/test_sieve.XXXXXX";
	struct dirent **files = NULL;
	struct sieve *sieve;
	int count, at;

	assert_non_null(mkdtemp(path));
	run(path, "printf 'T:4:*:6576696c776f7264\\n' >a.ndb && printf 'H:x.example\\n' >a.pdb && "
	          "printf '0:0:41:T:CL_TYPE_ANY:CL_TYPE_MAIL\\n' >a.ftm && "
	          "touch COPYING a.info && tar czf x COPYING a.info a.ndb a.pdb a.ftm && "
	          "(printf '%-512s' ClamAV-VDB; cat x) >a.cvd && tar cf x a.ndb && "
	          "(printf '%-512s' ClamAV-VDB; cat x) >b.cld && rm x a.ndb a.pdb a.ftm COPYING "
	          "a.info");
	count = scandir(path, &files, any, alphasort);
	assert_int_equal(count, 2);
	for (at = 0; at < count; at++) {
		sieve = sieve_new(path, &files[at], 1, &limits);
		assert_null(sieve_needs(sieve)->obstacle);
		assert_int_equal(sieve_needs(sieve)->links, at == 0);
		assert_true(sieve_marks(sieve, bad, sizeof(bad) - 1));
		assert_false(sieve_marks(sieve, good, sizeof(good) - 1));
		sieve_free(&sieve);
	}
	sieve = sieve_new(path, files, count, &limits);
	sieve_doubt(sieve, "they changed");
	assert_string_equal(sieve_needs(sieve)->obstacle, "they changed");
	assert_true(sieve_marks(sieve, good, sizeof(good) - 1));
	sieve_free(&sieve);
	run(path, "head -c 540 a.cvd >c.cvd && mv c.cvd a.cvd");
	sieve = sieve_new(path, files, count, &limits);
	assert_non_null(sieve_needs(sieve)->obstacle);
	assert_true(sieve_marks(sieve, good, sizeof(good) - 1));
	sieve_free(&sieve);
	for (at = 0; at < count; at++)
		free(files[at]);
	free(files);
	run(path, "rm -r \"$PWD\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(signatures_for_mail_and_for_any_file_mark),
	        cmocka_unit_test(signatures_for_other_files_do_not_mark),
	        cmocka_unit_test(a_mark_is_found_far_behind),
	        cmocka_unit_test(what_can_not_be_told_is_said),
	        cmocka_unit_test(
	                signatures_for_files_inside_mail_mark_parts_as_libclamav_reads_them),
	        cmocka_unit_test(an_engine_without_a_sieve_marks_everything),
	        cmocka_unit_test(packed_signatures_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
