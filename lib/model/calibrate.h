/*
 * What a logit is worth: fitted to what the model said of messages before it learned them, which is
 * what it says of mail that it does not know yet. A model that is too sure of itself is toned down.
 */
#ifndef LIB_MODEL_CALIBRATE_H
#define LIB_MODEL_CALIBRATE_H

#include "lib/model/model.h"

/* Notes what model_raw() said, before model_learn(). */
void calibrate_note(struct model_facts *facts, double raw, int is_spam);

/* Sets slope and shift from all that is noted. */
void calibrate(struct model_facts *facts);

#endif
