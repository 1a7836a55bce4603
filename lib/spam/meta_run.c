/* What an expression comes to. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/spam/meta_steps.h"

enum { STEPS_FEW = 64 };

/* ------------------------------------------------------------ intervals */

static const struct meta_value anything = {-HUGE_VAL, HUGE_VAL};
static const struct meta_value maybe = {0, 1};

static double least_of(double a, double b)
{
	return a < b ? a : b;
}

static double most_of(double a, double b)
{
	return a > b ? a : b;
}

static struct meta_value exactly(double number)
{
	return (struct meta_value){number, number};
}

int meta_is_true(struct meta_value value)
{
	return value.low > 0 || value.high < 0;
}

static int is_false(struct meta_value value)
{
	return value.low == 0 && value.high == 0;
}

static struct meta_value hull(struct meta_value a, struct meta_value b)
{
	return (struct meta_value){least_of(a.low, b.low), most_of(a.high, b.high)};
}

/* Infinities can meet (0 * inf, inf - inf); what comes of that could be anything. */
static struct meta_value sane(struct meta_value value)
{
	return isnan(value.low) || isnan(value.high) ? anything : value;
}

static struct meta_value multiply(struct meta_value a, struct meta_value b)
{
	double corners[4] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
	struct meta_value value = exactly(corners[0]);

	for (size_t i = 0; i < 4; i++) {
		if (isnan(corners[i]))
			return anything;
		value = hull(value, exactly(corners[i]));
	}
	return value;
}

/* Division by a certain 0 is 0, so that a rule can't make the whole scan fail as in Perl. */
static struct meta_value divide(struct meta_value a, struct meta_value b)
{
	if (is_false(b))
		return exactly(0);
	if (b.low <= 0 && b.high >= 0)
		return anything;
	return multiply(a, (struct meta_value){1 / b.high, 1 / b.low});
}

static struct meta_value truth(int surely, int surely_not)
{
	return surely ? exactly(1) : surely_not ? exactly(0) : maybe;
}

static struct meta_value same(struct meta_value a, struct meta_value b)
{
	return truth(a.low == a.high && b.low == b.high && a.low == b.low,
	        a.high < b.low || b.high < a.low);
}

static struct meta_value negate(struct meta_value value)
{
	return truth(is_false(value), meta_is_true(value));
}

/* Perl's ^ over whole numbers, which for the hits of two rules is "one of them, but not both". */
static struct meta_value either_bit(struct meta_value a, struct meta_value b)
{
	static const double most = 4294967295.0;

	if (a.low != a.high || b.low != b.high)
		return (struct meta_value){0, HUGE_VAL};
	if (!(a.low >= 0 && a.low <= most && b.low >= 0 && b.low <= most))
		return anything;
	return exactly((double)((uint64_t)a.low ^ (uint64_t)b.low));
}

static struct meta_value choose(struct meta_value test, struct meta_value a, struct meta_value b)
{
	if (meta_is_true(test))
		return a;
	return is_false(test) ? b : hull(a, b);
}

/* Where it isn't known whether `a` is 0, what counts is what it is when it isn't: hits are whole
 * numbers, so at least 1. */
static struct meta_value either(struct meta_value a, struct meta_value b)
{
	if (meta_is_true(a) || is_false(a))
		return choose(a, a, b);
	return a.low < 0 ? hull(a, b) : hull((struct meta_value){1, most_of(1, a.high)}, b);
}

static struct meta_value combine(enum op op, struct meta_value a, struct meta_value b)
{
	switch (op) {
	case OP_MULTIPLY:
		return multiply(a, b);
	case OP_DIVIDE:
		return divide(a, b);
	case OP_ADD:
		return sane((struct meta_value){a.low + b.low, a.high + b.high});
	case OP_SUBTRACT:
		return sane((struct meta_value){a.low - b.high, a.high - b.low});
	case OP_LESS:
		return truth(a.high < b.low, a.low >= b.high);
	case OP_LESS_SAME:
		return truth(a.high <= b.low, a.low > b.high);
	case OP_MORE:
		return truth(a.low > b.high, a.high <= b.low);
	case OP_MORE_SAME:
		return truth(a.low >= b.high, a.high < b.low);
	case OP_SAME:
		return same(a, b);
	case OP_OTHER:
		return negate(same(a, b));
	case OP_EITHER_BIT:
		return either_bit(a, b);
	case OP_AND:
		return choose(a, b, exactly(0));
	default:
		return either(a, b);
	}
}

/* Runs one step on a stack of `depth` values, gives the new depth. */
static size_t run_step(const struct step *step, struct meta_value *stack, size_t depth,
        meta_look *look, void *context)
{
	struct meta_value *top = stack + depth;

	switch (step->op) {
	case OP_NUMBER:
		*top = exactly(step->number);
		return depth + 1;
	case OP_RULE:
		*top = look(context, step->rule);
		return depth + 1;
	case OP_NOT:
		top[-1] = negate(top[-1]);
		return depth;
	case OP_MINUS:
		top[-1] = (struct meta_value){-top[-1].high, -top[-1].low};
		return depth;
	case OP_UNLESS_FALSE:
	case OP_UNLESS_TRUE:
		return depth;
	case OP_CHOOSE:
		top[-3] = choose(top[-3], top[-2], top[-1]);
		return depth - 2;
	default:
		top[-2] = combine(step->op, top[-2], top[-1]);
		return depth - 1;
	}
}

static int is_decided(enum op op, const struct meta_value *stack, size_t depth)
{
	return (op == OP_UNLESS_FALSE && is_false(stack[depth - 1])) ||
	       (op == OP_UNLESS_TRUE && meta_is_true(stack[depth - 1]));
}

struct meta_value meta_run(const struct meta *meta, meta_look *look, void *context)
{
	/* A step adds one value at most. */
	struct meta_value few[STEPS_FEW], value;
	struct meta_value *stack =
	        meta->count > STEPS_FEW ? alloc(meta->count * sizeof(*stack)) : few;
	size_t depth = 0;

	stack[0] = exactly(0);
	for (size_t i = 0; i < meta->count; i++) {
		if (is_decided(meta->steps[i].op, stack, depth))
			i = meta->steps[i].rule - 1;
		else
			depth = run_step(&meta->steps[i], stack, depth, look, context);
	}
	value = stack[0];
	if (stack != few)
		free(stack);
	return value;
}
