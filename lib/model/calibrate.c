#include "lib/model/calibrate.h"

#include <math.h>

enum { ROUNDS = 12 };

/* As much as so many messages say that the logit is right as it is. */
static const double prior = 10;

void calibrate_note(struct model_facts *facts, double raw, int is_spam)
{
	int kind = is_spam != 0;

	facts->said[kind][facts->said_count[kind]++ % MODEL_SAID] = (int16_t)lround(raw * 1000);
}

/* Of the likelihood, by slope and shift: first and second derivatives. */
struct hill {
	double slope, shift;
	double slope_slope, slope_shift, shift_shift;
};

static void add_kind(
        struct hill *hill, const struct model_facts *facts, int kind, double slope, double shift)
{
	size_t at,
	        count = facts->said_count[kind] < MODEL_SAID ? facts->said_count[kind] : MODEL_SAID;

	for (at = 0; at < count; at++) {
		double raw = (double)facts->said[kind][at] / 1000;
		double p = model_probability(slope * raw + shift), sway = p * (1 - p);

		hill->slope += (kind - p) * raw;
		hill->shift += kind - p;
		hill->slope_slope += sway * raw * raw;
		hill->slope_shift += sway * raw;
		hill->shift_shift += sway;
	}
}

/* Either kind has its own history, so that a run of one does not push out the other. */
static struct hill look(const struct model_facts *facts, double slope, double shift)
{
	struct hill hill = {.slope = prior * (1 - slope),
	        .shift = -prior * shift,
	        .slope_slope = prior,
	        .shift_shift = prior};

	add_kind(&hill, facts, 0, slope, shift);
	add_kind(&hill, facts, 1, slope, shift);
	return hill;
}

/* Newton's steps, each held short: far from the top they may overshoot. */
void calibrate(struct model_facts *facts)
{
	double slope = 1, shift = 0, by, ahead;
	struct hill hill;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		hill = look(facts, slope, shift);
		by = hill.slope_slope * hill.shift_shift - hill.slope_shift * hill.slope_shift;
		if (!(by > 0))
			break;
		ahead = (hill.shift_shift * hill.slope - hill.slope_shift * hill.shift) / by;
		slope += fmax(-0.5, fmin(0.5, ahead));
		ahead = (hill.slope_slope * hill.shift - hill.slope_shift * hill.slope) / by;
		shift += fmax(-1, fmin(1, ahead));
	}
	facts->slope = fmax(0.1, fmin(5, slope));
	facts->shift = fmax(-5, fmin(5, shift));
}
