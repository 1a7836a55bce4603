/*
 * Small questions about strings, ASCII only and independent of the locale: mail's own grammar is
 * ASCII.
 */
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

int text_same(const char *a, const char *b); /* without regard to case */
int text_same_bytes(
        const char *a, size_t a_size, const char *b);  /* `a` of a_size against a string */
int text_starts(const char *text, const char *prefix); /* without regard to case */
void text_lower(char *text);
int text_is_printable(const char *text); /* nothing but printable ASCII, blanks included */

/* Finds `needle` in `bytes` without regard to ASCII case; NULL if it is not there. */
const char *text_find(const char *bytes, size_t size, const char *needle);

/* `*` any run, `?` one byte, `[a-z]` a set; without regard to case. Linear in practice, never
 * exponential. */
int text_glob(const char *pattern, const char *text, size_t size);

/* Lower-case hex, NUL-terminated: out has room for 2 * size + 1. */
void text_hex(const void *bytes, size_t size, char *out);

/* The value of a hexadecimal digit of either case; -1 for anything else. */
int text_hex_value(unsigned char digit);

/* A whole unsigned decimal number at most `most`; 0 if it is not one. */
int text_number(const char *text, uint64_t most, uint64_t *out);

/* Where that begins which stands behind the first empty line (LF or CRLF); `size` if there is none.
 */
size_t text_behind_blank_line(const char *bytes, size_t size);

#endif
