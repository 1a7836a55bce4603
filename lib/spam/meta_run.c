/* What an expression comes to. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/meta_steps.h"

enum { DEPTH_FEW = 32 }; /* enough for nearly all, without an alloc() */

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

int meta_is_settled(struct meta_value value)
{
	return value.low == value.high;
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
	struct meta_value few[DEPTH_FEW], value;
	int is_deep = meta->depth_most > DEPTH_FEW;
	struct meta_value *stack = is_deep ? alloc(meta->depth_most * sizeof(*stack)) : few;
	size_t depth = 0;

	stack[0] = exactly(0);
	for (size_t i = 0; i < meta->count; i++) {
		if (is_decided(meta->steps[i].op, stack, depth))
			i = meta->steps[i].rule - 1;
		else
			depth = run_step(&meta->steps[i], stack, depth, look, context);
	}
	value = stack[0];
	if (is_deep)
		free(stack);
	return value;
}

/* ------------------------------------------------------------ what it hangs on */

/* The cheapest rule that a value on the stack hangs on; its cost is HUGE_VAL where there is none.
 */
struct open {
	size_t rule;
	double cost;
};

/* What a step came to hangs on what its operands hung on, unless it is settled. */
static void close_operands(
        struct open *open, const struct meta_value *stack, size_t at, size_t operands_end)
{
	for (size_t i = at + 1; i < operands_end; i++) {
		if (open[i].cost < open[at].cost)
			open[at] = open[i];
	}
	if (meta_is_settled(stack[at]))
		open[at].cost = HUGE_VAL;
}

int meta_next(
        const struct meta *meta, meta_look *look, meta_cost *cost, void *context, size_t *number)
{
	struct meta_value few[DEPTH_FEW];
	struct open few_open[DEPTH_FEW], first;
	int is_deep = meta->depth_most > DEPTH_FEW;
	struct meta_value *stack = is_deep ? alloc(meta->depth_most * sizeof(*stack)) : few;
	struct open *open = is_deep ? alloc(meta->depth_most * sizeof(*open)) : few_open;
	size_t depth = 0, before;

	open[0] = (struct open){0, HUGE_VAL};
	for (size_t i = 0; i < meta->count; i++) {
		const struct step *step = &meta->steps[i];

		if (is_decided(step->op, stack, depth)) {
			i = step->rule - 1;
			continue;
		}
		before = depth;
		depth = run_step(step, stack, depth, look, context);
		if (step->op == OP_RULE)
			open[before] = (struct open){step->rule, cost(context, step->rule)};
		else if (step->op == OP_NUMBER)
			open[before].cost = HUGE_VAL;
		close_operands(open, stack, depth - 1, before);
	}
	first = open[0];
	if (is_deep) {
		free(stack);
		free(open);
	}
	*number = first.rule;
	return first.cost < HUGE_VAL;
}

/* ------------------------------------------------------------ guards */

/* A part of the expression that is on the stack: while its guards are 0, it is what stands there.
 */
struct part {
	size_t first; /* step */
	double cost;  /* of its guards */
};

struct guarding {
	const struct meta *meta;
	struct meta_value *stack;
	struct part *parts;
	unsigned char *is_guard; /* by step */
};

static struct meta_value look_at_nothing(void *context, size_t number)
{
	return exactly(0);
}

/* One of two operands decides alone: the other needs no guards. `at` is the left one. */
static void keep_one(struct guarding *guarding, size_t at, int is_right, size_t end)
{
	struct part *left = &guarding->parts[at], *right = left + 1;
	size_t drop = is_right ? left->first : right->first;
	size_t drop_end = is_right ? right->first : end;

	memset(guarding->is_guard + drop, 0, drop_end - drop);
	if (is_right)
		left->cost = right->cost;
}

/* The guards of an operator at step `end`, whose operands are on the stack from `at` on. */
static void join_parts(struct guarding *guarding, enum op op, size_t at, size_t depth, size_t end)
{
	const struct meta_value *values = &guarding->stack[at];
	struct part *parts = &guarding->parts[at];
	int left_decides, right_decides;

	left_decides =
	        (op == OP_AND && is_false(values[0])) || (op == OP_OR && meta_is_true(values[0]));
	right_decides = op == OP_AND && is_false(values[1]);
	if (left_decides || right_decides) {
		keep_one(guarding, at,
		        !left_decides || (right_decides && parts[1].cost < parts[0].cost), end);
		return;
	}
	for (size_t i = at + 1; i < depth; i++)
		parts->cost += guarding->parts[i].cost;
}

static void guard_steps(struct guarding *guarding, meta_cost *cost, void *context)
{
	size_t depth = 0, operands;

	guarding->stack[0] = exactly(1);
	for (size_t i = 0; i < guarding->meta->count; i++) {
		const struct step *step = &guarding->meta->steps[i];

		if (step->op == OP_UNLESS_FALSE || step->op == OP_UNLESS_TRUE)
			continue;
		operands = meta_operands(step->op);
		guarding->is_guard[i] = step->op == OP_RULE;
		if (!operands)
			guarding->parts[depth] = (struct part){
			        i, step->op == OP_RULE ? cost(context, step->rule) : 0};
		else
			join_parts(guarding, step->op, depth - operands, depth, i);
		depth = run_step(step, guarding->stack, depth, look_at_nothing, NULL);
	}
}

size_t meta_guards(const struct meta *meta, meta_cost *cost, void *context, size_t **numbers)
{
	struct guarding guarding = {
	        .meta = meta,
	        .stack = alloc((meta->count + 1) * sizeof(struct meta_value)),
	        .parts = alloc((meta->count + 1) * sizeof(struct part)),
	        .is_guard = alloc_zero(meta->count + 1, 1),
	};
	size_t count = 0;

	guard_steps(&guarding, cost, context);
	*numbers = alloc((meta->count + 1) * sizeof(**numbers));
	for (size_t i = 0; is_false(guarding.stack[0]) && i < meta->count; i++) {
		if (guarding.is_guard[i])
			(*numbers)[count++] = meta->steps[i].rule;
	}
	free(guarding.stack);
	free(guarding.parts);
	free(guarding.is_guard);
	return count;
}
