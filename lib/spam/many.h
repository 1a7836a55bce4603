/*
 * The database with which the patterns of all rules that look at the same text are matched at once:
 * those of body rules, those of uri rules, and those of each header field that many ask for. It is
 * made ahead and kept; a set of rules without one gives the same answers, more slowly.
 */
#ifndef LIB_SPAM_MANY_H
#define LIB_SPAM_MANY_H

#include "lib/base/buf.h"
#include "lib/spam/rules.h"

/* Told about once a second while compiling: `done` of `total` steps, which don't all take as long.
 */
typedef void many_progress(void *context, size_t done, size_t total);

/* Makes the database of these rules, compiled before, and adds it to `out`. `progress` may be NULL.
 * RESULT_NONE: there is no library for it here. RESULT_TEMPORARY: it could not be done. */
enum result many_compile(const struct rules *rules, many_progress *progress, void *context,
        struct buf *out, struct err *err);

/* Has the rules use a kept database from now on. RESULT_NONE: it is of other rules, or for another
 * library or processor. RESULT_PERMANENT: it is damaged. The rules are as they were then. */
enum result many_use(struct rules *rules, const void *bytes, size_t size, struct err *err);

/* How many rules are in the database, of how many that look at such texts, and how large it is in
 * memory. */
size_t many_count(const struct rules *rules, size_t *of, size_t *bytes);

void many_forget(struct rules *rules);

#endif
