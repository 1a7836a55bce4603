/*
 * Decoders as lenient as the most lenient mail client, and what they stumbled over, for a body
 * that is there as a whole; decoder.h takes it in pieces, has the oddities and the bounds.
 */
#ifndef LIB_MIME_DECODE_H
#define LIB_MIME_DECODE_H

#include "lib/base/buf.h"
#include "lib/mime/decoder.h"
#include "lib/mime/map.h"

/* Adds the decoded bytes to `out`, gives a set of oddities. */
unsigned decode_base64(const void *bytes, size_t size, struct buf *out);
unsigned decode_quoted_printable(const void *bytes, size_t size, struct buf *out);
unsigned decode_uuencode(
        const void *bytes, size_t size, struct buf *out); /* from "begin" on; or bare lines */

unsigned decode_yenc(const void *bytes, size_t size, struct buf *out); /* from "=ybegin" on */
unsigned decode_binhex(
        const void *bytes, size_t size, struct buf *out); /* RFC 1741: the data fork */

int decode_is_binhex(unsigned char c); /* a character of BinHex's alphabet */

/* The file's name in there; "" if it can't be read. To be freed. */
char *decode_binhex_name(const void *bytes, size_t size);

/* The body of a part under its own encoding, or under another candidate. */
unsigned decode_part(
        const struct mime_map *map, size_t part, enum mime_encoding encoding, struct buf *out);

/* Header text: unfolds, decodes RFC 2047 words in any charset (iconv), takes raw 8-bit as UTF-8,
 * else windows-1252. Always gives valid UTF-8, without control characters. To be freed. */
char *decode_header_text(const void *bytes, size_t size);

/* The n-th field of that name, decoded as above; NULL if absent. */
char *decode_field(const struct mime_map *map, size_t part, const char *name, size_t nth);

/* Opens the common charsets once, so that scanners that may open no files can use them. */
void decode_start(void);

/* Any charset to UTF-8; what can't be converted becomes U+FFFD. An unknown charset is taken as
 * UTF-8, else windows-1252. */
void decode_charset(const void *bytes, size_t size, const char *charset, struct buf *out);

#endif
