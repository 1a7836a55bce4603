#include "quarantine/segments.h"

#include <stdlib.h>

#include "lib/base/alloc.h"

struct edge {
	uint64_t offset;
	int depth; /* what it adds to the number of ranges that are open */
};

static int by_offset(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	return (left->offset > right->offset) - (left->offset < right->offset);
}

static enum result edges_of(
        Lz__Part *const *parts, size_t count, uint64_t size, struct edge *edges, struct err *err)
{
	size_t at;

	for (at = 0; at < count; at++) {
		const Lz__Part *part = parts[at];

		if (part->offset > size || part->length > size - part->offset)
			return err_set(err, RESULT_PERMANENT, "part %zu reaches beyond the message",
			        at + 1);
		edges[2 * at] = (struct edge){part->offset, 1};
		edges[2 * at + 1] = (struct edge){part->offset + part->length, -1};
	}
	return RESULT_OK;
}

/* Walks the edges in order; between two of them that differ lies a segment if a range is open. */
static void sweep(const struct edge *edges, size_t count, struct segments *out)
{
	uint64_t start = 0;
	int depth = 0;
	size_t at;

	out->list = alloc_zero(count, sizeof(*out->list));
	out->count = 0;
	for (at = 0; at < count; at++) {
		if (depth && edges[at].offset > start)
			out->list[out->count++] = (struct segment){start, edges[at].offset - start};
		start = edges[at].offset;
		depth += edges[at].depth;
	}
}

enum result segments_plan(Lz__Part *const *parts, size_t part_count, uint64_t size, int whole,
        struct segments *out, struct err *err)
{
	size_t count = 2 * part_count;
	struct edge *edges = alloc_zero(count + 2, sizeof(*edges));
	enum result result = edges_of(parts, part_count, size, edges, err);

	if (!result) {
		if (whole) {
			edges[count++] = (struct edge){0, 1};
			edges[count++] = (struct edge){size, -1};
		}
		qsort(edges, count, sizeof(*edges), by_offset);
		sweep(edges, count, out);
	}
	free(edges);
	return result;
}

void segments_free(struct segments *segments)
{
	free(segments->list);
	*segments = (struct segments){0};
}
