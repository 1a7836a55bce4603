#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/spam/functions.h"

enum { ARGUMENTS_MOST = 6 };

static struct lists *lists; /* of the test that runs */

static int start(void **state)
{
	lists = lists_new();
	return 0;
}

static int stop(void **state)
{
	lists_free(&lists);
	return 0;
}

static unsigned long call(const char *mail, int is_raw, const char *name, char *const *arguments)
{
	const struct functions_entry *entry = functions_find(name);
	struct functions_call one = {arguments, 0, is_raw};
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct functions_view view = {map, NULL, lists, NULL};
	struct texts texts;
	unsigned long hits;

	while (arguments[one.count])
		one.count++;
	assert_non_null(entry);
	assert_non_null(entry->run);
	texts_build(&(struct texts_input){.map = map, .lists = lists}, &texts);
	view.texts = &texts;
	hits = entry->run(&view, &one);
	texts_fini(&texts);
	mime_map_free(&map);
	return hits;
}

#define CALL(mail, name, ...) call(mail, 0, name, (char *[]){__VA_ARGS__, NULL})
#define HITS(mail, ...) assert_int_equal(CALL(mail, __VA_ARGS__), 1)
#define MISSES(mail, ...) assert_int_equal(CALL(mail, __VA_ARGS__), 0)

/* A message of HTML. */
#define HTML(source) "Subject: offer\nContent-Type: text/html\n\n" source

/* A message that came over two relays of the public internet. */
#define FROM_TO(helo, rdns, ip, by)                                                                \
	"Received: from " helo " (" rdns " [" ip "]) by " by                                       \
	" (8.11/8.11) with ESMTP id A1B2; Mon, 2 Sep 2002 10:00:00 +0000\n"

/* ------------------------------------------------------------ HTML */

static void html_tests_ask_for_what_there_is_in_the_markup(void **state)
{
	HITS(HTML("<p>x"), "html_test", "html");
	MISSES("Subject: s\n\n<p>x", "html_test", "html");
	HITS(HTML("<embed src=x>"), "html_test", "embeds");
	HITS(HTML("<font face=\"q2%7\">x"), "html_test", "font_face_bad");
	MISSES(HTML("<font face=\"Arial, sans-serif\">x"), "html_test", "font_face_bad");
	HITS(HTML("<form action=\"mailto:a@b\">"), "html_test", "form_action_mailto");
	HITS(HTML("<font color=#ffffff>x"), "html_test", "font_low_contrast");
	MISSES(HTML("<font color=#000000>x"), "html_test", "font_low_contrast");
}

static void html_eval_and_range_compare_numbers(void **state)
{
	HITS(HTML("<b>1234</b>"), "html_eval", "length", "< 12");
	MISSES(HTML("<b>1234</b>"), "html_eval", "length", "< 11");
	HITS(HTML("<b>1234</b>"), "html_eval", "length", "== 11");
	HITS(HTML("<b>1234</b>"), "html_range", "length", "10", "11");
	MISSES(HTML("<b>1234</b>"), "html_range", "length", "11", "12");
	HITS(HTML("<font size=7>x"), "html_range", "max_size", "6", "inf");
	HITS(HTML("<b>a</zz></yy>"), "html_range", "bad_tag_ratio", "0.6", "0.7");
	HITS(HTML("a<b>b</b>c"), "html_range", "obfuscation_ratio", "0.9", "1.0");
	MISSES(HTML("x"), "html_range", "obfuscation_ratio", "-1", "inf");
	MISSES(HTML("x"), "html_range", "no_such_number", "-1", "inf");
}

static void html_tags_are_asked_for_by_name_and_by_balance(void **state)
{
	HITS(HTML("<TABLE>x"), "html_tag_exists", "table");
	MISSES(HTML("<b>x"), "html_tag_exists", "table");
	HITS(HTML("<body>x"), "html_tag_balance", "body", "!= 0");
	MISSES(HTML("<body>x</body>"), "html_tag_balance", "body", "!= 0");
	MISSES(HTML("x"), "html_tag_balance", "body", "!= 0");
}

static void images_are_weighed_against_text(void **state)
{
	HITS(HTML("<img src=x>"), "html_image_only", "0", "400");
	MISSES(HTML("<b>x"), "html_image_only", "0", "400");
	/* 4 characters on 100 points */
	HITS(HTML("<img width=10 height=10>a b c d"), "html_image_ratio", "0.03", "0.04");
	MISSES(HTML("<img width=10 height=10>a b c d"), "html_image_ratio", "0.04", "0.05");
	MISSES(HTML("a b c d"), "html_image_ratio", "0", "99");
}

static void html_texts_are_matched_by_their_kind(void **state)
{
	HITS(HTML("<!-- saved from url=(0042) -->"), "html_text_match", "comment",
	        "saved from url");
	MISSES(HTML("saved from url"), "html_text_match", "comment", "saved from url");
	HITS(HTML("<title>Win now</title>"), "html_text_match", "title", "^Win");
	HITS(HTML("<a href=http://x/><img src=y></a>"), "html_text_match", "anchor", "<img>");
	HITS(HTML("<script>evil()</script>"), "html_text_match", "script", "evil");
	HITS(HTML("<title>b</title>"), "html_text_not_match", "title", "a");
	MISSES(HTML("<title>a</title>"), "html_text_not_match", "title", "a");
	MISSES(HTML("<title>a</title>"), "html_text_match", "title", "((");
}

static void a_long_title_is_weighed_against_the_subject(void **state)
{
	HITS(HTML("<title>one two three four five</title>"), "html_title_subject_ratio", "3");
	MISSES(HTML("<title>one two</title>"), "html_title_subject_ratio", "3");
	MISSES("Content-Type: text/html\n\n<title>one two</title>", "html_title_subject_ratio",
	        "0");
}

static void charsets_of_pages_are_far_away_from_the_languages_that_are_read(void **state)
{
	static const char page[] =
	        HTML("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=koi8-r\">");

	MISSES(page, "html_charset_faraway", NULL);
	lists_add(lists, "ok_locales", "en");
	HITS(page, "html_charset_faraway", NULL);
	lists_add(lists, "ok_locales", "ru");
	MISSES(page, "html_charset_faraway", NULL);
}

