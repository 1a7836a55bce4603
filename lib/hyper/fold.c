#include "lib/hyper/fold.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/hyper/item.h"

enum { DEPTH_MOST = 20 };

static const char some_high[] = "[\\x80-\\xff]+";

/* "\xHH" above ASCII; 0 if it isn't one. */
static unsigned high_byte(const char *at)
{
	int high = at[0] == '\\' && at[1] == 'x' ? text_hex_value((unsigned char)at[2]) : -1;
	int low = high < 8 ? -1 : text_hex_value((unsigned char)at[3]);

	return low < 0 ? 0 : (unsigned)(high << 4 | low);
}

/* Size of a class that has only bytes of at least `least` in it; 0 where it isn't one. */
static size_t class_size(const char *at, unsigned least)
{
	size_t size = 1;

	if (*at != '[')
		return 0;
	while (high_byte(at + size) >= least && at[size]) {
		size += 4;
		size += at[size] == '-' && at[size + 1] != ']';
	}
	return size > 1 && at[size] == ']' ? size + 1 : 0;
}

static size_t high_run(const char *at, int depth);

static size_t group_size(const char *at, int depth)
{
	size_t size = 2, run;

	if (strncmp(at, "(?:", 3) != 0 || depth == DEPTH_MOST)
		return 0;
	do {
		size++;
		run = high_run(at + size, depth + 1);
		size += run;
	} while (run && at[size] == '|');
	return run && at[size] == ')' ? size + 1 : 0;
}

/* Size of something that matches one byte above ASCII, or some of them, and never none. */
static size_t high_item(const char *at, int depth)
{
	size_t size = class_size(at, 0x80);

	if (size)
		return size;
	return high_byte(at) ? 4 : group_size(at, depth);
}

static size_t high_run(const char *at, int depth)
{
	size_t size = 0, item;

	while ((item = high_item(at + size, depth)))
		size += item;
	return size;
}

/* Size of the first item of a run if it is what a long character begins with. */
static size_t long_lead(const char *run)
{
	return high_byte(run) >= 0xe0 ? 4 : class_size(run, 0xe0);
}

struct folder {
	enum fold fold;
	struct buf out;
	size_t last; /* behind the alternative that was folded whole and put last */
};

/* Size of the alternative at `at` that was put in another way; 0 where it was not. */
static size_t fold_alternative(struct folder *folder, const char *at)
{
	size_t size = high_run(at, 0), lead = size ? long_lead(at) : 0;
	struct buf *out = &folder->out;

	if (!size || (at[size] && at[size] != '|' && at[size] != ')'))
		return 0;
	if (folder->fold == FOLD_LONG) {
		if (!lead || lead == size)
			return 0;
		buf_add(out, at, lead);
		buf_add_string(out, some_high);
		return size;
	}
	if (folder->last && out->size == folder->last + 1 && out->data[folder->last] == '|')
		out->data[out->size = folder->last] = '\0'; /* the same stands there already */
	else
		buf_add_string(out, some_high);
	folder->last = out->size;
	return size;
}

/* Puts a class with all bytes above ASCII where there was one of them; each leaves something in its
 * place, as what stands on both sides of it may mean something else side by side ("\5" and "3").
 * Gives its size; 0 where nothing was put. */
static size_t fold_class(struct folder *folder, const char *at)
{
	struct buf *out = &folder->out;
	size_t before = out->size, used = 1, size;
	int has_high = 0, is_odd = at[1] == '^' || at[1] == ']';

	buf_add_char(out, '[');
	while (!is_odd && at[used] && at[used] != ']') {
		size = class_item_size(at + used);
		is_odd = at[used] == '-' && high_byte(at + used + 1);
		if (!high_byte(at + used)) {
			buf_add(out, at + used, size);
			used += size;
			continue;
		}
		buf_add_string(out, has_high++ ? "\\xff" : "\\x80-\\xff");
		used += at[used + 4] == '-' && high_byte(at + used + 5) ? 9 : 4;
	}
	if (is_odd || !has_high || at[used] != ']') {
		out->data[out->size = before] = '\0';
		return 0;
	}
	buf_add_char(out, ']');
	return used + 1;
}

/* Puts what begins a group, or a whole group that says what must not match: told less exactly it
 * would keep away more. Gives its size; *begins tells whether an alternative begins behind it. */
static size_t put_open(struct folder *folder, const char *at, int *begins)
{
	int is_negative = strncmp(at, "(?!", 3) == 0 || strncmp(at, "(?<!", 4) == 0;
	size_t size = is_negative                                                ? item_size(at)
	              : strncmp(at, "(?:", 3) == 0 || strncmp(at, "(?=", 3) == 0 ? 3
	                                                                         : 1;

	*begins = !is_negative && (size == 3 || at[1] != '?');
	size = size ? size : strlen(at);
	buf_add(&folder->out, at, size);
	return size;
}

char *fold_high(const char *pattern, enum fold fold)
{
	struct folder folder = {.fold = fold};
	const char *at = pattern;
	int begins = 1;
	size_t size;

	buf_add_string(&folder.out, "");
	while (*at) {
		size = begins ? fold_alternative(&folder, at) : 0;
		begins = 0;
		if (!size && *at == '[' && fold == FOLD_ALL)
			size = fold_class(&folder, at);
		if (size) {
			at += size;
			continue;
		}
		if (*at == '(') {
			at += put_open(&folder, at, &begins);
			continue;
		}
		begins = *at == '|';
		size = *at == '\\' || *at == '[' ? item_size(at) : 1;
		size = size ? size : strlen(at);
		buf_add(&folder.out, at, size);
		at += size;
	}
	return buf_give(&folder.out);
}
