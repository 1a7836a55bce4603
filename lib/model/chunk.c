#include "lib/model/chunk.h"

#include <math.h>
#include <string.h>

#include "lib/base/bytes.h"

static const float weight_most = 1e6F;

static size_t records_in(uint32_t number)
{
	size_t left = MODEL_RECORDS - (size_t)number * MODEL_CHUNK;

	return left < MODEL_CHUNK ? left : MODEL_CHUNK;
}

void chunk_pack(const struct model *model, uint32_t number, uint8_t out[CHUNK_RECORDS_BYTES])
{
	const struct model_record *record = model->records + (size_t)number * MODEL_CHUNK;
	size_t at, count = records_in(number);
	uint32_t weight;

	memset(out, 0, CHUNK_RECORDS_BYTES);
	for (at = 0; at < count; at++, out += 8, record++) {
		memcpy(&weight, &record->weight, sizeof(weight));
		bytes_put_little32(out, weight);
		bytes_put_little32(out + 4, record->spam | (uint32_t)record->ham << 16);
	}
}

void chunk_unpack(struct model *model, uint32_t number, const uint8_t bytes[CHUNK_RECORDS_BYTES])
{
	struct model_record *record = model->records + (size_t)number * MODEL_CHUNK;
	size_t at, count = records_in(number);
	uint32_t weight;

	for (at = 0; at < count; at++, bytes += 8, record++) {
		weight = bytes_little32(bytes);
		memcpy(&record->weight, &weight, sizeof(weight));
		if (!(fabsf(record->weight) < weight_most))
			record->weight = 0;
		record->spam = (uint16_t)bytes_little16(bytes + 4);
		record->ham = (uint16_t)bytes_little16(bytes + 6);
	}
}

void chunk_add(const struct model *model, uint32_t number, struct buf *out)
{
	uint8_t bytes[CHUNK_BYTES];

	bytes_put_little32(bytes, number);
	chunk_pack(model, number, bytes + 4);
	buf_add(out, bytes, sizeof(bytes));
}

int chunks_take(struct model *model, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	uint32_t number;

	if (size % CHUNK_BYTES)
		return 0;
	for (; size; size -= CHUNK_BYTES, at += CHUNK_BYTES) {
		number = bytes_little32(at);
		if (number >= MODEL_CHUNKS)
			return 0;
		chunk_unpack(model, number, at + 4);
	}
	return 1;
}
