#include "quarantine/key.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"

enum { ID_MAX = 128, INDEXED_MAX = 256 };

/* What a damaged record names may be of any size: cut short, it is the name of nothing. */
static void add(struct backend_key *key, const void *bytes, size_t size)
{
	if (size > BACKEND_KEY_MAX - key->size)
		size = BACKEND_KEY_MAX - key->size;
	memcpy(key->bytes + key->size, bytes, size);
	key->size += size;
}

static void add_number(struct backend_key *key, uint64_t number, int size)
{
	int at;

	for (at = size - 1; at >= 0; at--) {
		uint8_t byte = (uint8_t)(number >> (8 * at));

		add(key, &byte, 1);
	}
}

struct backend_key key_bytes(const void *bytes, size_t size)
{
	struct backend_key key = {0};

	add(&key, bytes, size);
	return key;
}

struct backend_key key_text(const char *text)
{
	return *text ? key_bytes(text, strlen(text)) : key_bytes("", 1);
}

struct backend_key key_chunk(const uint8_t sha256[32], uint32_t number)
{
	struct backend_key key = key_bytes(sha256, DIGEST_SIZE);

	add_number(&key, number, 4);
	return key;
}

struct backend_key key_time(int64_t time_ms, const char *id)
{
	struct backend_key key = {0};

	add_number(&key, (uint64_t)(time_ms < 0 ? 0 : time_ms), KEY_TIME_SIZE);
	add(&key, id, strlen(id));
	return key;
}

struct backend_key key_pair(const char *first, const char *second)
{
	struct backend_key key = key_bytes(first, strlen(first) + 1);

	add(&key, second, strlen(second));
	return key;
}

/* A key holds 511 bytes, an address may be longer. What shares a digest here is told apart by who
 * reads the item. */
static void add_folded(struct backend_key *key, const char *text)
{
	char *folded = alloc_string(text);
	size_t size = strlen(folded);
	struct digest digest;

	text_lower(folded);
	if (size > INDEXED_MAX) {
		digest_of(folded, size, &digest);
		text_hex(digest.bytes, DIGEST_SIZE, folded);
		size = strlen(folded);
	}
	add(key, folded, size + 1);
	free(folded);
}

struct backend_key key_indexed_prefix(const char *text)
{
	struct backend_key key = {0};

	add_folded(&key, text);
	return key;
}

struct backend_key key_term_prefix(char kind, const char *term)
{
	struct backend_key key = key_bytes(&kind, 1);

	add_folded(&key, term);
	return key;
}

struct backend_key key_joined(const struct backend_key *prefix, const struct backend_key *rest)
{
	struct backend_key key = *prefix;

	add(&key, rest->bytes, rest->size);
	return key;
}

struct backend_key key_entry(const struct backend_key *prefix, int64_t time_ms, const char *id)
{
	struct backend_key rest = key_time(time_ms, id);

	return key_joined(prefix, &rest);
}

struct backend_key key_indexed(const char *text, int64_t time_ms, const char *id)
{
	struct backend_key prefix = key_indexed_prefix(text);

	return key_entry(&prefix, time_ms, id);
}

/* Beyond what four bytes hold, in the year 140000, all is one span. */
uint32_t key_span_of(int64_t time_ms)
{
	int64_t span = time_ms < 0 ? 0 : time_ms / KEY_SPAN_MS;

	return span < UINT32_MAX ? (uint32_t)span : UINT32_MAX;
}

int64_t key_span_start_ms(uint32_t span)
{
	return (int64_t)span * KEY_SPAN_MS;
}

struct backend_key key_in_span(uint32_t span, const struct backend_key *prefix)
{
	struct backend_key key = {0};

	add_number(&key, span, KEY_SPAN_SIZE);
	add(&key, prefix->bytes, prefix->size);
	return key;
}

uint32_t key_read_span(const struct backend_key *key)
{
	uint32_t span = 0;
	size_t at;

	for (at = 0; at < KEY_SPAN_SIZE; at++)
		span = span << 8 | (at < key->size ? key->bytes[at] : 0);
	return span;
}

int64_t key_time_of(const struct backend_key *key)
{
	uint64_t number = 0;
	size_t at;

	for (at = 0; at < KEY_TIME_SIZE; at++)
		number = number << 8 | (at < key->size ? key->bytes[at] : 0);
	return number < INT64_MAX ? (int64_t)number : INT64_MAX;
}

struct backend_key key_behind(const struct backend_key *key, size_t skip)
{
	return skip < key->size ? key_bytes(key->bytes + skip, key->size - skip)
	                        : (struct backend_key){0};
}

struct backend_key key_end_of(const struct backend_key *prefix)
{
	struct backend_key key = *prefix;

	memset(key.bytes + key.size, 0xff, BACKEND_KEY_MAX - key.size);
	key.size = BACKEND_KEY_MAX;
	return key;
}

int key_compare(const struct backend_key *a, const struct backend_key *b)
{
	int order = memcmp(a->bytes, b->bytes, a->size < b->size ? a->size : b->size);

	return order ? order : (a->size > b->size) - (a->size < b->size);
}

struct backend_key key_just_behind(const struct backend_key *key)
{
	struct backend_key behind = *key;

	add(&behind, "", 1);
	return behind;
}

int key_starts(const struct backend_key *key, const struct backend_key *prefix)
{
	return key->size >= prefix->size && !memcmp(key->bytes, prefix->bytes, prefix->size);
}

int key_read_time(const struct backend_key *key, size_t skip, int64_t *time_ms, char id[129])
{
	uint64_t number = 0;
	size_t at, rest;

	if (key->size <= skip + KEY_TIME_SIZE || key->size - skip - KEY_TIME_SIZE > ID_MAX)
		return 0;
	for (at = 0; at < KEY_TIME_SIZE; at++)
		number = number << 8 | key->bytes[skip + at];
	rest = key->size - skip - KEY_TIME_SIZE;
	memcpy(id, key->bytes + skip + KEY_TIME_SIZE, rest);
	id[rest] = '\0';
	*time_ms = (int64_t)number;
	return 1;
}
