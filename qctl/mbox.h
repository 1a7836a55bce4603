/*
 * Messages one behind the other in an mbox file, quoted as "mboxrd" does: each line that begins
 * with any number of ">" and then "From " gets one ">" more, so that a reader who takes one off has
 * the original. Nothing else is altered, ends of lines included; a message that does not end with
 * one gets one, and an empty line follows.
 */
#ifndef QCTL_MBOX_H
#define QCTL_MBOX_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

/* A message that is being added, piece by piece; all of it is added to the caller's `out`. */
struct mbox {
	int is_in_line;  /* beyond the place where "From " would be quoted */
	size_t matched;  /* bytes of "From " held back */
	int is_complete; /* the last byte ended a line */
};

/* The reverse-path goes into the line that begins the message; the null one is MAILER-DAEMON there.
 */
void mbox_begin(struct mbox *mbox, const char *reverse_path, int64_t stored_ms, struct buf *out);
void mbox_add(struct mbox *mbox, const char *bytes, size_t size, struct buf *out);
void mbox_end(struct mbox *mbox, struct buf *out);

#endif
