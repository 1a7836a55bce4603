/*
 * Lists of patterns, from the configuration and from map files: one pattern a line, "#" begins a
 * comment, blanks around it don't count. Lists are made once and only read: a changed file starts a
 * new generation of scanners.
 */
#ifndef WORKERS_QSCAN_LISTS_H
#define WORKERS_QSCAN_LISTS_H

#include "lib/base/err.h"
#include "lib/config/config.h"

enum lists_form {
	LISTS_ADDRESS, /* as address_matches() takes them */
	LISTS_NETWORK, /* as address_in_network() takes them */
	LISTS_TEXT,    /* anything; only a line that begins with "#" is a comment */
};

struct list;

/* `items`, then the lines of `path` ("" for no file). Gives *out. RESULT_PERMANENT: err is
 * "file:line: what is wrong". */
enum result list_new(const struct config_list *items, const char *path, enum lists_form form,
        struct list **out, struct err *err);
void list_free(struct list **list);

size_t list_count(const struct list *list);
const char *list_item(const struct list *list, size_t at); /* in the order they were given */

/* Does any pattern match? Looks up what needs no search, so that long files cost little. */
int list_has_address(const struct list *list, const char *address);
int list_has_network(const struct list *list, const char *client);

#endif
