/*
 * erase: a person is taken out of all that is kept, piece after piece, and what is on record of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/config/form.h"
#include "qctl/print.h"
#include "qctl/progress.h"
#include "qctl/qctl.h"
#include "qctl/selection.h"
#include "qctl/who.h"

enum { PAGE = 200, TIME_ROOM = 40 };

struct erasing {
	struct qctl *qctl;
	Lz__Erase request;
	Lz__Erased sum;
	struct progress progress;
	char *after, *erasure; /* as the last answer said */
};

/* ---- erasing ---- */

static void add(struct erasing *e, const Lz__Erased *piece)
{
	size_t at;

	e->sum.looked_at += piece->looked_at;
	e->sum.items_removed += piece->items_removed;
	e->sum.items_changed += piece->items_changed;
	e->sum.outgoing += piece->outgoing;
	e->sum.messages += piece->messages;
	e->sum.open += piece->open;
	for (at = 0; at < piece->n_on_hold; at++) {
		e->sum.on_hold =
		        alloc_grow(e->sum.on_hold, e->sum.n_on_hold + 1, sizeof(*e->sum.on_hold));
		e->sum.on_hold[e->sum.n_on_hold++] = alloc_string(piece->on_hold[at]);
	}
}

static void show_progress(struct erasing *e)
{
	char text[100];

	snprintf(text, sizeof(text), "%" PRIu64 " records, %" PRIu64 " items ", e->sum.looked_at,
	        e->sum.items_removed + e->sum.items_changed);
	progress_show(&e->progress, e->sum.looked_at, text);
}

static enum result erase_piece(struct erasing *e, int *more, struct err *err)
{
	struct wire_message answer;
	const Lz__Erased *piece;
	enum result result;

	e->request.after = e->after;
	e->request.erasure = e->erasure;
	result = qctl_ask(e->qctl, MESSAGE_ERASE, &e->request, &answer, err);
	if (result)
		return result;
	piece = (const Lz__Erased *)answer.envelope;
	if (!e->progress.total)
		e->progress.total = piece->total;
	add(e, piece);
	free(e->after);
	free(e->erasure);
	e->after = alloc_string(piece->next);
	e->erasure = alloc_string(piece->erasure);
	*more = *piece->next != '\0';
	wire_message_free(&answer);
	return RESULT_OK;
}

static void tell_json(const struct erasing *e)
{
	struct json json = {0};
	size_t at;

	json_object(&json, NULL);
	json_text(&json, "erasure", e->erasure);
	json_bool(&json, "dry_run", e->request.dry_run);
	json_number(&json, "items_removed", (int64_t)e->sum.items_removed);
	json_number(&json, "items_changed", (int64_t)e->sum.items_changed);
	json_number(&json, "outgoing", (int64_t)e->sum.outgoing);
	json_number(&json, "messages", (int64_t)e->sum.messages);
	json_number(&json, "open", (int64_t)e->sum.open);
	json_list(&json, "on_hold");
	for (at = 0; at < e->sum.n_on_hold; at++)
		json_text(&json, NULL, e->sum.on_hold[at]);
	json_end_list(&json);
	json_end_object(&json);
	json_flush(&json);
}

static void tell_text(const struct erasing *e)
{
	const char *would = e->request.dry_run ? "would be " : "";
	size_t at;

	printf("items %sremoved: %" PRIu64 "\nitems with others, %staken out of: %" PRIu64
	       "\nnotices and releases, %staken out of: %" PRIu64
	       "\nmessages remembered, %staken out of: %" PRIu64 "\n",
	        would, e->sum.items_removed, would, e->sum.items_changed, would, e->sum.outgoing,
	        would, e->sum.messages);
	for (at = 0; at < e->sum.n_on_hold; at++)
		printf("%s: stays, as it is under legal hold\n", e->sum.on_hold[at]);
	if (e->sum.open)
		printf("stay, as the MTA has their message in its hands: %" PRIu64
		       " (run this again later)\n",
		        e->sum.open);
	if (*e->erasure)
		printf("on record as: %s\n", e->erasure);
}

static int code_of(const struct erasing *e)
{
	if (e->request.dry_run)
		return QCTL_OK;
	if (e->sum.open)
		return EX_TEMPFAIL;
	return e->sum.n_on_hold ? QCTL_FAILED : QCTL_OK;
}

static int erase_all(struct erasing *e)
{
	enum result result = RESULT_OK;
	struct err err;
	int more = 1;

	while (!result && more) {
		result = erase_piece(e, &more, &err);
		show_progress(e);
	}
	progress_clear(&e->progress);
	if (result &&
	        !e->sum.looked_at) /* refused, or never asked: there is nothing to go on with */
		return qctl_fail(result, &err);
	if (e->qctl->json)
		tell_json(e);
	else
		tell_text(e);
	if (!result)
		return code_of(e);
	fprintf(stderr, "qctl: this was not all of it; run again, it goes on\n");
	return qctl_fail(result, &err);
}

