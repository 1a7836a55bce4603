/*
 * Rules in SpamAssassin's own language, read once and compiled before the scanners are forked; from
 * then on read-only and shared. docs/RULES.md says what of the language is understood.
 *
 * A line that isn't understood is never an error: it is reported with file, line and reason,
 * counted, and passed over (of several lines in a row with the same unknown key the first is
 * reported). A rule that was passed over (and one that needs the network) is
 * *unknown*, not false: a meta that depends on it hits only where it would hit whatever that rule
 * said.
 */
#ifndef LIB_SPAM_RULES_H
#define LIB_SPAM_RULES_H

#include <stddef.h>

#include "lib/base/err.h"

struct rules;

typedef void rules_warn(void *context, const char *sentence);

/* An empty set. `warn` may be NULL; it and `context` are lent until rules_compile() is done. */
struct rules *rules_new(rules_warn *warn, void *context);
void rules_free(struct rules **rules);

/* Reads a file, or a folder's *.cf files in the order of their names. RESULT_PERMANENT where the
 * path can't be read. */
enum result rules_add_path(struct rules *rules, const char *path, struct err *err);

/* The same from memory; `name` stands for the file in warnings. `include` is refused here. */
void rules_add_text(struct rules *rules, const char *name, const char *text, size_t size);

/* Compiles and orders what was read. Called once, behind the last rules_add_…(). */
void rules_compile(struct rules *rules);

size_t rules_count(const struct rules *rules);   /* rules that can hit */
size_t rules_skipped(const struct rules *rules); /* lines that were passed over with a warning */

#endif
