#include "quarantine/pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/crypto/digest.h"

struct pieces {
	struct {
		struct digest name; /* of reader, item and part */
		int64_t begun_ms;
		int is_used;
	} readers[PIECES_READERS];
	size_t next; /* the oldest */
};

struct pieces *pieces_new(void)
{
	return alloc_zero(1, sizeof(struct pieces));
}

void pieces_free(struct pieces **pieces)
{
	free(*pieces);
	*pieces = NULL;
}

static void name_of(const struct wire_message *message, struct digest *out)
{
	const Lz__Fetch *fetch = (const Lz__Fetch *)message->envelope;
	struct digest_state state;
	char who[WIRE_WHO_ROOM], part[16];

	wire_who_text(&message->who, who);
	snprintf(part, sizeof(part), "%u", fetch->part);
	digest_init(&state);
	digest_add_string(&state, who);
	digest_add_string(&state, fetch->id);
	digest_add_string(&state, part);
	digest_final(&state, out);
}

int pieces_go_on(const struct pieces *pieces, const struct wire_message *fetch, int64_t now_ms)
{
	struct digest name;
	size_t at;

	if (!((const Lz__Fetch *)fetch->envelope)->offset)
		return 0;
	name_of(fetch, &name);
	for (at = 0; at < PIECES_READERS; at++)
		if (pieces->readers[at].is_used &&
		        now_ms - pieces->readers[at].begun_ms < PIECES_FORGET_MS &&
		        !memcmp(&pieces->readers[at].name, &name, sizeof(name)))
			return 1;
	return 0;
}

void pieces_begin(struct pieces *pieces, const struct wire_message *fetch, int64_t now_ms)
{
	size_t at = pieces->next;

	name_of(fetch, &pieces->readers[at].name);
	pieces->readers[at].begun_ms = now_ms;
	pieces->readers[at].is_used = 1;
	pieces->next = (at + 1) % PIECES_READERS;
}
