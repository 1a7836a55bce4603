/*
 * The bounds of what is in hand at once. What would go beyond them is asked to come again later, at
 * once and before it is read. Pure.
 */
#ifndef SUBMITTER_QFRONT_BUDGET_H
#define SUBMITTER_QFRONT_BUDGET_H

#include <stdint.h>

struct budget {
	uint64_t max_messages, max_bytes;
	uint64_t messages, bytes;
};

/* 0: there is no room, and nothing was taken. */
int budget_enter(struct budget *budget);
int budget_take(struct budget *budget, uint64_t bytes);

/* Gives back a message and all its bytes. */
void budget_leave(struct budget *budget, uint64_t bytes);

#endif
