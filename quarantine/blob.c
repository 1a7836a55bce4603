#include "quarantine/blob.h"

#include <assert.h>
#include <string.h>

#include "lib/base/text.h"
#include "protos/messages.h"
#include "quarantine/key.h"
#include "quarantine/record.h"
#include "quarantine/tally.h"

enum {
	CHUNK_PIECES = 16, /* of plain bytes, so that a chunk fills whole pages */
	CHUNK_BYTES = CHUNK_PIECES * BACKEND_PIECE,
	CHUNK_NUMBERS = 32, /* of pieces: a frame of what does not shrink is a little larger */
	SAVES_LEAST = 8,    /* the part that compressing has to save */
	MEND_LEVEL = 3,
};

_Static_assert((int)CHUNK_BYTES <= (int)PACK_MOST, "a chunk is no more than is packed at once");

/* A blob in hand: its record, and what its chunks are read and written with. */
struct blob {
	struct backend_txn *txn;
	const struct digest *name;
	struct pack *pack;
	enum packing packing;
	uint64_t size;
	struct buf frame; /* of the chunk in hand */
};

/* ---- records ---- */

static enum result load(
        struct backend_txn *txn, const struct digest *name, Lz__KeptBlob **record, struct err *err)
{
	struct backend_key key = key_bytes(name->bytes, DIGEST_SIZE);

	return record_get(txn, TABLE_BLOBS, &key, &lz__kept_blob__descriptor, (void **)record, err);
}

static enum result save(struct backend_txn *txn, const struct digest *name,
        const Lz__KeptBlob *record, struct err *err)
{
	struct backend_key key = key_bytes(name->bytes, DIGEST_SIZE);

	return record_put(txn, TABLE_BLOBS, &key, record, err);
}

static enum result damaged(const struct digest *name, struct err *err)
{
	char hex[DIGEST_HEX_ROOM];

	text_hex(name->bytes, DIGEST_SIZE, hex);
	return err_set(err, RESULT_PERMANENT, "blob %s is damaged", hex);
}

static enum result count_blob(
        struct backend_txn *txn, int sign, const Lz__KeptBlob *record, struct err *err)
{
	enum result result = tally_add(txn, "blobs", sign, err);

	if (!result)
		result = tally_add(txn, "blob_bytes", sign * (int64_t)record->size, err);
	if (result || record->packing != PACKING_ZSTD)
		return result;
	result = tally_add(txn, "compressed_bytes", sign * (int64_t)record->size, err);
	return result ? result
	              : tally_add(txn, "compressed_to_bytes", sign * (int64_t)record->stored, err);
}

/* ---- chunks ---- */

static enum result begin_blob(struct blob *blob, struct backend_txn *txn, const struct digest *name,
        const Lz__KeptBlob *record, struct err *err)
{
	if (record->packing >= PACKINGS)
		return damaged(name, err);
	*blob = (struct blob){.txn = txn,
	        .name = name,
	        .packing = (enum packing)record->packing,
	        .size = record->size};
	if (blob->packing == PACKING_ZSTD)
		blob->pack = pack_new(MEND_LEVEL);
	return RESULT_OK;
}

static void end_blob(struct blob *blob)
{
	buf_fini(&blob->frame);
	pack_free(&blob->pack);
}

static uint64_t chunk_bytes(const struct blob *blob)
{
	return blob->packing == PACKING_CHUNKS ? BACKEND_CHUNK : CHUNK_BYTES;
}

/* The plain bytes of a chunk; 0 behind the last. */
static size_t chunk_size(const struct blob *blob, uint64_t number)
{
	uint64_t start = number * chunk_bytes(blob);

	if (start >= blob->size)
		return 0;
	return blob->size - start < chunk_bytes(blob) ? (size_t)(blob->size - start)
	                                              : (size_t)chunk_bytes(blob);
}

static struct backend_key piece_key(const struct blob *blob, uint64_t chunk, uint32_t piece)
{
	if (blob->packing == PACKING_CHUNKS)
		return key_chunk(blob->name->bytes, (uint32_t)chunk);
	return key_chunk(blob->name->bytes, (uint32_t)chunk * CHUNK_NUMBERS + piece);
}

