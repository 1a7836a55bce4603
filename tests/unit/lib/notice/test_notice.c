#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/notice/encode.h"
#include "lib/notice/notice.h"

/* An item with every text set to what an attacker would like to see in a header. */
struct fixture {
	Lz__Item item;
	Lz__Recipient recipient, *recipients[1];
	Lz__Part part, *parts[1];
	Lz__Outgoing outgoing;
	char *to[1];
};

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void fixture_init(struct fixture *f)
{
	lz__item__init(&f->item);
	lz__recipient__init(&f->recipient);
	lz__part__init(&f->part);
	lz__outgoing__init(&f->outgoing);
	f->recipient.address = text("user@example.org");
	f->recipients[0] = &f->recipient;
	f->part.path = text("2");
	f->part.name = text("x.exe\r\nBcc: victim@example.net");
	f->part.type = text("application/x-msdownload");
	f->part.reason = text("forbidden attachment (rule executables)");
	f->parts[0] = &f->part;
	f->item.id = text("0123456789abcdef");
	f->item.subject = text("Grüße\r\nBcc: victim@example.net");
	f->item.reverse_path = text("sender@outside.example");
	f->item.detail = text("forbidden attachment x.exe (rule executables)");
	f->item.reason = text("attachment");
	f->item.header_message_id = text("<abc@outside.example>");
	f->item.recipients = f->recipients;
	f->item.n_recipients = 1;
	f->item.parts = f->parts;
	f->item.n_parts = 1;
	f->item.disposition = LZ__DISPOSITION__DELIVER;
	f->outgoing.id = text("fedcba9876543210");
	f->to[0] = text("user@example.org");
	f->outgoing.to = f->to;
	f->outgoing.n_to = 1;
}

static char *compose(struct fixture *f, Lz__NoticeKind kind)
{
	const struct notice_from from = {
	        .site = "mx.example.org", .address = "postmaster@example.org"};
	struct notices *notices = NULL;
	struct buf out = {0};
	struct err err;

	f->outgoing.kind = kind;
	assert_int_equal(notices_open("templates", &notices, &err), RESULT_OK);
	notice_compose(notices, &from, &f->outgoing, &f->item, 1795341600000, &out);
	notices_close(&notices);
	return buf_give(&out);
}

static void test_nothing_from_outside_becomes_a_field_of_its_own(void **state)
{
	struct fixture f;
	int kind;

	for (kind = 0; kind < 3; kind++) {
		char *mail;

		fixture_init(&f);
		mail = compose(&f, (Lz__NoticeKind)kind);
		assert_null(strstr(mail, "\r\nBcc:"));
		assert_null(strstr(mail, "\nBcc:"));
		free(mail);
	}
}

static void test_a_notice_is_proper_automatic_mail(void **state)
{
	struct fixture f;
	char *mail;

	fixture_init(&f);
	mail = compose(&f, LZ__NOTICE_KIND__NOTICE_SENDER);
	assert_non_null(strstr(mail, "Auto-Submitted: auto-replied\r\n"));
	assert_non_null(strstr(mail, "Message-ID: <notice.fedcba9876543210@mx.example.org>\r\n"));
	assert_non_null(strstr(mail, "In-Reply-To: <abc@outside.example>\r\n"));
	assert_non_null(strstr(mail, "Date: Sun, 22 Nov 2026 "));
	assert_non_null(strstr(mail, "\r\n\r\n"));
	free(mail);
	mail = compose(&f, LZ__NOTICE_KIND__NOTICE_ADMIN);
	assert_non_null(strstr(mail, "Auto-Submitted: auto-generated\r\n"));
	assert_null(strstr(mail, "In-Reply-To"));
	free(mail);
}

