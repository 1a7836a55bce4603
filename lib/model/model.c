#include "lib/model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

/* How far a lesson moves a sum that was wholly wrong: so far that it is right at once. */
static const double rate = 12;

/* Of the counts: words that say less than this are left out (as 0.05 to 0.95), a word seen once is
 * nearly believed, and together they say no more than `chi_most`. After `half` messages their share
 * is half of what it was. Chosen by cross-validation, with the rate above; see docs/MODEL.md. */
static const double deviation = 0.45, strength = 0.01, middle = 0.5, chi_most = 10, half = 4000;

void model_init(struct model *model, uint64_t epoch, uint64_t seed)
{
	*model = (struct model){0};
	model->facts.epoch = epoch;
	model->facts.seed = seed;
	model->facts.slope = 1;
	model->records = alloc_zero(MODEL_RECORDS, sizeof(*model->records));
}

void model_fini(struct model *model)
{
	free(model->records);
	*model = (struct model){0};
}

static double bound(double value, double most)
{
	if (!(value > -most))
		return -most; /* not a number as well */
	return value < most ? value : most;
}

double model_probability(double logit)
{
	return 1 / (1 + exp(-logit));
}

/* ---- the regressions ---- */

struct sums {
	double of[MODEL_GROUPS];
	double root[MODEL_GROUPS]; /* of the number of features; 0: the group is empty */
};

/* Of neighbours in the list that are of one group; gives where they end. */
static size_t add_neighbours(
        const struct model *model, const struct model_features *features, size_t at, double *sum)
{
	uint32_t group = model_group_of(features->list[at]);
	double held = *sum; /* not in memory, where each addition would wait for the one before */

	for (; at < features->count && model_group_of(features->list[at]) == group; at++)
		held += (double)model->records[model_index(features->list[at])].weight;
	*sum = held;
	return at;
}

/* Each feature counts 1 over the root of their number, so that long mails say no more than short
 * ones. */
static struct sums add_up(const struct model *model, const struct model_features *features)
{
	struct sums sums = {{0}, {0}};
	uint32_t group;
	size_t at, end;

	for (at = 0; at < features->count; at = end) {
		group = model_group_of(features->list[at]);
		end = add_neighbours(model, features, at, &sums.of[group]);
		sums.root[group] += (double)(end - at);
	}
	for (group = 0; group < MODEL_GROUPS; group++) {
		sums.root[group] = sqrt(sums.root[group]);
		if (sums.root[group] > 0)
			sums.of[group] /= sums.root[group];
	}
	return sums;
}

static double regressions(const struct model *model, const struct model_features *features)
{
	struct sums sums = add_up(model, features);
	double sum = 0;
	uint32_t group;

	for (group = 0; group < MODEL_GROUPS; group++)
		sum += bound(sums.of[group], MODEL_LOGIT_MAX);
	return bound(sum, MODEL_LOGIT_MAX);
}

static void move(struct model *model, const struct model_features *features,
        const struct sums *sums, const struct model_steps *steps, float sign)
{
	float each[MODEL_GROUPS];
	uint32_t group;
	size_t at;

	for (group = 0; group < MODEL_GROUPS; group++)
		each[group] = sums->root[group] > 0
		                      ? sign * steps->of[group] / (float)sums->root[group]
		                      : 0;
	for (at = 0; at < features->count; at++)
		model->records[model_index(features->list[at])].weight +=
		        each[model_group_of(features->list[at])];
}

/* ---- the counts ---- */

/* ln of the chi-square distribution's upper tail, for 2n degrees of freedom and x = 2m: e to the -m
 * times the sum of m^i / i!. What would be too large for a number is kept as its logarithm. */
