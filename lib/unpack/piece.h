/*
 * A run of bytes that is read from its front, in Microsoft's order: the lowest byte first. What
 * goes beyond the end reads as zeros, or is cut to what there is. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_PIECE_H
#define LIB_UNPACK_PIECE_H

#include <stddef.h>
#include <stdint.h>

struct piece {
	const unsigned char *at;
	size_t left;
};

/* Takes a number of at most four bytes. */
uint32_t piece_take(struct piece *piece, size_t bytes);
struct piece piece_take_run(struct piece *piece, size_t size);

/* Takes a text and the NUL behind it. */
struct piece piece_take_text(struct piece *piece);

/* Names as UTF-8, to be freed: of UTF-16, NULs left out; and of bytes, up to the first NUL. */
char *piece_wide_name(struct piece text);
char *piece_narrow_name(struct piece text);

/* The sum that headers of archives have; slow, and meant for those. */
uint32_t piece_crc32(struct piece piece);

#endif
