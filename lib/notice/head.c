#include "lib/notice/head.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/safe.h"
#include "lib/base/text.h"
#include "lib/notice/encode.h"

enum { TITLE_BYTES = 100, ADDRESS_BYTES = 320, LINE_MOST = 76 };

void head_field(struct buf *out, const char *name, const char *value)
{
	buf_add_format(out, "%s: ", name);
	encode_field(value, strlen(name) + 2, out);
	buf_add_string(out, "\r\n");
}

/* RFC 5322 section 3.2.4: a quoted-string. */
static void add_quoted(const char *text, struct buf *out)
{
	buf_add_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
	}
	buf_add_char(out, '"');
}

void head_from(struct buf *out, const struct notice_from *from)
{
	char *title = safe_text(from->title, TITLE_BYTES);
	size_t start = out->size;

	buf_add_string(out, "From: ");
	if (text_is_printable(title) && !strstr(title, "=?"))
		add_quoted(title, out);
	else
		encode_field(title, strlen("From: "), out);
	if (out->size - start + strlen(from->address) + 3 > LINE_MOST)
		buf_add_string(out, "\r\n");
	buf_add_format(out, " <%s>\r\n", from->address);
	free(title);
}

/* What could be read as more than one address, or can't stand in a header, is not shown there: the
 * envelope says who gets it. */
void head_to(struct buf *out, const char *address)
{
	if (strlen(address) > ADDRESS_BYTES || !text_is_printable(address) ||
	        strpbrk(address, " <>"))
		buf_add_string(out, "To: undisclosed-recipients:;\r\n");
	else
		buf_add_format(out, "To: <%s>\r\n", address);
}

/* One header field on one line whatever the item's Message-ID was: only what RFC 5322 calls a
 * msg-id is repeated. */
void head_references(struct buf *out, const char *message_id)
{
	size_t size = strlen(message_id), at;

	if (size < 5 || size > 250 || message_id[0] != '<' || message_id[size - 1] != '>')
		return;
	for (at = 1; at + 1 < size; at++)
		if (message_id[at] <= ' ' || message_id[at] > '~' || strchr("<>()", message_id[at]))
			return;
	buf_add_format(out, "In-Reply-To: %s\r\nReferences: %s\r\n", message_id, message_id);
}
