#include "workers/qscan/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/safe.h"
#include "workers/qscan/pass.h"
#include "workers/qscan/report.h"

enum { SYMBOLS_TOLD = 500, CHECKS_TOLD = 100, SYMBOL_ROOM = 200, WHERE_ROOM = 300 };

Lz__Symbol **symbols_make(const struct scan *scan, size_t most, size_t *count)
{
	size_t i, told = scan->finding_count < most ? scan->finding_count : most;
	Lz__Symbol **symbols = alloc_zero(told, sizeof(*symbols));

	for (i = 0; i < told; i++) {
		const struct finding *finding = &scan->findings[i];

		symbols[i] = alloc(sizeof(**symbols));
		lz__symbol__init(symbols[i]);
		symbols[i]->name = safe_text(finding->symbol, SYMBOL_ROOM);
		symbols[i]->where = safe_text(finding->where, WHERE_ROOM);
		symbols[i]->detail = safe_text(finding->detail, WHERE_ROOM);
		symbols[i]->score = finding->points;
	}
	*count = told;
	return symbols;
}

/* ---------------------------------------------------------------- what each check answered */

static Lz__Check *check_make(const char *name, Lz__Answer answer, const char *why)
{
	Lz__Check *check = alloc(sizeof(*check));

	lz__check__init(check);
	check->name = alloc_string(name);
	check->answer = answer;
	check->why = safe_text(why, SYMBOL_ROOM);
	check->where = alloc_string("");
	return check;
}

static Lz__Check *told_already(Lz__Check **checks, size_t count, const Lz__Check *like)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (checks[i]->answer == like->answer && strcmp(checks[i]->name, like->name) == 0 &&
		        (like->answer == LZ__ANSWER__HIT || strcmp(checks[i]->why, like->why) == 0))
			return checks[i];
	return NULL;
}

/* One line for a check's first hit, and one for each reason why it could not look. */
static void tell_finding(const struct finding *finding, Lz__Check **checks, size_t *count)
{
	int hit = finding->unscanned == UNSCANNED_NOT;
	Lz__Check *check = check_make(finding->check, hit ? LZ__ANSWER__HIT : LZ__ANSWER__UNSCANNED,
	        hit ? finding->symbol : unscanned_name(finding->unscanned));

	if (*count >= CHECKS_TOLD || told_already(checks, *count, check)) {
		lz__check__free_unpacked(check, NULL);
		return;
	}
	free(check->where);
	check->where = safe_text(finding->where, WHERE_ROOM);
	checks[(*count)++] = check;
}

Lz__Check **checks_make(const struct scan *scan, size_t *count)
{
	Lz__Check **checks = alloc_zero(CHECKS_TOLD + 16, sizeof(*checks));
	size_t i, j, before;

	*count = 0;
	for (i = 0; i < scan->cost_count; i++) {
		const struct check_cost *cost = &scan->costs[i];

		before = *count;
		for (j = 0; j < scan->finding_count; j++)
			if (strcmp(scan->findings[j].check, cost->name) == 0)
				tell_finding(&scan->findings[j], checks, count);
		if (*count == before)
			checks[(*count)++] = check_make(cost->name,
			        cost->skipped ? LZ__ANSWER__SKIPPED : LZ__ANSWER__CLEAN, "");
		checks[before]->cost_us = (uint64_t)cost->cost_us;
	}
	return checks;
}

/* ---------------------------------------------------------------- groups */

static int goes_out(const struct group *group)
{
	return group->disposition == LZ__DISPOSITION__DELIVER ||
	       group->disposition == LZ__DISPOSITION__REDIRECT;
}

static int is_kept(const struct group *group)
{
	return group->disposition == LZ__DISPOSITION__QUARANTINE ||
	       group->disposition == LZ__DISPOSITION__DISCARD ||
	       (goes_out(group) && group->outcome.cuts);
}

static int is_as_it_came(const struct group *group)
{
	return group->disposition == LZ__DISPOSITION__DELIVER && !group->outcome.cuts;
}

static void copy_edits(struct edits *edits, Lz__Group *out)
{
	size_t i;

	out->edits = alloc_zero(edits->count, sizeof(*out->edits));
	for (i = 0; i < edits->count; i++) {
		Lz__Edit *edit = alloc(sizeof(*edit));

		lz__edit__init(edit);
		edit->offset = edits->list[i].offset;
		edit->length = edits->list[i].length;
		edit->replacement.len = edits->list[i].replacement.size;
		edit->replacement.data = (uint8_t *)buf_give(&edits->list[i].replacement);
		out->edits[out->n_edits++] = edit;
	}
	edits_fini(edits);
}

