#include "lib/base/quoted.h"

enum { LINE_MOST = 76 };

static int must_quote(const char *text, size_t column)
{
	unsigned char c = (unsigned char)*text;

	if (c == ' ' || c == '\t')
		return !text[1] || text[1] == '\n' || text[1] == '\r';
	/* At a line's beginning a dash could make a delimiter, a dot or "F" trouble underway. */
	return c < 33 || c > 126 || c == '=' || (!column && (c == '-' || c == '.' || c == 'F'));
}

void quoted_add(struct buf *out, const char *text, const char *line_end)
{
	size_t column = 0, width;

	for (; *text; text++) {
		if (*text == '\r' && text[1] == '\n')
			continue;
		if (*text == '\n') {
			buf_add_string(out, line_end);
			column = 0;
			continue;
		}
		width = must_quote(text, column) ? 3 : 1;
		if (column + width >= LINE_MOST) {
			buf_add_format(out, "=%s", line_end);
			column = 0;
			width = must_quote(text, column) ? 3 : 1;
		}
		if (width == 3)
			buf_add_format(out, "=%02X", (unsigned char)*text);
		else
			buf_add_char(out, *text);
		column += width;
	}
}
