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
	unsigned long wanted = hits_wanted(rule), hits = run_answer(run, rule)->hits;
	size_t from = 0, start, end;
	enum result result;

	if (!match)
		return 0;
	for (; hits < wanted; hits++) {
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

/* The same, now or when somebody wants to know. */
static void match_or_wait(struct run *run, const struct rule *rule, const struct pieces *pieces)
{
	if (!has_turn(run, rule))
		return;
	if (run_may_wait(run, rule))
		run_put_off(run, rule);
	else
		match_strings(run, rule, pieces);
}

static void match_class(struct run *run, const struct rule_list *list, const struct pieces *pieces)
{
	for (size_t i = 0; i < list->count; i++)
		match_or_wait(run, list->items[i], pieces);
}

/* ------------------------------------------------------------ many patterns at once */

/* Places in a set of rules that one string could match. */
struct candidates {
	const struct many_set *set;
	size_t *places;
	unsigned char *is_one; /* by place */
	size_t count;
};

/* With room for those of any set of so many rules. */
static void candidates_init(struct candidates *candidates, size_t most)
{
	candidates->set = NULL;
	candidates->places = alloc((most + 1) * sizeof(size_t));
	candidates->is_one = alloc_zero(most + 1, 1);
	candidates->count = 0;
}

static void candidates_fini(struct candidates *candidates)
{
	free(candidates->places);
	free(candidates->is_one);
}

static void forget_candidates(struct candidates *candidates)
{
	while (candidates->count)
		candidates->is_one[candidates->places[--candidates->count]] = 0;
}

static void note_candidate(void *context, size_t place)
{
	struct candidates *candidates = context;

	if (candidates->is_one[place])
		return;
	candidates->is_one[place] = 1;
	candidates->places[candidates->count++] = place;
}

/* Where the library fails, every rule could match. */
static void find_candidates(struct candidates *candidates, const char *bytes, size_t size)
{
	const struct many_set *set = candidates->set;

	forget_candidates(candidates);
	if (!hyper_scan(set->hyper, bytes, size, note_candidate, candidates))
		return;
	for (size_t i = 0; i < set->count; i++) {
		if (hyper_has(set->hyper, i))
			note_candidate(candidates, i);
	}
}

/* The set that begins at a place of the list of that kind; NULL if there is none. */
static const struct many_set *find_set(const struct run *run, enum rule_kind kind, size_t first)
{
	for (size_t i = 0; i < run->rules->many_count; i++) {
		if (run->rules->many[i].kind == kind && run->rules->many[i].first == first)
			return &run->rules->many[i];
	}
	return NULL;
}

static void match_candidates(struct run *run, const struct rule_list *list,
        const struct candidates *candidates, const struct pieces *pieces, size_t piece)
{
	size_t size;
	const char *bytes = pieces_at(pieces, piece, &size);

	for (size_t i = 0; i < candidates->count; i++) {
		const struct rule *rule = list->items[candidates->places[i]];

		if (piece == 0 && rule->no_subject)
			continue;
		if (run_may_wait(run, rule))
			run_put_off_piece(run, rule, piece);
		else if (!run_answer(run, rule)->is_unknown)
			match_string(run, rule, bytes, size);
	}
}

/* Those of the list that are in the database: string by string, each with what could match it. */
static void match_many(struct run *run, const struct rule_list *list, const struct many_set *set,
        const struct pieces *pieces)
{
	struct candidates candidates;
	const char *bytes;
	size_t size;

	candidates_init(&candidates, set->count);
	candidates.set = set;
	for (size_t i = 0; i < pieces->count; i++) {
		if (i % STRINGS_BETWEEN_CLOCKS == 0 && run_is_late(run))
			break;
		bytes = pieces_at(pieces, i, &size);
		find_candidates(&candidates, bytes, size);
		match_candidates(run, list, &candidates, pieces, i);
	}
	candidates_fini(&candidates);
	for (size_t i = 0; run->eval->is_late && i < list->count; i++) {
		if (hyper_has(set->hyper, i))
			run_set_unknown(run, list->items[i]);
	}
}

/* All rules of a kind that look at the same strings. */
static void match_kind(struct run *run, enum rule_kind kind, const struct pieces *pieces)
{
	const struct many_set *set = find_set(run, kind, 0);
	const struct rule_list *list = &run->rules->of[kind];

	/* None of those that capture is in the database. */
	if (!set || run->is_first) {
		match_class(run, list, pieces);
		return;
	}
	match_many(run, list, set, pieces);
	for (size_t i = 0; i < list->count; i++) {
		if (!hyper_has(set->hyper, i))
			match_or_wait(run, list->items[i], pieces);
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

/* An absent field is an empty one, unless the rule says what to take for it. */
static void match_header(
        struct run *run, const struct rule *rule, const struct buf *value, int is_there)
{
	const char *bytes = value->data ? value->data : "";
	size_t size = value->size;
	const struct match *match;
	enum result result;

	if (!is_there && rule->needs_field)
		return;
	if (!rule->pattern) {
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

/* The text that header rules look at now. */
struct looked_at {
	struct buf value;
	int is_there;
	struct candidates candidates; /* its set is NULL: each rule is to be asked */
};

static void ask_header(struct run *run, const struct rule *rule, struct looked_at *at)
{
	if (run_is_late(run))
		run_set_unknown(run, rule);
	else
		match_header(run, rule, &at->value, at->is_there);
}

static void look_at(struct run *run, const struct rule_text *text, struct looked_at *at)
{
	const struct rule *rule = run->rules->of[RULE_HEADER].items[text->first];

	buf_clear(&at->value);
	at->is_there = fields_value(run->texts, 0, &rule->header, &at->value);
	at->candidates.set = run->is_first || !at->is_there || !at->value.size
	                             ? NULL
	                             : find_set(run, RULE_HEADER, text->first);
	if (at->candidates.set)
		find_candidates(&at->candidates, at->value.data, at->value.size);
}

/* Is it known already that this rule's pattern doesn't match? */
static int is_denied(const struct candidates *candidates, size_t place)
{
	return candidates->set && hyper_has(candidates->set->hyper, place) &&
	       !candidates->is_one[place];
}

static void match_text(struct run *run, const struct rule_text *text, struct looked_at *at)
{
	const struct rule_list *list = &run->rules->of[RULE_HEADER];
	size_t end;

	look_at(run, text, at);
	end = at->is_there ? text->end : text->needing;
	for (size_t i = text->first; i < end; i++) {
		if (!is_denied(&at->candidates, i - text->first) && has_turn(run, list->items[i]))
			ask_header(run, list->items[i], at);
	}
}

static void set_text_unknown(
        struct run *run, const struct rule_list *list, const struct rule_text *text)
{
	for (size_t i = text->first; i < text->end; i++) {
		if (has_turn(run, list->items[i]))
			run_set_unknown(run, list->items[i]);
	}
}

static void match_headers(struct run *run)
{
	const struct rule_list *list = &run->rules->of[RULE_HEADER];
	const struct rule_texts *texts = &run->rules->header_texts;
	struct looked_at at = {0};

	candidates_init(&at.candidates, list->count);
	for (size_t i = 0; i < texts->count; i++) {
		if (run->is_first && !texts->items[i].captures)
			continue;
		if (run->eval->is_late)
			set_text_unknown(run, list, &texts->items[i]);
		else
			match_text(run, &texts->items[i], &at);
	}
	candidates_fini(&at.candidates);
	buf_fini(&at.value);
}

/* ------------------------------------------------------------ headers of parts */

/* A mimeheader rule looks at each part, the message itself among them, and there at the last field
 * of that name; the first part with a hit is the last one that is looked at. */
static int wants_part(struct run *run, const struct rule *rule, size_t part)
{
	return has_turn(run, rule) && !rule->concat && part + 1 >= rule->first_part &&
	       (!rule->last_part || part < rule->last_part) && !run_answer(run, rule)->hits;
}

static void match_part(
        struct run *run, const struct rule_text *text, size_t part, struct looked_at *at)
{
	const struct rule_list *list = &run->rules->of[RULE_MIMEHEADER];
	struct header_key key = list->items[text->first]->header;
	size_t end;

	key.pick = PICK_LAST;
	buf_clear(&at->value);
	at->is_there = fields_value(run->texts, part, &key, &at->value);
	end = at->is_there ? text->end : text->needing;
	for (size_t i = text->first; i < end; i++) {
		if (wants_part(run, list->items[i], part))
			ask_header(run, list->items[i], at);
	}
}

/* The fields of all parts that are wanted, as one text. */
static void match_joined(struct run *run, const struct rule *rule, struct looked_at *at)
{
	const struct texts *texts = run->texts;
	size_t end = rule->last_part && rule->last_part < texts->parts.count ? rule->last_part
	                                                                     : texts->parts.count;
	struct header_key key = rule->header;
	size_t before;

	key.pick = PICK_LAST;
	buf_clear(&at->value);
	for (size_t i = rule->first_part ? rule->first_part - 1 : 0; i < end; i++) {
		before = at->value.size;
		if (!fields_value(texts, i, &key, &at->value) && rule->if_unset)
			buf_add_string(&at->value, rule->if_unset);
		if (at->value.size == before || at->value.data[at->value.size - 1] != '\n')
			buf_add_char(&at->value, '\n');
	}
	at->is_there = 1;
	ask_header(run, rule, at);
}

static void match_mime_text(struct run *run, const struct rule_text *text, struct looked_at *at)
{
	const struct rule_list *list = &run->rules->of[RULE_MIMEHEADER];

	for (size_t part = 0; part < run->texts->parts.count && !run->eval->is_late; part++)
		match_part(run, text, part, at);
	for (size_t i = text->first; i < text->end && !run->eval->is_late; i++) {
		if (list->items[i]->concat && has_turn(run, list->items[i]))
			match_joined(run, list->items[i], at);
	}
	if (run->eval->is_late)
		set_text_unknown(run, list, text);
}

static void match_mime_headers(struct run *run)
{
	const struct rule_texts *texts = &run->rules->mime_header_texts;
	struct looked_at at = {0};

	for (size_t i = 0; i < texts->count; i++) {
		if (!run->is_first || texts->items[i].captures)
			match_mime_text(run, &texts->items[i], &at);
	}
	buf_fini(&at.value);
}

static const struct pieces *pieces_of(const struct texts *texts, enum rule_kind kind)
{
	return kind == RULE_BODY  ? &texts->body
	       : kind == RULE_URI ? &texts->links.forms
	                          : &texts->rawbody;
}

void run_pattern_now(struct run *run, const struct rule *rule)
{
	const struct pieces *pieces = pieces_of(run->texts, rule->kind);
	size_t at = run_answer(run, rule)->first_piece, size;
	const char *bytes;

	if (!at)
		match_strings(run, rule, pieces);
	for (; at; at = run->later[at - 1].next) {
		if (run_is_late(run)) {
			run_set_unknown(run, rule);
			break;
		}
		bytes = pieces_at(pieces, run->later[at - 1].piece, &size);
		if (!match_string(run, rule, bytes, size))
			break;
	}
}

static int have_turn(const struct run *run, enum rule_kind kind)
{
	return !run->is_first || run->rules->captures[kind];
}

void run_patterns(struct run *run, const struct texts *texts)
{
	if (have_turn(run, RULE_HEADER))
		match_headers(run);
	if (have_turn(run, RULE_MIMEHEADER))
		match_mime_headers(run);
	if (have_turn(run, RULE_BODY))
		match_kind(run, RULE_BODY, &texts->body);
	if (have_turn(run, RULE_URI))
		match_kind(run, RULE_URI, &texts->links.forms);
	if (have_turn(run, RULE_RAWBODY))
		match_kind(run, RULE_RAWBODY, &texts->rawbody);
	if (have_turn(run, RULE_FULL))
		match_full(run, texts);
}
