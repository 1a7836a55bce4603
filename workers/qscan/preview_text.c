#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/mime/decode.h"
#include "lib/spam/html.h"
#include "workers/qscan/preview.h"

enum {
	LINE_BYTES = 400,
	LINKS_TOLD = 200,
	LINK_BYTES = 1000,
	PART_BYTES = 4 << 20, /* of one part's body; no person reads more */
	SYMBOL_FOR_NUL = 0x2400,
};

/* ---------------------------------------------------------------- lines */

static void add_line(Lz__PreviewText *text, const char *bytes, size_t size)
{
	struct buf line = {0};
	char symbol[4];
	size_t at;

	buf_add_string(&line, "");
	for (at = 0; at < size; at++)
		if (bytes[at])
			buf_add_char(&line, bytes[at]);
		else
			buf_add(&line, symbol, utf8_encode(SYMBOL_FOR_NUL, symbol));
	text->lines = alloc_grow(text->lines, text->n_lines + 1, sizeof(*text->lines));
	text->lines[text->n_lines++] = buf_give(&line);
}

/* What fits into a line, not cut within a character; at a blank where there is one. */
static size_t line_size(const char *text, size_t size)
{
	const char *end = memchr(text, '\n', size), *blank;
	size_t line = end ? (size_t)(end - text) : size;

	if (line <= LINE_BYTES)
		return line;
	blank = memrchr(text, ' ', LINE_BYTES);
	line = blank && blank > text ? (size_t)(blank - text) : LINE_BYTES;
	while (line > 1 && ((unsigned char)text[line] & 0xc0) == 0x80)
		line--;
	return line;
}

static int is_blank(const char *text, size_t size)
{
	size_t at;

	for (at = 0; at < size; at++)
		if (!strchr(" \t\r", text[at]) || !text[at])
			return 0;
	return 1;
}

/* Empty lines stand alone: markup leaves many behind each other. Gives how many lines there are. */
static size_t add_lines(
        Lz__Preview *preview, Lz__PreviewText *text, const struct buf *from, size_t lines)
{
	size_t at = 0, size, shown, was_blank = 1;

	while (at < from->size) {
		size = line_size(from->data + at, from->size - at);
		shown = size && from->data[at + size - 1] == '\r' ? size - 1 : size;
		if (is_blank(from->data + at, shown))
			shown = 0;
		if (shown || !was_blank) {
			if (text->n_lines == lines) {
				preview->more_text = 1;
				break;
			}
			add_line(text, from->data + at, shown);
		}
		was_blank = !shown;
		at += size;
		if (at < from->size && (from->data[at] == '\n' || from->data[at] == ' '))
			at++;
	}
	return text->n_lines;
}

/* ---------------------------------------------------------------- one part */

static void add_link(void *context, const char *url, size_t size, enum html_place place)
{
	Lz__Preview *preview = context;
	size_t at;
	char *text;

	if (place == HTML_PLACE_ANCHOR)
		return; /* comes by itself as well, as it is followed */
	if (preview->n_links == LINKS_TOLD) {
		preview->more_links = 1;
		return;
	}
	if (size > LINK_BYTES)
		for (size = LINK_BYTES; size && ((unsigned char)url[size] & 0xc0) == 0x80; size--)
			;
	text = alloc_bytes(url, size);
	for (at = 0; at < preview->n_links; at++)
		if (!strcmp(preview->links[at], text))
			break;
	if (at < preview->n_links || !utf8_valid(text, strlen(text))) {
		free(text);
		return;
	}
	preview->links = alloc_grow(preview->links, preview->n_links + 1, sizeof(*preview->links));
	preview->links[preview->n_links++] = text;
}

static void render(
        Lz__Preview *preview, const struct scan *scan, size_t index, int is_html, struct buf *out)
{
	const struct html_links links = {add_link, preview};
	const struct mime_part *part = &scan->map->parts[index];
	struct buf raw = {0}, text = {0};
	struct html html = {0};

	decode_part(scan->map, index, part->encoding, &raw);
	if (raw.size > PART_BYTES) {
		raw.size = PART_BYTES;
		preview->more_text = 1;
	}
	decode_charset(raw.data, raw.size, part->charset, is_html ? &text : out);
	if (is_html)
		html_read(text.data, text.size, &html, out, &links);
	html_fini(&html);
	buf_fini(&raw);
	buf_fini(&text);
}

/* Text that a client would show; attached text only where it is all that was asked for. */
static int is_shown(const struct scan *scan, size_t index)
{
	const struct mime_part *part = &scan->map->parts[index];

	if (part->is_multipart || part->is_message || (part->is_attachment && index))
		return 0;
	return text_starts(part->type, "text/") && !text_same(part->type, "text/calendar") &&
	       !text_same(part->type, "text/rtf");
}

static void add_text(Lz__Preview *preview, const struct scan *scan, size_t index, size_t *lines)
{
	const struct mime_part *part = &scan->map->parts[index];
	Lz__PreviewText *text = alloc(sizeof(*text));
	struct buf rendered = {0};

	lz__preview_text__init(text);
	text->path = alloc_string(part->path);
	text->type = text_same(part->type, "text/html") ? alloc_string("text/html")
	                                                : alloc_string("text/plain");
	render(preview, scan, index, text_same(part->type, "text/html"), &rendered);
	*lines -= add_lines(preview, text, &rendered, *lines);
	preview->texts = alloc_grow(preview->texts, preview->n_texts + 1, sizeof(*preview->texts));
	preview->texts[preview->n_texts++] = text;
	buf_fini(&rendered);
}

void preview_add_texts(Lz__Preview *preview, const struct scan *scan, size_t lines)
{
	size_t at;

	for (at = 0; at < scan->map->part_count; at++) {
		if (!is_shown(scan, at) || scan->map->parts[at].is_synthetic)
			continue;
		if (!lines || preview->n_texts == 100) {
			preview->more_text = 1;
			return;
		}
		add_text(preview, scan, at, &lines);
	}
}
