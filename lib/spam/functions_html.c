/* What rules ask of the markup. Each looks at the HTML parts in turn and hits once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/function.h"

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* The next part that is HTML, from *at on; NULL behind the last. */
static const struct html *next_html(const struct functions_view *view, size_t *at)
{
	while (*at < view->texts->view_count) {
		const struct html *html = view->texts->views[(*at)++].html;

		if (html)
			return html;
	}
	return NULL;
}

static double ratio(double part, double whole)
{
	return whole > 0 ? part / whole : NAN;
}

static unsigned bits(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

/* A number about a part's markup by its name; NAN: there is none. */
static double value_of(const struct html *html, const char *name)
{
	const struct {
		const char *name;
		double value;
	} values[] = {
	        {"html", 1},
	        {"length", (double)html->length},
	        {"html_length", (double)html->text_characters},
	        {"non_space_len", (double)(html->text_characters - html->text_blanks)},
	        {"image_area", html->image_area},
	        {"embeds", html->has_embeds},
	        {"font_low_contrast", html->low_contrast},
	        {"font_invalid_color", html->invalid_colour},
	        {"font_face_bad", html->bad_font_face},
	        {"form_action_mailto", html->mails_form},
	        {"min_size", (double)html->least_size},
	        {"max_size", (double)html->most_size},
	        {"uri_truncated", html->is_url_cut},
	        {"backhair_count", html->backhair ? bits(html->backhair) : NAN},
	        {"closed_extra_ratio", ratio((double)html->closed_extra, (double)html->tag_count)},
	        {"bad_tag_ratio", html->element_count
	                                  ? ratio((double)(html->tag_count - html->element_count),
	                                            (double)html->tag_count)
	                                  : NAN},
	        {"non_element_ratio",
	                html->elements_seen ? ratio((double)(html->tags_seen - html->elements_seen),
	                                              (double)html->tags_seen)
	                                    : NAN},
	        {"obfuscation_ratio", html->obfuscation ? ratio((double)html->obfuscation,
	                                                          (double)html->tag_count)
	                                                : NAN},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		if (strcmp(values[i].name, name) == 0)
			return values[i].value;
	}
	return NAN;
}

unsigned long function_html_test(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *name = function_argument(call, 0);
	const struct html *html;
	double value;
	size_t at = 0;

	while (name && (html = next_html(view, &at))) {
		value = value_of(html, name);
		if (!isnan(value) && value != 0)
			return 1;
	}
	return 0;
}

unsigned long function_html_eval(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *name = function_argument(call, 0), *comparison = function_argument(call, 1);
	const struct html *html;
	double value;
	size_t at = 0;

	while (comparison && (html = next_html(view, &at))) {
		value = value_of(html, name);
		if (!isnan(value) && function_compare(value, comparison))
			return 1;
	}
	return 0;
}

/* More than the first, and not more than the second number. */
unsigned long function_html_range(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *name = function_argument(call, 0);
	double least = function_number(call, 1, 0), most = function_number(call, 2, INFINITY);
	const struct html *html;
	double value;
	size_t at = 0;

	while (name && (html = next_html(view, &at))) {
		value = value_of(html, name);
		if (!isnan(value) && value > least && value <= most)
			return 1;
	}
	return 0;
}

unsigned long function_html_tag_exists(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *tag = function_argument(call, 0);
	const struct html *html;
	size_t at = 0;

	while (tag && (html = next_html(view, &at))) {
		if (html_count(html, tag))
			return 1;
	}
	return 0;
}

/* How many of a tag are open at the end. */
unsigned long function_html_tag_balance(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *tag = function_argument(call, 0), *comparison = function_argument(call, 1);
	const struct html *html;
	const long *open;
	size_t at = 0;

	while (comparison && (html = next_html(view, &at))) {
		open = html_count(html, tag);
		if (open && function_compare((double)*open, comparison))
			return 1;
	}
	return 0;
}

unsigned long function_html_image_only(
        const struct functions_view *view, const struct functions_call *call)
{
	double least = function_number(call, 0, 0), most = function_number(call, 1, INFINITY);
	const struct html *html;
	size_t at = 0;

	while ((html = next_html(view, &at))) {
		if (html_count(html, "img") && (double)html->length > least &&
		        (double)html->length <= most)
			return 1;
	}
	return 0;
}

/* Characters of text to points of images. */
unsigned long function_html_image_ratio(
        const struct functions_view *view, const struct functions_call *call)
{
	double least = function_number(call, 0, 0), most = function_number(call, 1, INFINITY);
	const struct html *html;
	double value;
	size_t at = 0;

	while ((html = next_html(view, &at))) {
		value = ratio(
		        (double)(html->text_characters - html->text_blanks), html->image_area);
		if (!isnan(value) && value > least && value <= most)
			return 1;
	}
	return 0;
}

static const struct pieces *texts_of(const struct html *html, const char *kind)
{
	if (strcmp(kind, "comment") == 0)
		return &html->comments;
	if (strcmp(kind, "script") == 0)
		return &html->scripts;
	if (strcmp(kind, "title") == 0)
		return &html->titles;
	return strcmp(kind, "anchor") == 0 ? &html->anchors : NULL;
}

static unsigned long look_for(
        const struct functions_view *view, const struct functions_call *call, int wanted)
{
	const char *kind = function_argument(call, 0), *text = function_argument(call, 1), *bytes;
	const struct match *match = text ? pattern_of(text) : NULL;
	const struct pieces *pieces;
	const struct html *html;
	size_t at = 0, size;

	while (match && (html = next_html(view, &at))) {
		pieces = texts_of(html, kind);
		for (size_t i = 0; pieces && i < pieces->count; i++) {
			bytes = pieces_at(pieces, i, &size);
			if (function_matches(match, bytes, size) == wanted)
				return 1;
		}
	}
	return 0;
}

unsigned long function_html_text_match(
        const struct functions_view *view, const struct functions_call *call)
{
	return look_for(view, call, 1);
}

unsigned long function_html_text_not_match(
        const struct functions_view *view, const struct functions_call *call)
{
	return look_for(view, call, 0);
}

/* A page's title against the Subject: how many times as long. */
unsigned long function_html_title_subject_ratio(
        const struct functions_view *view, const struct functions_call *call)
{
	double least = function_number(call, 0, 0), most;
	const struct html *html;
	struct buf subject = {0};
	size_t at = 0, size;
	unsigned long hits = 0;

	function_ask(view, "Subject", &subject);
	while (!hits && subject.size && (html = next_html(view, &at))) {
		most = 0;
		for (size_t i = 0; i < html->titles.count; i++) {
			pieces_at(&html->titles, i, &size);
			most = larger(most, (double)size / (double)subject.size);
		}
		hits = most > least;
	}
	buf_fini(&subject);
	return hits;
}

static int mostly_far_away(const struct functions_view *view, const struct html *html)
{
	char *copy, *rest, *word;
	size_t near = 0, far = 0;

	if (!html->charsets.size)
		return 0;
	copy = rest = alloc_string(html->charsets.data);
	while ((word = strsep(&rest, " \t\r\n"))) {
		if (function_is_far_away(view->lists, word))
			far++;
		else
			near++;
	}
	free(copy);
	return far && far >= near;
}

unsigned long function_html_charset_faraway(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct html *html;
	size_t at = 0;

	while (!function_knows_all(view->lists) && (html = next_html(view, &at))) {
		if (mostly_far_away(view, html))
			return 1;
	}
	return 0;
}

unsigned long function_check_iframe_src(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct html *html;
	size_t at = 0;

	while ((html = next_html(view, &at))) {
		if (html->has_iframe_source)
			return 1;
	}
	return 0;
}
