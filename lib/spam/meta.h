/*
 * The arithmetic of meta rules: numbers, rule names, ( ) ! && || ^ comparisons + - * / and ?:, with
 * Perl's precedence and Perl's habit that && and || give the operand that decided.
 *
 * A value is an interval, because some rules' answers are not known (a pattern gave up, or there
 * was no time): such a rule is somewhere between 0 and its most. A meta hits only where every value
 * of its interval is true.
 */
#ifndef LIB_SPAM_META_H
#define LIB_SPAM_META_H

#include <stddef.h>

#include "lib/base/err.h"

struct meta;

struct meta_value {
	double low, high;
};

/* Asked for each name while parsing; gives the number by which meta_run() will ask for its value.
 */
typedef size_t meta_name(void *context, const char *name);
typedef struct meta_value meta_look(void *context, size_t number);

/* RESULT_PERMANENT: err says what is wrong and where. Gives *out. */
enum result meta_parse(
        const char *text, meta_name *name, void *context, struct meta **out, struct err *err);
void meta_free(struct meta **meta);

struct meta_value meta_run(const struct meta *meta, meta_look *look, void *context);
int meta_is_true(struct meta_value value);    /* surely */
int meta_is_settled(struct meta_value value); /* it is one number */

/* What one rule costs, in units of the caller's. */
typedef double meta_cost(void *context, size_t number);

/* Of the rules on which the value still hangs, the one that costs least to ask. A cost of HUGE_VAL
 * is that of one that can't be asked. 0: there is none. */
int meta_next(
        const struct meta *meta, meta_look *look, meta_cost *cost, void *context, size_t *number);

/*
 * While all of its guards are 0, so is the expression, whatever its other rules are: "A && !B" has
 * A, "A + B > 1" has both. Of several such sets it is the one that costs least together. Gives how
 * many there are, and their numbers in *numbers, to be freed. One that is not 0 where all rules
 * are has none.
 */
size_t meta_guards(const struct meta *meta, meta_cost *cost, void *context, size_t **numbers);

/* The n-th rule that the expression names; 0 behind the last, else 1 and *number. */
int meta_needs(const struct meta *meta, size_t nth, size_t *number);

#endif
