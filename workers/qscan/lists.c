#include "workers/qscan/lists.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/config/address.h"

enum { FILE_MOST = 64 << 20 };

struct list {
	char **items;
	size_t count, room;
	const char **plain; /* of them, those without wildcards, sorted; in lower case */
	size_t plain_count;
	const char **globs;
	size_t glob_count;
};

static void add(struct list *list, char *item)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 16;
		list->items = alloc_grow(list->items, list->room, sizeof(*list->items));
	}
	list->items[list->count++] = item;
}

/* ---------------------------------------------------------------- files */

/* An address is in the network of itself; what is in no network can't be read. */
static int is_network(const char *item)
{
	char *address = alloc_bytes(item, strcspn(item, "/"));
	int good = address_in_network(item, address);

	free(address);
	return good;
}

static const char *wrong(const char *item, enum lists_form form)
{
	if (form == LISTS_NETWORK)
		return is_network(item) ? NULL : "a network such as 192.0.2.0/24";
	if (form == LISTS_TEXT || !strcmp(item, "<>"))
		return NULL;
	if (strpbrk(item, " \t<>,;") || !strpbrk(item, "@.*?["))
		return "an address, @domain, .domain, a pattern or <>";
	return NULL;
}

/* The pattern in a line, without comment and blanks; empty where there is none. To be freed. */
static char *pattern_of(const char *line, size_t size, enum lists_form form)
{
	const char *comment;

	while (size && strchr(" \t\r", line[size - 1]))
		size--;
	while (size && strchr(" \t", *line)) {
		line++;
		size--;
	}
	comment = memchr(line, '#', size);
	if (comment && (form != LISTS_TEXT || comment == line))
		size = (size_t)(comment - line);
	while (size && strchr(" \t", line[size - 1]))
		size--;
	return alloc_bytes(line, size);
}

static enum result add_lines(struct list *list, const char *path, const struct buf *text,
        enum lists_form form, struct err *err)
{
	const char *at = text->data, *end = text->data + text->size, *next;
	const char *expected;
	size_t number;
	char *item;

	for (number = 1; at < end; at = next + 1, number++) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (!next)
			next = end;
		item = pattern_of(at, (size_t)(next - at), form);
		if (!*item) {
			free(item);
			continue;
		}
		add(list, item);
		expected = wrong(item, form);
		if (expected)
			return err_set(err, RESULT_PERMANENT, "%s:%zu: \"%.80s\", expected %s",
			        path, number, item, expected);
	}
	return RESULT_OK;
}

static enum result add_file(
        struct list *list, const char *path, enum lists_form form, struct err *err)
{
	struct buf text = {0};
	enum result result = file_read(path, FILE_MOST, &text, err);

	if (!result)
		result = add_lines(list, path, &text, form, err);
	buf_fini(&text);
	return result;
}

/* ---------------------------------------------------------------- lookup */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(struct list *list)
{
	size_t at;

	list->plain = alloc(list->count * sizeof(*list->plain));
	list->globs = alloc(list->count * sizeof(*list->globs));
	for (at = 0; at < list->count; at++) {
		if (strpbrk(list->items[at], "*?["))
			list->globs[list->glob_count++] = list->items[at];
		else
			list->plain[list->plain_count++] = list->items[at];
		text_lower(list->items[at]);
	}
	qsort(list->plain, list->plain_count, sizeof(*list->plain), by_text);
}

static int has_plain(const struct list *list, const char *text)
{
	return bsearch(&text, list->plain, list->plain_count, sizeof(*list->plain), by_text) !=
	       NULL;
}

/* "@example.org" for the domain itself, ".example.org" for it and each domain above it. */
static int has_domain(const struct list *list, const char *domain)
{
	char *text = alloc_format("@%s", domain);
	char *at = text;
	int found = has_plain(list, text);

	while (!found && at) {
		*at = '.';
		found = has_plain(list, at);
		at = strchr(at + 1, '.');
	}
	free(text);
	return found;
}

int list_has_address(const struct list *list, const char *address)
{
	char *lower;
	size_t at;
	int found;

	if (!*address)
		return has_plain(list, "<>");
	lower = alloc_string(address);
	text_lower(lower);
	found = has_plain(list, lower) || has_domain(list, address_domain(lower));
	for (at = 0; !found && at < list->glob_count; at++)
		found = text_glob(list->globs[at], lower, strlen(lower));
	free(lower);
	return found;
}

int list_has_network(const struct list *list, const char *client)
{
	size_t at;

	for (at = 0; at < list->count; at++)
		if (address_in_network(list->items[at], client))
			return 1;
	return 0;
}

/* ---------------------------------------------------------------- making */

enum result list_new(const struct config_list *items, const char *path, enum lists_form form,
        struct list **out, struct err *err)
{
	struct list *list = alloc_zero(1, sizeof(*list));
	enum result result = RESULT_OK;
	size_t at;

	for (at = 0; at < items->count; at++)
		add(list, alloc_string(items->items[at]));
	if (*path)
		result = add_file(list, path, form, err);
	if (result) {
		list_free(&list);
		return result;
	}
	if (form == LISTS_ADDRESS)
		sort(list);
	*out = list;
	return RESULT_OK;
}

void list_free(struct list **list)
{
	size_t at;

	if (!*list)
		return;
	for (at = 0; at < (*list)->count; at++)
		free((*list)->items[at]);
	free((*list)->items);
	free((*list)->plain);
	free((*list)->globs);
	free(*list);
	*list = NULL;
}

size_t list_count(const struct list *list)
{
	return list->count;
}

const char *list_item(const struct list *list, size_t at)
{
	return list->items[at];
}
