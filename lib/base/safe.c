#include "lib/base/safe.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/utf8.h"

char *safe_text(const char *text, size_t most)
{
	static const char more[] = "…";
	const unsigned char *in = (const unsigned char *)text;
	size_t at = 0, size = strlen(text), run;
	struct buf out = {0};

	buf_add_string(&out, "");
	while (at < size) {
		run = utf8_printable(in + at, size - at);
		if (out.size + (run ? run : 1) + sizeof(more) - 1 > most &&
		        size - at > most - out.size) {
			buf_add_string(&out, more);
			break;
		}
		if (run)
			buf_add(&out, in + at, run);
		else
			buf_add_char(&out, in[at] == '\t' ? ' ' : '?');
		at += run ? run : 1;
	}
	return buf_give(&out);
}

char *safe_ascii(const char *text, size_t most)
{
	struct buf out = {0};
	size_t at;

	buf_add_string(&out, "");
	for (at = 0; text[at] && at < most; at++)
		buf_add_char(&out, text[at] >= ' ' && text[at] <= '~' ? text[at] : '?');
	return buf_give(&out);
}
