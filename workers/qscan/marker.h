/*
 * What a scanner is at, in a page that it shares with its supervisor: after its death the
 * supervisor reads there what it died of. A scanner that a message has taken over can write
 * anything here; so whoever reads it believes no number, and what it can do with it is to have
 * something else called unscanned, never clean.
 */
#ifndef WORKERS_QSCAN_MARKER_H
#define WORKERS_QSCAN_MARKER_H

#include "lib/base/err.h"
#include "lib/crypto/digest.h"

enum { MARKER_IDLE = -1, MARKER_NO_PART = -1 };

struct marker {
	int stage;  /* index of the filter, as pipeline_stage() names it, or MARKER_IDLE */
	int part;   /* of the message's map, or MARKER_NO_PART: all of it */
	int alone;  /* nothing but this part is looked at: it is the one */
	int is_set; /* the digest is */
	struct digest digest; /* of what is looked at */
};

/* Before the fork; shared with the child. RESULT_TEMPORARY: no memory. */
enum result marker_new(struct marker **out, struct err *err);
void marker_free(struct marker **marker);

/* For the scanner: NULL where nobody watches it. What is written before a call that may not return
 * is there afterwards. */
void marker_stage(struct marker *marker, int stage);
void marker_set(struct marker *marker, int part, const struct digest *digest);
void marker_part(struct marker *marker, int part); /* where nobody asked for a digest */
void marker_alone(struct marker *marker, int alone);
void marker_idle(struct marker *marker);

#endif
