#include "lib/config/place.h"

#include <stdlib.h>

#include "lib/base/alloc.h"

struct place {
	const void *at;
	unsigned line;
	char *name;
};

struct config_places {
	size_t count;
	struct place *items;
};

struct config_places *places_new(void)
{
	return alloc_zero(1, sizeof(struct config_places));
}

void places_free(struct config_places **places)
{
	size_t i;

	if (!*places)
		return;
	for (i = 0; i < (*places)->count; i++)
		free((*places)->items[i].name);
	free((*places)->items);
	free(*places);
	*places = NULL;
}

void places_add(struct config_places *places, const void *at, unsigned line, char *name)
{
	if (!(places->count & (places->count - 1)))
		places->items = alloc_grow(places->items, places->count ? 2 * places->count : 1,
		        sizeof(*places->items));
	places->items[places->count++] = (struct place){at, line, name};
}

char *places_show(const struct config *config, const void *at)
{
	const struct config_places *places = config->places;
	size_t i;

	for (i = 0; i < places->count && places->items[i].at != at; i++)
		;
	if (i == places->count)
		return alloc_string(config->path);
	return alloc_format(
	        "%s:%u: %s", config->path, places->items[i].line, places->items[i].name);
}
