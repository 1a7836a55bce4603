#include "lib/notice/template.h"

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
	const char *name;
	const char *const *names;
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

static enum result refuse(const struct reader *reader, const char *why, const char *what)
{
	return err_set(reader->err, RESULT_PERMANENT, "%s:%u: %s%s%s", reader->name, reader->line,
	        why, *what ? ": " : "", what);
}

static enum result close_section(struct reader *reader, const char *name)
{
	struct piece *opened;

	if (!reader->depth)
		return refuse(reader, "this section was never opened", name);
	opened = &reader->template->pieces[reader->open[--reader->depth]];
	if (strcmp(opened->name, name) != 0)
		return refuse(reader, "another section must be closed first", opened->name);
	opened->end = reader->template->count;
	add_piece(reader->template, PIECE_END);
	return RESULT_OK;
}

static int is_known(const struct reader *reader, const char *name)
{
	const char *const *at;

	for (at = reader->names; *at; at++)
		if (strcmp(*at, name) == 0)
			return 1;
	return 0;
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
		return refuse(reader, "expected a variable's name between {{ and }}", "");
	memcpy(name, tag, size);
	name[size] = '\0';
	if (mark == '/')
		return close_section(reader, name);
	if (!is_known(reader, name))
		return refuse(reader, "there is no such variable", name);
	if (mark && reader->depth == MOST_NESTING)
		return refuse(reader, "sections are nested too deeply", name);
	if (mark)
		reader->open[reader->depth++] = reader->template->count;
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
			return refuse(reader, "expected }} after {{", "");
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
		return refuse(reader, "this section is not closed",
		        reader->template->pieces[reader->open[reader->depth - 1]].name);
	return RESULT_OK;
}

enum result template_new(const char *name, const char *text, const char *const *names,
        struct template **out, struct err *err)
{
	struct template *template = alloc_zero(1, sizeof(*template));
	struct reader reader = {
	        .template = template, .name = name, .names = names, .line = 1, .err = err};
	enum result result;

	template->source = alloc_string(text);
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

static const char *value_of(const struct template_values *values, const char *name, int entry)
{
	const char *text = entry >= 0 ? values->text(values->context, name, entry) : NULL;

	if (!text)
		text = values->text(values->context, name, -1);
	return text ? text : "";
}

static void fill_range(const struct template *template, size_t from, size_t to,
        const struct template_values *values, int entry, struct buf *out);

static void fill_section(const struct template *template, size_t at,
        const struct template_values *values, int entry, struct buf *out)
{
	const struct piece *piece = &template->pieces[at];
	int count = values->count(values->context, piece->name), turn;
	int filled = count >= 0 ? count > 0 : *value_of(values, piece->name, entry) != '\0';

	if (piece->kind == PIECE_UNLESS && !filled)
		fill_range(template, at + 1, piece->end, values, entry, out);
	if (piece->kind != PIECE_IF || !filled)
		return;
	if (count < 0)
		fill_range(template, at + 1, piece->end, values, entry, out);
	for (turn = 0; turn < count; turn++)
		fill_range(template, at + 1, piece->end, values, turn, out);
}

/* Recursion is bounded by MOST_NESTING. */
static void fill_range(const struct template *template, size_t from, size_t to,
        const struct template_values *values, int entry, struct buf *out)
{
	const struct piece *piece;
	size_t at;

	for (at = from; at < to; at++) {
		piece = &template->pieces[at];
		if (piece->kind == PIECE_TEXT) {
			buf_add(out, piece->text, piece->size);
		} else if (piece->kind == PIECE_VARIABLE) {
			buf_add_string(out, value_of(values, piece->name, entry));
		} else if (piece->kind != PIECE_END) {
			fill_section(template, at, values, entry, out);
			at = piece->end;
		}
	}
}

void template_fill(
        const struct template *template, const struct template_values *values, struct buf *out)
{
	fill_range(template, 0, template->count, values, -1, out);
}
