/*
 * The functions that `eval:` names in rules: each looks at a whole message where a pattern can't.
 */
#ifndef LIB_SPAM_FUNCTIONS_H
#define LIB_SPAM_FUNCTIONS_H

#include <stddef.h>

#include "lib/mime/map.h"
#include "lib/spam/lists.h"
#include "lib/spam/texts.h"

/* What a function may look at. All of it is lent. */
struct functions_view {
	const struct mime_map *map;
	const struct texts *texts;
	const struct lists *lists;
	const char *reverse_path;  /* NULL: not known */
	const double *probability; /* that it is spam, as a model says; NULL: none speaks */
};

/* What stands between the ( ) of a rule, quotes taken off. Lent. */
struct functions_call {
	char *const *arguments;
	size_t count;
	int is_raw; /* of a rawbody rule */
};

/* Gives the number of hits. */
typedef unsigned long functions_run(
        const struct functions_view *view, const struct functions_call *call);

/* One of the functions that `eval:` names. */
struct functions_entry {
	const char *name;
	functions_run *run;
	int is_net; /* and run is NULL: it needs the network */
};

/* NULL: not known. */
const struct functions_entry *functions_find(const char *name);

/* Does it tell what a model says? `function` may be NULL. */
int functions_asks_model(const struct functions_entry *function);

#endif
