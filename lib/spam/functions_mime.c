/* How parts are encoded, and whether they are by the book. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/function.h"

static const struct facts *facts_of(const struct functions_view *view)
{
	return &view->texts->facts;
}

static int has_far_charset(const struct functions_view *view)
{
	char *copy, *rest, *word;
	int is_far = 0;

	if (function_knows_all(view->lists))
		return 0;
	copy = rest = alloc_string(facts_of(view)->charsets.data);
	while ((word = strsep(&rest, " ")))
		is_far |= *word && function_is_far_away(view->lists, word);
	free(copy);
	return is_far;
}

unsigned long function_check_for_mime(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct facts *facts = facts_of(view);
	const char *name = function_argument(call, 0);
	const struct {
		const char *name;
		int value;
	} values[] = {
	        {"mime_base64_count", facts->base64_count > 0},
	        {"mime_base64_encoded_text", facts->has_base64_text},
	        {"mime_body_html_count", facts->html_count > 0},
	        {"mime_body_text_count", facts->text_count > 0},
	        {"mime_multipart_alternative", facts->has_alternative},
	        {"mime_multipart_ratio", facts->alternative_ratio != 0},
	        /* Parts are counted where none has quoted-printable text; else its escapes. */
	        {"mime_qp_count",
	                facts->quoted_bytes ? facts->quoted_escapes > 0 : facts->quoted_count > 0},
	        {"mime_qp_long_line", facts->has_long_quoted_line},
	        {"mime_qp_ratio", facts->quoted_escapes > 0},
	        {"mime_attachment", facts->has_attachment},
	        {"mime_bad_iso_charset", facts->has_bad_iso_charset},
	        {"mime_ascii_text_illegal", facts->illegal_ascii > 0},
	        {"mime_text_unicode_ratio", facts->unicode_ratio > 0},
	        {"mime_missing_boundary", facts->misses_boundary},
	};

	if (name && strcmp(name, "mime_faraway_charset") == 0)
		return has_far_charset(view) != 0;
	for (size_t i = 0; name && i < sizeof(values) / sizeof(*values); i++) {
		if (strcmp(values[i].name, name) == 0)
			return values[i].value != 0;
	}
	return 0;
}

static int is_html_message(const struct functions_view *view)
{
	struct buf type = {0};
	int is_html;

	function_ask(view, "Content-Type", &type);
	is_html = text_starts(type.data, "text/html");
	buf_fini(&type);
	return is_html;
}

unsigned long function_check_for_mime_html(
        const struct functions_view *view, const struct functions_call *call)
{
	return facts_of(view)->html_count > 0 || is_html_message(view);
}

unsigned long function_check_for_mime_html_only(
        const struct functions_view *view, const struct functions_call *call)
{
	return (facts_of(view)->html_count > 0 && facts_of(view)->text_count == 0) ||
	       is_html_message(view);
}

unsigned long function_check_mime_multipart_ratio(
        const struct functions_view *view, const struct functions_call *call)
{
	double ratio = facts_of(view)->alternative_ratio;

	return ratio >= function_number(call, 0, 0) && ratio < function_number(call, 1, INFINITY);
}

unsigned long function_check_msg_parse_flags(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct facts *facts = facts_of(view);
	const char *name = function_argument(call, 0);
	const struct {
		const char *name;
		int value;
	} flags[] = {
	        {"missing_mime_head_body_separator", facts->misses_part_head_end},
	        {"missing_mime_headers", facts->misses_part_fields},
	        {"missing_head_body_separator", facts->misses_head_end},
	        {"mime_epilogue_exists", facts->has_epilogue},
	        {"truncated_header", facts->has_cut_field},
	};

	for (size_t i = 0; name && i < sizeof(flags) / sizeof(*flags); i++) {
		if (strcmp(flags[i].name, name) == 0)
			return flags[i].value != 0;
	}
	return 0;
}

unsigned long function_check_for_ascii_text_illegal(
        const struct functions_view *view, const struct functions_call *call)
{
	return facts_of(view)->illegal_ascii > 0;
}

unsigned long function_check_abundant_unicode_ratio(
        const struct functions_view *view, const struct functions_call *call)
{
	return facts_of(view)->unicode_ratio >= function_number(call, 0, INFINITY);
}

unsigned long function_check_qp_ratio(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct facts *facts = facts_of(view);
	double ratio = facts->quoted_bytes
	                       ? (double)facts->quoted_escapes / (double)facts->quoted_bytes
	                       : 0;

	return ratio >= function_number(call, 0, INFINITY);
}

unsigned long function_check_base64_length(
        const struct functions_view *view, const struct functions_call *call)
{
	double longest = (double)facts_of(view)->longest_base64_line;

	return longest >= function_number(call, 0, 0) &&
	       longest <= function_number(call, 1, INFINITY);
}

