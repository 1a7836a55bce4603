/*
 * Charsets and header text for decode.h.
 */
#include "lib/mime/decode.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"

enum { CHARSET_ROOM = 64 }; /* of a name in an encoded word; longer ones are no word */

/* Kept open for the life of the process: a scanner behind its sandbox can load no converter. What
 * browsers know, and the code pages that mail programs still name. */
static struct {
	const char *name;
	iconv_t converter;
} kept[] = {
        {"iso-8859-1"},
        {"iso-8859-2"},
        {"iso-8859-3"},
        {"iso-8859-4"},
        {"iso-8859-5"},
        {"iso-8859-6"},
        {"iso-8859-7"},
        {"iso-8859-8"},
        {"iso-8859-9"},
        {"iso-8859-13"},
        {"iso-8859-14"},
        {"iso-8859-15"},
        {"iso-8859-16"},
        {"windows-1250"},
        {"windows-1251"},
        {"windows-1252"},
        {"windows-1253"},
        {"windows-1254"},
        {"windows-1255"},
        {"windows-1256"},
        {"windows-1257"},
        {"windows-1258"},
        {"koi8-r"},
        {"koi8-u"},
        {"gb2312"},
        {"gbk"},
        {"gb18030"},
        {"big5"},
        {"big5-hkscs"},
        {"shift_jis"},
        {"euc-jp"},
        {"iso-2022-jp"},
        {"iso-2022-kr"},
        {"iso-2022-cn"},
        {"euc-kr"},
        {"tis-620"},
        {"utf-7"},
        {"utf-16le"},
        {"utf-16be"},
        {"utf-32le"},
        {"utf-32be"},
        {"macintosh"},
        {"ibm437"},
        {"ibm850"},
        {"ibm866"},
        {"iso-8859-10"},
        {"iso-8859-11"},
        {"iso-2022-jp-2"},
        {"iso-2022-jp-3"},
        {"iso-2022-cn-ext"},
        {"euc-jp-ms"},
        {"euc-jisx0213"},
        {"shift_jisx0213"},
        {"windows-31j"},
        {"euc-tw"},
        {"cp949"},
        {"johab"},
        {"windows-874"},
        {"koi8-t"},
        {"koi8-ru"},
        {"mac-cyrillic"},
        {"mac-centraleurope"},
        {"armscii-8"},
        {"georgian-ps"},
        {"viscii"},
        {"tcvn"},
        {"tscii"},
        {"pt154"},
        {"t.61"},
        {"iso_6937"},
        {"ibm737"},
        {"ibm775"},
        {"ibm852"},
        {"ibm855"},
        {"ibm857"},
        {"ibm858"},
        {"ibm860"},
        {"ibm861"},
        {"ibm862"},
        {"ibm863"},
        {"ibm864"},
        {"ibm865"},
        {"ibm869"},
        {"ibm037"},
        {"ibm273"},
        {"ibm277"},
        {"ibm278"},
        {"ibm280"},
        {"ibm284"},
        {"ibm285"},
        {"ibm290"},
        {"ibm297"},
        {"ibm420"},
        {"ibm423"},
        {"ibm424"},
        {"ibm500"},
        {"ibm870"},
        {"ibm871"},
        {"ibm880"},
        {"ibm905"},
        {"ibm1025"},
        {"ibm1026"},
        {"ibm1047"},
        {"ibm1140"},
        {"ibm1141"},
        {"ibm1142"},
        {"ibm1143"},
        {"ibm1144"},
        {"ibm1145"},
        {"ibm1146"},
        {"ibm1147"},
        {"ibm1148"},
        {"ibm1149"},
        {"ebcdic-us"},
};
enum { KEPT_COUNT = sizeof kept / sizeof kept[0] };
static int started;

void decode_start(void)
{
	size_t at;

	if (started)
		return;
	for (at = 0; at < KEPT_COUNT; at++)
		kept[at].converter = iconv_open("UTF-8", kept[at].name);
	started = 1;
}

static const iconv_t none = (iconv_t)-1;

