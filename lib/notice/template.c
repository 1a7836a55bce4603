#include "lib/notice/template.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

enum { NAME_ROOM = 32, MOST_NESTING = 8 };

enum piece_kind {
	PIECE_TEXT,
	PIECE_VARIABLE,
	PIECE_IF,     /* {{# */
	PIECE_UNLESS, /* {{^ */
	PIECE_END,
};

struct piece {
	enum piece_kind kind;
	char name[NAME_ROOM];
	const char *text; /* of PIECE_TEXT: into the template's own copy */
	size_t size;
	size_t end; /* of a section: the index of its PIECE_END */
};

struct template
{
	char *source;
	struct piece *pieces;
	size_t count;
};

struct reader {
	struct template *template;
	const struct template_source *source;
	size_t open[MOST_NESTING]; /* sections not closed yet */
	size_t depth;
	unsigned line;
	struct err *err;
};

static struct piece *add_piece(struct template *template, enum piece_kind kind)
{
	template->pieces =
	        alloc_grow(template->pieces, template->count + 1, sizeof(*template->pieces));
	template->pieces[template->count] = (struct piece){.kind = kind};
	return &template->pieces[template->count++];
}

static void add_text(struct reader *reader, const char *from, const char *to)
{
	struct piece *piece;

	if (from == to)
		return;
	piece = add_piece(reader->template, PIECE_TEXT);
	piece->text = from;
	piece->size = (size_t)(to - from);
}

static enum result refuse(const struct reader *reader, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static enum result refuse(const struct reader *reader, const char *format, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return err_set(reader->err, RESULT_PERMANENT, "%s:%u: %s", reader->source->name,
	        reader->line, text);
}

static enum result close_section(struct reader *reader, const char *name)
{
	struct piece *opened;

	if (!reader->depth)
		return refuse(reader, "found {{/%s}}, expected {{#%s}} or {{^%s}} before", name,
		        name, name);
	opened = &reader->template->pieces[reader->open[--reader->depth]];
	if (strcmp(opened->name, name) != 0)
		return refuse(reader, "found {{/%s}}, expected {{/%s}} before", name, opened->name);
	opened->end = reader->template->count;
	add_piece(reader->template, PIECE_END);
	return RESULT_OK;
}

static int is_known(const struct reader *reader, const char *name)
{
	const char *const *at;

	for (at = reader->source->names; *at; at++)
		if (strcmp(*at, name) == 0)
			return 1;
	return 0;
}

static enum result open_section(struct reader *reader, const char *name)
{
	size_t at;

	if (reader->depth == MOST_NESTING)
		return refuse(
		        reader, "found {{#%s}} in %d sections, expected fewer", name, MOST_NESTING);
	for (at = 0; at < reader->depth; at++)
		if (!strcmp(reader->template->pieces[reader->open[at]].name, name))
			return refuse(reader,
			        "found the section %s within itself, expected {{/%s}}", name, name);
	reader->open[reader->depth++] = reader->template->count;
	return RESULT_OK;
}

/* One tag, without its braces. */
static enum result read_tag(struct reader *reader, const char *tag, size_t size)
{
	char mark = *tag == '#' || *tag == '^' || *tag == '/' ? *tag : 0;
	char name[NAME_ROOM];
	struct piece *piece;

	tag += mark != 0;
	size -= mark != 0;
	if (!size || size >= NAME_ROOM)
		return refuse(reader, "found {{%.*s}}, expected a variable's name in it",
		        (int)(size < NAME_ROOM ? size : NAME_ROOM), tag);
	memcpy(name, tag, size);
	name[size] = '\0';
	if (mark == '/')
		return close_section(reader, name);
	if (!is_known(reader, name))
		return refuse(
		        reader, "found %s, expected one of the variables in qnotify(8)", name);
	if (mark && open_section(reader, name))
		return RESULT_PERMANENT;
	piece = add_piece(reader->template, mark == '#'   ? PIECE_IF
	                                    : mark == '^' ? PIECE_UNLESS
	                                                  : PIECE_VARIABLE);
	memcpy(piece->name, name, size + 1);
	return RESULT_OK;
}

/* True if the tag from `open` to behind `close` is a section's and alone on its line. */
static int is_alone(const char *source, const char *open, const char *close)
{
	if (open[2] != '#' && open[2] != '^' && open[2] != '/')
		return 0;
	return (open == source || open[-1] == '\n') && *close == '\n';
}

static enum result read_pieces(struct reader *reader)
{
	const char *at = reader->template->source, *open, *close, *seen;
	enum result result;

	while ((open = strstr(at, "{{")) != NULL) {
		add_text(reader, at, open);
		for (seen = at; seen < open; seen++)
			reader->line += *seen == '\n';
		close = strstr(open, "}}");
		if (!close)
			return refuse(reader, "found {{ without an end, expected }}");
		result = read_tag(reader, open + 2, (size_t)(close - open) - 2);
		if (result)
			return result;
		at = close + 2;
		if (is_alone(reader->template->source, open, at)) {
			at++;
			reader->line++;
		}
	}
	add_text(reader, at, at + strlen(at));
	if (reader->depth)
		return refuse(reader, "found the end, expected {{/%s}}",
		        reader->template->pieces[reader->open[reader->depth - 1]].name);
	return RESULT_OK;
}

enum result template_new(
        const struct template_source *source, struct template **out, struct err *err)
{
	struct template *template = alloc_zero(1, sizeof(*template));
	struct reader reader = {
	        .template = template, .source = source, .line = source->line, .err = err};
	enum result result;

	template->source = alloc_string(source->text);
	result = read_pieces(&reader);
	if (result)
		template_free(&template);
	else
		*out = template;
	return result;
}

void template_free(struct template **template)
{
	if (!*template)
		return;
	free((*template)->source);
	free((*template)->pieces);
	free(*template);
	*template = NULL;
}

/* ---------------------------------------------------------------- filling */

struct filler {
	const struct template *template;
	enum template_form form;
	const struct template_values *values;
	struct buf *out;
	size_t most; /* of *out */
};

static const char *value_of(const struct template_values *values, const char *name, int entry)
{
	const char *text = entry >= 0 ? values->text(values->context, name, entry) : NULL;

	if (!text)
		text = values->text(values->context, name, -1);
	return text ? text : "";
}

static void add_escaped(const char *text, struct buf *out)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			buf_add_string(out, "&amp;");
			break;
		case '<':
			buf_add_string(out, "&lt;");
			break;
		case '>':
			buf_add_string(out, "&gt;");
			break;
		case '"':
			buf_add_string(out, "&quot;");
			break;
		case '\'':
			buf_add_string(out, "&#39;");
			break;
		default:
			buf_add_char(out, *text);
		}
}