static void test_the_same_record_makes_the_same_message_id(void **state)
{
	struct fixture f;
	char *one, *two;

	fixture_init(&f);
	one = compose(&f, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	two = compose(&f, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	assert_string_equal(one, two);
	free(one);
	free(two);
}

static void test_a_message_id_that_is_none_is_not_repeated(void **state)
{
	static const char *const bad[] = {"<a b@c>", "abc@def", "<a@b>\r\nBcc: x@y", "<<a@b>", ""};
	size_t at;

	for (at = 0; at < sizeof(bad) / sizeof(bad[0]); at++) {
		struct fixture f;
		char *mail;

		fixture_init(&f);
		f.item.header_message_id = text(bad[at]);
		mail = compose(&f, LZ__NOTICE_KIND__NOTICE_SENDER);
		assert_null(strstr(mail, "References"));
		free(mail);
	}
}

static void test_every_line_is_short_and_ends_in_crlf(void **state)
{
	struct fixture f;
	char *mail, *at, *end;

	fixture_init(&f);
	f.item.detail =
	        text("a very long reason that goes on and on, ä ö ü, and on and on and on and on "
	             "and on and "
	             "on and on and on and on and on and on and on and on and on and on and on");
	mail = compose(&f, LZ__NOTICE_KIND__NOTICE_ADMIN);
	for (at = mail; *at; at = end + 1) {
		end = strchr(at, '\n');
		assert_non_null(end);
		assert_int_equal(end[-1], '\r');
		assert_true(end - at <= 78);
	}
	free(mail);
}

/* A reader who is shown the raw text sees "=" and torn words; only what comes from outside and is
 * long may bring that. */
static void test_our_own_words_need_no_soft_line_break(void **state)
{
	static const Lz__Disposition dispositions[] = {
	        LZ__DISPOSITION__DELIVER, LZ__DISPOSITION__QUARANTINE, LZ__DISPOSITION__REJECT};
	static const char *const reasons[] = {"attachment", "virus", "undeliverable"};
	struct fixture f;
	int turn;

	for (turn = 0; turn < 27; turn++) {
		char *mail, *torn;

		fixture_init(&f);
		f.item.disposition = dispositions[turn / 9];
		f.item.reason = text(reasons[turn / 3 % 3]);
		f.item.state = LZ__ITEM_STATE__UNCONFIRMED;
		f.part.name = text("setup.exe");
		mail = compose(&f, (Lz__NoticeKind)(turn % 3));
		torn = strstr(strstr(mail, "\r\n\r\n"), "=\r\n");
		if (torn)
			fail_msg("torn behind: %.40s", torn - 40);
		free(mail);
	}
}

static void test_a_field_in_other_letters_is_encoded_in_whole_characters(void **state)
{
	struct buf out = {0};

	encode_field("ÄÖÜ", 9, &out);
	assert_string_equal(out.data, "=?utf-8?B?w4TDlsOc?=");
	buf_clear(&out);
	encode_field("plain text", 9, &out);
	assert_string_equal(out.data, "plain text");
	buf_clear(&out);
	encode_field("looks =?utf-8?q?encoded?=", 9, &out);
	assert_non_null(strstr(out.data, "=?utf-8?B?"));
	buf_fini(&out);
}

static void test_a_body_keeps_blanks_and_dots(void **state)
{
	struct buf out = {0};

	encode_body("end \n.dot\na=b\n", &out);
	assert_string_equal(out.data, "end=20\r\n=2Edot\r\na=3Db\r\n");
	buf_fini(&out);
}

static void test_a_folder_without_templates_is_an_error_that_names_the_file(void **state)
{
	struct notices *notices = NULL;
	struct err err;

	assert_int_equal(notices_open("docs", &notices, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "docs/sender.txt"));
	assert_null(notices);
}

static void test_the_manual_page_names_every_variable_and_no_other(void **state)
{
	struct buf page = {0};
	const char *at, *end;
	size_t count, named = 0;
	struct err err;
	char *line;

	assert_int_equal(file_read("man/qnotify.8", 1 << 16, &page, &err), RESULT_OK);
	at = strstr(page.data, ".Sh TEMPLATES\n");
	assert_non_null(at);
	at = strstr(at, "The variables are:");
	end = strstr(at, "\n.Sh ");
	for (count = 0; notice_names[count]; count++) {
		line = alloc_format("\n.It Cm %s\n", notice_names[count]);
		if (!memmem(at, (size_t)(end - at), line, strlen(line)))
			fail_msg("man/qnotify.8 doesn't name %s", notice_names[count]);
		free(line);
	}
	while ((at = strstr(at, "\n.It Cm ")) != NULL && at < end) {
		named++;
		at++;
	}
	assert_int_equal(named, count);
	buf_fini(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_nothing_from_outside_becomes_a_field_of_its_own),
	        cmocka_unit_test(test_a_notice_is_proper_automatic_mail),
	        cmocka_unit_test(test_the_same_record_makes_the_same_message_id),
	        cmocka_unit_test(test_a_message_id_that_is_none_is_not_repeated),
	        cmocka_unit_test(test_every_line_is_short_and_ends_in_crlf),
	        cmocka_unit_test(test_our_own_words_need_no_soft_line_break),
	        cmocka_unit_test(test_a_field_in_other_letters_is_encoded_in_whole_characters),
	        cmocka_unit_test(test_a_body_keeps_blanks_and_dots),
	        cmocka_unit_test(test_the_manual_page_names_every_variable_and_no_other),
	        cmocka_unit_test(test_a_folder_without_templates_is_an_error_that_names_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