static int erase(struct qctl *qctl)
{
	struct erasing e = {.qctl = qctl, .request = LZ__ERASE__INIT, .sum = LZ__ERASED__INIT};
	int code;

	e.request.person = (char *)arguments_value(&qctl->arguments, "person");
	e.request.why = (char *)arguments_value(&qctl->arguments, "why");
	e.request.by = who_asks(qctl);
	e.request.dry_run = arguments_value(&qctl->arguments, "dry-run") != NULL;
	if (!e.request.why)
		e.request.why = (char *)"dry run";
	e.after = alloc_string("");
	e.erasure = alloc_string("");
	e.progress.is_quiet = qctl->json;
	code = erase_all(&e);
	while (e.sum.n_on_hold)
		free(e.sum.on_hold[--e.sum.n_on_hold]);
	free(e.sum.on_hold);
	free(e.request.by);
	free(e.after);
	free(e.erasure);
	return code;
}

/* ---- what is on record ---- */

static void erasure_json(const Lz__Erasure *erasure)
{
	struct json json = {0};

	json_object(&json, NULL);
	json_text(&json, "id", erasure->id);
	print_time_json(&json, "begun", erasure->begun_ms);
	print_time_json(&json, "done", erasure->done_ms);
	json_text(&json, "by", erasure->by);
	json_text(&json, "why", erasure->why);
	json_number(&json, "items_removed", (int64_t)erasure->items_removed);
	json_number(&json, "items_changed", (int64_t)erasure->items_changed);
	json_number(&json, "outgoing", (int64_t)erasure->outgoing);
	json_number(&json, "messages", (int64_t)erasure->messages);
	json_number(&json, "on_hold", (int64_t)erasure->on_hold);
	json_number(&json, "open", (int64_t)erasure->open);
	json_end_object(&json);
	json_flush(&json);
}

static void add_number(struct columns *columns, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	columns_add(columns, text);
}

static void erasure_row(struct columns *columns, const Lz__Erasure *erasure)
{
	char room[TIME_ROOM] = "left off";

	columns_add(columns, erasure->id);
	if (erasure->done_ms)
		clock_text(erasure->done_ms, room, sizeof(room));
	columns_add(columns, room);
	add_number(columns, erasure->items_removed);
	add_number(columns, erasure->items_changed);
	add_number(columns, erasure->on_hold);
	add_number(columns, erasure->open);
	columns_add(columns, erasure->by);
	columns_add(columns, erasure->why);
}

static struct columns *begin_rows(void)
{
	static const char *const heads[] = {
	        "ID", "DONE", "REMOVED", "CHANGED", "ON HOLD", "OPEN", "BY", "WHY"};
	struct columns *columns = columns_new(sizeof(heads) / sizeof(heads[0]), 0);
	size_t at;

	for (at = 0; at < sizeof(heads) / sizeof(heads[0]); at++)
		columns_add(columns, heads[at]);
	return columns;
}

static enum result list_page(
        struct qctl *qctl, Lz__ListErasures *request, struct columns *columns, struct err *err)
{
	struct wire_message answer;
	const Lz__Erasures *page;
	enum result result = qctl_ask(qctl, MESSAGE_LIST_ERASURES, request, &answer, err);
	size_t at;

	if (result)
		return result;
	page = (const Lz__Erasures *)answer.envelope;
	for (at = 0; at < page->n_erasures; at++) {
		if (qctl->json)
			erasure_json(page->erasures[at]);
		else
			erasure_row(columns, page->erasures[at]);
	}
	free(request->after);
	request->after = alloc_string(page->next);
	wire_message_free(&answer);
	return *request->after ? RESULT_OK : RESULT_NONE;
}

static int list(struct qctl *qctl)
{
	const char *person = arguments_value(&qctl->arguments, "person");
	Lz__ListErasures request = LZ__LIST_ERASURES__INIT;
	struct columns *columns = begin_rows();
	struct buf out = {0};
	enum result result;
	struct err err;

	request.after = alloc_string("");
	request.limit = PAGE;
	request.person = (char *)(person ? person : "");
	while (!(result = list_page(qctl, &request, columns, &err)))
		continue;
	if (!qctl->json) {
		columns_print(columns, &out);
		qctl_print(&out);
	}
	columns_free(&columns);
	free(request.after);
	return result == RESULT_NONE ? QCTL_OK : qctl_fail(result, &err);
}

int command_erase(struct qctl *qctl)
{
	const struct arguments *arguments = &qctl->arguments;
	const char *person = arguments_value(arguments, "person");
	int lists = arguments_value(arguments, "list") != NULL;
	int is_dry = arguments_value(arguments, "dry-run") != NULL;
	struct err err;

	if (person && !form_matches(FORM_ADDRESS, person))
		err_set(&err, RESULT_PERMANENT, "--person: an address is expected");
	else if (lists)
		return list(qctl);
	else if (!person)
		err_set(&err, RESULT_PERMANENT, "--person ADDRESS is needed");
	else if (!is_dry && !arguments_value(arguments, "why"))
		err_set(&err, RESULT_PERMANENT,
		        "--why TEXT is needed: it is kept, and must not name the person");
	else
		return erase(qctl);
	return qctl_wrong(qctl, &err);
}
