#include "qctl/fetch.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/crypto/digest.h"

struct fetched {
	struct digest_state state;
	uint64_t size; /* of the whole, as the quarantine says */
	char wanted[DIGEST_HEX_ROOM];
};

/* Gives how many bytes came. */
static enum result next_piece(struct qctl *qctl, const Lz__Fetch *request, struct fetched *fetched,
        fetch_piece *take, void *context, uint64_t *got, struct err *err)
{
	struct wire_message answer;
	const Lz__Fetched *told;
	enum result result = qctl_ask(qctl, MESSAGE_FETCH, request, &answer, err);

	if (result)
		return result;
	told = (const Lz__Fetched *)answer.envelope;
	fetched->size = told->size;
	snprintf(fetched->wanted, sizeof(fetched->wanted), "%s", told->sha256);
	*got = wire_body_size(&answer.body);
	digest_add(&fetched->state, wire_body_data(&answer.body), *got);
	result = take(context, wire_body_data(&answer.body), *got, err);
	wire_message_free(&answer);
	return result;
}

enum result fetch_all(
        struct qctl *qctl, Lz__Fetch *request, fetch_piece *take, void *context, struct err *err)
{
	struct fetched fetched = {.size = 1};
	struct digest digest;
	char hex[DIGEST_HEX_ROOM];
	enum result result;
	uint64_t got = 1;
	const char *why = arguments_value(&qctl->arguments, "why");

	if (why && !*request->why)
		request->why = (char *)why;
	digest_init(&fetched.state);
	for (; request->offset < fetched.size && got; request->offset += got) {
		result = next_piece(qctl, request, &fetched, take, context, &got, err);
		if (result)
			return result;
	}
	digest_final(&fetched.state, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
	if (request->offset < fetched.size || strcmp(hex, fetched.wanted) != 0)
		return err_set(err, RESULT_PERMANENT, "what came is not what was kept: %s", hex);
	return RESULT_OK;
}
