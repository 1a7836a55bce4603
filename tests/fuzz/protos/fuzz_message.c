/* What unpacks and checks, packs to bytes that unpack to the same bytes. The first byte chooses the
 * type, the second the size of the body. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "protos/messages.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static unsigned char *packed(const ProtobufCMessage *message, size_t *size)
{
	unsigned char *bytes;

	*size = protobuf_c_message_get_packed_size(message);
	bytes = alloc(*size);
	protobuf_c_message_pack(message, bytes);
	return bytes;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	ProtobufCMessage *first, *second;
	unsigned char *once, *twice;
	size_t once_size, twice_size;
	struct err err;

	if (size < 2 ||
	        message_unpack(data[0], data + 2, size - 2, data[1], &first, &err) != RESULT_OK)
		return 0;
	once = packed(first, &once_size);
	assert(once_size == size - 2);
	assert(message_unpack(data[0], once, once_size, data[1], &second, &err) == RESULT_OK);
	twice = packed(second, &twice_size);
	assert(once_size == twice_size && memcmp(once, twice, once_size) == 0);
	message_free(first);
	message_free(second);
	free(once);
	free(twice);
	return 0;
}
