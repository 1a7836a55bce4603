/* The text itself: its length, its lines, and two versions of it against each other. */
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/function.h"

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* ------------------------------------------------------------ alternatives */

/* A multiset of words by their hashes. */
struct words {
	struct word {
		uint64_t hash;
		unsigned long html, text;
	} * slots;
	size_t room, used;
};

static struct word *find_word(struct words *words, uint64_t hash)
{
	size_t at = hash & (words->room - 1);

	while (words->slots[at].hash && words->slots[at].hash != hash)
		at = (at + 1) & (words->room - 1);
	return &words->slots[at];
}

static void grow(struct words *words)
{
	struct words old = *words;

	words->room = old.room ? 2 * old.room : 1024;
	words->slots = alloc_zero(words->room, sizeof(*words->slots));
	for (size_t i = 0; i < old.room; i++) {
		if (old.slots[i].hash)
			*find_word(words, old.slots[i].hash) = old.slots[i];
	}
	free(old.slots);
}

/* Letters, digits and "_" of any script; marks alone (a dash, a picture) are no word. */
static int is_word(const char *bytes, size_t size)
{
	static struct pattern letter = {"[\\p{L}\\p{N}\\p{M}\\p{Pc}]", MATCH_UTF};

	for (size_t i = 0; i < size; i++) {
		if (isalnum((unsigned char)bytes[i]) || bytes[i] == '_')
			return 1;
	}
	return pattern_is(&letter, bytes, size);
}

static void add_word(struct words *words, const char *bytes, size_t size, int is_html)
{
	uint64_t hash = 14695981039346656037u;
	struct word *word;

	if (!is_word(bytes, size))
		return;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
	if (2 * words->used >= words->room)
		grow(words);
	word = find_word(words, hash | 1);
	words->used += word->hash == 0;
	word->hash = hash | 1;
	if (is_html)
		word->html++;
	else
		word->text++;
}

static void add_words(struct words *words, const char *text, size_t size, int is_html)
{
	size_t at = 0, end, blank;

	while (at < size) {
		for (end = at; end < size && !html_blank(text + end, size - end); end++)
			;
		if (end > at)
			add_word(words, text + at, end - at, is_html);
		blank = end < size ? html_blank(text + end, size - end) : 0;
		at = end + blank;
	}
}

struct difference {
	double most; /* words of HTML that aren't in the text, in a hundred */
	double html_words, text_words;
};

static void weigh(const struct words *words, int has_image, struct difference *difference)
{
	double left = 0, html = 0, text = 0;

	for (size_t i = 0; i < words->room; i++) {
		const struct word *word = &words->slots[i];

		html += word->html > 0;
		text += word->text > 0;
		left += word->html > word->text;
	}
	if (!html && has_image)
		html = left = 1;
	if (!html)
		return;
	difference->html_words = html;
	difference->text_words = text;
	difference->most = larger(difference->most, left / html * 100);
}

static void compare(
        const struct texts *texts, const struct part *outer, struct difference *difference)
{
	struct words words = {0};
	int has_image = 0;

	grow(&words);
	for (size_t i = 0; i < texts->view_count; i++) {
		const struct texts_view *view = &texts->views[i];

		if (!parts_is_inside(&texts->parts, view->part, outer) ||
		        strncmp(view->part->type, "text", 4) != 0)
			continue;
		add_words(&words, texts->shown.data + view->offset, view->size, view->html != NULL);
		has_image |= view->html && html_count(view->html, "img");
	}
	weigh(&words, has_image, difference);
	free(words.slots);
}

/* An invitation to a meeting: HTML and a calendar say different things. */
static int is_meeting(const struct parts *parts)
{
	return parts->count == 3 && strcmp(parts->items[0].type, "multipart/alternative") == 0 &&
	       strcmp(parts->items[1].type, "text/html") == 0 &&
	       strcmp(parts->items[2].type, "text/calendar") == 0;
}

enum { ALTERNATIVES_MOST = 50 };

static void read_difference(const struct functions_view *view, struct difference *difference)
{
	const struct parts *parts = &view->texts->parts;
	size_t found = 0;

	memset(difference, 0, sizeof(*difference));
	for (size_t i = 0; i < parts->count && found < ALTERNATIVES_MOST && !is_meeting(parts);
	        i++) {
		if (strcmp(parts->items[i].type, "multipart/alternative") != 0)
			continue;
		compare(view->texts, &parts->items[i], difference);
		found++;
	}
}

unsigned long function_multipart_alternative_difference(
        const struct functions_view *view, const struct functions_call *call)
{
	double least = function_number(call, 0, 0);
	struct difference difference;

	read_difference(view, &difference);
	return (least == 0 || difference.most > least) &&
	       difference.most <= function_number(call, 1, INFINITY);
}

unsigned long function_multipart_alternative_difference_count(
        const struct functions_view *view, const struct functions_call *call)
{
	struct difference difference;

	read_difference(view, &difference);
	return difference.html_words > function_number(call, 1, 0) &&
	       difference.text_words / difference.html_words > function_number(call, 0, 0);
}

/* ------------------------------------------------------------ lines */

struct line_count {
	double all, blank;
};

static void count_lines(struct line_count *count, const char *text, size_t size)
{
	int is_blank = 1;

	for (size_t i = 0; i < size; i++) {
		is_blank &= isspace((unsigned char)text[i]) != 0;
		if (text[i] != '\n' && i + 1 < size)
			continue;
		count->all++;
		count->blank += is_blank;
		is_blank = 1;
	}
}

