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
	DATA_FORK = 1,
	RESOURCE_FORK = 2,
	REAL_NAME = 3,
	BINARY_HEAD = 128,
	NAME_MOST = 1024,
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
	char *text;

	if (!data.left)
		return;
	text = walk_name(name.at, name.left < NAME_MOST ? name.left : NAME_MOST);
	walk_copy(walk, data, text);
	free(text);
}

/* The entry's part, if it is of that kind; empty else. */
static struct piece entry_of(const struct walk *walk, size_t at, uint32_t kind)
{
	struct piece entry = part(walk, HEAD + at * ENTRY_SIZE, ENTRY_SIZE);

	if (entry.left < ENTRY_SIZE || bytes_big32(entry.at) != kind)
		return (struct piece){walk->bytes, 0};
	return part(walk, bytes_big32(entry.at + 4), bytes_big32(entry.at + 8));
}

/* Each of a kind: which of several counts is for the program to say. Gives how many there are. */
static size_t give_entries(struct walk *walk, size_t count, uint32_t kind, struct piece name)
{
	size_t given = 0, at;

	for (at = 0; at < count && !walk->stopped && !walk->out_of_bytes; at++) {
		struct piece data = entry_of(walk, at, kind);

		if (data.left)
			given++;
		give_part(walk, data, name);
	}
	return given;
}

static size_t find_name(const struct walk *walk, size_t count, struct piece *name)
{
	size_t found = 0, at;

	*name = (struct piece){walk->bytes, 0};
	for (at = 0; at < count; at++) {
		struct piece entry = entry_of(walk, at, REAL_NAME);

		if (entry.left && !found++)
			*name = entry;
	}
	return found;
}

/* The entries' count, and for each its kind, offset and length. */
static void read_entries(struct walk *walk)
{
	struct piece name;
	size_t count;

	if (walk->size < HEAD) {
		walk_problem(walk, UNPACK_FORMAT, "", "cut off");
		return;
	}
	count = (size_t)walk->bytes[HEAD - 2] << 8 | walk->bytes[HEAD - 1];
	if (find_name(walk, count, &name) > 1)
		walk_problem(walk, UNPACK_AMBIGUOUS, "", "has two names");
	if (give_entries(walk, count, DATA_FORK, name) > 1)
		walk_problem(walk, UNPACK_AMBIGUOUS, "", "has two contents");
	give_entries(walk, count, RESOURCE_FORK, name);
}

static size_t padded(size_t size)
{
	return (size + BINARY_HEAD - 1) / BINARY_HEAD * BINARY_HEAD;
}

/* The forks stand behind a second head, which nobody has ever written. */
static void read_binary(struct walk *walk)
{
	size_t data = bytes_big32(walk->bytes + 83), resource = bytes_big32(walk->bytes + 87);
	size_t second = (size_t)walk->bytes[120] << 8 | walk->bytes[121];
	size_t at = BINARY_HEAD + padded(second);
	struct piece name = part(walk, 2, walk->bytes[1]);

	give_part(walk, part(walk, at, data), name);
	if (second)
		give_part(walk, part(walk, BINARY_HEAD, data), name);
	give_part(walk, part(walk, at + padded(data), resource), name);
}

void walk_apple(struct walk *walk, const struct kind *kind)
{
	if (!strcmp(kind->name, "macbinary"))
		read_binary(walk);
	else
		read_entries(walk);
}
