/*
 * Which of many patterns could match a text, found in one pass, by Hyperscan. The one folder that
 * knows hs.h; where it was not there to build with, everything here says so, and nothing else
 * changes.
 *
 * What it says is a first answer: a pattern that it doesn't name does not match, one that it names
 * is still to be asked. To keep the database small and fast, patterns are put in wider than they
 * are (hyper/widen.h), and some are not in it at all.
 *
 * A text of ASCII is looked into with patterns that have lost what it can't match (hyper/ascii.h).
 *
 * Compiling takes about a minute, so a database is made ahead, kept as bytes, and used only by who
 * has the same patterns, the same library and the same kind of processor.
 */
#ifndef LIB_HYPER_HYPER_H
#define LIB_HYPER_HYPER_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum hyper_flags { HYPER_CASELESS = 1, HYPER_MULTILINE = 2, HYPER_DOTALL = 4 };

/* A Perl-like pattern over bytes. Letters of Latin-1 have two cases where it is caseless. */
struct hyper_pattern {
	const char *text; /* NULL: leave it out */
	unsigned flags;
};

/* Is the library here, and can it run on this processor? */
int hyper_is_here(void);

/* Told about once a second while compiling: `done` of `total` steps, which don't all take as long.
 */
typedef void hyper_progress(void *context, size_t done, size_t total);

/*
 * Compiles a database and adds it to `out`, on as many processors as there are. `progress` may be
 * NULL. RESULT_NONE: the library is not here. RESULT_TEMPORARY: it could not be done.
 */
enum result hyper_compile(const struct hyper_pattern *patterns, size_t count,
        hyper_progress *progress, void *context, struct buf *out, struct err *err);

struct hyper;

/*
 * Opens a database that was compiled from just these patterns. Gives *out, which needs `bytes` no
 * more. RESULT_NONE: it is of other patterns, of another library or for another processor.
 * RESULT_PERMANENT: it is damaged.
 */
enum result hyper_open(const void *bytes, size_t size, const struct hyper_pattern *patterns,
        size_t count, struct hyper **out, struct err *err);
void hyper_free(struct hyper **hyper);

/* Is the n-th pattern in it? One that isn't is never named. */
int hyper_has(const struct hyper *hyper, size_t pattern);

size_t hyper_count(const struct hyper *hyper); /* patterns that are in it */
size_t hyper_size(const struct hyper *hyper);  /* bytes of memory */

/* Told of each pattern that could match, once at most. */
typedef void hyper_found(void *context, size_t pattern);

/* Looks at one text. RESULT_PERMANENT: the library failed, and patterns may be missing. Not for two
 * threads at a time; a forked process has its own. */
enum result hyper_scan(const struct hyper *hyper, const void *bytes, size_t size,
        hyper_found *found, void *context);

#endif
