/*
 * rescan: has the quarantine looked through again, and tells what is found now and was not then, or
 * the other way. Nothing is altered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "qctl/compare.h"
#include "qctl/json.h"
#include "qctl/look.h"
#include "qctl/progress.h"
#include "qctl/selection.h"

enum {
	AT_ONCE = 4,
	BYTES_AT_ONCE = 128 << 20, /* of originals in hand; one alone may be larger */
	SHOWN_AT_ONCE = 50,
	TURN_MS = 200,
	PROBE_MS = 30 * 1000,
};

struct counts {
	uint64_t changed, unchanged;
	uint64_t skipped; /* seen with the signatures of now already */
	uint64_t gone;    /* deleted since they were listed */
	uint64_t failed;
};

struct rescan {
	struct qctl *qctl;
	struct judge *judge;
	char *engine; /* signatures of now */
	int all;
	size_t looks; /* in hand */
	uint64_t bytes;
	struct counts counts;
	int is_stopped; /* somebody does not answer */
	struct progress progress;
};

/* An item that is being looked at. */
struct look {
	const Lz__Item *item; /* lent */
	size_t questions;     /* still open */
	enum result result;   /* the worst of them */
	struct err err;
	struct found found; /* so far */
};

/* ---------------------------------------------------------------- telling */

static uint64_t looked_at(const struct counts *counts)
{
	return counts->changed + counts->unchanged;
}

static void show_progress(struct rescan *rescan)
{
	const struct counts *counts = &rescan->counts;
	uint64_t done = looked_at(counts) + counts->skipped + counts->gone + counts->failed;
	char what[80];

	snprintf(what, sizeof(what), "%llu done, %llu changed", (unsigned long long)done,
	        (unsigned long long)counts->changed);
	progress_show(&rescan->progress, done, what);
}

static void json_found(struct json *json, const char *name, const struct found *found)
{
	size_t at;

	json_object(json, name);
	json_text(json, "reason", found->reason);
	json_list(json, "viruses");
	for (at = 0; at < found->virus_count; at++)
		json_text(json, NULL, found->viruses[at]);
	json_end_list(json);
	json_end_object(json);
}

static void tell_change(struct rescan *rescan, const struct look *look, const struct found *then)
{
	struct json json = {0};
	struct buf out = {0};

	progress_clear(&rescan->progress);
	if (rescan->qctl->json) {
		json_object(&json, NULL);
		json_text(&json, "id", look->item->id);
		json_found(&json, "then", then);
		json_found(&json, "now", &look->found);
		json_bool(&json, "parts_only", !look->item->keep_original);
		json_end_object(&json);
		json_flush(&json);
		return;
	}
	buf_add_format(&out, "%s: ", look->item->id);
	found_tell(then, &out);
	buf_add_string(&out, " → ");
	found_tell(&look->found, &out);
	buf_add_string(&out, look->item->keep_original ? "\n" : " (its parts alone)\n");
	qctl_print(&out);
	fflush(stdout);
}

static void tell_failure(struct rescan *rescan, const char *id, const struct err *err)
{
	struct json json = {0};
	struct err whole;

	rescan->counts.failed++;
	progress_clear(&rescan->progress);
	err_set(&whole, RESULT_PERMANENT, "%s: %s", id, err->text);
	qctl_fail(RESULT_PERMANENT, &whole);
	if (!rescan->qctl->json)
		return;
	json_object(&json, NULL);
	json_text(&json, "id", id);
	json_text(&json, "error", err->text);
	json_end_object(&json);
	json_flush(&json);
}

