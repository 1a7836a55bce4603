/*
 * Which items a command is about: what the options of `list` name, newest first, page after page.
 */
#ifndef QCTL_SELECTION_H
#define QCTL_SELECTION_H

#include "lib/crypto/digest.h"
#include "qctl/qctl.h"

enum { SELECTION_STATES_MOST = 8 };

struct selection {
	struct qctl *qctl;
	Lz__List request; /* lends from what was typed */
	Lz__ItemState states[SELECTION_STATES_MOST];
	char hash[DIGEST_HEX_ROOM];
	uint64_t left; /* items still wanted */
	char *next;    /* where to go on; "" at the end */
	int is_begun;
};

/* Of so many items at most (0: all) where --limit says nothing. RESULT_PERMANENT: wrong usage.
 * Whatever it gives, selection_fini() is due. */
enum result selection_read(
        struct selection *selection, struct qctl *qctl, uint64_t usual_limit, struct err *err);
void selection_fini(struct selection *selection);

/* Was any option given that chooses among the items? */
int selection_chooses(const struct qctl *qctl);

/* How many items a command is about, for its bar: the ids that were typed, or all there are; 0
 * where some are chosen, which only looking tells. */
uint64_t selection_estimate(struct qctl *qctl);

/* The next page: an envelope of items, at times of none. Free it with wire_message_free().
 * RESULT_NONE: that was all, or as many as were wanted. */
enum result selection_page(struct selection *selection, struct wire_message *page, struct err *err);

#endif
