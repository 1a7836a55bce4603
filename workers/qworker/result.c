#include "workers/qworker/result.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/config/reports.h"

static const Lz__Item *item_named(const Lz__ScanResult *result, const char *id)
{
	size_t i;

	for (i = 0; i < result->n_items; i++)
		if (strcmp(result->items[i]->id, id) == 0)
			return result->items[i];
	return NULL;
}

static int has_recipient(
        const Lz__Group *group, const Lz__Submission *submission, const char *address)
{
	size_t i;

	for (i = 0; i < group->n_recipients; i++)
		if (strcmp(submission->recipients[group->recipients[i]]->address, address) == 0)
			return 1;
	return 0;
}

static int notice_fits(const Lz__Notice *notice, const struct config *config,
        const Lz__Group *group, const Lz__Submission *submission)
{
	switch (notice->kind) {
	case LZ__NOTICE_KIND__NOTICE_SENDER:
		return *notice->to && strcmp(notice->to, submission->reverse_path) == 0;
	case LZ__NOTICE_KIND__NOTICE_RECIPIENT:
		return has_recipient(group, submission, notice->to);
	case LZ__NOTICE_KIND__NOTICE_ADMIN:
		return strcmp(notice->to, config->site.admin) == 0;
	default:
		return 0;
	}
}

/* Nobody can ask in another's name. */
static int requests_fit(const Lz__Item *item, const Lz__Submission *submission)
{
	size_t i;

	for (i = 0; i < item->n_requests; i++)
		if (strcmp(item->requests[i]->asker, submission->reverse_path) != 0)
			return 0;
	return !item->n_requests || (item->disposition == LZ__DISPOSITION__DISCARD &&
	                                    strcmp(item->reason, "request") == 0);
}

/* An item releases mail to its recipients and tells people: it may name those of its group only. */
static int item_fits(const Lz__Item *item, const struct config *config, const Lz__Group *group,
        const Lz__Submission *submission)
{
	size_t i;

	if (strcmp(item->reverse_path, submission->reverse_path) != 0)
		return 0;
	for (i = 0; i < item->n_recipients; i++)
		if (!has_recipient(group, submission, item->recipients[i]->address))
			return 0;
	if (!requests_fit(item, submission))
		return 0;
	for (i = 0; i < item->n_notices; i++)
		if (!notice_fits(item->notices[i], config, group, submission))
			return 0;
	return 1;
}

static int is_our_redirect(const struct config *config, const char *mailbox)
{
	size_t i;

	for (i = 0; i < config->policies.count; i++)
		if (strcmp(config->policies.rules[i].redirect_to, mailbox) == 0)
			return 1;
	return strcmp(config->policy.redirect_to, mailbox) == 0;
}

static enum result redirects_fit(
        const Lz__Verdict *verdict, const struct config *config, struct err *err)
{
	size_t i;

	for (i = 0; i < verdict->n_groups; i++)
		if (*verdict->groups[i]->redirect &&
		        !is_our_redirect(config, verdict->groups[i]->redirect))
			return err_set(
			        err, RESULT_PERMANENT, "a redirect to a mailbox that is not ours");
	return RESULT_OK;
}

static enum result items_fit(const Lz__ScanResult *result, const struct config *config,
        const Lz__Submission *submission, struct err *err)
{
	const Lz__Verdict *verdict = result->verdict;
	size_t i, j, named = 0;

	for (i = 0; i < verdict->n_groups; i++) {
		const Lz__Group *group = verdict->groups[i];

		for (j = 0; j < group->n_items; j++, named++) {
			const Lz__Item *item = item_named(result, group->items[j]);

			if (!item || !item_fits(item, config, group, submission))
				return err_set(err, RESULT_PERMANENT,
				        "an item that does not fit its group");
		}
	}
	if (named != result->n_items)
		return err_set(err, RESULT_PERMANENT, "an item that no group names");
	return RESULT_OK;
}

/* What is done with a message that has a pass: it is delivered to everybody as it is, but for one
 * field. */
static enum result pass_fits(
        const Lz__ScanResult *result, const Lz__Submission *submission, struct err *err)
{
	Lz__Verdict verdict = LZ__VERDICT__INIT;
	Lz__Group *group = result->pass ? result->pass->through : NULL;

	if (!result->pass)
		return RESULT_OK;
	if (!group || group->disposition != LZ__DISPOSITION__DELIVER || group->n_items ||
	        group->n_fields || group->n_edits != 1 || group->edits[0]->replacement.len)
		return err_set(err, RESULT_PERMANENT, "a pass that does more than to let through");
	verdict.message_id = result->verdict->message_id;
	verdict.groups = &group;
	verdict.n_groups = 1;
	return verdict_fits(&verdict, submission, err);
}

