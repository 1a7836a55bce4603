/*
 * A set of short runs of bytes, and whether any of them stands anywhere in a text: a few
 * nanoseconds a byte, however many there are. For each run four of its bytes are looked for, the
 * rarest, in a table of bits; where they are, the whole run is compared.
 */
#ifndef LIB_VIRUS_RUNS_H
#define LIB_VIRUS_RUNS_H

#include <stddef.h>

enum { RUNS_SHORTEST = 4, RUNS_LONGEST = 64 };

struct runs;

struct runs *runs_new(void);
void runs_free(struct runs **runs);

/* Of a longer one its first RUNS_LONGEST bytes; one of fewer than RUNS_SHORTEST is our own bug. */
void runs_add(struct runs *runs, const unsigned char *bytes, size_t size);

/* After the last was added, and before anything is looked for. From then on it is only read. */
void runs_settle(struct runs *runs);

/* 1, too, for a text that is made to be slow: in which far more places than in any honest one look
 * like the beginnings of many runs. Linear in its size, whatever the runs are. */
int runs_found(const struct runs *runs, const void *bytes, size_t size);

size_t runs_count(const struct runs *runs);

#endif
