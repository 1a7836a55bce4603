/*
 * How old something is that names the second it was made in, such as a set of signatures. Pure: the
 * time is given.
 */
#ifndef LIB_BASE_AGE_H
#define LIB_BASE_AGE_H

#include <stdint.h>

/* The last second of the year 9999: no time that is shown may be later. */
#define AGE_LATEST_S ((int64_t)253402300799)

/* Milliseconds from `made_s` (Unix seconds) to `now_ms` (Unix milliseconds). What was never made (0
 * or less), or is from the future, has no age: 0. */
int64_t age_ms(int64_t made_s, int64_t now_ms);

/* Older than `limit_ms`? 0: nothing is too old. */
int age_exceeds(int64_t made_s, int64_t now_ms, int64_t limit_ms);

enum { AGE_ROOM = 32 };

/* "9 days", "30 hours", "1 minute": in the largest unit of which there are two. */
void age_text(int64_t age_ms, char out[AGE_ROOM]);

#endif