static void add_reply(const struct group *group, Lz__Group *out)
{
	if (group->disposition != LZ__DISPOSITION__REJECT &&
	        group->disposition != LZ__DISPOSITION__DEFER)
		return;
	out->code = group->outcome.code;
	free(out->enhanced);
	out->enhanced = alloc_string(policy_enhanced(group->outcome.code));
	free(out->text);
	out->text = alloc_string(group->outcome.text);
}

static void add_item(
        const struct scan *scan, const struct group *group, Lz__Group *out, Lz__ScanResult *result)
{
	if (!is_kept(group))
		return;
	result->items[result->n_items] = item_make(scan, group);
	out->items = alloc_zero(1, sizeof(*out->items));
	out->items[out->n_items++] = alloc_string(result->items[result->n_items]->id);
	result->n_items++;
}

static Lz__Group *group_make(const struct scan *scan, struct group *group, Lz__ScanResult *result)
{
	Lz__Group *out = alloc(sizeof(*out));
	struct edits edits = {0};
	char item[17];
	struct err err;

	lz__group__init(out);
	item_id(scan, group, item);
	if (goes_out(group) && script_make(scan, group, item, &edits, &err) != RESULT_OK)
		policy_hold(group, err.text);
	out->recipients = alloc_zero(group->count, sizeof(*out->recipients));
	memcpy(out->recipients, group->recipients, group->count * sizeof(*out->recipients));
	out->n_recipients = group->count;
	out->disposition = group->disposition;
	out->rule = alloc_string(group->outcome.rule);
	out->enhanced = alloc_string("");
	out->text = alloc_string("");
	out->redirect = alloc_string(group->disposition == LZ__DISPOSITION__REDIRECT
	                                     ? group->outcome.policy->redirect_to
	                                     : "");
	out->reason = alloc_string(is_as_it_came(group) ? "" : group->outcome.reason);
	add_reply(group, out);
	copy_edits(&edits, out);
	if (goes_out(group))
		fields_make(scan, group, out);
	if (goes_out(group))
		breaks_make(scan, out);
	add_item(scan, group, out, result);
	return out;
}

static Lz__Verdict *verdict_start(const struct scan *scan, const struct decision *decision)
{
	Lz__Verdict *verdict = alloc(sizeof(*verdict));

	lz__verdict__init(verdict);
	verdict->message_id = alloc_string(scan->submission->message_id);
	verdict->engine = safe_text(scan->engine, SYMBOL_ROOM);
	verdict->signatures_s = scan->signatures_s;
	verdict->automatic = scan->automatic;
	verdict->marked = scan->marked;
	verdict->score = scan->score;
	verdict->threshold = decision->groups[0].outcome.policy->spam_tag;
	verdict->symbols = symbols_make(scan, SYMBOLS_TOLD, &verdict->n_symbols);
	verdict->checks = checks_make(scan, &verdict->n_checks);
	verdict->groups = alloc_zero(decision->count, sizeof(*verdict->groups));
	return verdict;
}

static const char *model_word(const struct scan *scan)
{
	if (!scan->model_said)
		return "";
	return strcmp(scan->model_said, "none") == 0 || strcmp(scan->model_said, "young") == 0
	               ? scan->model_said
	               : "scored";
}

Lz__ScanResult *verdict_make(const struct scan *scan, struct decision *decision)
{
	Lz__ScanResult *result = alloc(sizeof(*result));
	size_t i;

	lz__scan_result__init(result);
	result->crashed = alloc_string("");
	result->examined = (uint32_t)scan->examined;
	result->remembered = (uint32_t)scan->remembered;
	result->left_out = scan->left_out;
	result->pass = pass_find(scan);
	result->model = alloc_string(model_word(scan));
	result->items = alloc_zero(decision->count, sizeof(*result->items));
	result->verdict = verdict_start(scan, decision);
	for (i = 0; i < decision->count; i++)
		result->verdict->groups[result->verdict->n_groups++] =
		        group_make(scan, &decision->groups[i], result);
	result->report = report_make(scan, decision);
	return result;
}
