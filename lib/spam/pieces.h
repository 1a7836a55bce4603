/*
 * A bounded list of byte strings, kept one behind the other in one run of memory.
 */
#ifndef LIB_SPAM_PIECES_H
#define LIB_SPAM_PIECES_H

#include <stddef.h>

#include "lib/base/buf.h"

struct pieces {
	struct buf bytes;
	struct pieces_item {
		size_t offset, size;
	} * items;
	size_t count, room;
	size_t most; /* items; 0: not bounded */
	int is_full; /* something was left out */
};

/* Adds a copy; past the bound it is left out and the list is marked full. */
void pieces_add(struct pieces *pieces, const void *bytes, size_t size);

/* Adds to the end of the last string; nothing where there is none, or where the list is full. */
void pieces_extend(struct pieces *pieces, const void *bytes, size_t size);
const char *pieces_at(const struct pieces *pieces, size_t index, size_t *size);

/* Puts the strings into order and drops doubles. */
void pieces_unique(struct pieces *pieces);
void pieces_fini(struct pieces *pieces);

#endif
