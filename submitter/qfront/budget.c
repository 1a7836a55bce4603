#include "submitter/qfront/budget.h"

#include <assert.h>

int budget_enter(struct budget *budget)
{
	if (budget->messages >= budget->max_messages)
		return 0;
	budget->messages++;
	return 1;
}

int budget_take(struct budget *budget, uint64_t bytes)
{
	if (bytes > budget->max_bytes - budget->bytes)
		return 0;
	budget->bytes += bytes;
	return 1;
}

void budget_leave(struct budget *budget, uint64_t bytes)
{
	assert(budget->messages > 0 && budget->bytes >= bytes);
	budget->messages--;
	budget->bytes -= bytes;
}
