/*
 * Patterns as Hyperscan gets them: the same or wider, so that it never misses what they match, and
 * in a form that it compiles in a short time.
 *
 * Bounded repeats become unbounded ones: "x{2,30}" costs thirty states, "x+" one. Where a pattern
 * is caseless, letters of Latin-1 above ASCII get their other case, which Hyperscan doesn't know.
 */
#ifndef LIB_HYPER_WIDEN_H
#define LIB_HYPER_WIDEN_H

/* The widened pattern, to be freed; NULL where it has something in it that this can't be done to.
 */
char *widen(const char *pattern, int is_caseless);

#endif
