/*
 * What can be told about the rules of a set, for people: which there are, which are run, and why
 * the others aren't.
 */
#ifndef LIB_SPAM_ABOUT_H
#define LIB_SPAM_ABOUT_H

#include <stddef.h>

#include "lib/spam/rules.h"

/* One rule; all of it is lent by the set. */
struct about {
	const char *name;
	const char *kind; /* "header", "body", ... */
	const char *why;  /* it isn't run, in words; "" where it is */
	const char *file;
	unsigned line;
	const char *text;     /* the line that defines it */
	const char *describe; /* "" if none */
	double score;         /* of one hit; 0 for names that begin with __ */
	const double *scores; /* four, as given; NULL where they were not */
	int priority;
	const char *function; /* that it names; "" if none */
	int nice, net, learn, multiple, no_subject, captures;
	unsigned long max_hits; /* 0: no end */
	const char *pattern;    /* with its tags put in; "" if none */
};

/* The n-th rule that is defined, by name, after rules_compile(). 0 behind the last. */
int about_rule(const struct rules *rules, size_t nth, struct about *out);

/* The rule of that name. 0 if none is defined. */
int about_named(const struct rules *rules, const char *name, struct about *out);

/* How many rules are run of the n-th kind, and how many are not for the n-th reason; NULL behind
 * the last. */
const char *about_kind(const struct rules *rules, size_t nth, size_t *count);
const char *about_why(const struct rules *rules, size_t nth, size_t *count);

#endif
