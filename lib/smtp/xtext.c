#include "lib/smtp/xtext.h"

#include <string.h>

static int is_plain(unsigned char byte)
{
	return byte > ' ' && byte < 127 && byte != '+' && byte != '=';
}

void xtext_add(struct buf *out, const char *text, size_t most)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length;

	for (; *at; at++) {
		length = is_plain(*at) ? 1 : 3;
		if (length > most)
			return;
		most -= length;
		if (length == 1)
			buf_add_char(out, (char)*at);
		else
			buf_add_format(out, "+%02X", *at);
	}
}

static int is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

int xtext_valid(const char *text, size_t most)
{
	size_t size = strlen(text), at;

	if (!size || size > most)
		return 0;
	for (at = 0; at < size; at++) {
		if (text[at] == '+' && is_hex(text[at + 1]) && is_hex(text[at + 2]))
			at += 2;
		else if (!is_plain((unsigned char)text[at]))
			return 0;
	}
	return 1;
}