static void frames_in_a_page_have_a_source(void **state)
{
	HITS(HTML("<iframe src=http://x/></iframe>"), "check_iframe_src", NULL);
	MISSES(HTML("<iframe></iframe>"), "check_iframe_src", NULL);
}

/* ------------------------------------------------------------ MIME */

static void parts_are_asked_how_they_are_encoded(void **state)
{
	static const char base64[] =
	        "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nVmlhZ3Jh\n";
	static const char quoted[] =
	        "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\na=41b\n";

	HITS(base64, "check_for_mime", "mime_base64_count");
	HITS(base64, "check_for_mime", "mime_base64_encoded_text");
	MISSES(quoted, "check_for_mime", "mime_base64_count");
	HITS(quoted, "check_for_mime", "mime_qp_count");
	MISSES(quoted, "check_for_mime", "mime_qp_long_line");
	HITS("Content-Disposition: attachment\n\nx\n", "check_for_mime", "mime_attachment");
	HITS("Content-Type: text/plain; charset=iso-1234-5\n\nx\n", "check_for_mime",
	        "mime_bad_iso_charset");
	MISSES("Content-Type: text/plain; charset=iso-8859-1\n\nx\n", "check_for_mime",
	        "mime_bad_iso_charset");
	MISSES(quoted, "check_for_mime", "no_such_thing");
	HITS(quoted, "check_qp_ratio", "0.1");
	MISSES(quoted, "check_qp_ratio", "0.5");
}

static void a_far_charset_of_a_part_is_told(void **state)
{
	static const char mail[] = "Content-Type: text/plain; charset=gb2312\n\nx\n";

	MISSES(mail, "check_for_mime", "mime_faraway_charset");
	lists_add(lists, "ok_locales", "en");
	HITS(mail, "check_for_mime", "mime_faraway_charset");
	MISSES("Content-Type: text/plain; charset=utf-8\n\nx\n", "check_for_mime",
	        "mime_faraway_charset");
}

static void html_alone_is_told_from_html_beside_text(void **state)
{
	static const char both[] = "Content-Type: multipart/alternative; boundary=q\n\n"
	                           "--q\nContent-Type: text/plain\n\nabcdefgh\n"
	                           "--q\nContent-Type: text/html\n\n<b>0123456789012</b>\n--q--\n";

	HITS(HTML("x"), "check_for_mime_html", NULL);
	HITS(HTML("x"), "check_for_mime_html_only", NULL);
	HITS(both, "check_for_mime_html", NULL);
	MISSES(both, "check_for_mime_html_only", NULL);
	MISSES("Subject: s\n\nx\n", "check_for_mime_html", NULL);
	/* 8 bytes to 20 */
	HITS(both, "check_mime_multipart_ratio", "0.4", "0.5");
	MISSES(both, "check_mime_multipart_ratio", "0", "0.4");
	/* What stands before the alternatives counts as empty. */
	HITS("Content-Type: multipart/mixed; boundary=p\n\n"
	     "--p\nContent-Type: text/plain\n\nabcdefgh\n"
	     "--p\nContent-Type: multipart/alternative; boundary=q\n\n"
	     "--q\nContent-Type: text/html\n\n<b>0123456789012</b>\n--q--\n--p--\n",
	        "check_mime_multipart_ratio", "0", "0.01");
	/* Line ends of the wire count like others: 4 bytes to 8. */
	HITS("Content-Type: multipart/alternative; boundary=q\r\n\r\n"
	     "--q\r\nContent-Type: text/plain\r\n\r\na\r\nbc\r\n"
	     "--q\r\nContent-Type: text/html\r\n\r\n12345678\r\n--q--\r\n",
	        "check_mime_multipart_ratio", "0.499", "0.501");
}

static void what_is_not_by_the_book_is_told(void **state)
{
	static const char good[] = "Content-Type: multipart/mixed; boundary=q\n\n"
	                           "--q\nContent-Type: text/plain\n\nx\n--q--\n";
	static const char odd[] = "Content-Type: multipart/mixed; boundary=q\n\n"
	                          "--q\nno field here\n--q--\nmore text\n";

	MISSES(good, "check_msg_parse_flags", "missing_mime_headers");
	MISSES(good, "check_msg_parse_flags", "mime_epilogue_exists");
	MISSES(good, "check_msg_parse_flags", "missing_mime_head_body_separator");
	MISSES(good, "check_msg_parse_flags", "missing_head_body_separator");
	HITS(odd, "check_msg_parse_flags", "missing_mime_headers");
	HITS(odd, "check_msg_parse_flags", "mime_epilogue_exists");
	HITS(odd, "check_msg_parse_flags", "missing_mime_head_body_separator");
	HITS("Subject: no end", "check_msg_parse_flags", "missing_head_body_separator");
	MISSES(good, "check_msg_parse_flags", "truncated_header");
	/* A multipart inside, without a delimiter, that begins with text. */
#define NOT_PARTED(text)                                                                           \
	"Content-Type: multipart/mixed; boundary=q\n\n--q\n"                                       \
	"Content-Type: multipart/related; boundary=p\n\n" text "\n--q--\n"
	HITS(NOT_PARTED("text"), "check_msg_parse_flags", "missing_mime_head_body_separator");
	MISSES(NOT_PARTED("\ntext"), "check_msg_parse_flags", "missing_mime_head_body_separator");
}

static void bytes_that_a_charset_forbids_are_told(void **state)
{
	HITS("Content-Type: text/plain\n\n\xe4\n", "check_for_ascii_text_illegal", NULL);
	MISSES("Content-Type: text/plain; charset=utf-8\n\n\xc3\xa4\n",
	        "check_for_ascii_text_illegal", NULL);
	HITS("Subject: s\n\n&#x20AC;ab\n", "check_abundant_unicode_ratio", "0.3");
	MISSES("Subject: s\n\n&#x20AC;ab\n", "check_abundant_unicode_ratio", "0.4");
}

