/*
 * What an item was kept for and what is found in it now, side by side. Of findings only viruses
 * count, by name (libclamav's heuristics are among them), and the reason that decided: scores move
 * with every rule, and are no news. Pure.
 */
#ifndef QCTL_COMPARE_H
#define QCTL_COMPARE_H

#include "lib/base/buf.h"
#include "protos/messages.h"

enum { FOUND_VIRUSES_MOST = 200 };

struct found {
	char *reason;   /* as Item.reason; "": nothing is wrong with it */
	char **viruses; /* names, sorted, each once */
	size_t virus_count;
};

void found_fini(struct found *found);

/* What the item says. That the next hop refused it ("undeliverable") is no finding. */
void found_in_item(struct found *found, const Lz__Item *item);

/* Adds what a verdict says: of several reasons "virus", else the first. */
void found_in_verdict(struct found *found, const Lz__Verdict *verdict);

int found_same(const struct found *a, const struct found *b);

/* "nothing", "attachment", "virus: Win.Test, Other", "attachment, virus: Win.Test"; made harmless
 * for a terminal. */
void found_tell(const struct found *found, struct buf *out);

#endif
