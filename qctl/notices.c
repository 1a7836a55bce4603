/*
 * notices: what the outbox holds, what one of its notices is as mail, and what becomes of those
 * that could not be sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/notice/notice.h"
#include "qctl/print.h"
#include "qctl/qctl.h"
#include "qctl/who.h"

enum { LIST_DEFAULT = 50, CELL_MOST = 48, STATES_MOST = 8 };

/* ---- the list ---- */

static const char *const states[] = {"waiting", "due", "leased", "done", "dead", "gathered"};

struct listing {
	Lz__ListOutbox request; /* lends from what was typed */
	char *states[STATES_MOST];
	uint64_t left; /* records still wanted */
	struct columns *columns;
};

static int is_state(const char *word)
{
	size_t at;

	for (at = 0; at < sizeof(states) / sizeof(states[0]); at++)
		if (!strcmp(states[at], word))
			return 1;
	return 0;
}

static enum result read_options(struct listing *listing, const struct qctl *qctl, struct err *err)
{
	const char *limit = arguments_value(&qctl->arguments, "limit"), *state;
	size_t at;

	lz__list_outbox__init(&listing->request);
	listing->request.states = listing->states;
	listing->left = LIST_DEFAULT;
	if (limit && !text_number(limit, UINT32_MAX, &listing->left))
		return err_set(err, RESULT_PERMANENT, "--limit %s: a number is expected", limit);
	if (!listing->left)
		listing->left = UINT64_MAX;
	for (at = 0; (state = arguments_nth(&qctl->arguments, "state", at)); at++) {
		if (!is_state(state) || at == STATES_MOST)
			return err_set(err, RESULT_PERMANENT,
			        "--state %s: one of waiting, due, leased, done, dead, gathered is "
			        "expected",
			        state);
		listing->states[listing->request.n_states++] = (char *)state;
	}
	return RESULT_OK;
}

static struct columns *begin_columns(void)
{
	static const char *const heads[] = {
	        "ID", "KIND", "TO", "STATE", "TRIES", "NEXT", "ITEM", "LAST"};
	struct columns *columns = columns_new(sizeof(heads) / sizeof(heads[0]), CELL_MOST);
	size_t at;

	for (at = 0; at < sizeof(heads) / sizeof(heads[0]); at++)
		columns_add(columns, heads[at]);
	return columns;
}

/* The last answer, or why there was none yet. */
static void add_last(struct columns *columns, const Lz__Outgoing *outgoing)
{
	char *text;

	if (*outgoing->into)
		text = alloc_format("told of in %s", outgoing->into);
	else if (outgoing->count && !*outgoing->last)
		text = alloc_format(
		        "%llu: %s", (unsigned long long)outgoing->count, outgoing->group);
	else
		text = alloc_string(outgoing->last);
	columns_add(columns, text);
	free(text);
}

static void add_row(struct columns *columns, const Lz__Outgoing *outgoing)
{
	char time[40] = "", tries[24], *to;

	if (outgoing->next_ms &&
	        (!strcmp(outgoing->state, "due") || !strcmp(outgoing->state, "leased")))
		clock_text(outgoing->next_ms, time, sizeof(time));
	snprintf(tries, sizeof(tries), "%u", outgoing->attempts);
	to = outgoing->n_to < 2 ? alloc_string(outgoing->n_to ? outgoing->to[0] : "")
	                        : alloc_format("%zu: %s", outgoing->n_to, outgoing->to[0]);
	columns_add(columns, outgoing->id);
	columns_add(columns, print_kind(outgoing->kind));
	columns_add(columns, to);
	columns_add(columns, outgoing->state);
	columns_add(columns, tries);
	columns_add(columns, time);
	columns_add(columns, outgoing->item);
	add_last(columns, outgoing);
	free(to);
}

