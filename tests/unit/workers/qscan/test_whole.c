#include "workers/qscan/whole.h"

#include "tests/unit/workers/qscan/scanning.h"

#define HEAD "Received: by test\nFrom: a@example.org\nMIME-Version: 1.0\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=b\n\n"
#define TEXT "--b\nContent-Type: text/plain\n\n"
#define HTML "--b\nContent-Type: text/html\n\n"
#define FILE_PART                                                                                  \
	"--b\nContent-Type: application/octet-stream; name=x.bin\n"                                \
	"Content-Transfer-Encoding: base64\n\nAAECAwQFBgcICQ==\n"
#define END "--b--\n"

static struct scanning scanning;

static int open_scanning(void **state)
{
	scanning_open(&scanning, "", &filter_map, &filter_attachments, NULL);
	return 0;
}

static int close_scanning(void **state)
{
	scanning_close(&scanning);
	return 0;
}

static const char *why(const char *mail, const struct virus_needs *needs)
{
	static const struct virus_needs none;

	scanning_text(&scanning, mail);
	return whole_needed(&scanning.scan, needs ? needs : &none);
}

static void needs_whole(const char *mail, const struct virus_needs *needs, const char *reason)
{
	const char *said = why(mail, needs);

	if (!said || strcmp(said, reason) != 0)
		fail_msg("\"%s\", not \"%s\", of %s", said ? said : "(nothing)", reason, mail);
}

static void needs_nothing(const char *mail, const struct virus_needs *needs)
{
	const char *said = why(mail, needs);

	if (said)
		fail_msg("\"%s\" of %s", said, mail);
}

static void parts_of_plain_kinds_are_all_there_is(void **state)
{
	needs_nothing(HEAD "\nA letter.\n", NULL);
	needs_nothing(HEAD
	        "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n"
	        "<p>A=20letter</p>\n",
	        NULL);
	needs_nothing(MIXED TEXT "one\n" FILE_PART END, NULL);
	needs_nothing(HEAD "Content-Type: multipart/alternative; boundary=b\n\n" TEXT "a\n" HTML
	                   "b\n" END,
	        NULL);
}

static void parts_of_other_kinds_need_the_whole(void **state)
{
	needs_whole(MIXED TEXT "one\n--b\nContent-Type: message/delivery-status\n\nx: y\n" END,
	        NULL, "a part of an uncommon kind");
	needs_whole(HEAD "Content-Type: multipart/report; boundary=b\n\n" TEXT "one\n" END, NULL,
	        "a multipart of an uncommon kind");
	needs_whole(MIXED TEXT "one\n--b\nContent-Type: application/pdf\n\nx\n" END, NULL,
	        "a part in an uncommon form");
	needs_whole(MIXED "--b\nContent-Type: text/plain; name=x.txt\n\none\n" END, NULL,
	        "a part in an uncommon form");
	needs_whole(MIXED TEXT
	        "one\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\ninner\n" END,
	        NULL, "a part can be read in several ways");
}

static void what_the_map_notes_needs_the_whole(void **state)
{
	needs_whole(MIXED TEXT "one\n", NULL, "a multipart without its closing delimiter");
	needs_whole(MIXED TEXT "one\n" END "two\n", NULL, "text behind the last part");
}

static void what_was_not_scanned_needs_the_whole(void **state)
{
	static const struct virus_needs none;

	needs_nothing(MIXED TEXT "one\n" END, NULL);
	scan_unscanned(&scanning.scan, "attachments", UNSCANNED_LIMIT, "x");
	assert_string_equal(whole_needed(&scanning.scan, &none), "not everything was scanned");
}

static void texts_that_a_reader_of_mail_looks_into_need_the_whole(void **state)
{
	needs_whole(MIXED TEXT "one\nX: y\nReceived: z\n" END, NULL, "a text with fields of mail");
	needs_whole(HEAD "\nMIME-Version: x\n", NULL, "a text with fields of mail");
	needs_whole(HEAD "Content-Transfer-Encoding: base64\n\nQ29udGVudC1YOiB5Cg==\n", NULL,
	        "a text with fields of mail"); /* Content-X: y */
	needs_nothing(MIXED TEXT "one\nX: y\nI received: z, content-x: y\n" END, NULL);
	needs_whole(
	        HEAD "Content-Transfer-Encoding: base64\n\nYQ0KYg0K\n", NULL, "lines end in CRLF");
	needs_whole(
	        HEAD "Content-Transfer-Encoding: base64\n\nYQBiAA==\n", NULL, "a text with a NUL");
}

static void what_is_watched_needs_the_whole_where_it_is(void **state)
{
	const struct virus_needs links = {.links = 1}, addresses = {.addresses = 1};
	const char *link = MIXED HTML "<a HREF=\"x\">y</a>\n" END;
	const char *address = MIXED TEXT "see http://example.org/\n" END;

	needs_whole(link, &links, "links are watched");
	needs_nothing(link, NULL);
	needs_nothing(link, &addresses);
	needs_whole(address, &addresses, "addresses on the web are watched");
	needs_nothing(address, &links);
}

