/*
 * Cutting: which bytes of the original to replace, so that a part is gone for every reader and the
 * rest stays as it was, byte for byte. Nothing is serialised again.
 *
 * A cut part's own range (its header and body) becomes a text/plain part that says why; delimiter
 * lines stay. A message that is no multipart has its body and its Content- fields replaced. A piece
 * inside text (a uuencoded file) becomes a line of that text.
 *
 * Refused is what can't be cut without breaking something, or without knowing that all readers
 * agree on what is cut: then the message is to be held whole. A signature may be broken where the
 * caller says so.
 */
#ifndef LIB_MIME_CUT_H
#define LIB_MIME_CUT_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/mime/map.h"

struct cut_edit {
	size_t offset; /* in the original */
	size_t length; /* of what is taken out */
	char *bytes;   /* what comes in its place; may be empty */
	size_t size;
};

/* Edits by offset; they never overlap. {0} is a valid empty one. */
struct cut {
	struct cut_edit *edits;
	size_t count;
	int may_break_signatures; /* set by the caller: parts of multipart/signed are cut, too */
};

/*
 * Adds what replaces the part by `text` (UTF-8, any line ends; lent). A part inside one that was
 * cut before needs nothing more; one that contains earlier cuts takes their place.
 *
 * RESULT_PERMANENT: it can't be cut, and err->text is one word for the reason: "signed" or
 * "encrypted" (inside multipart/signed or multipart/encrypted), "encoded" (inside a multipart or
 * message under a transfer encoding), "ambiguous" (a part around it is read in different ways),
 * "header" (the message's own header is), "truncated" (the map is not whole).
 */
enum result cut_part(struct cut *cut, const struct mime_map *map, size_t part, const char *text,
        struct err *err);

/* Adds the edited message to `out`. */
void cut_apply(const struct cut *cut, const struct mime_map *map, struct buf *out);

void cut_fini(struct cut *cut);

#endif
