#include "lib/notice/carry.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/base/safe.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/notice/encode.h"
#include "lib/notice/head.h"

enum {
	NAME_BYTES = 120,
	EXTENSION_BYTES = 16,
	SUBJECT_BYTES = 400,
	LINE_BYTES = 57,
	TEXT_BYTES = 300
};

/* ---------------------------------------------------------------- names */

/* A long name keeps its extension, by which it is opened. To be freed. */
static char *bounded(const char *name)
{
	const char *extension = strrchr(name, '.');
	char *front, *back, *out;

	if (strlen(name) <= NAME_BYTES || !extension || strlen(extension) > EXTENSION_BYTES)
		return safe_text(name, NAME_BYTES);
	front = safe_text(name, NAME_BYTES - EXTENSION_BYTES);
	back = safe_text(extension, EXTENSION_BYTES);
	out = alloc_format("%s%s", front, back);
	free(front);
	free(back);
	return out;
}

char *carry_name(const char *name, uint32_t part)
{
	static const char forbidden[] = "<>:\"|?*%\\/?";
	const char *at, *last = name;
	struct buf out = {0};
	char *safe, *from;
	size_t size;

	for (at = name; *at; at++)
		if (*at == '/' || *at == '\\')
			last = at + 1;
	safe = bounded(last);
	for (from = safe; *from == '.' || *from == ' '; from++)
		;
	for (; *from; from++)
		buf_add_char(&out, strchr(forbidden, *from) ? '_' : *from);
	for (size = out.size; size && strchr(". ", out.data[size - 1]); size--)
		;
	free(safe);
	if (!size) {
		buf_fini(&out);
		return alloc_format("part-%u", part);
	}
	out.data[size] = '\0';
	return buf_give(&out);
}

/* RFC 2231 where it is not plain ASCII. Not in two forms: readers differ in which they take. */
static void add_file_name(struct buf *out, const char *name)
{
	const unsigned char *at;

	if (text_is_printable(name) && !strpbrk(name, "\"\\")) {
		buf_add_format(
		        out, "Content-Disposition: attachment;\r\n filename=\"%s\"\r\n", name);
		return;
	}
	buf_add_string(out, "Content-Disposition: attachment;\r\n filename*=UTF-8''");
	for (at = (const unsigned char *)name; *at; at++)
		if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		        (*at >= '0' && *at <= '9') || *at == '.' || *at == '-' || *at == '_')
			buf_add_char(out, (char)*at);
		else
			buf_add_format(out, "%%%02X", *at);
	buf_add_string(out, "\r\n");
}

/* ---------------------------------------------------------------- the mail */

static void add_subject(struct buf *out, const char *subject)
{
	char *safe = safe_text(subject, SUBJECT_BYTES), *line;

	line = alloc_format("%s%s", text_starts(safe, "re:") ? "" : "Re: ", safe);
	head_field(out, "Subject", line);
	free(line);
	free(safe);
}

static void add_header(
        struct buf *out, const struct notice_from *from, const struct carry *carry, int64_t wall_ms)
{
	char date[40];

	clock_mail_date(wall_ms, date, sizeof(date));
	buf_add_format(out, "Date: %s\r\n", date);
	head_from(out, from);
	head_to(out, carry->to);
	buf_add_format(out, "Message-ID: <part.%s.%u.%s@%s>\r\n", carry->item->id, carry->part,
	        carry->unique, from->site);
	add_subject(out, carry->item->subject);
	head_references(out, carry->item->header_message_id);
	buf_add_string(out, "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n");
	buf_add_format(out, "X-Lazaret-Part: %s %u\r\nMIME-Version: 1.0\r\n", carry->item->id,
	        carry->part);
	buf_add_format(
	        out, "Content-Type: multipart/mixed; boundary=\"=_%s\"\r\n\r\n", carry->unique);
}

/* What a mail's content has chosen, as one harmless line. */
static void add_line(struct buf *text, const char *name, const char *value)
{
	char *safe = safe_text(value, TEXT_BYTES);

	buf_add_format(text, "%s: %s\n", name, safe);
	free(safe);
}

static void add_words(struct buf *out, const struct carry *carry)
{
	const Lz__Item *item = carry->item;
	const Lz__Part *part = item->parts[carry->part - 1];
	struct buf text = {0};

	buf_add_format(&text,
	        "This part of a message was kept back, and the administrator has released "
	        "it%s.\n\n",
	        carry->is_packed ? " in a ZIP file with a password, which you get in another way"
	                         : "");
	add_line(&text, "Name", part->name);
	add_line(&text, "Type", part->type);
	add_line(&text, "SHA-256", part->sha256);
	add_line(&text, "Sender", *item->reverse_path ? item->reverse_path : "<>");
	add_line(&text, "From", item->header_from);
	add_line(&text, "Subject", item->subject);
	add_line(&text, "Kept because", *part->reason ? part->reason : item->detail);
	add_line(&text, "Item", item->id);
	buf_add_format(out,
	        "--=_%s\r\nContent-Type: text/plain; charset=utf-8\r\n"
	        "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	        carry->unique);
	encode_body(text.data, out);
	buf_fini(&text);
}

static void add_attachment(struct buf *out, const struct carry *carry)
{
	const unsigned char *bytes = carry->bytes;
	size_t at, size;

	buf_add_format(out, "--=_%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n",
	        carry->unique, carry->is_packed ? "application/zip" : "application/octet-stream");
	add_file_name(out, carry->name);
	buf_add_string(out, "\r\n");
	buf_reserve(out, carry->size / 3 * 4 + carry->size / LINE_BYTES * 2 + 100);
	for (at = 0; at < carry->size; at += size) {
		size = carry->size - at < LINE_BYTES ? carry->size - at : LINE_BYTES;
		base64_add(out, bytes + at, size);
		buf_add_string(out, "\r\n");
	}
	buf_add_format(out, "--=_%s--\r\n", carry->unique);
}

void carry_compose(
        const struct notice_from *from, const struct carry *carry, int64_t wall_ms, struct buf *out)
{
	add_header(out, from, carry, wall_ms);
	add_words(out, carry);
	add_attachment(out, carry);
}
