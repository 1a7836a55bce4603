/*
 * What hyper.c and compile.c share: what a kept database looks like. For this folder only.
 */
#ifndef LIB_HYPER_LIBRARY_H
#define LIB_HYPER_LIBRARY_H

#include <stdint.h>

#include "lib/crypto/digest.h"
#include "lib/hyper/hyper.h"

/*
 * A kept database is this, then a byte for each pattern (1: it is in a group), then for each group
 * its size (8 bytes) and its bytes. Numbers are in the machine's own order: nothing of it is of use
 * to another kind of machine.
 */
struct library_head {
	char magic[16];
	struct digest key;  /* of patterns, library and processor */
	struct digest body; /* of all that follows the head */
	uint64_t patterns, groups;
};

#define LIBRARY_MAGIC "lazaret hyper 1" /* with its NUL; another number when widen() changes */

/* RESULT_NONE: the library is not here. */
enum result library_key(const struct hyper_pattern *patterns, size_t count, struct digest *out);

#endif
