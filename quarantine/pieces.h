/*
 * Who is reading what, so that a message that is fetched in many pieces is written down once. Of a
 * bounded number of readers; one that is forgotten is written down again. Pure: the time
 * (monotonic) is given.
 */
#ifndef QUARANTINE_PIECES_H
#define QUARANTINE_PIECES_H

#include <stdint.h>

#include "lib/wire/wire.h"

enum { PIECES_READERS = 64, PIECES_FORGET_MS = 10 * 60 * 1000 };

struct pieces;

struct pieces *pieces_new(void);
void pieces_free(struct pieces **pieces);

/* Is this FETCH one that goes on where a reader is known? */
int pieces_go_on(const struct pieces *pieces, const struct wire_message *fetch, int64_t now_ms);

/* It was written down. */
void pieces_begin(struct pieces *pieces, const struct wire_message *fetch, int64_t now_ms);

#endif
