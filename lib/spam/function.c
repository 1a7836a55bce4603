#include "lib/spam/function.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/fields.h"

enum { ADDRESSES_MOST_BYTES = 16384 };

/* ------------------------------------------------------------ arguments */

const char *function_argument(const struct functions_call *call, size_t nth)
{
	return nth < call->count ? call->arguments[nth] : NULL;
}

double function_number(const struct functions_call *call, size_t nth, double otherwise)
{
	const char *text = function_argument(call, nth);
	uint64_t whole;

	if (!text)
		return otherwise;
	/* Most are, and strtod() takes its time. */
	if (text_number(text, 1000000000, &whole))
		return (double)whole;
	return strcmp(text, "undef") != 0 ? strtod(text, NULL) : otherwise;
}

int function_compare(double value, const char *comparison)
{
	const char *at = comparison + strspn(comparison, " ");
	char first = *at, second = first ? at[1] : '\0';
	double other;

	if (!first)
		return 0;
	other = strtod(at + 1 + (second == '='), NULL);
	switch (first) {
	case '<':
		return second == '=' ? value <= other : value < other;
	case '>':
		return second == '=' ? value >= other : value > other;
	case '=':
		return value == other;
	case '!':
		return value != other;
	default:
		return 0;
	}
}

int function_matches(const struct match *match, const char *bytes, size_t size)
{
	return match && match_find(match, bytes, size, 0, NULL, NULL) == RESULT_OK;
}

/* ------------------------------------------------------------ charsets and languages */

/* Charsets that a language is written in besides those of Western mail. */
static const struct {
	const char *language;
	const char *charsets;
} far_charsets[] = {
        {"ja", " EUCJP JISX020119760 JISX020819830 JISX020819900 JISX020819970 JISX021219900 "
               "JISX021320001 JISX021320002 SHIFT_JIS SHIFTJIS ISO2022JP SJIS JIS7 JISX0201 "
               "JISX0208 JISX0212 "},
        {"ko", " EUCKR KSC56011987 "},
        {"ru ka tg be uk bg", " KOI8R KOI8U KOI8T ISOIR111 CP1251 GEORGIANPS PT154 CP866 "},
        {"th", " TIS620 "},
        {"zh", " GB1988 GB2312 GB231219800 GB18030 GBK BIG5HKSCS BIG5 EUCTW ISO2022CN "},
        {"zh.big5", " BIG5HKSCS BIG5 EUCTW "},
        {"zh.gb2312", " GB1988 GB2312 GB231219800 GB18030 GBK ISO2022CN "},
};

static const char *const near_charsets[] = {
        "ISO8859", "ISO10646", "UTF", "UCS", "CP125", "WINDOWS", "UNICODE11UTF"};

int function_knows_all(const struct lists *lists)
{
	return !lists || !lists_count(lists, "ok_locales") || lists_has(lists, "ok_locales", "all");
}

static int is_near(const char *charset)
{
	static const char *const whole[] = {"USASCII", "ASCII", "IBM852", "XUNKNOWN", "ISO"};

	for (size_t i = 0; i < sizeof(near_charsets) / sizeof(*near_charsets); i++) {
		if (strncmp(charset, near_charsets[i], strlen(near_charsets[i])) == 0)
			return 1;
	}
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		if (strcmp(charset, whole[i]) == 0)
			return 1;
	}
	return 0;
}

static int is_of_language(const char *word, const char *language)
{
	for (size_t i = 0; i < sizeof(far_charsets) / sizeof(*far_charsets); i++) {
		if (strstr(far_charsets[i].language, language) &&
		        strstr(far_charsets[i].charsets, word))
			return 1;
	}
	return 0;
}

int function_is_far_away(const struct lists *lists, const char *charset)
{
	char word[66] = " ";
	size_t size = 1;

	for (; *charset && *charset != ':' && size < 64; charset++) {
		if (isalnum((unsigned char)*charset))
			word[size++] = (char)toupper((unsigned char)*charset);
	}
	word[size] = '\0';
	if (is_near(word + 1))
		return 0;
	word[size] = ' ';
	word[size + 1] = '\0';
	for (size_t i = 0; i < lists_count(lists, "ok_locales"); i++) {
		if (is_of_language(word, lists_at(lists, "ok_locales", i)))
			return 0;
	}
	return 1;
}

/* ------------------------------------------------------------ header texts */

static void release(void *value)
{
	buf_fini(value);
	free(value);
}

static struct buf *keep(const struct functions_view *view, const char *name)
{
	struct buf *text = alloc_zero(1, sizeof(*text));

	kept_put(view->texts->kept, name, text, release);
	return text;
}

const struct buf *function_once(
        const struct functions_view *view, const char *name, function_fill *fill)
{
	struct buf *text = kept_find(view->texts->kept, name);

	if (!text) {
		text = keep(view, name);
		fill(view, text);
	}
	return text;
}

const struct buf *function_text(const struct functions_view *view, const char *key)
{
	struct buf *text = kept_find(view->texts->kept, key);

	if (!text) {
		text = keep(view, key);
		fields_ask_key(view->texts, key, text);
	}
	return text;
}

static void copy(const struct buf *text, struct buf *out)
{
	buf_clear(out);
	buf_add(out, text->data, text->size);
}

void function_ask(const struct functions_view *view, const char *key, struct buf *out)
{
	copy(function_text(view, key), out);
}

