/*
 * The features of a message, for lib/model: hashes of what stands in it.
 *
 *   words      of each header field, marked with its name, and of the text; addresses of the web in
 *              their pieces, and their hosts with what is above them
 *   pairs      of words up to four apart (orthogonal sparse bigrams): which, in that order, how far
 *   runs       of four bytes, of the header and of the text's beginning
 *
 * Text is what is in the text parts with their transfer encoding taken off, HTML with its tags.
 * What a mail got on its way through here or in a mailbox is passed over, as it would tell the
 * answer. All is bounded, time is linear.
 */
#ifndef LIB_FEATURES_FEATURES_H
#define LIB_FEATURES_FEATURES_H

#include "lib/mime/map.h"
#include "lib/model/model.h"

/* Gives them, to be freed with features_free(). */
void features_of(const struct mime_map *map, uint64_t seed, struct model_features *out);
/* What stands behind some of them, as a text each, to be freed; NULL where it is not found. */
void features_name(const struct mime_map *map, uint64_t seed, const uint32_t *list, size_t count,
        char **texts);

void features_free(struct model_features *features);

/* Is it a field of a filter or a mailbox, that says what was made of the mail? */
int features_pass_over(const char *name, size_t size);

#endif
