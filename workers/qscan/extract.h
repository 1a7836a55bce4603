/*
 * Everything that is in a message, made once: each leaf part decoded under each encoding that a
 * client might believe, mail inside parts, containers and what is in them, down to the limits of
 * the configuration. The pieces become scan->contents; what could not be opened becomes an
 * unscanned finding of the check "attachments".
 *
 * It judges nothing: each piece, and each name and type that stands for one, is shown to a visitor.
 */
#ifndef WORKERS_QSCAN_EXTRACT_H
#define WORKERS_QSCAN_EXTRACT_H

#include "workers/qscan/scan.h"

enum { EXTRACT_NO_CONTENT = -1, EXTRACT_MOST_TEXTS = 32 };

/* Something that has names or types, and perhaps content. All texts are lent for the call. */
struct extracted {
	int part;         /* of the message's own map: what a cut would take out */
	int level;        /* 0: the mail's own; n: inside n containers or mails */
	const char *path; /* "1.2/inner.zip/x.exe" */
	const char *names[EXTRACT_MOST_TEXTS]; /* UTF-8 as found */
	size_t name_count;
	const char *types[EXTRACT_MOST_TEXTS]; /* declared */
	size_t type_count;
	long content; /* index into scan->contents, or EXTRACT_NO_CONTENT */
};

/* May set the content's true_type, and adds findings as it likes. */
typedef void extract_visit(void *context, struct scan *scan, const struct extracted *extracted);

/* Contents that are in the scan already are visited and opened first. The map must be there. */
void extract_all(struct scan *scan, extract_visit *visit, void *context);

#endif