static void show_page(struct listing *listing, const struct qctl *qctl, const Lz__Outbox *page)
{
	struct json json = {0};
	size_t at;

	for (at = 0; at < page->n_outbox && listing->left; at++, listing->left--) {
		if (!qctl->json) {
			add_row(listing->columns, page->outbox[at]);
			continue;
		}
		print_outgoing_json(&json, page->outbox[at]);
		json_flush(&json);
	}
	if (at < page->n_outbox || (!listing->left && *page->next))
		fprintf(stderr, "there may be more: --limit 0 shows all\n");
}

/* Page after page, until there is no cursor to go on from. */
static enum result show_all(struct listing *listing, struct qctl *qctl, struct err *err)
{
	char *after = alloc_string("");
	struct wire_message answer;
	const Lz__Outbox *page;
	enum result result;
	int is_end;

	do {
		listing->request.after = after;
		result = qctl_ask(qctl, MESSAGE_LIST_OUTBOX, &listing->request, &answer, err);
		if (result)
			break;
		page = (const Lz__Outbox *)answer.envelope;
		show_page(listing, qctl, page);
		free(after);
		after = alloc_string(page->next);
		is_end = !*after || !listing->left;
		wire_message_free(&answer);
	} while (!is_end);
	free(after);
	return result;
}

static int list_notices(struct qctl *qctl)
{
	struct listing listing = {0};
	struct buf out = {0};
	struct err err;
	enum result result = read_options(&listing, qctl, &err);

	if (result)
		return qctl_wrong(qctl, &err);
	listing.columns = begin_columns();
	result = show_all(&listing, qctl, &err);
	if (!result && !qctl->json) {
		columns_print(listing.columns, &out);
		qctl_print(&out);
	}
	columns_free(&listing.columns);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}

/* ---- one as mail ---- */

static void on_wrong_text(void *context, const char *sentence)
{
	struct buf out = {0};

	buf_add_string(&out, "warning: ");
	columns_safe(&out, sentence, 0);
	fprintf(stderr, "%s\n", out.data);
	buf_fini(&out);
}

/* Every byte as it would be handed to the next hop now, but for the Date. */
static int write_notice(
        struct qctl *qctl, const Lz__Outgoing *outgoing, const Lz__Item *item, struct err *err)
{
	const struct config *config = qctl_config(qctl);
	struct notices *notices = notices_open(config, on_wrong_text, NULL);
	struct notice_from from;
	struct json json = {0};
	struct buf mail = {0};
	enum result result = RESULT_OK;

	notice_from_config(config, &from);
	notice_compose(notices, &from, outgoing, item, clock_wall_ms(), &mail);
	notices_close(&notices);
	if (qctl->json) {
		json_object(&json, NULL);
		json_text(&json, "id", outgoing->id);
		json_text(&json, "mail", mail.data);
		json_end_object(&json);
		json_flush(&json);
	} else {
		result = file_write_fd(STDOUT_FILENO, mail.data, mail.size, err);
	}
	buf_fini(&mail);
	return result ? qctl_fail(result, err) : QCTL_OK;
}

static int render_record(struct qctl *qctl, const Lz__Outgoing *outgoing, struct err *err)
{
	Lz__Show request = LZ__SHOW__INIT;
	struct wire_message answer;
	enum result result;
	int code;

	if (outgoing->kind == LZ__NOTICE_KIND__NOTICE_RELEASE) {
		err_set(err, RESULT_PERMANENT,
		        "%s is a release: it carries the original, which qctl export %s shows",
		        outgoing->id, outgoing->item);
		return qctl_fail(RESULT_PERMANENT, err);
	}
	if (!*outgoing->item)
		return write_notice(qctl, outgoing, NULL, err);
	request.id = outgoing->item;
	result = qctl_ask(qctl, MESSAGE_SHOW, &request, &answer, err);
	if (result)
		return qctl_fail(result, err);
	code = write_notice(qctl, outgoing, ((const Lz__Shown *)answer.envelope)->item, err);
	wire_message_free(&answer);
	return code;
}

