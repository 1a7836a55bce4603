/*
 * Lists that rule files fill and functions ask: addresses that are welcome, hosts of free mail,
 * networks that are trusted. A list has a name, values in the order in which they were written, and
 * no double. A list that nothing was put into is an empty one.
 *
 * Lists that a setting fills have the setting's name (`welcomelist_from`; the older `whitelist_…`
 * and `blacklist_…` are these by another spelling). What `enlist_addrlist (NAME)` fills is
 * "addrlist NAME", and `enlist_uri_host (NAME)` "uri_host NAME".
 */
#ifndef LIB_SPAM_LISTS_H
#define LIB_SPAM_LISTS_H

#include <stddef.h>

struct lists;
struct match;

struct lists *lists_new(void);
void lists_free(struct lists **lists);

void lists_add(struct lists *lists, const char *list, const char *value);
void lists_remove(struct lists *lists, const char *list, const char *value);
void lists_clear(struct lists *lists, const char *list);

/* Is the value there, without regard to the case of ASCII letters? In constant time. */
int lists_has(const struct lists *lists, const char *list, const char *value);

/* The same for values that, read as a glob (* and ?), match `text`. Each with a wildcard in it is
 * looked at. */
int lists_match(const struct lists *lists, const char *list, const char *text);

/* The next of the values with a wildcard in them that matches `text`; NULL if there is none left.
 * *from is 0 at first. Lent until the lists change. */
const char *lists_next_wild(
        const struct lists *lists, const char *list, const char *text, size_t *from);

size_t lists_count(const struct lists *lists, const char *list);
const char *lists_at(const struct lists *lists, const char *list, size_t index);

/* The value as a rule's pattern, see pattern_of_rule(); compiled when it is first asked for. */
const struct match *lists_pattern(const struct lists *lists, const char *list, size_t index);

/* All values of all lists. */
size_t lists_size(const struct lists *lists);

#endif
