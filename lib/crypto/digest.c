#include "lib/crypto/digest.h"

#include <assert.h>
#include <nettle/sha2.h>
#include <sodium.h>
#include <string.h>

#include "lib/base/text.h"

static struct sha256_ctx *inner(struct digest_state *state)
{
	_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct digest_state),
	        "room for Nettle's state");
	return (struct sha256_ctx *)(void *)state->room;
}

void digest_init(struct digest_state *state)
{
	sha256_init(inner(state));
}

void digest_add(struct digest_state *state, const void *bytes, size_t size)
{
	sha256_update(inner(state), size, bytes);
}

void digest_add_string(struct digest_state *state, const char *text)
{
	uint64_t size = text ? strlen(text) : 0;
	uint8_t length[8];
	int at;

	for (at = 0; at < 8; at++)
		length[at] = (uint8_t)(size >> (8 * at));
	digest_add(state, length, sizeof(length));
	if (size)
		digest_add(state, text, size);
}

void digest_final(struct digest_state *state, struct digest *out)
{
	sha256_digest(inner(state), DIGEST_SIZE, out->bytes);
}

void digest_of(const void *bytes, size_t size, struct digest *out)
{
	struct digest_state state;

	digest_init(&state);
	digest_add(&state, bytes, size);
	digest_final(&state, out);
}

void digest_message_id(const struct digest *digest, char out[33])
{
	text_hex(digest->bytes, 16, out);
}

/* Base 32 without the letters that are read as others (Crockford's set in lower case). */
void digest_item_id(const struct digest *digest, char out[17])
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	int at, bit;

	for (at = 0; at < 16; at++) {
		unsigned value = 0;

		for (bit = at * 5; bit < at * 5 + 5; bit++)
			value = value << 1 | (digest->bytes[bit / 8] >> (7 - bit % 8) & 1u);
		out[at] = letters[value];
	}
	out[16] = '\0';
}

void random_bytes(void *out, size_t size)
{
	int ready = sodium_init();

	assert(ready >= 0);
	randombytes_buf(out, size);
}

void digest_of_lines(const void *bytes, size_t size, struct digest *out)
{
	const char *at = bytes, *end = at + size, *from = at;
	struct digest_state state;

	digest_init(&state);
	for (; size && at < end; at++) {
		if (*at != '\r' || at + 1 == end || at[1] != '\n')
			continue;
		digest_add(&state, from, (size_t)(at - from));
		from = at + 1;
	}
	if (size)
		digest_add(&state, from, (size_t)(end - from));
	if (size && end[-1] != '\n')
		digest_add(&state, "\n", 1);
	digest_final(&state, out);
}

void digest_keyed(
        const uint8_t key[DIGEST_SIZE], const void *bytes, size_t size, struct digest *out)
{
	_Static_assert(crypto_auth_KEYBYTES == DIGEST_SIZE && crypto_auth_BYTES == DIGEST_SIZE,
	        "keys and signatures are as long as digests");
	crypto_auth(out->bytes, bytes, size, key);
}

int secret_same(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size) == 0;
}
