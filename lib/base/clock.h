/*
 * Time in milliseconds. Pure modules take `now_ms` as an argument and never ask; only loops and
 * mains call these.
 */
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
int64_t clock_last_tick_us(void); /* the same up to 10 ms ago: for who asks hundreds of times */
int64_t clock_wall_ms(void);      /* since 1970, UTC */

/* "Sun, 22 Nov 2026 10:00:00 +0000" (RFC 5322 section 3.3), and "2026-11-22 10:00:00Z". `room` of
 * 40 is enough. */
void clock_mail_date(int64_t wall_ms, char *out, size_t room);
void clock_text(int64_t wall_ms, char *out, size_t room);

#endif
