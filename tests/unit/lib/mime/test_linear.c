/*
 * What a map may grow to is bounded by its limits, not by the message: so its cost is, too. How
 * long it takes is measured by bench_map, over the same mails.
 */
#include "tests/unit/lib/mime/support.h"

#include "tests/unit/lib/mime/hostile.h"
#include "tests/unit/lib/mime/ranges.h"

/* Candidates of one part, as describe.c bounds them; GMime's are not in a map of our own. */
enum { NAMES_MOST = 32, TYPES_MOST = 8, BOUNDARIES_MOST = 8 };

static const struct mime_limits few = {
        .max_parts = 20, .max_depth = 5, .max_fields = 10, .max_field_bytes = 200};
static const struct mime_limits usual = {
        .max_parts = 1000, .max_depth = 30, .max_fields = 1000, .max_field_bytes = 64 << 10};

static void check_part_bounds(const struct mime_part *part, const struct mime_limits *limits)
{
	assert_true(part->depth <= limits->max_depth);
	assert_true(part->field_count <= limits->max_fields);
	assert_true(part->name_count <= NAMES_MOST);
	assert_true(part->other_type_count < TYPES_MOST);
	assert_true(part->boundary_count <= BOUNDARIES_MOST);
	/* A number and two dots for each level. */
	assert_true(strlen(part->path) <= 8 * (part->depth + 1));
}

static void check_bounds(const char *name, const struct buf *text, const struct mime_limits *limits)
{
	struct mime_map *map = mime_map_new(text->data, text->size, limits);
	size_t at, decoded_most = text->size * 16;

	check_map(map);
	assert_true(map->part_count <= limits->max_parts);
	assert_true(map->anomaly_count <= map->part_count * MIME_ANOMALY_KINDS);
	for (at = 0; at < map->part_count; at++) {
		struct buf out = {0};

		check_part_bounds(&map->parts[at], limits);
		decode_part(map, at, map->parts[at].encoding, &out);
		assert_true(out.size <= decoded_most);
		buf_fini(&out);
	}
	mime_map_free(&map);
}

static void a_map_of_hostile_mail_stays_within_its_limits(void **state)
{
	size_t at;

	for (at = 0; at < HOSTILES; at++) {
		struct buf text = {0};

		hostile_make(&hostiles[at], 64 << 10, &text);
		assert_in_range(text.size, 63 << 10, 64 << 10);
		check_bounds(hostiles[at].name, &text, &few);
		check_bounds(hostiles[at].name, &text, &usual);
		buf_fini(&text);
	}
}

/* Twice the mail is at most about twice the map: nothing in it is counted by pairs. */
static void a_map_grows_no_faster_than_the_mail(void **state)
{
	size_t at;

	for (at = 0; at < HOSTILES; at++) {
		struct buf text = {0}, twice = {0};
		struct mime_map *map, *larger;

		hostile_make(&hostiles[at], 20000, &text);
		hostile_make(&hostiles[at], 40000, &twice);
		map = mime_map_new(text.data, text.size, &usual);
		larger = mime_map_new(twice.data, twice.size, &usual);
		if (larger->part_count > 3 * map->part_count + 10 ||
		        larger->field_count > 3 * map->field_count + 10 ||
		        larger->anomaly_count > 3 * map->anomaly_count + 10)
			fail_msg("%s: %zu parts, %zu fields, %zu anomalies became %zu, %zu, %zu",
			        hostiles[at].name, map->part_count, map->field_count,
			        map->anomaly_count, larger->part_count, larger->field_count,
			        larger->anomaly_count);
		mime_map_free(&map);
		mime_map_free(&larger);
		buf_fini(&text);
		buf_fini(&twice);
	}
}

static void marks_beyond_their_limit_are_left_out_and_told(void **state)
{
	const struct hostile *dashes = NULL;
	struct buf text = {0};
	struct mime_map *map;
	size_t at;

	for (at = 0; at < HOSTILES; at++)
		if (strcmp(hostiles[at].name, "lines of dashes") == 0)
			dashes = &hostiles[at];
	assert_non_null(dashes);
	hostile_make(dashes, 5 << 20, &text); /* more than 2^20 lines of four bytes */
	map = mime_map_new(text.data, text.size, NULL);
	assert_true(map->truncated);
	assert_true(mime_map_has(map, MIME_ANOMALY_TOO_MANY_PARTS));
	mime_map_free(&map);
	text.size = 1 << 20;
	map = mime_map_new(text.data, text.size, NULL);
	assert_false(map->truncated);
	mime_map_free(&map);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_map_of_hostile_mail_stays_within_its_limits),
	        cmocka_unit_test(a_map_grows_no_faster_than_the_mail),
	        cmocka_unit_test(marks_beyond_their_limit_are_left_out_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
