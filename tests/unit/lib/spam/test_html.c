#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/spam/html.h"

static void collect(void *context, const char *url, size_t size)
{
	struct buf *out = context;

	buf_add(out, url, size);
	buf_add_char(out, '|');
}

static void renders(const char *html, const char *want)
{
	struct buf text = {0};

	html_render(html, strlen(html), &text, NULL);
	assert_string_equal(text.data ? text.data : "", want);
	buf_fini(&text);
}

static void links(const char *html, const char *want)
{
	struct buf text = {0}, found = {0};
	struct html_links sink = {collect, &found};

	html_render(html, strlen(html), &text, &sink);
	assert_string_equal(found.data ? found.data : "", want);
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
	renders("source\nlines\r\nare blanks", "source lines  are blanks");
}

static void scripts_styles_and_comments_are_not_shown(void **state)
{
	renders("a<script>if (x < y) '</p>'</script>b", "ab");
	renders("a<STYLE type=x>p {}</Style >b", "ab");
	renders("a<!-- <p> -- > -->b<!DOCTYPE x>c<?php y ?>d", "abcd");
}

static void what_never_ends_hides_nothing(void **state)
{
	renders("a<!-- secret", "a<!-- secret");
	renders("a<!-- > secret", "a secret");
	renders("a<script> secret", "a secret");
	renders("a<p title=\"oops> secret", "a\n\n secret");
	renders("a<b secret", "a<b secret");
	renders("<", "<");
	renders("a</", "a</");
}

static void character_references_are_decoded(void **state)
{
	renders("&lt;&amp;&gt;&quot;", "<&>\"");
	renders("&#86;i&#x61;gr&#97", "Viagra");
	renders("a&nbsp;b&#160;c", "a b c");
	renders("&auml;&Uuml;&szlig;&euro;&yuml;", "\xc3\xa4\xc3\x9c\xc3\x9f\xe2\x82\xac\xc3\xbf");
	renders("&ldquo;x&rdquo; &#147;y&#148;", "\"x\" \"y\"");
	renders("via&shy;gra", "viagra");
	renders("&unknown; & &#; &#x;", "&unknown; & &#; &#x;");
	renders("&#99999999999999999999;", "\xef\xbf\xbd");
	renders("&#0;", "");
}

static void links_are_found_in_all_their_places(void **state)
{
	links("<a href=\"http://a/\">x</a><IMG SRC='http://b/'><form action=http://c/>",
	        "http://a/|http://b/|http://c/|");
	links("<body background=http://d/><iframe src=\"e.html\">", "http://d/|e.html|");
	links("<meta http-equiv=refresh content=\"0; URL=http://f/\">", "http://f/|");
	links("<a name=\"http://no/\"><p href=http://no/>", "");
	links("<a href=\" ht\ntp://g&#47;x?a=1&amp;b=2 \">", "http://g/x?a=1&b=2|");
}

static void relative_links_follow_the_base(void **state)
{
	links("<base href=\"http://host/dir/page\"><a href=x><a href=/y><a href=//other/z>",
	        "http://host/dir/x|http://host/y|http://other/z|");
	links("<base href=\"http://host\"><a href=x>", "http://host/x|");
	links("<base href=\"http://host/\"><a href=\"mailto:a@b\">", "mailto:a@b|");
}

static void broken_markup_costs_linear_time(void **state)
{
	static const char *const pieces[] = {
	        "<!--", "<script>", "<a href=\"", "<style>", "<a b='", "&#", "<!", "<", "<p x=y "};
	int64_t began;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct buf html = {0}, text = {0};

		while (html.size < 1000000)
			buf_add_string(&html, pieces[i]);
		began = clock_monotonic_ms();
		html_render(html.data, html.size, &text, NULL);
		assert_true(clock_monotonic_ms() - began < 3000);
		buf_fini(&html);
		buf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tags_go_and_text_stays),
	        cmocka_unit_test(markup_makes_lines_and_paragraphs),
	        cmocka_unit_test(scripts_styles_and_comments_are_not_shown),
	        cmocka_unit_test(what_never_ends_hides_nothing),
	        cmocka_unit_test(character_references_are_decoded),
	        cmocka_unit_test(links_are_found_in_all_their_places),
	        cmocka_unit_test(relative_links_follow_the_base),
	        cmocka_unit_test(broken_markup_costs_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
