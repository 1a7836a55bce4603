#include "lib/spam/texts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/mime/decode.h"
#include "lib/spam/html.h"
#include "lib/spam/links.h"

enum { PIECE_BYTES = 2048, PIECE_MOST_BYTES = 4096 };

static const struct texts_limits default_limits = {4 * 1024 * 1024, 20000, 4000};

/* ------------------------------------------------------------ pieces */

static const char *last_of(const char *text, size_t size, char byte)
{
	return memrchr(text, byte, size);
}

/* Adds a paragraph, in pieces of at most PIECE_BYTES where it is long; cut at a blank, else where a
 * character begins. */
static void add_paragraph(struct pieces *body, const char *text, size_t size)
{
	const char *blank;
	size_t cut;

	while (size > PIECE_BYTES && !body->is_full) {
		blank = last_of(text, PIECE_BYTES, ' ');
		cut = blank && blank > text ? (size_t)(blank - text) + 1 : PIECE_BYTES;
		while (cut > PIECE_BYTES - 3 && ((unsigned char)text[cut] & 0xc0) == 0x80)
			cut--;
		pieces_add(body, text, cut);
		text += cut;
		size -= cut;
	}
	if (size)
		pieces_add(body, text, size);
}

/* Size of the white space at `text`, *lines how many line ends it has. A no-break space is one. */
static size_t blank_size(const char *text, size_t size, size_t *lines)
{
	size_t at = 0;

	for (*lines = 0; at < size; at++) {
		if (text[at] == '\n')
			++*lines;
		else if (size - at >= 2 && memcmp(text + at, "\xc2\xa0", 2) == 0)
			at++;
		else if (text[at] != ' ' && !(text[at] >= '\t' && text[at] <= '\r'))
			break;
	}
	return at;
}

void texts_add_paragraphs(struct pieces *body, const char *text, size_t size)
{
	struct buf paragraph = {0};
	size_t at = 0, used, lines;

	while (at < size) {
		used = blank_size(text + at, size - at, &lines);
		at += used;
		if (!used) {
			buf_add_char(&paragraph, text[at++]);
		} else if (lines < 2 && at < size) {
			if (paragraph.size)
				buf_add_char(&paragraph, ' ');
		} else if (paragraph.size) {
			buf_add_char(&paragraph, '\n');
			add_paragraph(body, paragraph.data, paragraph.size);
			buf_clear(&paragraph);
		}
	}
	if (paragraph.size) {
		buf_add_char(&paragraph, '\n');
		add_paragraph(body, paragraph.data, paragraph.size);
	}
	buf_fini(&paragraph);
}

/* Where a long raw text is cut: behind a line end, else a ">", else a blank, that comes 2-4 kB on.
 */
static size_t raw_cut(const char *text)
{
	static const char places[] = "\n> ";
	const char *found;

	for (const char *place = places; *place; place++) {
		found = memchr(text + PIECE_BYTES, *place, PIECE_MOST_BYTES - PIECE_BYTES);
		if (found)
			return (size_t)(found - text) + 1;
	}
	return PIECE_MOST_BYTES;
}

void texts_add_raw(struct pieces *rawbody, const char *text, size_t size)
{
	size_t cut;

	while (size > PIECE_MOST_BYTES && !rawbody->is_full) {
		cut = raw_cut(text);
		pieces_add(rawbody, text, cut);
		text += cut;
		size -= cut;
	}
	if (size > PIECE_BYTES && memchr(text + PIECE_BYTES, '\n', size - PIECE_BYTES)) {
		cut = (size_t)((char *)memchr(text + PIECE_BYTES, '\n', size - PIECE_BYTES) -
		               text) +
		      1;
		pieces_add(rawbody, text, cut);
		text += cut;
		size -= cut;
	}
	if (size)
		pieces_add(rawbody, text, size);
}

/* ------------------------------------------------------------ parts */

struct builder {
	const struct mime_map *map;
	const struct texts_limits *limits;
	struct texts *texts;
	struct buf shown; /* the body text of all parts, before it is cut into pieces */
	size_t raw_left;
};

/* A long text that is attached as a file is nothing that a reader is shown as the mail: what
 * doesn't fit of it is no loss here, and the filters for files see all of it. */
static void cut(struct builder *builder, const struct mime_part *part, const char *what)
{
	if (!part->is_attachment && !builder->texts->cut)
		builder->texts->cut = what;
}

static void drop_cr(struct buf *text)
{
	size_t kept = 0;

	for (size_t i = 0; i < text->size; i++) {
		if (text->data[i] != '\r' || i + 1 == text->size || text->data[i + 1] != '\n')
			text->data[kept++] = text->data[i];
	}
	text->size = kept;
	if (text->data)
		text->data[kept] = '\0';
}

/* In these ASCII bytes aren't ASCII characters, so UTF-8 must not be tried first. */
static int is_shifting_charset(const char *charset)
{
	return text_starts(charset, "utf-16") || text_starts(charset, "utf-32") ||
	       text_starts(charset, "utf-7") || text_starts(charset, "iso-2022") ||
	       text_starts(charset, "ucs-") || text_starts(charset, "hz-");
}

