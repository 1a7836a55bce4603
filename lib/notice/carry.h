/*
 * A mail of our own that carries a part of a message which is kept: as a reply in the message's
 * thread, with the content as an attachment. Lines end in CRLF, and all of it is 7 bit.
 */
#ifndef LIB_NOTICE_CARRY_H
#define LIB_NOTICE_CARRY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/notice/notice.h"

struct carry {
	const Lz__Item *item;
	uint32_t part;     /* its number, from 1 */
	const char *name;  /* of the attachment: carry_name()'s, or that and ".zip" */
	int is_packed;     /* it is in a ZIP file with a password */
	const void *bytes; /* of the attachment, as it is to arrive */
	size_t size;
	const char *unique; /* letters and digits that no other such mail has */
	const char *to;     /* the first recipient */
};

/* A file name that harms nobody: the last piece of a path, without control, bidirectional and
 * invisible characters, and what no system's file names may have; "part-N" where nothing is left.
 * To be freed. */
char *carry_name(const char *name, uint32_t part);

/* Adds the whole message to `out`. */
void carry_compose(const struct notice_from *from, const struct carry *carry, int64_t wall_ms,
        struct buf *out);

#endif