static void signatures_over_names_need_the_whole_where_there_are_such(void **state)
{
	const struct virus_needs names = {.names = 1}, unnamed = {.names = 1, .unnamed = 1};

	needs_whole(MIXED TEXT "one\n" FILE_PART END, &names, "signatures over names");
	needs_nothing(MIXED TEXT "one\n" END, &names);
	needs_whole(MIXED TEXT "one\n" END, &unnamed, "signatures over names");
}

static void an_obstacle_needs_the_whole_of_all_mail(void **state)
{
	const struct virus_needs needs = {.obstacle = "there is one"};

	needs_whole(HEAD "\nA letter.\n", &needs, "there is one");
}

/* The first text of the last mail that was run. */
static int adds_line_end(const char *mail)
{
	size_t at;

	scanning_text(&scanning, mail);
	for (at = 0; at < scanning.scan.content_count; at++)
		if (scanning.scan.contents[at].bytes)
			return whole_adds_line_end(&scanning.scan, &scanning.scan.contents[at]);
	fail_msg("no content in %s", mail);
	return -1;
}

static void texts_that_are_not_in_base64_gain_a_line_end(void **state)
{
	assert_true(adds_line_end(MIXED TEXT "one\n\n" END));
	assert_true(adds_line_end(HEAD "\nA letter."));
	assert_false(adds_line_end(HEAD "\nA letter.\n"));
	assert_false(adds_line_end(MIXED FILE_PART END));
}

static void many_texts_are_scanned_at_once(void **state)
{
	struct buf mail = {0};
	int at;

	buf_add_string(&mail, MIXED);
	for (at = 0; at < 32; at++)
		buf_add_string(&mail, TEXT "one\n");
	buf_add_string(&mail, END);
	needs_nothing(mail.data, NULL);
	mail.size -= strlen(END);
	buf_add_string(&mail, TEXT "one\n" END);
	needs_whole(mail.data, NULL, "many texts");
	needs_nothing(HEAD "\nA letter.\n", NULL);
	buf_fini(&mail);
}

static struct whole bytes_of(const char *mail, const unsigned char *without, struct buf *copy)
{
	buf_clear(copy);
	scanning_text(&scanning, mail);
	return whole_bytes(&scanning.scan, without, copy);
}

static void the_whole_is_lent_or_gets_a_field_that_shows_it_is_mail(void **state)
{
	const char *mail = HEAD "\nA letter.\n", *plain = "From: x\n\nA letter.\n";
	struct buf copy = {0};
	struct whole whole = bytes_of(mail, NULL, &copy);

	assert_ptr_equal(whole.bytes, mail);
	assert_int_equal(whole.size, strlen(mail));
	whole = bytes_of(plain, NULL, &copy);
	assert_int_equal(whole.size, copy.size);
	assert_string_equal(copy.data, "Received: by localhost\r\nFrom: x\n\nA letter.\n");
	buf_fini(&copy);
}

static void parts_that_are_left_out_have_no_body_in_the_whole(void **state)
{
	static const unsigned char second[] = {0, 0, 1}, root[] = {1, 1, 0};
	struct buf copy = {0};

	bytes_of(MIXED TEXT "one\n" TEXT "two\n" END, second, &copy);
	assert_string_equal(copy.data, MIXED TEXT "one\n" TEXT "\n" END);
	bytes_of(MIXED TEXT "one\n" TEXT "two\n" END, root, &copy);
	assert_string_equal(copy.data, MIXED);
	buf_fini(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(parts_of_plain_kinds_are_all_there_is),
	        cmocka_unit_test(parts_of_other_kinds_need_the_whole),
	        cmocka_unit_test(what_the_map_notes_needs_the_whole),
	        cmocka_unit_test(what_was_not_scanned_needs_the_whole),
	        cmocka_unit_test(texts_that_a_reader_of_mail_looks_into_need_the_whole),
	        cmocka_unit_test(what_is_watched_needs_the_whole_where_it_is),
	        cmocka_unit_test(signatures_over_names_need_the_whole_where_there_are_such),
	        cmocka_unit_test(an_obstacle_needs_the_whole_of_all_mail),
	        cmocka_unit_test(texts_that_are_not_in_base64_gain_a_line_end),
	        cmocka_unit_test(many_texts_are_scanned_at_once),
	        cmocka_unit_test(the_whole_is_lent_or_gets_a_field_that_shows_it_is_mail),
	        cmocka_unit_test(parts_that_are_left_out_have_no_body_in_the_whole),
	};

	return cmocka_run_group_tests(tests, open_scanning, close_scanning);
}
