#include "lib/model/file.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/crypto/digest.h"
#include "lib/model/chunk.h"
#include "lib/model/facts.h"

static const char magic[8] = "LZMODEL1";
enum {
	HEAD = sizeof(magic) + 4,
	STATE_MAX = 4096,
	ALL_CHUNKS = MODEL_CHUNKS * CHUNK_BYTES,
};

void model_file_make(const struct model *model, struct buf *out)
{
	uint8_t packed[STATE_MAX], length[4];
	size_t size, start = out->size;
	struct digest digest;
	Lz__ModelState state;
	uint32_t number, at;

	facts_tell(&model->facts, &state);
	size = lz__model_state__pack(&state, packed);
	for (at = 0; at < sizeof(length); at++)
		length[at] = (uint8_t)(size >> 8 * at);
	buf_add(out, magic, sizeof(magic));
	buf_add(out, length, sizeof(length));
	buf_add(out, packed, size);
	for (number = 0; number < MODEL_CHUNKS; number++)
		chunk_add(model, number, out);
	digest_of(out->data + start, out->size - start, &digest);
	buf_add(out, digest.bytes, sizeof(digest.bytes));
}

/* Whether it is as long as it has to be, and as it was written. */
static int is_whole(const uint8_t *bytes, size_t size, size_t state_size)
{
	size_t end = HEAD + state_size + ALL_CHUNKS;
	struct digest digest;

	if (size != end + sizeof(digest.bytes))
		return size == end;
	digest_of(bytes, end, &digest);
	return memcmp(digest.bytes, bytes + end, sizeof(digest.bytes)) == 0;
}

/* As a message that resets would bring it, so that it is checked as one. */
static enum result read_state(
        const uint8_t *bytes, size_t size, struct model_facts *facts, struct err *err)
{
	Lz__ModelState *state = lz__model_state__unpack(NULL, size, bytes);
	Lz__ModelChanged changed = LZ__MODEL_CHANGED__INIT;
	enum result result;

	if (!state)
		return err_set(err, RESULT_PERMANENT, "a model that is damaged");
	changed.model = state;
	result = message_check(MESSAGE_MODEL_CHANGED, &changed.base, 0, err);
	if (!result && state->version != MODEL_FEATURES_VERSION)
		result = err_set(err, RESULT_PERMANENT, "a model of version %u, not %d",
		        state->version, MODEL_FEATURES_VERSION);
	if (!result)
		facts_take(facts, state);
	lz__model_state__free_unpacked(state, NULL);
	return result;
}

enum result model_file_read(const void *bytes, size_t size, struct model *out, struct err *err)
{
	const uint8_t *at = bytes;
	struct model_facts facts = {0};
	size_t state_size;
	enum result result;

	if (size < HEAD || memcmp(at, magic, sizeof(magic)) != 0)
		return err_set(err, RESULT_PERMANENT, "no model");
	state_size = bytes_little32(at + sizeof(magic));
	if (state_size > STATE_MAX || state_size > size - HEAD)
		return err_set(err, RESULT_PERMANENT, "a model that is cut off");
	if (!is_whole(at, size, state_size))
		return err_set(err, RESULT_PERMANENT, "a model that is damaged");
	result = read_state(at + HEAD, state_size, &facts, err);
	if (result)
		return result;
	model_init(out, 0, 0);
	out->facts = facts;
	if (chunks_take(out, at + HEAD + state_size, ALL_CHUNKS))
		return RESULT_OK;
	model_fini(out);
	return err_set(err, RESULT_PERMANENT, "a model that is damaged");
}
