/*
 * What was typed behind a command: options by a table, and words. `--name value`, `--name=value`,
 * `-c FILE` and `--` are understood; options and words may be mixed.
 */
#ifndef QCTL_ARGUMENTS_H
#define QCTL_ARGUMENTS_H

#include <stddef.h>

#include "lib/base/err.h"

struct argument_option {
	const char *name;  /* without the dashes */
	const char *value; /* what it is called in the help; NULL: it has none */
	const char *help;
};

struct arguments {
	size_t word_count;
	char **words; /* lends what was typed */
	size_t given_count;
	struct argument_given {
		const struct argument_option *option;
		char *value; /* lent; "" where it has none */
	} * given;
};

/* `tables` is a list of option tables, each ending with an empty name, ended by NULL. Fills *out on
 * RESULT_OK. RESULT_PERMANENT: wrong usage. */
enum result arguments_parse(const struct argument_option *const *tables, int argc, char **argv,
        struct arguments *out, struct err *err);
void arguments_free(struct arguments *arguments);

/* The last value given, or NULL. */
const char *arguments_value(const struct arguments *arguments, const char *name);

/* The n-th value given, or NULL. */
const char *arguments_nth(const struct arguments *arguments, const char *name, size_t n);

#endif
