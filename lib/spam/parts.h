/*
 * The parts of a message as rules name them: one type each, one charset, one name, chosen as
 * SpamAssassin's rules have it. They are those of the MIME map without what is no body part by the
 * book, and those inside of messages that were attached in base64 or quoted-printable. A type that
 * begins with "text" and isn't known is text/plain, and so is a multipart that was not parted.
 */
#ifndef LIB_SPAM_PARTS_H
#define LIB_SPAM_PARTS_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/mime/map.h"

struct part {
	const struct mime_map *map; /* the message's, or that of an encoded message inside it */
	size_t index;               /* in that map */
	size_t parent;              /* among the items; the first one's is itself */
	char *type;                 /* in small letters */
	char *charset;              /* NULL: none is declared */
	char *name;                 /* NULL: it has none */
	char *encoding;             /* Content-Transfer-Encoding, in small letters; "" */
	char *disposition;          /* Content-Disposition, in small letters; "" */
	int is_leaf;
	int is_html, is_plain; /* it is shown, as one or the other */
	struct buf body; /* transfer encoding taken off, "\n" line ends; only of leaves that are
	                    text, message or image */
};

/* The bytes of an encoded message and what is in it. */
struct parts_decoded {
	struct buf bytes;
	struct mime_map *map;
};

struct parts {
	const struct mime_map *map; /* lent */
	struct part *items;         /* in their order in the mail, the message itself first */
	size_t count, room;
	struct parts_decoded *decoded;
	size_t decoded_count;
};

void parts_read(const struct mime_map *map, struct parts *parts);
void parts_fini(struct parts *parts);

/* The value of the last field of that name, unfolded, decoded if `decoded`. 0: there is none. */
int parts_field(
        const struct mime_map *map, size_t part, const char *name, int decoded, struct buf *out);

/* Adds a text with "\n" line ends. */
void parts_add_lines(const char *bytes, size_t size, struct buf *out);

/* The bytes of a leaf as they stand in the message. */
const char *parts_raw(const struct part *part, size_t *size);

/* Does `inner` lie inside of `outer`? */
int parts_is_inside(const struct parts *parts, const struct part *inner, const struct part *outer);

/* "name=value", "name="value"" in a field's value: its range, or 0. */
int parts_parameter(
        const char *text, size_t size, const char *name, const char **value, size_t *length);

#endif
