/*
 * What the statistical model says, and points by it, unless rules that ask for what it says have
 * them. Where there is none, or it has learned too little, the rules score alone, and header fields
 * and explain say so: it is no part of the message that could not be looked at, so nothing is
 * unscanned.
 */
#include <math.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/features/features.h"
#include "workers/qscan/scan.h"

enum { NAMED = 6, NAME_ROOM = 40 };

static int model_wanted(const void *state, const struct scan *scan)
{
	const struct config_spam *spam = &scan->config->spam;

	return spam->enabled && spam->model.enabled && !scan->allowed;
}

/* ---- what counted most, for who wants to know ---- */

struct strongest {
	uint32_t index[NAMED];
	float weight[NAMED];
	size_t count;
};

static void offer(struct strongest *strongest, uint32_t index, float weight)
{
	size_t at = strongest->count < NAMED ? strongest->count++ : NAMED - 1;

	if (at == NAMED - 1 && fabsf(strongest->weight[at]) >= fabsf(weight))
		return;
	for (; at > 0 && fabsf(strongest->weight[at - 1]) < fabsf(weight); at--) {
		strongest->index[at] = strongest->index[at - 1];
		strongest->weight[at] = strongest->weight[at - 1];
	}
	strongest->index[at] = index;
	strongest->weight[at] = weight;
}

static void name_strongest(
        const struct scan *scan, const struct model_features *features, struct buf *out)
{
	struct strongest strongest = {.count = 0};
	char *texts[NAMED] = {NULL};
	size_t at;

	for (at = 0; at < features->count; at++)
		offer(&strongest, features->list[at],
		        scan->model->records[model_index(features->list[at])].weight);
	features_name(scan->map, scan->model->facts.seed, strongest.index, strongest.count, texts);
	for (at = 0; at < strongest.count; at++) {
		buf_add_format(out, "%s\"%s\" %+.2f",
		        at ? ", " : "; strongest: ", texts[at] ? texts[at] : "?",
		        (double)strongest.weight[at]);
		free(texts[at]);
	}
}

/* ---- points ---- */

static double points_of(
        const struct config_model *config, const struct model_facts *facts, double logit)
{
	int is_fitted = facts->weight > 0;
	double points = is_fitted ? facts->weight * logit + facts->toll
	                          : config->weight * logit + config->toll;

	return fmax(-config->most, fmin(config->most, points));
}

static void tell(struct scan *scan, const struct model_features *features, double logit)
{
	const struct config_model *config = &scan->config->spam.model;
	int by_rules = config->bayes == BAYES_POINTS;
	double points = by_rules ? 0 : points_of(config, &scan->model->facts, logit);
	struct finding *finding =
	        scan_find(scan, "model", "spam", logit > 0 ? "MODEL_SPAM" : "MODEL_HAM");
	struct buf detail = {0};

	finding->points = points;
	finding->quiet = 1;
	buf_add_format(&detail, "the model says %.2f %% spam (logit %.2f)", 100 * scan->probability,
	        logit);
	if (scan->is_explained)
		name_strongest(scan, features, &detail);
	finding_text(&finding->detail, "%s", detail.data);
	buf_fini(&detail);
	scan->model_said = by_rules ? alloc_string("rules") : alloc_format("%.1f", points);
}

static int is_empty(const struct model_facts *facts)
{
	return !facts->generation && !facts->spam && !facts->ham;
}

static void model_scan(void *state, struct scan *scan)
{
	uint64_t least = scan->config->spam.model.least;
	struct model_features features;
	double logit;

	if (!scan->model || is_empty(&scan->model->facts)) {
		scan->model_said = alloc_string("none");
		return;
	}
	if (scan->model->facts.spam < least || scan->model->facts.ham < least) {
		scan->model_said = alloc_string("young");
		return;
	}
	features_of(scan->map, scan->model->facts.seed, &features);
	logit = model_logit(scan->model, &features);
	scan->probability = model_probability(logit);
	scan->model_speaks = 1;
	tell(scan, &features, logit);
	features_free(&features);
}

const struct filter filter_model = {
        .name = "model",
        .wanted = model_wanted,
        .scan = model_scan,
};
