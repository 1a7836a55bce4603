/*
 * "Deflate" (RFC 1951) as documents have it. Unlike the readers of archives it gives all that came
 * out before the data broke or ended, as programs that show documents do. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_INFLATE_H
#define LIB_UNPACK_INFLATE_H

#include "lib/base/buf.h"
#include "lib/unpack/piece.h"

/* Adds what `data` packs to `out`, which must be empty. `spend` is asked for bytes before more are
 * added than a few; where it says 0, those are taken back, and it ends. True where it came to the
 * end that the data have themselves. */
int inflate_all(struct piece data, int (*spend)(void *context, size_t bytes), void *context,
        struct buf *out);

#endif
