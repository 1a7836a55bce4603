/*
 * list, show: looking at what is in the quarantine.
 */
#include <stdio.h>

#include "qctl/print.h"
#include "qctl/qctl.h"
#include "qctl/selection.h"

enum { LIST_DEFAULT = 50 };

/* ---- list ---- */

static void show_items(const struct qctl *qctl, struct columns *columns, const Lz__Items *items)
{
	struct json json = {0};
	size_t at;

	for (at = 0; at < items->n_items; at++) {
		if (!qctl->json) {
			print_list_item(columns, items->items[at]);
			continue;
		}
		json_object(&json, NULL);
		print_item_json(&json, items->items[at]);
		json_end_object(&json);
		json_flush(&json);
	}
}

/* Page after page: one answer holds only so much. Columns are as wide as their widest cell, so they
 * wait for all of them. */
static enum result show_pages(
        struct qctl *qctl, struct selection *selection, struct columns *columns, struct err *err)
{
	struct wire_message page;
	struct buf out = {0};
	enum result result;

	while (!(result = selection_page(selection, &page, err))) {
		show_items(qctl, columns, (const Lz__Items *)page.envelope);
		wire_message_free(&page);
	}
	if (result != RESULT_NONE)
		return result;
	if (!qctl->json) {
		columns_print(columns, &out);
		qctl_print(&out);
	}
	return RESULT_OK;
}

int command_list(struct qctl *qctl)
{
	struct columns *columns = print_list_begin();
	struct selection selection;
	struct err err;
	enum result result = selection_read(&selection, qctl, LIST_DEFAULT, &err);
	int code = QCTL_OK;

	if (result) {
		code = qctl_wrong(qctl, &err);
	} else {
		result = show_pages(qctl, &selection, columns, &err);
		if (result)
			code = qctl_fail(result, &err);
		else if (*selection.next)
			fprintf(stderr, "there is more: --after %s\n", selection.next);
	}
	columns_free(&columns);
	selection_fini(&selection);
	return code;
}

/* ---- show ---- */

static void show_one(const struct qctl *qctl, const Lz__Shown *shown, int first)
{
	struct json json = {0};
	struct buf out = {0};
	size_t at;

	if (!qctl->json) {
		if (!first)
			puts("");
		print_shown_text(&out, shown);
		qctl_print(&out);
		return;
	}
	json_object(&json, NULL);
	print_item_json(&json, shown->item);
	json_list(&json, "outbox");
	for (at = 0; at < shown->n_outbox; at++)
		print_outgoing_json(&json, shown->outbox[at]);
	json_end_list(&json);
	json_end_object(&json);
	json_flush(&json);
}

int command_show(struct qctl *qctl)
{
	Lz__Show request = LZ__SHOW__INIT;
	struct wire_message answer;
	enum result result;
	int code = QCTL_OK;
	struct err err;
	const char *why = arguments_value(&qctl->arguments, "why");
	size_t at;

	request.why = (char *)(why ? why : "");
	for (at = 0; at < qctl->arguments.word_count; at++) {
		request.id = qctl->arguments.words[at];
		result = qctl_ask(qctl, MESSAGE_SHOW, &request, &answer, &err);
		if (result) {
			code = qctl_fail(result, &err);
			continue;
		}
		show_one(qctl, (const Lz__Shown *)answer.envelope, !at);
		wire_message_free(&answer);
	}
	return code;
}
