#include "lib/hyper/ascii.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/hyper/item.h"

struct former {
	struct buf out;
	int is_odd; /* something was met from which nothing should be taken away */
};

static void cut_back(struct buf *out, size_t size)
{
	out->data[out->size = size] = '\0';
}

/* Is it "\xHH" with a byte above ASCII? */
static int is_high(const char *at)
{
	return at[0] == '\\' && at[1] == 'x' && text_hex_value((unsigned char)at[2]) >= 8 &&
	       text_hex_value((unsigned char)at[3]) >= 0;
}

/* Would the character behind it be taken for a part of it? */
static int is_open_ended(const char *at, size_t size)
{
	return size < 4 && at[0] == '\\' && (isdigit((unsigned char)at[1]) || at[1] == 'x');
}

/* Puts the member at `at`, or the range that it begins, if there is ASCII in it. Gives its size. */
static size_t put_member(struct former *former, const char *at)
{
	size_t size = class_item_size(at);
	int is_range = at[size] == '-' && at[size + 1] != ']' && at[size + 1];
	const char *last = at + size + 1;

	/* These mean something else where another character comes to stand behind them. */
	former->is_odd |= is_open_ended(at, size) || (*at == '[' && size == 1) || *at == '^';
	if (!is_range) {
		if (!is_high(at))
			buf_add(&former->out, at, size);
		return size;
	}
	if (!is_high(at)) {
		buf_add(&former->out, at, size + 1);
		if (is_high(last))
			buf_add_string(&former->out, "\\x7f");
		else
			buf_add(&former->out, last, class_item_size(last));
	}
	return size + 1 + class_item_size(last);
}

/* A class of `size` bytes. 0: it has nothing but bytes above ASCII in it. */
static int put_class(struct former *former, const char *at, size_t size)
{
	size_t start = former->out.size, used = 1;

	if (at[1] == '^' || at[1] == ']') {
		buf_add(&former->out, at, size);
		return 1;
	}
	buf_add_char(&former->out, '[');
	while (used + 1 < size)
		used += put_member(former, at + used);
	buf_add_char(&former->out, ']');
	return former->out.size > start + 2;
}

static int put_rows(struct former *former, const char *text, size_t size);

/* Size of what begins a group into which we look; 0 for others. */
static size_t open_size(const char *at)
{
	size_t flags;

	if (at[1] != '?')
		return 1;
	if (strncmp(at, "(?<=", 4) == 0)
		return 4;
	if (at[2] == '=')
		return 3;
	flags = strspn(at + 2, "imsn-");
	return at[2 + flags] == ':' ? flags + 3 : 0;
}

/* Does it name a group by its number, which would change with what is taken away? */
static int has_number(const char *at, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++) {
		if (at[i] == '\\' && at[i + 1] != '0' && isdigit((unsigned char)at[i + 1]))
			return 1;
		i += at[i] == '\\';
	}
	return 0;
}

/* A group of `size` bytes. 0: it can't match. */
static int put_group(struct former *former, const char *at, size_t size)
{
	size_t open = open_size(at);

	if (!open) {
		/* "(?i)" is about all that stands behind it. */
		former->is_odd |= at[2] != '!' && strncmp(at, "(?<!", 4) != 0;
		former->is_odd |= has_number(at, size);
		buf_add(&former->out, at, size);
		return 1;
	}
	buf_add(&former->out, at, open);
	if (!put_rows(former, at + open, size - 1 - open))
		return 0;
	buf_add_char(&former->out, ')');
	return 1;
}

/* What is repeated, of `size` bytes. 0: it can't match. */
static int put_atom(struct former *former, const char *at, size_t size)
{
	if (*at == '[')
		return put_class(former, at, size);
	if (*at == '(')
		return put_group(former, at, size);
	former->is_odd |= has_number(at, size);
	buf_add(&former->out, at, size);
	return !is_high(at);
}

/* Items side by side. 0: one of them can't match. */
static int put_row(struct former *former, const char *row, size_t size)
{
	size_t at = 0, item, atom, start;
	int can_match = 1;

	while (at < size && !former->is_odd) {
		start = former->out.size;
		item = item_size(row + at);
		atom = item ? atom_size(row + at) : 0;
		if (!item || at + item > size) {
			former->is_odd = 1;
		} else if (put_atom(former, row + at, atom)) {
			buf_add(&former->out, row + at + atom, item - atom);
		} else if (item_may_be_absent(row + at + atom)) {
			cut_back(&former->out, start);
			buf_add_string(&former->out, "(?:)");
		} else {
			can_match = 0; /* but what comes may be odd */
		}
		at += item;
	}
	return can_match;
}

/* Rows with | between them, without those that can't match. 0: none can. */
static int put_rows(struct former *former, const char *text, size_t size)
{
	size_t at = 0, used, start;
	int count = 0;

	do {
		start = former->out.size;
		if (count)
			buf_add_char(&former->out, '|');
		used = row_size(text + at, size - at);
		if (put_row(former, text + at, used))
			count++;
		else
			cut_back(&former->out, start);
		at += used + 1;
	} while (at <= size && !former->is_odd);
	return count > 0 || former->is_odd;
}

char *ascii_form(const char *pattern)
{
	struct former former = {0};
	int can_match;

	buf_add_string(&former.out, "");
	can_match = put_rows(&former, pattern, strlen(pattern));
	if (former.is_odd) {
		cut_back(&former.out, 0);
		buf_add_string(&former.out, pattern);
	} else if (!can_match) {
		buf_fini(&former.out);
		return NULL;
	}
	return buf_give(&former.out);
}
