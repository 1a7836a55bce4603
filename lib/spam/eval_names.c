/* What named groups captured, and the patterns in which it is looked for again. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/eval_run.h"
#include "lib/spam/regex.h"

void run_capture(void *context, const char *name, const char *bytes, size_t size)
{
	struct run *run = context;
	struct captured *captured;

	/* Names that aren't in capitals are the pattern's own business. */
	if (!isupper((unsigned char)*name) || size > CAPTURED_MOST_BYTES ||
	        run->captured_count == CAPTURED_MOST)
		return;
	for (size_t i = 0; i < run->captured_count; i++) {
		captured = &run->captured[i];
		if (strcmp(captured->name, name) == 0 && strlen(captured->value) == size &&
		        memcmp(captured->value, bytes, size) == 0)
			return;
	}
	captured = &run->captured[run->captured_count++];
	captured->name = alloc_string(name);
	captured->value = alloc_bytes(bytes, size);
}

/* "(?:one|other)", each taken literally; NULL where nothing was captured by that name. */
static char *alternatives(void *context, const char *name, size_t size)
{
	const struct run *run = context;
	struct buf out = {0};

	for (size_t i = 0; i < run->captured_count; i++) {
		const struct captured *captured = &run->captured[i];

		if (strlen(captured->name) != size || memcmp(captured->name, name, size) != 0)
			continue;
		buf_add_string(&out, out.size ? "|" : "(?:");
		regex_quote(captured->value, strlen(captured->value), &out);
	}
	if (!out.size)
		return NULL;
	buf_add_char(&out, ')');
	return buf_give(&out);
}

const struct match *run_pattern(struct run *run, const struct rule *rule)
{
	struct answer *answer;
	char *pattern;

	if (!rule->is_template)
		return rule->match;
	answer = run_touch(run, rule);
	if (answer->has_match)
		return answer->match;
	answer->has_match = 1;
	pattern = regex_fill_template(rule->pattern, alternatives, run);
	/* Scanners may not make memory executable, so there is no JIT. */
	if (pattern && match_new(pattern, rule->flags | MATCH_NO_JIT, &answer->match, NULL))
		run_give_up(run, rule);
	free(pattern);
	return answer->match;
}

void run_forget_names(struct run *run)
{
	for (size_t i = 0; i < run->captured_count; i++) {
		free(run->captured[i].name);
		free(run->captured[i].value);
	}
	run->captured_count = 0;
}
