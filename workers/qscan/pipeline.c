#include "workers/qscan/pipeline.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "workers/qscan/blame.h"
#include "workers/qscan/marker.h"
#include "workers/qscan/report.h"

/* From cheap to dear, and each after what it needs: everything behind `map` reads the map, `virus`
 * and `spam` the contents that `attachments` has unpacked, and `spam` what `model` says. */
static const struct filter *const filters[] = {
        &filter_access,
        &filter_size,
        &filter_map,
        &filter_subject,
        &filter_attachments,
        &filter_virus,
        &filter_model,
        &filter_spam,
};

enum { FILTERS = sizeof(filters) / sizeof(filters[0]) };

struct pipeline {
	void *states[FILTERS];
	size_t opened;
};

enum result pipeline_open(const struct config *config,
        void (*warn)(void *context, const char *sentence), void *context, struct pipeline **out,
        struct err *err)
{
	struct pipeline *pipeline = alloc_zero(1, sizeof(*pipeline));
	enum result result;

	for (; pipeline->opened < FILTERS; pipeline->opened++) {
		const struct filter *filter = filters[pipeline->opened];

		if (!filter->open)
			continue;
		result = filter->open(
		        config, &pipeline->states[pipeline->opened], warn, context, err);
		if (result) {
			pipeline_close(&pipeline);
			return err_wrap(err, result, "%s", filter->name);
		}
	}
	*out = pipeline;
	return RESULT_OK;
}

const char *pipeline_engine(const struct pipeline *pipeline, int64_t *signatures_s)
{
	size_t i;

	for (i = 0; i < FILTERS; i++)
		if (filters[i]->engine && pipeline->states[i])
			return filters[i]->engine(pipeline->states[i], signatures_s);
	*signatures_s = 0;
	return "";
}

enum result pipeline_settle(struct pipeline *pipeline, struct err *err)
{
	enum result result;
	size_t i;

	for (i = 0; i < FILTERS; i++) {
		if (!filters[i]->settle)
			continue;
		result = filters[i]->settle(pipeline->states[i], err);
		if (result)
			return err_wrap(err, result, "%s", filters[i]->name);
	}
	return RESULT_OK;
}

static int is_refused(const struct scan *scan, size_t recipient)
{
	size_t i;

	for (i = 0; i < scan->finding_count; i++)
		if (scan->findings[i].action == ACTION_REJECT &&
		        finding_concerns(&scan->findings[i], recipient))
			return 1;
	return 0;
}

/* An allow rule, or that it is a report, takes some findings away from some recipients, so a reject
 * may not be one. */
static int is_allowed_for_some(const struct scan *scan)
{
	size_t i;

	for (i = 0; i < scan->finding_count; i++)
		if (scan->findings[i].action == ACTION_ALLOW)
			return 1;
	return scan->allowed || report_is_any(scan);
}

/* Refused for everybody: nobody will get or keep it, whatever else is in it. Anything milder goes
 * on, as a virus changes who is told, and a defer is for us to say only where we look. A dry run
 * asks what is in it, as it may be delivered all the same. */
static int is_decided(const struct scan *scan)
{
	size_t i;

	if (scan->submission->dry_run || !scan->finding_count || is_allowed_for_some(scan))
		return 0;
	for (i = 0; i < scan->submission->n_recipients; i++)
		if (!is_refused(scan, i))
			return 0;
	return 1;
}

/* Without the map there is nothing for those behind it; that it is not there was told. */
static int has_what_it_needs(const struct filter *filter, const struct scan *scan)
{
	return scan->map || filter == &filter_access || filter == &filter_size ||
	       filter == &filter_map;
}

static void look(const struct filter *filter, void *state, struct scan *scan)
{
	if (filter->blames_itself || blame_message(scan, filter->name))
		filter->scan(state, scan);
	else if (filter == &filter_map)
		scan->automatic = 1; /* its header was not read */
}

static void run_one(const struct filter *filter, void *state, struct scan *scan)
{
	struct check_cost *cost = &scan->costs[scan->cost_count++];
	int64_t start = clock_monotonic_us();

	cost->name = filter->name;
	if (is_decided(scan) || (filter->wanted && !filter->wanted(state, scan)))
		cost->skipped = 1;
	else if (scan_late(scan))
		scan_unscanned(scan, filter->name, UNSCANNED_TIMEOUT, "no time left");
	else if (!has_what_it_needs(filter, scan))
		cost->skipped = 1;
	else
		look(filter, state, scan);
	cost->cost_us = clock_monotonic_us() - start;
}

/* In thousandths: what people give in tenths meets a threshold in tenths exactly. */
static double sum_of_points(const struct scan *scan)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < scan->finding_count; i++)
		sum += scan->findings[i].points;
	return round(sum * 1000) / 1000;
}

void pipeline_run(struct pipeline *pipeline, struct scan *scan)
{
	size_t i;

	_Static_assert(FILTERS <= sizeof(scan->costs) / sizeof(scan->costs[0]), "room for all");
	for (i = 0; i < FILTERS; i++) {
		marker_stage(scan->marker, (int)i);
		run_one(filters[i], pipeline->states[i], scan);
	}
	scan->score = sum_of_points(scan);
}

/* The filters that take a part to pieces. */
static int is_probed(const struct filter *filter, const struct scan *scan)
{
	if (filter == &filter_map)
		return 1;
	return scan->map && scan->from < scan->to &&
	       (filter == &filter_attachments || filter == &filter_virus);
}

size_t pipeline_probe(struct pipeline *pipeline, struct scan *scan)
{
	const struct filter *filter;
	size_t i;

	marker_alone(scan->marker, scan->to - scan->from == 1);
	for (i = 0; i < FILTERS; i++) {
		filter = filters[i];
		if (!is_probed(filter, scan) || scan_late(scan) ||
		        (filter->wanted && !filter->wanted(pipeline->states[i], scan)))
			continue;
		marker_stage(scan->marker, (int)i);
		look(filter, pipeline->states[i], scan);
	}
	return scan->map ? scan->map->part_count : 0;
}

const char *pipeline_stage(int stage)
{
	if (stage == PIPELINE_VERDICT)
		return "verdict";
	return stage >= 0 && stage < FILTERS ? filters[stage]->name : "none";
}

void pipeline_decline(struct scan *scan, enum unscanned why)
{
	scan->costs[scan->cost_count++] = (struct check_cost){.name = "scanner"};
	scan_unscanned(scan, "scanner", why, "every scanner that looked at it died");
	scan->automatic = 1; /* its header was not read */
}

void pipeline_close(struct pipeline **pipeline)
{
	if (!*pipeline)
		return;
	while ((*pipeline)->opened-- > 0)
		if (filters[(*pipeline)->opened]->close)
			filters[(*pipeline)->opened]->close(
			        &(*pipeline)->states[(*pipeline)->opened]);
	free(*pipeline);
	*pipeline = NULL;
}
