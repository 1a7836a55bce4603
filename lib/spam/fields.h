/*
 * Header fields as rules see them: decoded or raw, all of one name together, the addresses, names
 * or hosts in them; and texts that are made up of several.
 */
#ifndef LIB_SPAM_FIELDS_H
#define LIB_SPAM_FIELDS_H

#include "lib/base/buf.h"
#include "lib/spam/rule.h"
#include "lib/spam/texts.h"

/*
 * Adds what `key` asks for of the header of a part, by its number in `texts->parts`, to `out`. 0
 * where there is no such field. Besides field names it knows ALL and its cuts at the last Received
 * field that is true or ours (ALL-TRUSTED, ALL-UNTRUSTED, ALL-INTERNAL, ALL-EXTERNAL), ToCc,
 * MESSAGEID, EnvelopeFrom (the reverse-path, if it is known, before what headers say), and
 * X-Spam-Relays-Trusted and its like.
 */
int fields_value(
        const struct texts *texts, size_t part, const struct header_key *key, struct buf *out);

/* Adds the addresses (or display names) of an address list, one a line, with no line end behind the
 * last. `text` is unfolded, not decoded. */
void fields_addresses(const char *text, size_t size, int names, struct buf *out);

/* As fields_value() of the message's own header; `out` is cleared first and is a string then. */
int fields_ask(const struct texts *texts, const char *name, enum header_form form,
        enum header_pick pick, struct buf *out);

/* The same for "Field", "Field:addr" and so on, as functions have it. */
int fields_ask_key(const struct texts *texts, const char *key, struct buf *out);

/* The address that failures are sent to; 0 where it isn't known. */
int fields_envelope_from(const struct texts *texts, struct buf *out);

#endif
