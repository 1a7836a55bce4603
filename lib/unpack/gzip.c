/*
 * The names that a gzip file has in it (RFC 1952, FNAME): several programs unpack under them, and
 * not under what is left of the file's own. Each of several members may have one. Where a member
 * ends only inflating tells, so beginnings are looked for: one that stands there by chance adds a
 * name that nobody asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/unpack/walk.h"

enum {
	HEAD = 10,
	FLAG_EXTRA = 4,
	FLAG_NAME = 8,
	FLAGS_RESERVED = 0xe0,
	NAME_MOST = 1024,
	NAMES_MOST = 64,
};

/* No program writes control characters into a name; packed bytes are full of them. */
static int is_name(struct piece name)
{
	size_t at;

	for (at = 0; at < name.left; at++)
		if (name.at[at] < ' ' || name.at[at] == 127)
			return 0;
	return name.left && name.left < NAME_MOST;
}

/* Behind a beginning; empty where there is none. The first is a header whatever is in its name. */
static struct piece name_in(struct piece member, int is_first)
{
	unsigned flags = member.left > HEAD ? member.at[3] : 0;
	struct piece name = {member.at, 0};

	if (!(flags & FLAG_NAME) || (flags & FLAGS_RESERVED && !is_first))
		return name;
	piece_take_run(&member, HEAD);
	if (flags & FLAG_EXTRA)
		piece_take_run(&member, piece_take(&member, 2));
	if (member.left > NAME_MOST)
		member.left = NAME_MOST;
	name = piece_take_text(&member);
	if (!is_first && !is_name(name))
		name.left = 0;
	return name;
}

void walk_gzip_names(struct walk *walk)
{
	const unsigned char *at = walk->bytes, *end = walk->bytes + walk->size;
	size_t count = 0;

	while (at < end && (at = memmem(at, (size_t)(end - at), "\x1f\x8b\10", 3))) {
		struct piece name =
		        name_in((struct piece){at, (size_t)(end - at)}, at == walk->bytes);
		char *text;

		at += 3;
		if (!name.left)
			continue;
		if (count++ == NAMES_MOST) {
			walk_problem(walk, UNPACK_LIMIT, "", "more names than are looked at");
			return;
		}
		text = walk_name(name.at, name.left);
		walk_alias(walk, text);
		free(text);
	}
}
