/*
 * What hyper.c and compile.c share: what a kept database looks like. For this folder only.
 */
#ifndef LIB_HYPER_LIBRARY_H
#define LIB_HYPER_LIBRARY_H

#include <stdint.h>

#include "lib/crypto/digest.h"
#include "lib/hyper/hyper.h"

/*
 * A kept database is this, then a library_pattern for each pattern, then for each group
 * its size (8 bytes) and its bytes. Numbers are in the machine's own order: nothing of it is of use
 * to another kind of machine.
 *
 * The first groups, up to any_end, are for any text. Those from ascii_start say the same of a text
 * that is all ASCII, and sooner; where they couldn't, they are the same.
 */
struct library_head {
	char magic[16];
	struct digest key;  /* of patterns, library and processor */
	struct digest body; /* of all that follows the head */
	uint64_t patterns, groups, any_end, ascii_start;
};

/* How often a pattern must be found to be named, at ends that are at least so many bytes apart. */
struct library_pattern {
	uint16_t times; /* 0: it is not in it */
	uint16_t apart;
};

#define LIBRARY_MAGIC "lazaret hyper 5" /* with its NUL; another number when widen() changes */

/* RESULT_NONE: the library is not here. */
enum result library_key(const struct hyper_pattern *patterns, size_t count, struct digest *out);

#endif
