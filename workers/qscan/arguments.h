/*
 * qscan's own command line, taken out before the rest goes to daemon_start().
 */
#ifndef WORKERS_QSCAN_ARGUMENTS_H
#define WORKERS_QSCAN_ARGUMENTS_H

#include <stddef.h>

enum { ARGUMENTS_MAX_RECIPIENTS = 100 };

/* All texts are lent by argv. */
struct arguments {
	int control_fd, keeper_fd; /* -1: not given */
	const char *explain;       /* a file, "-" for standard input; NULL: not asked for */
	const char *from, *client, *helo;
	char *to[ARGUMENTS_MAX_RECIPIENTS];
	size_t to_count;
	int json;
};

/* Removes what it knows from argv. 0: a value is missing, wrong, or there are too many. */
int arguments_take(struct arguments *arguments, int *argc, char **argv);

#endif
