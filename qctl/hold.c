/*
 * hold, unhold: what must not go, whoever says so.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "qctl/print.h"
#include "qctl/progress.h"
#include "qctl/qctl.h"
#include "qctl/selection.h"
#include "qctl/who.h"

struct holding {
	struct qctl *qctl;
	Lz__Hold request;
	struct progress progress;
	uint64_t done;
	int code;
};

static void tell_held(const struct holding *holding, const Lz__Held *held)
{
	struct json json = {0};

	if (!holding->qctl->json) {
		printf("%s: %s%s\n", held->id, held->already ? "was " : "is now ",
		        holding->request.lift ? "not on hold" : "on hold");
		return;
	}
	json_object(&json, NULL);
	json_text(&json, "id", held->id);
	json_bool(&json, "on_hold", !holding->request.lift);
	json_bool(&json, "already", held->already);
	json_end_object(&json);
	json_flush(&json);
}

static void hold_one(struct holding *holding, char *id)
{
	struct wire_message answer;
	struct err err;
	enum result result;

	holding->request.id = id;
	result = qctl_ask(holding->qctl, MESSAGE_HOLD, &holding->request, &answer, &err);
	progress_clear(&holding->progress);
	if (result) {
		holding->code = qctl_fail(result, &err);
	} else {
		tell_held(holding, (const Lz__Held *)answer.envelope);
		wire_message_free(&answer);
	}
	progress_show(&holding->progress, ++holding->done, "");
}

static void hold_named(struct holding *holding)
{
	const struct arguments *arguments = &holding->qctl->arguments;
	Lz__Show request = LZ__SHOW__INIT;
	struct wire_message shown;
	enum result result;
	struct err err;
	size_t at;

	request.only_id = 1; /* it is not looked at, which may not be his to do */
	for (at = 0; at < arguments->word_count; at++) {
		request.id = arguments->words[at];
		result = qctl_ask(holding->qctl, MESSAGE_SHOW, &request, &shown, &err);
		if (result) {
			holding->code = qctl_fail(result, &err);
			continue;
		}
		hold_one(holding, ((Lz__Shown *)shown.envelope)->item->id);
		wire_message_free(&shown);
	}
}

static void hold_chosen(struct holding *holding, struct selection *selection)
{
	struct wire_message page;
	enum result result;
	struct err err;
	size_t at;

	while (!(result = selection_page(selection, &page, &err))) {
		const Lz__Items *items = (const Lz__Items *)page.envelope;

		for (at = 0; at < items->n_items; at++)
			hold_one(holding, items->items[at]->id);
		wire_message_free(&page);
	}
	if (result != RESULT_NONE)
		holding->code = qctl_fail(result, &err);
}

/* Not by accident all there is. */
static enum result check(const struct qctl *qctl, struct err *err)
{
	int has_words = qctl->arguments.word_count != 0;
	const char *why = arguments_value(&qctl->arguments, "why");

	if (!why || !*why)
		return err_set(err, RESULT_PERMANENT, "--why TEXT is needed: it is kept");
	if (has_words == (selection_chooses(qctl) != 0))
		return err_set(err, RESULT_PERMANENT,
		        has_words ? "either ids or options that choose" : "which items?");
	return RESULT_OK;
}

static int run(struct qctl *qctl, int lift)
{
	struct holding holding = {.qctl = qctl, .request = LZ__HOLD__INIT};
	struct selection selection;
	struct err err;
	enum result result = selection_read(&selection, qctl, 0, &err);

	if (!result)
		result = check(qctl, &err);
	if (result) {
		holding.code = qctl_wrong(qctl, &err);
	} else {
		holding.request.lift = lift;
		holding.request.by = who_asks(qctl);
		holding.request.why = (char *)arguments_value(&qctl->arguments, "why");
		holding.progress.is_quiet = qctl->json;
		holding.progress.total = selection_estimate(qctl);
		if (qctl->arguments.word_count)
			hold_named(&holding);
		else
			hold_chosen(&holding, &selection);
		progress_clear(&holding.progress);
		free(holding.request.by);
	}
	selection_fini(&selection);
	return holding.code;
}

int command_hold(struct qctl *qctl)
{
	return run(qctl, 0);
}

int command_unhold(struct qctl *qctl)
{
	return run(qctl, 1);
}
