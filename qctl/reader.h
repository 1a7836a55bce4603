/*
 * Reading mail: we carry no parser of it. A qscan is started for each message, gives up its rights
 * and goes behind the scanners' fences; it may be taken over by what it reads, so its answer is
 * bounded and checked.
 */
#ifndef QCTL_READER_H
#define QCTL_READER_H

#include "qctl/qctl.h"

/* What of an item is to be read: the whole of it (part 0), or a part as it was cut. */
struct reader_of {
	char *id;
	uint32_t part;
};

/* What a person may see of it, with at most so many lines of text. Gives *out, to be freed with
 * message_free(). RESULT_NONE: it is gone, or was not kept. */
enum result reader_preview(struct qctl *qctl, const struct reader_of *of, unsigned lines,
        Lz__Preview **out, struct err *err);

/* Adds the decoded content: of the parts in there that with this SHA-256 in hex, else the body. */
enum result reader_content(struct qctl *qctl, const struct reader_of *of, const char *sha256,
        struct buf *out, struct err *err);

#endif
