#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/spam/html.h"

static void collect(void *context, const char *url, size_t size, enum html_place place)
{
	struct buf *out = context;

	if (place == HTML_PLACE_ANCHOR)
		return;
	buf_add(out, url, size);
	buf_add_char(out, '|');
}

static void renders(const char *source, const char *want)
{
	struct buf text = {0};
	struct html html;

	html_read(source, strlen(source), &html, &text, NULL);
	assert_string_equal(text.data ? text.data : "", want);
	html_fini(&html);
	buf_fini(&text);
}

static void links(const char *source, const char *want)
{
	struct buf text = {0}, found = {0};
	struct html_links sink = {collect, &found};
	struct html html;

	html_read(source, strlen(source), &html, &text, &sink);
	assert_string_equal(found.data ? found.data : "", want);
	html_fini(&html);
	buf_fini(&text);
	buf_fini(&found);
}

static void tags_go_and_text_stays(void **state)
{
	renders("<b>bold</b> and <i class=x>thin</i>", "bold and thin");
	renders("V<b></b>iag<!-- x -->ra", "Viagra");
	renders("a < b and 3<4", "a < b and 3<4");
	renders("<a title=\"1 > 2\">link</a>", "link");
}

static void markup_makes_lines_and_paragraphs(void **state)
{
	renders("one<br>two", "one\ntwo");
	renders("<p>one<p>two", "\n\none\n\ntwo");
	renders("<td>a</td><td>b</td>", " a  b ");
	renders("source\nlines\r\nare blanks", "source lines are blanks");
}

static void scripts_styles_and_comments_are_not_shown(void **state)
{
	renders("a<script>if (x < y) '</p>'</script>b", "ab");
	renders("a<STYLE type=x>p {}</Style >b", "ab");
	renders("a<!-- <p> -x- -->b<!DOCTYPE x>c<?php y ?>d<!-- -- >e", "abcde");
}

/* As browsers have it. */
static void what_never_ends_goes_on_to_the_end(void **state)
{
	renders("a<!-- > secret", "a secret");
	renders("a<!-- secret", "a");
	renders("a<script> secret", "a");
	renders("a<p title=\"oops> secret", "a");
	renders("a<b secret", "a");
	renders("a<title>secret", "a\n\nsecret");
	renders("<", "<");
	renders("a</", "a</");
}

static void blanks_at_what_the_markup_begins_go_where_text_is_seen(void **state)
{
	renders("one <br> two", "one\ntwo");
	renders("<p> one </p> two", "\n\none\n\ntwo");
	renders("<font size=1>one <br></font>two", "one \ntwo");
}

static void everything_up_to_a_blank_is_a_tags_name(void **state)
{
	renders("mail <joe@example.org> now", "mail  now");
	renders("one<br/>two<BR />three", "one\ntwo\nthree");
}

static void character_references_are_decoded(void **state)
{
	renders("&lt;&amp;&gt;&quot;", "<&>\"");
	renders("&#86;i&#x61;gr&#97", "Viagra");
	renders("a&nbsp;b", "a b");
	renders("&auml;&Uuml;&szlig;&euro;&yuml;", "\xc3\xa4\xc3\x9c\xc3\x9f\xe2\x82\xac\xc3\xbf");
	renders("&ldquo;x&rdquo;", "\xe2\x80\x9cx\xe2\x80\x9d");
	renders("\xe2\x80\x9cx\xe2\x80\x9d", "\"x\"");
	renders("&ampx &copyright &euro &euro;", "&x \xc2\xa9right &euro \xe2\x82\xac");
	renders("&unknown; & &#; &#x;", "&unknown; & &#; &#x;");
	renders("&#99999999999999999999;", "&#99999999999999999999;");
	renders("&#0; &#xd800;", "&#0; \xef\xbf\xbd");
}

static void links_are_found_in_all_their_places(void **state)
{
	links("<a href=\"http://a/\">x</a><IMG SRC='http://b/'><form action=http://c/>",
	        "http://a/|http://b/|http://c/|");
	links("<body background=http://d/><iframe src=\"e.html\">", "http://d/|e.html|");
	links("<meta http-equiv=refresh content=\"0; URL=http://f/\">", "http://f/|");
	links("<a name=\"http://no/\"><p href=http://no/>", "");
	links("<a href=\" http://g&#47;x?a=1&amp;b=2 \">", "http://g/x?a=1&b=2|");
	/* Of an attribute that is given twice readers take the first. */
	links("<a href=http://h/ HREF=http://i/>x</a>", "http://h/|");
}

