/*
 * Any bytes give a map whose ranges are sound, and whose decoded parts are no larger than decoding
 * allows; the second view reads them, too.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/mime/decode.h"
#include "lib/mime/view.h"
#include "tests/unit/lib/mime/ranges.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	view_start();
	return 0;
}

static void check_decoded(const struct mime_map *map, size_t part)
{
	struct buf text = {0};
	struct mime_map *inner;

	decode_part(map, part, map->parts[part].encoding, &text);
	if (map->parts[part].needs_decoding) {
		inner = mime_map_new_decoded(map, part, text.data, text.size, NULL);
		check_map(inner);
		mime_map_free(&inner);
	}
	buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mime_limits limits = {
	        .max_parts = 60, .max_depth = 10, .max_fields = 60, .max_field_bytes = 2000};
	struct mime_map *map = mime_map_new(bytes, size, &limits);
	struct view *view = view_new(bytes, size, &limits);
	size_t *extra, at;

	check_map(map);
	assert(map->part_count <= 60);
	for (at = 0; at < map->part_count; at++) {
		assert(map->parts[at].depth <= 10);
		check_decoded(map, at);
	}
	assert(view_compare(map, view, &extra) <= view->count);
	check_map(map);
	free(extra);
	view_free(&view);
	mime_map_free(&map);
	return 0;
}