/* Senders who declare Latin-1 mean windows-1252; many declare nothing, or the wrong thing, and send
 * UTF-8. */
static void to_utf8(const struct buf *raw, const char *charset, struct buf *out)
{
	if (!is_shifting_charset(charset)) {
		if (utf8_valid(raw->data, raw->size)) {
			buf_add(out, raw->data, raw->size);
			return;
		}
		if (!*charset || text_same(charset, "iso-8859-1") ||
		        text_same(charset, "us-ascii") || text_same(charset, "utf-8"))
			charset = "windows-1252";
	}
	decode_charset(raw->data, raw->size, charset, out);
}

static int has_html_name(const struct mime_part *part)
{
	const char *dot;

	for (size_t i = 0; i < part->name_count; i++) {
		dot = strrchr(part->names[i].text, '.');
		if (dot && (text_same(dot, ".htm") || text_same(dot, ".html") ||
		                   text_same(dot, ".shtml")))
			return 1;
	}
	return 0;
}

static void add_link(void *context, const char *url, size_t size)
{
	links_add(context, url, size);
}

static void add_shown(struct builder *builder, const struct buf *text, int is_html)
{
	const struct html_links sink = {add_link, &builder->texts->links};
	size_t start;

	if (builder->shown.size)
		buf_add_char(&builder->shown, '\n');
	start = builder->shown.size;
	if (is_html)
		html_render(text->data, text->size, &builder->shown, &sink);
	else
		buf_add(&builder->shown, text->data, text->size);
	if (builder->shown.size > start)
		links_scan(&builder->texts->links, builder->shown.data + start,
		        builder->shown.size - start);
}

static void add_body(struct builder *builder, const struct mime_part *part, const struct buf *raw)
{
	int is_html = text_same(part->type, "text/html") || has_html_name(part);
	size_t left = builder->shown.size < builder->limits->max_bytes
	                      ? builder->limits->max_bytes - builder->shown.size
	                      : 0;
	struct buf text = {0};

	if (!is_html && !text_same(part->type, "text/plain"))
		return;
	to_utf8(raw, part->charset, &text);
	if (text.size > left) {
		text.size = left;
		cut(builder, part, "body");
	}
	if (text.size)
		add_shown(builder, &text, is_html);
	buf_fini(&text);
}

static void add_raw_body(
        struct builder *builder, const struct mime_part *part, const struct buf *raw)
{
	size_t size = raw->size;

	if (size > builder->raw_left) {
		size = builder->raw_left;
		cut(builder, part, "rawbody");
	}
	builder->raw_left -= size;
	texts_add_raw(&builder->texts->rawbody, raw->data, size);
}

static int is_text_leaf(const struct mime_part *part)
{
	if (part->is_multipart || part->is_message)
		return 0;
	return (text_starts(part->type, "text/") && !text_same(part->type, "text/calendar")) ||
	       text_starts(part->type, "message/") || has_html_name(part);
}

static void add_part(struct builder *builder, size_t index)
{
	const struct mime_part *part = &builder->map->parts[index];
	struct buf raw = {0};

	if (!is_text_leaf(part))
		return;
	decode_part(builder->map, index, part->encoding, &raw);
	drop_cr(&raw);
	if (raw.size) {
		add_raw_body(builder, part, &raw);
		add_body(builder, part, &raw);
	}
	buf_fini(&raw);
}

/* The Subject is the first string, always: rules with tflags nosubject leave it out by number. */
static void add_subject(struct builder *builder)
{
	char *subject = decode_field(builder->map, 0, "Subject", 0);
	struct buf line = {0};

	buf_add_string(&line, subject ? subject : "");
	buf_add_char(&line, '\n');
	pieces_add(&builder->texts->body, line.data, line.size);
	buf_fini(&line);
	free(subject);
}

static void add_full(struct builder *builder)
{
	size_t size = builder->map->size;

	if (size > builder->limits->max_bytes)
		size = builder->limits->max_bytes;
	buf_add(&builder->texts->full, builder->map->bytes, size);
	drop_cr(&builder->texts->full);
}

void texts_build(const struct mime_map *map, const struct texts_limits *limits, struct texts *texts)
{
	struct builder builder = {map, limits ? limits : &default_limits, texts};

	memset(texts, 0, sizeof(*texts));
	texts->body.most = texts->rawbody.most = builder.limits->max_pieces;
	texts->links.most = builder.limits->max_links;
	builder.raw_left = builder.limits->max_bytes;
	add_subject(&builder);
	for (size_t i = 0; i < map->part_count; i++)
		add_part(&builder, i);
	if (builder.shown.size)
		texts_add_paragraphs(&texts->body, builder.shown.data, builder.shown.size);
	add_full(&builder);
	pieces_unique(&texts->links);
	if (!texts->cut && (texts->body.is_full || texts->rawbody.is_full))
		texts->cut = "pieces";
	if (!texts->cut && texts->links.is_full)
		texts->cut = "links";
	buf_fini(&builder.shown);
}

void texts_fini(struct texts *texts)
{
	pieces_fini(&texts->body);
	pieces_fini(&texts->rawbody);
	pieces_fini(&texts->links);
	buf_fini(&texts->full);
}
