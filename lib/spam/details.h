/*
 * What `uri_detail` rules ask of an address, together: as it was written, what it was found in, its
 * plain forms, the text of its anchors, and the hosts and domains that it leads to. An address that
 * stands in several places is one entry with what was found in all of them.
 */
#ifndef LIB_SPAM_DETAILS_H
#define LIB_SPAM_DETAILS_H

#include <stddef.h>

#include "lib/spam/pieces.h"

enum details_key {
	DETAILS_RAW,     /* the entry itself */
	DETAILS_TYPE,    /* the element ("a", "img"), or "parsed" for text and "domainkeys" */
	DETAILS_CLEANED, /* a form */
	DETAILS_TEXT,    /* of an anchor */
	DETAILS_DOMAIN,
	DETAILS_HOST,
	DETAILS_KEYS
};

struct details;

/* At most so many addresses, and twenty times as many values. */
struct details *details_new(size_t most);
void details_free(struct details **details);

/* Adds a value to the address, which is made where it is new. */
void details_add(struct details *details, const char *raw, size_t raw_size, enum details_key key,
        const char *value, size_t size);

size_t details_count(const struct details *details);
const char *details_raw(const struct details *details, size_t entry, size_t *size);

/* The next value of that key behind *at, which is 0 before the first; NULL: no more. */
const char *details_next(const struct details *details, size_t entry, enum details_key key,
        size_t *at, size_t *size);

#endif
