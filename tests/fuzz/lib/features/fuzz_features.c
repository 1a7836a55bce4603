/*
 * Whatever the mail: features are in range and none comes twice, the same bytes give the same ones,
 * and each has a name.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/features/features.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int by_value(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return one < other ? -1 : one > other;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mime_map *map = mime_map_new(bytes, size, NULL);
	struct model_features features, again;
	char *name = NULL;
	size_t at;

	features_of(map, 1, &features);
	features_of(map, 1, &again);
	assert(model_features_are_sane(&features));
	assert(features.count == again.count && features.words == again.words);
	assert(!memcmp(features.list, again.list, features.count * sizeof(*features.list)));
	if (features.count) {
		features_name(map, 1, &features.list[features.count / 2], 1, &name);
		assert(name);
		free(name);
	}
	qsort(features.list, features.count, sizeof(*features.list), by_value);
	for (at = 1; at < features.count; at++)
		assert(features.list[at] != features.list[at - 1]);
	features_free(&features);
	features_free(&again);
	mime_map_free(&map);
	return 0;
}
