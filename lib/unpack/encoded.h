/*
 * Bytes as scripts and markup write them: base64, hexadecimal digits, lists of numbers, escapes.
 * Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_ENCODED_H
#define LIB_UNPACK_ENCODED_H

#include <stddef.h>

#include "lib/base/buf.h"

enum { ENCODED_NONE = 64 };

/* What six bits a character of base64 stands for, in either alphabet; ENCODED_NONE for others. */
unsigned encoded_value(unsigned char c);

/* What is no base64 is passed over. */
void encoded_base64(const struct buf *text, struct buf *out);

/* True for an even number of digits and nothing else; undoes them. */
int encoded_is_hex(const struct buf *text);
void encoded_hex(const struct buf *text, struct buf *out);

/* A list of numbers that fit into a byte, decimal or "0x4d", between commas and perhaps in quotes.
 * Gives the end of the last one, or `at` where none begins there; adds the bytes. */
const unsigned char *encoded_numbers(
        const unsigned char *at, const unsigned char *end, struct buf *out);

/* Escapes of scripts, addresses and markup ("\x4d", "\u004d", "%4d", "%u004d", "&#77;"), and the
 * few plain characters between them. Gives the end of the last one, or `at` where none begins
 * there; adds the bytes (of large characters UTF-8) and counts the escapes. */
const unsigned char *encoded_escapes(
        const unsigned char *at, const unsigned char *end, struct buf *out, size_t *count);

/* One character reference ("&#106;", "&#x6a", "&colon;") or escape at `at`; gives its end, or `at`.
 */
const unsigned char *encoded_reference(
        const unsigned char *at, const unsigned char *end, unsigned long *value);

#endif
