/*
 * Whatever part of whatever message is cut: edits are sound, all bytes outside them stay, the
 * result maps, and the cut part is text in its place.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/text.h"
#include "lib/mime/view.h"
#include "tests/unit/lib/mime/ranges.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char text[] = "Cut out: a part.\n--B\nÄ";

/* A leaf that was cut leaves as many parts as there were. */
static void check_result(const struct mime_map *map, const struct cut *cut, size_t part)
{
	struct buf out = {0};
	struct mime_map *after;

	cut_apply(cut, map, &out);
	after = mime_map_new(out.data, out.size, NULL);
	check_map(after);
	if (!part)
		assert(after->part_count == 1 && text_same(after->parts[0].type, "text/plain"));
	mime_map_free(&after);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mime_limits limits = {
	        .max_parts = 30, .max_depth = 8, .max_fields = 60, .max_field_bytes = 2000};
	struct mime_map *map = mime_map_new(bytes, size, &limits);
	struct cut all = {0};
	struct err err;
	size_t part;

	for (part = 0; part < map->part_count; part++) {
		struct cut cut = {0};

		if (cut_part(&cut, map, part, text, &err) == RESULT_OK) {
			check_edits(&cut, map);
			check_result(map, &cut, part);
		}
		if (part)
			cut_part(&all, map, part, text, &err);
		cut_fini(&cut);
	}
	check_edits(&all, map);
	cut_part(&all, map, 0, text, &err);
	check_edits(&all, map);
	cut_fini(&all);
	mime_map_free(&map);
	return 0;
}