static void long_lines_of_base64_are_told(void **state)
{
	static const char mail[] =
	        "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nVmlhZ3Jh\n";

	HITS(mail, "check_base64_length", "9", "9");
	MISSES(mail, "check_base64_length", "10");
	HITS(mail, "check_base64_length", "8");
}

static void an_alternative_that_is_no_text_is_told(void **state)
{
#define ALTERNATIVE(type)                                                                          \
	"Content-Type: multipart/alternative; boundary=q\n\n--q\n\nx\n--q\nContent-Type: " type    \
	"\n\ny\n--q--\n"
	HITS(ALTERNATIVE("image/gif"), "check_ma_non_text", NULL);
	MISSES(ALTERNATIVE("text/html"), "check_ma_non_text", NULL);
	MISSES(ALTERNATIVE("application/rtf"), "check_ma_non_text", NULL);
}

static char *long_mail(const char *header, const char *line, int times)
{
	struct buf mail = {0};

	buf_add_format(&mail, "%s\n\n", header);
	for (int i = 0; i < times; i++)
		buf_add_string(&mail, line);
	return buf_give(&mail);
}

static void capitals_are_counted_in_texts_of_some_length(void **state)
{
	char *half = long_mail("Subject: s", "AAAA bbbb\n", 40);
	char *all = long_mail("Subject: s", "AAAA BBBB\n", 40);
	char *japanese =
	        long_mail("Content-Type: text/plain; charset=iso-2022-jp", "AAAA BBBB\n", 40);

	HITS(half, "check_for_uppercase", "25", "50");
	MISSES(half, "check_for_uppercase", "50", "75");
	HITS(all, "check_for_uppercase", "75", "100");
	MISSES(japanese, "check_for_uppercase", "75", "100");
	MISSES("Subject: s\n\nAAAA BBBB\n", "check_for_uppercase", "75", "100");
	free(half);
	free(all);
	free(japanese);
}

static void a_far_charset_counts_where_the_text_is_in_it(void **state)
{
	static const char mail[] =
	        "Content-Type: text/plain; charset=koi8-r\n\n\xf0\xf2\xe9\xf7\xe5\xf4\xf0\xf2\n";

	MISSES(mail, "check_for_faraway_charset", NULL);
	lists_add(lists, "ok_locales", "en");
	HITS(mail, "check_for_faraway_charset", NULL);
	MISSES("Content-Type: text/plain; charset=koi8-r\n\nplain\n", "check_for_faraway_charset",
	        NULL);
	HITS("Subject: =?koi8-r?q?=F0?=\n\n", "check_for_faraway_charset_in_headers", NULL);
	MISSES("Subject: =?utf-8?q?x?=\n\n", "check_for_faraway_charset_in_headers", NULL);
}

/* ------------------------------------------------------------ text */

static void two_versions_of_a_text_are_compared_word_by_word(void **state)
{
#define VERSIONS(text, html)                                                                       \
	"Content-Type: multipart/alternative; boundary=q\n\n--q\nContent-Type: "                   \
	"text/plain\n\n" text "\n--q\nContent-Type: text/html\n\n" html "\n--q--\n"
	HITS(VERSIONS("one two", "<b>three</b> four"), "multipart_alternative_difference", "99",
	        "100");
	MISSES(VERSIONS("one two", "<b>one</b> two"), "multipart_alternative_difference", "99",
	        "100");
	HITS(VERSIONS("one two", "<b>one</b> four"), "multipart_alternative_difference", "49",
	        "50");
	HITS(VERSIONS("a b c d e f g h", "<b>x</b> y"), "multipart_alternative_difference_count",
	        "3", "1");
	MISSES(VERSIONS("a b c", "<b>x</b> y"), "multipart_alternative_difference_count", "3", "1");
	MISSES("Subject: s\n\nx\n", "multipart_alternative_difference", "99", "100");
	/* Dashes and pictures are no words, letters of any script are. */
	MISSES(VERSIONS("one", "one &mdash; &#x1F381;"), "multipart_alternative_difference", "1",
	        "100");
	HITS(VERSIONS("one", "one &#x434;"), "multipart_alternative_difference", "49", "50");
}

static void blank_lines_and_blanks_are_counted(void **state)
{
	HITS("Subject: s\n\na\n\n\n\nb\n", "check_blank_line_ratio", "59", "60", "4");
	MISSES("Subject: s\n\na\nb\nc\nd\n", "check_blank_line_ratio", "59", "60", "4");
	HITS("Subject: s\n\nw o r d s a p a r t\n", "tvd_vertical_words", "90", "100");
	MISSES("Subject: s\n\nwords together\n", "tvd_vertical_words", "90", "100");
}

static void letters_that_praise_stocks_have_labels(void **state)
{
	HITS("Subject: s\n\nSymbol: ABCD\nCurrent Price: 1\nTarget: 9\n", "check_stock_info", "2");
	MISSES("Subject: s\n\nName: Joe\nPlace: here\n", "check_stock_info", "2");
}

static void bodies_and_signatures_have_lengths(void **state)
{
	static const char mail[] = "Subject: s\n\n0123456789\n-- \nabcdefghi\n";

	HITS(mail, "check_body_length", "26");
	MISSES(mail, "check_body_length", "24");
	HITS(mail, "plaintext_body_length", "11", "11");
	HITS(mail, "plaintext_sig_length", "10", "12");
	MISSES(mail, "plaintext_sig_length", "13");
	HITS(mail, "plaintext_body_sig_ratio", "0.9", "1.1");
	HITS("Subject: s\n\nx\n", "plaintext_body_sig_ratio", "1000", "1000000");
	MISSES(HTML("x"), "plaintext_body_length", "0");
}

/* ------------------------------------------------------------ header fields */

