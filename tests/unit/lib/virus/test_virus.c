#include "lib/virus/virus.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#define TESTFILES "/usr/share/clamav-testfiles"

static const struct virus_limits limits = {
        .scan_bytes = 100 << 20,
        .file_bytes = 50 << 20,
        .files = 5000,
        .recursion = 17,
        .time_ms = 20000,
};

static char folder[64];

/* Put together at run time, so that no scanner objects to the source. */
static void eicar(char out[69])
{
	snprintf(out, 69, "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-",
	        "ANTIVIRUS-TEST-FILE!$H+H*");
}

static void write_database(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), RESULT_OK);
}

static void remove_database(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static int make_folder(void **state)
{
	char text[69], hex[2 * 68 + 1], line[256];

	snprintf(folder, sizeof(folder), "/tmp/test_virus.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	eicar(text);
	text_hex(text, 68, hex);
	snprintf(line, sizeof(line), "Test.Eicar:0:*:%s\n", hex);
	write_database("test.ndb", line);
	write_database("test.hdb", "aa15bcf478d165efd2065190eb473bcb:544:Test.Clam\n");
	return 0;
}

static int drop_folder(void **state)
{
	remove_database("test.ndb");
	remove_database("test.hdb");
	return rmdir(folder);
}

static struct virus_engine *opened(const struct virus_limits *with)
{
	struct virus_engine *engine = NULL;
	struct err err;

	assert_int_equal(virus_open(folder, with, &engine, &err), RESULT_OK);
	return engine;
}

enum { CLEAN = -1 };

/* The first finding's answer and name; CLEAN where there is none. */
static int scan_for(struct virus_engine *engine, const void *bytes, size_t size, int64_t time_ms,
        char name[VIRUS_NAME_ROOM])
{
	struct virus_report report;

	virus_scan(engine, bytes, size, time_ms, &report);
	assert_false(report.is_cut);
	snprintf(name, VIRUS_NAME_ROOM, "%s", report.count ? report.found[0].name : "");
	return report.count ? (int)report.found[0].answer : CLEAN;
}

static void finds_a_signature_and_names_it(void **state)
{
	struct virus_engine *engine = opened(&limits);
	char text[69], name[VIRUS_NAME_ROOM];

	eicar(text);
	assert_int_equal(scan_for(engine, text, 68, 20000, name), VIRUS_HIT);
	assert_string_equal(name, "Test.Eicar.UNOFFICIAL");
	assert_int_equal(scan_for(engine, "nothing here", 12, 20000, name), CLEAN);
	assert_string_equal(name, "");
	assert_int_equal(scan_for(engine, "", 0, 20000, name), CLEAN);
	virus_close(&engine);
	assert_null(engine);
}

static void finds_all_of_clamavs_test_files_from_memory(void **state)
{
	struct virus_engine *engine = opened(&limits);
	char path[512], name[VIRUS_NAME_ROOM];
	struct dirent *entry;
	int found = 0;
	DIR *files = opendir(TESTFILES);

	assert_non_null(files);
	while ((entry = readdir(files))) {
		struct buf bytes = {0};

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", TESTFILES, entry->d_name);
		assert_int_equal(file_read(path, 16 << 20, &bytes, NULL), RESULT_OK);
		if (scan_for(engine, bytes.data, bytes.size, 20000, name) != VIRUS_HIT)
			fail_msg("%s: %s", entry->d_name, name);
		buf_fini(&bytes);
		found++;
	}
	closedir(files);
	assert_int_equal(found, 44);
	virus_close(&engine);
}

static void a_limit_is_not_clean(void **state)
{
	struct virus_limits small = limits;
	struct virus_engine *engine;
	char name[VIRUS_NAME_ROOM];
	char *large = alloc_zero(1, 20000);

	small.file_bytes = 10000;
	engine = opened(&small);
	memset(large, 'a', 20000);
	assert_int_equal(scan_for(engine, large, 20000, 20000, name), VIRUS_LIMIT);
	assert_string_equal(name, "Heuristics.Limits.Exceeded.MaxFileSize");
	assert_int_equal(scan_for(engine, large, 9000, 20000, name), CLEAN);
	free(large);
	virus_close(&engine);
}

/* A text is found in its plain form, whatever case and blanks it stands in: libclamav makes that of
 * at most so many bytes of a page, and of fewer than it scans. */
static void a_large_page_is_looked_at_as_closely_as_a_small_one(void **state)
{
	static const char line[] = "Test.Page:3:*:6576696c20776f726473\n"; /* "evil words" */
	struct virus_limits large = limits;
	struct virus_engine *engine;
	char name[VIRUS_NAME_ROOM];
	struct buf page = {0};

	write_database("page.ndb", line);
	large.file_bytes = 64 << 20;
	engine = opened(&large);
	buf_add_string(&page, "<html><body>\n");
	while (page.size < 42 << 20)
		buf_add_string(&page,
		        "<p>nothing but words, and more of them, in a page of many pages</p>\n");
	buf_add_string(&page, "<p>EVIL \n  Words</p></body></html>\n");
	assert_int_equal(scan_for(engine, page.data + page.size - 50, 50, 20000, name), CLEAN);
	assert_int_equal(scan_for(engine, page.data, page.size, 20000, name), VIRUS_HIT);
	assert_string_equal(name, "Test.Page.UNOFFICIAL");
	virus_close(&engine);
	buf_fini(&page);
	remove_database("page.ndb");
}

/* Packs a small text with `command`, whose %s are the archive and the text. */
static int scan_packed(const char *command)
{
	struct virus_engine *engine = opened(&limits);
	char archive[160], text[160], line[512], name[VIRUS_NAME_ROOM];
	struct buf bytes = {0};
	int answer;

	write_database("a.txt", "hello\n");
	snprintf(text, sizeof(text), "%s/a.txt", folder);
	snprintf(archive, sizeof(archive), "%s/packed.bin", folder);
	snprintf(line, sizeof(line), "%s %s %s >/dev/null", command, archive, text);
	assert_int_equal(system(line), 0);
	assert_int_equal(file_read(archive, 1 << 20, &bytes, NULL), RESULT_OK);
	answer = scan_for(engine, bytes.data, bytes.size, 20000, name);
	buf_fini(&bytes);
	remove_database("a.txt");
	remove_database("packed.bin");
	virus_close(&engine);
	return answer;
}

static void what_needs_a_password_is_encrypted(void **state)
{
	assert_int_equal(scan_packed("7z a -tzip -pword"), VIRUS_ENCRYPTED);
	assert_int_equal(scan_packed("7z a -t7z -pword -mhe=on"), VIRUS_ENCRYPTED);
	assert_int_equal(scan_packed("7z a -tzip"), CLEAN);
	assert_int_equal(scan_packed("7z a -t7z"), CLEAN);
}

/* In no order: libclamav has none. */
static int has_found(const struct virus_report *report, enum virus_answer answer, const char *name)
{
	size_t at;

	for (at = 0; at < report->count; at++)
		if (report->found[at].answer == answer && !strcmp(report->found[at].name, name))
			return 1;
	return 0;
}

/* libclamav keeps one finding of the weaker kinds: the first or the last. */
static void no_finding_hides_another(void **state)
{
	char text[69], line[512], name[VIRUS_NAME_ROOM];
	struct virus_limits all = limits;
	struct virus_engine *engine;
	struct virus_report report;
	struct buf bytes = {0};

	all.pua = 1;
	write_database("unwanted.ndu", "PUA.Test.Tool:0:*:756e77616e74656420746f6f6c\n");
	write_database("a.txt", "this is an unwanted tool\n");
	eicar(text);
	write_database("b.txt", text);
	snprintf(line, sizeof(line),
	        "cd %s && 7z a -tzip -pword x.zip a.txt >/dev/null && tar cf x.tar a.txt x.zip && "
	        "tar cf y.tar x.zip a.txt b.txt",
	        folder);
	assert_int_equal(system(line), 0);
	engine = opened(&all);
	snprintf(line, sizeof(line), "%s/x.tar", folder);
	assert_int_equal(file_read(line, 1 << 20, &bytes, NULL), RESULT_OK);
	virus_scan(engine, bytes.data, bytes.size, 20000, &report);
	assert_int_equal(report.answers, 1u << VIRUS_PUA | 1u << VIRUS_ENCRYPTED);
	assert_int_equal(report.count, 2);
	assert_true(has_found(&report, VIRUS_PUA, "PUA.Test.Tool.UNOFFICIAL"));
	assert_true(has_found(&report, VIRUS_ENCRYPTED, "Heuristics.Encrypted.Zip"));
	buf_clear(&bytes);
	snprintf(line, sizeof(line), "%s/y.tar", folder);
	assert_int_equal(file_read(line, 1 << 20, &bytes, NULL), RESULT_OK);
	virus_scan(engine, bytes.data, bytes.size, 20000, &report);
	assert_int_equal(report.answers, 1u << VIRUS_HIT | 1u << VIRUS_PUA | 1u << VIRUS_ENCRYPTED);
	virus_close(&engine);
	engine = opened(&limits); /* which looks for nothing unwanted */
	assert_int_equal(scan_for(engine, "an unwanted tool", 16, 20000, name), CLEAN);
	virus_close(&engine);
	buf_fini(&bytes);
	remove_database("a.txt");
	remove_database("b.txt");
	remove_database("x.zip");
	remove_database("x.tar");
	remove_database("y.tar");
	remove_database("unwanted.ndu");
}

static void many_names_leave_room_for_what_was_not_scanned(void **state)
{
	struct virus_engine *engine;
	struct virus_report report;
	struct buf bytes = {0}, lines = {0}, text = {0};
	char line[512];
	int at;

	for (at = 0; at < VIRUS_FOUND_MOST + 3; at++) {
		buf_add_format(&lines, "Test.Tool-%d:0:*:746f6f6c2d%02x2e\n", at, 'a' + at);
		buf_add_format(&text, "tool-%c. ", 'a' + at);
	}
	write_database("tools.ndb", lines.data);
	write_database("a.txt", text.data);
	snprintf(line, sizeof(line),
	        "cd %s && 7z a -tzip -pword x.zip a.txt >/dev/null && tar cf x.tar a.txt x.zip",
	        folder);
	assert_int_equal(system(line), 0);
	engine = opened(&limits);
	snprintf(line, sizeof(line), "%s/x.tar", folder);
	assert_int_equal(file_read(line, 1 << 20, &bytes, NULL), RESULT_OK);
	virus_scan(engine, bytes.data, bytes.size, 20000, &report);
	assert_true(report.is_cut);
	assert_true(has_found(&report, VIRUS_ENCRYPTED, "Heuristics.Encrypted.Zip"));
	virus_close(&engine);
	buf_fini(&bytes);
	buf_fini(&lines);
	buf_fini(&text);
	remove_database("a.txt");
	remove_database("x.zip");
	remove_database("x.tar");
	remove_database("tools.ndb");
}

static void a_folder_without_signatures_answers_database(void **state)
{
	struct virus_engine *engine = NULL;
	char empty[] = "/tmp/test_virus.XXXXXX", name[VIRUS_NAME_ROOM];

	assert_non_null(mkdtemp(empty));
	assert_int_equal(virus_open(empty, &limits, &engine, NULL), RESULT_OK);
	assert_string_equal(virus_state(engine), "none");
	assert_int_equal(scan_for(engine, "x", 1, 100, name), VIRUS_DATABASE);
	virus_close(&engine);
	rmdir(empty);
}

static void an_unreadable_folder_is_an_error(void **state)
{
	struct virus_engine *engine = NULL;
	struct err err;

	assert_int_equal(virus_open("/nonexistent", &limits, &engine, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "/nonexistent"));
	assert_null(engine);
}

static void a_broken_database_is_an_error(void **state)
{
	struct virus_engine *engine = NULL;
	struct err err;

	write_database("broken.ndb", "this is no signature\n");
	assert_int_equal(virus_open(folder, &limits, &engine, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "alformed"));
	assert_null(engine);
	remove_database("broken.ndb");
}

/* libclamav would read the one for ever, and wait for the other. */
static void a_folder_or_a_pipe_named_like_signatures_is_an_error(void **state)
{
	struct virus_engine *engine = NULL;
	char odd[128], other[128];
	struct err err;

	snprintf(odd, sizeof(odd), "%s/odd.ndb", folder);
	snprintf(other, sizeof(other), "%s/odd", folder);
	assert_int_equal(mkdir(odd, 0700), 0);
	assert_int_equal(virus_open(folder, &limits, &engine, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "odd.ndb: not a file"));
	assert_int_equal(rmdir(odd), 0);
	assert_int_equal(mkfifo(odd, 0600), 0);
	assert_int_equal(virus_open(folder, &limits, &engine, &err), RESULT_PERMANENT);
	assert_int_equal(unlink(odd), 0);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(virus_open(folder, &limits, &engine, &err), RESULT_OK);
	virus_close(&engine);
	assert_int_equal(rmdir(other), 0);
}

static void the_state_changes_with_the_signatures(void **state)
{
	struct virus_engine *engine = opened(&limits);
	char *before = alloc_string(virus_state(engine));

	assert_non_null(strstr(before, "; 2 signatures"));
	virus_close(&engine);
	write_database("more.hdb", "00000000000000000000000000000000:9:Test.Other\n");
	engine = opened(&limits);
	assert_string_not_equal(virus_state(engine), before);
	assert_non_null(strstr(virus_state(engine), "; 3 signatures"));
	virus_close(&engine);
	remove_database("more.hdb");
	free(before);
}

/* libclamav forgets a digest's context for each packed file that it reads. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libcrypto\n";
}

static void set_time(const char *name, time_t seconds)
{
	struct utimbuf times = {seconds, seconds};
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(utime(path, &times), 0);
}

/* A packed file that nobody signed, such as `sigtool --unsigned` makes. */
static void pack_database(const char *name, unsigned made_s)
{
	char line[1024];

	snprintf(line, sizeof(line),
	        "set -e; cd %s; n=%s; head='ClamAV-VDB:20 Nov 2026 08-30 +0000:7:1:60:X:X:t:%u'; "
	        "echo \"Test.$n:0:*:deadbeefdeadbeef\" >$n.sdb; echo x >COPYING; "
	        "echo \"$head\" >$n.info; echo \"$n.sdb:$(stat -c %%s $n.sdb):$(sha256sum $n.sdb | "
	        "cut -c1-64)\" >>$n.info; tar --format=ustar -czf $n.tgz COPYING $n.info $n.sdb; "
	        "{ printf '%%-512s' \"$head\"; cat $n.tgz; } >$n.cud; "
	        "rm $n.sdb $n.info $n.tgz COPYING",
	        folder, name, made_s);
	assert_int_equal(system(line), 0);
}

static int64_t built(void)
{
	struct virus_engine *engine = opened(&limits);
	int64_t built_s = virus_built(engine);

	virus_close(&engine);
	return built_s;
}

static void loose_signatures_are_as_old_as_the_newest_of_them(void **state)
{
	set_time("test.ndb", 1700000000);
	set_time("test.hdb", 1600000000);
	write_database("readme.txt", "no signatures");
	assert_int_equal(built(), 1700000000);
	remove_database("readme.txt");
}

static void packed_signatures_say_themselves_when_they_were_made(void **state)
{
	pack_database("main", 1500000000);
	pack_database("other", 1550000000);
	assert_int_equal(built(), 1550000000);
	pack_database("daily", 1520000000);
	assert_int_equal(built(), 1520000000);
	pack_database("dailyx", 1590000000);
	assert_int_equal(built(), 1520000000);
	remove_database("main.cud");
	remove_database("other.cud");
	remove_database("daily.cud");
	remove_database("dailyx.cud");
}

static void no_signatures_were_never_made(void **state)
{
	char empty[] = "/tmp/test_virus.XXXXXX";
	struct virus_engine *engine = NULL;

	assert_non_null(mkdtemp(empty));
	assert_int_equal(virus_open(empty, &limits, &engine, NULL), RESULT_OK);
	assert_int_equal(virus_built(engine), 0);
	virus_close(&engine);
	rmdir(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(finds_a_signature_and_names_it),
	        cmocka_unit_test(finds_all_of_clamavs_test_files_from_memory),
	        cmocka_unit_test(a_limit_is_not_clean),
	        cmocka_unit_test(a_large_page_is_looked_at_as_closely_as_a_small_one),
	        cmocka_unit_test(what_needs_a_password_is_encrypted),
	        cmocka_unit_test(no_finding_hides_another),
	        cmocka_unit_test(many_names_leave_room_for_what_was_not_scanned),
	        cmocka_unit_test(a_folder_without_signatures_answers_database),
	        cmocka_unit_test(an_unreadable_folder_is_an_error),
	        cmocka_unit_test(a_broken_database_is_an_error),
	        cmocka_unit_test(a_folder_or_a_pipe_named_like_signatures_is_an_error),
	        cmocka_unit_test(loose_signatures_are_as_old_as_the_newest_of_them),
	        cmocka_unit_test(packed_signatures_say_themselves_when_they_were_made),
	        cmocka_unit_test(no_signatures_were_never_made),
	        cmocka_unit_test(the_state_changes_with_the_signatures),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