static void fill_range(const struct filler *filler, size_t from, size_t to, int entry);

static void fill_section(const struct filler *filler, size_t at, int entry)
{
	const struct template_values *values = filler->values;
	const struct piece *piece = &filler->template->pieces[at];
	int count = values->count(values->context, piece->name), turn;
	int filled = count >= 0 ? count > 0 : *value_of(values, piece->name, entry) != '\0';

	if (piece->kind == PIECE_UNLESS && !filled)
		fill_range(filler, at + 1, piece->end, entry);
	if (piece->kind != PIECE_IF || !filled)
		return;
	if (count < 0)
		fill_range(filler, at + 1, piece->end, entry);
	for (turn = 0; turn < count; turn++)
		fill_range(filler, at + 1, piece->end, turn);
}

static void fill_variable(const struct filler *filler, const char *name, int entry)
{
	const char *text = value_of(filler->values, name, entry);

	if (filler->form == TEMPLATE_HTML)
		add_escaped(text, filler->out);
	else
		buf_add_string(filler->out, text);
}

/* Recursion is bounded by MOST_NESTING. */
static void fill_range(const struct filler *filler, size_t from, size_t to, int entry)
{
	const struct piece *piece;
	size_t at;

	for (at = from; at < to && filler->out->size < filler->most; at++) {
		piece = &filler->template->pieces[at];
		if (piece->kind == PIECE_TEXT) {
			buf_add(filler->out, piece->text, piece->size);
		} else if (piece->kind == PIECE_VARIABLE) {
			fill_variable(filler, piece->name, entry);
		} else if (piece->kind != PIECE_END) {
			fill_section(filler, at, entry);
			at = piece->end;
		}
	}
}

void template_fill(const struct template *template, enum template_form form,
        const struct template_values *values, struct buf *out)
{
	const struct filler filler = {
	        template, form, values, out, out->size + TEMPLATE_FILLED_MOST};

	fill_range(&filler, 0, template->count, -1);
}
