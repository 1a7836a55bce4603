/* What metas come to, and the rules that wait for one of them to want to know. */
#include <math.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/spam/eval_run.h"

/* ------------------------------------------------------------ put off */

int run_may_wait(const struct run *run, const struct rule *rule)
{
	return rule->may_wait && !run->input->with_hidden;
}

void run_put_off(struct run *run, const struct rule *rule)
{
	struct answer *answer = run_touch(run, rule);

	answer->is_put_off = 1;
	answer->is_unknown = 1;
	answer->most = rule->multiple || rule->kind == RULE_EVAL ? HUGE_VAL : 1;
}

void run_put_off_piece(struct run *run, const struct rule *rule, size_t piece)
{
	struct answer *answer = run_touch(run, rule);
	size_t count = run->later_count;

	run_put_off(run, rule);
	if ((count & (count - 1)) == 0)
		run->later = alloc_grow(run->later, count ? 2 * count : 1, sizeof(*run->later));
	run->later[run->later_count++] = (struct later){piece, 0};
	if (answer->last_piece)
		run->later[answer->last_piece - 1].next = run->later_count;
	else
		answer->first_piece = run->later_count;
	answer->last_piece = run->later_count;
}

/* ------------------------------------------------------------ metas */

static struct meta_value look(void *context, size_t number)
{
	struct run *run = context;
	const struct answer *answer = run_answer(run, run->rules->all[number]);

	if (answer->is_unknown)
		return (struct meta_value){answer->value, answer->most};
	return (struct meta_value){answer->value, answer->value};
}

static void ask_now(struct run *run, const struct rule *rule);

static double cost_of(void *context, size_t number)
{
	const struct run *run = context;
	const struct rule *rule = run->rules->all[number];

	return run_answer(run, rule)->is_put_off ? rule->cost : HUGE_VAL;
}

/* What it comes to; asks of what was put off as little as that takes. */
static struct meta_value settle(struct run *run, const struct rule *rule)
{
	struct meta_value value = meta_run(rule->meta, look, run);
	size_t number;

	while (!meta_is_settled(value) && meta_next(rule->meta, look, cost_of, run, &number)) {
		ask_now(run, run->rules->all[number]);
		value = meta_run(rule->meta, look, run);
	}
	return value;
}

static void note_meta(struct run *run, const struct rule *rule, struct meta_value value)
{
	struct answer *answer;

	if (value.low == 0 && value.high == 0)
		return;
	answer = run_touch(run, rule);
	if (meta_is_true(value)) {
		run_note_hit(run, rule, "", 0);
		answer->value = value.low > 0 ? value.low : 1;
		answer->most = value.high > answer->value ? value.high : answer->value;
		answer->is_unknown = answer->most > answer->value;
	} else if (!meta_is_settled(value)) {
		answer->is_unknown = 1;
		answer->most = value.high > 1 ? value.high : 1;
	}
}

/* A meta names only those before it, so this ends. */
static void ask_now(struct run *run, const struct rule *rule)
{
	struct answer *answer = run_touch(run, rule);

	answer->is_put_off = 0;
	answer->is_unknown = 0;
	answer->value = answer->most = 0;
	if (rule->kind == RULE_META) {
		note_meta(run, rule, settle(run, rule));
	} else if (rule->kind == RULE_EVAL) {
		run_function(run, rule);
	} else {
		run_pattern_now(run, rule);
		answer->value = (double)answer->hits;
	}
}

/* It is 0, or what note_meta() would make of it. */
static void put_off_meta(struct run *run, const struct rule *rule, struct meta_value value)
{
	struct answer *answer;

	run_put_off(run, rule);
	answer = run_touch(run, rule);
	answer->value = value.low > 0 ? value.low : value.high < 0;
	answer->most = value.high > 1 ? value.high : 1;
}

/* One that adds nothing may stay unknown, as long as no other asks. */
static void work_out(struct run *run, const struct rule *rule)
{
	struct meta_value value = meta_run(rule->meta, look, run);

	if (meta_is_settled(value))
		note_meta(run, rule, value);
	else if (run_may_wait(run, rule))
		put_off_meta(run, rule, value);
	else
		note_meta(run, rule, settle(run, rule));
}

void run_metas(struct run *run)
{
	const struct rule_list *list = &run->rules->of[RULE_META];

	for (size_t i = 0; i < run->answer_count; i++) {
		if (run->answers[i].rule->kind != RULE_EVAL)
			run->answers[i].value = (double)run->answers[i].hits;
	}
	/* Each stands behind those that it names. */
	for (size_t i = 0; i < list->count; i++) {
		if (run->is_due[i])
			work_out(run, list->items[i]);
	}
}