static void bytes_that_headers_may_not_have_are_counted(void **state)
{
	HITS("Subject: \xe4\xf6\xfc x\n\n", "check_illegal_chars", "Subject", "0.1", "2");
	MISSES("Subject: \xc3\xa4\xc3\xb6\n\n", "check_illegal_chars", "Subject", "0.1", "2");
	MISSES("Subject: plain\n\n", "check_illegal_chars", "Subject", "0.0", "1");
	/* One pound sign is nothing. */
	MISSES("Subject: \xa3 5\n\n", "check_illegal_chars", "Subject", "0.0", "1");
	MISSES("Subject: \xe4\n\n", "check_for_unique_subject_id", NULL);
}

static void subjects_in_capitals_are_told(void **state)
{
	HITS("Subject: Re: BUY THIS NOW\n\n", "subject_is_all_caps", NULL);
	MISSES("Subject: BUY THIS now\n\n", "subject_is_all_caps", NULL);
	MISSES("Subject: CAPITALSALONE\n\n", "subject_is_all_caps", NULL);
	MISSES("Subject: =?gb2312?q?BUY_THIS_NOW_PLEASE?=\n\n", "subject_is_all_caps", NULL);
}

static void a_subject_that_speaks_to_the_recipient_is_told(void **state)
{
	HITS("To: joe@example.org\nSubject: joe, buy\n\n", "check_for_to_in_subject", "user");
	HITS("To: joe@example.org\nSubject: Joe\n\n", "check_for_to_in_subject", "user");
	HITS("To: joe@example.org\nSubject: re: hello joe\n\n", "check_for_to_in_subject", "user");
	HITS("To: joe@example.org\nSubject: hello, joe!\n\n", "check_for_to_in_subject", "user");
	MISSES("To: joe@example.org\nSubject: about joe and others\n\n", "check_for_to_in_subject",
	        "user");
	HITS("To: joe@example.org\nSubject: for joe@example.org now\n\n", "check_for_to_in_subject",
	        "address");
	MISSES("To: joe@example.org\nSubject: for xjoe@example.org\n\n", "check_for_to_in_subject",
	        "address");
}

static void recipients_in_order_or_alike_are_told(void **state)
{
	static const char sorted[] =
	        "To: a1@x.org, b2@x.org, c3@x.org, d4@x.org, e5@x.org, f6@x.org, g7@x.org\n\n";
	static const char mixed[] =
	        "To: g7@x.org, b2@y.org, c3@z.org, d4@w.org, e5@v.org, f6@u.org, a1@t.org\n\n";
	static const char alike[] =
	        "To: joe1@x.org, joe2@x.org, joe3@x.org, joe4@x.org, joe5@x.org\n\n";

	HITS(sorted, "sorted_recipients", NULL);
	MISSES(mixed, "sorted_recipients", NULL);
	HITS(alike, "similar_recipients", "0.65", "undef");
	MISSES(mixed, "similar_recipients", "0.65", "undef");
}

static void a_missing_recipient_is_told(void **state)
{
	HITS("From: a@b\n\n", "check_for_missing_to_header", NULL);
	MISSES("To: a@b\n\n", "check_for_missing_to_header", NULL);
	MISSES("Apparently-To: a@b\n\n", "check_for_missing_to_header", NULL);
}

static void the_sender_is_held_against_the_envelope(void **state)
{
	HITS("Return-Path: <a@x.org>\nFrom: A@x.org\n\n", "check_for_matching_env_and_hdr_from",
	        NULL);
	MISSES("Return-Path: <a@x.org>\nFrom: b@x.org\n\n", "check_for_matching_env_and_hdr_from",
	        NULL);
	HITS("Return-Path: <a@m.x.org>\nFrom: b@y.org\n\n", "check_equal_from_domains", NULL);
	MISSES("Return-Path: <a@m.x.org>\nFrom: b@n.x.org\n\n", "check_equal_from_domains", NULL);
	HITS("Return-Path: <q.example.org.joe@x.com>\nTo: joe@example.org\n\n",
	        "check_ratware_envelope_from", NULL);
	MISSES("Return-Path: <q@x.com>\nTo: joe@example.org\n\n", "check_ratware_envelope_from",
	        NULL);
	HITS("From: \"J\" <joe@x.org>\nMessage-Id: <ABCDEFGHIJKLMNOPQRSTUVWXYZAB.joe@x.org>\n\n",
	        "check_ratware_name_id", NULL);
	MISSES("From: \"J\" <jim@x.org>\nMessage-Id: <ABCDEFGHIJKLMNOPQRSTUVWXYZAB.joe@x.org>\n\n",
	        "check_ratware_name_id", NULL);
}

static void different_fields_of_a_name_are_counted(void **state)
{
	HITS("Subject: a\nSubject: b\n\n", "check_header_count_range", "Subject", "2", "999");
	MISSES("Subject: a\nSubject: a\n\n", "check_header_count_range", "Subject", "2", "999");
	MISSES("From: a\n\n", "check_header_count_range", "Subject", "1", "999");
}

static void what_a_mailer_should_have_filled_in_is_told(void **state)
{
	HITS("X-Info: %FIRST_NAME\n\n", "check_unresolved_template", NULL);
	HITS("X-Info: =?utf-8?b?JUZJUlNUX05BTUU=?=\n\n", "check_unresolved_template", NULL);
	MISSES("Subject: %FIRST_NAME\n\n", "check_unresolved_template", NULL);
	MISSES("X-Info: 5%\n\n", "check_unresolved_template", NULL);
}

static void fields_that_list_servers_take_away_are_known(void **state)
{
	HITS("Subject: s\n\n", "gated_through_received_hdr_remover", NULL);
	MISSES("Received: from x\n\n", "gated_through_received_hdr_remover", NULL);
	HITS("Received: from x\nList-Unsubscribe: <mailto:leave-x@y.org>\n\n",
	        "check_messageid_not_usable", NULL);
	MISSES("Received: from x\n\n", "check_messageid_not_usable", NULL);
}

/* ------------------------------------------------------------ dates */