/* As they stand on disk. A piece that is not full is the last. */
static enum result read_pieces(
        const struct blob *blob, uint64_t number, struct buf *out, struct err *err)
{
	uint32_t pieces = blob->packing == PACKING_CHUNKS  ? 1
	                  : blob->packing == PACKING_PLAIN ? CHUNK_PIECES
	                                                   : CHUNK_NUMBERS,
	         at;
	struct buf piece = {0};
	enum result result = RESULT_OK;

	buf_clear(out);
	for (at = 0; !result && at < pieces; at++) {
		struct backend_key key = piece_key(blob, number, at);

		result = backend_get(blob->txn, TABLE_CHUNKS, &key, &piece, err);
		if (!result)
			buf_add(out, piece.data, piece.size);
		if (!result && piece.size < BACKEND_PIECE)
			break;
	}
	buf_fini(&piece);
	return result == RESULT_NONE && at > 1 ? RESULT_OK : result;
}

/* RESULT_NONE: it is not there; RESULT_PERMANENT: it is not what it should be. */
static enum result read_chunk(struct blob *blob, uint64_t number, struct buf *out, struct err *err)
{
	size_t wanted = chunk_size(blob, number);
	enum result result;

	if (blob->packing != PACKING_ZSTD) {
		result = read_pieces(blob, number, out, err);
		return !result && out->size != wanted ? damaged(blob->name, err) : result;
	}
	result = read_pieces(blob, number, &blob->frame, err);
	return result ? result
	              : pack_restore(
	                        blob->pack, blob->frame.data, blob->frame.size, wanted, out, err);
}

static enum result write_pieces(
        struct blob *blob, uint64_t number, const char *bytes, size_t size, struct err *err)
{
	size_t most = blob->packing == PACKING_CHUNKS ? BACKEND_CHUNK : BACKEND_PIECE, part;
	enum result result = RESULT_OK;
	uint32_t at;

	for (at = 0; !result && size; at++) {
		struct backend_key key = piece_key(blob, number, at);

		part = size < most ? size : most;
		result = backend_put(blob->txn, TABLE_CHUNKS, &key, bytes, part, err);
		bytes += part;
		size -= part;
	}
	return result;
}

/* *stored: the bytes that it is on disk. */
static enum result write_chunk(
        struct blob *blob, uint64_t number, const void *bytes, size_t *stored, struct err *err)
{
	*stored = chunk_size(blob, number);
	if (blob->packing != PACKING_ZSTD)
		return write_pieces(blob, number, bytes, *stored, err);
	pack_squeeze(blob->pack, bytes, *stored, &blob->frame);
	*stored = blob->frame.size;
	return write_pieces(blob, number, blob->frame.data, *stored, err);
}

/* A frame that took more pieces than its successor would leave some behind. */
static enum result drop_chunk(struct blob *blob, uint64_t number, struct err *err)
{
	uint32_t pieces = blob->packing == PACKING_CHUNKS ? 1 : CHUNK_NUMBERS, at;
	enum result result = RESULT_OK;