/* Names that mail programs give and iconv doesn't know, or would have to load anew. */
static const struct {
	const char *name, *kept;
} aliases[] = {
        {"cp866", "ibm866"},
        {"cp932", "windows-31j"},
        {"cp936", "gbk"},
        {"cp950", "big5"},
        {"cn-big5", "big5"},
        {"cn-gb", "gb2312"},
        {"euc-cn", "gb2312"},
        {"gb_2312-80", "gb2312"},
        {"csgb2312", "gb2312"},
        {"csiso2022jp", "iso-2022-jp"},
        {"cskoi8r", "koi8-r"},
        {"csksc56011987", "cp949"},
        {"csshiftjis", "shift_jis"},
        {"dos-874", "windows-874"},
        {"iso-8859-6-i", "iso-8859-6"},
        {"iso-8859-8-i", "iso-8859-8"},
        {"iso-8859-1-windows", "windows-1252"},
        {"koi", "koi8-r"},
        {"koi8", "koi8-r"},
        {"korean", "cp949"},
        {"ks_c_5601-1987", "cp949"},
        {"ks_c_5601-1989", "cp949"},
        {"ksc5601", "cp949"},
        {"ksc_5601", "cp949"},
        {"mac-roman", "macintosh"},
        {"mac", "macintosh"},
        {"ms_kanji", "shift_jis"},
        {"shift-jis", "shift_jis"},
        {"shiftjis", "shift_jis"},
        {"sjis", "shift_jis"},
        {"uhc", "cp949"},
        {"unicode-1-1-utf-7", "utf-7"},
        {"unicode-2-0-utf-7", "utf-7"},
        {"utf7", "utf-7"},
        {"windows-936", "gbk"},
        {"windows-949", "cp949"},
        {"windows-950", "big5"},
};

/* "cp1251" is "windows-1251", and "cp850" "ibm850". `room` has CHARSET_ROOM bytes. NULL: no such.
 */
static const char *numbered_name(const char *charset, char *room)
{
	static const char *const prefixes[] = {"cp-", "cp", "win-", "ibm-"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		const char *number = charset + strlen(prefixes[i]);

		if (!text_starts(charset, prefixes[i]) || strlen(number) > 5 ||
		        number[strspn(number, "0123456789")])
			continue;
		snprintf(room, CHARSET_ROOM,
		        strncmp(number, "125", 3) == 0 ? "windows-%s" : "ibm%s", number);
		return room;
	}
	return NULL;
}

static const char *usual_name(const char *charset, char *room)
{
	const char *numbered;

	if (text_starts(charset, "x-"))
		charset += 2;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		if (text_same(charset, aliases[i].name))
			return aliases[i].kept;
	}
	numbered = numbered_name(charset, room);
	return numbered ? numbered : charset;
}

static iconv_t find_kept(const char *charset)
{
	for (size_t at = 0; at < KEPT_COUNT; at++) {
		if (text_same(charset, kept[at].name) && kept[at].converter != none) {
			iconv(kept[at].converter, NULL, NULL, NULL, NULL);
			return kept[at].converter;
		}
	}
	return none;
}

/* Lends a kept converter, or opens one, which *own tells to close. */
static iconv_t converter_open(const char *charset, int *own)
{
	char room[CHARSET_ROOM];
	iconv_t converter;

	*own = 0;
	decode_start();
	converter = find_kept(charset);
	if (converter != none)
		return converter;
	charset = usual_name(charset, room);
	converter = find_kept(charset);
	if (converter != none)
		return converter;
	if (strpbrk(charset, "/ ") || strlen(charset) > 40)
		return none;
	*own = 1;
	return iconv_open("UTF-8", charset);
}

static void add_replacement(struct buf *out)
{
	buf_add(out, "\xEF\xBF\xBD", 3);
}

/* With `resets` what comes behind an error is read from the beginning: in UTF-7 all the rest would
 * be one. */
static void convert(iconv_t converter, const char *from, size_t size, int resets, struct buf *out)
{
	char *in = (char *)from, *to;
	size_t left = size, room, result;

	while (left) {
		buf_reserve(out, left * 2 + 16);
		to = out->data + out->size;
		room = left * 2 + 16;
		result = iconv(converter, &in, &left, &to, &room);
		out->size = (size_t)(to - out->data);
		if (result != (size_t)-1)
			break;
		if (errno == E2BIG)
			continue;
		add_replacement(out);
		in++;
		left--;
		if (resets)
			iconv(converter, NULL, NULL, NULL, NULL);
	}
	buf_add(out, "", 0);
}

