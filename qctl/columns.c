#include "qctl/columns.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/utf8.h"

struct cell {
	char *text;
	size_t width; /* in characters */
};

struct columns {
	size_t count, most;
	size_t cells;
	struct cell *list;
};

struct columns *columns_new(size_t count, size_t most)
{
	struct columns *columns = alloc_zero(1, sizeof(*columns));

	columns->count = count;
	columns->most = most;
	return columns;
}

void columns_free(struct columns **columns)
{
	if (!*columns)
		return;
	while ((*columns)->cells)
		free((*columns)->list[--(*columns)->cells].text);
	free((*columns)->list);
	free(*columns);
	*columns = NULL;
}

size_t columns_safe(struct buf *out, const char *text, size_t most)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text), width = 0, run;

	for (; left; at += run, left -= run) {
		if (most && width + 1 >= most && left > 1) {
			buf_add_string(out, "…");
			return width + 1;
		}
		run = utf8_printable(at, left);
		if (run) {
			buf_add(out, at, run);
			width++;
		} else {
			run = 1;
			buf_add_format(out, "\\x%02x", *at);
			width += 4;
		}
	}
	return width;
}

void columns_add(struct columns *columns, const char *text)
{
	struct buf safe = {0};
	struct cell cell;

	cell.width = columns_safe(&safe, text, columns->most);
	cell.text = buf_give(&safe);
	columns->list = alloc_grow(columns->list, columns->cells + 1, sizeof(*columns->list));
	columns->list[columns->cells++] = cell;
}

static size_t width_of(const struct columns *columns, size_t column)
{
	size_t at, width = 0;

	for (at = column; at < columns->cells; at += columns->count)
		if (columns->list[at].width > width)
			width = columns->list[at].width;
	return width;
}

static void pad(struct buf *out, size_t width)
{
	while (width--)
		buf_add_char(out, ' ');
}

void columns_print(const struct columns *columns, struct buf *out)
{
	size_t *widths = alloc_zero(columns->count, sizeof(*widths)), at, column, blanks = 0;

	for (column = 0; column < columns->count; column++)
		widths[column] = width_of(columns, column);
	for (at = 0; at < columns->cells; at++) {
		const struct cell *cell = &columns->list[at];

		column = at % columns->count;
		if (*cell->text) {
			pad(out, blanks);
			blanks = 0;
			buf_add_string(out, cell->text);
		}
		blanks += widths[column] - cell->width + 2;
		if (column + 1 == columns->count) {
			buf_add_char(out, '\n');
			blanks = 0;
		}
	}
	free(widths);
}
