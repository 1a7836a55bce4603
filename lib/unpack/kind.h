/*
 * Kinds of containers by their first bytes. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_KIND_H
#define LIB_UNPACK_KIND_H

#include <stddef.h>

enum kind_reader {
	KIND_ZIP,
	KIND_TNEF,
	KIND_ARCHIVE,  /* libarchive, several members */
	KIND_SINGLE,   /* libarchive, one compressed file */
	KIND_DOCUMENT, /* something else that may carry files */
	KIND_NONE,     /* known, but not readable here */
};

struct kind {
	const char *name;
	enum kind_reader reader;
};

/* NULL for what is no container. */
const struct kind *kind_of(const unsigned char *bytes, size_t size);

/* True for bytes of another kind at whose end a ZIP program would find a ZIP. */
int kind_ends_as_zip(const unsigned char *bytes, size_t size);

/* The next 7z or RAR at or behind *at that is not the beginning of all: behind a program that
 * unpacks itself, or behind a picture. Sets *at to its place; NULL if there is none. */
const struct kind *kind_hidden(const unsigned char *bytes, size_t size, size_t *at);

#endif
