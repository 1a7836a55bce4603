#include "tests/unit/workers/qscan/scanning.h"

#include <time.h>
#include <utime.h>

static struct scanning scanning;
static struct buf mail;
static char folder[PATH_MAX];

/* Put together at run time, so that no scanner objects to the source. */
static void eicar(char out[69])
{
	snprintf(out, 69, "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-",
	        "ANTIVIRUS-TEST-FILE!$H+H*");
}

static void write_in(const char *name, const void *bytes, size_t size)
{
	char path[PATH_MAX + 40];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_write(path, bytes, size, 0600, NULL), RESULT_OK);
}

static int make_folder(void **state)
{
	static const char hex[] = "0123456789abcdef";
	struct buf line = {0};
	char text[69];

	snprintf(folder, sizeof(folder), "/tmp/test_filter_virus.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	eicar(text);
	buf_add_string(&line, "Test.Eicar:0:*:");
	for (int at = 0; at < 68; at++) {
		buf_add_char(&line, hex[text[at] >> 4 & 15]);
		buf_add_char(&line, hex[text[at] & 15]);
	}
	buf_add_string(&line, "\nTest.Header:4:*:582d4d61726b3a20776f726d\n"); /* X-Mark: worm */
	write_in("test.ndb", line.data, line.size);
	buf_fini(&line);
	return 0;
}

static int drop_folder(void **state)
{
	char line[PATH_MAX + 16];

	buf_fini(&mail);
	snprintf(line, sizeof(line), "rm -r %s", folder);
	return system(line);
}

static void open_with(const char *more)
{
	char yaml[PATH_MAX + 200];

	snprintf(yaml, sizeof(yaml), "virus: {database: %s%s}\n", folder, more);
	scanning_open(&scanning, yaml, &filter_map, &filter_attachments, &filter_virus, NULL);
}

static void a_virus_in_a_part_names_the_part_once(void **state)
{
	const struct finding *finding;
	char text[69];

	eicar(text);
	make_mail(&mail, "Content-Type: a/b; name=y.dat\r\n", text, 68);
	open_with("");
	scanning_run(&scanning, mail.data, mail.size);
	finding = found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL");
	assert_non_null(finding);
	assert_int_equal(finding->part, 2);
	assert_string_equal(finding->where, "2/y.dat");
	assert_string_equal(finding->reason, "virus");
	assert_int_equal(finding->action, ACTION_NONE);
	assert_int_equal(scanning.scan.finding_count, 1);
	assert_true(strstr(scanning.scan.engine, "signatures") != NULL);
	scanning_close(&scanning);
}

static void clean_mail_is_clean(void **state)
{
	make_mail(&mail, "Content-Type: a/b; name=y.dat\r\n", "hello", 5);
	open_with("");
	scanning_run(&scanning, mail.data, mail.size);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
}

static void scan_attached(const char *content)
{
	make_mail(&mail, "Content-Type: a/b; name=y.dat\r\n", content, strlen(content));
	scanning_run(&scanning, mail.data, mail.size);
}

static void what_was_found_clean_is_not_scanned_again(void **state)
{
	open_with(", whole: always");
	scan_attached("hello");
	assert_int_equal(scanning.scan.examined, 3);
	assert_int_equal(scanning.scan.remembered, 0);
	scan_attached("hello");
	assert_int_equal(scanning.scan.examined, 0);
	assert_int_equal(scanning.scan.remembered, 3);
	scan_attached("hellO");
	assert_int_equal(scanning.scan.examined, 2); /* the mail itself is another one, too */
	assert_int_equal(scanning.scan.remembered, 1);
	scanning_close(&scanning);
	open_with(", whole: always, remember: 0");
	scan_attached("hello");
	scan_attached("hello");
	assert_int_equal(scanning.scan.examined, 3);
	scanning_close(&scanning);
}

static void nothing_but_clean_is_remembered(void **state)
{
	char text[69];

	eicar(text);
	text[68] = '\0';
	open_with(", max_file_size: 1M");
	for (int times = 0; times < 2; times++) {
		scan_attached(text);
		assert_non_null(found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL"));
		/* "Hello", with and without its line end. */
		assert_int_equal(scanning.scan.remembered, (uint64_t)times * 2);
	}
	scanning_close(&scanning);
}

/* What libclamav misses in the whole: each chunk of base64 padded for itself. */
static void what_the_whole_hides_is_found_in_the_part(void **state)
{
	struct buf chunks = {0};
	const struct finding *finding;
	char text[69];

	eicar(text);
	buf_add_string(&chunks,
	        "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: a/b; name=y.dat\r\n"
	        "Content-Transfer-Encoding: base64\r\n\r\n");
	for (size_t at = 0; at < 68; at += 4)
		add_base64(&chunks, text + at, 4);
	open_with("");
	scanning_run(&scanning, chunks.data, chunks.size);
	finding = found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL");
	assert_non_null(finding);
	assert_int_equal(finding->part, 0);
	scanning_close(&scanning);
	buf_fini(&chunks);
}

/* What no part shows: a signature over the mail itself; and mail is mail whatever it begins with.
 */
static void what_only_the_whole_shows_has_no_part(void **state)
{
	static const char *const mails[] = {
	        "Received: x\r\nX-Mark: worm\r\nSubject: x\r\n\r\nhello\r\n",
	        "X-Odd: y\r\nX-Mark: worm\r\nSubject: x\r\n\r\nhello\r\n"};

	open_with("");
	for (size_t at = 0; at < 2; at++) {
		const struct finding *finding;

		scanning_text(&scanning, mails[at]);
		finding = found(&scanning, "VIRUS_Test.Header.UNOFFICIAL");
		assert_non_null(finding);
		assert_int_equal(finding->part, SCAN_NO_PART);
		assert_int_equal(scanning.scan.finding_count, 1);
	}
	scanning_close(&scanning);
}

/* As a file in an archive with a password is, where only GMime sees the archive. */
static void add_without_bytes(void *state, struct scan *scan)
{
	struct finding *finding;

	scan_add_content(scan, SCAN_NO_PART, 1, "view.1/x.exe");
	finding = scan_find(scan, "attachments", "attachment", "ATTACHMENT_X");
	finding->content = (long)scan->content_count - 1;
}

static void a_finding_in_what_has_no_bytes_does_not_spare_the_whole(void **state)
{
	static const struct filter others = {.name = "others", .scan = add_without_bytes};
	char yaml[PATH_MAX + 100];

	snprintf(yaml, sizeof(yaml), "virus: {database: %s}\n", folder);
	scanning_open(
	        &scanning, yaml, &filter_map, &filter_attachments, &others, &filter_virus, NULL);
	scanning_text(&scanning, "Received: x\r\nX-Mark: worm\r\nSubject: x\r\n\r\nhello\r\n");
	assert_non_null(found(&scanning, "VIRUS_Test.Header.UNOFFICIAL"));
	scanning_close(&scanning);
}

static void a_virus_in_a_container_is_one_finding(void **state)
{
	struct buf zip = {0};
	char text[69], line[PATH_MAX + 100];

	eicar(text);
	write_in("y.dat", text, 68);
	snprintf(line, sizeof(line),
	        "cd %s && zip -q i.zip y.dat && zip -q o.zip i.zip && rm i.zip y.dat", folder);
	assert_int_equal(system(line), 0);
	snprintf(line, sizeof(line), "%s/o.zip", folder);
	assert_int_equal(file_read(line, 4096, &zip, NULL), RESULT_OK);
	assert_int_equal(unlink(line), 0);
	make_mail(&mail, "Content-Type: a/b; name=o.zip\r\n", zip.data, zip.size);
	open_with("");
	scanning_run(&scanning, mail.data, mail.size);
	assert_int_equal(count_of(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL"), 1);
	assert_int_equal(found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL")->part, 2);
	assert_string_equal(found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL")->where, "2/o.zip");
	scanning_close(&scanning);
	buf_fini(&zip);
}

static void two_infected_parts_are_two_findings(void **state)
{
	struct buf two = {0};
	char text[69];

	eicar(text);
	make_mail(&two, "Content-Type: a/b; name=y.dat\r\n", text, 68);
	two.size -= strlen("--=_b1--\r\n");
	buf_add_string(&two, "--=_b1\r\nContent-Type: a/b; name=z.dat\r\n\r\n");
	buf_add(&two, text, 68);
	buf_add_string(&two, "\r\n--=_b1--\r\n");
	open_with("");
	scanning_run(&scanning, two.data, two.size);
	assert_int_equal(count_of(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL"), 2);
	scanning_close(&scanning);
	buf_fini(&two);
}

static void too_large_a_part_is_unscanned(void **state)
{
	char *large = alloc(3 << 20);

	memset(large, 'x', 3 << 20);
	make_mail(&mail, "Content-Type: a/b; name=y.dat\r\n", large, 3 << 20);
	open_with(", max_file_size: 2M");
	scanning_run(&scanning, mail.data, mail.size);
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_int_equal(found(&scanning, "UNSCANNED_LIMIT")->part, 2);
	scanning_close(&scanning);
	open_with("");
	scanning_run(&scanning, mail.data, mail.size);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
	free(large);
}

static void no_time_is_a_timeout(void **state)
{
	make_mail(&mail, "Content-Type: a/b; name=y.dat\r\n", "hello", 5);
	open_with("");
	scan_init(&scanning.scan, scanning.config, &scanning.submission, mail.data, mail.size);
	scanning.is_scanned = 1;
	filter_map.scan(NULL, &scanning.scan);
	filter_attachments.scan(scanning.states[1], &scanning.scan);
	scanning.scan.deadline_us = 1;
	filter_virus.scan(scanning.states[2], &scanning.scan);
	assert_non_null(found(&scanning, "UNSCANNED_TIMEOUT"));
	scanning_close(&scanning);
}

static void no_signatures_are_unscanned_once(void **state)
{
	char empty[] = "/tmp/test_filter_virus.XXXXXX", yaml[100];

	assert_non_null(mkdtemp(empty));
	snprintf(yaml, sizeof(yaml), "virus: {database: %s}\n", empty);
	scanning_open(&scanning, yaml, &filter_map, &filter_attachments, &filter_virus, NULL);
	scanning_text(&scanning, "Subject: x\r\n\r\nhello\r\n");
	assert_int_equal(count_of(&scanning, "UNSCANNED_DATABASE"), 1);
	assert_string_equal(scanning.scan.engine, "none");
	scanning_close(&scanning);
	rmdir(empty);
}

/* As old as `days` when the next message is scanned. */
static void age_database(int days)
{
	time_t then = time(NULL) - (time_t)days * 24 * 3600 - 60;
	struct utimbuf times = {then, then};
	char path[PATH_MAX + 40];

	snprintf(path, sizeof(path), "%s/test.ndb", folder);
	assert_int_equal(utime(path, &times), 0);
}

static void outdated_signatures_find_what_they_know_and_say_that_they_are_old(void **state)
{
	const struct finding *finding;
	char text[69];

	eicar(text);
	text[68] = '\0';
	age_database(9);
	open_with(", max_age: 8d");
	scan_attached("hello");
	finding = found(&scanning, "UNSCANNED_DATABASE");
	assert_non_null(finding);
	assert_string_equal(finding->detail, "signatures are 9 days old");
	assert_int_equal(finding->part, SCAN_NO_PART);
	assert_int_equal(scanning.scan.finding_count, 1);
	scan_attached(text);
	assert_non_null(found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL"));
	assert_int_equal(count_of(&scanning, "UNSCANNED_DATABASE"), 1);
	scanning_close(&scanning);
	age_database(0);
}

static void signatures_within_their_age_are_not_told(void **state)
{
	age_database(9);
	open_with(", max_age: 10d");
	scan_attached("hello");
	assert_string_equal(all_found(&scanning), "");
	assert_true(scanning.scan.signatures_s > 0);
	scanning_close(&scanning);
	open_with(", max_age: 0");
	scan_attached("hello");
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
	age_database(0);
}

/* "an unwanted tool" is possibly unwanted, where somebody looks for that. */
static void what_is_possibly_unwanted_is_a_class_of_its_own(void **state)
{
	static const char line[] = "PUA.Test.Tool:0:*:616e20756e77616e74656420746f6f6c\n";
	const struct finding *finding;
	char path[PATH_MAX + 40];

	write_in("unwanted.ndu", line, sizeof(line) - 1);
	open_with(", pua: true");
	scan_attached("this is an unwanted tool");
	finding = found(&scanning, "PUA_Test.Tool.UNOFFICIAL");
	assert_non_null(finding);
	assert_string_equal(finding->reason, "pua");
	assert_string_equal(finding->detail, "PUA.Test.Tool.UNOFFICIAL");
	assert_int_equal(finding->part, 2);
	assert_int_equal(scanning.scan.finding_count, 1);
	scanning_close(&scanning);
	open_with("");
	scan_attached("this is an unwanted tool");
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
	snprintf(path, sizeof(path), "%s/unwanted.ndu", folder);
	assert_int_equal(unlink(path), 0);
}

/* A link that shows a bank and leads elsewhere; the twin leads where it says. */
static void a_suspicion_is_no_virus(void **state)
{
	static const char head[] =
	        "Received: x\nSubject: x\nContent-Type: text/html\n\n<html><body>"
	        "<a href=\"",
	                  tail[] = "\">https://www.bank.example/</a></body></html>\n",
	                  list[] = "H:www.bank.example\n";
	const struct finding *finding;
	char path[PATH_MAX + 40];

	write_in("links.pdb", list, sizeof(list) - 1);
	open_with("");
	buf_clear(&mail);
	buf_add_format(&mail, "%shttp://evil.example/%s", head, tail);
	scanning_run(&scanning, mail.data, mail.size);
	assert_int_equal(scanning.scan.finding_count, 1);
	finding = &scanning.scan.findings[0];
	assert_string_equal(finding->reason, "heuristic");
	assert_int_equal(strncmp(finding->symbol, "HEURISTIC_Phishing.", 19), 0);
	buf_clear(&mail);
	buf_add_format(&mail, "%shttps://www.bank.example/%s", head, tail);
	scanning_run(&scanning, mail.data, mail.size);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
	open_with(", heuristics: []");
	buf_clear(&mail);
	buf_add_format(&mail, "%shttp://evil.example/%s", head, tail);
	scanning_run(&scanning, mail.data, mail.size);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
	snprintf(path, sizeof(path), "%s/links.pdb", folder);
	assert_int_equal(unlink(path), 0);
}

static void the_whole_is_left_out_where_its_parts_are_all_there_is(void **state)
{
	open_with("");
	scanning_text(&scanning, "Received: x\nSubject: x\n\nhello\n");
	assert_true(scanning.scan.left_out);
	assert_null(scanning.scan.whole);
	assert_int_equal(scanning.scan.examined, 1);
	scanning_text(&scanning, "Received: x\nX-Mark: worm\nSubject: x\n\nhello\n");
	assert_false(scanning.scan.left_out);
	assert_string_equal(scanning.scan.whole, "a signature for mail may match");
	assert_non_null(found(&scanning, "VIRUS_Test.Header.UNOFFICIAL"));
	scanning_close(&scanning);
	open_with(", whole: always");
	scanning_text(&scanning, "Received: x\nSubject: x\n\nhello\n");
	assert_false(scanning.scan.left_out);
	assert_int_equal(scanning.scan.examined, 2);
	scanning_close(&scanning);
}

/* The part that was cut already holds a virus: its name is asked for, or it is not. */
static void what_is_settled_is_scanned_for_its_name_only(void **state)
{
	char text[69];

	eicar(text);
	make_mail(&mail, "Content-Type: a/b; name=y.exe\n", text, 68);
	open_with("");
	scanning_run(&scanning, mail.data, mail.size);
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	assert_non_null(found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL"));
	scanning_close(&scanning);
	open_with(", name_decided: false");
	scanning_run(&scanning, mail.data, mail.size);
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	assert_null(found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL"));
	scanning.submission.dry_run = 1; /* whoever asks what is in it is told */
	scanning_run(&scanning, mail.data, mail.size);
	assert_non_null(found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL"));
	scanning.submission.dry_run = 0;
	make_mail(&mail, "Content-Type: a/b; name=y.dat\n", text, 68);
	scanning_run(&scanning, mail.data, mail.size);
	assert_non_null(found(&scanning, "VIRUS_Test.Eicar.UNOFFICIAL"));
	scanning_close(&scanning);
}

static void it_can_be_switched_off(void **state)
{
	char text[69];

	eicar(text);
	make_mail(&mail, "Content-Type: a/b; name=y.dat\r\n", text, 68);
	open_with(", enabled: false");
	scanning_run(&scanning, mail.data, mail.size);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
}

static void a_folder_that_is_not_there_stops_the_start(void **state)
{
	struct config *config = scanning_config("virus: {database: /nonexistent}\n");
	void *filter = NULL;
	struct err err;

	assert_int_equal(filter_virus.open(config, &filter, NULL, NULL, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "/nonexistent"));
	assert_null(filter);
	config_free(&config);
}

#define HEAD "Received: by test\nFrom: a@example.org\nMIME-Version: 1.0\n"
#define PART "--b\nContent-Type: text/plain\n\n"
#define MAIL HEAD "Content-Type: multipart/mixed; boundary=b\n\n" PART

/* A text is one line end longer for libclamav; its hash is that of "A letter." and two of them. */
static void a_hash_of_a_text_with_its_line_end_is_found_without_the_whole(void **state)
{
	static const char hash[] = "4e6eaa96bcc69379b0a4b0bcca70ac67:11:Test.Letter\n";
	char path[PATH_MAX + 40];

	write_in("test.hdb", hash, strlen(hash));
	open_with("");
	scanning_text(&scanning, MAIL "A letter.\n\n--b--\n");
	assert_true(scanning.scan.left_out);
	assert_non_null(found(&scanning, "VIRUS_Test.Letter.UNOFFICIAL"));
	assert_int_equal(scanning.scan.finding_count, 1);
	assert_int_equal(scanning.scan.findings[0].part, 1);
	scanning_text(&scanning, MAIL "A letter\n\n--b--\n");
	assert_true(scanning.scan.left_out);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
	snprintf(path, sizeof(path), "%s/test.hdb", folder);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_virus_in_a_part_names_the_part_once),
	        cmocka_unit_test(clean_mail_is_clean),
	        cmocka_unit_test(what_the_whole_hides_is_found_in_the_part),
	        cmocka_unit_test(what_only_the_whole_shows_has_no_part),
	        cmocka_unit_test(a_finding_in_what_has_no_bytes_does_not_spare_the_whole),
	        cmocka_unit_test(a_virus_in_a_container_is_one_finding),
	        cmocka_unit_test(two_infected_parts_are_two_findings),
	        cmocka_unit_test(too_large_a_part_is_unscanned),
	        cmocka_unit_test(no_time_is_a_timeout),
	        cmocka_unit_test(no_signatures_are_unscanned_once),
	        cmocka_unit_test(outdated_signatures_find_what_they_know_and_say_that_they_are_old),
	        cmocka_unit_test(signatures_within_their_age_are_not_told),
	        cmocka_unit_test(what_is_possibly_unwanted_is_a_class_of_its_own),
	        cmocka_unit_test(a_suspicion_is_no_virus),
	        cmocka_unit_test(the_whole_is_left_out_where_its_parts_are_all_there_is),
	        cmocka_unit_test(what_is_settled_is_scanned_for_its_name_only),
	        cmocka_unit_test(it_can_be_switched_off),
	        cmocka_unit_test(a_folder_that_is_not_there_stops_the_start),
	        cmocka_unit_test(what_was_found_clean_is_not_scanned_again),
	        cmocka_unit_test(nothing_but_clean_is_remembered),
	        cmocka_unit_test(a_hash_of_a_text_with_its_line_end_is_found_without_the_whole),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
