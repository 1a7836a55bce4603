/*
 * The edit script of a group: byte ranges of the original and what stands there instead. A message
 * is never written anew, so what is not named here keeps its bytes. Pure.
 */
#ifndef WORKERS_QSCAN_EDITS_H
#define WORKERS_QSCAN_EDITS_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/mime/map.h"

struct edit {
	size_t offset;
	size_t length;
	struct buf replacement;
};

struct edits {
	struct edit *list;
	size_t count;
};

/* Adds one; takes the replacement. */
void edits_add(struct edits *edits, size_t offset, size_t length, struct buf *replacement);

/* Takes out the fields that only we may write: X-Spam-* and X-Lazaret*, as they came from outside,
 * each with its continuation lines and its line's end. */
void edits_strip_fields(struct edits *edits, const struct mime_map *map);

/* Puts `prefix` before the text of each Subject field. 0: there is none. */
int edits_prefix_subject(struct edits *edits, const struct mime_map *map, const char *prefix);

/* Puts them into ascending order. 0: two overlap (but for deletions inside deletions, which
 * become one); then the script is not to be used. */
int edits_settle(struct edits *edits);
void edits_fini(struct edits *edits);

/* "[SPAM]" as it stands in a field: an RFC 2047 word if it is not ASCII. To be freed. */
char *edits_word(const char *text);

#endif
