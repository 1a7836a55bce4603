/*
 * Tokens to ask for a release with: 46 letters and digits that fit into the local part of an
 * address and survive a change of case. One names the item and a time, and is sealed together with
 * the recipient that it was made for: for anybody else, or later, it is worth nothing. Nothing of
 * it is kept; that it was used is known by the item and the recipient. Pure.
 */
#ifndef QUARANTINE_TOKEN_H
#define QUARANTINE_TOKEN_H

#include <stdint.h>

#include "lib/crypto/seal.h"

enum { TOKEN_SIZE = 46, TOKEN_ROOM = TOKEN_SIZE + 1 };

struct token {
	char item[17];
	int64_t expires_ms;
};

void token_make(const struct seal_key *key, const char *item, const char *recipient,
        int64_t expires_ms, char out[TOKEN_ROOM]);

/* RESULT_PERMANENT: it is no token of ours, or none for this recipient; which of them is not told.
 * Whether it has expired is for the caller to see. */
enum result token_read(const struct seal_key *key, const char *text, const char *recipient,
        struct token *out, struct err *err);

#endif
