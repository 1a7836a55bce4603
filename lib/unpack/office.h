/*
 * What the streams of old Office documents say of the whole: that it has macros, or that it needs
 * a password. Each is known by its name in the compound file; which storage it stands in is not
 * asked, as a document may stand in another. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_OFFICE_H
#define LIB_UNPACK_OFFICE_H

#include "lib/unpack/walk.h"

struct office_stream {
	const char *name;
	size_t most; /* bytes from its beginning that are wanted */
	void (*read)(struct walk *walk, struct piece stream);
};

/* NULL for a stream that says nothing. Names are compared without regard to case ([MS-CFB] 2.6.4).
 * Nothing is expanded but what a presentation has packed, which goes through the budget. */
const struct office_stream *office_stream(const char *name);

#endif
