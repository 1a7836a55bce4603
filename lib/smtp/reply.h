/*
 * Reads SMTP replies (RFC 5321 section 4.2) from bytes as they come. Everything is bounded: a
 * server that talks without end is as broken as one that talks nonsense.
 */
#ifndef LIB_SMTP_REPLY_H
#define LIB_SMTP_REPLY_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum {
	REPLY_LINE_MAX = 2048, /* RFC 5321 says 512; servers are longer-winded */
	REPLY_LINES_MAX = 128,
};

/* `{0}` is ready to read. After RESULT_OK: code, and the lines' texts, each ended by a newline,
 * with everything but printable ASCII replaced by '?'. */
struct reply_reader {
	int code;
	struct buf texts;
	struct buf line; /* the unfinished one */
	int lines, whole;
};

/*
 * Takes bytes up to the end of one reply and tells how many in *used. RESULT_OK: a reply is there,
 * until the next call. RESULT_NONE: all bytes are used and more are needed. RESULT_PERMANENT: this
 * is not SMTP.
 */
enum result reply_read(
        struct reply_reader *reader, const char *bytes, size_t size, size_t *used, struct err *err);

/* The first line's text, cut to `room`. */
void reply_text(const struct reply_reader *reader, char *out, size_t room);

void reply_fini(struct reply_reader *reader);

#endif
