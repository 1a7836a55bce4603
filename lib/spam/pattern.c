#include "lib/spam/pattern.h"

#include <assert.h>

int pattern_groups(struct pattern *pattern, const char *bytes, size_t size, size_t from,
        struct match_range *groups, size_t count)
{
	struct err err;

	/* Written by us: one that doesn't compile is our bug. */
	if (!pattern->match)
		assert(!match_new(pattern->text, pattern->flags, &pattern->match, &err));
	return match_groups(pattern->match, bytes, size, from, groups, count) == RESULT_OK;
}

int pattern_is(struct pattern *pattern, const char *bytes, size_t size)
{
	struct match_range whole;

	return pattern_groups(pattern, bytes, size, 0, &whole, 1);
}
