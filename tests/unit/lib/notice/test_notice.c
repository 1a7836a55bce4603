#include "tests/unit/lib/notice/composing.h"

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

static void test_a_notice_is_text_first_and_html_behind(void **state)
{
	struct fixture f;
	char *mail, *plain, *html;

	fixture_init(&f);
	mail = compose(&f, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	assert_non_null(strstr(
	        mail, "Content-Type: multipart/alternative; boundary=\"=_fedcba9876543210\"\r\n"));
	plain = strstr(mail, "\r\n--=_fedcba9876543210\r\nContent-Type: text/plain; charset=utf-8");
	html = strstr(mail, "\r\n--=_fedcba9876543210\r\nContent-Type: text/html; charset=utf-8");
	assert_true(plain && html && plain < html);
	assert_non_null(strstr(html, "\r\n--=_fedcba9876543210--\r\n"));
	assert_null(strstr(html, "http"));
	free(mail);
}

static void test_the_language_is_that_of_the_address(void **state)
{
	static const char keys[] = "  languages:\n"
	                           "    - {domains: [.de, firma.example], language: de}\n"
	                           "    - {domains: [en.firma.example], language: en}\n";
	static const struct {
		const char *to, *language;
	} cases[] = {{"a@bank.de", "de"}, {"a@x.Bank.DE", "de"}, {"a@de", "de"},
	        {"a@firma.example", "de"}, {"a@sub.firma.example", "en"}, {"a@bankde", "en"},
	        {"a@bank.de.example", "en"}, {"\"a@bank.de\"@example.org", "en"}, {"nobody", "en"}};
	struct fixture f;
	size_t at;

	for (at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
		char *line = alloc_format("\r\nContent-Language: %s\r\n", cases[at].language);
		struct buf told = {0};
		char *mail;

		fixture_init(&f);
		f.to[0] = text(cases[at].to);
		mail = compose_from(
		        "templates", keys, &f, LZ__NOTICE_KIND__NOTICE_RECIPIENT, &told);
		if (!strstr(mail, line))
			fail_msg("%s: not %s", cases[at].to, cases[at].language);
		assert_string_equal(told.data, "");
		buf_fini(&told);
		free(mail);
		free(line);
	}
}

static void test_each_kind_is_there_in_german(void **state)
{
	static const char *const words[] = {"Ihre Nachricht wurde den unten genannten Empfängern",
	        "Eine Nachricht an Sie wurde ohne einige ihrer Teile zugestellt",
	        "Ohne die unten genannten Teile zugestellt."};
	struct fixture f;
	int kind;

	for (kind = 0; kind < 3; kind++) {
		struct buf told = {0};
		char *mail, *read;

		fixture_init(&f);
		mail = compose_from(
		        "templates", "  language: de\n", &f, (Lz__NoticeKind)kind, &told);
		read = readable(mail);
		assert_string_equal(told.data, "");
		assert_non_null(strstr(read, "\r\nContent-Language: de\r\n"));
		assert_non_null(strstr(read, words[kind]));
		assert_non_null(strstr(strstr(read, "<html lang=\"de\">"), words[kind]));
		buf_fini(&told);
		free(read);
		free(mail);
	}
}

static void set_hostile(struct fixture *f, char *hostile)
{
	char **const all[] = {&f->item.subject, &f->item.reverse_path, &f->item.header_from,
	        &f->item.client_name, &f->item.client_address, &f->item.helo, &f->item.detail,
	        &f->item.queue_id, &f->item.rule, &f->part.name, &f->part.type, &f->part.reason,
	        &f->part.path, &f->recipient.address, &f->item.header_message_id};
	size_t at;

	for (at = 0; at < sizeof(all) / sizeof(all[0]); at++)
		*all[at] = hostile;
}

/* Each variable there is, outside the list and within. */
static void put_every_variable(const char *folder)
{
	struct buf out = {0};
	size_t at;

	buf_add_string(&out, "Subject: s {{subject}}{{detail}}{{from}}\n\n");
	for (at = 0; notice_names[at]; at++)
		if (strcmp(notice_names[at], "parts") != 0)
			buf_add_format(&out, "%s=[{{%s}}]\n{{#parts}}in.%s=[{{%s}}]\n{{/parts}}",
			        notice_names[at], notice_names[at], notice_names[at],
			        notice_names[at]);
	folder_put(folder, "en", "sender.txt", out.data);
	folder_put(folder, "en", "sender.html", strstr(out.data, "\n\n") + 2);
	buf_fini(&out);
}

static void check_harmless(const char *mail)
{
	char *read = readable(mail), *html, *at, *end;

	html = strstr(read, "Content-Type: text/html");
	assert_non_null(html);
	assert_null(strstr(html, "<script"));
	assert_non_null(strstr(html, "&lt;script&gt;"));
	assert_null(strstr(read, "\nBcc:"));
	assert_null(strstr(read, "\xe2\x80\xae"));
	for (at = read; *at; at = end + 1) {
		end = strchr(at, '\n');
		assert_non_null(end);
		assert_true(end - at < 2200); /* 300 bytes of " escaped, and a name */
	}
	free(read);
}

static void test_no_variable_carries_what_is_hostile(void **state)
{
	char *folder = folder_in_english(), *mail;
	struct buf hostile = {0}, told = {0};
	struct fixture f;
	size_t at;

	put_every_variable(folder);
	buf_add_string(&hostile, "<script>\r\nBcc: a@b.example\r\n\r\n\xe2\x80\xae\"'&\x1b[2J");
	for (at = 0; at < 10000; at++)
		buf_add_char(&hostile, '"');
	fixture_init(&f);
	set_hostile(&f, hostile.data);
	mail = compose_from(folder, "", &f, LZ__NOTICE_KIND__NOTICE_SENDER, &told);
	assert_string_equal(told.data, "");
	check_harmless(mail);
	assert_null(strstr(mail, "References"));
	for (at = 0; mail[at]; at++)
		assert_true(mail[at] == '\r' || mail[at] == '\n' ||
		            (mail[at] >= ' ' && mail[at] <= '~'));
	free(mail);
	buf_fini(&told);
	buf_fini(&hostile);
	folder_free(&folder);
}

static void test_every_variable_has_its_text_in_both_parts(void **state)
{
	static const char *const wanted[] = {"item=[0123456789abcdef]", "subject=[Hello]",
	        "sender=[sender@outside.example]", "recipients=[user@example.org]", "from=[F]",
	        "client=[unknown[192.0.2.1]]", "helo=[h]", "size=[5]", "reason=[attachment]",
	        "detail=[d]", "queue_id=[Q1]", "score=[1.5]", "rule=[r]", "title=[Example Ltd]",
	        "site=[mx.example.org]", "admin=[postmaster@example.org]", "cut=[yes]", "held=[]",
	        "reason_attachment=[yes]", "reason_virus=[]", "in.name=[x.exe]", "in.path=[2]",
	        "in.type=[application/x-msdownload]", "in.subject=[Hello]", "name=[]",
	        "in.why=[forbidden attachment (rule executables)]"};
	char *folder = folder_in_english(), *mail, *read, *second;
	struct buf told = {0};
	struct fixture f;
	size_t at;

	put_every_variable(folder);
	fixture_init(&f);
	f.item.subject = text("Hello");
	f.item.header_from = text("F");
	f.item.client_address = text("192.0.2.1");
	f.item.helo = text("h");
	f.item.size = 5;
	f.item.detail = text("d");
	f.item.queue_id = text("Q1");
	f.item.score = 1.5;
	f.item.rule = text("r");
	f.part.name = text("x.exe");
	mail = compose_from(folder, "", &f, LZ__NOTICE_KIND__NOTICE_SENDER, &told);
	read = readable(mail);
	for (at = 0; at < sizeof(wanted) / sizeof(wanted[0]); at++) {
		char *line = alloc_format("\n%s\r\n", wanted[at]);

		second = strstr(read, line);
		if (!second || !strstr(second + 1, line))
			fail_msg("%s is not in both parts", wanted[at]);
		free(line);
	}
	free(read);
	free(mail);
	buf_fini(&told);
	folder_free(&folder);
}

/* The sentence, and that the notice goes out nevertheless, with `wanted` in it. */
static void expect_instead(
        const char *folder, const char *keys, const char *sentence, const char *wanted)
{
	struct buf told = {0};
	struct fixture f;
	char *mail, *read;

	fixture_init(&f);
	mail = compose_from(folder, keys, &f, LZ__NOTICE_KIND__NOTICE_SENDER, &told);
	read = readable(mail);
	if (!strstr(told.data, sentence) || (!*sentence && told.size))
		fail_msg("told: %s", told.data);
	if (!strstr(read, wanted))
		fail_msg("not in it: %s", wanted);
	assert_non_null(strstr(read, "0123456789abcdef"));
	buf_fini(&told);
	free(read);
	free(mail);
}

static void test_what_a_language_lacks_is_in_english(void **state)
{
	char *folder = folder_in_english();

	folder_put(folder, "de", "recipient.txt", "Subject: s\n\ndeutsch {{item}}\n");
	expect_instead(folder, "  language: de\n", "", "english 0123456789abcdef");
	folder_put(folder, "de", "sender.txt", "Subject: s\n\ndeutsch {{item}}\n");
	expect_instead(folder, "  language: de\n", "", "deutsch 0123456789abcdef");
	expect_instead(folder, "  language: fr\n",
	        "l.yaml:8: notifier.language: found \"fr\", expected a folder in ", "english ");
	folder_free(&folder);
}

static void test_a_broken_text_is_told_and_loses_no_notice(void **state)
{
	char *folder = folder_in_english();

	folder_put(folder, "de", "sender.txt", "Subject: s\n\nx\n{{nonsense}}\n");
	expect_instead(folder, "  language: de\n",
	        "/de/sender.txt:4: found nonsense, expected one of the variables in qnotify(8); "
	        "that in en is used\n",
	        "english 0123456789abcdef");
	folder_put(folder, "en", "sender.txt", "Subject: s\n\nx\n\n{{#held}}\n");
	expect_instead(folder, "",
	        "/en/sender.txt:6: found the end, expected {{/held}}; the built-in text is used\n",
	        "The mail filter of Example Ltd has stopped a message from you.");
	folder_put(folder, "en", "sender.txt", "No subject\n\nx\n");
	expect_instead(folder, "", "/en/sender.txt:1: found another beginning, expected \"Subject:",
	        "The mail filter of Example Ltd");
	folder_put(folder, "en", "sender.txt", "Subject: s\nx\n");
	expect_instead(folder, "", "/en/sender.txt:2: found a text, expected an empty line",
	        "The mail filter of Example Ltd");
	folder_put(folder, "en", "sender.txt", "Subject: \xff\n\nx\n");
	expect_instead(folder, "", "/en/sender.txt: found other bytes, expected text in UTF-8",
	        "The mail filter of Example Ltd");
	folder_free(&folder);
}

static void test_a_broken_html_leaves_the_text(void **state)
{
	char *folder = folder_in_english();

	folder_put(folder, "en", "sender.html", "<p>\n{{item\n");
	expect_instead(folder, "",
	        "/en/sender.html:2: found {{ without an end, expected }}; notices are in text "
	        "alone\n",
	        "Content-Type: text/plain");
	folder_put(folder, "de", "sender.html", "<p>{{item}}</p>\n");
	expect_instead(folder, "  language: de\n",
	        "/de/sender.html: found HTML alone, expected a .txt beside it; it is not used\n",
	        "english 0123456789abcdef");
	folder_free(&folder);
}

static void test_without_any_templates_there_are_notices(void **state)
{
	expect_instead("/nonexistent", "",
	        "/nonexistent/en/sender.txt: found nothing, expected a text; the built-in text is "
	        "used\n",
	        "The mail filter of Example Ltd has stopped a message from you.");
}

static void test_a_text_of_no_language_is_told(void **state)
{
	char *folder = folder_in_english();

	folder_put(folder, ".", "README", "about");
	expect_instead(folder, "", "", "english");
	folder_put(folder, ".", "sender.txt", "Subject: s\n\nold {{item}}\n");
	expect_instead(
	        folder, "", "/sender.txt: found a text of no language, expected it in ", "english");
	folder_free(&folder);
}

static void test_a_text_may_come_from_another_system(void **state)
{
	char *folder = folder_in_english();

	folder_put(folder, "en", "sender.txt",
	        "\xef\xbb\xbfSubject: s\r\n\r\n{{#cut}}\r\ncut {{item}}\r\n{{/cut}}\r\nend\r\n");
	expect_instead(folder, "", "", "\r\n\r\ncut 0123456789abcdef\r\nend\r\n");
	folder_free(&folder);
}

static void test_more_parts_and_recipients_are_counted(void **state)
{
	Lz__Recipient *recipients[100];
	Lz__Part *parts[60];
	struct fixture f;
	char *mail, *read;
	size_t at;

	fixture_init(&f);
	f.part.name = text("x.exe");
	for (at = 0; at < 60; at++)
		parts[at] = &f.part;
	for (at = 0; at < 100; at++)
		recipients[at] = &f.recipient;
	f.item.parts = parts;
	f.item.n_parts = 60;
	f.item.recipients = recipients;
	f.item.n_recipients = 100;
	mail = compose(&f, LZ__NOTICE_KIND__NOTICE_ADMIN);
	read = readable(mail);
	assert_non_null(strstr(read, "and 10 more\r\n"));
	assert_non_null(strstr(read, "user@example.org and 84 more\r\n"));
	free(read);
	free(mail);
}

static void expect_from(const char *name, const char *wanted)
{
	struct fixture f;
	char *mail;

	title = name;
	fixture_init(&f);
	mail = compose(&f, LZ__NOTICE_KIND__NOTICE_ADMIN);
	if (!strstr(mail, wanted))
		fail_msg("%s: %.200s", name, mail);
	free(mail);
	title = "Example Ltd";
}

static void test_the_name_that_a_notice_comes_from_is_ours(void **state)
{
	expect_from("Example Ltd", "\r\nFrom: \"Example Ltd\" <postmaster@example.org>\r\n");
	expect_from("A \\\"B\\\" <c@d>, E",
	        "\r\nFrom: \"A \\\"B\\\" <c@d>, E\" <postmaster@example.org>\r\n");
	expect_from("Süd", "\r\nFrom: =?utf-8?B?U8O8ZA==?= <postmaster@example.org>\r\n");
}

static void test_an_address_that_is_more_than_one_is_not_shown(void **state)
{
	struct fixture f;
	char *mail;

	fixture_init(&f);
	mail = compose(&f, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	assert_non_null(strstr(mail, "\r\nTo: <user@example.org>\r\n"));
	free(mail);
	f.to[0] = text("a@b>, <other@example.net");
	mail = compose(&f, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	assert_non_null(strstr(mail, "\r\nTo: undisclosed-recipients:;\r\n"));
	assert_null(strstr(mail, "other@"));
	free(mail);
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
	        cmocka_unit_test(test_a_notice_is_text_first_and_html_behind),
	        cmocka_unit_test(test_the_language_is_that_of_the_address),
	        cmocka_unit_test(test_each_kind_is_there_in_german),
	        cmocka_unit_test(test_no_variable_carries_what_is_hostile),
	        cmocka_unit_test(test_every_variable_has_its_text_in_both_parts),
	        cmocka_unit_test(test_what_a_language_lacks_is_in_english),
	        cmocka_unit_test(test_a_broken_text_is_told_and_loses_no_notice),
	        cmocka_unit_test(test_a_broken_html_leaves_the_text),
	        cmocka_unit_test(test_without_any_templates_there_are_notices),
	        cmocka_unit_test(test_a_text_of_no_language_is_told),
	        cmocka_unit_test(test_a_text_may_come_from_another_system),
	        cmocka_unit_test(test_more_parts_and_recipients_are_counted),
	        cmocka_unit_test(test_the_name_that_a_notice_comes_from_is_ours),
	        cmocka_unit_test(test_an_address_that_is_more_than_one_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
