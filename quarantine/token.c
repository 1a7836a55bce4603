#include "quarantine/token.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"

/* Item, time, chance, seal: digits of base 32. */
enum {
	ITEM = 16,
	TIME = 7, /* seconds: until the year 3058 */
	CHANCE = 3,
	SEAL = 20,
	SEALED = ITEM + TIME + CHANCE,
};
_Static_assert(SEALED + SEAL == TOKEN_SIZE, "all of it");

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void write_number(uint64_t number, int size, char *out)
{
	for (; size > 0; size--, number >>= 5)
		out[size - 1] = digits[number & 31];
}

static uint64_t read_number(const char *text, int size)
{
	uint64_t number = 0;

	for (; size > 0; size--, text++)
		number = number << 5 | (uint64_t)(strchr(digits, *text) - digits);
	return number;
}

/* 100 bits of it: a byte for each digit is more than enough. */
static void write_seal(
        const struct seal_key *key, const char *sealed, const char *recipient, char *out)
{
	char *lower = alloc_string(recipient);
	struct digest_state state;
	struct digest digest;
	uint8_t seal[SEAL_SIZE];
	int at;

	text_lower(lower);
	digest_init(&state);
	digest_add_string(&state, "a request for a release");
	digest_add(&state, sealed, SEALED);
	digest_add_string(&state, lower);
	digest_final(&state, &digest);
	seal_make(key, &digest, seal);
	for (at = 0; at < SEAL; at++)
		out[at] = digits[seal[at] & 31];
	free(lower);
}

void token_make(const struct seal_key *key, const char *item, const char *recipient,
        int64_t expires_ms, char out[TOKEN_ROOM])
{
	uint64_t chance;

	random_bytes(&chance, sizeof(chance));
	memset(out, '0', TOKEN_SIZE);
	memcpy(out, item, strlen(item) < ITEM ? strlen(item) : ITEM);
	write_number((uint64_t)(expires_ms / 1000), TIME, out + ITEM);
	write_number(chance, CHANCE, out + ITEM + TIME);
	write_seal(key, out, recipient, out + SEALED);
	out[TOKEN_SIZE] = '\0';
}

enum result token_read(const struct seal_key *key, const char *text, const char *recipient,
        struct token *out, struct err *err)
{
	char lower[TOKEN_ROOM], seal[SEAL];

	if (strlen(text) != TOKEN_SIZE)
		return err_set(err, RESULT_PERMANENT, "no token");
	memcpy(lower, text, TOKEN_ROOM);
	text_lower(lower);
	if (strspn(lower, digits) != TOKEN_SIZE)
		return err_set(err, RESULT_PERMANENT, "no token");
	write_seal(key, lower, recipient, seal);
	if (!secret_same(seal, lower + SEALED, SEAL))
		return err_set(err, RESULT_PERMANENT, "not a token of this recipient");
	memcpy(out->item, lower, ITEM);
	out->item[ITEM] = '\0';
	out->expires_ms = (int64_t)read_number(lower + ITEM, TIME) * 1000;
	return RESULT_OK;
}
