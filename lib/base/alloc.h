/*
 * Memory that is there. Out of memory ends the process: the supervisor restarts it, and the message
 * is tried again from the MTA's queue. So every size that comes from outside must have been bounded
 * before it gets here.
 */
#ifndef LIB_BASE_ALLOC_H
#define LIB_BASE_ALLOC_H

#include <stddef.h>

/* What the process ends with when there is no memory: EX_TEMPFAIL. */
enum { ALLOC_EXIT = 75 };

/* Each gives memory that the caller frees with free(). Zero-sized requests give a valid pointer. */
void *alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *alloc_zero(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
char *alloc_string(const char *text) __attribute__((malloc, returns_nonnull));
char *alloc_bytes(const void *bytes, size_t size)
        __attribute__((malloc, returns_nonnull)); /* NUL-terminated */
char *alloc_format(const char *format, ...)
        __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* Takes `old`, gives an array of at least `count` elements of `size` bytes. The product is checked.
 */
void *alloc_grow(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

#endif