static void dates_are_held_against_the_fields_of_relays(void **state)
{
#define DATED(date) "Received: from x by y; Mon, 2 Sep 2002 10:00:00 +0000\nDate: " date "\n\n"
	HITS(DATED("Mon, 2 Sep 2002 14:00:00 +0000"), "check_for_shifted_date", "3", "6");
	MISSES(DATED("Mon, 2 Sep 2002 14:00:00 +0200"), "check_for_shifted_date", "3", "6");
	HITS(DATED("Sun, 1 Sep 2002 20:00 UTC"), "check_for_shifted_date", "-24", "-12");
	HITS(DATED("1 Jan 2002 20:00:00 EST"), "check_for_shifted_date", "undef", "-96");
	MISSES("Date: Mon, 2 Sep 2002 14:00:00 +0000\n\n", "check_for_shifted_date", "3", "6");
	/* Of several the first one that can be read counts. */
	HITS("Date: some day\n" DATED(
	             "Mon, 2 Sep 2002 14:00:00 +0000\nDate: Tue, 3 Sep 2002 14:00:00"),
	        "check_for_shifted_date", "3", "6");
	HITS(DATED("Mon, 2 Sep 2002 10:00:00 +0000"), "received_within_months", "6", "undef");
	MISSES(DATED("Mon, 2 Sep 2002 10:00:00 +0000"), "received_within_months", "undef", "6");
}

static void an_outlook_message_id_holds_its_date(void **state)
{
	/* 2 Sep 2002 10:00:00 UTC in Outlook's units is 1c25267. */
	HITS("Message-Id: <0001f0000000$11111111$22222222@x>\nDate: Mon, 2 Sep 2002 10:00:00 "
	     "+0000\n"
	     "Received: from x by y; Mon, 2 Sep 2002 10:00:00 +0000\n\n",
	        "check_outlook_message_id", NULL);
	MISSES("Message-Id: <000101c25267$11111111$22222222@x>\nDate: Mon, 2 Sep 2002 10:00:00 "
	       "+0000\n\n",
	        "check_outlook_message_id", NULL);
	MISSES("Message-Id: <a@b>\n\n", "check_outlook_message_id", NULL);
}

/* ------------------------------------------------------------ relays */

static void relays_are_counted_by_whether_they_are_believed(void **state)
{
	static const char inside[] = FROM_TO("a", "a.example.org", "10.0.0.1", "b");
	static const char outside[] = FROM_TO("a", "a.example.org", "192.0.2.1", "b");

	HITS(inside, "check_all_trusted", NULL);
	MISSES(outside, "check_all_trusted", NULL);
	HITS("Subject: s\n\n", "check_no_relays", NULL);
	MISSES(outside, "check_no_relays", NULL);
	HITS("Received: from what is this\n\n", "check_relays_unparseable", NULL);
	MISSES(outside, "check_relays_unparseable", NULL);
	lists_add(lists, "trusted_networks", "192.0.2.0/24");
	HITS(outside, "check_all_trusted", NULL);
	MISSES(outside, "check_for_illegal_ip", NULL);
}

