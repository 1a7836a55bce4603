/*
 * Streams of NTFS in a RAR. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_RAR_H
#define LIB_UNPACK_RAR_H

#include "lib/unpack/walk.h"

/* Hands out each with its name, which may be a path; what can't be unpacked is a problem. The walk
 * begins with RAR's mark; `is_old` where it is that of versions before 5. */
void rar_streams(struct walk *walk, int is_old);

#endif
