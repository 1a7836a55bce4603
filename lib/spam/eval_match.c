/* Patterns over the texts of a message. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/eval_run.h"
#include "lib/spam/fields.h"

enum {
	STRINGS_BETWEEN_CLOCKS = 64,
	HITS_MOST = 10000, /* of one rule */
};

/* How many hits of a rule count. */
static unsigned long hits_wanted(const struct rule *rule)
{
	if (!rule->multiple)
		return 1;
	return rule->max_hits ? rule->max_hits : HITS_MOST;
}

/* Rules that capture come first, so that others can look for what they found. */
static int has_turn(const struct run *run, const struct rule *rule)
{
	return rule->captures == run->is_first;
}

static enum result find(struct run *run, const struct rule *rule, const struct match *match,
        const char *bytes, size_t size, size_t from, size_t *start, size_t *end)
{
	if (!rule->captures)
		return match_find(match, bytes, size, from, start, end);
	return match_find_groups(match, bytes, size, from, start, end, run_capture, run);
}

/* All hits of one pattern in one string, up to what is wanted. 0 where the rest of the strings is
 * of no interest: the pattern gave up, or can't match in this message, or all that is wanted is
 * there. */
static int match_string(struct run *run, const struct rule *rule, const char *bytes, size_t size)
{
	const struct match *match = run_pattern(run, rule);
	size_t from = 0, start, end;
	enum result result;

	if (!match)
		return 0;
	while (run_answer(run, rule)->hits < hits_wanted(rule)) {
		result = find(run, rule, match, bytes, size, from, &start, &end);
		if (result == RESULT_NONE)
			return 1;
		if (result) {
			run_give_up(run, rule);
			return 0;
		}
		run_note_hit(run, rule, bytes + start, end - start);
		/* An empty match must not be found for ever. */
		from = end > from ? end : from + 1;
	}
	return 0;
}

/* Runs one pattern over a set of strings, each string alone. */
static void match_strings(struct run *run, const struct rule *rule, const struct pieces *pieces)
{
	const char *bytes;
	size_t size;

	for (size_t i = rule->no_subject ? 1 : 0; i < pieces->count; i++) {
		if (i % STRINGS_BETWEEN_CLOCKS == 0 && run_is_late(run))
			break;
		bytes = pieces_at(pieces, i, &size);
		if (!match_string(run, rule, bytes, size))
			break;
	}
	if (run->eval->is_late)
		run_set_unknown(run, rule);
}

static void match_class(struct run *run, const struct rule_list *list, const struct pieces *pieces)
{
	for (size_t i = 0; i < list->count; i++) {
		if (has_turn(run, list->items[i]))
			match_strings(run, list->items[i], pieces);
	}
}

/* ------------------------------------------------------------ many patterns at once */

/* Places in the list of body rules that one string could match. */
struct candidates {
	size_t *places;
	size_t count;
};

static void note_candidate(void *context, size_t place)
{
	struct candidates *candidates = context;

	candidates->places[candidates->count++] = place;
}

/* Where the library fails, every rule could match. */
static void find_candidates(struct run *run, const char *bytes, size_t size,
        const struct rule_list *list, struct candidates *candidates)
{
	candidates->count = 0;
	if (!hyper_scan(run->rules->many, bytes, size, note_candidate, candidates))
		return;
	candidates->count = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (hyper_has(run->rules->many, i))
			note_candidate(candidates, i);
	}
}

static void match_candidates(struct run *run, const struct rule_list *list,
        const struct candidates *candidates, const char *bytes, size_t size, int is_subject)
{
	for (size_t i = 0; i < candidates->count; i++) {
		const struct rule *rule = list->items[candidates->places[i]];

		if (!run_answer(run, rule)->is_unknown && !(is_subject && rule->no_subject))
			match_string(run, rule, bytes, size);
	}
}

/* Those of the list that are in the database: string by string, each with what could match it. */
static void match_many(struct run *run, const struct rule_list *list, const struct pieces *pieces)
{
	struct candidates candidates = {alloc(list->count * sizeof(size_t)), 0};
	const char *bytes;
	size_t size;

	for (size_t i = 0; i < pieces->count; i++) {
		if (i % STRINGS_BETWEEN_CLOCKS == 0 && run_is_late(run))
			break;
		bytes = pieces_at(pieces, i, &size);
		find_candidates(run, bytes, size, list, &candidates);
		match_candidates(run, list, &candidates, bytes, size, i == 0);
	}
	free(candidates.places);
	for (size_t i = 0; run->eval->is_late && i < list->count; i++) {
		if (hyper_has(run->rules->many, i))
			run_set_unknown(run, list->items[i]);
	}
}

static void match_bodies(struct run *run, const struct pieces *pieces)
{
	const struct rule_list *list = &run->rules->of[RULE_BODY];

	/* None of those that capture is in the database. */
	if (!run->rules->many || run->is_first) {
		match_class(run, list, pieces);
		return;
	}
	match_many(run, list, pieces);
	for (size_t i = 0; i < list->count; i++) {
		if (!hyper_has(run->rules->many, i) && has_turn(run, list->items[i]))
			match_strings(run, list->items[i], pieces);
	}
}

