/*
 * What a match may leave away at its end. For this folder only.
 */
#ifndef LIB_HYPER_TRIM_H
#define LIB_HYPER_TRIM_H

/* Takes a pattern as widen() writes it, gives one of which each match begins one of that, and which
 * has no ends but the first: itself if nothing is to be taken away. */
char *trim_end(char *pattern);

#endif