/* Blank lines in a hundred, of texts of some length. */
unsigned long function_check_blank_line_ratio(
        const struct functions_view *view, const struct functions_call *call)
{
	double least = function_number(call, 0, 0), most = function_number(call, 1, 100);
	double lines = function_number(call, 2, 1), share;
	struct line_count count = {0};
	const char *text;
	size_t size;

	for (size_t i = 0; i < view->texts->rawbody.count; i++) {
		text = pieces_at(&view->texts->rawbody, i, &size);
		count_lines(&count, text, size);
	}
	share = count.all < larger(lines, 1) ? -1 : 100 * count.blank / count.all;
	return (least == 0 && share <= most) || (share > least && share <= most);
}

/* Blanks in a hundred other characters of the line that has most: w o r d s like this. */
unsigned long function_tvd_vertical_words(
        const struct functions_view *view, const struct functions_call *call)
{
	double most = function_number(call, 1, 101), found = -1, share;
	const char *text;
	size_t size, blanks;

	for (size_t i = 0; i < view->texts->body.count; i++) {
		text = pieces_at(&view->texts->body, i, &size);
		if (size <= 5)
			continue;
		blanks = 0;
		for (size_t j = 0; j < size; j++)
			blanks += text[j] == ' ';
		share = blanks > size - blanks || blanks == size
		                ? 100
		                : (double)(100 * blanks / (size - blanks));
		found = larger(found, share);
	}
	most = most >= 100 ? 101 : most;
	return found >= function_number(call, 0, 0) && found < most;
}

/* The body's length, as it was sent. */
unsigned long function_check_body_length(
        const struct functions_view *view, const struct functions_call *call)
{
	return (double)view->map->parts[0].body.length <= function_number(call, 0, 0);
}

/* ------------------------------------------------------------ stocks */

/* What a letter that praises a stock has in front of its colons. */
static struct pattern stock_words = {
        "(^trad(?:e|ing)date|company(?:name)?|s\\w?(?:t\\w?o\\w?c\\w?k|y\\w?m(?:\\w?b\\w?o\\w?l)?)|"
        "t(?:arget|icker)|(?:opening|current)p(?:rice)?|p(?:rojected|osition)|expectations|"
        "weeks?high|marketperformance|(?:year|week|month|day|price)(?:target|estimates?)|sector|"
        "r(?:ecommendation|ating))$"};

static void note_stock_word(struct pieces *found, const char *text, size_t size)
{
	struct match_range groups[2];
	char letters[32];
	size_t count = 0;

	for (size_t i = 0; i < size && count < sizeof(letters); i++) {
		if (isalpha((unsigned char)text[i]))
			letters[count++] = (char)tolower((unsigned char)text[i]);
	}
	if (pattern_groups(&stock_words, letters, count, 0, groups, 2))
		pieces_add(found, letters + groups[1].start, groups[1].end - groups[1].start);
}

static const struct texts_view *first_plain(const struct texts *texts)
{
	for (size_t i = 0; i < texts->view_count; i++) {
		if (strcmp(texts->views[i].part->type, "text/plain") == 0)
			return &texts->views[i];
	}
	return NULL;
}

unsigned long function_check_stock_info(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern label = {"^\\s*([^:\\s][^:\\n]{2,29})\\s*:\\s*\\S", MATCH_MULTILINE};
	const struct texts_view *plain = first_plain(view->texts);
	struct pieces found = {.most = 1000};
	struct match_range groups[2];
	const char *text = plain ? view->texts->shown.data + plain->offset : NULL;
	size_t at = 0;
	double count;

	while (plain && plain->size && pattern_groups(&label, text, plain->size, at, groups, 2)) {
		note_stock_word(&found, text + groups[1].start, groups[1].end - groups[1].start);
		at = groups[0].end;
	}
	pieces_unique(&found);
	count = (double)found.count;
	pieces_fini(&found);
	return count >= function_number(call, 0, 0);
}

/* ------------------------------------------------------------ text and signature */

struct signature {
	double body, signature; /* bytes */
};

/* The first plain text, parted at its last "-- ". 0: there is no such text. */
static int read_signature(const struct functions_view *view, struct signature *signature)
{
	static struct pattern mark = {"^-- ?\\r?$", MATCH_MULTILINE};
	const struct parts *parts = &view->texts->parts;
	const struct part *part = NULL;
	struct match_range whole;
	size_t at = 0;

	for (size_t i = 0; i < parts->count && !part; i++) {
		if (parts->items[i].is_leaf && strncmp(parts->items[i].type, "text/plain", 10) == 0)
			part = &parts->items[i];
	}
	if (!part)
		return 0;
	*signature = (struct signature){(double)part->body.size, 0};
	while (part->body.size &&
	        pattern_groups(&mark, part->body.data, part->body.size, at, &whole, 1)) {
		at = whole.end + 1;
		if (part->body.size - whole.end <= 4)
			continue;
		*signature = (struct signature){
		        (double)whole.start, (double)(part->body.size - whole.end)};
	}
	return 1;
}

static unsigned long is_between(const struct functions_call *call, double value)
{
	return value >= function_number(call, 0, 0) && value <= function_number(call, 1, INFINITY);
}

unsigned long function_plaintext_body_length(
        const struct functions_view *view, const struct functions_call *call)
{
	struct signature signature;

	return read_signature(view, &signature) && is_between(call, signature.body);
}

unsigned long function_plaintext_sig_length(
        const struct functions_view *view, const struct functions_call *call)
{
	struct signature signature;

	return read_signature(view, &signature) && is_between(call, signature.signature);
}

unsigned long function_plaintext_body_sig_ratio(
        const struct functions_view *view, const struct functions_call *call)
{
	struct signature signature;

	return read_signature(view, &signature) &&
	       is_between(
	               call, signature.signature > 0 ? signature.body / signature.signature : 1e6);
}
