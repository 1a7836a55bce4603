/*
 * The xtext of RFC 3461 section 4: how DSN parameters and XFORWARD values carry any byte in
 * printable ASCII without blanks, '+' and '='.
 */
#ifndef LIB_SMTP_XTEXT_H
#define LIB_SMTP_XTEXT_H

#include <stddef.h>

#include "lib/base/buf.h"

/* Adds `text` encoded, but no more of it than fits into `most` bytes. */
void xtext_add(struct buf *out, const char *text, size_t most);

/* Whether `text` is xtext already, not empty, and at most `most` bytes. */
int xtext_valid(const char *text, size_t most);

#endif
