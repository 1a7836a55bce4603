/* Dates in header fields (RFC 5322 section 3.3), and what programs write instead. */
#ifndef LIB_SPAM_DATES_H
#define LIB_SPAM_DATES_H

#include <stddef.h>
#include <stdint.h>

/* Seconds since 1970 in *out; 0 where there is no date. An impossible time of day is taken for the
 * last possible one, an unknown zone for UTC. */
int dates_read(const char *text, size_t size, int64_t *out);

#endif
