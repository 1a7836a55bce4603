/*
 * What Postfix's pipe(8) runs for each message: hands its arguments and its standard input to
 * qfront, waits, and ends as pipe(8) wants to hear it.
 *
 * pipe(8) bounces mail on most ways a program can end, so the rule here is: whatever is not a
 * decision of qfront's is "4.x.x text" and status 75, and the mail stays in the queue. One alarm is
 * the deadline of everything, so every call may block.
 */
#ifndef SUBMITTER_QSUBMIT_QSUBMIT_H
#define SUBMITTER_QSUBMIT_QSUBMIT_H

#include "lib/base/err.h"
#include "submitter/door/letter.h"

/* A third of pipe(8)'s time limit, and a little over front.deadline, so that it is qfront who says
 * why. */
enum { QSUBMIT_DEADLINE_SEC = 330 };

struct qsubmit_options {
	const char *socket;
	unsigned deadline_sec;
	struct letter letter; /* lends argv's texts */
	int help;             /* --help or --version was all that was asked */
};

/* RESULT_PERMANENT: wrong usage. letter_fini() the letter in any case. */
enum result qsubmit_parse(int argc, char **argv, struct qsubmit_options *out, struct err *err);

/* Prints "text" and ends the process. Whatever is not 0, 69 with a 5.x.x, or 75 with a 4.x.x
 * becomes 75. */
_Noreturn void qsubmit_end(int status, const char *text);

/* From here on, a signal that ends us, the deadline and the death of who started us end in 75. */
void qsubmit_guard(unsigned deadline_sec);

/* Asks qfront and gives its answer. The text is lent until the process ends. */
enum result qsubmit_ask(
        const struct qsubmit_options *options, int *status, const char **text, struct err *err);

#endif
