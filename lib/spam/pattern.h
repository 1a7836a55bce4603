/*
 * Patterns that are ours, written in C and compiled when they are first asked: kept for the life of
 * the process.
 *
 *     static struct pattern number = {"([0-9]+)%"};
 *     if (pattern_groups(&number, text, size, 0, groups, 2)) …
 */
#ifndef LIB_SPAM_PATTERN_H
#define LIB_SPAM_PATTERN_H

#include <stddef.h>

#include "lib/match/match.h"

struct pattern {
	const char *text;
	unsigned flags; /* enum match_flags */
	struct match *match;
};

/* 0 where it doesn't match, or gave up. */
int pattern_is(struct pattern *pattern, const char *bytes, size_t size);

/* The whole match in groups[0], then what is in ( ); see match_groups(). */
int pattern_groups(struct pattern *pattern, const char *bytes, size_t size, size_t from,
        struct match_range *groups, size_t count);

#endif
