/* What a meta's expression is made of: for the files meta*.c. */
#ifndef LIB_SPAM_META_STEPS_H
#define LIB_SPAM_META_STEPS_H

#include "lib/spam/meta.h"

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

/* How many values a step takes off the stack. */
size_t meta_operands(enum op op);

/* Steps in postfix order: each takes its operands off a stack and puts its answer there. */
struct meta {
	struct step *steps;
	size_t count;
	size_t depth, depth_most; /* of the stack behind the last step, and the most there is */
};

#endif
