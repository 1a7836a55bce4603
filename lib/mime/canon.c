#include "lib/mime/canon.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"

enum { END = -1 };

/* ---------------------------------------------------------------- the edited bytes */

int canon_edits_are_sound(const struct dkim_edit *edits, size_t count, size_t size)
{
	size_t at, done = 0;

	for (at = 0; at < count; at++) {
		if (edits[at].offset < done || edits[at].offset > size ||
		        edits[at].length > size - edits[at].offset)
			return 0;
		done = edits[at].offset + edits[at].length;
	}
	return 1;
}

static void set_run(struct canon_source *source, const void *bytes, size_t size)
{
	source->run = source->run_end = bytes;
	if (size)
		source->run_end += size;
}

void canon_source_init(struct canon_source *source, const struct mime_map *map,
        const struct dkim_edit *edits, size_t edit_count, const struct buf *front)
{
	*source = (struct canon_source){
	        .bytes = map->bytes, .size = map->size, .edits = edits, .edit_count = edit_count};
	set_run(source, front->data, front->size);
}

static void next_edit(struct canon_source *source)
{
	const struct dkim_edit *edit = &source->edits[source->edit++];

	set_run(source, edit->bytes, edit->size);
	source->at += edit->length;
}

static void next_original(struct canon_source *source, size_t stop)
{
	set_run(source, source->bytes + source->at, stop - source->at);
	source->at = stop;
}

/* Goes on to the next run that is not empty; false at the end of the message. */
static int refill(struct canon_source *source)
{
	size_t stop;

	while (source->run == source->run_end) {
		stop = source->edit < source->edit_count ? source->edits[source->edit].offset
		                                         : source->size;
		if (source->at < stop)
			next_original(source, stop);
		else if (source->edit < source->edit_count)
			next_edit(source);
		else
			return 0;
	}
	return 1;
}

/* The next byte; of CRLF the LF only. */
static inline int next_byte(struct canon_source *source)
{
	int c;

	if (source->run == source->run_end && !refill(source))
		return END;
	c = *source->run++;
	if (c == '\r' && (source->run < source->run_end || refill(source)) && *source->run == '\n')
		c = *source->run++;
	return c;
}

/* ---------------------------------------------------------------- the header */

static int is_blank(int c)
{
	return c == ' ' || c == '\t';
}

/* The length of the name where the line is a field, else 0. Blanks before the colon are an old form
 * (RFC 5322 section 4.5) that MTAs pass on. */
static size_t name_size_of(const char *line, size_t size)
{
	size_t at = 0, name_size;

	while (at < size && line[at] > ' ' && line[at] <= '~' && line[at] != ':')
		at++;
	name_size = at;
	while (at < size && is_blank(line[at]))
		at++;
	return at < size && line[at] == ':' ? name_size : 0;
}

/* What mailboxes put before a message: MTAs take it off, or make a field of it. */
static int is_envelope_line(const char *line, size_t size)
{
	size_t skip = size && *line == '>';

	return size - skip > 5 && memcmp(line + skip, "From ", 5) == 0;
}

/* FNV-1a: names that differ late, and many of them, cost no more than others. */
static uint32_t hash_of(const char *name, size_t size)
{
	uint32_t hash = 2166136261u;
	size_t at;

	for (at = 0; at < size; at++) {
		uint32_t c = (unsigned char)name[at];

		hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32 : c)) * 16777619u;
	}
	return hash;
}

static void add_field(struct canon_header *header, struct canon_field field)
{
	if (header->count == DKIM_FIELDS_MAX) {
		header->too_long = 1;
		return;
	}
	if (header->count == header->room) {
		header->room = header->room ? 2 * header->room : 32;
		header->fields = alloc_grow(header->fields, header->room, sizeof *header->fields);
	}
	header->fields[header->count++] = field;
}

/* Adds the next line with its end to the text; false at the end of the message. */
static int read_line(struct canon_header *header, struct canon_source *source)
{
	size_t start = header->text.size;
	int c;

	while ((c = next_byte(source)) != END && c != '\n') {
		if (header->text.size == DKIM_HEADER_BYTES_MAX) {
			header->too_long = 1;
			return 0;
		}
		buf_add_char(&header->text, (char)c);
	}
	if (c == END && header->text.size == start)
		return 0;
	buf_add_char(&header->text, '\n');
	return 1;
}

/* The line from `start` on, which is not empty. False: it is not the header's. */
static int take_line(struct canon_header *header, size_t start, size_t offset)
{
	const char *line = header->text.data + start;
	size_t size = header->text.size - 1 - start, name_size = name_size_of(line, size);
	struct canon_field *last;

	if (header->count && is_blank(*line)) {
		last = &header->fields[header->count - 1];
		last->size = start + size - last->start;
		return 1;
	}
	if (name_size)
		add_field(header, (struct canon_field){offset, start, size, name_size,
		                          hash_of(line, name_size)});
	return name_size || (!start && is_envelope_line(line, size));
}

