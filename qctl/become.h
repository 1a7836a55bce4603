/*
 * Commands that another program of ours carries out: it has what we don't, a parser in its sandbox,
 * or the database.
 */
#ifndef QCTL_BECOME_H
#define QCTL_BECOME_H

#include <stddef.h>

#include "qctl/qctl.h"

struct words {
	size_t count;
	char **list; /* ended by NULL */
};

/* The program's name and our configuration first. */
void words_begin(struct words *words, const struct qctl *qctl, const char *program);
void words_add(struct words *words, const char *word); /* lent */

/* Becomes that program. Only where it can't it returns, with our exit code. */
int words_become(struct words *words);

#endif
