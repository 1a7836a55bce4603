/*
 * A model in a file: "LZMODEL1", the size of a packed ModelState (4 bytes, the lowest first), that,
 * all chunks, and the SHA-256 of what stands before it. A file that ends with its chunks is read as
 * it stands. What was learned from which message is not in it.
 */
#ifndef LIB_MODEL_FILE_H
#define LIB_MODEL_FILE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/model.h"

enum { MODEL_FILE_MAX = 16 << 20 };

void model_file_make(const struct model *model, struct buf *out);

/* Initialises the model from any bytes. RESULT_PERMANENT: they are none, or of another version. */
enum result model_file_read(const void *bytes, size_t size, struct model *out, struct err *err);

#endif
