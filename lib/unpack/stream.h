/*
 * The members of an archive on disk one behind the other, a piece at a time, so that none is ever
 * held whole: for large files of our own side, not for what mail brings (that is unpack.h).
 */
#ifndef LIB_UNPACK_STREAM_H
#define LIB_UNPACK_STREAM_H

#include <stddef.h>

#include "lib/base/err.h"

struct unpack_reader {
	int (*wanted)(void *context, const char *name); /* is this member to be read? */
	void (*take)(void *context, const void *bytes, size_t size); /* of it; lent */
	void (*end)(void *context);                                  /* of it */
	void *context;
};

/* A TAR, compressed or not, that begins `skip` bytes into the file. RESULT_PERMANENT where it can't
 * be read to its end; what was taken until then was taken. */
enum result unpack_stream(
        const char *path, size_t skip, const struct unpack_reader *reader, struct err *err);

#endif
