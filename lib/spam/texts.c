#include "lib/spam/texts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/unicode.h"

enum { PIECE_BYTES = 2048, PIECE_MOST_BYTES = 4096, VIEWS_MOST = 1000 };

static const struct texts_limits default_limits = {4 * 1024 * 1024, 20000, 4000};

/* ------------------------------------------------------------ pieces */

/* Adds a paragraph, in pieces of at most PIECE_BYTES where it is long; cut at a blank, else where a
 * character begins. */
static void add_paragraph(struct pieces *body, const char *text, size_t size)
{
	const char *blank;
	size_t cut;

	while (size > PIECE_BYTES && !body->is_full) {
		blank = memrchr(text, ' ', PIECE_BYTES + 1 < size ? PIECE_BYTES + 1 : size);
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

/* White space in a text: how much, and where its line ends are. */
struct gap {
	size_t size, first_line, last_line, lines;
};

static struct gap read_gap(const char *text, size_t size)
{
	struct gap gap = {0};
	size_t blank;

	while (gap.size < size && (blank = html_blank(text + gap.size, size - gap.size))) {
		if (text[gap.size] == '\n') {
			if (!gap.lines++)
				gap.first_line = gap.size;
			gap.last_line = gap.size;
		}
		gap.size += blank;
	}
	return gap;
}

static void end_paragraph(struct pieces *body, struct buf *paragraph)
{
	buf_add_char(paragraph, '\n');
	add_paragraph(body, paragraph->data, paragraph->size);
	buf_clear(paragraph);
}

/* Two line ends with nothing but blanks between them are one; all other white space is a blank. */
static void add_gap(struct pieces *body, struct buf *paragraph, const struct gap *gap)
{
	if (gap->lines < 2) {
		buf_add_char(paragraph, ' ');
		return;
	}
	if (gap->first_line > 0)
		buf_add_char(paragraph, ' ');
	end_paragraph(body, paragraph);
	if (gap->last_line + 1 < gap->size)
		buf_add_char(paragraph, ' ');
}

/* Bytes that stay as they are: all but NUL and blanks, and a single blank before a word. */
static size_t plain_run(const char *text, size_t size)
{
	size_t at = 0;

	while (at < size && text[at] &&
	        (!html_blank(text + at, size - at) ||
	                (at && text[at] == ' ' && at + 1 < size &&
	                        isgraph((unsigned char)text[at + 1]))))
		at++;
	return at;
}

/* A NUL ends a paragraph, as it does in SpamAssassin. */
void texts_add_paragraphs(struct pieces *body, const char *text, size_t size)
{
	struct buf paragraph = {0};
	struct gap gap;
	size_t at = 0, run;

	buf_reserve(&body->bytes, size);
	while (at < size) {
		run = plain_run(text + at, size - at);
		buf_add(&paragraph, text + at, run);
		at += run;
		gap = read_gap(text + at, size - at);
		if (gap.size)
			add_gap(body, &paragraph, &gap);
		else if (at < size)
			end_paragraph(body, &paragraph);
		at += gap.size ? gap.size : 1;
	}
	if (paragraph.size)
		add_paragraph(body, paragraph.data, paragraph.size);
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
	return PIECE_BYTES + 1;
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
	pieces_add(rawbody, text, size);
}

/* ------------------------------------------------------------ parts */

struct builder {
	const struct texts_limits *limits;
	struct texts *texts;
	size_t raw_left;
};

/* A long text that is attached as a file is nothing that a reader is shown as the mail: what
 * doesn't fit of it is no loss here, and the filters for files see all of it. */
static void cut(struct builder *builder, const struct part *part, const char *what)
{
	struct texts *texts = builder->texts;

	if (!part->map->parts[part->index].is_attachment && !texts->cut)
		texts->cut = what;
}

struct linking {
	struct links *links;
	const struct html *html;
};

static void add_link(void *context, const char *url, size_t size, enum html_place place)
{
	const struct linking *linking = context;

	links_add(linking->links, url, size, (enum links_place)place, linking->html->element, 0);
}

static void add_anchor_texts(struct links *links, const struct html *html)
{
	for (size_t i = 0; i < html->anchors.count && i < html->anchor_urls.count; i++) {
		size_t size, text_size;
		const char *url = pieces_at(&html->anchor_urls, i, &size);
		const char *text = pieces_at(&html->anchors, i, &text_size);

		if (size)
			details_add(links->details, url, size, DETAILS_TEXT, text, text_size);
	}
}

static void read_html(struct texts *texts, struct texts_view *view, const struct buf *source)
{
	struct linking linking = {&texts->links, NULL};
	const struct html_links sink = {add_link, &linking};

	linking.html = view->html = alloc_zero(1, sizeof(*view->html));
	html_read(source->data, source->size, view->html, &texts->shown, &sink);
	texts->links.is_cut |= view->html->is_url_cut;
	if (texts->links.details)
		add_anchor_texts(&texts->links, view->html);
}

static void add_view(struct builder *builder, const struct part *part)
{
	struct texts *texts = builder->texts;
	struct texts_view *view = &texts->views[texts->view_count];
	size_t most = builder->limits->max_bytes, left;
	struct buf source = {0};

	if (texts->view_count == VIEWS_MOST)
		return;
	texts->view_count++;
	left = texts->shown.size < most ? most - texts->shown.size : 0;
	if (part->body.size)
		unicode_from(part->body.data, part->body.size, part->charset, &source);
	if (source.size > left) {
		source.size = left;
		cut(builder, part, "body");
	}
	buf_reserve(&texts->shown, source.size);
	*view = (struct texts_view){part, texts->shown.size, 0, NULL};
	if (part->is_html && source.size)
		read_html(texts, view, &source);
	else if (source.size)
		buf_add(&texts->shown, source.data, source.size);
	view->size = texts->shown.size - view->offset;
	buf_fini(&source);
}

static void add_raw_body(struct builder *builder, const struct part *part)
{
	size_t size = part->body.size;

	if (size > builder->raw_left) {
		size = builder->raw_left;
		cut(builder, part, "rawbody");
	}
	builder->raw_left -= size;
	texts_add_raw(&builder->texts->rawbody, part->body.data ? part->body.data : "", size);
}

static void add_part(struct builder *builder, const struct part *part)
{
	if (!part->is_leaf)
		return;
	/* A part that isn't shown parts what is before it from what is behind it, too. */
	if (builder->texts->shown.size)
		buf_add_char(&builder->texts->shown, '\n');
	if (part->is_html || ((strncmp(part->type, "text/", 5) == 0 ||
	                              strncmp(part->type, "message/", 8) == 0) &&
	                             strcmp(part->type, "text/calendar") != 0))
		add_raw_body(builder, part);
	if (part->is_html || part->is_plain)
		add_view(builder, part);
}

static int has_leaf(const struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (parts->items[i].is_leaf)
			return 1;
	}
	return 0;
}

/* The Subject is the first string, always: rules with tflags nosubject leave it out by number. Only
 * a mail that has no content at all has no body either. */
static void add_subject(struct texts *texts)
{
	struct buf line = {0};

	if (!has_leaf(&texts->parts))
		return;
	parts_field(texts->input.map, 0, "Subject", 1, &line);
	buf_add_char(&line, '\n');
	pieces_add(&texts->body, line.data, line.size);
	buf_fini(&line);
}

/* As it came, but for the line ends. */
static void add_full(struct texts *texts, size_t most)
{
	const struct mime_map *map = texts->input.map;

	parts_add_lines(
	        (const char *)map->bytes, map->size < most ? map->size : most, &texts->full);
}

static void scan_links(struct texts *texts)
{
	const char *piece;
	size_t size;

	for (size_t i = 0; i < texts->body.count; i++) {
		piece = pieces_at(&texts->body, i, &size);
		links_scan(&texts->links, piece, size);
	}
	links_add_signers(&texts->links, texts->input.map);
	links_settle(&texts->links);
}

static void note_cuts(struct texts *texts)
{
	if (!texts->cut && (texts->body.is_full || texts->rawbody.is_full))
		texts->cut = "pieces";
	if (!texts->cut && (texts->links.forms.is_full || texts->links.raw.is_full))
		texts->cut = "links";
}

void texts_build(const struct texts_input *input, struct texts *texts)
{
	struct builder builder = {input->limits ? input->limits : &default_limits, texts, 0};

	memset(texts, 0, sizeof(*texts));
	texts->input = *input;
	texts->kept = kept_new();
	buf_add(&texts->shown, "", 0);
	texts->body.most = texts->rawbody.most = builder.limits->max_pieces;
	links_init(&texts->links, input->lists, builder.limits->max_links, input->with_details);
	builder.raw_left = builder.limits->max_bytes;
	parts_read(input->map, &texts->parts);
	facts_read(&texts->parts, &texts->facts);
	texts->views =
	        alloc_zero(texts->parts.count < VIEWS_MOST ? texts->parts.count + 1 : VIEWS_MOST,
	                sizeof(*texts->views));
	add_subject(texts);
	for (size_t i = 0; i < texts->parts.count; i++)
		add_part(&builder, &texts->parts.items[i]);
	texts_add_paragraphs(&texts->body, texts->shown.data, texts->shown.size);
	add_full(texts, builder.limits->max_bytes);
	scan_links(texts);
	relays_read(input->map, input->lists, &texts->relays);
	note_cuts(texts);
}

void texts_fini(struct texts *texts)
{
	for (size_t i = 0; i < texts->view_count; i++) {
		if (texts->views[i].html)
			html_fini(texts->views[i].html);
		free(texts->views[i].html);
	}
	free(texts->views);
	pieces_fini(&texts->body);
	pieces_fini(&texts->rawbody);
	links_fini(&texts->links);
	buf_fini(&texts->full);
	buf_fini(&texts->shown);
	parts_fini(&texts->parts);
	facts_fini(&texts->facts);
	relays_fini(&texts->relays);
	kept_free(&texts->kept);
}
