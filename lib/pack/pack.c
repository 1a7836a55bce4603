#include "lib/pack/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

#include "lib/base/alloc.h"

struct pack {
	int level;
	ZSTD_CCtx *squeezer;
	ZSTD_DCtx *restorer;
};

struct pack *pack_new(int level)
{
	struct pack *pack = alloc_zero(1, sizeof(*pack));

	assert(level >= 1 && level <= PACK_LEVEL_MOST);
	pack->level = level;
	return pack;
}

void pack_free(struct pack **pack)
{
	if (!*pack)
		return;
	ZSTD_freeCCtx((*pack)->squeezer);
	ZSTD_freeDCtx((*pack)->restorer);
	free(*pack);
	*pack = NULL;
}

/* As alloc() does where there is no memory. */
static void need(int is_made)
{
	if (!is_made)
		exit(ALLOC_EXIT);
}

void pack_squeeze(struct pack *pack, const void *bytes, size_t size, struct buf *out)
{
	size_t got;

	assert(size <= PACK_MOST);
	if (!pack->squeezer) {
		pack->squeezer = ZSTD_createCCtx();
		need(pack->squeezer != NULL);
	}
	buf_clear(out);
	buf_reserve(out, ZSTD_compressBound(size));
	got = ZSTD_compressCCtx(
	        pack->squeezer, out->data, ZSTD_compressBound(size), bytes, size, pack->level);
	need(!ZSTD_isError(got)); /* there is room, so nothing else can fail */
	out->size = got;
}

enum result pack_restore(struct pack *pack, const void *frame, size_t size, size_t wanted,
        struct buf *out, struct err *err)
{
	size_t got;

	if (!pack->restorer) {
		pack->restorer = ZSTD_createDCtx();
		need(pack->restorer != NULL);
	}
	buf_clear(out);
	if (wanted > PACK_MOST || ZSTD_findFrameCompressedSize(frame, size) != size ||
	        ZSTD_getFrameContentSize(frame, size) != wanted)
		return err_set(err, RESULT_PERMANENT, "not a frame of %zu bytes", wanted);
	buf_reserve(out, wanted);
	got = ZSTD_decompressDCtx(pack->restorer, out->data, wanted, frame, size);
	if (ZSTD_isError(got) || got != wanted)
		return err_set(err, RESULT_PERMANENT, "a damaged frame: %s",
		        ZSTD_isError(got) ? ZSTD_getErrorName(got) : "too short");
	out->size = got;
	return RESULT_OK;
}
