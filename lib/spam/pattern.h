/*
 * Patterns that are ours, written in C and compiled when they are first asked: kept for the life of
 * the process. Scanners may not make memory executable, so what is compiled behind pattern_settle()
 * is matched without JIT.
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
	unsigned flags;    /* enum match_flags */
	const char *needs; /* bytes that are in all it matches, found sooner than it; or NULL */
	struct match *match;
};

/* 0 where it doesn't match, or gave up. */
int pattern_is(struct pattern *pattern, const char *bytes, size_t size);

/* The whole match in groups[0], then what is in ( ); see match_groups(). */
int pattern_groups(struct pattern *pattern, const char *bytes, size_t size, size_t from,
        struct match_range *groups, size_t count);

/* The same for a match that begins between `from` and `last`. */
int pattern_groups_between(struct pattern *pattern, const char *bytes, size_t size, size_t from,
        size_t last, struct match_range *groups, size_t count);

/*
 * Patterns that rules and settings give as texts: compiled when they are first asked, and kept.
 * NULL: it can't be compiled, or there are too many. The first is a bare pattern, the second one as
 * a rule has it ("/…/i", "m'…'i").
 */
const struct match *pattern_of(const char *text);
const struct match *pattern_of_rule(const char *text);

/* From now on nothing is compiled to machine code. */
void pattern_settle(void);

#endif
