/*
 * What `qctl release` was asked for.
 */
#ifndef QCTL_RELEASE_OPTIONS_H
#define QCTL_RELEASE_OPTIONS_H

#include "qctl/selection.h"

struct release_options {
	char **to; /* lends what was typed; the array is freed */
	size_t to_count;
	const char *why; /* "" where none was given */
	int is_search;   /* options choose, no ids are named */
	int is_forced;
	int is_again;
	int is_dry;
	int is_lesson;     /* what is released is learned as ham */
	int is_suggestion; /* only the rule that would have let it through is wanted */
	int64_t wait_ms;   /* 0: not at all */
};

/* Reads `selection` with it. RESULT_PERMANENT: wrong usage. Whatever it gives, both _fini() are
 * due. */
enum result release_options_read(struct release_options *options, struct selection *selection,
        struct qctl *qctl, struct err *err);
void release_options_fini(struct release_options *options);

#endif