static void what_a_relay_calls_itself_is_held_against_its_address(void **state)
{
	HITS(FROM_TO("192.0.2.9", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_numeric_helo", NULL);
	MISSES(FROM_TO("10.1.1.1", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_numeric_helo", NULL);
	HITS(FROM_TO("198.51.100.7", "x.example.org", "192.0.2.9", "b.example.org"),
	        "helo_ip_mismatch", NULL);
	MISSES(FROM_TO("192.0.2.8", "x.example.org", "192.0.2.9", "b.example.org"),
	        "helo_ip_mismatch", NULL);
	HITS(FROM_TO("198.51.100.7", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_forged_received_ip_helo", NULL);
	MISSES(FROM_TO("192.0.100.7", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_forged_received_ip_helo", NULL);
	HITS("Received: from aol.com (unknown [192.0.2.9]) by b.example.org (Postfix) with SMTP id "
	     "ABC; x\n\n",
	        "check_for_no_rdns_dotcom_helo", NULL);
	MISSES(FROM_TO("aol.com", "x.aol.com", "192.0.2.9", "b.example.org"),
	        "check_for_no_rdns_dotcom_helo", NULL);
	HITS(FROM_TO("a", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_sender_no_reverse", NULL);
	MISSES(FROM_TO("a", "x.example.org", "10.0.0.9", "b.example.org"),
	        "check_for_sender_no_reverse", NULL);
}

static void a_trail_with_two_breaks_is_told(void **state)
{
	HITS(FROM_TO("a", "one.alpha.org", "192.0.2.1", "mx.here.org")
	                FROM_TO("b", "two.beta.org", "192.0.2.2", "mx.gamma.org")
	                        FROM_TO("c", "three.delta.org", "192.0.2.3", "mx.epsilon.org"),
	        "check_for_forged_received_trail", NULL);
	MISSES(FROM_TO("a", "one.alpha.org", "192.0.2.1", "mx.here.org")
	                FROM_TO("b", "two.beta.org", "192.0.2.2", "mx.alpha.org"),
	        "check_for_forged_received_trail", NULL);
	HITS("From: j@example.org\n" FROM_TO("a", "one.example.org", "192.0.2.1", "mx.example.org"),
	        "check_for_from_domain_in_received_headers", "example.org", "true");
	MISSES("From: j@example.org\n" FROM_TO(
	               "a", "one.example.org", "192.0.2.1", "mx.example.org"),
	        "check_for_from_domain_in_received_headers", "example.org", "false");
	HITS("From: j@example.org\n" FROM_TO("a", "one.other.org", "192.0.2.1", "mx.other.org"),
	        "check_for_from_domain_in_received_headers", "example.org", "false");
}

static void a_sender_at_the_relays_own_domain_is_told(void **state)
{
	HITS("Return-Path: <a@example.org>\n" FROM_TO(
	             "a", "one.example.org", "192.0.2.1", "mx.here.org"),
	        "check_mailfrom_matches_rcvd", NULL);
	MISSES("Return-Path: <a@other.org>\n" FROM_TO(
	               "a", "one.example.org", "192.0.2.1", "mx.here.org"),
	        "check_mailfrom_matches_rcvd", NULL);
	MISSES(FROM_TO("a", "one.example.org", "192.0.2.1", "mx.here.org") "X: 1\n",
	        "check_mailfrom_matches_rcvd", NULL);
}

/* ------------------------------------------------------------ large services */

static void mail_of_large_services_comes_their_way(void **state)
{
	static const char elsewhere[] = FROM_TO("a", "one.example.org", "192.0.2.1", "mx.here.org");
	char *mail;

#define FROM_AT(domain) (mail = alloc_format("From: x@%s\n%s\n", domain, elsewhere))
	HITS(FROM_AT("yahoo.com"), "check_for_forged_yahoo_received_headers", NULL);
	free(mail);
	MISSES(FROM_AT("example.org"), "check_for_forged_yahoo_received_headers", NULL);
	free(mail);
	HITS(FROM_AT("gmail.com"), "check_for_forged_gmail_received_headers", NULL);
	free(mail);
	MISSES(FROM_AT("example.org"), "check_for_forged_gmail_received_headers", NULL);
	free(mail);
	HITS(FROM_AT("juno.com"), "check_for_forged_juno_received_headers", NULL);
	free(mail);
	HITS(FROM_AT("eudoramail.com"), "check_for_forged_eudoramail_received_headers", NULL);
	free(mail);
	HITS(FROM_AT("hotmail.com"), "check_for_no_hotmail_received_headers", NULL);
	MISSES(mail, "check_for_forged_hotmail_received_headers", NULL);
	free(mail);
	HITS("From: x@y.org\nReceived: from hotmail.com (one.example.org [192.0.2.1]) by b "
	     "(8.11/8.11)\n\n",
	        "check_for_forged_hotmail_received_headers", NULL);
	HITS("Received: from unknown by rly-xw01.mx.aol.com with QMQP\n\n",
	        "check_for_fake_aol_relay_in_rcvd", NULL);
	MISSES("Received: from x by rly-ip01.mx.aol.com (8.8.8/8.8.8/AOL-5.0.0)\n\n",
	        "check_for_fake_aol_relay_in_rcvd", NULL);
	MISSES(elsewhere, "check_for_msn_groups_headers", NULL);
	HITS("Received: from a\nReceived: from x.com by gw05 with ESMTP; Thu, 21 Jun 2001 02:28:32 "
	     "-0400\n\n",
	        "check_for_forged_gw05_received_headers", NULL);
	MISSES(elsewhere, "check_for_forged_gw05_received_headers", NULL);
}

static void groups_of_msn_write_their_own_fields(void **state)
{
	HITS("Return-Path: <list-bounce@groups.msn.com>\nTo: \"L\" <list@groups.msn.com>\n"
	     "Message-Id: <list-1392@groups.msn.com>\n"
	     "Received: from mail pickup service by p04.groups.msn.com with Microsoft SMTPSVC; "
	     "x\n\n",
	        "check_for_msn_groups_headers", NULL);
}

/* ------------------------------------------------------------ links */

static void links_that_lead_elsewhere_than_they_say_are_told(void **state)
{
	HITS(HTML("<a href=http://one.com/>https://two.com/</a>"), "check_https_http_mismatch", "1",
	        "10");
	MISSES(HTML("<a href=http://one.com/>https://www.one.com/</a>"),
	        "check_https_http_mismatch", "1", "10");
	HITS(HTML("<a href=http://one.com/>https://b\xc3\xbc"
	          "cher.com/</a>"),
	        "check_https_http_mismatch", "1", "10");
	MISSES(HTML("<a href=http://xn--bcher-kva.com/>https://b\xc3\xbc"
	            "cher.com/</a>"),
	        "check_https_http_mismatch", "1", "10");
	HITS(HTML("<a href=http://192.0.2.1/>https://bank.com/</a>"), "check_https_ip_mismatch",
	        NULL);
	MISSES(HTML("<a href=http://192.0.2.1/>bank</a>"), "check_https_ip_mismatch", NULL);
	HITS("Subject: s\n\nhttp://one.com/?to=http://two.com/x\n", "check_for_http_redirector",
	        NULL);
	MISSES("Subject: s\n\nhttp://one.com/?to=http://www.one.com/x\n",
	        "check_for_http_redirector", NULL);
	MISSES("Subject: s\n\nhttp://one.com/\n", "check_uri_truncated", NULL);
}

static void hosts_of_links_are_looked_for_in_lists(void **state)
{
	static const char mail[] = "Subject: s\n\nhttp://www.bad.com/ http://good.bad.com/\n";
	static const char good[] = "Subject: s\n\nhttp://good.bad.com/\n";

	MISSES(mail, "check_uri_host_listed", "MINE");
	lists_add(lists, "uri_host MINE", "bad.com");
	lists_add(lists, "uri_host MINE", "!good.bad.com");
	HITS(mail, "check_uri_host_listed", "MINE");
	MISSES(good, "check_uri_host_listed", "MINE");
	lists_add(lists, "uri_host BLOCK", "bad.com");
	HITS(mail, "check_uri_host_in_blocklist", NULL);
	HITS(mail, "check_uri_host_in_blacklist", NULL);
	MISSES(mail, "check_uri_host_in_welcomelist", NULL);
	lists_add(lists, "uri_host WELCOME", "bad.com");
	HITS(mail, "check_uri_host_in_welcomelist", NULL);
	HITS(mail, "check_uri_host_in_whitelist", NULL);
}

/* ------------------------------------------------------------ images */

/* A GIF of 3 by 2 points. */
#define GIF_MAIL                                                                                   \
	"Content-Type: image/gif; name=\"a.gif\"\nContent-Transfer-Encoding: base64\n\n"           \
	"R0lGODlhAwACAIAAAAAAAP///ywAAAAAAwACAAACAoRRADs=\n"

static void images_are_counted_and_measured(void **state)
{
	HITS(GIF_MAIL, "image_count", "gif", "1", "1");
	MISSES(GIF_MAIL, "image_count", "png", "1", "1");
	HITS(GIF_MAIL, "image_count", "all", "1");
	HITS(GIF_MAIL, "pixel_coverage", "gif", "6", "6");
	MISSES(GIF_MAIL, "pixel_coverage", "gif", "7", "99");
	HITS(GIF_MAIL, "image_size_exact", "gif", "2", "3");
	MISSES(GIF_MAIL, "image_size_exact", "gif", "3", "2");
	HITS(GIF_MAIL, "image_size_range", "all", "2", "2", "9", "9");
	MISSES(GIF_MAIL, "image_size_range", "all", "3", "3");
	HITS(GIF_MAIL, "image_named", "a.gif");
	MISSES(GIF_MAIL, "image_named", "b.gif");
	HITS(GIF_MAIL, "image_name_regex", "^[a-c]\\.gif$");
	MISSES(GIF_MAIL, "image_name_regex", "^[x-z]\\.gif$");
	/* The Subject's line end alone is the text, and there is no raw text. */
	HITS(GIF_MAIL, "image_to_text_ratio", "all", "0.1", "0.2");
	assert_int_equal(
	        call(GIF_MAIL, 1, "image_to_text_ratio", (char *[]){"all", "0", "9", NULL}), 0);
}

static void sizes_of_png_and_jpeg_are_read(void **state)
{
	HITS("Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
	     "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAECAAAAAA=\n",
	        "pixel_coverage", "png", "20", "20");
	HITS("Content-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n"
	     "/9j/4AAEAAD/wAALCAAEAAUBAREA\n",
	        "pixel_coverage", "jpeg", "20", "20");
}

/* ------------------------------------------------------------ lists */

static void senders_and_recipients_are_looked_for_in_lists(void **state)
{
	static const char mail[] = "From: Joe <joe@x.org>\nTo: ann@y.org\nReply-To: r@z.org\n\n";
	static const struct {
		const char *function, *list, *value;
	} rows[] = {
	        {"check_from_in_blocklist", "blocklist_from", "*@x.org"},
	        {"check_from_in_blacklist", "blocklist_from", "joe@*"},
	        {"check_to_in_blocklist", "blocklist_to", "*@y.org"},
	        {"check_to_in_blacklist", "blocklist_to", "ann@y.org"},
	        {"check_to_in_welcomelist", "welcomelist_to", "ann@*"},
	        {"check_to_in_whitelist", "welcomelist_to", "ann@*"},
	        {"check_to_in_more_spam", "more_spam_to", "ann@*"},
	        {"check_to_in_all_spam", "all_spam_to", "ann@*"},
	        {"check_from_in_welcomelist", "welcomelist_from", "*@x.org"},
	        {"check_from_in_whitelist", "welcomelist_from", "*@x.org"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		lists_clear(lists, rows[i].list);
		MISSES(mail, rows[i].function, NULL);
		lists_add(lists, rows[i].list, rows[i].value);
		HITS(mail, rows[i].function, NULL);
	}
	MISSES(mail, "check_from_in_list", "BANKS");
	lists_add(lists, "addrlist BANKS", "*@x.org");
	HITS(mail, "check_from_in_list", "BANKS");
	MISSES(mail, "check_to_in_list", "BANKS");
	MISSES(mail, "check_replyto_in_list", "BANKS");
	lists_add(lists, "addrlist BANKS", "r@z.org");
	lists_add(lists, "addrlist BANKS", "ann@y.org");
	HITS(mail, "check_to_in_list", "BANKS");
	HITS(mail, "check_replyto_in_list", "BANKS");
}

static void a_welcome_sender_has_to_come_from_its_host(void **state)
{
	static const char real[] =
	        "From: joe@x.org\n" FROM_TO("a", "mail.x.org", "192.0.2.1", "mx.here.org");
	static const char forged[] =
	        "From: joe@x.org\n" FROM_TO("a", "mail.evil.org", "198.51.100.1", "mx.here.org");

	lists_add(lists, "welcomelist_from_rcvd", "*@x.org x.org");
	HITS(real, "check_from_in_welcomelist", NULL);
	MISSES(forged, "check_from_in_welcomelist", NULL);
	HITS(forged, "check_forged_in_welcomelist", NULL);
	HITS(forged, "check_forged_in_whitelist", NULL);
	lists_add(lists, "welcomelist_allows_relays", "joe@x.org");
	MISSES(forged, "check_forged_in_welcomelist", NULL);
	lists_clear(lists, "welcomelist_from_rcvd");
	lists_clear(lists, "welcomelist_allows_relays");
	lists_add(lists, "def_welcomelist_from_rcvd", "*@x.org [192.0.2.0]/24");
	HITS(real, "check_from_in_default_welcomelist", NULL);
	HITS(real, "check_from_in_default_whitelist", NULL);
	MISSES(forged, "check_from_in_default_welcomelist", NULL);
	HITS(forged, "check_forged_in_default_welcomelist", NULL);
	HITS(forged, "check_forged_in_default_whitelist", NULL);
}

static void subjects_are_looked_for_in_lists(void **state)
{
	static const char *const names[] = {"check_subject_in_welcomelist",
	        "check_subject_in_whitelist", "check_subject_in_blocklist",
	        "check_subject_in_blacklist"};

	for (size_t i = 0; i < 4; i++) {
		lists_clear(lists, i < 2 ? "welcomelist_subject" : "blocklist_subject");
		MISSES("Subject: our [Bug 5] list\n\n", names[i], NULL);
		lists_add(lists, i < 2 ? "welcomelist_subject" : "blocklist_subject", "[bug ?]");
		MISSES("Subject: other\n\n", names[i], NULL);
	}
	lists_add(lists, "welcomelist_subject", "our * list");
	HITS("Subject: our own list\n\n", "check_subject_in_welcomelist", NULL);
}

static void bounces_of_our_own_mail_name_our_relays(void **state)
{
	static const char mail[] =
	        "Subject: failed\n\nReceived: from x\n by out.here.org with SMTP\n";

	MISSES(mail, "have_any_bounce_relays", NULL);
	MISSES(mail, "check_welcomelist_bounce_relays", NULL);
	lists_add(lists, "welcomelist_bounce_relays", "*.here.org");
	HITS(mail, "have_any_bounce_relays", NULL);
	HITS(mail, "check_welcomelist_bounce_relays", NULL);
	HITS(mail, "check_whitelist_bounce_relays", NULL);
	MISSES("Subject: s\n\nout.here.org\n", "check_welcomelist_bounce_relays", NULL);
}

/* ------------------------------------------------------------ FreeMail */

static void addresses_that_anybody_can_have_are_told(void **state)
{
	static const char mail[] = "From: joe@gmx.example.net\nReply-To: "
	                           "jim99@gmx.example.net\n\nwrite to ann@gmx.example.net now\n";

	MISSES(mail, "check_freemail_from", NULL);
	lists_add(lists, "freemail_domains", "gmx.*.net");
	HITS(mail, "check_freemail_from", NULL);
	HITS(mail, "check_freemail_from", "^joe@");
	MISSES("From: joe@gmx.a.b.net\n\n", "check_freemail_from", NULL);
	MISSES(mail, "check_freemail_from", "^ann@");
	HITS(mail, "check_freemail_header", "Reply-To", "\\d@");
	MISSES(mail, "check_freemail_header", "From", "\\d@");
	HITS(mail, "check_freemail_body", NULL);
	MISSES(mail, "check_freemail_body", "^joe@");
	HITS(mail, "check_freemail_replyto", "replyto");
	MISSES("From: support@gmx.example.net\n\n", "check_freemail_from", NULL);
	lists_add(lists, "freemail_welcomelist", "joe@gmx.example.net");
	MISSES(mail, "check_freemail_from", NULL);
}

static void answers_to_somebody_in_the_text_are_told(void **state)
{
	static const char mail[] =
	        "From: joe@gmx.example.net\n\nwrite to ann@gmx.example.net now\n";

	lists_add(lists, "freemail_domains", "gmx.example.net");
	HITS(mail, "check_freemail_replyto", "reply");
	MISSES(mail, "check_freemail_replyto", "replyto");
	MISSES("From: joe@gmx.example.net\n\nmail joe@gmx.example.net now\n",
	        "check_freemail_replyto", "reply");
	/* Who is quoted isn't who writes. */
	MISSES("From: joe@gmx.example.net\n\nAnn <ann@gmx.example.net> wrote:\n",
	        "check_freemail_replyto", "reply");
	MISSES("Return-Path: <list-bounces@x.org>\nFrom: joe@gmx.example.net\n\nto "
	       "ann@gmx.example.net now\n",
	        "check_freemail_replyto", "reply");
}

/* ------------------------------------------------------------ the table */

static void functions_are_found_by_name_and_those_of_the_network_are_not_run(void **state)
{
	assert_null(functions_find("no_such_function"));
	assert_true(functions_find("check_rbl")->is_net);
	assert_null(functions_find("check_rbl")->run);
	assert_false(functions_find("html_test")->is_net);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(html_tests_ask_for_what_there_is_in_the_markup),
	        TEST(html_eval_and_range_compare_numbers),
	        TEST(html_tags_are_asked_for_by_name_and_by_balance),
	        TEST(images_are_weighed_against_text),
	        TEST(html_texts_are_matched_by_their_kind),
	        TEST(a_long_title_is_weighed_against_the_subject),
	        TEST(charsets_of_pages_are_far_away_from_the_languages_that_are_read),
	        TEST(frames_in_a_page_have_a_source),
	        TEST(parts_are_asked_how_they_are_encoded),
	        TEST(a_far_charset_of_a_part_is_told),
	        TEST(html_alone_is_told_from_html_beside_text),
	        TEST(what_is_not_by_the_book_is_told),
	        TEST(bytes_that_a_charset_forbids_are_told),
	        TEST(long_lines_of_base64_are_told),
	        TEST(an_alternative_that_is_no_text_is_told),
	        TEST(capitals_are_counted_in_texts_of_some_length),
	        TEST(a_far_charset_counts_where_the_text_is_in_it),
	        TEST(two_versions_of_a_text_are_compared_word_by_word),
	        TEST(blank_lines_and_blanks_are_counted),
	        TEST(letters_that_praise_stocks_have_labels),
	        TEST(bodies_and_signatures_have_lengths),
	        TEST(bytes_that_headers_may_not_have_are_counted),
	        TEST(subjects_in_capitals_are_told),
	        TEST(a_subject_that_speaks_to_the_recipient_is_told),
	        TEST(recipients_in_order_or_alike_are_told),
	        TEST(a_missing_recipient_is_told),
	        TEST(the_sender_is_held_against_the_envelope),
	        TEST(different_fields_of_a_name_are_counted),
	        TEST(what_a_mailer_should_have_filled_in_is_told),
	        TEST(fields_that_list_servers_take_away_are_known),
	        TEST(dates_are_held_against_the_fields_of_relays),
	        TEST(an_outlook_message_id_holds_its_date),
	        TEST(relays_are_counted_by_whether_they_are_believed),
	        TEST(what_a_relay_calls_itself_is_held_against_its_address),
	        TEST(a_trail_with_two_breaks_is_told),
	        TEST(a_sender_at_the_relays_own_domain_is_told),
	        TEST(mail_of_large_services_comes_their_way),
	        TEST(groups_of_msn_write_their_own_fields),
	        TEST(links_that_lead_elsewhere_than_they_say_are_told),
	        TEST(hosts_of_links_are_looked_for_in_lists),
	        TEST(images_are_counted_and_measured),
	        TEST(sizes_of_png_and_jpeg_are_read),
	        TEST(senders_and_recipients_are_looked_for_in_lists),
	        TEST(a_welcome_sender_has_to_come_from_its_host),
	        TEST(subjects_are_looked_for_in_lists),
	        TEST(bounces_of_our_own_mail_name_our_relays),
	        TEST(addresses_that_anybody_can_have_are_told),
	        TEST(answers_to_somebody_in_the_text_are_told),
	        TEST(functions_are_found_by_name_and_those_of_the_network_are_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
