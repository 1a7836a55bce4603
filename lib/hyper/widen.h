/*
 * Patterns as Hyperscan gets them: the same or wider, so that it never misses what they match, and
 * in a form that it compiles in a short time.
 *
 * Bounded repeats become unbounded ones: "x{2,30}" costs thirty states, "x+" one. Where a pattern
 * is caseless, letters of Latin-1 above ASCII get their other case, which Hyperscan doesn't know.
 */
#ifndef LIB_HYPER_WIDEN_H
#define LIB_HYPER_WIDEN_H

struct wide {
	char *text; /* to be freed */
	/* A pattern that is a long group repeated, "(?:...){5}", is put as the group alone, which
	 * must be found so often, at ends that are at least its least width apart. What may be
	 * absent at its end is: a row of blanks would be many ends of one place. */
	unsigned long times;
};

/* Gives *out. 0 where there is something in the pattern that this can't be done to. */
int widen(const char *pattern, int is_caseless, struct wide *out);

/* Hyperscan refuses a $ that is not at the end, as in "(?:$|\\W)x". Takes a pattern as widen()
 * writes it; gives one, to be freed, in which each stands for nothing. */
char *without_ends(const char *pattern);

#endif
