#include "workers/qscan/whole.h"

#include <string.h>

#include "lib/base/text.h"
#include "workers/qscan/raw_form.h"

enum { TEXTS_MOST = 32 };

/* ---------------------------------------------------------------- the form of the message */

static int is_plain_multipart(const char *type)
{
	static const char *const types[] = {"multipart/mixed", "multipart/alternative",
	        "multipart/related", "multipart/signed"};
	size_t at;

	for (at = 0; at < sizeof(types) / sizeof(types[0]); at++)
		if (!strcmp(type, types[at]))
			return 1;
	return 0;
}

static int is_text(const struct mime_part *part)
{
	return text_starts(part->type, "text/");
}

/* One way to read it, and no other. */
static int has_one_reading(const struct mime_part *part)
{
	return !part->other_type_count && !part->is_synthetic && !part->synthetic_count &&
	       !part->is_message && !part->needs_decoding && part->boundary_count <= 1 &&
	       part->encodings == 1u << part->encoding;
}

/* What is attached as text without an encoding may lose or gain a line end on its way to libclamav;
 * other content without one is not what MIME was made for. */
static int is_plain_leaf(const struct mime_part *part)
{
	if (part->encoding == MIME_BASE64)
		return 1;
	if (part->encoding != MIME_IDENTITY && part->encoding != MIME_QUOTED_PRINTABLE)
		return 0;
	return is_text(part) && !part->name_count && !part->is_attachment;
}

static const char *part_needs(const struct mime_part *part, const struct virus_needs *needs)
{
	if (!has_one_reading(part))
		return "a part can be read in several ways";
	if (part->is_multipart)
		return is_plain_multipart(part->type) && part->encoding == MIME_IDENTITY
		               ? NULL
		               : "a multipart of an uncommon kind";
	if (text_starts(part->type, "multipart/") || text_starts(part->type, "message/"))
		return "a part of an uncommon kind";
	if (!is_plain_leaf(part))
		return "a part in an uncommon form";
	return (part->name_count ? needs->names : needs->unnamed) ? "signatures over names" : NULL;
}

/* ---------------------------------------------------------------- contents */

static int has_word(const struct content *content, const char *const *words)
{
	for (; *words; words++)
		if (text_find((const char *)content->bytes, content->size, *words))
			return 1;
	return 0;
}

/* At the beginning of a line. */
static int has_field(const struct content *content)
{
	static const char *const fields[] = {"\nreceived:", "\ncontent-", "\nmime-version:", NULL};
	size_t at, length;

	for (at = 0; fields[at]; at++) {
		length = strlen(fields[at] + 1);
		if (content->size >= length &&
		        text_same_bytes((const char *)content->bytes, length, fields[at] + 1))
			return 1;
	}
	return has_word(content, fields);
}

/* In a text: what makes a reader look for mail in it, and what links are made of. */
static const char *text_needs(const struct content *content, const struct virus_needs *needs)
{
	static const char *const links[] = {"href", "src", "<form", NULL}, *const addresses[] = {
	                                                                           "://", "www.",
	                                                                           NULL};

	if (memchr(content->bytes, '\r', content->size))
		return "lines end in CRLF";
	if (memchr(content->bytes, '\0', content->size))
		return "a text with a NUL";
	if (has_field(content))
		return "a text with fields of mail";
	if (needs->links && has_word(content, links))
		return "links are watched";
	if (needs->addresses && has_word(content, addresses))
		return "addresses on the web are watched";
	return NULL;
}

static const char *content_needs(
        const struct scan *scan, const struct content *content, const struct virus_needs *needs)
{
	const struct mime_part *part;

	if (content->part == SCAN_NO_PART)
		return "GMime sees more parts";
	part = &scan->map->parts[content->part];
	if (content->level || part->is_multipart)
		return NULL;
	if (!content->bytes)
		return "a part could not be decoded";
	if (!strcmp(content->kind, "mail") || !strcmp(content->kind, "text"))
		return "files or mail in a text";
	return is_text(part) ? text_needs(content, needs) : NULL;
}

/* Each scan has a price of its own: above that the whole is cheaper. */
static int has_many_texts(const struct scan *scan)
{
	size_t at, count = 0;

	for (at = 0; at < scan->content_count; at++)
		count += whole_adds_line_end(scan, &scan->contents[at]) != 0;
	return count > TEXTS_MOST;
}

const char *whole_needed(const struct scan *scan, const struct virus_needs *needs)
{
	const char *why = needs->obstacle;
	size_t at;

	if (why)
		return why;
	if (!scan->map || !scan->view || scan->map->truncated || scan->view->truncated)
		return "not all parts are known";
	if (scan->map->noted)
		return mime_anomaly_text(scan->map->anomalies[0].kind);
	why = raw_form_oddity(scan->map);
	for (at = 0; at < scan->finding_count && !why; at++)
		if (scan->findings[at].unscanned != UNSCANNED_NOT)
			return "not everything was scanned";
	for (at = 0; at < scan->map->part_count && !why; at++)
		why = part_needs(&scan->map->parts[at], needs);
	for (at = 0; at < scan->content_count && !why; at++)
		why = content_needs(scan, &scan->contents[at], needs);
	return !why && has_many_texts(scan) ? "many texts" : why;
}

int whole_adds_line_end(const struct scan *scan, const struct content *content)
{
	const struct mime_part *part;

	if (content->level || content->part == SCAN_NO_PART || !content->bytes || !scan->map)
		return 0;
	part = &scan->map->parts[content->part];
	if (part->is_multipart || part->encoding == MIME_BASE64)
		return 0;
	return content->part > 0 || !content->size || content->bytes[content->size - 1] != '\n';
}

/* ---------------------------------------------------------------- the bytes */

static const char first_field[] = "Received: by localhost\r\n";

static int begins_like_mail(const struct scan *scan)
{
	return scan->size >= 9 && text_same_bytes((const char *)scan->bytes, 9, "Received:");
}

/* Parts stand in the order of their beginning, children behind their parent. */
static void add_without(const struct scan *scan, const unsigned char *without, struct buf *out)
{
	size_t at, from = 0;

	for (at = 0; at < scan->map->part_count; at++) {
		struct mime_range body = scan->map->parts[at].body;

		if (!without[at] || body.offset < from)
			continue;
		buf_add(out, scan->bytes + from, body.offset - from);
		from = body.offset + body.length;
	}
	buf_add(out, scan->bytes + from, scan->size - from);
}

struct whole whole_bytes(const struct scan *scan, const unsigned char *without, struct buf *out)
{
	if (begins_like_mail(scan) && !without)
		return (struct whole){scan->bytes, scan->size};
	if (!begins_like_mail(scan))
		buf_add_string(out, first_field);
	if (without)
		add_without(scan, without, out);
	else
		buf_add(out, scan->bytes, scan->size);
	return (struct whole){(const unsigned char *)out->data, out->size};
}