/* An alternative that is no text: of the parts right below. */
unsigned long function_check_ma_non_text(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct parts *parts = &view->texts->parts;

	for (size_t i = 1; i < parts->count; i++) {
		const struct part *part = &parts->items[i];

		if (part->is_leaf && strncmp(part->type, "text/", 5) != 0 &&
		        strcmp(part->type, "application/rtf") != 0 &&
		        strcmp(parts->items[part->parent].type, "multipart/alternative") == 0)
			return 1;
	}
	return 0;
}

/* ------------------------------------------------------------ charsets of the text */

static struct pattern many_capitals = {
        "^[-_a-z0-9]*(?:koi|jp|jis|euc|gb|big5|isoir|cp1251|windows-1251|georgianps|pt154|tis)"
        "[-_a-z0-9]*$",
        MATCH_CASELESS};

static const char *charset_of(struct buf *type)
{
	static struct pattern charset = {
	        "charset=(?:\"([^\"]+)\"|'([^']+)'|(\\S+))", MATCH_CASELESS};
	struct match_range groups[4];

	if (!pattern_groups(&charset, type->data, type->size, 0, groups, 4))
		return "";
	for (size_t i = 1; i < 4; i++) {
		if (groups[i].start != MATCH_NO_GROUP) {
			type->data[groups[i].end] = '\0';
			return type->data + groups[i].start;
		}
	}
	return "";
}

/* Charsets in whose bytes there are capital letters that are none. */
static int looks_like_capitals(const struct functions_view *view)
{
	struct buf type = {0};
	char *copy, *rest, *word;
	const char *charset;
	int looks;

	function_ask(view, "Content-Type", &type);
	charset = charset_of(&type);
	looks = pattern_is(&many_capitals, charset, strlen(charset));
	copy = rest = alloc_string(facts_of(view)->charsets.data);
	while ((word = strsep(&rest, " ")))
		looks |= pattern_is(&many_capitals, word, strlen(word));
	free(copy);
	buf_fini(&type);
	return looks;
}

struct letters {
	size_t length, small, capital;
};

/* What Japanese is written in by ISO 2022 isn't letters. */
static const char *skip_shift(const char *at, const char *end)
{
	const char *back;

	if (end - at < 3 || memcmp(at, "\x1b$B", 3) != 0)
		return at;
	back = memmem(at, (size_t)(end - at), "\x1b(B", 3);
	return back ? back + 3 : at;
}

static void count_letters(struct letters *letters, const char *line, size_t size)
{
	static struct pattern words = {"\\S\\s+\\S"};
	static struct pattern base64 = {"^(?:[A-Za-z0-9+/=]{60,76} ){2}"};
	const char *end = line + size;

	if (!pattern_is(&words, line, size) || pattern_is(&base64, line, size))
		return;
	for (const char *at = line; at < end; at++) {
		at = skip_shift(at, end);
		if (at == end)
			break;
		letters->length++;
		letters->small += (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');
		letters->capital += *at >= 'A' && *at <= 'Z';
	}
}

/* Capitals in a hundred letters; 0 where there is too little text to tell. */
static double count_capitals(const struct functions_view *view)
{
	struct letters letters = {0};
	const char *line;
	size_t size;

	for (size_t i = 0; i < view->texts->body.count; i++) {
		line = pieces_at(&view->texts->body, i, &size);
		count_letters(&letters, line, size);
	}
	if (letters.length < 200 || !(letters.small + letters.capital))
		return 0;
	return 100.0 * (double)letters.capital / (double)(letters.small + letters.capital);
}

/* Each rule asks for another share. */
static double capitals(const struct functions_view *view)
{
	double *share = kept_find(view->texts->kept, "the capitals");

	if (!share) {
		share = alloc(sizeof(*share));
		*share = count_capitals(view);
		kept_put(view->texts->kept, "the capitals", share, free);
	}
	return *share;
}

unsigned long function_check_for_uppercase(
        const struct functions_view *view, const struct functions_call *call)
{
	double share;

	if (looks_like_capitals(view))
		return 0;
	share = capitals(view);
	return share > function_number(call, 0, 0) && share <= function_number(call, 1, 100);
}

static int is_mostly_high(const struct pieces *body)
{
	const char *bytes = body->bytes.data;
	size_t high = 0;

	for (size_t i = 0; i < body->bytes.size; i++)
		high += (bytes[i] & 0x80) != 0;
	return high > 3 && body->bytes.size - high <= high;
}

unsigned long function_check_for_faraway_charset(
        const struct functions_view *view, const struct functions_call *call)
{
	struct buf type = {0};
	const char *charset;
	int is_far;

	if (function_knows_all(view->lists))
		return 0;
	function_ask(view, "Content-Type", &type);
	charset = charset_of(&type);
	is_far = *charset && function_is_far_away(view->lists, charset) &&
	         is_mostly_high(&view->texts->body);
	buf_fini(&type);
	return is_far != 0;
}
