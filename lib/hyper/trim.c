#include "lib/hyper/trim.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/hyper/item.h"

static void put_rows(const char *text, size_t size, struct buf *out);

/* The last item of a row, once. */
static void put_last(const char *item, size_t size, struct buf *out)
{
	size_t atom = atom_size(item);

	if (atom < size && item[atom] != '+') {
		buf_add(out, item, size);
	} else if (strncmp(item, "(?:", 3) == 0) {
		buf_add_string(out, "(?:");
		put_rows(item + 3, atom - 4, out);
		buf_add_char(out, ')');
	} else {
		buf_add(out, item, atom);
	}
}

static void put_row(const char *row, size_t size, struct buf *out)
{
	size_t at = 0, item, last = 0, last_size = 0;

	while (at < size) {
		item = item_size(row + at);
		if (!item || at + item > size) {
			buf_add(out, row, size);
			return;
		}
		if (!item_may_be_absent(row + at + atom_size(row + at))) {
			last = at;
			last_size = item;
		}
		at += item;
	}
	buf_add(out, row, last);
	if (last_size)
		put_last(row + last, last_size, out);
}

static void put_rows(const char *text, size_t size, struct buf *out)
{
	size_t at = 0, used;

	do {
		if (at)
			buf_add_char(out, '|');
		used = row_size(text + at, size - at);
		put_row(text + at, used, out);
		at += used + 1;
	} while (at <= size);
}

/* Is there something in it that says something of what stands elsewhere? */
static int is_odd(const char *pattern)
{
	for (const char *at = pattern; *at; at++) {
		if (strncmp(at, "(?", 2) == 0 && at[2] != ':')
			return 1;
		if (*at == '\\' && isdigit((unsigned char)at[1]))
			return 1;
		at += *at == '\\' && at[1];
	}
	return 0;
}

char *trim_end(char *pattern)
{
	struct buf out = {0};

	if (is_odd(pattern))
		return pattern;
	buf_add_string(&out, "");
	put_rows(pattern, strlen(pattern), &out);
	free(pattern);
	return buf_give(&out);
}
