/*
 * What a verdict asks of us, for a door with one answer for all recipients: what goes to the next
 * hop, in which groups, and what is answered when all of it went well. Pure.
 */
#ifndef SUBMITTER_QFRONT_PLAN_H
#define SUBMITTER_QFRONT_PLAN_H

#include <stddef.h>

#include "protos/messages.h"

/* Exit statuses as pipe(8) knows them; doors of other kinds map them. */
enum {
	ANSWER_DONE = 0,
	ANSWER_REJECT = 69, /* EX_UNAVAILABLE */
	ANSWER_LATER = 75,  /* EX_TEMPFAIL */
};

/* One copy to the next hop. */
struct leg {
	const Lz__Group *group; /* lent by the verdict */
	size_t *recipients;     /* indexes into the submission's, without those served before */
	size_t count;
};

struct plan {
	struct leg *legs;
	size_t leg_count;
	int confirm;    /* the quarantine knows the message and must be told how it ends */
	int alone;      /* one group for everybody: what befalls it is the answer */
	int status;     /* ANSWER_*: when every leg went well */
	char text[320]; /* begins with an enhanced code */
};

/* The verdict must fit the submission (verdict_fits()) and is lent. `served`, if not NULL, has a 1
 * for each recipient that is known to have the message: a group of such only is passed over. */
void plan_make(const Lz__Verdict *verdict, const Lz__Submission *submission,
        const unsigned char *served, struct plan *out);
void plan_fini(struct plan *plan);

/* Text for an answer: "5.7.1 text". An enhanced code that is missing, or of another class than the
 * status, is replaced; what is not printable ASCII becomes '?'. */
void plan_text(int status, const char *enhanced, const char *text, char *out, size_t room);

#endif
