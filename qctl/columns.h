/*
 * Rows of cells for people: columns as wide as their widest cell, the last one as it is. Text from
 * outside is made harmless for a terminal on its way in.
 */
#ifndef QCTL_COLUMNS_H
#define QCTL_COLUMNS_H

#include <stddef.h>

#include "lib/base/buf.h"

struct columns;

/* `most`: characters after which a cell is cut with "…"; 0: never. */
struct columns *columns_new(size_t count, size_t most);
void columns_free(struct columns **columns);

/* Adds the next cell; after the last one of a row a new row begins. */
void columns_add(struct columns *columns, const char *text);

/* Adds all rows to `out`, a line each, without blanks at their ends. */
void columns_print(const struct columns *columns, struct buf *out);

/* Adds `text` with everything that is not printable as \xNN. Gives how many characters that is. */
size_t columns_safe(struct buf *out, const char *text, size_t most);

#endif
