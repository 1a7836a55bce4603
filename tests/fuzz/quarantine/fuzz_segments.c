/*
 * Whatever ranges a worker names: segments are ascending, never overlap, stay in the message, cover
 * every part (and with `whole` everything), and every part begins and ends at the edge of one.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "quarantine/segments.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS = 16 };

static uint64_t covered(const struct segments *found, uint64_t offset, uint64_t length)
{
	uint64_t total = 0;
	size_t at;

	for (at = 0; at < found->count; at++) {
		const struct segment *segment = &found->list[at];

		if (segment->offset < offset || segment->offset >= offset + length)
			continue;
		assert(segment->offset + segment->length <= offset + length);
		total += segment->length;
	}
	return total;
}

static void check(
        const struct segments *found, Lz__Part **parts, size_t count, uint64_t total, int whole)
{
	uint64_t end = 0;
	size_t at;

	for (at = 0; at < found->count; at++) {
		assert(found->list[at].length && found->list[at].offset >= end);
		end = found->list[at].offset + found->list[at].length;
	}
	assert(end <= total);
	for (at = 0; at < count; at++)
		assert(covered(found, parts[at]->offset, parts[at]->length) == parts[at]->length);
	if (whole)
		assert(covered(found, 0, total) == total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Lz__Part parts[PARTS], *list[PARTS];
	struct segments found = {0};
	size_t count = 0;
	uint64_t total;
	int whole;

	if (size < 2)
		return 0;
	total = data[0];
	whole = data[1] & 1;
	for (data += 2, size -= 2; size >= 2 && count < PARTS; data += 2, size -= 2) {
		lz__part__init(&parts[count]);
		parts[count].offset = data[0] == 255 ? UINT64_MAX : data[0];
		parts[count].length = data[1] == 255 ? UINT64_MAX : data[1];
		list[count] = &parts[count];
		count++;
	}
	if (!segments_plan(list, count, total, whole, &found, NULL))
		check(&found, list, count, total, whole);
	segments_free(&found);
	return 0;
}
