/*
 * SHA-256, from Nettle, which uses the processor's own instructions for it; random bytes and
 * constant time, from libsodium. The message id and every content address come from here.
 */
#ifndef LIB_CRYPTO_DIGEST_H
#define LIB_CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX_ROOM = 2 * DIGEST_SIZE + 1 };

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/* Opaque running state; about 100 bytes, on the caller's stack. */
struct digest_state {
	uint64_t room[32];
};

void digest_init(struct digest_state *state);
void digest_add(struct digest_state *state, const void *bytes, size_t size);
/* Adds the length first, so that ("ab","c") and ("a","bc") differ. NULL counts as "". */
void digest_add_string(struct digest_state *state, const char *text);
void digest_final(struct digest_state *state, struct digest *out);

void digest_of(const void *bytes, size_t size, struct digest *out);

/* Of text as it is wherever it travels: each CRLF is a LF, and the last line has its end. */
void digest_of_lines(const void *bytes, size_t size, struct digest *out);

/* HMAC-SHA-512, its first 256 bits: nobody makes it without the key of DIGEST_SIZE bytes. */
void digest_keyed(
        const uint8_t key[DIGEST_SIZE], const void *bytes, size_t size, struct digest *out);

/* Names made from a digest: 32 hex digits (a message id), or 16 characters of base 32 (an item id).
 */
void digest_message_id(const struct digest *digest, char out[33]);
void digest_item_id(const struct digest *digest, char out[17]);

void random_bytes(void *out, size_t size);
int secret_same(const void *a, const void *b, size_t size); /* in constant time */

#endif
