#include "lib/spam/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/spam/fields.h"
#include "lib/spam/rule.h"

enum {
	EXCERPT_MOST_BYTES = 80,
	STRINGS_BETWEEN_CLOCKS = 64,
	HITS_MOST = 10000, /* of one rule */
};

/* What is known of one rule in this message. */
struct answer {
	unsigned long hits;
	double value;   /* what metas see */
	int is_unknown; /* it is between value and most */
	double most;
	char *excerpt;
};

struct run {
	const struct rules *rules;
	const struct eval_input *input;
	struct eval *eval;
	struct answer *answers; /* one for each rule, by its place in rules->all */
};

static struct answer *answer_of(struct run *run, const struct rule *rule)
{
	return &run->answers[rule->number];
}

static int is_late(struct run *run)
{
	if (!run->eval->is_late && run->input->deadline_us &&
	        clock_monotonic_us() >= run->input->deadline_us)
		run->eval->is_late = 1;
	return run->eval->is_late;
}

static void set_unknown(struct answer *answer, const struct rule *rule)
{
	answer->is_unknown = 1;
	answer->most = rule->multiple ? HUGE_VAL : 1;
}

static void give_up(struct run *run, const struct rule *rule)
{
	set_unknown(answer_of(run, rule), rule);
	if (!run->eval->gave_up++)
		run->eval->gave_up_first = alloc_string(rule->name);
}

/* ------------------------------------------------------------ hits */

/* Cut, and what a terminal or a log would not show as it is becomes a dot or a blank. */
static char *excerpt_of(const char *bytes, size_t size)
{
	struct buf out = {0};
	size_t length;

	for (size_t at = 0; at < size && out.size < EXCERPT_MOST_BYTES; at += length ? length : 1) {
		length = utf8_printable((const unsigned char *)bytes + at, size - at);
		if (length)
			buf_add(&out, bytes + at, length);
		else
			buf_add_char(&out, strchr(" \t\r\n", bytes[at]) ? ' ' : '.');
	}
	return out.size ? buf_give(&out) : alloc_string("");
}

static void note_hit(struct run *run, const struct rule *rule, const char *bytes, size_t size)
{
	struct answer *answer = answer_of(run, rule);

	if (!answer->hits++)
		answer->excerpt = excerpt_of(bytes, size);
}

/* How many hits of a rule count. */
static unsigned long hits_wanted(const struct rule *rule)
{
	if (!rule->multiple)
		return 1;
	return rule->max_hits ? rule->max_hits : HITS_MOST;
}

/* All hits of one pattern in one string, up to what is wanted. 0 where the pattern gave up. */
static int match_string(struct run *run, const struct rule *rule, const char *bytes, size_t size)
{
	size_t from = 0, start, end;
	enum result result;

	while (answer_of(run, rule)->hits < hits_wanted(rule)) {
		result = match_find(rule->match, bytes, size, from, &start, &end);
		if (result == RESULT_NONE)
			return 1;
		if (result) {
			give_up(run, rule);
			return 0;
		}
		note_hit(run, rule, bytes + start, end - start);
		/* An empty match must not be found for ever. */
		from = end > from ? end : from + 1;
	}
	return 1;
}

/*
 * Runs all patterns of a class over a set of strings, each string alone. This is the one place
 * where a matcher for many patterns at once would stand.
 */
static void match_class(struct run *run, const struct rule_list *list, const struct pieces *pieces)
{
	for (size_t r = 0; r < list->count; r++) {
		const struct rule *rule = list->items[r];
		unsigned long wanted = hits_wanted(rule);

		for (size_t s = rule->no_subject ? 1 : 0; s < pieces->count; s++) {
			size_t size;
			const char *bytes = pieces_at(pieces, s, &size);

			if (s % STRINGS_BETWEEN_CLOCKS == 0 && is_late(run))
				break;
			if (!match_string(run, rule, bytes, size) ||
			        answer_of(run, rule)->hits >= wanted)
				break;
		}
		if (run->eval->is_late)
			set_unknown(answer_of(run, rule), rule);
	}
}

static void match_full(struct run *run, const struct texts *texts)
{
	const struct rule_list *list = &run->rules->of[RULE_FULL];

	for (size_t i = 0; i < list->count; i++) {
		if (is_late(run))
			set_unknown(answer_of(run, list->items[i]), list->items[i]);
		else
			match_string(run, list->items[i], texts->full.data ? texts->full.data : "",
			        texts->full.size);
	}
}

/* ------------------------------------------------------------ headers */

static int same_key(const struct header_key *a, const struct header_key *b)
{
	/* Case counts, because "ALL" isn't a field that is called "All". */
	return strcmp(a->name, b->name) == 0 && a->form == b->form && a->pick == b->pick;
}

/* An absent field is unlike every pattern, so that !~ hits, unless the rule says what to take for
 * it. */
static void match_header(
        struct run *run, const struct rule *rule, const struct buf *value, int is_there)
{
	const char *bytes = value->data ? value->data : "";
	size_t size = value->size;
	enum result result;

	if (!rule->match) {
		if (is_there)
			note_hit(run, rule, bytes, size);
		return;
	}
	if (!is_there && rule->if_unset) {
		bytes = rule->if_unset;
		size = strlen(bytes);
		is_there = 1;
	}
	if (!rule->negated) {
		if (is_there)
			match_string(run, rule, bytes, size);
		return;
	}
	result = is_there ? match_find(rule->match, bytes, size, 0, NULL, NULL) : RESULT_NONE;
	if (result == RESULT_NONE)
		note_hit(run, rule, bytes, size);
	else if (result != RESULT_OK)
		give_up(run, rule);
}