	for (at = 0; result <= RESULT_NONE && at < pieces; at++) {
		struct backend_key key = piece_key(blob, number, at);

		result = backend_drop(blob->txn, TABLE_CHUNKS, &key, err);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* ---- putting ---- */

/* What does not shrink at its beginning is not tried further. */
static enum packing choose_packing(
        struct pack *pack, const void *bytes, uint64_t size, struct buf *frame)
{
	size_t first = size < CHUNK_BYTES ? (size_t)size : CHUNK_BYTES;

	if (!pack)
		return PACKING_PLAIN;
	pack_squeeze(pack, bytes, first, frame);
	return frame->size <= first - first / SAVES_LEAST && first >= SAVES_LEAST ? PACKING_ZSTD
	                                                                          : PACKING_PLAIN;
}

/* Entries and bytes of all its chunks, as they stand. */
static enum result count_entries(
        struct backend_txn *txn, const struct digest *name, Lz__KeptBlob *record, struct err *err)
{
	struct backend_key prefix = key_bytes(name->bytes, DIGEST_SIZE), key = prefix;
	struct buf value = {0};
	enum result result;

	record->chunks = 0;
	record->stored = 0;
	while (!(result = backend_step(txn, TABLE_CHUNKS, BACKEND_AFTER, &key, &value, err)) &&
	        key_starts(&key, &prefix)) {
		record->chunks++;
		record->stored += value.size;
	}
	buf_fini(&value);
	if (record->packing == PACKING_CHUNKS)
		record->stored = 0;
	return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result put_new(struct backend_txn *txn, const uint8_t *bytes, uint64_t size,
        struct pack *pack, const struct digest *name, struct err *err)
{
	Lz__KeptBlob record = LZ__KEPT_BLOB__INIT;
	struct blob blob = {.txn = txn, .name = name, .pack = pack, .size = size};
	enum result result = RESULT_OK;
	uint64_t number;
	size_t stored;

	blob.packing = choose_packing(pack, bytes, size, &blob.frame);
	for (number = 0; !result && chunk_size(&blob, number); number++) {
		result = write_chunk(&blob, number, bytes + number * CHUNK_BYTES, &stored, err);
		record.stored += stored;
		record.chunks += (uint32_t)((stored + BACKEND_PIECE - 1) / BACKEND_PIECE);
	}
	buf_fini(&blob.frame);
	record.references = 1;
	record.size = size;
	record.packing = blob.packing;
	if (!result)
		result = count_blob(txn, 1, &record, err);
	return result ? result : save(txn, name, &record, err);
}

/* Writes the chunks anew that are not what they should be; *mended: there were some. */
static enum result mend_chunks(
        struct blob *blob, const uint8_t *bytes, int *mended, struct err *err)
{
	struct buf old = {0};
	enum result result = RESULT_OK;
	size_t size, stored;
	uint64_t number;

	for (number = 0; !result && (size = chunk_size(blob, number)) != 0; number++) {
		const uint8_t *here = bytes + number * chunk_bytes(blob);

		result = read_chunk(blob, number, &old, err);
		if (!result && !memcmp(old.data, here, size))
			continue;
		if (result == RESULT_TEMPORARY)
			break;
		*mended = 1;
		result = drop_chunk(blob, number, err);
		if (!result)
			result = write_chunk(blob, number, here, &stored, err);
	}
	buf_fini(&old);
	return result;
}

/* Compares the bytes with what is there. The record is changed, not saved. */
static enum result mend(struct backend_txn *txn, const struct digest *name, Lz__KeptBlob *record,
        const void *bytes, uint64_t size, struct err *err)
{
	struct blob blob;
	enum result result;
	int mended = 0;

	if (record->size != size)
		return damaged(name, err);
	result = begin_blob(&blob, txn, name, record, err);
	if (result)
		return result;
	result = mend_chunks(&blob, bytes, &mended, err);
	end_blob(&blob);
	if (result || !mended)
		return result;
	result = count_blob(txn, -1, record, err);
	if (!result)
		result = count_entries(txn, name, record, err);
	return result ? result : count_blob(txn, 1, record, err);
}

enum result blob_put(struct backend_txn *txn, const void *bytes, uint64_t size, struct pack *pack,
        struct digest *name, struct err *err)
{
	Lz__KeptBlob *record;
	enum result result;

	assert(size);
	digest_of(bytes, size, name);
	result = load(txn, name, &record, err);
	if (result)
		return result == RESULT_NONE ? put_new(txn, bytes, size, pack, name, err) : result;
	record->references++;
	result = mend(txn, name, record, bytes, size, err);
	if (!result)
		result = save(txn, name, record, err);
	message_free((ProtobufCMessage *)record);
	return result;
}

enum result blob_mend(struct backend_txn *txn, const struct digest *name, const void *bytes,
        uint64_t size, struct err *err)
{
	Lz__KeptBlob *record;
	enum result result = load(txn, name, &record, err);

	if (result)
		return result == RESULT_NONE ? damaged(name, err) : result;
	result = mend(txn, name, record, bytes, size, err);
	if (!result)
		result = save(txn, name, record, err);
	message_free((ProtobufCMessage *)record);
	return result;
}

/* ---- dropping ---- */

/* Whatever stands under its name: damage must not keep it from being deleted. */
static enum result drop_all(struct backend_txn *txn, const struct digest *name,
        const Lz__KeptBlob *record, struct err *err)
{
	struct backend_key prefix = key_bytes(name->bytes, DIGEST_SIZE), key = prefix;
	enum result result = backend_drop(txn, TABLE_BLOBS, &prefix, err);

	while (!result &&
	        !(result = backend_step(txn, TABLE_CHUNKS, BACKEND_AFTER, &key, NULL, err))) {
		if (!key_starts(&key, &prefix))
			break;
		result = backend_drop(txn, TABLE_CHUNKS, &key, err);
	}
	return result > RESULT_NONE ? result : count_blob(txn, -1, record, err);
}

enum result blob_drop(struct backend_txn *txn, const struct digest *name, struct err *err)
{
	Lz__KeptBlob *record;
	enum result result = load(txn, name, &record, err);

	if (result)
		return result == RESULT_NONE ? damaged(name, err) : result;
	if (record->references > 1) {
		record->references--;
		result = save(txn, name, record, err);
	} else {
		result = drop_all(txn, name, record, err);
	}
	message_free((ProtobufCMessage *)record);
	return result;
}

/* ---- reading ---- */

static enum result read_range(
        struct blob *blob, uint64_t offset, uint64_t limit, struct buf *out, struct err *err)
{
	struct buf chunk = {0};
	enum result result = RESULT_OK;

	while (limit && !result) {
		uint64_t skip = offset % chunk_bytes(blob), part;

		result = read_chunk(blob, offset / chunk_bytes(blob), &chunk, err);
		if (result || chunk.size <= skip)
			break;
		part = chunk.size - skip < limit ? chunk.size - skip : limit;
		buf_add(out, chunk.data + skip, part);
		offset += part;
		limit -= part;
	}
	buf_fini(&chunk);
	return result == RESULT_NONE || (!result && limit) ? damaged(blob->name, err) : result;
}

enum result blob_read(struct backend_txn *txn, const struct digest *name, uint64_t offset,
        uint64_t limit, struct buf *out, struct err *err)
{
	struct blob blob;
	Lz__KeptBlob *record;
	enum result result = load(txn, name, &record, err);

	if (result)
		return result == RESULT_NONE ? damaged(name, err) : result;
	result = begin_blob(&blob, txn, name, record, err);
	message_free((ProtobufCMessage *)record);
	if (result)
		return result;
	result = offset > blob.size ? damaged(name, err)
	                            : read_range(&blob, offset, limit, out, err);
	end_blob(&blob);
	return result;
}

static enum result digest_chunks(struct blob *blob, struct digest *found, struct err *err)
{
	struct digest_state state;
	struct buf chunk = {0};
	enum result result = RESULT_OK;
	uint64_t number;

	digest_init(&state);
	for (number = 0; !result && chunk_size(blob, number); number++) {
		result = read_chunk(blob, number, &chunk, err);
		if (!result)
			digest_add(&state, chunk.data, chunk.size);
	}
	buf_fini(&chunk);
	digest_final(&state, found);
	return result == RESULT_NONE ? damaged(blob->name, err) : result;
}

enum result blob_check(struct backend_txn *txn, const struct digest *name, struct err *err)
{
	struct digest found;
	struct blob blob;
	Lz__KeptBlob *record;
	enum result result = load(txn, name, &record, err);

	if (result)
		return result;
	result = begin_blob(&blob, txn, name, record, err);
	message_free((ProtobufCMessage *)record);
	if (result)
		return result;
	result = digest_chunks(&blob, &found, err);
	end_blob(&blob);
	if (!result && memcmp(&found, name, sizeof(found)))
		result = damaged(name, err);
	return result;
}
