/*
 * Whether markup runs anything, by its elements and attributes. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_LIVE_H
#define LIB_UNPACK_LIVE_H

#include <stddef.h>

struct live {
	int is_picture; /* its root is SVG's */
	int has_script; /* an element, an event handler, or an address that is one */
};

/* Text of one byte a character. Linear. */
struct live live_look(const unsigned char *bytes, size_t size);

/* Whether a script puts a file together and offers to save it. */
int live_builds_files(const unsigned char *bytes, size_t size);

#endif
