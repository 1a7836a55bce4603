/*
 * Rules in SpamAssassin's own language, read once and compiled before the scanners are forked; from
 * then on read-only and shared. docs/RULES.md says what of the language is understood.
 *
 * A line that isn't understood is never an error: it is reported with file, line and reason,
 * counted, and passed over (of several lines in a row with the same unknown key the first is
 * reported). Lines that are understood and change nothing here (how a report looks, how Bayes
 * learns) are counted by their key. A rule that is not run (its line was passed over, it asks the
 * network, it has 0 points) counts 0 in metas, as in SpamAssassin.
 */
#ifndef LIB_SPAM_RULES_H
#define LIB_SPAM_RULES_H

#include <stddef.h>

#include "lib/base/err.h"

struct lists;
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

/* Which of four numbers of a `score` counts: 0, or 2 where a model of the site's own mail is in use
 * (1 and 3 are for those that ask the network). 0 if it isn't called. Before rules_compile(). */
void rules_use_score_set(struct rules *rules, int score_set);

/*
 * What becomes of the rules that ask a model of the site's own mail (`check_bayes`):
 *   OFF     they are not run
 *   NAMES   they are run, and metas see them, but they add no points, as the model does that itself
 *   POINTS  they add the points of their `score` lines
 * Whether a model speaks is known message by message; where none does, they don't hit.
 */
enum rules_model { RULES_MODEL_OFF, RULES_MODEL_NAMES, RULES_MODEL_POINTS };

/* RULES_MODEL_OFF if it isn't called. Before rules_compile(). */
void rules_use_model(struct rules *rules, enum rules_model model);

/* How many of the rules that can hit ask the model. */
size_t rules_asking_model(const struct rules *rules);

/* Compiles and orders what was read. Called once, behind the last rules_add_…(). */
void rules_compile(struct rules *rules);

size_t rules_count(const struct rules *rules);   /* rules that can hit */
size_t rules_skipped(const struct rules *rules); /* lines that were passed over with a warning */

/* Lines that are understood and change nothing here, and the keys of such lines; NULL behind the
 * last. */
size_t rules_meaningless(const struct rules *rules);
const char *rules_meaningless_key(const struct rules *rules, size_t nth);

const struct lists *rules_lists(const struct rules *rules); /* lent */

#endif
