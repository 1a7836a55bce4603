#include "lib/spam/meta.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/meta_steps.h"

enum { DEPTH_MOST = 100, STEPS_MOST = 20000, NAME_MOST = 100 };

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

size_t meta_operands(enum op op)
{
	switch (op) {
	case OP_NUMBER:
	case OP_RULE:
		return 0;
	case OP_NOT:
	case OP_MINUS:
	case OP_UNLESS_FALSE:
	case OP_UNLESS_TRUE:
		return 1;
	case OP_CHOOSE:
		return 3;
	default:
		return 2;
	}
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
	meta->depth = meta->depth + 1 - meta_operands(op);
	if (meta->depth > meta->depth_most)
		meta->depth_most = meta->depth;
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
