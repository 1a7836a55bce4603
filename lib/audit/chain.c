#include "lib/audit/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

#define TRIM "trim"

static void add_number(struct digest_state *state, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, number);
	digest_add_string(state, text);
}

void chain_hash(const Lz__AuditEntry *entry, struct digest *out)
{
	struct digest_state state;

	digest_init(&state);
	digest_add_string(&state, "lazaret audit 1");
	add_number(&state, (int64_t)entry->previous.len);
	digest_add(&state, entry->previous.data, entry->previous.len);
	add_number(&state, (int64_t)entry->seq);
	add_number(&state, entry->time_ms);
	digest_add_string(&state, entry->who);
	digest_add_string(&state, entry->action);
	digest_add_string(&state, entry->item);
	digest_add_string(&state, entry->why);
	digest_add_string(&state, entry->detail);
	digest_final(&state, out);
}

void chain_link(Lz__AuditEntry *entry, uint64_t seq, struct digest *previous, struct digest *hash)
{
	entry->seq = seq;
	entry->previous = (ProtobufCBinaryData){DIGEST_SIZE, previous->bytes};
	chain_hash(entry, hash);
	entry->hash = (ProtobufCBinaryData){DIGEST_SIZE, hash->bytes};
}

static int is_hash(const ProtobufCBinaryData *bytes, const struct digest *hash)
{
	return bytes->len == DIGEST_SIZE && !memcmp(bytes->data, hash->bytes, DIGEST_SIZE);
}

enum result chain_begin(struct chain *chain, const Lz__AuditPlace *anchor, struct err *err)
{
	*chain = (struct chain){0};
	if (!anchor || !anchor->seq)
		return RESULT_OK;
	if (anchor->hash.len != DIGEST_SIZE)
		return err_set(err, RESULT_PERMANENT, "the anchor has no hash");
	chain->seq = chain->anchor_seq = anchor->seq;
	memcpy(chain->hash.bytes, anchor->hash.data, DIGEST_SIZE);
	chain->anchor_hash = chain->hash;
	return RESULT_OK;
}

static enum result check_link(
        const struct chain *chain, const Lz__AuditEntry *entry, struct err *err)
{
	uint64_t wanted = chain->seq + 1;
	struct digest hash;

	if (entry->seq > wanted)
		return err_set(err, RESULT_PERMANENT, "entry %" PRIu64 " is missing", wanted);
	if (entry->seq < wanted)
		return err_set(err, RESULT_PERMANENT,
		        "entry %" PRIu64 " stands where %" PRIu64 " should", entry->seq, wanted);
	if (!is_hash(&entry->previous, &chain->hash))
		return err_set(err, RESULT_PERMANENT,
		        "entry %" PRIu64 " does not follow from the one before", wanted);
	chain_hash(entry, &hash);
	if (!is_hash(&entry->hash, &hash))
		return err_set(
		        err, RESULT_PERMANENT, "entry %" PRIu64 " is not what it was", wanted);
	return RESULT_OK;
}

enum result chain_take(struct chain *chain, const Lz__AuditEntry *entry, struct err *err)
{
	enum result result = check_link(chain, entry, err);

	if (result)
		return result;
	chain->seq = entry->seq;
	memcpy(chain->hash.bytes, entry->hash.data, DIGEST_SIZE);
	if (!strcmp(entry->action, TRIM) &&
	        !chain_place_read(entry->detail, &chain->trim_seq, &chain->trim_hash))
		return err_set(err, RESULT_PERMANENT,
		        "entry %" PRIu64 " tells of no place that was trimmed to", entry->seq);
	return RESULT_OK;
}

enum result chain_end(const struct chain *chain, struct err *err)
{
	if (chain->trim_seq == chain->anchor_seq &&
	        !memcmp(&chain->trim_hash, &chain->anchor_hash, DIGEST_SIZE))
		return RESULT_OK;
	return err_set(err, RESULT_PERMANENT,
	        "it begins behind entry %" PRIu64 ", but was trimmed to entry %" PRIu64,
	        chain->anchor_seq, chain->trim_seq);
}

void chain_place_text(uint64_t seq, const struct digest *hash, char out[CHAIN_PLACE_ROOM])
{
	char hex[DIGEST_HEX_ROOM];

	text_hex(hash->bytes, DIGEST_SIZE, hex);
	snprintf(out, CHAIN_PLACE_ROOM, "%" PRIu64 " %s", seq, hex);
}

int chain_place_read(const char *text, uint64_t *seq, struct digest *hash)
{
	char number[24];
	size_t digits = strspn(text, "0123456789"), at;

	if (!digits || digits >= sizeof(number) || text[digits] != ' ' ||
	        strlen(text + digits + 1) != 2 * DIGEST_SIZE)
		return 0;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!text_number(number, UINT64_MAX, seq))
		return 0;
	for (at = 0; at < DIGEST_SIZE; at++) {
		int high = text_hex_value((unsigned char)text[digits + 1 + 2 * at]);
		int low = text_hex_value((unsigned char)text[digits + 2 + 2 * at]);

		if (high < 0 || low < 0)
			return 0;
		hash->bytes[at] = (uint8_t)(high << 4 | low);
	}
	return 1;
}
