/*
 * Seals: what only we can have made, since only we have the key (HMAC-SHA-512-256, from libsodium).
 */
#ifndef LIB_CRYPTO_SEAL_H
#define LIB_CRYPTO_SEAL_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/crypto/digest.h"

enum { SEAL_KEY_SIZE = 32, SEAL_SIZE = 32 };

struct seal_key {
	uint8_t bytes[SEAL_KEY_SIZE];
};

/* The key in this file, which is made, with mode 0600, where it is not there. RESULT_PERMANENT:
 * others may read it, or it is no key. */
enum result seal_key_open(const char *path, struct seal_key *out, struct err *err);

void seal_make(const struct seal_key *key, const struct digest *digest, uint8_t seal[SEAL_SIZE]);

#endif