void canon_header_read(struct canon_header *header, const struct canon_source *source)
{
	size_t start;

	*header = (struct canon_header){.body = *source};
	for (;;) {
		struct canon_source line = header->body;

		start = header->text.size;
		if (!read_line(header, &header->body) || header->text.size == start + 1)
			break;
		refill(&line);
		if (!take_line(header, start, line.at - (size_t)(line.run_end - line.run))) {
			header->body = line;
			break;
		}
		if (header->too_long)
			break;
	}
	refill(&header->body);
}

void canon_header_fini(struct canon_header *header)
{
	buf_fini(&header->text);
	free(header->fields);
	*header = (struct canon_header){0};
}

static int is_named(const struct canon_header *header, const struct canon_field *field,
        const char *name, uint32_t hash)
{
	return field->name_hash == hash &&
	       text_same_bytes(header->text.data + field->start, field->name_size, name);
}

int canon_field_is(
        const struct canon_header *header, const struct canon_field *field, const char *name)
{
	return is_named(header, field, name, hash_of(name, strlen(name)));
}

const struct canon_field *canon_field_from_below(
        const struct canon_header *header, const char *name, size_t nth)
{
	uint32_t hash = hash_of(name, strlen(name));
	size_t at = header->count;

	while (at--)
		if (is_named(header, &header->fields[at], name, hash) && !nth--)
			return &header->fields[at];
	return NULL;
}

/* Unfolded, runs of blanks as one, none at either end. */
static void add_relaxed_value(struct buf *out, const char *at, const char *end)
{
	size_t start = out->size;
	int blank = 0;

	for (; at < end; at++) {
		if (is_blank(*at)) {
			blank = 1;
		} else if (*at != '\n') {
			if (blank && out->size > start)
				buf_add_char(out, ' ');
			buf_add_char(out, *at);
			blank = 0;
		}
	}
}

void canon_add_field(
        struct buf *out, const char *text, size_t size, size_t name_size, enum dkim_form form)
{
	const char *colon = memchr(text + name_size, ':', size - name_size);
	size_t start = out->size;

	if (form == DKIM_SIMPLE || !colon) {
		buf_add(out, text, size);
		return;
	}
	buf_add(out, text, name_size);
	text_lower(out->data + start);
	buf_add_char(out, ':');
	add_relaxed_value(out, colon + 1, text + size);
}

/* ---------------------------------------------------------------- the body */

/* A canonical body, byte by byte. Line ends are held back until something follows them, blanks (in
 * the relaxed form) until something follows in the line. */
struct body {
	struct canon_source source;
	enum dkim_form form;
	size_t held;      /* line ends */
	size_t due;       /* line ends that come next */
	int after_return; /* one of them is half out */
	int blank;        /* held, or due behind the line ends */
	int any;          /* anything but empty lines was seen */
	int ahead;        /* comes behind all that is due; '\n' for none */
};

/* An empty body is one line end in the simple form, and nothing in the relaxed one. */
static void end_body(struct body *body)
{
	body->due = body->any || body->form == DKIM_SIMPLE;
	body->blank = 0;
	body->ahead = END;
}

/* Reads until something is due. */
static void read_body(struct body *body)
{
	int c = next_byte(&body->source);

	for (; c == '\n' || (body->form == DKIM_RELAXED && is_blank(c));
	        c = next_byte(&body->source)) {
		body->blank = c != '\n';
		body->held += c == '\n';
	}
	if (c == END) {
		end_body(body);
		return;
	}
	body->any = 1;
	body->due = body->held;
	body->held = 0;
	body->ahead = c;
}

static inline int next_canonical(struct body *body)
{
	int c;

	if (body->after_return) {
		body->after_return = 0;
		return '\n';
	}
	if (body->ahead == '\n')
		read_body(body);
	if (body->due) {
		body->due--;
		body->after_return = 1;
		return '\r';
	}
	if (body->blank) {
		body->blank = 0;
		return ' ';
	}
	c = body->ahead;
	body->ahead = '\n';
	return c;
}

static int is_same_place(const struct canon_source *one, const struct canon_source *other)
{
	return one->edit == one->edit_count && other->edit == other->edit_count &&
	       one->at == other->at && one->run == other->run && one->run_end == other->run_end;
}

uint64_t canon_bodies_differ_at(
        const struct canon_source *one, const struct canon_source *other, enum dkim_form form)
{
	struct body a = {.source = *one, .form = form, .ahead = '\n'};
	struct body b = {.source = *other, .form = form, .ahead = '\n'};
	uint64_t at;
	int c;

	if (is_same_place(one, other))
		return UINT64_MAX;
	for (at = 0; (c = next_canonical(&a)) == next_canonical(&b); at++)
		if (c == END)
			return UINT64_MAX;
	return at;
}
