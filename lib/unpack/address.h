/*
 * Where an address in a document leads. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_ADDRESS_H
#define LIB_UNPACK_ADDRESS_H

#include "lib/unpack/piece.h"

/* True for one that is fetched from another computer: by any scheme but that of files, or from a
 * server of files. A path on the same computer, whole or relative, is not, nor is a bare name. */
int address_is_far(struct piece address);

#endif
