/*
 * Macintosh files in one: AppleSingle and AppleDouble (RFC 1740), and MacBinary. The data fork is
 * what every other system sees of the file; the resource fork may be a program of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/unpack/walk.h"

enum {
	HEAD = 26,
	ENTRY_SIZE = 12,
	ENTRIES_MOST = 64,
	DATA_FORK = 1,
	RESOURCE_FORK = 2,
	REAL_NAME = 3,
	BINARY_HEAD = 128,
};

static struct piece part(const struct walk *walk, size_t at, size_t size)
{
	struct piece rest = {walk->bytes, walk->size};

	piece_take_run(&rest, at);
	return piece_take_run(&rest, size);
}

/* Names are in a charset of Apple's; what is beyond ASCII is no ending. */
static void give_part(struct walk *walk, struct piece data, struct piece name)
{
	char *text = walk_name(name.at, name.left);

	if (data.left)
		walk_copy(walk, data, text);
	free(text);
}

/* The entries' count, and for each its kind, offset and length. */
static void read_entries(struct walk *walk)
{
	struct piece parts[REAL_NAME + 1] = {
	        {walk->bytes, 0}, {walk->bytes, 0}, {walk->bytes, 0}, {walk->bytes, 0}};
	size_t count, at;

	if (walk->size < HEAD) {
		walk_problem(walk, UNPACK_FORMAT, "", "cut off");
		return;
	}
	count = (size_t)walk->bytes[HEAD - 2] << 8 | walk->bytes[HEAD - 1];
	for (at = 0; at < count && at < ENTRIES_MOST; at++) {
		struct piece entry = part(walk, HEAD + at * ENTRY_SIZE, ENTRY_SIZE);
		uint32_t kind;

		if (entry.left < ENTRY_SIZE)
			break;
		kind = bytes_big32(entry.at);
		if (kind <= REAL_NAME)
			parts[kind] =
			        part(walk, bytes_big32(entry.at + 4), bytes_big32(entry.at + 8));
	}
	give_part(walk, parts[DATA_FORK], parts[REAL_NAME]);
	give_part(walk, parts[RESOURCE_FORK], parts[REAL_NAME]);
}

static void read_binary(struct walk *walk)
{
	size_t data = bytes_big32(walk->bytes + 83), resource = bytes_big32(walk->bytes + 87);
	size_t padded = (data + BINARY_HEAD - 1) / BINARY_HEAD * BINARY_HEAD;
	struct piece name = part(walk, 2, walk->bytes[1]);

	give_part(walk, part(walk, BINARY_HEAD, data), name);
	give_part(walk, part(walk, BINARY_HEAD + padded, resource), name);
}

void walk_apple(struct walk *walk, const struct kind *kind)
{
	if (!strcmp(kind->name, "macbinary"))
		read_binary(walk);
	else
		read_entries(walk);
}
