#include "lib/mime/map.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/mime/build.h"

/* The recursion's depth is ours to bound, whatever the caller asks for. */
enum { DEPTH_MOST = 200 };

static const struct mime_limits defaults = {1000, 30, 1000, 64 << 10};

const char *mime_encoding_name(enum mime_encoding encoding)
{
	static const char *const names[] = {
	        "identity", "base64", "quoted-printable", "uuencode", "yenc", "binhex", "unknown"};

	_Static_assert(sizeof names / sizeof names[0] == MIME_UNKNOWN_ENCODING + 1, "each one");
	return names[encoding];
}

static char *part_path(const struct mime_map *map, size_t parent, int synthetic)
{
	const struct mime_part *above = &map->parts[parent];
	size_t at = strlen(above->path), children;

	if (!synthetic && above->is_message)
		return alloc_format("%s.0", above->path);
	children = synthetic ? above->synthetic_count : above->child_count;
	/* "2.0" is the message inside "2": its parts are "2.1" and so on. */
	if (at >= 2 && strcmp(above->path + at - 2, ".0") == 0)
		at -= 2;
	if (!parent)
		return alloc_format("%s%zu", synthetic ? "s" : "", children + 1);
	return alloc_format("%.*s.%s%zu", (int)at, above->path, synthetic ? "s" : "", children + 1);
}

size_t build_part(struct build *build, size_t parent, struct mime_range whole, int synthetic)
{
	struct mime_map *map = build->map;
	size_t index = map->part_count, depth = index ? map->parts[parent].depth + 1 : 0;
	struct mime_part *part;

	if (index >= build->limits.max_parts || depth > build->limits.max_depth) {
		mime_map_note(map,
		        index >= build->limits.max_parts ? MIME_ANOMALY_TOO_MANY_PARTS
		                                         : MIME_ANOMALY_TOO_DEEP,
		        parent, whole.offset);
		map->truncated = 1;
		return SIZE_MAX;
	}
	if (index == build->part_room) {
		build->part_room = build->part_room ? 2 * build->part_room : 16;
		map->parts = alloc_grow(map->parts, build->part_room, sizeof *map->parts);
	}
	part = &map->parts[index];
	*part = (struct mime_part){.parent = parent,
	        .depth = depth,
	        .whole = whole,
	        .is_synthetic = synthetic,
	        .type = alloc_string("text/plain"),
	        .charset = alloc_string(""),
	        .boundary = alloc_string("")};
	part->path = index ? part_path(map, parent, synthetic) : alloc_string("0");
	if (index && synthetic)
		map->parts[parent].synthetic_count++;
	else if (index)
		map->parts[parent].child_count++;
	map->part_count++;
	return index;
}

/* No LF but perhaps the last byte, which a transport may have added. */
static int has_cr_lines(const struct lines *lines)
{
	size_t lf = lines->lf_count + lines->crlf_count;

	return lines->bare_cr_count && (!lf || (lf == 1 && lines->bytes[lines->size - 1] == '\n'));
}

static void note_lines(struct build *build)
{
	const struct lines *lines = &build->lines;

	if (has_cr_lines(lines))
		mime_map_note(build->map, MIME_ANOMALY_CR_LINES, 0, lines->first_bare_cr);
	else if (lines->bare_cr_count)
		mime_map_note(build->map, MIME_ANOMALY_BARE_CR, 0, lines->first_bare_cr);
	if (lines->lf_count && lines->crlf_count)
		mime_map_note(build->map, MIME_ANOMALY_BARE_LF_MIXED, 0, 0);
	if (lines->too_many) {
		mime_map_note(build->map, MIME_ANOMALY_TOO_MANY_PARTS, 0, 0);
		build->map->truncated = 1;
	}
}

/* A build whose map has its root and nothing else yet. */
static void start(
        struct build *build, const void *bytes, size_t size, const struct mime_limits *limits)
{
	*build = (struct build){.limits = limits ? *limits : defaults};
	if (build->limits.max_depth > DEPTH_MOST)
		build->limits.max_depth = DEPTH_MOST;
	if (!build->limits.max_parts)
		build->limits.max_parts = 1;
	build->map = alloc_zero(1, sizeof *build->map);
	build->map->bytes = bytes;
	build->map->size = size;
	lines_scan(&build->lines, bytes, size);
	build_part(build, 0, (struct mime_range){0, size}, 0);
}

static struct mime_map *finish(struct build *build)
{
	note_lines(build);
	lines_fini(&build->lines);
	return build->map;
}

struct mime_map *mime_map_new(const void *bytes, size_t size, const struct mime_limits *limits)
{
	struct build build;

	start(&build, bytes, size, limits);
	tree_part(&build, 0, NULL, has_cr_lines(&build.lines));
	return finish(&build);
}

struct mime_map *mime_map_new_decoded(const struct mime_map *outer, size_t part, const void *bytes,
        size_t size, const struct mime_limits *limits)
{
	struct build build;

	start(&build, bytes, size, limits);
	build.map->decodings = outer->decodings + !outer->parts[part].is_message;
	if (outer->parts[part].is_message)
		tree_part(&build, 0, NULL, has_cr_lines(&build.lines));
	else
		tree_decoded(&build, &outer->parts[part]);
	return finish(&build);
}

struct mime_map *build_glance(const struct mime_map *outer, size_t part, const struct buf *text,
        const struct mime_limits *limits)
{
	struct build build;

	start(&build, text->data, text->size, limits);
	build.is_glance = 1;
	tree_decoded(&build, &outer->parts[part]);
	return finish(&build);
}

static void part_fini(struct mime_part *part)
{
	size_t at;

	for (at = 0; at < part->other_type_count; at++)
		free(part->other_types[at]);
	for (at = 0; at < part->name_count; at++)
		free(part->names[at].text);
	for (at = 0; at < part->boundary_count; at++)
		free(part->boundaries[at]);
	free(part->boundaries);
	free(part->other_types);
	free(part->names);
	free(part->path);
	free(part->type);
	free(part->charset);
	free(part->boundary);
}

void mime_map_free(struct mime_map **map)
{
	size_t at;

	if (!*map)
		return;
	for (at = 0; at < (*map)->part_count; at++)
		part_fini(&(*map)->parts[at]);
	free((*map)->parts);
	free((*map)->fields);
	free((*map)->anomalies);
	free(*map);
	*map = NULL;
}

/* NULs in a field's name count for nothing: they hide it from some readers only. */
static int is_named(const struct mime_map *map, const struct mime_field *field, const char *name)
{
	const unsigned char *bytes = map->bytes + field->name.offset;
	size_t at;

	for (at = 0; at < field->name.length; at++) {
		unsigned char c = bytes[at];

		if (!c)
			continue;
		if (!*name || (c | 32) != ((unsigned char)*name | 32))
			return 0;
		name++;
	}
	return !*name;
}

const struct mime_field *mime_field(
        const struct mime_map *map, size_t part, const char *name, size_t nth)
{
	const struct mime_part *own = &map->parts[part];
	size_t at;

	for (at = own->first_field; at < own->first_field + own->field_count; at++)
		if (is_named(map, &map->fields[at], name) && !nth--)
			return &map->fields[at];
	return NULL;
}
