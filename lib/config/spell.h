/*
 * "Did you mean": the key that a wrong one is most like.
 */
#ifndef LIB_CONFIG_SPELL_H
#define LIB_CONFIG_SPELL_H

#include "lib/base/buf.h"
#include "lib/config/table.h"

/* How many letters must be added, removed or changed to make b of a. */
unsigned spell_distance(const char *a, const char *b);

/* Adds the section's key that is near enough to `key` to be meant, or all there are. */
void spell_suggest(const struct section *section, const char *key, struct buf *out);

#endif
