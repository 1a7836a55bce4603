/*
 * Regular expressions over bytes, by PCRE2 with its JIT, always bounded: a pattern that gives up
 * says so instead of stalling. The one folder that knows pcre2.h.
 */
#ifndef LIB_MATCH_MATCH_H
#define LIB_MATCH_MATCH_H

#include <stddef.h>

#include "lib/base/err.h"

struct match;

enum match_flags {
	MATCH_CASELESS = 1,
	MATCH_MULTILINE = 2,
	MATCH_DOTALL = 4,
	MATCH_EXTENDED = 8,
	MATCH_UTF = 16,
	/* Without MATCH_UTF, MATCH_CASELESS takes the letters of Latin-1 above ASCII as letters,
	 * too: Perl's rules for bytes. What \w, \d and \s are stays ASCII. */
	MATCH_LATIN1 = 32,
	/* For a pattern that is used once, or where no memory may become executable. */
	MATCH_NO_JIT = 64,
};

/* Compiles a Perl-like pattern. RESULT_PERMANENT: err has the offset and PCRE2's words. Gives *out;
 * it is read-only afterwards and may be shared by forked processes. */
enum result match_new(const char *pattern, unsigned flags, struct match **out, struct err *err);
void match_free(struct match **match);

/* RESULT_OK: matches, *start and *end (may be NULL) are the range. RESULT_NONE: doesn't.
 * RESULT_TEMPORARY: a limit was hit: it isn't known. */
enum result match_find(const struct match *match, const void *bytes, size_t size, size_t from,
        size_t *start, size_t *end);

/* What a group took; MATCH_NO_GROUP at both ends where it took no part. */
struct match_range {
	size_t start, end;
};
enum { MATCH_GROUPS_MOST = 12 };
#define MATCH_NO_GROUP ((size_t)-1)

/* As match_find(), and tells the whole match and what its first groups took: `count` (at most
 * MATCH_GROUPS_MOST) of them, those that the pattern doesn't have as no group. */
enum result match_groups(const struct match *match, const void *bytes, size_t size, size_t from,
        struct match_range *groups, size_t count);

/* The same for a match that begins between `from` and `last`, which are not far from each other. */
enum result match_groups_between(const struct match *match, const void *bytes, size_t size,
        size_t from, size_t last, struct match_range *groups, size_t count);

/* A named group that took part in a match; lent for the call. */
typedef void match_group(void *context, const char *name, const char *bytes, size_t size);

/* The same, and gives each named group that is not empty. */
enum result match_find_groups(const struct match *match, const void *bytes, size_t size,
        size_t from, size_t *start, size_t *end, match_group *give, void *context);

/* The name of the n-th named group, NULL behind the last. */
const char *match_group_name(const struct match *match, size_t nth);

#endif
