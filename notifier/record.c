#include "notifier/record.h"

#include <stdlib.h>

#include "lib/base/alloc.h"

enum { MOST_DOUBLINGS = 6 };

void record_outcome_add(
        struct record_outcome *outcome, char *address, enum result result, const char *reply)
{
	if (result == RESULT_OK)
		return;
	buf_clear(&outcome->text);
	buf_add_format(&outcome->text, "%s: %s", address, reply);
	if (result == RESULT_PERMANENT) {
		outcome->dead = 1;
		return;
	}
	outcome->remaining = alloc_grow(
	        outcome->remaining, outcome->remaining_count + 1, sizeof(*outcome->remaining));
	outcome->remaining[outcome->remaining_count++] = address;
}

void record_outcome_settle(struct record_outcome *outcome, uint32_t attempts_before,
        const struct record_limits *limits)
{
	unsigned doublings = attempts_before < MOST_DOUBLINGS ? attempts_before : MOST_DOUBLINGS;

	buf_add(&outcome->text, "", 0);
	if (!outcome->remaining_count) {
		outcome->done = !outcome->dead;
		return;
	}
	/* Those refused for good are told in the text; those that remain get their further tries.
	 */
	outcome->dead = attempts_before + 1 >= limits->attempts;
	outcome->retry_ms = limits->retry_ms << doublings;
}

void record_outcome_fini(struct record_outcome *outcome)
{
	free(outcome->remaining);
	buf_fini(&outcome->text);
	*outcome = (struct record_outcome){0};
}
