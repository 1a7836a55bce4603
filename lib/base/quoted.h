/*
 * Quoted-printable (RFC 2045 section 6.7), written. Reading it is lib/mime's: that has to forgive.
 */
#ifndef LIB_BASE_QUOTED_H
#define LIB_BASE_QUOTED_H

#include "lib/base/buf.h"

/* Adds `text`, whose lines end in LF or CRLF, with `line_end` for each line end; none is added at
 * the end. No line is longer than 76. */
void quoted_add(struct buf *out, const char *text, const char *line_end);

#endif
