/*
 * GMime, the second view of a message. The only file that knows GMime and GLib is view.c.
 */
#ifndef LIB_MIME_VIEW_H
#define LIB_MIME_VIEW_H

#include "lib/base/buf.h"
#include "lib/mime/map.h"

/* A leaf part as GMime sees it. */
struct view_part {
	char *type;
	char *name;    /* "" if none */
	char *content; /* decoded by GMime */
	size_t size;
};

struct view {
	struct view_part *parts;
	size_t count;
	size_t depth;
	int truncated; /* a limit was hit */
};

void view_start(void); /* once a process, before any fork */

/* Unicode's NFKC and lower case of any UTF-8; what is not valid becomes U+FFFD. To be freed. */
char *view_nfkc(const char *utf8);

/* Linear, but GMime takes up to a second for a megabyte of header fields: where the map was
 * truncated there is nothing left to compare, and no need for it. */
struct view *view_new(const void *bytes, size_t size, const struct mime_limits *limits);
void view_free(struct view **view);

/* GMime's parse alone, its result thrown away: what the map is measured against. */
void view_parse(const void *bytes, size_t size);

/* Adds names that only GMime sees to the map's parts, and notes MIME_ANOMALY_VIEWS_DIFFER where a
 * leaf's decoded content or the list of leaves is not the same. Gives the number of GMime leaves
 * (indexes into view->parts, malloc'ed, in *extra) whose content is nowhere in our map and must be
 * looked at, too. */
size_t view_compare(struct mime_map *map, const struct view *view, size_t **extra);

#endif
