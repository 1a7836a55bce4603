#include "lib/spam/details.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

enum { VALUES_EACH = 20 };

/* Values of one entry are a chain, by index + 1; 0 ends it. */
struct entry {
	uint64_t hash;
	size_t first, last;
};

struct value {
	enum details_key key;
	size_t next;
};

struct details {
	size_t *slots; /* open addressing: index + 1 into `entries` */
	size_t slot_count;
	struct entry *entries;
	struct value *values;
	struct pieces raws, texts; /* of entries and of values, by the same index */
	size_t entry_room, value_room;
};

struct details *details_new(size_t most)
{
	struct details *details = alloc_zero(1, sizeof(*details));

	details->slot_count = 64;
	while (details->slot_count < 2 * most)
		details->slot_count *= 2;
	details->slots = alloc_zero(details->slot_count, sizeof(*details->slots));
	details->raws.most = most;
	details->texts.most = most * VALUES_EACH;
	return details;
}

void details_free(struct details **pointer)
{
	struct details *details = *pointer;

	if (!details)
		return;
	pieces_fini(&details->raws);
	pieces_fini(&details->texts);
	free(details->slots);
	free(details->entries);
	free(details->values);
	free(details);
	*pointer = NULL;
}

static uint64_t hash_of(const char *bytes, size_t size)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
	return hash;
}

static int is_entry(const struct details *details, size_t which, const char *raw, size_t size)
{
	size_t length;
	const char *own = pieces_at(&details->raws, which, &length);

	return length == size && memcmp(own, raw, size) == 0;
}

/* NULL: there are as many as there may be. */
static struct entry *find_entry(struct details *details, const char *raw, size_t size)
{
	uint64_t hash = hash_of(raw, size);
	size_t at = hash & (details->slot_count - 1), count = details->raws.count;

	for (; details->slots[at]; at = (at + 1) & (details->slot_count - 1)) {
		size_t which = details->slots[at] - 1;

		if (details->entries[which].hash == hash && is_entry(details, which, raw, size))
			return &details->entries[which];
	}
	pieces_add(&details->raws, raw, size);
	if (details->raws.count == count)
		return NULL;
	if (count == details->entry_room) {
		details->entry_room = count ? 2 * count : 64;
		details->entries = alloc_grow(
		        details->entries, details->entry_room, sizeof(*details->entries));
	}
	details->entries[count] = (struct entry){hash, 0, 0};
	details->slots[at] = count + 1;
	return &details->entries[count];
}

void details_add(struct details *details, const char *raw, size_t raw_size, enum details_key key,
        const char *value, size_t size)
{
	struct entry *entry = find_entry(details, raw, raw_size);
	size_t count = details->texts.count;

	if (!entry || key == DETAILS_RAW)
		return;
	pieces_add(&details->texts, value, size);
	if (details->texts.count == count)
		return;
	if (count == details->value_room) {
		details->value_room = count ? 2 * count : 64;
		details->values =
		        alloc_grow(details->values, details->value_room, sizeof(*details->values));
	}
	details->values[count] = (struct value){key, 0};
	if (entry->last)
		details->values[entry->last - 1].next = count + 1;
	else
		entry->first = count + 1;
	entry->last = count + 1;
}

size_t details_count(const struct details *details)
{
	return details->raws.count;
}

const char *details_raw(const struct details *details, size_t entry, size_t *size)
{
	return pieces_at(&details->raws, entry, size);
}

const char *details_next(
        const struct details *details, size_t entry, enum details_key key, size_t *at, size_t *size)
{
	size_t value = *at ? details->values[*at - 1].next : details->entries[entry].first;

	while (value && details->values[value - 1].key != key)
		value = details->values[value - 1].next;
	*at = value;
	return value ? pieces_at(&details->texts, value - 1, size) : NULL;
}