void function_ask_first(const struct functions_view *view, const char *key, struct buf *out)
{
	char *end;

	function_ask(view, key, out);
	end = strchr(out->data, '\n');
	if (end) {
		*end = '\0';
		out->size = (size_t)(end - out->data);
	}
}

void function_ask_squeezed(const struct functions_view *view, const char *key, struct buf *out)
{
	size_t kept = 0;

	function_ask(view, key, out);
	for (size_t i = 0; i < out->size; i++) {
		if (!isspace((unsigned char)out->data[i]))
			out->data[kept++] = out->data[i];
		else if (!kept || out->data[kept - 1] != ' ')
			out->data[kept++] = ' ';
	}
	out->size = kept;
	out->data[kept] = '\0';
}

char *function_line(char **rest)
{
	char *line = *rest, *end;

	if (!*line)
		return NULL;
	end = strchrnul(line, '\n');
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return line;
}

static int has_line(const struct buf *lines, const char *line)
{
	size_t size = strlen(line);
	const char *at = lines->data;

	while (at && (at = strstr(at, line))) {
		if ((at == lines->data || at[-1] == '\n') && (!at[size] || at[size] == '\n'))
			return 1;
		at++;
	}
	return 0;
}

static void add_line(struct buf *lines, const char *line)
{
	if (!*line || lines->size > ADDRESSES_MOST_BYTES || has_line(lines, line))
		return;
	if (lines->size)
		buf_add_char(lines, '\n');
	buf_add_string(lines, line);
}

static void add_lines(const struct functions_view *view, const char *key, struct buf *lines)
{
	struct buf text = {0};
	char *rest, *line;

	function_ask(view, key, &text);
	for (rest = text.data; (line = function_line(&rest));)
		add_line(lines, line);
	buf_fini(&text);
}

static void squeeze_dots(struct buf *lines)
{
	size_t kept = 0;

	for (size_t i = 0; i < lines->size; i++) {
		if (lines->data[i] != '.' || !kept || lines->data[kept - 1] != '.')
			lines->data[kept++] = lines->data[i];
	}
	lines->size = kept;
	lines->data[kept] = '\0';
}

static void find_senders(const struct functions_view *view, struct buf *out)
{
	static const char *const keys[] = {
	        "From:addr", "Envelope-Sender:addr", "Resent-Sender:addr", "X-Envelope-From:addr"};
	struct buf envelope = {0};

	buf_add(out, "", 0);
	add_lines(view, "Resent-From:first:addr", out);
	if (out->size)
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		add_lines(view, keys[i], out);
	if (fields_envelope_from(view->texts, &envelope))
		add_line(out, envelope.data);
	squeeze_dots(out);
	buf_fini(&envelope);
}

void function_senders(const struct functions_view *view, struct buf *out)
{
	copy(function_once(view, "the senders", find_senders), out);
}

/* "for <x@y>;" of the newest three Received fields. */
static void add_received_for(const struct functions_view *view, struct buf *out)
{
	static struct pattern recipient = {" for <?(\\S+@(\\S+?))>?;"};
	struct match_range groups[3];
	struct buf text = {0};
	char *rest, *line, *copy;

	function_ask(view, "Received", &text);
	rest = text.data;
	for (int i = 0; i < 3 && (line = function_line(&rest)); i++) {
		if (!pattern_groups(&recipient, line, strlen(line), 0, groups, 3) ||
		        !domains_is_well_formed(
		                line + groups[2].start, groups[2].end - groups[2].start))
			continue;
		copy = alloc_bytes(line + groups[1].start, groups[1].end - groups[1].start);
		add_line(out, copy);
		free(copy);
	}
	buf_fini(&text);
}

static void find_recipients(const struct functions_view *view, struct buf *out)
{
	static const char *const keys[] = {"To:addr", "Apparently-To:addr", "Delivered-To:addr",
	        "Envelope-Recipients:addr", "Apparently-Resent-To:addr", "X-Envelope-To:addr",
	        "Envelope-To:addr", "X-Delivered-To:addr", "X-Original-To:addr", "X-Rcpt-To:addr",
	        "X-Real-To:addr", "Cc:addr"};

	buf_add(out, "", 0);
	add_lines(view, "Resent-To:first:addr", out);
	add_lines(view, "Resent-Cc:first:addr", out);
	if (out->size)
		return;
	add_received_for(view, out);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		add_lines(view, keys[i], out);
}

void function_recipients(const struct functions_view *view, struct buf *out)
{
	copy(function_once(view, "the recipients", find_recipients), out);
}

int function_is_gated(const struct functions_view *view)
{
	static struct pattern ezmlm = {"^contact \\S+@\\S+; run by ezmlm$", MATCH_MULTILINE};
	static struct pattern list = {"^mailing list \\S+@\\S+", MATCH_MULTILINE};
	static struct pattern qmail = {
	        "qmail [0-9]+ invoked (?:from network|by .{3,20})\\); [0-9]+ ... [0-9]+"};
	static struct pattern groups = {"from groups\\.msn\\.com \\(\\S+\\.msn\\.com "};
	const struct buf *mailing = function_text(view, "Mailing-List");
	const struct buf *delivered = function_text(view, "Delivered-To");
	const struct buf *received = function_text(view, "Received");

	return !received->size || pattern_is(&groups, received->data, received->size) ||
	       (pattern_is(&ezmlm, mailing->data, mailing->size) &&
	               pattern_is(&list, delivered->data, delivered->size) &&
	               pattern_is(&qmail, received->data, received->size));
}
