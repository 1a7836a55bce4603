/*
 * Applies a group's verdict to the original, without a copy of it: the message that leaves is a
 * list of ranges of the original, replacements, and added header fields in front. Pure.
 */
#ifndef SUBMITTER_QFRONT_EDIT_H
#define SUBMITTER_QFRONT_EDIT_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/smtp/client.h"
#include "protos/messages.h"

struct edit {
	struct smtp_piece *pieces;
	size_t piece_count;
	struct buf fields; /* the added ones, with the message's own line ends */
};

/*
 * Lends the original and the group to *out. RESULT_PERMANENT where an edit lies outside the message
 * or before its predecessor's end, or a field would break the header; nothing is in *out then.
 */
enum result edit_apply(const void *original, size_t size, const Lz__Group *group, struct edit *out,
        struct err *err);
void edit_fini(struct edit *edit);

#endif
