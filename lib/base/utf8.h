/*
 * UTF-8 read strictly (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef LIB_BASE_UTF8_H
#define LIB_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length (1 to 4) of the character at `bytes`, its code point in *code (may be NULL), or 0 where
 * none is valid. */
size_t utf8_decode(const unsigned char *bytes, size_t size, uint32_t *code);

/* Writes up to 4 bytes, gives how many. An invalid code point is written as U+FFFD. */
size_t utf8_encode(uint32_t code, char out[4]);

/* Length of the character at `bytes` if it is valid and harmless on a terminal and in a log (no
 * C0/C1 control, no bidirectional, zero-width or other format mark), else 0. */
size_t utf8_printable(const unsigned char *bytes, size_t size);

/* True for characters that change how a line is shown without being seen: bidirectional and
 * zero-width marks. */
int utf8_is_invisible(uint32_t code);

int utf8_valid(const void *bytes, size_t size);

/* The small letter of a capital: Latin (full-width, too), Greek, Cyrillic, Armenian, one
 * for one and in every locale alike. A final sigma is a sigma. All else is as it was. */
uint32_t utf8_fold(uint32_t code);

#endif
