#include "protos/messages.h"

#include <assert.h>
#include <stdlib.h>

#include "protos/check.h"

static const struct message_info infos[] = {
#define X(message, number, type, prefix, body)                                                     \
	{MESSAGE_##message, #message, &lz__##prefix##__descriptor, body},
        MESSAGES(X)
#undef X
};

const struct message_info *message_info(unsigned type)
{
	size_t at;

	for (at = 0; at < sizeof(infos) / sizeof(infos[0]); at++)
		if ((unsigned)infos[at].type == type)
			return &infos[at];
	return NULL;
}

/*
 * Two bytes on the wire can ask for a structure of hundreds (an empty nested message), so unpacking
 * has a purse: protobuf-c takes a NULL from it as a failure and frees what it had.
 */
struct purse {
	size_t left;
};

static void *purse_alloc(void *context, size_t size)
{
	struct purse *purse = context;

	if (size > purse->left)
		return NULL;
	purse->left -= size;
	return malloc(size ? size : 1);
}

static void purse_free(void *context, void *memory)
{
	free(memory);
}

enum result message_unpack(enum message_type type, const void *bytes, size_t size, size_t body_size,
        ProtobufCMessage **out, struct err *err)
{
	const struct message_info *info = message_info(type);
	struct purse purse = {(1 << 20) + 16 * size};
	ProtobufCAllocator allocator = {purse_alloc, purse_free, &purse};
	ProtobufCMessage *message;
	enum result result;

	*out = NULL;
	if (!info)
		return err_set(err, RESULT_PERMANENT, "unknown message type %u", (unsigned)type);
	if (size > MESSAGE_ENVELOPE_MAX)
		return err_set(err, RESULT_PERMANENT,
		        "%s: envelope of %zu bytes, at most %d are allowed", info->name, size,
		        MESSAGE_ENVELOPE_MAX);
	message = protobuf_c_message_unpack(info->descriptor, &allocator, size, bytes);
	if (!message)
		return err_set(err, RESULT_PERMANENT, "%s: malformed envelope", info->name);
	/* protobuf-c ends a text at its first NUL, takes the last of a field that comes twice, and
	 * reads numbers that are padded. Each of these makes another size when packed again. */
	if (message->n_unknown_fields == 0 && protobuf_c_message_get_packed_size(message) != size)
		result = err_set(err, RESULT_PERMANENT,
		        "%s: a NUL in a text, a field twice, or a padded value", info->name);
	else
		result = message_check(type, message, body_size, err);
	if (result == RESULT_OK)
		*out = message;
	else
		message_free(message);
	return result;
}

enum result message_check(
        enum message_type type, const ProtobufCMessage *message, size_t body_size, struct err *err)
{
	const struct message_info *info = message_info(type);
	enum result result;

	assert(info && message->descriptor == info->descriptor);
	result = check_fields(message, err);
	if (result == RESULT_OK)
		result = check_sense(type, message, body_size, err);
	return result == RESULT_OK ? result : err_wrap(err, result, "%s", info->name);
}

void message_free(ProtobufCMessage *message)
{
	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}
