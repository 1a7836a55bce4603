/*
 * Outlook's compressed RTF (MS-OXRTFCP), as it stands in winmail.dat. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_RTF_H
#define LIB_UNPACK_RTF_H

#include "lib/base/buf.h"
#include "lib/unpack/piece.h"

/*
 * Adds the RTF to `out`: as much as can be read, at most 17 times the size of what is packed, which
 * is what the format can do. The sum is not checked, as a reader that doesn't check shows the text
 * all the same. 0: it is neither packed nor plain.
 */
int rtf_expand(struct piece packed, struct buf *out);

#endif
