#include "workers/qworker/count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

void count_add(struct count *count, const char *name, uint64_t value)
{
	size_t i;

	for (i = 0; i < count->size; i++)
		if (strcmp(count->counters[i].name, name) == 0)
			break;
	if (i == COUNT_NAMES)
		return;
	if (i == count->size) {
		snprintf(count->counters[i].name, COUNT_NAME_ROOM, "%s", name);
		count->counters[i].value = 0;
		count->size++;
	}
	count->counters[i].value += value;
}

/* Only plain words become names: the rest of the line is not for a scanner to choose. */
static void add_kind(struct count *count, const char *kind, const char *word, uint64_t value)
{
	char name[COUNT_NAME_ROOM];

	if (!*word || strlen(word) > 20 ||
	        strspn(word, "abcdefghijklmnopqrstuvwxyz") != strlen(word))
		return;
	snprintf(name, sizeof(name), "%s.%s", kind, word);
	count_add(count, name, value);
}

void count_result(struct count *count, const Lz__ScanResult *result,
        const Lz__Submission *submission, int64_t cost_us)
{
	static const char *const dispositions[] = {
	        "deliver", "quarantine", "reject", "discard", "redirect", "defer"};
	const Lz__Verdict *verdict = result->verdict;
	size_t i;

	if (submission->dry_run)
		return;
	count_add(count, "messages", 1);
	count_add(count, "bytes", submission->size);
	count_add(count, "recipients", submission->n_recipients);
	count_add(count, "scan_us", (uint64_t)cost_us);
	count_add(count, "virus.examined", result->examined);
	count_add(count, "virus.remembered", result->remembered);
	count_add(count, "virus.whole_left_out", result->left_out);
	add_kind(count, "model", result->model, 1);
	if (result->report) /* what became of a lesson the quarantine counts */
		add_kind(count, "report", result->report->fate, 1);
	for (i = 0; i < verdict->n_groups; i++)
		add_kind(count, "disposition", dispositions[verdict->groups[i]->disposition], 1);
	for (i = 0; i < result->n_items; i++)
		add_kind(count, "reason", result->items[i]->reason, 1);
	for (i = 0; i < verdict->n_checks; i++)
		if (verdict->checks[i]->answer == LZ__ANSWER__UNSCANNED)
			add_kind(count, "unscanned", verdict->checks[i]->why, 1);
}

void count_move(struct count *from, struct count *to)
{
	size_t i;

	for (i = 0; i < from->size; i++)
		count_add(to, from->counters[i].name, from->counters[i].value);
	from->size = 0;
}

uint64_t count_value(const struct count *count, const char *name)
{
	size_t i;

	for (i = 0; i < count->size; i++)
		if (strcmp(count->counters[i].name, name) == 0)
			return count->counters[i].value;
	return 0;
}

void count_envelope(const struct count *count, Lz__Count *out)
{
	size_t i;

	lz__count__init(out);
	out->counters = alloc_zero(count->size, sizeof(*out->counters));
	for (i = 0; i < count->size; i++) {
		out->counters[i] = alloc(sizeof(**out->counters));
		lz__counter__init(out->counters[i]);
		out->counters[i]->name = (char *)count->counters[i].name;
		out->counters[i]->value = count->counters[i].value;
		out->n_counters++;
	}
}

void count_envelope_fini(Lz__Count *envelope)
{
	size_t i;

	for (i = 0; i < envelope->n_counters; i++)
		free(envelope->counters[i]);
	free(envelope->counters);
	lz__count__init(envelope);
}
