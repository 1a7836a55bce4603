/*
 * Whatever stands on disk in the place of a frame: it is refused, or gives exactly as many bytes as
 * were asked for; and any bytes come back as they were squeezed.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/pack/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_frame(struct pack *pack, const uint8_t *data, size_t size, size_t wanted)
{
	struct buf out = {0};
	struct err err;

	if (pack_restore(pack, data, size, wanted, &out, &err) == RESULT_OK)
		assert(out.size == wanted && wanted <= PACK_MOST);
	else
		assert(*err.text);
	buf_fini(&out);
}

static void check_bytes(struct pack *pack, const uint8_t *data, size_t size)
{
	struct buf frame = {0}, out = {0};
	enum result result;
	struct err err;

	pack_squeeze(pack, data, size, &frame);
	result = pack_restore(pack, frame.data, frame.size, size, &out, &err);
	assert(result == RESULT_OK && out.size == size);
	assert(!size || !memcmp(out.data, data, size));
	buf_fini(&frame);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pack *pack = pack_new(1);

	if (size >= 3 && size <= PACK_MOST) {
		check_frame(pack, data + 3, size - 3,
		        (size_t)data[0] | (size_t)data[1] << 8 | (size_t)(data[2] & 3) << 16);
		check_bytes(pack, data, size);
	}
	pack_free(&pack);
	return 0;
}
