/* uri_detail rules: conditions that must all hold of one address. */
#include "lib/spam/eval_run.h"

enum { ENTRIES_BETWEEN_CLOCKS = 64 };

/* RESULT_OK: the text is what the condition wants. */
static enum result is_wanted(const struct rule_detail *detail, const char *bytes, size_t size)
{
	enum result result = match_find(detail->match, bytes, size, 0, NULL, NULL);

	if (!detail->negated || (result != RESULT_OK && result != RESULT_NONE))
		return result;
	return result == RESULT_OK ? RESULT_NONE : RESULT_OK;
}

/* One of the values of that key is enough. */
static enum result holds(
        const struct details *details, size_t entry, const struct rule_detail *detail)
{
	static const char parsed[] = "parsed";
	enum result result = RESULT_NONE;
	const char *value;
	size_t at = 0, size, count = 0;

	if (detail->key == DETAILS_RAW) {
		value = details_raw(details, entry, &size);
		return is_wanted(detail, value, size);
	}
	while (result == RESULT_NONE &&
	        (value = details_next(details, entry, detail->key, &at, &size))) {
		result = is_wanted(detail, value, size);
		count++;
	}
	if (detail->key == DETAILS_TYPE && !count)
		return is_wanted(detail, parsed, sizeof(parsed) - 1);
	return result;
}

static enum result all_hold(const struct details *details, size_t entry, const struct rule *rule)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < rule->detail_count && !result; i++)
		result = holds(details, entry, &rule->details[i]);
	return result;
}

static void ask(struct run *run, const struct rule *rule, const struct details *details)
{
	enum result result = RESULT_NONE;
	const char *raw;
	size_t size;

	for (size_t i = 0; result == RESULT_NONE && i < details_count(details); i++) {
		if (i % ENTRIES_BETWEEN_CLOCKS == 0 && run_is_late(run)) {
			run_set_unknown(run, rule);
			return;
		}
		result = all_hold(details, i, rule);
		if (!result) {
			raw = details_raw(details, i, &size);
			run_note_hit(run, rule, raw, size);
		}
	}
	if (result && result != RESULT_NONE)
		run_give_up(run, rule);
}

void run_details(struct run *run, const struct details *details)
{
	const struct rule_list *list = &run->rules->of[RULE_URI_DETAIL];

	for (size_t i = 0; details && i < list->count; i++) {
		if (run_is_late(run))
			run_set_unknown(run, list->items[i]);
		else
			ask(run, list->items[i], details);
	}
}
