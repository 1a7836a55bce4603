/*
 * Text in the charset that it is really in, to UTF-8: senders declare Latin-1 and mean
 * windows-1252, and many declare nothing, or the wrong thing, and send UTF-8.
 */
#ifndef LIB_SPAM_UNICODE_H
#define LIB_SPAM_UNICODE_H

#include <stddef.h>

#include "lib/base/buf.h"

/* `charset` as declared, NULL: not at all. What it can't explain is windows-1252. */
void unicode_from(const char *bytes, size_t size, const char *charset, struct buf *out);

/* A header field's value, unfolded: raw bytes as above, RFC 2047's words decoded if `words`.
 * Control characters stay. */
void unicode_header(const char *bytes, size_t size, int words, struct buf *out);

/* Is it what unicode_header() makes of it? */
int unicode_is_plain(const char *bytes, size_t size, int words);

#endif
