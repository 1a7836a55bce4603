#include "quarantine/blob.h"

#include <assert.h>
#include <string.h>

#include "lib/base/text.h"
#include "protos/messages.h"
#include "quarantine/key.h"
#include "quarantine/record.h"
#include "quarantine/tally.h"

static enum result load(
        struct backend_txn *txn, const struct digest *name, Lz__KeptBlob **blob, struct err *err)
{
	struct backend_key key = key_bytes(name->bytes, DIGEST_SIZE);

	return record_get(txn, TABLE_BLOBS, &key, &lz__kept_blob__descriptor, (void **)blob, err);
}

static enum result save(struct backend_txn *txn, const struct digest *name,
        const Lz__KeptBlob *blob, struct err *err)
{
	struct backend_key key = key_bytes(name->bytes, DIGEST_SIZE);

	return record_put(txn, TABLE_BLOBS, &key, blob, err);
}

static enum result damaged(const struct digest *name, struct err *err)
{
	char hex[DIGEST_HEX_ROOM];

	text_hex(name->bytes, DIGEST_SIZE, hex);
	return err_set(err, RESULT_PERMANENT, "blob %s is damaged", hex);
}

/* Writes what isn't there yet, or isn't what it should be. */
static enum result put_chunks(struct backend_txn *txn, const struct digest *name,
        const uint8_t *bytes, uint64_t size, struct err *err)
{
	struct buf old = {0};
	enum result result = RESULT_OK;
	uint32_t number = 0;

	for (; size && !result; number++) {
		size_t part = size < BACKEND_CHUNK ? size : BACKEND_CHUNK;
		struct backend_key key = key_chunk(name->bytes, number);

		result = backend_get(txn, TABLE_CHUNKS, &key, &old, err);
		if (result == RESULT_NONE || old.size != part || memcmp(old.data, bytes, part))
			result = backend_put(txn, TABLE_CHUNKS, &key, bytes, part, err);
		bytes += part;
		size -= part;
	}
	buf_fini(&old);
	return result;
}

enum result blob_mend(struct backend_txn *txn, const struct digest *name, const void *bytes,
        uint64_t size, struct err *err)
{
	return put_chunks(txn, name, bytes, size, err);
}

static enum result count_blob(struct backend_txn *txn, int change, uint64_t size, struct err *err)
{
	enum result result = tally_add(txn, "blobs", change, err);

	return result ? result : tally_add(txn, "blob_bytes", change * (int64_t)size, err);
}

enum result blob_put(struct backend_txn *txn, const void *bytes, uint64_t size, struct digest *name,
        struct err *err)
{
	Lz__KeptBlob fresh = LZ__KEPT_BLOB__INIT, *old = NULL;
	enum result result;

	assert(size);
	digest_of(bytes, size, name);
	fresh.references = 1;
	fresh.size = size;
	fresh.chunks = (uint32_t)((size + BACKEND_CHUNK - 1) / BACKEND_CHUNK);
	result = load(txn, name, &old, err);
	if (!result)
		fresh.references += old->references;
	else if (result == RESULT_NONE)
		result = count_blob(txn, 1, size, err);
	message_free((ProtobufCMessage *)old);
	if (!result)
		result = put_chunks(txn, name, bytes, size, err);
	return result ? result : save(txn, name, &fresh, err);
}

static enum result drop_all(struct backend_txn *txn, const struct digest *name,
        const Lz__KeptBlob *blob, struct err *err)
{
	struct backend_key key = key_bytes(name->bytes, DIGEST_SIZE);
	enum result result = backend_drop(txn, TABLE_BLOBS, &key, err);
	uint32_t number;

	for (number = 0; !result && number < blob->chunks; number++) {
		key = key_chunk(name->bytes, number);
		result = backend_drop(txn, TABLE_CHUNKS, &key, err);
		if (result == RESULT_NONE)
			result = RESULT_OK; /* damage must not keep it from being deleted */
	}
	return result ? result : count_blob(txn, -1, blob->size, err);
}

enum result blob_drop(struct backend_txn *txn, const struct digest *name, struct err *err)
{
	Lz__KeptBlob *blob;
	enum result result = load(txn, name, &blob, err);

	if (result)
		return result == RESULT_NONE ? damaged(name, err) : result;
	if (blob->references > 1) {
		blob->references--;
		result = save(txn, name, blob, err);
	} else {
		result = drop_all(txn, name, blob, err);
	}
	message_free((ProtobufCMessage *)blob);
	return result;
}

enum result blob_read(struct backend_txn *txn, const struct digest *name, uint64_t offset,
        uint64_t limit, struct buf *out, struct err *err)
{
	struct buf chunk = {0};
	enum result result = RESULT_OK;

	while (limit && !result) {
		struct backend_key key = key_chunk(name->bytes, (uint32_t)(offset / BACKEND_CHUNK));
		uint64_t skip = offset % BACKEND_CHUNK, part;

		result = backend_get(txn, TABLE_CHUNKS, &key, &chunk, err);
		if (result || chunk.size <= skip)
			break;
		part = chunk.size - skip < limit ? chunk.size - skip : limit;
		buf_add(out, chunk.data + skip, part);
		offset += part;
		limit -= part;
	}
	buf_fini(&chunk);
	if (result == RESULT_NONE || (!result && limit))
		return damaged(name, err);
	return result;
}

static enum result digest_chunks(struct backend_txn *txn, const struct digest *name,
        const Lz__KeptBlob *blob, struct digest *found, struct err *err)
{
	struct digest_state state;
	struct buf chunk = {0};
	uint64_t size = 0;
	uint32_t number;
	enum result result = RESULT_OK;

	digest_init(&state);
	for (number = 0; !result && number < blob->chunks; number++) {
		struct backend_key key = key_chunk(name->bytes, number);

		result = backend_get(txn, TABLE_CHUNKS, &key, &chunk, err);
		if (!result)
			digest_add(&state, chunk.data, chunk.size);
		size += chunk.size;
	}
	buf_fini(&chunk);
	digest_final(&state, found);
	return result == RESULT_NONE || (!result && size != blob->size) ? damaged(name, err)
	                                                                : result;
}

enum result blob_check(struct backend_txn *txn, const struct digest *name, struct err *err)
{
	struct digest found;
	Lz__KeptBlob *blob;
	enum result result = load(txn, name, &blob, err);

	if (result)
		return result;
	result = digest_chunks(txn, name, blob, &found, err);
	message_free((ProtobufCMessage *)blob);
	if (!result && memcmp(&found, name, sizeof(found)))
		result = damaged(name, err);
	return result;
}
