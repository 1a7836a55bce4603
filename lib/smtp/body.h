/*
 * A message's bytes as DATA wants them (RFC 5321 sections 2.3.8 and 4.5.2), made in runs while they
 * are sent, over any cutting of the message into pieces.
 *
 * LF and CRLF both end a line and leave as CRLF; a last line without an end gets one. A CR that no
 * LF follows leaves as a blank. It must not leave as it is (SMTP smuggling lives on servers that
 * take it for a line's end), and must not become a line's end itself: text behind it would turn
 * into a header field, or into a dot line of its own. A blank is also what Postfix since 3.7.10
 * makes of it (cleanup_replace_stray_cr_lf), so most mail arrives as it would without us. Long
 * lines are not broken and no other byte is touched, NUL included.
 */
#ifndef LIB_SMTP_BODY_H
#define LIB_SMTP_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

struct smtp_piece;

struct body {
	const struct smtp_piece *pieces; /* lent */
	size_t piece_count;
	size_t piece, offset;                    /* what comes next */
	int line_begins, after_return, finished; /* finished: the final dot was made */
};

void body_init(struct body *body, const struct smtp_piece *pieces, size_t piece_count);

/* Adds the next run to `out`: about `most` bytes, and at the end the final dot's line. */
void body_make(struct body *body, struct buf *out, size_t most);

/* Bytes of the message with CRLF line ends and without stuffed dots: what SIZE speaks of
 * (RFC 1870). */
uint64_t body_size(const struct smtp_piece *pieces, size_t piece_count);

#endif
