/*
 * audit: what was done to the quarantine, by whom, and whether the record of it is whole.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/audit/chain.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "qctl/heads.h"
#include "qctl/print.h"
#include "qctl/progress.h"
#include "qctl/qctl.h"
#include "qctl/when.h"

enum { LIST_DEFAULT = 50, PAGE = 200, WALK_PAGE = 500, TRIES = 3 };

/* ---- list ---- */

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

static enum result read_number(
        const struct qctl *qctl, const char *name, uint64_t *out, struct err *err)
{
	const char *value = arguments_value(&qctl->arguments, name);

	if (value && !text_number(value, UINT32_MAX, out))
		return err_set(err, RESULT_PERMANENT, "--%s %s: a number is expected", name, value);
	return RESULT_OK;
}

static enum result read_question(
        const struct qctl *qctl, Lz__ListAudit *request, uint64_t *limit, struct err *err)
{
	enum result result;

	request->item = value_of(qctl, "item");
	request->who = value_of(qctl, "who");
	request->action = value_of(qctl, "action");
	result = read_time(qctl, "since", &request->since_ms, err);
	if (!result)
		result = read_time(qctl, "until", &request->until_ms, err);
	if (!result)
		result = read_number(qctl, "after", &request->from, err);
	if (!result)
		result = read_number(qctl, "limit", limit, err);
	if (!*limit)
		*limit = UINT64_MAX;
	return result;
}

static void print_json(const Lz__AuditEntry *entry)
{
	char hash[DIGEST_HEX_ROOM] = "";
	struct json json = {0};

	if (entry->hash.len == DIGEST_SIZE)
		text_hex(entry->hash.data, DIGEST_SIZE, hash);
	json_object(&json, NULL);
	json_number(&json, "seq", (int64_t)entry->seq);
	print_time_json(&json, "time", entry->time_ms);
	json_text(&json, "who", entry->who);
	json_text(&json, "action", entry->action);
	json_text(&json, "item", entry->item);
	json_text(&json, "why", entry->why);
	json_text(&json, "detail", entry->detail);
	json_text(&json, "hash", hash);
	json_end_object(&json);
	json_flush(&json);
}

static void add_row(struct columns *columns, const Lz__AuditEntry *entry)
{
	char number[24], when[40];
	char *rest = alloc_format("%s%s%s%s", entry->detail,
	        *entry->detail && *entry->why ? " " : "", *entry->why ? "why=" : "", entry->why);

	snprintf(number, sizeof(number), "%" PRIu64, entry->seq);
	clock_text(entry->time_ms, when, sizeof(when));
	columns_add(columns, number);
	columns_add(columns, when);
	columns_add(columns, entry->action);
	columns_add(columns, *entry->item ? entry->item : "-");
	columns_add(columns, entry->who);
	columns_add(columns, rest);
	free(rest);
}

static void show_entries(const struct qctl *qctl, struct columns *columns, const Lz__Audit *page)
{
	size_t at;

	for (at = 0; at < page->n_entries; at++)
		if (qctl->json)
			print_json(page->entries[at]);
		else
			add_row(columns, page->entries[at]);
}

/* Page after page: columns are as wide as their widest cell, so they wait for all of them. */
static enum result show_pages(struct qctl *qctl, Lz__ListAudit *request, uint64_t left,
        struct columns *columns, struct err *err)
{
	enum result result = RESULT_OK;
	struct wire_message answer;
	const Lz__Audit *page;

	while (!result && left) {
		request->limit = left < PAGE ? (uint32_t)left : PAGE;
		result = qctl_ask(qctl, MESSAGE_LIST_AUDIT, request, &answer, err);
		if (result)
			break;
		page = (const Lz__Audit *)answer.envelope;
		show_entries(qctl, columns, page);
		left -= page->n_entries < left ? page->n_entries : left;
		request->from = page->next;
		wire_message_free(&answer);
		if (!request->from)
			break;
	}
	return result;
}

static int list(struct qctl *qctl)
{
	struct columns *columns = columns_new(6, 0);
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	uint64_t limit = LIST_DEFAULT;
	struct buf out = {0};
	struct err err;
	int code = QCTL_OK;
	enum result result = read_question(qctl, &request, &limit, &err);

	if (result) {
		code = qctl_wrong(qctl, &err);
	} else {
		result = show_pages(qctl, &request, limit, columns, &err);
		code = result ? qctl_fail(result, &err) : QCTL_OK;
		columns_print(columns, &out);
		qctl_print(&out);
		if (!result && request.from)
			fprintf(stderr, "there is more: --after %" PRIu64 "\n", request.from);
	}
	columns_free(&columns);
	return code;
}

/* ---- head ---- */

static void print_place(const struct qctl *qctl, const Lz__AuditPlace *head)
{
	char when[40], hex[DIGEST_HEX_ROOM] = "";
	struct json json = {0};

	if (head->hash.len == DIGEST_SIZE)
		text_hex(head->hash.data, DIGEST_SIZE, hex);
	if (qctl->json) {
		json_object(&json, NULL);
		json_number(&json, "seq", (int64_t)head->seq);
		print_time_json(&json, "time", head->time_ms);
		json_text(&json, "hash", hex);
		json_end_object(&json);
		json_flush(&json);
		return;
	}
	clock_text(head->time_ms, when, sizeof(when));
	if (strchr(when, ' '))
		*strchr(when, ' ') = 'T';
	printf("%" PRIu64 " %s %s\n", head->seq, when, hex);
}

