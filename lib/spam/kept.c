#include "lib/spam/kept.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

struct entry {
	char *name; /* NULL: free */
	void *value;
	void (*release)(void *value);
};

struct kept {
	struct entry *slots; /* open addressing, at most half of them used */
	size_t slot_count, count;
};

enum { SLOTS_AT_FIRST = 128 };

struct kept *kept_new(void)
{
	struct kept *kept = alloc_zero(1, sizeof(*kept));

	kept->slot_count = SLOTS_AT_FIRST;
	kept->slots = alloc_zero(kept->slot_count, sizeof(*kept->slots));
	return kept;
}

void kept_free(struct kept **pointer)
{
	struct kept *kept = *pointer;

	if (!kept)
		return;
	for (size_t i = 0; i < kept->slot_count; i++) {
		if (!kept->slots[i].name)
			continue;
		kept->slots[i].release(kept->slots[i].value);
		free(kept->slots[i].name);
	}
	free(kept->slots);
	free(kept);
	*pointer = NULL;
}

/* The name's own slot, or the free one where the search for it ends. */
static struct entry *find_slot(const struct kept *kept, const char *name)
{
	uint32_t hash = 2166136261u;

	for (const char *at = name; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619u;
	for (size_t at = hash;; at++) {
		struct entry *slot = &kept->slots[at & (kept->slot_count - 1)];

		if (!slot->name || strcmp(slot->name, name) == 0)
			return slot;
	}
}

void *kept_find(const struct kept *kept, const char *name)
{
	const struct entry *slot = find_slot(kept, name);

	return slot->name ? slot->value : NULL;
}

static void grow(struct kept *kept)
{
	struct entry *old = kept->slots;
	size_t count = kept->slot_count;

	kept->slot_count *= 2;
	kept->slots = alloc_zero(kept->slot_count, sizeof(*kept->slots));
	for (size_t i = 0; i < count; i++) {
		if (old[i].name)
			*find_slot(kept, old[i].name) = old[i];
	}
	free(old);
}

void kept_put(struct kept *kept, const char *name, void *value, void (*release)(void *value))
{
	if (2 * (kept->count + 1) > kept->slot_count)
		grow(kept);
	*find_slot(kept, name) = (struct entry){alloc_string(name), value, release};
	kept->count++;
}
