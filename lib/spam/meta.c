#include "lib/spam/meta.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

enum { DEPTH_MOST = 100, STEPS_MOST = 20000, STEPS_FEW = 64, NAME_MOST = 100 };

enum op {
	OP_NUMBER,
	OP_RULE,
	OP_NOT,
	OP_MINUS,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_ADD,
	OP_SUBTRACT,
	OP_LESS,
	OP_LESS_SAME,
	OP_MORE,
	OP_MORE_SAME,
	OP_SAME,
	OP_OTHER,
	OP_EITHER_BIT,
	OP_AND,
	OP_OR,
	OP_CHOOSE,
	OP_UNLESS_FALSE, /* goes on behind the && where that is decided already, */
	OP_UNLESS_TRUE,  /* and behind the || */
};

struct step {
	enum op op;
	double number;
	size_t rule; /* of the last two: where to go on */
};

/* Steps in postfix order: each takes its operands off a stack and puts its answer there. */
struct meta {
	struct step *steps;
	size_t count;
};

struct parser {
	const char *start, *at;
	struct meta *meta;
	meta_name *name;
	void *context;
	int depth;
	struct err *err;
};

/* Operators of two operands, longest spelling first. */
static const struct {
	const char *text;
	int binds; /* the higher, the tighter */
	enum op op;
} operators[] = {
        {"&&", 2, OP_AND},
        {"||", 1, OP_OR},
        {"^", 3, OP_EITHER_BIT},
        {"==", 4, OP_SAME},
        {"!=", 4, OP_OTHER},
        {"<=", 5, OP_LESS_SAME},
        {">=", 5, OP_MORE_SAME},
        {"<", 5, OP_LESS},
        {">", 5, OP_MORE},
        {"+", 6, OP_ADD},
        {"-", 6, OP_SUBTRACT},
        {"*", 7, OP_MULTIPLY},
        {"/", 7, OP_DIVIDE},
};

enum { BINDS_CHOICE = 0, BINDS_UNARY = 8 };

static enum result parse_expression(struct parser *parser, int least);

static enum result complain(struct parser *parser, const char *what)
{
	return err_set(parser->err, RESULT_PERMANENT, "%s at \"%.20s\"", what, parser->at);
}

static void skip_blanks(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t\r\n");
}

static enum result add_step(struct parser *parser, enum op op, double number, size_t rule)
{
	struct meta *meta = parser->meta;

	if (meta->count == STEPS_MOST)
		return complain(parser, "too long an expression");
	if ((meta->count & (meta->count - 1)) == 0)
		meta->steps = alloc_grow(
		        meta->steps, meta->count ? 2 * meta->count : 1, sizeof(*meta->steps));
	meta->steps[meta->count++] = (struct step){op, number, rule};
	return RESULT_OK;
}

static enum result parse_number(struct parser *parser)
{
	size_t size = strspn(parser->at, "0123456789.");
	char digits[32];

	if (size >= sizeof(digits))
		return complain(parser, "too long a number");
	memcpy(digits, parser->at, size);
	digits[size] = '\0';
	parser->at += size;
	return add_step(parser, OP_NUMBER, strtod(digits, NULL), 0);
}

static enum result parse_name(struct parser *parser)
{
	char name[NAME_MOST + 1];
	size_t size = 0;

	while (isalnum((unsigned char)parser->at[size]) || parser->at[size] == '_')
		size++;
	if (size > NAME_MOST)
		return complain(parser, "too long a name");
	memcpy(name, parser->at, size);
	name[size] = '\0';
	parser->at += size;
	/* No rule of ours asks the network, so to a rule set this is a local-only run. */
	if (strcmp(name, "local_tests_only") == 0)
		return add_step(parser, OP_NUMBER, 1, 0);
	return add_step(parser, OP_RULE, 0, parser->name(parser->context, name));
}

static enum result parse_operand(struct parser *parser)
{
	enum result result;
	char first;