static void add_windows_1252(unsigned char c, struct buf *out)
{
	static const unsigned short high[32] = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026,
	        0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
	        0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
	        0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
	char text[4];

	buf_add(out, text, utf8_encode(c >= 0x80 && c < 0xA0 ? high[c - 0x80] : c, text));
}

/* What no charset explains: UTF-8 if all of it is, else windows-1252. */
static void guess(const unsigned char *bytes, size_t size, struct buf *out)
{
	size_t at;

	if (utf8_valid(bytes, size)) {
		buf_add(out, bytes, size);
		return;
	}
	for (at = 0; at < size; at++)
		add_windows_1252(bytes[at], out);
}

/* Valid characters are taken, each other byte is U+FFFD. */
static void repair_utf8(const unsigned char *bytes, size_t size, struct buf *out)
{
	size_t at = 0, length;

	while (at < size) {
		length = utf8_decode(bytes + at, size - at, NULL);
		if (length)
			buf_add(out, bytes + at, length);
		else
			add_replacement(out);
		at += length ? length : 1;
	}
}

/* UTF-16 without a mark is big-endian (RFC 2781 section 4.3), but what comes from Windows isn't. */
static const char *which_utf16(const unsigned char *bytes, size_t size)
{
	size_t at, even = 0, odd = 0;

	if (size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE)
		return "utf-16le";
	for (at = 0; at + 1 < size; at += 2) {
		even += !bytes[at];
		odd += !bytes[at + 1];
	}
	return odd > even ? "utf-16le" : "utf-16be";
}

void decode_charset(const void *bytes, size_t size, const char *charset, struct buf *out)
{
	iconv_t converter;
	int own;

	buf_add(out, "", 0);
	if (text_same(charset, "utf-8") || text_same(charset, "utf8")) {
		repair_utf8(bytes, size, out);
		return;
	}
	if (!*charset || text_same(charset, "us-ascii") || text_same(charset, "ascii")) {
		guess(bytes, size, out);
		return;
	}
	if (text_same(charset, "utf-16"))
		charset = which_utf16(bytes, size);
	converter = converter_open(charset, &own);
	if (converter == none) {
		guess(bytes, size, out);
		return;
	}
	convert(converter, bytes, size, text_same(charset, "utf-7"), out);
	if (own)
		iconv_close(converter);
}

/* ---------------------------------------------------------------- RFC 2047 */

struct word {
	char charset[CHARSET_ROOM];
	int base64;
	const char *text;
	size_t size;
	const char *behind;
};

/* Words of one charset are joined as bytes first: a character may be split between them. */
struct words {
	char charset[CHARSET_ROOM];
	struct buf bytes;
	struct buf *out;
};

static void flush(struct words *words)
{
	if (words->bytes.size)
		decode_charset(words->bytes.data, words->bytes.size, words->charset, words->out);
	buf_clear(&words->bytes);
}

/* Quoted-printable but for "_", which is a blank (RFC 2047 section 4.2). */
static void add_q(const char *text, size_t size, struct buf *out)
{
	char *copy = alloc_bytes(text, size);
	size_t at;

	for (at = 0; at < size; at++)
		if (copy[at] == '_')
			copy[at] = ' ';
	decode_quoted_printable(copy, size, out);
	free(copy);
}

static void add_word(struct words *words, const struct word *word)
{
	if (!text_same(words->charset, word->charset))
		flush(words);
	memcpy(words->charset, word->charset, sizeof words->charset);
	if (word->base64)
		decode_base64(word->text, word->size, &words->bytes);
	else
		add_q(word->text, word->size, &words->bytes);
}

/* Reads "=?charset*language?Q?text?=" at `at`. *no_end is set once no "?=" was found: none is
 * looked for again, which keeps hostile text linear. */
