/*
 * What the files that build a map share; nobody outside this folder includes it.
 *
 * header.c splits a header into fields, describe.c says what the fields may mean, tree.c splits
 * bodies at delimiters, inside.c looks for content where no part should be, anomaly.c keeps the
 * list. map.c starts them.
 */
#ifndef LIB_MIME_BUILD_H
#define LIB_MIME_BUILD_H

#include "lib/base/buf.h"
#include "lib/mime/lines.h"
#include "lib/mime/map.h"
#include "lib/mime/param.h"

/* More boundaries than this in one header are one attack, not eight. */
enum { BOUNDARIES_MAX = 8 };

/* The multiparts around the place we are at, innermost first. */
struct around {
	const struct around *outer;
	const struct strings *boundaries;
};

struct build {
	struct mime_map *map;
	struct mime_limits limits;
	struct lines lines;
	size_t field_room, part_room;
	int is_glance;   /* made to see whether decoded text holds more: what is encoded in there is
	                    not decoded */
	int inside_text; /* in a message found inside text: not looked for again in there */
};

/* Adds an empty part that takes the range; gives its index, or SIZE_MAX where a limit forbids it
 * (which is noted). `synthetic` names it so. */
size_t build_part(struct build *build, size_t parent, struct mime_range whole, int synthetic);

/* map.c: a decoded text, read only to see what it holds. */
struct mime_map *build_glance(const struct mime_map *outer, size_t part, const struct buf *text,
        const struct mime_limits *limits);

/* header.c: reads the part's header, setting header, body and fields. */
void header_read(struct build *build, size_t part, int cr_lines);
/* True where the line is a header field: the length of its name, blanks before the colon not
 * counted. */
size_t header_field_name(const unsigned char *bytes, const struct line *line);

/* describe.c: type, encoding and names from the part's fields. All boundary parameters go to
 * `boundaries`, strongest candidate first. */
void describe_part(struct build *build, size_t part, struct strings *boundaries);
int describe_says_message(const struct mime_part *part);
/* What a body tells about its encoding when its header does not. */
int describe_looks_base64(const unsigned char *bytes, struct mime_range range);
/* Notes what is odd in an encoded body. */
void describe_body(struct build *build, size_t part);

/* tree.c: everything below a part whose `whole` is set. */
void tree_part(struct build *build, size_t part, const struct around *around, int cr_lines);

/* The root as another map's part whose decoded body is the whole message here. */
void tree_decoded(struct build *build, const struct mime_part *outer);

/* inside.c: content within text, a preamble or an epilogue becomes synthetic parts. Gives how many.
 */
size_t inside_look(struct build *build, size_t parent, struct mime_range range, int outside_parts);
/* Parts behind delimiter lines with garbage, in a leaf. Gives how many. */
size_t inside_garbled_delimiters(struct build *build, size_t part, const struct around *around);

#endif
