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
	KIND_APPLE,    /* a Macintosh file and what belongs to it, in one */
	KIND_DOCUMENT, /* something else that may carry files */
	KIND_NONE,     /* known, but not readable here */
};

struct kind {
	const char *name;
	enum kind_reader reader;
};

/* NULL for what is no container. */
const struct kind *kind_of(const unsigned char *bytes, size_t size);

/* How many bytes a program passes over in front of compressed ones; 0 where it is none such. */
size_t kind_skipped(const unsigned char *bytes, size_t size);

/* True for the first or a further volume of several. */
int kind_is_volume(const struct kind *kind, const unsigned char *bytes, size_t size);

/* True for bytes of another kind at whose end a ZIP program would find a ZIP. */
int kind_ends_as_zip(const unsigned char *bytes, size_t size);

/* The next 7z, RAR, CAB or ACE at or behind *at that is not the beginning of all: behind a program
 * that unpacks itself, or behind a picture. Sets *at to its place; NULL if there is none. */
const struct kind *kind_hidden(const unsigned char *bytes, size_t size, size_t *at);

/* True where the sum in its header is right, so that programs open it for sure. */
int kind_is_sound(const struct kind *kind, const unsigned char *bytes, size_t size);

#endif
