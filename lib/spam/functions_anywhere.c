/*
 * A fixed text, looked for in every text part there is. It is no function of SpamAssassin: what
 * body and rawbody rules see is what they see there, without calendars and cards, and bytes of
 * UTF-16 as they came, and that must stay so for all the others.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/mime/decode.h"
#include "lib/spam/function.h"

enum { DECODED_DEEP = 5 }; /* messages with a transfer encoding, one inside the other */

struct search {
	const char *text;
	size_t size;
};

static int holds(const struct search *search, const char *bytes, size_t size)
{
	return size && memmem(bytes, size, search->text, search->size) != NULL;
}

/* ------------------------------------------------------------ one text */

/* Lines that are folded where they were too long (RFC 5545 section 3.1, RFC 6350 section 3.2). */
static int is_folded(const char *type)
{
	return strcmp(type, "text/calendar") == 0 || strcmp(type, "text/vcard") == 0 ||
	       strcmp(type, "text/x-vcard") == 0 || strcmp(type, "text/x-vcalendar") == 0 ||
	       strcmp(type, "text/directory") == 0;
}

/* In these ASCII is itself. UTF-16 and UTF-32 are not asked for: without their NULs they are
 * ASCII where we look for that, whoever declares them or doesn't. */
static int is_like_ascii(const char *charset)
{
	static const char *const words[] = {"us-ascii", "ascii", "utf-8", "utf8", "iso-8859",
	        "iso8859", "windows-", "koi8-", "gb", "big5", "euc-", "shift_jis"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (text_starts(charset, words[i]))
			return 1;
	}
	return !*charset;
}

static void add_without_nul(const char *bytes, size_t size, struct buf *out)
{
	for (size_t at = 0; at < size; at++) {
		if (bytes[at])
			buf_add_char(out, bytes[at]);
	}
}

static void unfold(struct buf *text)
{
	size_t kept = 0;

	for (size_t at = 0; at < text->size; at++) {
		char byte = text->data[at];

		if ((byte == ' ' || byte == '\t') && kept && text->data[kept - 1] == '\n') {
			kept -= kept > 1 && text->data[kept - 2] == '\r' ? 2 : 1;
			continue;
		}
		text->data[kept++] = byte;
	}
	text->size = kept;
}

static int is_in_plain_form(
        const struct search *search, const char *type, const char *bytes, size_t size)
{
	struct buf plain = {0};
	int found;

	add_without_nul(bytes, size, &plain);
	if (is_folded(type))
		unfold(&plain);
	found = holds(search, plain.data, plain.size);
	buf_fini(&plain);
	return found;
}

static int is_in_text(
        const struct search *search, const struct mime_part *part, const char *bytes, size_t size)
{
	struct buf converted = {0};
	int found;

	if (!size)
		return 0;
	if (holds(search, bytes, size))
		return 1;
	if ((is_folded(part->type) || memchr(bytes, '\0', size)) &&
	        is_in_plain_form(search, part->type, bytes, size))
		return 1;
	if (is_like_ascii(part->charset))
		return 0;
	decode_charset(bytes, size, part->charset, &converted);
	found = converted.size &&
	        is_in_plain_form(search, part->type, converted.data, converted.size);
	buf_fini(&converted);
	return found;
}

/* ------------------------------------------------------------ all of them */

/* A message that was not parted is text: a bounce's report, or one that is cut short. */
static int is_text(const struct mime_part *part)
{
	int is = text_starts(part->type, "text/") ||
	         (text_starts(part->type, "message/") && !part->child_count);

	for (size_t i = 0; i < part->other_type_count; i++)
		is |= text_starts(part->other_types[i], "text/");
	return is && !part->is_multipart;
}

static int is_in_body(const struct search *search, const struct mime_map *map, size_t index,
        enum mime_encoding encoding)
{
	struct buf body = {0};
	int found;

	decode_part(map, index, encoding, &body);
	found = is_in_text(search, &map->parts[index], body.data, body.size);
	buf_fini(&body);
	return found;
}

static int is_in_map(const struct search *search, const struct mime_map *map,
        const struct parts *read, int depth);

/* A message or a multipart that has a transfer encoding has its parts in what is decoded. */
static int is_inside(
        const struct search *search, const struct mime_map *map, size_t index, int depth)
{
	struct mime_map *inner;
	struct buf body = {0};
	int found;

	if (depth == DECODED_DEEP)
		return 0;
	decode_part(map, index, map->parts[index].encoding, &body);
	inner = mime_map_new_decoded(map, index, body.data ? body.data : "", body.size, NULL);
	found = is_in_map(search, inner, NULL, depth + 1);
	mime_map_free(&inner);
	buf_fini(&body);
	return found;
}

/* `read` is what was decoded before, under the encoding that most clients take; NULL: nothing. */
static int is_in_part(const struct search *search, const struct mime_map *map, size_t index,
        const struct part *read, int depth)
{
	const struct mime_part *part = &map->parts[index];
	unsigned encodings = part->encodings | 1u << part->encoding;

	if (part->needs_decoding && is_inside(search, map, index, depth))
		return 1;
	if (!is_text(part))
		return 0;
	if (read && read->body.size) {
		if (is_in_text(search, part, read->body.data, read->body.size))
			return 1;
		encodings &= ~(1u << part->encoding);
	}
	for (int encoding = MIME_IDENTITY; encoding <= MIME_UUENCODE; encoding++) {
		if (encodings & 1u << encoding &&
		        is_in_body(search, map, index, (enum mime_encoding)encoding))
			return 1;
	}
	return 0;
}

/* Those that were read before are some of the map's, in its order. */
static int is_in_map(const struct search *search, const struct mime_map *map,
        const struct parts *read, int depth)
{
	size_t at = 0;

	for (size_t i = 0; i < map->part_count; i++) {
		const struct part *own = NULL;

		if (read && at < read->count && read->items[at].index == i)
			own = &read->items[at++];
		if (is_in_part(search, map, i, own, depth))
			return 1;
	}
	return 0;
}

/* Inline or attached, whatever the subtype, transfer encoding and charset, in messages inside, too.
 */
unsigned long function_check_any_text(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *text = function_argument(call, 0);
	struct search search = {text, text ? strlen(text) : 0};

	return search.size && is_in_map(&search, view->map, &view->texts->parts, 0);
}
