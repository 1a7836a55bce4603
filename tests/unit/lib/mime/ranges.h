/*
 * The properties that every map and every cut has, whatever the bytes. Used by the property test
 * and by the fuzz targets; aborts where one does not hold.
 */
#ifndef TESTS_UNIT_LIB_MIME_RANGES_H
#define TESTS_UNIT_LIB_MIME_RANGES_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mime/cut.h"
#include "lib/mime/map.h"

static inline size_t range_end(struct mime_range range)
{
	return range.offset + range.length;
}

static inline int range_inside(struct mime_range inner, struct mime_range outer)
{
	return inner.offset >= outer.offset && range_end(inner) <= range_end(outer) &&
	       inner.length <= outer.length;
}

static inline void check_fields(const struct mime_map *map, const struct mime_part *part)
{
	size_t at;

	assert(part->first_field + part->field_count <= map->field_count);
	for (at = part->first_field; at < part->first_field + part->field_count; at++) {
		assert(range_inside(map->fields[at].name, part->header));
		assert(range_inside(map->fields[at].value, part->header));
		assert(range_end(map->fields[at].name) < map->fields[at].value.offset);
	}
}

static inline void check_texts(const struct mime_part *part)
{
	size_t at;

	assert(part->type && part->charset && part->boundary && part->path && *part->path);
	assert(part->encodings >> part->encoding & 1);
	for (at = 0; at < part->name_count; at++)
		assert(*part->names[at].text);
	for (at = 0; at < part->other_type_count; at++)
		assert(strcmp(part->other_types[at], part->type) != 0);
}

static inline void check_part(const struct mime_map *map, size_t index, const size_t *last_end)
{
	const struct mime_part *part = &map->parts[index], *parent = &map->parts[part->parent];

	assert(range_inside(part->whole, (struct mime_range){0, map->size}));
	assert(range_inside(part->header, part->whole));
	assert(range_inside(part->body, part->whole));
	assert(range_end(part->header) <= part->body.offset);
	if (index) {
		assert(part->parent < index);
		assert(part->depth == parent->depth + 1);
		assert(range_inside(part->whole, parent->body));
		assert(part->whole.offset >= last_end[part->parent]);
		assert(part->whole.offset >= map->parts[index - 1].whole.offset);
	}
	check_fields(map, part);
	check_texts(part);
}

static inline void check_map(const struct mime_map *map)
{
	size_t *last_end = calloc(map->part_count, sizeof *last_end), at;

	assert(last_end && map->part_count >= 1);
	assert(map->parts[0].whole.length == map->size);
	for (at = 0; at < map->part_count; at++) {
		check_part(map, at, last_end);
		last_end[map->parts[at].parent] = at ? range_end(map->parts[at].whole) : 0;
	}
	for (at = 0; at < map->anomaly_count; at++) {
		assert(map->anomalies[at].part < map->part_count);
		assert(map->anomalies[at].offset <= map->size);
	}
	free(last_end);
}

/* Edits lie in the message, in order, without overlap; what is outside of them stays. */
static inline void check_edits(const struct cut *cut, const struct mime_map *map)
{
	struct buf out = {0};
	size_t at, done = 0, written = 0;

	cut_apply(cut, map, &out);
	for (at = 0; at < cut->count; at++) {
		const struct cut_edit *edit = &cut->edits[at];

		assert(edit->offset >= done && edit->offset + edit->length <= map->size);
		assert(!memcmp(out.data + written, map->bytes + done, edit->offset - done));
		written += edit->offset - done;
		assert(!memcmp(out.data + written, edit->bytes, edit->size));
		written += edit->size;
		done = edit->offset + edit->length;
	}
	assert(out.size - written == map->size - done);
	assert(!memcmp(out.data + written, map->bytes + done, map->size - done));
	buf_fini(&out);
}

#endif
