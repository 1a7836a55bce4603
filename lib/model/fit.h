/*
 * How rules and model are put together: the points that a logit is worth, and those on top of them,
 * so that a message which is as likely spam as ham reaches the threshold just so.
 */
#ifndef LIB_MODEL_FIT_H
#define LIB_MODEL_FIT_H

#include <stddef.h>

#include "lib/base/err.h"

/* A message that the model had not learned. */
struct fit_case {
	double logit;  /* calibrated */
	double points; /* by rules */
	int is_spam;
};

struct fit {
	double weight, toll;
};

/* RESULT_PERMANENT: there are too few of either kind, or the rules say nothing of them. */
enum result fit_cases(const struct fit_case *cases, size_t count, double threshold, struct fit *out,
        struct err *err);

/* What a message would get; both 0: the rules' points alone. */
double fit_points(const struct fit *fit, const struct fit_case *one, double most);

/* Of either kind, in percent; 0 where there are none. */
struct fit_errors {
	double ham_taken, spam_missed;
};

void fit_judge(const struct fit *fit, const struct fit_case *cases, size_t count, double threshold,
        double most, struct fit_errors *out);

/* What fit_cases() finds, judged by cases that it was not found from: each fifth by a fit of the
 * others. Fails as that does. */
enum result fit_cross(const struct fit_case *cases, size_t count, double threshold, double most,
        struct fit_errors *out, struct err *err);

/* Are there more errors of both kinds together, or more than one ham in a thousand that is taken
 * for spam and was not? */
int fit_is_worse(const struct fit_errors *then, const struct fit_errors *now);

#endif
