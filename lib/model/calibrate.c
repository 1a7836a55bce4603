#include "lib/model/calibrate.h"

#include <math.h>

enum { ROUNDS = 12 };

/* As much as so many messages say that the logit is right as it is. */
static const double prior = 10;

void calibrate_note(struct model_facts *facts, double raw, int is_spam)
{
	long thousandths = lround(raw * 1000);

	facts->said[facts->said_count++ % MODEL_SAID] =
	        (int16_t)((thousandths & ~1L) | (is_spam ? 1 : 0));
}

/* Of the likelihood, by slope and shift: first and second derivatives. */
struct hill {
	double slope, shift;
	double slope_slope, slope_shift, shift_shift;
};

static struct hill look(const struct model_facts *facts, double slope, double shift)
{
	struct hill hill = {.slope = prior * (1 - slope),
	        .shift = -prior * shift,
	        .slope_slope = prior,
	        .shift_shift = prior};
	size_t at, count = facts->said_count < MODEL_SAID ? facts->said_count : MODEL_SAID;

	for (at = 0; at < count; at++) {
		double raw = (double)(facts->said[at] & ~1) / 1000, truth = facts->said[at] & 1;
		double p = model_probability(slope * raw + shift), sway = p * (1 - p);

		hill.slope += (truth - p) * raw;
		hill.shift += truth - p;
		hill.slope_slope += sway * raw * raw;
		hill.slope_shift += sway * raw;
		hill.shift_shift += sway;
	}
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
