/*
 * Images of discs and disks by the fields of their file systems and partition tables. Internal to
 * lib/unpack.
 */
#ifndef LIB_UNPACK_DISC_H
#define LIB_UNPACK_DISC_H

#include <stddef.h>

#include "lib/unpack/kind.h"

/* What no magic at the beginning says; NULL for what is none of them. None of them can be read. */
const struct kind *disc_kind(const unsigned char *bytes, size_t size);

/* Whether a disc has a file system of UDF (ECMA-167) among its volume descriptors. */
int disc_has_udf(const unsigned char *bytes, size_t size);

#endif