static int head(struct qctl *qctl)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	struct wire_message answer;
	const Lz__AuditPlace *place;
	struct err err;
	enum result result;
	int code = QCTL_OK;

	request.limit = 1;
	result = qctl_ask(qctl, MESSAGE_LIST_AUDIT, &request, &answer, &err);
	if (result)
		return qctl_fail(result, &err);
	place = ((const Lz__Audit *)answer.envelope)->head;
	if (place && place->seq)
		print_place(qctl, place);
	else
		code = qctl_fail(RESULT_NONE,
		        &(struct err){"there is no entry in the audit that could be a head"});
	wire_message_free(&answer);
	return code;
}

/* ---- verify ---- */

struct walk {
	struct qctl *qctl;
	struct heads *heads;
	struct chain chain;
	struct progress progress;
	uint64_t anchor_seq; /* as the last page told */
};

static enum result take_entries(struct walk *walk, const Lz__Audit *page, struct err *err)
{
	enum result result = RESULT_OK;
	char told[48];
	size_t at;

	for (at = 0; !result && at < page->n_entries; at++) {
		result = chain_take(&walk->chain, page->entries[at], err);
		if (!result)
			heads_pass(walk->heads, page->entries[at]);
	}
	snprintf(told, sizeof(told), "%" PRIu64 " entries ", walk->chain.seq);
	progress_show(&walk->progress, walk->chain.seq, told);
	return result;
}

static enum result take_page(
        struct walk *walk, const Lz__Audit *page, int is_first, struct err *err)
{
	enum result result = RESULT_OK;

	if (!page->head || !page->anchor)
		return err_set(err, RESULT_PERMANENT, "an answer without its ends");
	if (is_first) {
		walk->progress.total = page->head->seq;
		result = chain_begin(&walk->chain, page->anchor, err);
		heads_begin(walk->heads, page->anchor);
	}
	walk->anchor_seq = page->anchor->seq;
	return result ? result : take_entries(walk, page, err);
}

/* From the anchor to the end. RESULT_NONE: it was trimmed meanwhile, so that it begins elsewhere.
 */
static enum result walk_once(struct walk *walk, int *is_broken, struct err *err)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	struct wire_message answer;
	enum result result;
	int is_first = 1;

	request.forward = 1;
	request.limit = WALK_PAGE;
	do {
		result = qctl_ask(walk->qctl, MESSAGE_LIST_AUDIT, &request, &answer, err);
		if (result)
			return result == RESULT_NONE ? RESULT_PERMANENT : result;
		result = take_page(walk, (const Lz__Audit *)answer.envelope, is_first, err);
		request.from = ((const Lz__Audit *)answer.envelope)->next;
		wire_message_free(&answer);
		is_first = 0;
	} while (!result && request.from);
	if (!result)
		result = chain_end(&walk->chain, err);
	if (result && walk->anchor_seq != walk->chain.anchor_seq)
		return RESULT_NONE;
	*is_broken = result != RESULT_OK;
	return RESULT_OK;
}

static int tell_broken(const struct qctl *qctl, uint64_t good, const struct err *why)
{
	struct json json = {0};
	struct buf text = {0};

	if (qctl->json) {
		json_object(&json, NULL);
		json_bool(&json, "whole", 0);
		json_number(&json, "good", (int64_t)good);
		json_text(&json, "why", why->text);
		json_end_object(&json);
		json_flush(&json);
		return QCTL_NO;
	}
	columns_safe(&text, why->text, 0);
	printf("broken behind entry %" PRIu64 ": %s\n", good, text.data);
	buf_fini(&text);
	return QCTL_NO;
}

static int tell_whole(const struct walk *walk)
{
	const struct chain *chain = &walk->chain;
	size_t heads = heads_count(walk->heads);
	struct json json = {0};

	if (walk->qctl->json) {
		json_object(&json, NULL);
		json_bool(&json, "whole", 1);
		json_number(&json, "from", (int64_t)chain->anchor_seq + 1);
		json_number(&json, "to", (int64_t)chain->seq);
		json_number(&json, "heads", (int64_t)heads);
		json_end_object(&json);
		json_flush(&json);
		return QCTL_OK;
	}
	printf("whole from entry %" PRIu64 " to %" PRIu64, chain->anchor_seq + 1, chain->seq);
	if (heads)
		printf(", with %zu head%s kept elsewhere", heads, heads == 1 ? "" : "s");
	puts("");
	return QCTL_OK;
}

static int verify_against(struct qctl *qctl, struct heads *heads)
{
	struct walk walk = {.qctl = qctl, .heads = heads};
	enum result result = RESULT_NONE;
	int is_broken = 0, tries;
	struct err err;

	for (tries = 0; tries < TRIES && result == RESULT_NONE; tries++)
		result = walk_once(&walk, &is_broken, &err);
	progress_clear(&walk.progress);
	if (result)
		return qctl_fail(result == RESULT_NONE ? RESULT_TEMPORARY : result, &err);
	if (is_broken || heads_end(heads, walk.chain.seq, &err))
		return tell_broken(qctl, walk.chain.seq, &err);
	return tell_whole(&walk);
}

static int verify(struct qctl *qctl)
{
	struct heads heads;
	struct err err;
	int code;

	if (heads_read(&heads, arguments_value(&qctl->arguments, "head"), &err))
		return qctl_fail(RESULT_PERMANENT, &err);
	code = verify_against(qctl, &heads);
	heads_fini(&heads);
	return code;
}

int command_audit(struct qctl *qctl)
{
	const char *what = qctl->arguments.word_count ? qctl->arguments.words[0] : "list";
	struct err err;

	if (!strcmp(what, "list"))
		return list(qctl);
	if (!strcmp(what, "verify"))
		return verify(qctl);
	if (!strcmp(what, "head"))
		return head(qctl);
	err_set(&err, RESULT_PERMANENT, "audit %s: list, verify or head is expected", what);
	return qctl_wrong(qctl, &err);
}
