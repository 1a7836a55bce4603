#include "lib/notice/encode.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/quoted.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"

enum {
	LINE_MOST = 76,
	WORD_BYTES = 42
}; /* 42 bytes are 56 of base64: a word of 68 octets, of 75 allowed */

/* Folds at blanks only, so that the value unfolds to itself. */
static void add_folded(const char *text, size_t column, struct buf *out)
{
	const char *end;

	while (*text) {
		end = text + 1;
		while (*end && *end != ' ')
			end++;
		if (column + (size_t)(end - text) > LINE_MOST && *text == ' ' && end - text > 1) {
			buf_add_string(out, "\r\n");
			column = 0;
		}
		buf_add(out, text, (size_t)(end - text));
		column += (size_t)(end - text);
		text = end;
	}
}

/* A run of whole characters of at most WORD_BYTES; a byte that is no UTF-8 counts as one and is
 * replaced. */
static size_t next_word(const unsigned char *text, size_t size, struct buf *word)
{
	size_t at = 0, length;

	buf_clear(word);
	while (at < size) {
		length = utf8_decode(text + at, size - at, NULL);
		if (word->size + (length ? length : 3) > WORD_BYTES)
			break;
		if (!length)
			buf_add_string(word, "\xef\xbf\xbd");
		else if (length == 1 && (text[at] < ' ' || text[at] == 127))
			buf_add_char(word, ' ');
		else
			buf_add(word, text + at, length);
		at += length ? length : 1;
	}
	return at;
}

void encode_field(const char *text, size_t column, struct buf *out)
{
	struct buf word = {0};
	size_t at = 0, size = strlen(text);

	if (text_is_printable(text) && !strstr(text, "=?")) {
		add_folded(text, column, out);
		return;
	}
	while (at < size) {
		if (at)
			buf_add_string(out, "\r\n ");
		at += next_word((const unsigned char *)text + at, size - at, &word);
		buf_add_string(out, "=?utf-8?B?");
		base64_add(out, word.data, word.size);
		buf_add_string(out, "?=");
	}
	buf_fini(&word);
}

void encode_body(const char *text, struct buf *out)
{
	size_t size = strlen(text);

	quoted_add(out, text, "\r\n");
	if (size && text[size - 1] != '\n')
		buf_add_string(out, "\r\n");
}
