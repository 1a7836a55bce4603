#include "tests/unit/lib/spam/calling.h"

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

/* ------------------------------------------------------------ the table */

static void functions_are_found_by_name_and_those_of_the_network_are_not_run(void **state)
{
	assert_null(functions_find("no_such_function"));
	assert_true(functions_find("check_rbl")->is_net);
	assert_null(functions_find("check_rbl")->run);
	assert_false(functions_find("html_test")->is_net);
}

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
	        TEST(links_that_lead_elsewhere_than_they_say_are_told),
	        TEST(hosts_of_links_are_looked_for_in_lists),
	        TEST(images_are_counted_and_measured),
	        TEST(sizes_of_png_and_jpeg_are_read),
	        TEST(functions_are_found_by_name_and_those_of_the_network_are_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
