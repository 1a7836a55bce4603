/*
 * The rules that the configuration names, read and compiled: for the filter that runs them and for
 * who tells about them.
 */
#ifndef WORKERS_QSCAN_SPAM_RULES_H
#define WORKERS_QSCAN_SPAM_RULES_H

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/spam/rules.h"

/* `warn` may be NULL; it hears of each line that is passed over. Gives *out. RESULT_PERMANENT: a
 * file or a folder can't be read. */
enum result spam_rules_open(const struct config *config, rules_warn *warn, void *context,
        struct rules **out, struct err *err);

/* The same for messages of which no model says anything, where other points count for those.
 * RESULT_NONE: none do, so there is no such set. Nobody hears of lines that are passed over once
 * more. */
enum result spam_rules_open_alone(const struct config *config, struct rules **out, struct err *err);

/* Has the rules use the kept database, config_rules_database(). RESULT_NONE:
 * there is none. RESULT_PERMANENT, and err says why: it isn't used. All works without. */
enum result spam_rules_use_database(
        const struct config *config, struct rules *rules, struct err *err);

#endif
