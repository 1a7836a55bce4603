#include "lib/hyper/shorten.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/hyper/fold.h"
#include "lib/hyper/item.h"

enum {
	FOLDED_FROM_BYTES = 4000,
	PATTERN_MOST_BYTES = 15500, /* the library takes 16,000 */
};

static int put_rows(const char *text, size_t size, size_t budget, struct buf *out);

/* The beginning of a group that is too long as a whole; 0, and nothing is put, where it could match
 * anything then, or need not match at all. */
static int put_group_start(const char *item, size_t size, size_t budget, struct buf *out)
{
	size_t open = strncmp(item, "(?:", 3) == 0 ? 3 : 1, end = size, before = out->size;

	if (*item != '(' || (open == 1 && item[1] == '?') || budget < open + 1)
		return 0;
	while (end > open && item[end - 1] != ')') {
		end--;
		if (strchr("*?", item[end]) || (item[end] == '{' && item[end + 1] == '0'))
			return 0;
	}
	buf_add(out, item, open);
	if (!put_rows(item + open, end - 1 - open, budget - open - 1, out)) {
		out->data[out->size = before] = '\0';
		return 0;
	}
	buf_add_char(out, ')');
	return 1;
}

/* Items of a row as long as they fit. 0: none was put. */
static int put_row(const char *row, size_t size, size_t budget, struct buf *out)
{
	size_t start = out->size, at = 0, item;

	while (at < size) {
		item = item_size(row + at);
		if (!item)
			break;
		if (out->size - start + item > budget) {
			put_group_start(row + at, item, budget - (out->size - start), out);
			break;
		}
		buf_add(out, row + at, item);
		at += item;
	}
	return out->size > start;
}

/* What matches a whole row of items matches its beginning, too. Rows that stand side by side share
 * the room. 0: one of them has nothing left, so all could match anything. */
static int put_rows(const char *text, size_t size, size_t budget, struct buf *out)
{
	size_t count = 1, used;

	for (size_t at = row_size(text, size); at < size;
	        at += 1 + row_size(text + at + 1, size - at - 1))
		count++;
	budget = budget / count;
	for (size_t at = 0;; at += used + 1) {
		used = row_size(text + at, size - at);
		if (budget < 2 || !put_row(text + at, used, budget - 1, out))
			return 0;
		if (at + used >= size)
			return 1;
		buf_add_char(out, '|');
	}
}

/* Cut behind an item, or behind one in each of its alternatives; itself where that can't be done.
 */
static char *cut(char *pattern)
{
	struct buf out = {0};

	buf_add_string(&out, "");
	if (!put_rows(pattern, strlen(pattern), PATTERN_MOST_BYTES, &out)) {
		buf_fini(&out);
		return pattern;
	}
	free(pattern);
	return buf_give(&out);
}

char *shorten(char *pattern)
{
	static const enum fold folds[] = {FOLD_LONG, FOLD_ALL};
	char *shortest = pattern, *folded;

	for (size_t i = 0; i < 2 && strlen(shortest) > FOLDED_FROM_BYTES; i++) {
		folded = fold_high(pattern, folds[i]);
		if (shortest != pattern)
			free(shortest);
		shortest = folded;
	}
	if (shortest != pattern)
		free(pattern);
	return strlen(shortest) > PATTERN_MOST_BYTES ? cut(shortest) : shortest;
}
