/*
 * Points by rules in SpamAssassin's language. What hits is told rule by rule; what the sum means is
 * policy's business. Mail that could not be looked at in full is told as well, so that a text made
 * too long or too slow for the rules does not pass as one without points.
 */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/spam/eval.h"
#include "workers/qscan/scan.h"
#include "workers/qscan/spam_rules.h"

enum {
	WARNINGS_MOST = 50, /* of rule files, one by one; then they are counted */
	PIECES_MOST = 20000,
	LINKS_MOST = 4000,
};

struct spam {
	struct rules *rules;
	struct rules *alone; /* where no model speaks; NULL: the same */
	struct texts_limits limits;
};

struct warner {
	void (*warn)(void *context, const char *sentence);
	void *context;
	size_t count;
};

/* A rule set for a full SpamAssassin has hundreds of lines that are none for us. */
static void warn_some(void *context, const char *sentence)
{
	struct warner *warner = context;

	if (warner->count++ < WARNINGS_MOST)
		warner->warn(warner->context, sentence);
}

static void warn_rest(struct warner *warner)
{
	char *sentence;

	if (warner->count <= WARNINGS_MOST)
		return;
	sentence = alloc_format(
	        "spam.rules: %zu more lines were passed over", warner->count - WARNINGS_MOST);
	warner->warn(warner->context, sentence);
	free(sentence);
}

static void spam_close(void **state)
{
	struct spam *spam = *state;

	if (!spam)
		return;
	rules_free(&spam->rules);
	rules_free(&spam->alone);
	free(spam);
	*state = NULL;
}

static void use_database(const struct config *config, struct rules *rules,
        void (*warn)(void *context, const char *sentence), void *context)
{
	struct err err;

	if (spam_rules_use_database(config, rules, &err) != RESULT_PERMANENT || !warn)
		return;
	err_wrap(&err, RESULT_NONE, "rules are matched one by one");
	warn(context, err.text);
}

static void warn_unheard(const struct config *config, const struct rules *rules,
        void (*warn)(void *context, const char *sentence), void *context)
{
	const struct config_model *model = &config->spam.model;

	if (!warn || !model->enabled || model->bayes != BAYES_POINTS || rules_asking_model(rules))
		return;
	warn(context, "spam.model.bayes is points, but no rule with points asks the model "
	              "(check_bayes): what it says counts for nothing");
}

static enum result spam_open(const struct config *config, void **state,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err)
{
	struct warner warner = {warn, context, 0};
	struct rules *rules = NULL, *alone = NULL;
	struct spam *spam;
	enum result result;

	if (!config->spam.enabled)
		return RESULT_OK;
	result = spam_rules_open(config, warn ? warn_some : NULL, &warner, &rules, err);
	if (!result)
		result = spam_rules_open_alone(config, &alone, err);
	if (result && result != RESULT_NONE) {
		rules_free(&rules);
		return result;
	}
	warn_rest(&warner);
	warn_unheard(config, rules, warn, context);
	use_database(config, rules, warn, context);
	spam = alloc_zero(1, sizeof(*spam));
	spam->limits = (struct texts_limits){config->spam.max_size, PIECES_MOST, LINKS_MOST};
	spam->rules = rules;
	spam->alone = alone;
	*state = spam;
	return RESULT_OK;
}

static int spam_wanted(const void *state, const struct scan *scan)
{
	return state && !scan->allowed;
}

static void tell_hit(struct scan *scan, const struct eval_hit *hit)
{
	struct finding *finding = scan_find(scan, "spam", "spam", hit->name);

	finding->points = hit->points;
	finding->quiet = 1;
	if (*hit->excerpt)
		finding_text(&finding->detail, "%s (\"%s\")", hit->describe, hit->excerpt);
	else
		finding_text(&finding->detail, "%s", hit->describe);
}

static void tell_unscanned(struct scan *scan, const struct eval *eval)
{
	char *what;

	if (eval->is_late)
		scan_unscanned(scan, "spam", UNSCANNED_TIMEOUT, "the rules took too long");
	if (eval->cut) {
		what = alloc_format("more text than spam.max_size: %s", eval->cut);
		scan_unscanned(scan, "spam", UNSCANNED_LIMIT, what);
		free(what);
	}
	if (eval->gave_up) {
		what = alloc_format("a pattern gave up: %s", eval->gave_up_first);
		scan_unscanned(scan, "spam", UNSCANNED_LIMIT, what);
		free(what);
	}
}

static void spam_scan(void *state, struct scan *scan)
{
	struct spam *spam = state;
	int is_alone = spam->alone && !scan->model_speaks;
	struct eval_input input = {
	        .map = scan->map,
	        .limits = &spam->limits,
	        .reverse_path = scan->submission->reverse_path,
	        .probability = scan->model_speaks ? &scan->probability : NULL,
	        .deadline_us = scan->deadline_us,
	};
	struct eval eval;

	eval_run(is_alone ? spam->alone : spam->rules, &input, &eval);
	for (size_t i = 0; i < eval.count; i++)
		tell_hit(scan, &eval.hits[i]);
	tell_unscanned(scan, &eval);
	eval_fini(&eval);
}

const struct filter filter_spam = {
        .name = "spam",
        .open = spam_open,
        .wanted = spam_wanted,
        .scan = spam_scan,
        .close = spam_close,
};
