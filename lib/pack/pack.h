/*
 * Runs of bytes made smaller, and whole again, by zstd: one frame for each run, which tells its own
 * size. Whoever keeps a frame compares a digest of the plain bytes, so it has no checksum.
 *
 * Memory is bounded by the runs, which are of PACK_MOST bytes at most.
 */
#ifndef LIB_PACK_PACK_H
#define LIB_PACK_PACK_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum { PACK_MOST = 1 << 16, PACK_LEVEL_MOST = 19 };

struct pack;

/* What it needs for either way is made when it is first used. */
struct pack *pack_new(int level);
void pack_free(struct pack **pack);

/* Replaces what is in `out` by a frame, which may be larger than the bytes. */
void pack_squeeze(struct pack *pack, const void *bytes, size_t size, struct buf *out);

/* Replaces what is in `out` by the bytes of a frame. RESULT_PERMANENT: it is not one frame alone,
 * or not one of exactly `wanted` bytes, which may be more than was ever there. */
enum result pack_restore(struct pack *pack, const void *frame, size_t size, size_t wanted,
        struct buf *out, struct err *err);

#endif
