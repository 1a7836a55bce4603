/*
 * One fast pass over a message: how its lines end, and where those few lines begin that can mean
 * something to MIME (delimiters, Content- fields, beginnings of encoded files inside text). All
 * later steps walk this short index and never the bytes again, so their cost does not grow with
 * nesting times size.
 *
 * A line ends in LF or CRLF; where `cr_lines` is asked for, in CR alone, too.
 */
#ifndef LIB_MIME_LINES_H
#define LIB_MIME_LINES_H

#include <stddef.h>
#include <stdint.h>

enum mark_kind {
	MARK_DELIMITER, /* begins with "--", perhaps behind blanks */
	MARK_FIELD,     /* begins with "Content-" */
	MARK_BEGIN,     /* "begin " or "begin-base64 " */
	MARK_YENC,      /* "=ybegin " */
	MARK_BINHEX,    /* "(This file must be converted with BinHex" */
};

struct mark {
	size_t offset; /* of the line's first byte */
	enum mark_kind kind;
	int after_cr; /* the line before ended in a bare CR */
	/* Of a delimiter: lines_hash() of its text as it stands, and without a closing "--". What
	 * is neither can't be a boundary's delimiter, and need not be read to know that. */
	uint32_t hash, closing_hash;
};

struct lines {
	const unsigned char *bytes;
	size_t size;
	struct mark *marks; /* by offset */
	size_t mark_count;
	size_t mark_room;
	size_t lf_count, crlf_count, bare_cr_count;
	size_t first_bare_cr; /* offset; valid if there is one */
	int too_many;         /* marks beyond the limit were left out */
};

struct line {
	size_t start;
	size_t end;  /* of its text: the line end is not in it */
	size_t next; /* start of the next one */
	int bare_cr; /* ended by a CR alone */
};

void lines_scan(struct lines *lines, const void *bytes, size_t size);
void lines_fini(struct lines *lines);

/* Index of the first mark at or behind `offset` (mark_count if none). */
size_t lines_mark_at(const struct lines *lines, size_t offset);

/* Reads the line at `at` (below `end`); nothing at or behind `end` is looked at. */
void lines_read(const unsigned char *bytes, size_t at, size_t end, int cr_lines, struct line *line);

/* Where the line end before `offset` begins; not before `start`. */
size_t lines_end_before(const unsigned char *bytes, size_t start, size_t offset);

/* Of what stands behind "--", blanks at its end not counted. */
uint32_t lines_hash(const unsigned char *text, size_t size);

int lines_is_blank(unsigned char c); /* space, tab, vertical tab, form feed */

#endif
