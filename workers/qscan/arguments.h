/*
 * qscan's own command line, taken out before the rest goes to daemon_start().
 */
#ifndef WORKERS_QSCAN_ARGUMENTS_H
#define WORKERS_QSCAN_ARGUMENTS_H

#include <stddef.h>

enum { ARGUMENTS_MAX_RECIPIENTS = 100, PREVIEW_MAIL_FD = 3, PREVIEW_ANSWER_FD = 4 };

/* All texts are lent by argv; the list of files is to be freed with arguments_fini(). */
struct arguments {
	int control_fd, keeper_fd, model_fd, features_fd; /* -1: not given */
	const char **explain;                             /* files, "-" for standard input */
	size_t explain_count;                             /* 0: not asked for */
	const char *rules; /* what to tell about them; NULL: not asked for */
	const char *rule;  /* the name of one; NULL: not given */
	const char *from, *client, *helo;
	char *to[ARGUMENTS_MAX_RECIPIENTS];
	size_t to_count;
	int json;
	int is_preview;      /* of the message at PREVIEW_MAIL_FD */
	const char *content; /* its decoded content is wanted instead: SHA-256 in hex, or ""; NULL:
	                        not asked for */
	size_t lines;        /* of a preview's text */
	int with_points;     /* by rules, with features */
};

/* Removes what it knows from argv. Once --explain was seen, words that are no options are more
 * files for it; behind --rules WORD one is a rule's name. 0: a value is missing, wrong, or there
 * are too many. */
int arguments_take(struct arguments *arguments, int *argc, char **argv);
void arguments_fini(struct arguments *arguments);

#endif
