/*
 * Runs a set of rules over one message. It decides nothing: it says which rules hit, why, and
 * whether anything could not be looked at.
 */
#ifndef LIB_SPAM_EVAL_H
#define LIB_SPAM_EVAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/mime/map.h"
#include "lib/spam/rules.h"
#include "lib/spam/texts.h"

struct eval_input {
	const struct mime_map *map;
	const struct texts_limits *limits; /* NULL: the defaults */
	const char *reverse_path;          /* NULL: not known */
	const double *probability;         /* that it is spam, as a model says; NULL: none speaks */
	int64_t deadline_us;               /* clock_monotonic_us(); 0: none */
	int with_hidden; /* tell also of rules that add nothing, and are run for metas */
};

/* A rule that counts. Name and text belong to the rules. */
struct eval_hit {
	const char *name;
	const char *describe;
	double points; /* of all its hits together */
	unsigned long hits;
	char *excerpt; /* what it matched, cut and made safe to print; "" for metas and absences */
};

struct eval {
	struct eval_hit *hits; /* by priority, then name */
	size_t count;
	double score;
	int is_late;         /* the deadline passed: rules were left out */
	const char *cut;     /* a text that was larger than its limit, or NULL */
	size_t gave_up;      /* rules whose pattern hit a limit */
	char *gave_up_first; /* the name of the first of them, or NULL */
};

void eval_run(const struct rules *rules, const struct eval_input *input, struct eval *out);
void eval_fini(struct eval *eval);

#endif
