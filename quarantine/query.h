/*
 * A question for items, read once: which stretches of which indexes hold every item that is meant,
 * and what of a record has still to be looked at.
 */
#ifndef QUARANTINE_QUERY_H
#define QUARANTINE_QUERY_H

#include "protos/messages.h"
#include "quarantine/actor.h"
#include "quarantine/backend.h"

enum { QUERY_WORDS_MOST = 8, QUERY_PREFIXES_MOST = 16, QUERY_SOURCES_MOST = 25 };

/* The items of these stretches of an index together. */
struct source {
	enum backend_table table;
	struct backend_key prefixes[QUERY_PREFIXES_MOST];
	size_t count;
	/* Kept by who walks: what each stretch gave last, and whether it has no more. */
	struct backend_key last[QUERY_PREFIXES_MOST];
	int is_over[QUERY_PREFIXES_MOST];
};

struct query {
	const Lz__List *request; /* lent */
	struct source *sources;  /* what is meant is in each of them; at least one */
	size_t count;
	struct source *tests; /* likewise, of terms, but not to be walked */
	size_t test_count;
};

/* Lends the request. With `has_terms` the index of terms may be walked, else what is asked of it is
 * looked for in the records. RESULT_PERMANENT: it can't be answered. Whatever it gives,
 * query_fini() is due. */
enum result query_read(
        struct query *query, const Lz__List *request, int has_terms, struct err *err);
void query_fini(struct query *query);

/* Walks the actor's domains as well, where they are few enough for it: what is beside them need not
 * be looked at then. Every item still has to be asked of actor_sees(). */
void query_limit(struct query *query, const struct actor *actor, int has_terms);

/* Is an item that is in all sources what was meant? */
int query_matches(const struct query *query, const Lz__Item *item);

/* Is an address meant by this: an address, "@domain", ".domain" with all below it, "<>", or a glob
 * over the whole address? */
int query_address(const char *wanted, const char *address);

#endif
