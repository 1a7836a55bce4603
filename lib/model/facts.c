#include "lib/model/facts.h"

#include <math.h>

void facts_tell(const struct model_facts *facts, Lz__ModelState *out)
{
	lz__model_state__init(out);
	out->generation = facts->generation;
	out->epoch = facts->epoch;
	out->seed = facts->seed;
	out->version = MODEL_FEATURES_VERSION;
	out->spam = facts->spam;
	out->ham = facts->ham;
	out->slope = facts->slope;
	out->shift = facts->shift;
	out->weight = facts->weight;
	out->toll = facts->toll;
	out->changed_ms = facts->changed_ms;
}

/* Within what calibrating and fitting give. */
static double within(double value, double least, double most)
{
	return fmax(least, fmin(most, value));
}

void facts_take(struct model_facts *facts, const Lz__ModelState *state)
{
	facts->seed = state->seed;
	facts->spam = state->spam;
	facts->ham = state->ham;
	facts->slope = within(state->slope, 0.1, 5);
	facts->shift = within(state->shift, -5, 5);
	facts->weight = within(state->weight, 0, 100);
	facts->toll = within(state->toll, -100, 100);
	facts->changed_ms = state->changed_ms;
}