/* The one record that is named, in *answer to be freed. */
static int find_notice(struct qctl *qctl, char *id, struct wire_message *answer)
{
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;
	enum result result;
	struct err err;

	request.id = id;
	result = qctl_ask(qctl, MESSAGE_LIST_OUTBOX, &request, answer, &err);
	if (result)
		return qctl_fail(result, &err);
	if (((const Lz__Outbox *)answer->envelope)->n_outbox == 1)
		return QCTL_OK;
	wire_message_free(answer);
	err_set(&err, RESULT_TEMPORARY, "the quarantine's answer is not one record");
	return qctl_fail(RESULT_TEMPORARY, &err);
}

static int render_notice(struct qctl *qctl)
{
	struct wire_message answer;
	struct err err;
	int code = find_notice(qctl, qctl->arguments.words[1], &answer);

	if (code)
		return code;
	code = render_record(qctl, ((const Lz__Outbox *)answer.envelope)->outbox[0], &err);
	wire_message_free(&answer);
	return code;
}

/* ---- those that could not be sent ---- */

static void tell_amended(const struct qctl *qctl, const Lz__Amend *request, uint64_t count)
{
	struct json json = {0};

	if (!qctl->json) {
		printf("%llu %s\n", (unsigned long long)count,
		        request->drop ? "dropped" : "to be tried again");
		return;
	}
	json_object(&json, NULL);
	json_number(&json, request->drop ? "dropped" : "again", count);
	json_end_object(&json);
	json_flush(&json);
}

static int amend_all(struct qctl *qctl, Lz__Amend *request)
{
	char *after = alloc_string("");
	struct wire_message answer;
	enum result result;
	uint64_t count = 0;
	struct err err;

	do {
		request->after = after;
		result = qctl_ask(qctl, MESSAGE_AMEND, request, &answer, &err);
		if (result)
			break;
		count += ((const Lz__Amended *)answer.envelope)->count;
		free(after);
		after = alloc_string(((const Lz__Amended *)answer.envelope)->next);
		wire_message_free(&answer);
	} while (*after);
	free(after);
	if (result)
		return qctl_fail(result, &err);
	tell_amended(qctl, request, count);
	return QCTL_OK;
}

static int amend_one(struct qctl *qctl, Lz__Amend *request)
{
	struct wire_message found, answer;
	enum result result;
	struct err err;
	int code = find_notice(qctl, qctl->arguments.words[1], &found);

	if (code)
		return code;
	request->id = ((const Lz__Outbox *)found.envelope)->outbox[0]->id;
	result = qctl_ask(qctl, MESSAGE_AMEND, request, &answer, &err);
	if (!result) {
		tell_amended(qctl, request, ((const Lz__Amended *)answer.envelope)->count);
		wire_message_free(&answer);
	}
	wire_message_free(&found);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}

static int amend_notices(struct qctl *qctl, int drop)
{
	Lz__Amend request = LZ__AMEND__INIT;
	int all = arguments_value(&qctl->arguments, "all") != NULL, code;
	struct err err;

	if (all == (qctl->arguments.word_count == 2)) {
		err_set(&err, RESULT_PERMANENT, "the id of a notice, or --all, is expected");
		return qctl_wrong(qctl, &err);
	}
	request.all = all;
	request.drop = drop;
	request.by = who_asks(qctl);
	code = all ? amend_all(qctl, &request) : amend_one(qctl, &request);
	free(request.by);
	return code;
}

int command_notices(struct qctl *qctl)
{
	const struct arguments *arguments = &qctl->arguments;
	const char *verb = arguments->word_count ? arguments->words[0] : "";
	struct err err;

	if (!*verb)
		return list_notices(qctl);
	if (arguments->word_count == 2 && !*arguments->words[1])
		verb = ""; /* of a variable that was never set */
	if (!strcmp(verb, "render") && arguments->word_count == 2)
		return render_notice(qctl);
	if (!strcmp(verb, "retry") || !strcmp(verb, "drop"))
		return amend_notices(qctl, !strcmp(verb, "drop"));
	err_set(&err, RESULT_PERMANENT,
	        "nothing, or render, retry or drop and the id of a notice, is expected");
	return qctl_wrong(qctl, &err);
}
