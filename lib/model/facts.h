/*
 * The numbers for the whole of a model, as they travel.
 */
#ifndef LIB_MODEL_FACTS_H
#define LIB_MODEL_FACTS_H

#include "lib/model/model.h"
#include "protos/messages.h"

/* Fills a message, which has nothing to be freed. */
void facts_tell(const struct model_facts *facts, Lz__ModelState *out);

/* Takes what can be taken from another model: neither its generation nor its epoch. */
void facts_take(struct model_facts *facts, const Lz__ModelState *state);

#endif