static int read_word(const char *at, const char *end, struct word *word, int *no_end)
{
	const char *mark = at + 2, *star, *close;
	size_t size;

	while (mark < end && *mark != '?' && mark - at < 2 + CHARSET_ROOM - 1)
		mark++;
	if (end - mark < 5 || *mark != '?' || mark[2] != '?' || !strchr("QqBb", mark[1]) ||
	        !mark[1])
		return 0;
	close = *no_end ? NULL : memmem(mark + 3, (size_t)(end - mark - 3), "?=", 2);
	*no_end = !close;
	if (!close)
		return 0;
	star = memchr(at + 2, '*', (size_t)(mark - at - 2));
	size = (size_t)((star ? star : mark) - at - 2);
	memcpy(word->charset, at + 2, size);
	word->charset[size] = '\0';
	word->base64 = (mark[1] | 32) == 'b';
	word->text = mark + 3;
	word->size = (size_t)(close - word->text);
	word->behind = close + 2;
	return 1;
}

static int all_blank(const char *from, const char *to)
{
	while (from < to && strchr(" \t\r\n", *from) && *from)
		from++;
	return from == to;
}

static void decode_words(const char *at, const char *end, struct buf *out)
{
	struct words words = {.out = out};
	const char *plain = at, *mark = at;
	struct word word;
	int no_end = 0, after_word = 0;

	while (mark < end && (mark = memmem(mark, (size_t)(end - mark), "=?", 2))) {
		if (!read_word(mark, end, &word, &no_end)) {
			mark += 2;
			continue;
		}
		/* Blanks between two words belong to neither (RFC 2047 section 6.2). */
		if (!after_word || !all_blank(plain, mark)) {
			flush(&words);
			guess((const unsigned char *)plain, (size_t)(mark - plain), out);
		}
		add_word(&words, &word);
		after_word = 1;
		plain = mark = word.behind;
	}
	flush(&words);
	guess((const unsigned char *)plain, (size_t)(end - plain), out);
	buf_fini(&words.bytes);
}

/* Control characters go; tabs and line ends become blanks. */
static char *without_controls(const struct buf *text)
{
	const unsigned char *bytes = (const unsigned char *)text->data;
	struct buf out = {0};
	size_t at = 0, length;
	uint32_t code;

	buf_reserve(&out, text->size);
	for (; at < text->size; at += length) {
		length = utf8_decode(bytes + at, text->size - at, &code);
		if (!length) {
			length = 1;
			add_replacement(&out);
		} else if (code == '\t' || code == '\n' || code == '\v' || code == '\f') {
			buf_add_char(&out, ' ');
		} else if (code >= 0x20 && (code < 0x7F || code >= 0xA0)) {
			buf_add(&out, bytes + at, length);
		}
	}
	buf_add(&out, "", 0);
	return buf_give(&out);
}

/* A fold's line end is nothing; the blank behind it stays (RFC 5322 section 2.2.3). A CR elsewhere
 * leaves as a blank (lib/smtp), and is one. */
static void unfold(const char *bytes, size_t size, struct buf *out)
{
	size_t at, start = 0;

	while (start < size && (bytes[start] == ' ' || bytes[start] == '\t'))
		start++;
	buf_reserve(out, size);
	for (at = start; at < size; at++)
		if (bytes[at] == '\r' && at + 1 < size && bytes[at + 1] != '\n')
			out->data[out->size++] = ' ';
		else if (bytes[at] != '\r' && bytes[at] != '\n')
			out->data[out->size++] = bytes[at];
	buf_add(out, "", 0);
}

char *decode_header_text(const void *bytes, size_t size)
{
	struct buf flat = {0}, text = {0};
	char *clean;

	unfold(bytes, size, &flat);
	decode_words(flat.data, flat.data + flat.size, &text);
	buf_add(&text, "", 0);
	clean = without_controls(&text);
	buf_fini(&flat);
	buf_fini(&text);
	return clean;
}

char *decode_field(const struct mime_map *map, size_t part, const char *name, size_t nth)
{
	const struct mime_field *field = mime_field(map, part, name, nth);

	return field ? decode_header_text(map->bytes + field->value.offset, field->value.length)
	             : NULL;
}
