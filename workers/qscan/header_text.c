#include "workers/qscan/header_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/mime/view.h"

char *header_text_fold(const char *utf8)
{
	char *composed = view_nfkc(utf8);
	const unsigned char *at = (const unsigned char *)composed;
	size_t left = strlen(composed), length;
	struct buf folded = {0};
	uint32_t code;
	int blank = 0;

	buf_add(&folded, "", 0);
	for (; left; at += length, left -= length) {
		length = utf8_decode(at, left, &code);
		if (!length || code <= ' ') {
			length = length ? length : 1;
			blank = folded.size > 0;
			continue;
		}
		if (utf8_is_invisible(code) || code == 0xad)
			continue;
		if (blank)
			buf_add_char(&folded, ' ');
		blank = 0;
		buf_add(&folded, at, length);
	}
	free(composed);
	return buf_give(&folded);
}

/* What mail programs of several languages put before an answer or a forwarded subject. */
static const char *const prefixes[] = {"re", "r", "fwd", "fw", "aw", "wg", "sv", "vs", "vb", "antw",
        "doorst", "tr", "rif", "i", "res", "enc", "rv", "odp", "pd", "ynt", "ilt", "vl", "fs"};

/* The length of "re:", "re[2]:", "re (3) :" at the front; 0 if none is there. */
static size_t answer_length(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), at;

	for (at = 0; at < sizeof(prefixes) / sizeof(prefixes[0]); at++)
		if (text_same_bytes(text, length, prefixes[at]))
			break;
	if (at == sizeof(prefixes) / sizeof(prefixes[0]))
		return 0;
	length += strspn(text + length, " ");
	if (text[length] == '[' || text[length] == '(' || text[length] == '^')
		length += 1 + strspn(text + length + 1, "0123456789])");
	length += strspn(text + length, " ");
	return text[length] == ':' ? length + 1 : 0;
}

static size_t list_length(const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL;

	return end ? (size_t)(end - text) + 1 : 0;
}

const char *header_text_strip(const char *text)
{
	size_t length;

	do {
		text += strspn(text, " \t\r\n");
		length = answer_length(text);
		if (!length)
			length = list_length(text);
		text += length;
	} while (length);
	return text;
}
