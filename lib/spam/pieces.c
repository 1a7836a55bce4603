#include "lib/spam/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

void pieces_add(struct pieces *pieces, const void *bytes, size_t size)
{
	if (pieces->most && pieces->count == pieces->most) {
		pieces->is_full = 1;
		return;
	}
	if (pieces->count == pieces->room) {
		pieces->room = pieces->room ? 2 * pieces->room : 64;
		pieces->items = alloc_grow(pieces->items, pieces->room, sizeof(*pieces->items));
	}
	pieces->items[pieces->count].offset = pieces->bytes.size;
	pieces->items[pieces->count++].size = size;
	buf_add(&pieces->bytes, bytes, size);
}

void pieces_extend(struct pieces *pieces, const void *bytes, size_t size)
{
	if (!pieces->count || pieces->is_full)
		return;
	buf_add(&pieces->bytes, bytes, size);
	pieces->items[pieces->count - 1].size += size;
}

const char *pieces_at(const struct pieces *pieces, size_t index, size_t *size)
{
	*size = pieces->items[index].size;
	return pieces->bytes.data ? pieces->bytes.data + pieces->items[index].offset : "";
}

static int compare(const void *left, const void *right, void *context)
{
	const struct pieces_item *a = left, *b = right;
	const char *bytes = context;
	size_t least = a->size < b->size ? a->size : b->size;
	int order = least ? memcmp(bytes + a->offset, bytes + b->offset, least) : 0;

	return order ? order : (a->size > b->size) - (a->size < b->size);
}

void pieces_unique(struct pieces *pieces)
{
	size_t kept = 1;

	if (pieces->count < 2)
		return;
	qsort_r(pieces->items, pieces->count, sizeof(*pieces->items), compare, pieces->bytes.data);
	for (size_t i = 1; i < pieces->count; i++) {
		if (compare(&pieces->items[kept - 1], &pieces->items[i], pieces->bytes.data))
			pieces->items[kept++] = pieces->items[i];
	}
	pieces->count = kept;
}

void pieces_fini(struct pieces *pieces)
{
	buf_fini(&pieces->bytes);
	free(pieces->items);
	memset(pieces, 0, sizeof(*pieces));
}
