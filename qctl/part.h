/*
 * One part of an item, released alone: as a file, or in a mail of its own; as it is, or in a ZIP
 * file with a password.
 */
#ifndef QCTL_PART_H
#define QCTL_PART_H

#include "qctl/qctl.h"

struct part {
	uint32_t number;  /* from 1; 0: it is not about a part */
	const char *file; /* to be written; NULL: it goes out as a mail */
	char *password;   /* NULL: it is not packed. Freed and wiped by part_fini() */
};

/* What was typed; asks for the password where it is to come from a terminal. RESULT_PERMANENT:
 * wrong usage. Whatever it gives, part_fini() is due. */
enum result part_read(struct part *part, const struct qctl *qctl, struct err *err);
void part_fini(struct part *part);

/* Writes the content into the file, which must not be there: mode 0600. */
enum result part_write(
        struct qctl *qctl, const struct part *part, const Lz__Item *item, struct err *err);

/* Adds the mail that carries it. `to` is the first recipient. RESULT_PERMANENT: it is too large for
 * the quarantine, or there is no such part. */
enum result part_mail(struct qctl *qctl, const struct part *part, const Lz__Item *item,
        const char *to, struct buf *out, struct err *err);

#endif