static int may_teach(
        const struct config *config, const Lz__Submission *submission, Lz__Lesson lesson)
{
	const enum reports_kind wanted =
	        lesson == LZ__LESSON__LEARN_HAM ? REPORTS_HAM : REPORTS_SPAM;
	const struct reports_sender sender = {
	        submission->sasl_username, submission->client_address};
	const struct config_report *rule;
	size_t i;

	for (i = 0; *submission->reverse_path && i < submission->n_recipients; i++)
		if (reports_find(config, submission->recipients[i]->address, &sender, &rule) ==
		        wanted)
			return 1;
	return 0;
}

static void set_text(char **field, const char *text)
{
	if (*field != protobuf_c_empty_string)
		free(*field);
	*field = alloc_string(text);
}

/* Who reports is what the envelope says, whatever a scanner does. */
static void settle_report(
        const struct config *config, const Lz__Submission *submission, Lz__Report *report)
{
	if (!report)
		return;
	set_text(&report->reporter, *submission->sasl_username ? submission->sasl_username
	                                                       : submission->client_address);
	if (*report->fate || may_teach(config, submission, report->lesson))
		return;
	while (report->n_examples)
		message_free(&report->examples[--report->n_examples]->base);
	set_text(&report->fate, "stranger");
}

enum result result_read(const struct config *config, const Lz__Submission *submission,
        const void *bytes, size_t size, Lz__ScanResult **out, struct err *err)
{
	ProtobufCMessage *message;
	Lz__ScanResult *result;

	if (message_unpack(MESSAGE_SCAN_RESULT, bytes, size, submission->size, &message, err) !=
	        RESULT_OK)
		return RESULT_PERMANENT;
	result = (Lz__ScanResult *)message;
	if (verdict_fits(result->verdict, submission, err) != RESULT_OK ||
	        pass_fits(result, submission, err) != RESULT_OK ||
	        redirects_fit(result->verdict, config, err) != RESULT_OK ||
	        items_fit(result, config, submission, err) != RESULT_OK) {
		message_free(message);
		return RESULT_PERMANENT;
	}
	settle_report(config, submission, result->report);
	*out = result;
	return RESULT_OK;
}

Lz__Report *result_lesson(const Lz__ScanResult *result)
{
	return result->report && !*result->report->fate ? result->report : NULL;
}

int result_needs_store(const Lz__ScanResult *result, const Lz__Submission *submission)
{
	return !submission->dry_run && (result->n_items > 0 || result->verdict->n_groups > 1 ||
	                                       result->pass || result_lesson(result));
}

int result_is_stored(const Lz__ScanResult *result, const Lz__Stored *stored)
{
	size_t i, j;

	if (strcmp(result->verdict->message_id, stored->message_id) != 0)
		return 0;
	for (i = 0; i < result->n_items; i++) {
		for (j = 0; j < stored->n_items; j++)
			if (strcmp(result->items[i]->id, stored->items[j]) == 0)
				break;
		if (j == stored->n_items)
			return 0;
	}
	return 1;
}

void result_take_delivered(Lz__ScanResult *result, Lz__Stored *stored)
{
	result->verdict->delivered = stored->delivered;
	result->verdict->n_delivered = stored->n_delivered;
	stored->delivered = NULL;
	stored->n_delivered = 0;
}

static void add_symbol(Lz__Verdict *verdict, const char *fate)
{
	Lz__Symbol *symbol = alloc(sizeof(*symbol));
	char *at;

	lz__symbol__init(symbol);
	symbol->name = alloc_format("PASS_%s", fate);
	for (at = symbol->name; *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	symbol->where = alloc_string("X-Lazaret-Pass");
	verdict->symbols =
	        alloc_grow(verdict->symbols, verdict->n_symbols + 1, sizeof(*verdict->symbols));
	verdict->symbols[verdict->n_symbols++] = symbol;
}

static void let_through(Lz__ScanResult *result)
{
	Lz__Verdict *verdict = result->verdict;

	while (verdict->n_groups)
		message_free(&verdict->groups[--verdict->n_groups]->base);
	while (result->n_items)
		message_free(&result->items[--result->n_items]->base);
	verdict->groups = alloc_grow(verdict->groups, 1, sizeof(*verdict->groups));
	verdict->groups[verdict->n_groups++] = result->pass->through;
	result->pass->through = NULL;
}

void result_take_pass(Lz__ScanResult *result, const char *fate)
{
	if (!result->pass)
		return;
	add_symbol(result->verdict, *fate ? fate : "forged");
	if (!strcmp(fate, "redeemed"))
		let_through(result);
}
