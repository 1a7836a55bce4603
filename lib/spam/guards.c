#include "lib/spam/guards.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

/* Sums over metas of metas of metas end here. */
enum { MOST = 1000000000 };

static double bounded(double sum)
{
	return sum < MOST ? sum : MOST;
}

/* ------------------------------------------------------------ costs */

/* Only those of rules that are put off are compared. A pattern's grows with what it tries, and with
 * the text; a function's answer is often there already. */
static double cost_alone(const struct rule *rule)
{
	double size = rule->pattern ? (double)strlen(rule->pattern) : 0;

	return rule->kind == RULE_META      ? 0
	       : rule->kind == RULE_RAWBODY ? 10 + size / 10
	                                    : 1 + size / 50;
}

/* A meta's is that of all that it names. */
static void note_costs(struct rules *rules)
{
	const struct rule_list *metas = &rules->of[RULE_META];
	size_t number;

	for (size_t i = 0; i < rules->count; i++)
		rules->all[i]->cost = cost_alone(rules->all[i]);
	for (size_t m = 0; m < metas->count; m++) {
		struct rule *meta = metas->items[m];

		for (size_t i = 0; meta_needs(meta->meta, i, &number); i++) {
			if (rules->all[number]->may_wait)
				meta->cost = bounded(meta->cost + rules->all[number]->cost);
		}
	}
}

/* ------------------------------------------------------------ guards */

/* Adds a meta, by its place in their list, to those that a rule guards. */
static void add_guarded(struct rule *rule, size_t meta)
{
	size_t count = rule->guarded_count;

	if (count && rule->guarded[count - 1] == meta)
		return;
	if ((count & (count - 1)) == 0)
		rule->guarded =
		        alloc_grow(rule->guarded, count ? 2 * count : 1, sizeof(*rule->guarded));
	rule->guarded[rule->guarded_count++] = meta;
}

enum { IN_EACH = 100, IN_SOME = 5 };

/* In how many of a hundred messages its answer is something else than that it didn't hit, as far as
 * can be told. A rule that is put off as a whole is unknown in each. */
static double chance_alone(const struct rule *rule)
{
	int is_put_off = rule->may_wait && rule->kind == RULE_EVAL;

	return rule->kind == RULE_META ? 0 : is_put_off ? IN_EACH : IN_SOME;
}

static double chance_of(void *chances, size_t number)
{
	return ((const double *)chances)[number];
}

static struct meta_value look_at_nothing(void *context, size_t number)
{
	return (struct meta_value){0, 0};
}

static void note_guards(struct rules *rules, struct rule *meta, size_t place, double *chances)
{
	struct meta_value value = meta_run(meta->meta, look_at_nothing, NULL);
	size_t *guards, count = meta_guards(meta->meta, chance_of, chances, &guards);
	double sum = 0;

	rules->always_due[place] = value.low != 0 || value.high != 0;
	for (size_t i = 0; i < count; i++) {
		add_guarded(rules->all[guards[i]], place);
		sum = bounded(sum + chances[guards[i]]);
	}
	chances[meta->number] = rules->always_due[place] ? IN_EACH : sum;
	free(guards);
}

void guards_note(struct rules *rules)
{
	const struct rule_list *metas = &rules->of[RULE_META];
	double *chances = alloc((rules->count + 1) * sizeof(*chances));

	rules->always_due = alloc_zero(metas->count + 1, 1);
	note_costs(rules);
	for (size_t i = 0; i < rules->count; i++)
		chances[i] = chance_alone(rules->all[i]);
	for (size_t i = 0; i < metas->count; i++)
		note_guards(rules, metas->items[i], i, chances);
	free(chances);
}
