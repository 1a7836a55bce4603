#include "quarantine/record.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

enum { NUMBER_SIZE = 8 };

enum result record_get(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, const ProtobufCMessageDescriptor *type, void **out,
        struct err *err)
{
	struct buf value = {0};
	enum result result = backend_get(txn, table, key, &value, err);

	if (!result) {
		*out = protobuf_c_message_unpack(
		        type, NULL, value.size, (const uint8_t *)value.data);
		if (!*out)
			result = err_set(err, RESULT_PERMANENT, "a damaged record of type %s",
			        type->short_name);
	}
	buf_fini(&value);
	return result;
}

static uint8_t *pack(const ProtobufCMessage *record, size_t *size)
{
	uint8_t *bytes;

	*size = protobuf_c_message_get_packed_size(record);
	bytes = alloc(*size);
	protobuf_c_message_pack(record, bytes);
	return bytes;
}

enum result record_put(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, const void *record, struct err *err)
{
	size_t size;
	uint8_t *bytes = pack(record, &size);
	enum result result = backend_put(txn, table, key, bytes, size, err);

	free(bytes);
	return result;
}

void *record_copy(const void *record)
{
	const ProtobufCMessage *from = record;
	size_t size;
	uint8_t *bytes = pack(from, &size);
	ProtobufCMessage *copy = protobuf_c_message_unpack(from->descriptor, NULL, size, bytes);

	assert(copy); /* what we packed ourselves unpacks */
	free(bytes);
	return copy;
}

enum result number_read(const struct buf *value, uint64_t *out, struct err *err)
{
	size_t at;

	if (value->size != NUMBER_SIZE)
		return err_set(err, RESULT_PERMANENT, "a damaged number");
	*out = 0;
	for (at = 0; at < NUMBER_SIZE; at++)
		*out = *out << 8 | (uint8_t)value->data[at];
	return RESULT_OK;
}

enum result number_get(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, uint64_t *out, struct err *err)
{
	struct buf value = {0};
	enum result result = backend_get(txn, table, key, &value, err);

	*out = 0;
	if (!result)
		result = number_read(&value, out, err);
	buf_fini(&value);
	return result == RESULT_NONE ? RESULT_OK : result;
}

enum result number_put(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, uint64_t number, struct err *err)
{
	uint8_t bytes[NUMBER_SIZE];
	enum result result;
	int at;

	if (!number) {
		result = backend_drop(txn, table, key, err);
		return result == RESULT_NONE ? RESULT_OK : result;
	}
	for (at = 0; at < NUMBER_SIZE; at++)
		bytes[at] = (uint8_t)(number >> (8 * (NUMBER_SIZE - 1 - at)));
	return backend_put(txn, table, key, bytes, sizeof(bytes), err);
}
