/*
 * The canonical forms of RFC 6376 section 3.4 over a message with edits, of which no copy is made:
 * its header is copied field by field, its body is walked. For dkim.c alone.
 */
#ifndef LIB_MIME_CANON_H
#define LIB_MIME_CANON_H

#include "lib/base/buf.h"
#include "lib/mime/dkim.h"

/* A place in the edited message. A copy of it is the same place, to come back to. */
struct canon_source {
	const unsigned char *bytes; /* of the original */
	size_t size;
	const struct dkim_edit *edits;
	size_t edit_count;
	size_t edit;                        /* the next one */
	size_t at;                          /* in the original: behind the run */
	const unsigned char *run, *run_end; /* the bytes that come next */
};

/* A range of the header's text. */
struct canon_field {
	size_t offset; /* in the original; of no meaning where there are edits before it */
	size_t start, size;
	size_t name_size;
	uint32_t name_hash; /* without regard to case */
};

struct canon_header {
	struct buf text; /* lines end in LF; a field's last line end is not in its range */
	struct canon_field *fields;
	size_t count, room;
	int too_long;             /* a limit was met: it is not whole */
	struct canon_source body; /* where the body begins */
};

/* True where edits are in order and inside the message. */
int canon_edits_are_sound(const struct dkim_edit *edits, size_t count, size_t size);

/* `front` is lent like all else: it stands before the message. */
void canon_source_init(struct canon_source *source, const struct mime_map *map,
        const struct dkim_edit *edits, size_t edit_count, const struct buf *front);

/* Reads the header that begins at `source`. */
void canon_header_read(struct canon_header *header, const struct canon_source *source);
void canon_header_fini(struct canon_header *header);

int canon_field_is(
        const struct canon_header *header, const struct canon_field *field, const char *name);

/* The field of that name that has `nth` others of the name below it; NULL if there is none. */
const struct canon_field *canon_field_from_below(
        const struct canon_header *header, const char *name, size_t nth);

/* Adds a field of which `text` has `size` bytes, its name the first ones. */
void canon_add_field(
        struct buf *out, const char *text, size_t size, size_t name_size, enum dkim_form form);

/* How many bytes two canonical bodies have in common at their beginning; UINT64_MAX if they are the
 * same. */
uint64_t canon_bodies_differ_at(
        const struct canon_source *one, const struct canon_source *other, enum dkim_form form);

#endif
