/*
 * Text put into mail: RFC 2047 encoded words for header fields, RFC 2045 quoted-printable for
 * bodies. Both make any UTF-8 safe to travel through 7-bit hosts and through our own filter.
 */
#ifndef LIB_NOTICE_ENCODE_H
#define LIB_NOTICE_ENCODE_H

#include "lib/base/buf.h"

/* Adds `text` as a field's value, folded, as it is where it is harmless ASCII, else in encoded
 * words of UTF-8 in base64. Control characters become blanks: nothing of it can begin a field of
 * its own. `column` is where the line stands. */
void encode_field(const char *text, size_t column, struct buf *out);

/* Adds `text` (lines end in LF) as quoted-printable with CRLF. */
void encode_body(const char *text, struct buf *out);

#endif
