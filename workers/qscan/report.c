#include "workers/qscan/report.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/mime/decode.h"
#include "workers/qscan/example.h"

/* ---- whose mail it is ---- */

static int is_automatic(const struct scan *scan)
{
	return !*scan->submission->reverse_path || scan->marked;
}

enum reports_kind report_kind(
        const struct scan *scan, size_t recipient, const struct config_report **rule)
{
	const struct reports_sender sender = {
	        scan->submission->sasl_username, scan->submission->client_address};

	*rule = NULL;
	if (!scan->config->spam.model.reports.count || is_automatic(scan))
		return REPORTS_NONE;
	return reports_find(
	        scan->config, scan->submission->recipients[recipient]->address, &sender, rule);
}

int report_is_any(const struct scan *scan)
{
	const struct config_report *rule;
	size_t at;

	if (!scan->config->spam.model.reports.count)
		return 0;
	for (at = 0; at < scan->submission->n_recipients; at++)
		if (report_kind(scan, at, &rule) != REPORTS_NONE)
			return 1;
	return 0;
}

/* ---- what is attached ---- */

/* A file of a web page that calls itself a message has no such fields, and what has lost its header
 * is no mail any more. */
static int is_mail(const struct mime_map *map, size_t part)
{
	static const char *const names[] = {"Received", "Message-ID", "From", "Date"};
	size_t at;

	for (at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		if (mime_field(map, part, names[at], 0))
			return 1;
	return 0;
}

/* Of one that has to be decoded first that shows later. */
static int looks_like_mail(const struct mime_map *map, size_t part)
{
	if (map->parts[part].needs_decoding)
		return 1;
	return part + 1 < map->part_count && map->parts[part + 1].parent == part &&
	       is_mail(map, part + 1);
}

/* A message that lies in no other one. */
static int is_attached(const struct mime_map *map, size_t part)
{
	size_t at = part;

	if (!map->parts[part].is_message || !looks_like_mail(map, part))
		return 0;
	while (map->parts[at].parent != at) {
		at = map->parts[at].parent;
		if (map->parts[at].is_message)
			return 0;
	}
	return 1;
}

size_t report_attached(const struct scan *scan)
{
	size_t at, count = 0;

	for (at = 0; scan->map && at < scan->map->part_count; at++)
		count += (size_t)is_attached(scan->map, at);
	return count;
}

static Lz__Example *example_of(const struct mime_map *map, uint64_t seed, Lz__Lesson lesson)
{
	Lz__Example *example = alloc(sizeof(*example));
	struct model_features features;
	uint8_t *bytes;
	size_t at;

	features_of(map, seed, &features);
	lz__example__init(example);
	example->lesson = lesson;
	example->digest.data = alloc_zero(EXAMPLE_DIGEST, 1);
	example->digest.len = EXAMPLE_DIGEST;
	example_digest(map, example->digest.data);
	bytes = alloc_zero(features.count + 1, 4);
	for (at = 0; at < 4 * features.count; at++)
		bytes[at] = (uint8_t)(features.list[at / 4] >> 8 * (at % 4));
	example->features.data = bytes;
	example->features.len = 4 * features.count;
	example->words = (uint32_t)features.words;
	features_free(&features);
	return example;
}

static void add_mail(const struct scan *scan, const void *bytes, size_t size, Lz__Report *report)
{
	struct example_mail bare;
	struct mime_map *map;

	example_bare(scan->config, bytes, size, &bare);
	map = mime_map_new(bare.bytes, bare.size, NULL);
	if (is_mail(map, 0))
		report->examples[report->n_examples++] =
		        example_of(map, report->seed, report->lesson);
	mime_map_free(&map);
	example_bare_free(&bare);
}

static void add_part(const struct scan *scan, size_t part, Lz__Report *report)
{
	const struct mime_part *found = &scan->map->parts[part];
	struct buf decoded = {0};

	if (!found->needs_decoding) {
		add_mail(scan, scan->bytes + found->body.offset, found->body.length, report);
		return;
	}
	decode_part(scan->map, part, found->encoding, &decoded);
	add_mail(scan, decoded.data, decoded.size, report);
	buf_fini(&decoded);
}

/* ---- the lesson ---- */

static size_t most_messages(const struct scan *scan)
{
	uint64_t most = scan->config->spam.model.report_messages;

	return most < MESSAGE_REPORTED_MAX ? (size_t)most : MESSAGE_REPORTED_MAX;
}

/* Without a model nobody knows the seed, and the quarantine decides what becomes of it. */
static void add_messages(const struct scan *scan, Lz__Report *report)
{
	size_t at, taken = 0;

	report->version = MODEL_FEATURES_VERSION;
	report->seed = scan->model ? scan->model->facts.seed : 0;
	report->examples = alloc_zero(most_messages(scan) + 1, sizeof(*report->examples));
	for (at = 0; scan->model && at < scan->map->part_count; at++) {
		if (!is_attached(scan->map, at))
			continue;
		if (taken++ < most_messages(scan) && !scan_late(scan))
			add_part(scan, at, report);
		else
			report->beyond++;
	}
}

struct summary {
	int names;   /* somebody is such an address */
	int kinds;   /* bit set (1 << enum reports_kind), of those whose mail it is a report to */
	int virus;   /* was found, for one of them */
	int refused; /* nobody takes it from the sender, for one of them */
};

static void add_group(const struct scan *scan, const struct group *group, struct summary *out)
{
	const struct config_report *rule;
	enum reports_kind kind;
	size_t at;

	for (at = 0; at < group->count; at++) {
		size_t recipient = group->recipients[at];

		out->names |= reports_names(
		        scan->config, scan->submission->recipients[recipient]->address);
		kind = report_kind(scan, recipient, &rule);
		if (kind == REPORTS_NONE)
			continue;
		out->kinds |= 1 << kind;
		out->virus |= group->outcome.virus;
		out->refused |= group->disposition == LZ__DISPOSITION__REJECT ||
		                group->disposition == LZ__DISPOSITION__DEFER;
	}
}

/* "": there is a lesson. */
static const char *obstacle(const struct scan *scan, const struct summary *summary)
{
	if (!summary->kinds)
		return is_automatic(scan) ? "automatic" : "stranger";
	if (summary->virus)
		return "virus";
	if (summary->refused)
		return "refused";
	if (summary->kinds == (1 << REPORTS_SPAM | 1 << REPORTS_HAM))
		return "unclear";
	return report_attached(scan) ? "" : "inline";
}

Lz__Report *report_make(const struct scan *scan, const struct decision *decision)
{
	struct summary summary = {0};
	Lz__Report *report;
	size_t at;

	if (!scan->config->spam.model.reports.count || scan->submission->dry_run)
		return NULL;
	for (at = 0; at < decision->count; at++)
		add_group(scan, &decision->groups[at], &summary);
	if (!summary.names)
		return NULL;
	report = alloc(sizeof(*report));
	lz__report__init(report);
	report->lesson =
	        summary.kinds & 1 << REPORTS_HAM ? LZ__LESSON__LEARN_HAM : LZ__LESSON__LEARN_SPAM;
	report->fate = alloc_string(obstacle(scan, &summary));
	report->reporter = alloc_string("");
	if (!*report->fate)
		add_messages(scan, report);
	if (!*report->fate && scan->model && !report->n_examples && !report->beyond) {
		free(report->fate);
		report->fate = alloc_string("inline");
	}
	return report;
}
