/*
 * How far a long command is, on a terminal's last line; nothing where standard error is a file.
 */
#ifndef QCTL_PROGRESS_H
#define QCTL_PROGRESS_H

#include <stdint.h>

struct progress {
	uint64_t total; /* 0: not known, so there is no bar */
	int is_quiet;   /* never shown */
	int is_shown;   /* a line of it stands on the terminal */
};

/* `what` stands behind the bar, as in "5 done, 2 changed". */
void progress_show(struct progress *progress, uint64_t done, const char *what);

/* Before anything else is written. */
void progress_clear(struct progress *progress);

#endif
