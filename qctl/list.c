/*
 * list, show, export: looking at what is in the quarantine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "qctl/print.h"
#include "qctl/qctl.h"
#include "qctl/when.h"

enum { LIST_DEFAULT = 50, PAGE = 200, STATES_MOST = 8 };

/* ---- list ---- */

struct list {
	struct qctl *qctl;
	Lz__List request;
	Lz__ItemState states[STATES_MOST];
	uint64_t left; /* items still wanted */
	struct columns *columns;
	char *next; /* where to go on; owned */
};

static char *value_of(const struct qctl *qctl, const char *name)
{
	const char *value = arguments_value(&qctl->arguments, name);

	return (char *)(value ? value : "");
}

static enum result read_time(
        const struct qctl *qctl, const char *name, int64_t *out, struct err *err)
{
	const char *value = arguments_value(&qctl->arguments, name);

	return value ? when_parse(value, clock_wall_ms(), out, err) : RESULT_OK;
}

static enum result read_states(struct list *list, struct err *err)
{
	const char *name;
	size_t at;

	for (at = 0; (name = arguments_nth(&list->qctl->arguments, "state", at)) != NULL; at++)
		if (at == STATES_MOST || !print_state_named(name, &list->states[at]))
			return err_set(err, RESULT_PERMANENT,
			        "--state %s: pending, held, released or unconfirmed is expected",
			        name);
	list->request.states = list->states;
	list->request.n_states = at;
	return RESULT_OK;
}

static enum result read_limit(struct list *list, struct err *err)
{
	const char *text = arguments_value(&list->qctl->arguments, "limit");

	list->left = LIST_DEFAULT;
	if (text && !text_number(text, UINT32_MAX, &list->left))
		return err_set(err, RESULT_PERMANENT, "--limit %s: a number is expected", text);
	if (!list->left)
		list->left = UINT64_MAX;
	return RESULT_OK;
}

static enum result read_list(struct list *list, struct err *err)
{
	const struct qctl *qctl = list->qctl;
	enum result result;

	lz__list__init(&list->request);
	list->request.sender = value_of(qctl, "sender");
	list->request.recipient = value_of(qctl, "recipient");
	list->request.reason = value_of(qctl, "reason");
	list->request.text = value_of(qctl, "text");
	list->next = alloc_string(value_of(qctl, "after"));
	result = read_time(qctl, "since", &list->request.since_ms, err);
	if (!result)
		result = read_time(qctl, "until", &list->request.until_ms, err);
	if (!result)
		result = read_states(list, err);
	return result ? result : read_limit(list, err);
}

static void show_items(struct list *list, const Lz__Items *items)
{
	struct json json = {0};
	size_t at;

	for (at = 0; at < items->n_items; at++) {
		if (!list->qctl->json) {
			print_list_item(list->columns, items->items[at]);
			continue;
		}
		json_object(&json, NULL);
		print_item_json(&json, items->items[at]);
		json_end_object(&json);
		json_flush(&json);
	}
	list->left -= items->n_items < list->left ? items->n_items : list->left;
}

/* Page after page: one answer holds only so much. */
static enum result ask_pages(struct list *list, struct err *err)
{
	struct wire_message answer;
	enum result result = RESULT_OK;

	do {
		list->request.after = list->next;
		list->request.limit = list->left < PAGE ? (uint32_t)list->left : PAGE;
		result = qctl_ask(list->qctl, MESSAGE_LIST, &list->request, &answer, err);
		if (result)
			break;
		show_items(list, (const Lz__Items *)answer.envelope);
		free(list->next);
		list->next = alloc_string(((const Lz__Items *)answer.envelope)->next);
		wire_message_free(&answer);
	} while (list->left && *list->next);
	return result;
}

int command_list(struct qctl *qctl)
{
	struct list list = {.qctl = qctl};
	struct buf out = {0};
	struct err err;
	enum result result = read_list(&list, &err);
	int code = QCTL_OK;

	if (result) {
		code = qctl_wrong(qctl, &err);
	} else {
		list.columns = print_list_begin();
		result = ask_pages(&list, &err);
		if (!qctl->json && !result) {
			columns_print(list.columns, &out);
			qctl_print(&out);
		}
		if (result)
			code = qctl_fail(result, &err);
		else if (*list.next)
			fprintf(stderr, "there is more: --after %s\n", list.next);
	}
	columns_free(&list.columns);
	free(list.next);
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
	size_t at;

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

/* ---- export ---- */

/* Writes piece after piece; the digest of all of them is compared at the end. */
static enum result export_all(struct qctl *qctl, Lz__Fetch *request, struct err *err)
{
	struct wire_message answer;
	struct digest_state state;
	struct digest digest;
	char hex[DIGEST_HEX_ROOM], wanted[DIGEST_HEX_ROOM] = "";
	enum result result;
	uint64_t size = 1, got;

	digest_init(&state);
	for (; request->offset < size; request->offset += got) {
		result = qctl_ask(qctl, MESSAGE_FETCH, request, &answer, err);
		if (result)
			return result;
		size = ((const Lz__Fetched *)answer.envelope)->size;
		got = wire_body_size(&answer.body);
		snprintf(wanted, sizeof(wanted), "%s",
		        ((const Lz__Fetched *)answer.envelope)->sha256);
		digest_add(&state, wire_body_data(&answer.body), got);
		result = file_write_fd(STDOUT_FILENO, wire_body_data(&answer.body), got, err);
		wire_message_free(&answer);
		if (result)
			return result;
		if (!got)
			break;
	}
	digest_final(&state, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
	if (request->offset < size || strcmp(hex, wanted))
		return err_set(err, RESULT_PERMANENT, "what came is not what was kept: %s", hex);
	return RESULT_OK;
}

/* The beginning of an id is made whole by asking for the item. */
static enum result whole_id(struct qctl *qctl, char *word, char **id, struct err *err)
{
	Lz__Show request = LZ__SHOW__INIT;
	struct wire_message answer;
	enum result result;

	request.id = word;
	result = qctl_ask(qctl, MESSAGE_SHOW, &request, &answer, err);
	if (result)
		return result;
	*id = alloc_string(((const Lz__Shown *)answer.envelope)->item->id);
	wire_message_free(&answer);
	return RESULT_OK;
}

int command_export(struct qctl *qctl)
{
	const char *part = arguments_value(&qctl->arguments, "part");
	Lz__Fetch request = LZ__FETCH__INIT;
	uint64_t number = 0;
	enum result result;
	struct err err;
	char *id = NULL;

	if (part && (!text_number(part, UINT32_MAX, &number) || !number)) {
		err_set(&err, RESULT_PERMANENT, "--part %s: a number from 1 is expected", part);
		return qctl_wrong(qctl, &err);
	}
	result = whole_id(qctl, qctl->arguments.words[0], &id, &err);
	request.id = id;
	request.part = (uint32_t)number;
	if (!result)
		result = export_all(qctl, &request, &err);
	free(id);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}
