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
};

/* Compiles a Perl-like pattern. RESULT_PERMANENT: err has the offset and PCRE2's words. Gives *out;
 * it is read-only afterwards and may be shared by forked processes. */
enum result match_new(const char *pattern, unsigned flags, struct match **out, struct err *err);
void match_free(struct match **match);

/* RESULT_OK: matches, *start and *end (may be NULL) are the range. RESULT_NONE: doesn't.
 * RESULT_TEMPORARY: a limit was hit: it isn't known. */
enum result match_find(const struct match *match, const void *bytes, size_t size, size_t from,
        size_t *start, size_t *end);

#endif