/* The rules stand in the order of their keys, so each text is made once. */
static void match_headers(struct run *run)
{
	const struct rule_list *list = &run->rules->of[RULE_HEADER];
	struct buf value = {0};
	int is_there = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct rule *rule = list->items[i];

		if (is_late(run)) {
			set_unknown(answer_of(run, rule), rule);
			continue;
		}
		if (!i || !same_key(&rule->header, &list->items[i - 1]->header)) {
			buf_clear(&value);
			is_there = fields_value(run->input->map, 0, &rule->header,
			        run->input->reverse_path, &value);
		}
		match_header(run, rule, &value, is_there);
	}
	buf_fini(&value);
}

/* A mimeheader rule looks at each part but the message itself; !~ hits where any part is unlike. */
static void match_mime_header(struct run *run, const struct rule *rule)
{
	const struct mime_map *map = run->input->map;
	struct buf value = {0};
	int is_there;

	for (size_t i = 0; i < map->part_count; i++) {
		if (answer_of(run, rule)->hits >= hits_wanted(rule))
			break;
		if (map->parts[i].is_synthetic || (i == 0 && map->part_count > 1))
			continue;
		buf_clear(&value);
		is_there = fields_value(map, i, &rule->header, NULL, &value);
		if (is_there || rule->negated)
			match_header(run, rule, &value, is_there);
	}
	buf_fini(&value);
}

static void match_mime_headers(struct run *run)
{
	const struct rule_list *list = &run->rules->of[RULE_MIMEHEADER];

	for (size_t i = 0; i < list->count; i++) {
		if (is_late(run))
			set_unknown(answer_of(run, list->items[i]), list->items[i]);
		else
			match_mime_header(run, list->items[i]);
	}
}

/* ------------------------------------------------------------ metas */

static struct meta_value look(void *context, size_t number)
{
	struct run *run = context;
	const struct answer *answer = &run->answers[number];

	if (answer->is_unknown)
		return (struct meta_value){answer->value, answer->most};
	return (struct meta_value){answer->value, answer->value};
}

static void work_out_meta(struct run *run, const struct rule *rule)
{
	struct answer *answer = answer_of(run, rule);
	struct meta_value value = meta_run(rule->meta, look, run);

	if (meta_is_true(value)) {
		note_hit(run, rule, "", 0);
		answer->value = value.low > 0 ? value.low : 1;
		answer->most = value.high > answer->value ? value.high : answer->value;
		answer->is_unknown = answer->most > answer->value;
	} else if (value.low != value.high) {
		answer->is_unknown = 1;
		answer->most = value.high > 1 ? value.high : 1;
	}
}

static void work_out_metas(struct run *run)
{
	const struct rule_list *list = &run->rules->of[RULE_META];

	for (size_t i = 0; i < run->rules->count; i++) {
		const struct rule *rule = run->rules->all[i];

		if (rule->kind == RULE_UNKNOWN)
			set_unknown(&run->answers[i], rule);
		else
			run->answers[i].value = (double)run->answers[i].hits;
	}
	for (size_t i = 0; i < list->count; i++)
		work_out_meta(run, list->items[i]);
}

/* ------------------------------------------------------------ the whole */

static void add_hit(struct run *run, const struct rule *rule)
{
	struct answer *answer = answer_of(run, rule);
	struct eval *eval = run->eval;
	struct eval_hit *hit;

	if ((eval->count & (eval->count - 1)) == 0)
		eval->hits = alloc_grow(
		        eval->hits, eval->count ? 2 * eval->count : 1, sizeof(*eval->hits));
	hit = &eval->hits[eval->count++];
	hit->name = rule->name;
	hit->describe = rule->describe;
	hit->hits = answer->hits;
	hit->points = rule->score * (double)answer->hits;
	hit->excerpt = answer->excerpt;
	answer->excerpt = NULL;
	eval->score += hit->points;
}

static int by_priority(const void *left, const void *right)
{
	const struct rule *a = *(struct rule *const *)left, *b = *(struct rule *const *)right;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void collect(struct run *run)
{
	const struct rule **hits = alloc(run->rules->count * sizeof(*hits));
	size_t count = 0;

	for (size_t i = 0; i < run->rules->count; i++) {
		if (run->answers[i].hits && !rule_is_hidden(run->rules->all[i]))
			hits[count++] = run->rules->all[i];
	}
	qsort(hits, count, sizeof(*hits), by_priority);
	for (size_t i = 0; i < count; i++)
		add_hit(run, hits[i]);
	free(hits);
}

void eval_run(const struct rules *rules, const struct eval_input *input, struct eval *out)
{
	struct run run = {rules, input, out};
	struct texts texts;

	memset(out, 0, sizeof(*out));
	run.answers = alloc_zero(rules->count, sizeof(*run.answers));
	texts_build(input->map, input->limits, &texts);
	out->cut = texts.cut;
	match_headers(&run);
	match_mime_headers(&run);
	match_class(&run, &rules->of[RULE_BODY], &texts.body);
	match_class(&run, &rules->of[RULE_URI], &texts.links);
	match_class(&run, &rules->of[RULE_RAWBODY], &texts.rawbody);
	match_full(&run, &texts);
	work_out_metas(&run);
	collect(&run);
	for (size_t i = 0; i < rules->count; i++)
		free(run.answers[i].excerpt);
	free(run.answers);
	texts_fini(&texts);
}

void eval_fini(struct eval *eval)
{
	for (size_t i = 0; i < eval->count; i++)
		free(eval->hits[i].excerpt);
	free(eval->hits);
	free(eval->gave_up_first);
	memset(eval, 0, sizeof(*eval));
}
