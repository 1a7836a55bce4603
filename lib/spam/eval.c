#include "lib/spam/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/spam/eval_run.h"

enum { EXCERPT_MOST_BYTES = 80 };

const struct answer *run_answer(const struct run *run, const struct rule *rule)
{
	static const struct answer none = {0};
	size_t place = run->places[rule->number];

	return place ? &run->answers[place - 1] : &none;
}

struct answer *run_touch(struct run *run, const struct rule *rule)
{
	uint32_t *place = &run->places[rule->number];

	if (*place)
		return &run->answers[*place - 1];
	run->answers[run->answer_count++] = (struct answer){.rule = rule};
	*place = (uint32_t)run->answer_count;
	for (size_t i = 0; i < rule->guarded_count; i++)
		run->is_due[rule->guarded[i]] = 1;
	return &run->answers[*place - 1];
}

int run_is_late(struct run *run)
{
	if (!run->eval->is_late && run->input->deadline_us &&
	        clock_last_tick_us() >= run->input->deadline_us)
		run->eval->is_late = 1;
	return run->eval->is_late;
}

void run_set_unknown(struct run *run, const struct rule *rule)
{
	struct answer *answer = run_touch(run, rule);

	answer->is_unknown = 1;
	answer->most = rule->multiple ? HUGE_VAL : 1;
}

void run_give_up(struct run *run, const struct rule *rule)
{
	run_set_unknown(run, rule);
	if (!run->eval->gave_up++)
		run->eval->gave_up_first = alloc_string(rule->name);
}

/* ------------------------------------------------------------ hits */

/* Is a hit of it told? */
static int is_told(const struct run *run, const struct rule *rule)
{
	return run->input->with_hidden || !rule_is_hidden(rule);
}

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

void run_note_hit(struct run *run, const struct rule *rule, const char *bytes, size_t size)
{
	struct answer *answer = run_touch(run, rule);

	/* Of a rule that nobody is told of nobody reads what it matched. */
	if (!answer->hits++ && is_told(run, rule))
		answer->excerpt = excerpt_of(bytes, size);
}

/* ------------------------------------------------------------ functions */

/* A function's number of hits is what metas see; its points count once. */
void run_function(struct run *run, const struct rule *rule)
{
	const struct functions_call call = {
	        rule->arguments, rule->argument_count, rule->was == RULE_RAWBODY};
	unsigned long hits;

	if (run_is_late(run)) {
		run_set_unknown(run, rule);
		return;
	}
	hits = rule->function->run(&run->view, &call);
	if (!hits)
		return;
	run_note_hit(run, rule, "", 0);
	run_touch(run, rule)->value = (double)hits;
}

static void run_functions(struct run *run)
{
	const struct rule_list *list = &run->rules->of[RULE_EVAL];

	for (size_t i = 0; i < list->count; i++) {
		if (run_may_wait(run, list->items[i]))
			run_put_off(run, list->items[i]);
		else
			run_function(run, list->items[i]);
	}
}

/* ------------------------------------------------------------ the whole */

static void add_hit(struct run *run, struct answer *answer)
{
	const struct rule *rule = answer->rule;
	struct eval *eval = run->eval;
	struct eval_hit *hit;

	if ((eval->count & (eval->count - 1)) == 0)
		eval->hits = alloc_grow(
		        eval->hits, eval->count ? 2 * eval->count : 1, sizeof(*eval->hits));
	hit = &eval->hits[eval->count++];
	hit->name = rule->name;
	hit->describe = rule->describe;
	hit->hits = answer->hits;
	hit->points = rule_is_hidden(rule) ? 0 : rule->score * (double)answer->hits;
	hit->excerpt = answer->excerpt;
	answer->excerpt = NULL;
	eval->score += hit->points;
}

static int by_priority(const void *left, const void *right)
{
	const struct rule *a = (*(struct answer *const *)left)->rule;
	const struct rule *b = (*(struct answer *const *)right)->rule;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void collect(struct run *run)
{
	struct answer **hits = alloc((run->answer_count + 1) * sizeof(*hits));
	size_t count = 0;

	for (size_t i = 0; i < run->answer_count; i++) {
		struct answer *answer = &run->answers[i];

		if (answer->hits && is_told(run, answer->rule))
			hits[count++] = answer;
	}
	qsort(hits, count, sizeof(*hits), by_priority);
	for (size_t i = 0; i < count; i++)
		add_hit(run, hits[i]);
	free(hits);
}

static void forget(struct run *run)
{
	for (size_t i = 0; i < run->answer_count; i++) {
		free(run->answers[i].excerpt);
		match_free(&run->answers[i].match);
	}
	free(run->answers);
	free(run->places);
	free(run->is_due);
	free(run->later);
	run_forget_names(run);
}

void eval_run(const struct rules *rules, const struct eval_input *input, struct eval *out)
{
	struct run run = {.rules = rules, .input = input, .eval = out};
	struct texts texts;

	memset(out, 0, sizeof(*out));
	run.answers = alloc((rules->count + 1) * sizeof(*run.answers));
	run.places = alloc_zero(rules->count + 1, sizeof(*run.places));
	run.is_due = (unsigned char *)alloc_bytes(rules->always_due, rules->of[RULE_META].count);
	texts_build(&(struct texts_input){input->map, input->limits, rules->lists,
	                    input->reverse_path, rules->of[RULE_URI_DETAIL].count > 0},
	        &texts);
	out->cut = texts.cut;
	run.texts = &texts;
	run.view = (struct functions_view){
	        .map = input->map,
	        .texts = &texts,
	        .lists = rules->lists,
	        .reverse_path = input->reverse_path,
	        .probability = input->probability,
	};
	run.is_first = 1;
	run_patterns(&run, &texts);
	run.is_first = 0;
	run_patterns(&run, &texts);
	run_details(&run, texts.links.details);
	run_functions(&run);
	run_metas(&run);
	collect(&run);
	forget(&run);
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
