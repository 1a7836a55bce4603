/*
 * The way of a message, as its Received fields tell it, newest step first; and how far it can be
 * believed. The lists `trusted_networks`, `internal_networks` and `msa_networks` say whose fields
 * are true. Without them the first step from the public internet, by somebody who didn't prove who
 * it is, is the last one that is believed.
 */
#ifndef LIB_SPAM_RELAYS_H
#define LIB_SPAM_RELAYS_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/mime/map.h"
#include "lib/spam/lists.h"
#include "lib/spam/received.h"

enum { RELAYS_MOST = 200 }; /* further fields are not looked at */

struct relays {
	struct relay *items;
	size_t count;
	size_t unknown; /* fields that could not be read */
	/* Index of the last Received field that is true; of those that our own hosts wrote; -1:
	 * none.
	 */
	long last_trusted, last_internal;
};

enum relays_kind { RELAYS_TRUSTED, RELAYS_UNTRUSTED, RELAYS_INTERNAL, RELAYS_EXTERNAL };

void relays_read(const struct mime_map *map, const struct lists *lists, struct relays *relays);
void relays_fini(struct relays *relays);

int relays_is(const struct relay *relay, enum relays_kind kind);
size_t relays_count(const struct relays *relays, enum relays_kind kind);

/* The nth of a kind; NULL behind the last. */
const struct relay *relays_at(const struct relays *relays, enum relays_kind kind, size_t nth);

/* All of a kind, "[ ip=… ]", a blank between them. */
void relays_print(const struct relays *relays, enum relays_kind kind, struct buf *out);

/* Is an address in one of the list's networks: "10.0.0.0/8", "10.", "fd00::/8"; "!" in front takes
 * out what comes behind it. This host's own addresses always are. */
int relays_in_network(const struct lists *lists, const char *list, const char *ip);

/* Is it in that one network? */
int relays_is_in(const char *network, const char *ip);

#endif