/* ------------------------------------------------------------ the message as it came */

static void match_full(struct run *run, const struct texts *texts)
{
	const struct rule_list *list = &run->rules->of[RULE_FULL];

	for (size_t i = 0; i < list->count; i++) {
		if (!has_turn(run, list->items[i]))
			continue;
		if (run_is_late(run))
			run_set_unknown(run, list->items[i]);
		else
			match_string(run, list->items[i], texts->full.data ? texts->full.data : "",
			        texts->full.size);
	}
}

/* ------------------------------------------------------------ headers */

static int same_key(const struct header_key *a, const struct header_key *b)
{
	/* Case counts, because "ALL" isn't a field that is called "All". */
	return strcmp(a->name, b->name) == 0 && a->form == b->form && a->pick == b->pick &&
	       a->is_raw == b->is_raw;
}

/* An absent field is an empty one, unless the rule says what to take for it. */
static void match_header(
        struct run *run, const struct rule *rule, const struct buf *value, int is_there)
{
	const char *bytes = value->data ? value->data : "";
	size_t size = value->size;
	const struct match *match;
	enum result result;

	if (!rule->pattern) {
		if (is_there)
			run_note_hit(run, rule, bytes, size);
		return;
	}
	if (!is_there) {
		bytes = rule->if_unset ? rule->if_unset : "";
		size = strlen(bytes);
	}
	if (!rule->negated) {
		match_string(run, rule, bytes, size);
		return;
	}
	match = run_pattern(run, rule);
	if (!match)
		return;
	result = match_find(match, bytes, size, 0, NULL, NULL);
	if (result == RESULT_NONE)
		run_note_hit(run, rule, bytes, size);
	else if (result != RESULT_OK)
		run_give_up(run, rule);
}

/* The rules stand in the order of their keys, so each text is made once. */
static void match_headers(struct run *run, const struct texts *texts)
{
	const struct rule_list *list = &run->rules->of[RULE_HEADER];
	const struct header_key *made = NULL; /* what `value` is of */
	struct buf value = {0};
	int is_there = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct rule *rule = list->items[i];

		if (!has_turn(run, rule))
			continue;
		if (run_is_late(run)) {
			run_set_unknown(run, rule);
			continue;
		}
		if (!made || !same_key(&rule->header, made)) {
			made = &rule->header;
			buf_clear(&value);
			is_there = fields_value(texts, 0, &rule->header, &value);
		}
		match_header(run, rule, &value, is_there);
	}
	buf_fini(&value);
}

/* The fields of all parts that are wanted, as one text. */
static void match_joined(struct run *run, const struct rule *rule, const struct texts *texts,
        const struct header_key *key, size_t end)
{
	struct buf value = {0};
	size_t before;

	buf_add(&value, "", 0);
	for (size_t i = rule->first_part ? rule->first_part - 1 : 0; i < end; i++) {
		before = value.size;
		if (!fields_value(texts, i, key, &value) && rule->if_unset)
			buf_add_string(&value, rule->if_unset);
		if (value.size == before || value.data[value.size - 1] != '\n')
			buf_add_char(&value, '\n');
	}
	match_header(run, rule, &value, 1);
	buf_fini(&value);
}

/* A mimeheader rule looks at each part, the message itself among them, and there at the last field
 * of that name; the first part with a hit is the last one that is looked at. */
static void match_mime_header(struct run *run, const struct rule *rule, const struct texts *texts)
{
	size_t end = rule->last_part && rule->last_part < texts->parts.count ? rule->last_part
	                                                                     : texts->parts.count;
	struct header_key key = rule->header;
	struct buf value = {0};
	int is_there;

	key.pick = PICK_LAST;
	if (rule->concat) {
		match_joined(run, rule, texts, &key, end);
		return;
	}
	for (size_t i = rule->first_part ? rule->first_part - 1 : 0; i < end; i++) {
		buf_clear(&value);
		is_there = fields_value(texts, i, &key, &value);
		match_header(run, rule, &value, is_there);
		if (run_answer(run, rule)->hits)
			break;
	}
	buf_fini(&value);
}

static void match_mime_headers(struct run *run, const struct texts *texts)
{
	const struct rule_list *list = &run->rules->of[RULE_MIMEHEADER];

	for (size_t i = 0; i < list->count; i++) {
		if (!has_turn(run, list->items[i]))
			continue;
		if (run_is_late(run))
			run_set_unknown(run, list->items[i]);
		else
			match_mime_header(run, list->items[i], texts);
	}
}

void run_patterns(struct run *run, const struct texts *texts)
{
	match_headers(run, texts);
	match_mime_headers(run, texts);
	match_bodies(run, &texts->body);
	match_class(run, &run->rules->of[RULE_URI], &texts->links.forms);
	match_class(run, &run->rules->of[RULE_RAWBODY], &texts->rawbody);
	match_full(run, texts);
}
