/*
 * What functions ask of a message's parts as they were sent: how they are encoded, and what isn't
 * by the book. Worked out once for each message.
 */
#ifndef LIB_SPAM_FACTS_H
#define LIB_SPAM_FACTS_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/spam/parts.h"

struct facts {
	size_t base64_count, quoted_count; /* parts */
	size_t html_count, text_count;     /* text/html; other text */
	int has_attachment, has_alternative;
	int has_base64_text; /* plain ASCII in base64 */
	int has_bad_iso_charset;
	int has_long_quoted_line;
	size_t quoted_bytes, quoted_escapes; /* in quoted-printable; what need not be escaped */
	size_t illegal_ascii;                /* lines that are ASCII and have other bytes */
	double unicode_ratio;     /* references to Unicode in plain text, to its other characters */
	double alternative_ratio; /* plain text to HTML of a multipart/alternative */
	size_t longest_base64_line;
	struct buf charsets;                       /* of all parts, a blank between them */
	int misses_boundary;                       /* a multipart without its end */
	int misses_head_end, misses_part_head_end; /* header and body aren't parted */
	int misses_part_fields;                    /* a part begins without a header field */
	int has_epilogue;                          /* text behind the last part */
	int has_cut_field;                         /* a field is too long */
};

void facts_read(const struct parts *parts, struct facts *facts);
void facts_fini(struct facts *facts);

#endif
