/*
 * A mail as the statistical model learns it: its features, and the digest by which it is known
 * again, wherever it comes from: a mailbox, the quarantine, a report. Pure.
 */
#ifndef WORKERS_QSCAN_EXAMPLE_H
#define WORKERS_QSCAN_EXAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/config/config.h"
#include "lib/features/features.h"
#include "lib/mime/map.h"

enum { EXAMPLE_DIGEST = 16 };

/* A mail without what was put on it here or in a mailbox: the line that begins a mail in an mbox,
 * and policy.subject_prefix, which would tell the answer. Both would make it another mail. */
struct example_mail {
	const unsigned char *bytes; /* lent, or `owned` */
	size_t size;
	unsigned char *owned; /* NULL: nothing was taken out of its middle */
};

void example_bare(
        const struct config *config, const void *mail, size_t size, struct example_mail *out);
void example_bare_free(struct example_mail *mail);

/* Made of Message-ID, Date, From, To, Subject and the body: what stays the same wherever a mail is
 * delivered or kept, whatever its lines end in, and however many are empty at its end. */
void example_digest(const struct mime_map *map, uint8_t out[EXAMPLE_DIGEST]);

#endif
