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

#endif