static double ln_tail(double m, size_t n)
{
	static const double large = 1e200;
	double term = 1, sum = 1, ln_scale = -m, ln_sum;
	size_t i;

	for (i = 1; i < n; i++) {
		term *= m / (double)i;
		sum += term;
		if (sum > large) {
			term /= large;
			sum /= large;
			ln_scale += log(large);
		}
	}
	ln_sum = log(sum) + ln_scale;
	return ln_sum < 0 ? ln_sum : 0;
}

/* How spammy a word is, drawn to the middle where it was seen seldom (Robinson). */
static double word_probability(const struct model *model, const struct model_record *record)
{
	double spam = record->spam / (double)model->facts.spam,
	       ham = record->ham / (double)model->facts.ham, seen = record->spam + record->ham;

	if (!record->spam && !record->ham)
		return middle;
	return (strength * middle + seen * spam / (spam + ham)) / (strength + seen);
}

/* Fisher's way to put them together. */
static double chi_square(const struct model *model, const struct model_features *features)
{
	double ln_spam = 0, ln_ham = 0, p;
	size_t at, count = 0;

	if (!model->facts.spam || !model->facts.ham)
		return 0;
	for (at = 0; at < features->words; at++) {
		p = word_probability(model, &model->records[model_index(features->list[at])]);
		if (fabs(p - 0.5) < deviation)
			continue;
		p = fmin(fmax(p, 1e-6), 1 - 1e-6);
		ln_spam += log(p);
		ln_ham += log(1 - p);
		count++;
	}
	if (!count)
		return 0;
	return bound(ln_tail(-ln_spam, count) - ln_tail(-ln_ham, count), chi_most);
}

double model_raw(const struct model *model, const struct model_features *features)
{
	double learned = (double)model->facts.spam + (double)model->facts.ham;
	double share = half / (half + learned);

	return bound(regressions(model, features) + share * chi_square(model, features),
	        MODEL_LOGIT_MAX);
}

double model_logit(const struct model *model, const struct model_features *features)
{
	return bound(model->facts.slope * model_raw(model, features) + model->facts.shift,
	        MODEL_LOGIT_MAX);
}

static void count(struct model *model, const struct model_features *features, int is_spam, int by)
{
	size_t at;

	for (at = 0; at < features->words; at++) {
		struct model_record *record = &model->records[model_index(features->list[at])];
		uint16_t *seen = is_spam ? &record->spam : &record->ham;

		if (by > 0 ? *seen < UINT16_MAX : *seen > 0)
			*seen = (uint16_t)(*seen + by);
	}
}

struct model_steps model_rehearse(
        struct model *model, const struct model_features *features, int is_spam)
{
	struct sums sums = add_up(model, features);
	struct model_steps steps;
	uint32_t group;

	for (group = 0; group < MODEL_GROUPS; group++)
		steps.of[group] =
		        (float)(rate * ((is_spam ? 1 : 0) - model_probability(sums.of[group])));
	move(model, features, &sums, &steps, 1);
	return steps;
}

struct model_steps model_learn(
        struct model *model, const struct model_features *features, int is_spam)
{
	count(model, features, is_spam, 1);
	*(is_spam ? &model->facts.spam : &model->facts.ham) += 1;
	return model_rehearse(model, features, is_spam);
}

/* The sum of steps is the weight, so what one has added can be taken out; what others have learned
 * meanwhile would have been a little different. */
void model_unlearn(struct model *model, const struct model_features *features, int is_spam,
        const struct model_steps *steps)
{
	struct sums sums = add_up(model, features);
	uint64_t *learned = is_spam ? &model->facts.spam : &model->facts.ham;

	move(model, features, &sums, steps, -1);
	count(model, features, is_spam, -1);
	if (*learned)
		*learned -= 1;
}

int model_features_are_sane(const struct model_features *features)
{
	size_t at;

	if (features->count > MODEL_FEATURES_MAX || features->words > features->count)
		return 0;
	for (at = 0; at < features->count; at++)
		if (model_group_of(features->list[at]) >= MODEL_GROUPS)
			return 0;
	return 1;
}
