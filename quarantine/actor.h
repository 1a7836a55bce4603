/*
 * On whose behalf something is done to the store, and whose items that one may see.
 */
#ifndef QUARANTINE_ACTOR_H
#define QUARANTINE_ACTOR_H

#include "lib/config/config.h"
#include "protos/messages.h"

enum { ACTOR_NAME_ROOM = 256 };

struct actor {
	char name[ACTOR_NAME_ROOM]; /* as it stands in the audit */
	const struct config_list
	        *domains; /* lent; NULL: all. "domain", or ".domain" with all below */
};

/* May it see the item? A recipient's domain counts, and the sender's where the sender was
 * authenticated: else anybody could show his mail to an operator, or have it hidden, by a forged
 * address. */
int actor_sees(const struct actor *actor, const Lz__Item *item);

/* Is it nobody else's? An item of several domains is shown to each, but its end is for one who may
 * see all of them. */
int actor_owns(const struct actor *actor, const Lz__Item *item);

/* May it be sent to this address on its behalf? To its own domains, and to whom it was meant for
 * where the sender is its own. */
int actor_may_send(const struct actor *actor, const Lz__Item *item, const char *address);

/* Takes out the recipients that are others', and what else names them. */
void actor_trim(const struct actor *actor, Lz__Item *item);
void actor_trim_outgoing(const struct actor *actor, const Lz__Item *item, Lz__Outgoing *outgoing);

#endif
