#include "lib/spam/unicode.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/mime/decode.h"

enum { CHARSET_MOST = 63 };

static int is_ascii(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] & 0x80)
			return 0;
	}
	return 1;
}

/* In these ASCII bytes aren't ASCII characters. */
static int is_shifting(const char *charset)
{
	return text_starts(charset, "utf-16") || text_starts(charset, "utf-32") ||
	       text_starts(charset, "utf16") || text_starts(charset, "iso-2022") ||
	       text_starts(charset, "ucs-") || text_starts(charset, "hz");
}

static int is_utf7(const char *charset)
{
	return text_same(charset, "utf-7") || text_same(charset, "utf7") ||
	       text_same(charset, "unicode-1-1-utf-7");
}

static int is_latin1(const char *charset)
{
	return !*charset || text_same(charset, "iso-8859-1") || text_same(charset, "iso8859-1") ||
	       text_same(charset, "us-ascii") || text_same(charset, "ascii") ||
	       text_same(charset, "utf-8") || text_same(charset, "utf8") ||
	       text_same(charset, "windows-1252") || text_same(charset, "cp1252");
}

/* Is it the charset it says? Whatever in it could not be read is U+FFFD by then. */
static int convert(const char *bytes, size_t size, const char *charset, struct buf *out)
{
	size_t start = out->size;

	decode_charset(bytes, size, charset, out);
	if (out->size > start && memmem(out->data + start, out->size - start, "\xef\xbf\xbd", 3)) {
		out->size = start;
		return 0;
	}
	return 1;
}

void unicode_from(const char *bytes, size_t size, const char *charset, struct buf *out)
{
	charset = charset ? charset : "";
	if (is_utf7(charset) && is_ascii(bytes, size)) {
		/* What isn't by its book is passed over by readers. */
		decode_charset(bytes, size, charset, out);
	} else if (is_shifting(charset) && is_ascii(bytes, size)) {
		if (!convert(bytes, size, charset, out))
			buf_add(out, bytes, size);
	} else if (utf8_valid(bytes, size)) {
		buf_add(out, bytes, size);
	} else if (is_latin1(charset) || !convert(bytes, size, charset, out)) {
		decode_charset(bytes, size, "windows-1252", out);
	}
}

/* ------------------------------------------------------------ RFC 2047 */

struct word {
	char charset[CHARSET_MOST + 1];
	int is_base64;
	const char *text;
	size_t size, whole;
};

static int is_charset_character(char byte)
{
	return isalnum((unsigned char)byte) || (byte && strchr("*_-", byte));
}

/* "=?charset*language?Q?text?=" at `at`; the text has no "?". */
static int read_word(const char *at, size_t size, struct word *word)
{
	size_t end = 2, length, start;
	const char *star, *close;

	while (end < size && end - 2 <= CHARSET_MOST && is_charset_character(at[end]))
		end++;
	if (end == 2 || end - 2 > CHARSET_MOST || size - end < 5 || at[end] != '?' ||
	        !at[end + 1] || !strchr("bBqQ", at[end + 1]) || at[end + 2] != '?')
		return 0;
	start = end + 3;
	close = memchr(at + start, '?', size - start);
	if (!close || close + 1 >= at + size || close[1] != '=')
		return 0;
	star = memchr(at + 2, '*', end - 2);
	length = star ? (size_t)(star - at - 2) : end - 2;
	memcpy(word->charset, at + 2, length);
	word->charset[length] = '\0';
	word->is_base64 = (at[end + 1] | 32) == 'b';
	word->text = at + start;
	word->size = (size_t)(close - word->text);
	word->whole = (size_t)(close + 2 - at);
	return 1;
}

/* "_" is a blank (RFC 2047 section 4.2). */
static void add_quoted(const char *text, size_t size, struct buf *out)
{
	struct buf plain = {0};

	for (size_t i = 0; i < size; i++)
		buf_add_char(&plain, text[i] == '_' ? ' ' : text[i]);
	/* A blank at the end is one here. */
	for (size_t i = 0; i < plain.size; i++) {
		int high = plain.data[i] == '=' && i + 2 < plain.size
		                   ? text_hex_value((unsigned char)plain.data[i + 1])
		                   : -1;
		int low = high >= 0 ? text_hex_value((unsigned char)plain.data[i + 2]) : -1;

		buf_add_char(out, low >= 0 ? (char)(high * 16 + low) : plain.data[i]);
		i += low >= 0 ? 2 : 0;
	}
	buf_fini(&plain);
}

/* Words of one charset are joined as bytes first: a character may be split between them. */
struct words {
	char charset[CHARSET_MOST + 1];
	struct buf bytes;
	struct buf *out;
};

static void flush(struct words *words)
{
	if (words->bytes.size && is_latin1(words->charset) && !text_starts(words->charset, "utf"))
		decode_charset(words->bytes.data, words->bytes.size, "windows-1252", words->out);
	else if (words->bytes.size)
		decode_charset(words->bytes.data, words->bytes.size, words->charset, words->out);
	buf_clear(&words->bytes);
}

static void add_word(struct words *words, const struct word *word)
{
	if (!text_same(words->charset, word->charset))
		flush(words);
	memcpy(words->charset, word->charset, sizeof(words->charset));
	if (word->is_base64)
		decode_base64(word->text, word->size, &words->bytes);
	else
		add_quoted(word->text, word->size, &words->bytes);
}

static size_t blanks(const char *bytes, size_t size)
{
	size_t count = 0;

	while (count < size && isspace((unsigned char)bytes[count]))
		count++;
	return count;
}

static void add_words(const char *bytes, size_t size, struct buf *out)
{
	struct words words = {.out = out};
	struct word word;
	size_t at = 0, gap;
	int after = 0;

	while (at < size) {
		/* Blanks between two words belong to neither (RFC 2047 section 6.2). */
		gap = after ? blanks(bytes + at, size - at) : 0;
		if (size - at - gap > 2 && memcmp(bytes + at + gap, "=?", 2) == 0 &&
		        read_word(bytes + at + gap, size - at - gap, &word)) {
			add_word(&words, &word);
			at += gap + word.whole;
			after = 1;
			continue;
		}
		flush(&words);
		*words.charset = '\0';
		after = 0;
		buf_add_char(out, bytes[at++]);
	}
	flush(&words);
	buf_fini(&words.bytes);
}

int unicode_is_plain(const char *bytes, size_t size, int words)
{
	return is_ascii(bytes, size) && !(words && memmem(bytes, size, "=?", 2));
}

void unicode_header(const char *bytes, size_t size, int words, struct buf *out)
{
	struct buf plain = {0};

	if (unicode_is_plain(bytes, size, words)) {
		buf_add(out, bytes, size);
		return;
	}
	unicode_from(bytes, size, "UTF-8", &plain);
	if (words && plain.size && memmem(plain.data, plain.size, "=?", 2))
		add_words(plain.data, plain.size, out);
	else
		buf_add(out, plain.data, plain.size);
	buf_fini(&plain);
}
