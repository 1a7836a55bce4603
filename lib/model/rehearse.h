/*
 * Learning with rehearsal. A regression learns by contrast: a thousand spams in a row teach it
 * little after the first few, and the hams behind them that everything is ham. So some messages of
 * either kind are kept, drawn by lot so that each that ever came is as likely among them, and
 * whenever two of a kind come one behind the other, one of the other kind is learned again.
 */
#ifndef LIB_MODEL_REHEARSE_H
#define LIB_MODEL_REHEARSE_H

#include "lib/model/model.h"

enum { REHEARSE_KEPT = 512, REHEARSE_DIGEST = 16 };

/* Owns its features. */
struct rehearse_kept {
	uint8_t digest[REHEARSE_DIGEST];
	struct model_features features;
};

/* {0} is an empty one. */
struct rehearsal {
	struct rehearse_kept kept[2][REHEARSE_KEPT]; /* ham, spam */
	size_t count[2];
	uint64_t lot;
	int last; /* the kind of the last message: 1 ham, 2 spam; 0: there was none */
};

/* What one lesson has done; slots are of `kept`, -1: none. */
struct rehearsed {
	struct model_steps steps;
	long again; /* of the other kind, that was learned again, with */
	struct model_steps again_steps;
	long slot; /* in which it is kept now */
};

struct rehearsed rehearse_learn(struct rehearsal *rehearsal, struct model *model,
        const struct model_features *features, int is_spam, const uint8_t digest[REHEARSE_DIGEST]);

/* Puts one back that was kept, in the next slot. 0: there is no more room. */
int rehearse_put(struct rehearsal *rehearsal, int is_spam, const struct model_features *features,
        const uint8_t digest[REHEARSE_DIGEST]);

/* Forgets it: the last of its kind comes into its slot, which is given; -1: it was not kept. */
long rehearse_drop(struct rehearsal *rehearsal, int is_spam, const uint8_t digest[REHEARSE_DIGEST]);

void rehearse_fini(struct rehearsal *rehearsal); /* it is empty then */

#endif
