/*
 * Base64 (RFC 4648 section 4), padded, in one line. Reading it is lib/mime's: that has to forgive.
 */
#ifndef LIB_BASE_BASE64_H
#define LIB_BASE_BASE64_H

#include "lib/base/buf.h"

void base64_add(struct buf *out, const void *bytes, size_t size);

#endif
