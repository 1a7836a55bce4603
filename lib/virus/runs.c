#include "lib/virus/runs.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"

enum {
	GRAM = 4,
	LEAST_BITS = 16, /* of the table: 2 to that power */
	MOST_BITS = 27,
	BITS_FOR_EACH = 64,
	COMPARED_LEAST = 1 << 16, /* runs, in any text */
	COMPARED_FOR_EACH = 8,    /* and for each byte of it */
};

struct run {
	uint32_t at; /* in the bytes of all runs */
	uint8_t size;
	uint8_t gram;  /* where its four bytes begin */
	uint32_t next; /* in the same slot, or NONE */
};

static const uint32_t NONE = UINT32_MAX;

struct runs {
	struct buf bytes;
	struct run *list;
	size_t count, room;
	unsigned shift; /* of a product of 32 bits, to a bit's number */
	uint64_t *bits;
	uint32_t *slots; /* the first run of each, or NONE; as many as there are words of bits */
};

struct runs *runs_new(void)
{
	return alloc_zero(1, sizeof(struct runs));
}

void runs_free(struct runs **runs)
{
	if (!*runs)
		return;
	buf_fini(&(*runs)->bytes);
	free((*runs)->list);
	free((*runs)->bits);
	free((*runs)->slots);
	free(*runs);
	*runs = NULL;
}

/* How rarely a byte is met in mail: text, base64, and what was decoded. */
static int rarity(unsigned char c)
{
	if (c == ' ' || c == '\n' || c == '\r' || c == 0 || (c >= 'a' && c <= 'z'))
		return 0;
	if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("<>/=.-:;,\"", c))
		return 1;
	return 3;
}

static size_t rarest_gram(const unsigned char *bytes, size_t size)
{
	size_t at, best = 0;
	int sum, most = -1;

	for (at = 0; at + GRAM <= size; at++) {
		sum = rarity(bytes[at]) + rarity(bytes[at + 1]) + rarity(bytes[at + 2]) +
		      rarity(bytes[at + 3]);
		if (sum > most) {
			most = sum;
			best = at;
		}
	}
	return best;
}

void runs_add(struct runs *runs, const unsigned char *bytes, size_t size)
{
	struct run *run;

	assert(size >= RUNS_SHORTEST && runs->bytes.size < UINT32_MAX - RUNS_LONGEST);
	if (size > RUNS_LONGEST)
		size = RUNS_LONGEST;
	if (runs->count == runs->room) {
		runs->room = runs->room ? 2 * runs->room : 256;
		runs->list = alloc_grow(runs->list, runs->room, sizeof(*runs->list));
	}
	run = &runs->list[runs->count++];
	run->at = (uint32_t)runs->bytes.size;
	run->size = (uint8_t)size;
	run->gram = (uint8_t)rarest_gram(bytes, size);
	run->next = NONE;
	buf_add(&runs->bytes, bytes, size);
}

static uint32_t number_of(const struct runs *runs, const unsigned char *gram)
{
	uint32_t value;

	memcpy(&value, gram, sizeof(value));
	return (value * 2654435761u) >> runs->shift;
}

void runs_settle(struct runs *runs)
{
	unsigned bits = LEAST_BITS;
	struct run *run;
	uint32_t number;
	size_t at;

	while (bits < MOST_BITS && (size_t)1 << bits < runs->count * BITS_FOR_EACH)
		bits++;
	runs->shift = 32 - bits;
	runs->bits = alloc_zero((size_t)1 << (bits - 6), sizeof(*runs->bits));
	runs->slots = alloc((sizeof(*runs->slots)) << (bits - 6));
	memset(runs->slots, 0xff, (sizeof(*runs->slots)) << (bits - 6));
	for (at = 0; at < runs->count; at++) {
		run = &runs->list[at];
		number = number_of(runs, (unsigned char *)runs->bytes.data + run->at + run->gram);
		runs->bits[number >> 6] |= (uint64_t)1 << (number & 63);
		run->next = runs->slots[number >> 6];
		runs->slots[number >> 6] = (uint32_t)at;
	}
}

/* Four bytes at `at` are perhaps a run's. `left` is how many may still be compared. */
static int is_run(const struct runs *runs, const unsigned char *bytes, size_t size, size_t at,
        uint32_t number, size_t *left)
{
	const unsigned char *all = (const unsigned char *)runs->bytes.data;
	const struct run *run;
	uint32_t index;

	for (index = runs->slots[number >> 6]; index != NONE; index = run->next) {
		run = &runs->list[index];
		if (!(*left)--)
			return 1;
		if (at >= run->gram && size - (at - run->gram) >= run->size &&
		        !memcmp(bytes + at - run->gram, all + run->at, run->size))
			return 1;
	}
	return 0;
}

int runs_found(const struct runs *runs, const void *bytes, size_t size)
{
	const unsigned char *text = bytes;
	uint32_t number;
	size_t at, left = COMPARED_LEAST + size * COMPARED_FOR_EACH;

	if (!runs->count)
		return 0;
	for (at = 0; at + GRAM <= size; at++) {
		number = number_of(runs, text + at);
		if (runs->bits[number >> 6] >> (number & 63) & 1 &&
		        is_run(runs, text, size, at, number, &left))
			return 1;
	}
	return 0;
}

size_t runs_count(const struct runs *runs)
{
	return runs->count;
}