static void tell_counts(const struct rescan *rescan)
{
	const struct counts *counts = &rescan->counts;
	const struct {
		const char *name, *words;
		uint64_t value;
	} rows[] = {{"looked_at", "looked at", looked_at(counts)},
	        {"changed", "changed", counts->changed},
	        {"unchanged", "unchanged", counts->unchanged},
	        {"skipped", "known with these signatures", counts->skipped},
	        {"gone", "deleted meanwhile", counts->gone},
	        {"failed", "not looked at", counts->failed}};
	struct json json = {0};
	size_t at;

	json_object(&json, NULL);
	for (at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		if (rescan->qctl->json)
			json_number(&json, rows[at].name, (int64_t)rows[at].value);
		else if (at < 3 || rows[at].value)
			printf("%s%llu %s", at ? ", " : "", (unsigned long long)rows[at].value,
			        rows[at].words);
	json_text(&json, "engine", rescan->engine);
	json_end_object(&json);
	if (rescan->qctl->json)
		json_flush(&json);
	else
		puts("");
	buf_fini(&json.out);
}

/* ---------------------------------------------------------------- one item */

static void end_look(struct rescan *rescan, struct look *look)
{
	struct found then = {0};

	if (look->result == RESULT_NONE) {
		rescan->counts.gone++;
	} else if (look->result != RESULT_OK) {
		tell_failure(rescan, look->item->id, &look->err);
		rescan->is_stopped |= look->result == RESULT_TEMPORARY;
	} else {
		found_in_item(&then, look->item);
		if (found_same(&then, &look->found)) {
			rescan->counts.unchanged++;
		} else {
			rescan->counts.changed++;
			tell_change(rescan, look, &then);
		}
		found_fini(&then);
	}
	rescan->looks--;
	rescan->bytes -= look->item->size;
	found_fini(&look->found);
	free(look);
	show_progress(rescan);
}

static void take_judgement(struct look *look, struct judgement *judgement)
{
	look->questions--;
	if (judgement->result != RESULT_OK) {
		look->result = judgement->result;
		look->err = judgement->err;
		return;
	}
	found_in_verdict(&look->found, judgement->verdict);
	message_free(&judgement->verdict->base);
}

/* Until fewer than `most` items are in hand, and fewer bytes. */
static void wait_until_fewer(struct rescan *rescan, size_t most, uint64_t most_bytes)
{
	struct judgement judgement;
	struct look *look;

	while (rescan->looks && (rescan->looks >= most || rescan->bytes > most_bytes)) {
		if (judge_wait(rescan->judge, TURN_MS, &judgement) != RESULT_OK)
			continue;
		look = judgement.of;
		take_judgement(look, &judgement);
		if (!look->questions)
			end_look(rescan, look);
	}
}

static void look_at(struct rescan *rescan, const Lz__Item *item)
{
	struct look *look;

	if (!rescan->all && !strcmp(item->engine, rescan->engine)) {
		rescan->counts.skipped++;
		return;
	}
	wait_until_fewer(
	        rescan, AT_ONCE, item->size < BYTES_AT_ONCE ? BYTES_AT_ONCE - item->size : 0);
	look = alloc_zero(1, sizeof(*look));
	look->item = item;
	rescan->looks++;
	rescan->bytes += item->size;
	look->result =
	        look_ask_all(rescan->qctl, rescan->judge, item, look, &look->questions, &look->err);
	if (!look->questions)
		end_look(rescan, look);
}

/* ---------------------------------------------------------------- all of them */

/* An item that stands among several, so that all are done before what lends it goes. */
static void look_at_all(struct rescan *rescan, Lz__Item *const *items, size_t count)
{
	size_t at;

	for (at = 0; at < count && !rescan->is_stopped; at++)
		look_at(rescan, items[at]);
	wait_until_fewer(rescan, 1, 0);
}

static enum result look_at_selected(
        struct rescan *rescan, struct selection *selection, struct err *err)
{
	struct wire_message page;
	const Lz__Items *items;
	enum result result = RESULT_OK;

	while (!rescan->is_stopped && !(result = selection_page(selection, &page, err))) {
		items = (const Lz__Items *)page.envelope;
		look_at_all(rescan, items->items, items->n_items);
		wire_message_free(&page);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* Shows so many of what was typed as there are, up to SHOWN_AT_ONCE; gives how many words that
 * took. */
static size_t show_some(
        struct rescan *rescan, char **words, size_t count, struct wire_message *shown, size_t *got)
{
	Lz__Show request = LZ__SHOW__INIT;
	enum result result;
	struct err err;
	size_t at;

	*got = 0;
	for (at = 0; at < count && at < SHOWN_AT_ONCE; at++) {
		request.id = words[at];
		result = qctl_ask(rescan->qctl, MESSAGE_SHOW, &request, &shown[*got], &err);
		if (result) {
			tell_failure(rescan, words[at], &err);
			rescan->is_stopped |= result == RESULT_TEMPORARY;
		} else {
			(*got)++;
		}
	}
	return at;
}

static void look_at_named(struct rescan *rescan)
{
	const struct arguments *arguments = &rescan->qctl->arguments;
	struct wire_message shown[SHOWN_AT_ONCE];
	Lz__Item *items[SHOWN_AT_ONCE];
	size_t at = 0, i, got;

	while (at < arguments->word_count && !rescan->is_stopped) {
		at += show_some(
		        rescan, arguments->words + at, arguments->word_count - at, shown, &got);
		for (i = 0; i < got; i++)
			items[i] = ((const Lz__Shown *)shown[i].envelope)->item;
		look_at_all(rescan, items, got);
		for (i = 0; i < got; i++)
			wire_message_free(&shown[i]);
	}
}

/* ---------------------------------------------------------------- before and behind */

static enum result open_judge(struct rescan *rescan, struct err *err)
{
	struct wire *wire;
	enum result result = qctl_wire(rescan->qctl, &wire, err);

	if (!result)
		result = judge_open(wire, &qctl_config(rescan->qctl)->front, &rescan->judge, err);
	return result ? result
	              : look_engine(rescan->qctl, rescan->judge, PROBE_MS, &rescan->engine, err);
}

static int code_of(const struct rescan *rescan)
{
	if (rescan->is_stopped)
		return EX_TEMPFAIL;
	if (rescan->counts.failed)
		return QCTL_FAILED;
	return rescan->counts.changed ? QCTL_NO : QCTL_OK;
}

static int run(struct rescan *rescan, struct selection *selection)
{
	struct err err;
	enum result result = open_judge(rescan, &err);

	if (result)
		return qctl_fail(result == RESULT_NONE ? RESULT_PERMANENT : result, &err);
	rescan->progress.total = selection_estimate(rescan->qctl);
	if (rescan->qctl->arguments.word_count)
		look_at_named(rescan);
	else
		result = look_at_selected(rescan, selection, &err);
	progress_clear(&rescan->progress);
	tell_counts(rescan);
	return result ? qctl_fail(result, &err) : code_of(rescan);
}

int command_rescan(struct qctl *qctl)
{
	struct rescan rescan = {.qctl = qctl};
	struct selection selection;
	struct err err;
	enum result result = selection_read(&selection, qctl, 0, &err);
	int code;

	if (!result && qctl->arguments.word_count && selection_chooses(qctl))
		result = err_set(&err, RESULT_PERMANENT, "either ids or options that choose");
	rescan.progress.is_quiet = qctl->json;
	rescan.all = arguments_value(&qctl->arguments, "all") != NULL;
	code = result ? qctl_wrong(qctl, &err) : run(&rescan, &selection);
	judge_close(&rescan.judge);
	selection_fini(&selection);
	free(rescan.engine);
	return code;
}
