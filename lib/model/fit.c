#include "lib/model/fit.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/model/model.h"

enum { ROUNDS = 50, LEAST = 20, SIZE = 3, FOLDS = 5 };

/* As a few messages would pull towards nothing: where all are told apart there is no best. */
static const double prior = 0.5;

static const double least_weight = 0.1, most_weight = 20, most_toll = 50;

/* Gauss, with the largest first. 0: it has no one solution. */
static int solve(double matrix[SIZE][SIZE + 1])
{
	size_t step, row, at, best;

	for (step = 0; step < SIZE; step++) {
		for (best = step, row = step + 1; row < SIZE; row++)
			if (fabs(matrix[row][step]) > fabs(matrix[best][step]))
				best = row;
		if (!(fabs(matrix[best][step]) > 1e-12))
			return 0;
		for (at = 0; at <= SIZE; at++) {
			double held = matrix[step][at];

			matrix[step][at] = matrix[best][at];
			matrix[best][at] = held;
		}
		for (row = 0; row < SIZE; row++) {
			double by = row == step ? 0 : matrix[row][step] / matrix[step][step];

			for (at = step; at <= SIZE; at++)
				matrix[row][at] -= by * matrix[step][at];
		}
	}
	for (row = 0; row < SIZE; row++)
		matrix[row][SIZE] /= matrix[row][row];
	return 1;
}

static double dot(const double a[SIZE], const double b[SIZE])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* The derivatives of the likelihood at `at`: what a step of Newton's is the solution of. */
static void look(const struct fit_case *cases, size_t count, const double at[SIZE],
        double matrix[SIZE][SIZE + 1])
{
	size_t i, row, column;

	for (row = 0; row < SIZE; row++) {
		for (column = 0; column < SIZE; column++)
			matrix[row][column] = row == column ? prior : 0;
		matrix[row][SIZE] = -prior * at[row];
	}
	for (i = 0; i < count; i++) {
		const double x[SIZE] = {cases[i].logit, cases[i].points, 1};
		double p = model_probability(dot(at, x)), miss = cases[i].is_spam - p;

		for (row = 0; row < SIZE; row++) {
			for (column = 0; column < SIZE; column++)
				matrix[row][column] += p * (1 - p) * x[row] * x[column];
			matrix[row][SIZE] += miss * x[row];
		}
	}
}

/* Each step is held short, as far from the top it may overshoot. */
static int climb(const struct fit_case *cases, size_t count, double at[SIZE])
{
	double matrix[SIZE][SIZE + 1];
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		look(cases, count, at, matrix);
		if (!solve(matrix))
			return 0;
		for (i = 0; i < SIZE; i++)
			at[i] += fmax(-0.5, fmin(0.5, matrix[i][SIZE]));
	}
	return 1;
}

static enum result are_enough(const struct fit_case *cases, size_t count, struct err *err)
{
	size_t at, spam = 0;

	for (at = 0; at < count; at++)
		spam += (size_t)(cases[at].is_spam != 0);
	if (spam >= LEAST && count - spam >= LEAST)
		return RESULT_OK;
	return err_set(err, RESULT_PERMANENT,
	        "too few mails: %zu of spam and %zu of ham are there to be judged, and at least %d "
	        "of either kind are needed",
	        spam, count - spam, LEAST);
}

static enum result find(const struct fit_case *cases, size_t count, double threshold,
        struct fit *out, struct err *err)
{
	double at[SIZE] = {0.5, 0.3, -1};

	if (!climb(cases, count, at) || !(at[1] > 1e-3))
		return err_set(err, RESULT_PERMANENT,
		        "the rules say too little of these mails to weigh the model against them");
	out->weight = fmax(least_weight, fmin(most_weight, at[0] / at[1]));
	out->toll = fmax(-most_toll, fmin(most_toll, threshold + at[2] / at[1]));
	return RESULT_OK;
}

enum result fit_cases(const struct fit_case *cases, size_t count, double threshold, struct fit *out,
        struct err *err)
{
	enum result result = are_enough(cases, count, err);

	return result ? result : find(cases, count, threshold, out, err);
}

double fit_points(const struct fit *fit, const struct fit_case *one, double most)
{
	double points = fit->weight * one->logit + fit->toll;

	return one->points + fmax(-most, fmin(most, points));
}

/* ---- how often it is wrong ---- */

struct tally {
	size_t kinds[2], wrong[2];
};

static void judge_one(struct tally *tally, const struct fit *fit, const struct fit_case *one,
        double threshold, double most)
{
	int said = fit_points(fit, one, most) >= threshold, kind = one->is_spam != 0;

	tally->kinds[kind]++;
	tally->wrong[kind] += said != kind;
}

static struct fit_errors errors_of(const struct tally *tally)
{
	double percent[2];
	int kind;

	for (kind = 0; kind < 2; kind++)
		percent[kind] = tally->kinds[kind] ? 100.0 * (double)tally->wrong[kind] /
		                                             (double)tally->kinds[kind]
		                                   : 0;
	return (struct fit_errors){percent[0], percent[1]};
}

void fit_judge(const struct fit *fit, const struct fit_case *cases, size_t count, double threshold,
        double most, struct fit_errors *out)
{
	struct tally tally = {{0}, {0}};
	size_t at;

	for (at = 0; at < count; at++)
		judge_one(&tally, fit, &cases[at], threshold, most);
	*out = errors_of(&tally);
}

static size_t all_but(
        const struct fit_case *cases, size_t count, size_t fold, struct fit_case *others)
{
	size_t at, kept = 0;

	for (at = 0; at < count; at++)
		if (at % FOLDS != fold)
			others[kept++] = cases[at];
	return kept;
}

enum result fit_cross(const struct fit_case *cases, size_t count, double threshold, double most,
        struct fit_errors *out, struct err *err)
{
	enum result result = are_enough(cases, count, err);
	struct fit_case *others = alloc_zero(count + 1, sizeof(*others));
	struct tally tally = {{0}, {0}};
	struct fit fit;
	size_t fold, at;

	for (fold = 0; fold < FOLDS && !result; fold++) {
		result = find(others, all_but(cases, count, fold, others), threshold, &fit, err);
		for (at = fold; at < count && !result; at += FOLDS)
			judge_one(&tally, &fit, &cases[at], threshold, most);
	}
	free(others);
	*out = errors_of(&tally);
	return result;
}

int fit_is_worse(const struct fit_errors *then, const struct fit_errors *now)
{
	static const double noise = 1e-9, ham_most = 0.1;

	return then->ham_taken + then->spam_missed > now->ham_taken + now->spam_missed + noise ||
	       then->ham_taken > now->ham_taken + ham_most;
}
