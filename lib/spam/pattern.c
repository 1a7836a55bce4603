#include "lib/spam/pattern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/regex.h"

enum { KEPT_MOST = 512 };

static unsigned settled; /* flags for what is compiled from now on */

void pattern_settle(void)
{
	settled = MATCH_NO_JIT;
}

static const struct match *compiled(struct pattern *pattern)
{
	struct err err;

	/* Written by us: one that doesn't compile is our bug. */
	if (!pattern->match)
		assert(!match_new(pattern->text, pattern->flags | settled, &pattern->match, &err));
	return pattern->match;
}

int pattern_groups(struct pattern *pattern, const char *bytes, size_t size, size_t from,
        struct match_range *groups, size_t count)
{
	if (pattern->needs &&
	        (!size || !memmem(bytes, size, pattern->needs, strlen(pattern->needs))))
		return 0;
	return match_groups(compiled(pattern), bytes, size, from, groups, count) == RESULT_OK;
}

int pattern_groups_between(struct pattern *pattern, const char *bytes, size_t size, size_t from,
        size_t last, struct match_range *groups, size_t count)
{
	return match_groups_between(compiled(pattern), bytes, size, from, last, groups, count) ==
	       RESULT_OK;
}

int pattern_is(struct pattern *pattern, const char *bytes, size_t size)
{
	struct match_range whole;

	return pattern_groups(pattern, bytes, size, 0, &whole, 1);
}

/* ------------------------------------------------------------ of texts */

static struct match *compile(const char *text, int is_rule)
{
	struct match *match = NULL;
	unsigned flags = MATCH_LATIN1;
	char *pattern = NULL;
	struct err err;

	if (is_rule && regex_read(text, &pattern, &flags, &err))
		return NULL;
	if (match_new(pattern ? pattern : text, flags | settled, &match, &err))
		match = NULL;
	free(pattern);
	return match;
}

struct kept_pattern {
	char *text; /* NULL: free */
	int is_rule;
	struct match *match;
};

/* The text's own slot, or the free one where the search for it ends. */
static struct kept_pattern *find_slot(struct kept_pattern *slots, const char *text, int is_rule)
{
	size_t hash = 5381 + (size_t)is_rule;

	for (const char *at = text; *at; at++)
		hash = hash * 33 ^ (unsigned char)*at;
	for (;; hash++) {
		struct kept_pattern *slot = &slots[hash % (2 * KEPT_MOST)];

		if (!slot->text || (slot->is_rule == is_rule && strcmp(slot->text, text) == 0))
			return slot;
	}
}

static const struct match *keep(const char *text, int is_rule)
{
	static struct kept_pattern slots[2 * KEPT_MOST];
	static size_t count;
	struct kept_pattern *slot = find_slot(slots, text, is_rule);

	if (slot->text)
		return slot->match;
	if (count == KEPT_MOST)
		return NULL;
	count++;
	*slot = (struct kept_pattern){alloc_string(text), is_rule, compile(text, is_rule)};
	return slot->match;
}

const struct match *pattern_of(const char *text)
{
	return keep(text, 0);
}

const struct match *pattern_of_rule(const char *text)
{
	return keep(text, 1);
}
