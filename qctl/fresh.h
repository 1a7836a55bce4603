/*
 * The scan before a release: what the scanners of now say of what is about to leave the quarantine.
 * A virus, and what could not be looked at, are for a person to answer for.
 */
#ifndef QCTL_FRESH_H
#define QCTL_FRESH_H

#include "qctl/qctl.h"

enum fresh_answer {
	FRESH_CLEAN,
	FRESH_UNSCANNED, /* some of it could not be looked at */
	FRESH_UNKNOWN,   /* nobody looks at mail just now */
	FRESH_VIRUS,
};

const char *fresh_word(enum fresh_answer answer); /* "clean", "unscanned", "unknown", "virus" */

struct fresh_look {
	enum fresh_answer answer;
	struct buf text; /* what, in words; made harmless for a terminal */
};

void fresh_look_fini(struct fresh_look *look);

/* Adds what a verdict says; of several the worst counts. Pure. */
void fresh_add(struct fresh_look *look, const Lz__Verdict *verdict);

struct fresh;

/* Opens nothing yet: the brokers are looked for with the first question. `wait_ms` is how long they
 * may stay away. */
struct fresh *fresh_new(struct qctl *qctl, int64_t wait_ms);
void fresh_free(struct fresh **fresh);

/* Looks at an item, or at its n-th part. Fills *look, also with FRESH_UNKNOWN. RESULT_NONE: it is
 * gone. RESULT_TEMPORARY: the quarantine does not answer. */
enum result fresh_ask(struct fresh *fresh, const Lz__Item *item, uint32_t part,
        struct fresh_look *look, struct err *err);

#endif