	skip_blanks(parser);
	first = *parser->at;
	if (first == '!' || first == '-') {
		parser->at++;
		result = parse_expression(parser, BINDS_UNARY);
		return result ? result : add_step(parser, first == '!' ? OP_NOT : OP_MINUS, 0, 0);
	}
	if (first == '(') {
		parser->at++;
		result = parse_expression(parser, BINDS_CHOICE);
		if (result)
			return result;
		if (*parser->at != ')')
			return complain(parser, "a ) is missing");
		parser->at++;
		return RESULT_OK;
	}
	if (isdigit((unsigned char)first) || first == '.')
		return parse_number(parser);
	if (isalpha((unsigned char)first) || first == '_')
		return parse_name(parser);
	return complain(parser, "a rule's name or a number is missing");
}

/* Index of the operator that stands here, or -1. */
static int find_operator(const char *at)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (strncmp(at, operators[i].text, strlen(operators[i].text)) == 0)
			return (int)i;
	}
	return -1;
}

static enum result parse_choice(struct parser *parser)
{
	enum result result;

	parser->at++;
	result = parse_expression(parser, BINDS_CHOICE);
	if (result)
		return result;
	if (*parser->at != ':')
		return complain(parser, "a : is missing");
	parser->at++;
	result = parse_expression(parser, BINDS_CHOICE);
	return result ? result : add_step(parser, OP_CHOOSE, 0, 0);
}

/* An && or || looks at its right side only where the left one doesn't decide. */
static enum result parse_right(struct parser *parser, enum op op, int least)
{
	size_t skip = parser->meta->count;
	enum result result = RESULT_OK;

	if (op == OP_AND || op == OP_OR)
		result = add_step(parser, op == OP_AND ? OP_UNLESS_FALSE : OP_UNLESS_TRUE, 0, 0);
	if (!result)
		result = parse_expression(parser, least);
	if (!result)
		result = add_step(parser, op, 0, 0);
	if (!result && (op == OP_AND || op == OP_OR))
		parser->meta->steps[skip].rule = parser->meta->count;
	return result;
}

/* Precedence climbing: takes in operators that bind at least as tightly as `least`. */
static enum result parse_operators(struct parser *parser, int least)
{
	enum result result = parse_operand(parser);
	int found;

	while (!result) {
		skip_blanks(parser);
		if (*parser->at == '?' && least == BINDS_CHOICE)
			return parse_choice(parser);
		found = find_operator(parser->at);
		if (found < 0 || operators[found].binds < least)
			return RESULT_OK;
		parser->at += strlen(operators[found].text);
		result = parse_right(parser, operators[found].op, operators[found].binds + 1);
	}
	return result;
}

static enum result parse_expression(struct parser *parser, int least)
{
	enum result result;

	if (parser->depth == DEPTH_MOST)
		return complain(parser, "nested too deep");
	parser->depth++;
	result = parse_operators(parser, least);
	parser->depth--;
	return result;
}

enum result meta_parse(
        const char *text, meta_name *name, void *context, struct meta **out, struct err *err)
{
	struct meta *meta = alloc_zero(1, sizeof(*meta));
	struct parser parser = {text, text, meta, name, context, 0, err};
	enum result result = parse_expression(&parser, BINDS_CHOICE);

	if (!result && *parser.at)
		result = complain(&parser, "an operator is missing");
	if (result) {
		meta_free(&meta);
		return result;
	}
	*out = meta;
	return RESULT_OK;
}

void meta_free(struct meta **meta)
{
	if (!*meta)
		return;
	free((*meta)->steps);
	free(*meta);
	*meta = NULL;
}

int meta_needs(const struct meta *meta, size_t nth, size_t *number)
{
	for (size_t i = 0; i < meta->count; i++) {
		if (meta->steps[i].op != OP_RULE || nth--)
			continue;
		*number = meta->steps[i].rule;
		return 1;
	}
	return 0;
}

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
