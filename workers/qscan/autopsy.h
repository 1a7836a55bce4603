/*
 * What a scanner died of, from how it ended and what it was at. Pure.
 */
#ifndef WORKERS_QSCAN_AUTOPSY_H
#define WORKERS_QSCAN_AUTOPSY_H

#include <stdint.h>

#include "workers/qscan/marker.h"
#include "workers/qscan/scan.h"

struct death {
	int status;       /* as wait(2) gives it */
	int was_late;     /* we killed it, because it took too long, */
	int was_killed;   /* or because it answered nonsense */
	uint64_t grown;   /* bytes of memory that it had at most beyond what it began with */
	uint64_t allowed; /* of these; 0: any */
};

struct cause {
	enum unscanned why; /* UNSCANNED_TIMEOUT, _MEMORY or _CRASH */
	const char *stage;  /* the filter's name, "verdict", or "none": it had nothing to do */
	int part;           /* of the message's map, or MARKER_NO_PART */
	int signal;         /* 0: it exited */
	int is_idle;
};

/* The marker is what the dead has left, and may be anything. */
void autopsy(const struct death *death, const struct marker *marker, struct cause *out);

#endif
