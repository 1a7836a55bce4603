#include "submitter/qfront/served.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

/* The last few whose keys begin alike; the next one takes the oldest's place. */
struct bucket {
	unsigned char keys[SERVED_DEPTH][SERVED_KEY_SIZE];
	size_t count; /* ever added */
};

struct served {
	struct bucket buckets[SERVED_BUCKETS];
};

struct served *served_new(void)
{
	return alloc_zero(1, sizeof(struct served));
}

void served_free(struct served **served)
{
	free(*served);
	*served = NULL;
}

static size_t bucket_of(const struct digest *mail, const char *address, struct digest *key)
{
	struct digest_state state;

	digest_init(&state);
	digest_add(&state, mail->bytes, DIGEST_SIZE);
	digest_add_string(&state, address);
	digest_final(&state, key);
	return (key->bytes[DIGEST_SIZE - 1] | (size_t)key->bytes[DIGEST_SIZE - 2] << 8) %
	       SERVED_BUCKETS;
}

static int holds(const struct bucket *bucket, const struct digest *key)
{
	size_t most = bucket->count < SERVED_DEPTH ? bucket->count : SERVED_DEPTH, at;

	for (at = 0; at < most; at++)
		if (memcmp(bucket->keys[at], key->bytes, SERVED_KEY_SIZE) == 0)
			return 1;
	return 0;
}

void served_add(struct served *served, const struct digest *mail, const char *address)
{
	struct digest key;
	struct bucket *bucket = &served->buckets[bucket_of(mail, address, &key)];

	if (!holds(bucket, &key))
		memcpy(bucket->keys[bucket->count++ % SERVED_DEPTH], key.bytes, SERVED_KEY_SIZE);
}

int served_has(const struct served *served, const struct digest *mail, const char *address)
{
	struct digest key;
	size_t at = bucket_of(mail, address, &key);

	return holds(&served->buckets[at], &key);
}
