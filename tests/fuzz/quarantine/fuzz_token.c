/*
 * Whatever comes as a token: none is read that we have not made, and one that we have made is read
 * for its recipient alone, in whichever case.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct seal_key key = {{1, 2, 3}};
static const char item[] = "0123456789abcdef", recipient[] = "user@example.org";

static void check_ours(const uint8_t *data, size_t size)
{
	char token[TOKEN_ROOM], changed[TOKEN_ROOM];
	struct token read;
	struct err err;
	size_t at;

	token_make(&key, item, recipient, 1795000000000, token);
	memcpy(changed, token, TOKEN_ROOM);
	for (at = 0; at < TOKEN_SIZE && at < size; at++)
		changed[at] =
		        data[at] & 1 ? (char)toupper((unsigned char)changed[at]) : changed[at];
	assert(token_read(&key, changed, "USER@example.org", &read, &err) == RESULT_OK);
	assert(!strcmp(read.item, item) && read.expires_ms == 1795000000000);
	assert(token_read(&key, changed, "other@example.org", &read, &err) == RESULT_PERMANENT);
	if (size < 2)
		return;
	at = data[0] % TOKEN_SIZE;
	changed[at] = (char)data[1];
	if (tolower(data[1]) != token[at])
		assert(token_read(&key, changed, recipient, &read, &err) == RESULT_PERMANENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = alloc_bytes(data, size);
	struct token read;
	struct err err;

	assert(token_read(&key, text, recipient, &read, &err) == RESULT_PERMANENT);
	check_ours(data, size);
	free(text);
	return 0;
}
