/*
 * How an original is cut into the ranges that are kept, each a blob of its own: at both ends of
 * every part, so that a part is a run of whole segments and the same worm in a thousand mails is
 * one blob.
 */
#ifndef QUARANTINE_SEGMENTS_H
#define QUARANTINE_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "protos/messages.h"

struct segment {
	uint64_t offset, length;
};

struct segments {
	size_t count;
	struct segment *list;
};

/*
 * Gives the segments of a message of `size` bytes, ascending, none empty, none overlapping. With
 * `whole` they cover it; without, only what lies in a part is kept. Parts come in any order and may
 * be nested or overlap. RESULT_PERMANENT: a part reaches beyond the message.
 */
enum result segments_plan(Lz__Part *const *parts, size_t part_count, uint64_t size, int whole,
        struct segments *out, struct err *err);
void segments_free(struct segments *segments);

#endif
