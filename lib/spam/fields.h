/*
 * Header fields as rules see them: decoded or raw, all of one name together, or the addresses and
 * display names in them.
 */
#ifndef LIB_SPAM_FIELDS_H
#define LIB_SPAM_FIELDS_H

#include "lib/base/buf.h"
#include "lib/mime/map.h"
#include "lib/spam/rule.h"

/*
 * Adds what `key` asks for of a part's header to `out`. 0 where there is no such field. Besides
 * field names it knows ALL, ToCc, MESSAGEID and EnvelopeFrom, for which `reverse_path` (NULL: not
 * known) is taken before what headers say.
 */
int fields_value(const struct mime_map *map, size_t part, const struct header_key *key,
        const char *reverse_path, struct buf *out);

/* Adds the addresses (or display names) of an address list (RFC 5322 section 3.4), one a line, with
 * no line end behind the last. `text` is unfolded, not decoded. */
void fields_addresses(const char *text, size_t size, int names, struct buf *out);

#endif
