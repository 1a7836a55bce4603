/*
 * Address lists (RFC 5322 section 3.4), read as leniently as they are written.
 */
#ifndef LIB_SPAM_ADDRESSES_H
#define LIB_SPAM_ADDRESSES_H

#include <stddef.h>

/* One mailbox. Lent for the call; NULL: it has none. */
typedef void addresses_take(void *context, const char *address, const char *name);

/* `text` is unfolded, not decoded. */
void addresses_read(const char *text, size_t size, addresses_take *take, void *context);

#endif