static void relative_links_follow_the_base(void **state)
{
	links("<base href=\"http://host/dir/page.html\"><a href=x><a href=/y><a href=//other/z>",
	        "http://host/dir/page.html|http://host/dir/x|http://host/y|http://other/z|");
	links("<base href=\"http://host\"><a href=x>", "http://host|http://host/x|");
	links("<base href=\"http://host/\"><a href=\"mailto:a@b\">", "http://host/|mailto:a@b|");
	links("<base href=\"http://host/a/b/\"><a href=../c><a href=./d/../e>",
	        "http://host/a/b/|http://host/a/c|http://host/a/b/e|");
}

static void broken_markup_costs_linear_time(void **state)
{
	static const char *const pieces[] = {"<!--", "<script>", "<a href=\"", "<style>", "<a b='",
	        "&#", "<!", "<", "<p x=y ", "<title>", "<td><font style=\"color:red\">", "</b>",
	        "-- ", "<![CDATA[", "<x1", "<a href=x>y"};
	int64_t began;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct buf source = {0}, text = {0};
		struct html html;

		while (source.size < 1000000)
			buf_add_string(&source, pieces[i]);
		began = clock_monotonic_ms();
		html_read(source.data, source.size, &html, &text, NULL);
		assert_true(clock_monotonic_ms() - began < 3000);
		html_fini(&html);
		buf_fini(&source);
		buf_fini(&text);
	}
}

static long looks(const char *source, int contrast, int colour)
{
	struct buf text = {0};
	struct html html;
	long most;

	html_read(source, strlen(source), &html, &text, NULL);
	assert_int_equal(html.low_contrast, contrast);
	assert_int_equal(html.invalid_colour, colour);
	most = html.most_size;
	html_fini(&html);
	buf_fini(&text);
	return most;
}

static void text_that_nobody_can_see_is_told(void **state)
{
	looks("<font color=white>x</font>", 1, 0);
	looks("<font color=\"#fefefe\">x</font>", 1, 0);
	looks("<font color=white> </font>x", 0, 0);
	looks("<font color=nonsense>x</font>", 0, 1);
	looks("<font color=#66ff66\">x</font>", 0, 1);
	looks("<td style=\"background-color: rgb(0,0,0)\">x</td>", 1, 0);
	looks("<td style=\"background: url(a b) #000\">x<td>y", 1, 0);
	looks("<p style=\"color:transparent\">x</p>", 1, 0);
	looks("<p style=\"color:blue !important\">x</p>", 0, 0);
	assert_int_equal(looks("<font size=+3>x</font><font size=2>y", 0, 0), 6);
}

static void tags_are_counted_by_their_names(void **state)
{
	static const char source[] = "<html><body><b>x</b></i><o:p></o:p><zzz>a<b></b>b</body>";
	struct buf text = {0};
	struct html html;

	html_read(source, strlen(source), &html, &text, NULL);
	assert_int_equal(*html_count(&html, "html"), 1);
	assert_int_equal(*html_count(&html, "body"), 0);
	assert_null(html_count(&html, "table"));
	assert_int_equal(html.tag_count, 11);
	assert_int_equal(html.element_count, 10);
	assert_int_equal(html.closed_extra, 1);
	assert_int_equal(html.obfuscation, 2);
	html_fini(&html);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tags_go_and_text_stays),
	        cmocka_unit_test(markup_makes_lines_and_paragraphs),
	        cmocka_unit_test(scripts_styles_and_comments_are_not_shown),
	        cmocka_unit_test(what_never_ends_goes_on_to_the_end),
	        cmocka_unit_test(blanks_at_what_the_markup_begins_go_where_text_is_seen),
	        cmocka_unit_test(everything_up_to_a_blank_is_a_tags_name),
	        cmocka_unit_test(text_that_nobody_can_see_is_told),
	        cmocka_unit_test(tags_are_counted_by_their_names),
	        cmocka_unit_test(character_references_are_decoded),
	        cmocka_unit_test(links_are_found_in_all_their_places),
	        cmocka_unit_test(relative_links_follow_the_base),
	        cmocka_unit_test(broken_markup_costs_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
