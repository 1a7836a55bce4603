#include <stdlib.h>
#include <string.h>

#include "lib/base/age.h"
#include "protos/check.h"

/* No answer is waited for longer; the number is added to clocks. */
enum { DEADLINE_MAX_MS = 24 * 60 * 60 * 1000 };

static enum result wrong(struct err *err, const char *what)
{
	return err_set(err, RESULT_PERMANENT, "%s", what);
}

static enum result submission_sense(
        const Lz__Submission *submission, size_t body_size, struct err *err)
{
	size_t at;

	if (submission->n_recipients == 0)
		return wrong(err, "recipients: none");
	for (at = 0; at < submission->n_recipients; at++)
		if (!*submission->recipients[at]->address)
			return wrong(err, "recipients: one without an address");
	if (submission->size != body_size)
		return err_set(err, RESULT_PERMANENT, "size: %llu, but %zu bytes came",
		        (unsigned long long)submission->size, body_size);
	if (submission->deadline_ms > DEADLINE_MAX_MS)
		return wrong(err, "deadline_ms: more than a day");
	return RESULT_OK;
}

static enum result edits_sense(const Lz__Group *group, struct err *err)
{
	uint64_t end = 0;
	size_t at;

	for (at = 0; at < group->n_edits; at++) {
		const Lz__Edit *edit = group->edits[at];

		if (edit->offset < end)
			return wrong(err, "edits: not ascending, or overlapping");
		if (edit->length > UINT64_MAX - edit->offset)
			return wrong(err, "edits: end beyond all numbers");
		end = edit->offset + edit->length;
	}
	return RESULT_OK;
}

/* A reply says the same in its code and in its enhanced code (RFC 3463 section 2). */
static int reply_agrees(const Lz__Group *group, unsigned class)
{
	return group->code / 100 == class &&
	       (!*group->enhanced || (unsigned)(*group->enhanced - '0') == class);
}

static enum result group_sense(const Lz__Group *group, struct err *err)
{
	if (group->n_recipients == 0)
		return wrong(err, "groups: one without recipients");
	if (group->disposition == LZ__DISPOSITION__REJECT && !reply_agrees(group, 5))
		return wrong(err, "groups: a reject without a 5xx reply");
	if (group->disposition == LZ__DISPOSITION__DEFER && !reply_agrees(group, 4))
		return wrong(err, "groups: a defer without a 4xx reply");
	if (group->disposition == LZ__DISPOSITION__REDIRECT && !*group->redirect)
		return wrong(err, "groups: a redirect to nowhere");
	/* Whatever else goes wrong: a message that nobody gets is kept somewhere. */
	if ((group->disposition == LZ__DISPOSITION__QUARANTINE ||
	            group->disposition == LZ__DISPOSITION__DISCARD) &&
	        group->n_items == 0)
		return wrong(err, "groups: held or discarded, but no item keeps it");
	return edits_sense(group, err);
}

/* It becomes a date, and is reckoned with. */
static int time_is_wrong(int64_t seconds)
{
	return seconds < 0 || seconds > AGE_LATEST_S;
}

static enum result verdict_sense(const Lz__Verdict *verdict, struct err *err)
{
	unsigned char seen[MESSAGE_RECIPIENTS_MAX / 8 + 1] = {0};
	enum result result = RESULT_OK;
	size_t at, in;

	if (verdict->n_groups == 0)
		return wrong(err, "groups: none");
	if (time_is_wrong(verdict->signatures_s))
		return wrong(err, "signatures_s: no time");
	for (at = 0; at < verdict->n_groups && result == RESULT_OK; at++) {
		const Lz__Group *group = verdict->groups[at];

		result = group_sense(group, err);
		for (in = 0; in < group->n_recipients && result == RESULT_OK; in++) {
			uint32_t index = group->recipients[in];

			if (index >= MESSAGE_RECIPIENTS_MAX || seen[index / 8] >> index % 8 & 1)
				return wrong(err, "groups: a recipient twice, or that can't be");
			seen[index / 8] |= (unsigned char)(1 << index % 8);
		}
	}
	return result;
}

static enum result item_sense(
        const Lz__Item *item, const char *message_id, size_t size, struct err *err)
{
	size_t at;

	if (strcmp(item->message_id, message_id) != 0)
		return wrong(err, "items: one of another message");
	if (item->size != size)
		return wrong(err, "items: size is not the message's");
	if (item->n_recipients == 0)
		return wrong(err, "items: one without recipients");
	if (time_is_wrong(item->signatures_s))
		return wrong(err, "items: signatures of no time");
	for (at = 0; at < item->n_parts; at++)
		if (item->parts[at]->offset > size ||
		        item->parts[at]->length > size - item->parts[at]->offset)
			return wrong(err, "items: a part outside the message");
	return RESULT_OK;
}

static enum result items_sense(
        Lz__Item **items, size_t count, const char *message_id, size_t size, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at, other;

	for (at = 0; at < count && result == RESULT_OK; at++) {
		result = item_sense(items[at], message_id, size, err);
		for (other = 0; other < at; other++)
			if (strcmp(items[at]->id, items[other]->id) == 0)
				return wrong(err, "items: one twice");
	}
	return result;
}

static int is_among(Lz__Item **items, size_t count, const char *id)
{
	size_t at;

	for (at = 0; at < count; at++)
		if (strcmp(items[at]->id, id) == 0)
			return 1;
	return 0;
}

static enum result examples_sense(Lz__Example **examples, size_t count, struct err *err)
{
	size_t at;

	for (at = 0; at < count; at++) {
		const Lz__Example *example = examples[at];

		if (example->digest.len != 16)
			return wrong(err, "digest: not 16 bytes");
		if (example->features.len % 4 || example->words > example->features.len / 4)
			return wrong(err, "features: not as many as there are words");
	}
	return RESULT_OK;
}

/* What became of it is not for who brings it to say. */
static enum result report_sense(const Lz__Report *report, struct err *err)
{
	size_t at;

	if (!report)
		return RESULT_OK;
	if (report->reported || report->lesson == LZ__LESSON__LEARN_FORGET)
		return wrong(err, "report: done already, or to forget");
	if (report->n_examples && *report->fate)
		return wrong(err, "report: a lesson, and a reason why there is none");
	for (at = 0; at < report->n_examples; at++)
		if (report->examples[at]->lesson != report->lesson)
			return wrong(err, "report: lessons that differ");
	return examples_sense(report->examples, report->n_examples, err);
}

/* What a scanner says is what an attacker says who has taken it over: it may not claim that others
 * were served, nor that something is kept which it doesn't hand over to be kept. */
/* What would be done is checked with the submission, as a verdict is: workers/qworker/result.c. */
static enum result pass_sense(const Lz__Pass *pass, struct err *err)
{
	if (!pass)
		return RESULT_OK;
	if (!pass->through || strlen(pass->sha256) != 64)
		return wrong(err, "pass: not whole");
	return group_sense(pass->through, err);
}

static enum result scan_result_sense(
        const Lz__ScanResult *scan, size_t message_size, struct err *err)
{
	const Lz__Verdict *verdict = scan->verdict;
	size_t at, in;

	if (!verdict || *scan->crashed)
		return wrong(err, "verdict: none");
	if (verdict->n_delivered > 0)
		return wrong(err, "delivered: not for a scanner to say");
	for (at = 0; at < verdict->n_groups; at++)
		for (in = 0; in < verdict->groups[at]->n_items; in++)
			if (!is_among(scan->items, scan->n_items, verdict->groups[at]->items[in]))
				return wrong(err, "groups: names an item that is not there");
	if (verdict_sense(verdict, err) != RESULT_OK || pass_sense(scan->pass, err) != RESULT_OK ||
	        report_sense(scan->report, err) != RESULT_OK)
		return RESULT_PERMANENT;
	return items_sense(scan->items, scan->n_items, verdict->message_id, message_size, err);
}

static int is_death(const char *why)
{
	return strcmp(why, "crash") == 0 || strcmp(why, "timeout") == 0 ||
	       strcmp(why, "memory") == 0;
}

static enum result scan_order_sense(const Lz__ScanOrder *order, size_t body_size, struct err *err)
{
	size_t at;

	if (!order->submission)
		return wrong(err, "submission: none");
	if (order->from > order->to || order->to > MESSAGE_PARTS_MAX)
		return wrong(err, "from, to: no range of parts");
	if (*order->why && !is_death(order->why))
		return wrong(err, "why: no such reason");
	for (at = 0; at < order->n_bad; at++)
		if (order->bad[at]->part >= MESSAGE_PARTS_MAX || !is_death(order->bad[at]->why))
			return wrong(err, "bad: no part, or no such reason");
	return submission_sense(order->submission, body_size, err);
}

static enum result store_sense(const Lz__Store *store, size_t body_size, struct err *err)
{
	if (store->n_items == 0 && body_size != 0)
		return wrong(err, "items: none, but a body");
	if (report_sense(store->report, err) != RESULT_OK)
		return RESULT_PERMANENT;
	return items_sense(store->items, store->n_items, store->message_id, body_size, err);
}

static enum result job_sense(const Lz__Job *job, size_t body_size, struct err *err)
{
	if (!job->submission || job->attempt == 0)
		return wrong(err, "submission, attempt: both are needed");
	return submission_sense(job->submission, body_size, err);
}

static enum result done_sense(const Lz__Done *done, struct err *err)
{
	if (!done->verdict || done->attempt == 0)
		return wrong(err, "verdict, attempt: both are needed");
	return verdict_sense(done->verdict, err);
}

static enum result release_sense(
        const Lz__Release *release, int is_part, size_t body_size, struct err *err)
{
	if (is_part != (release->part > 0))
		return wrong(err, "part: not of this kind of release");
	if (release->packed && !is_part)
		return wrong(err, "packed: of a part alone");
	if (is_part && !body_size != !!release->only_ask)
		return wrong(err, "only_ask: the mail comes with it, or nothing is sent");
	return RESULT_OK;
}

static enum result fetched_sense(const Lz__Fetched *fetched, size_t body_size, struct err *err)
{
	if (fetched->offset > fetched->size || body_size > fetched->size - fetched->offset)
		return wrong(err, "offset: outside the whole");
	return RESULT_OK;
}

/* One item for each record that is of one. */
static enum result taken_sense(const Lz__Taken *taken, struct err *err)
{
	size_t at, items = 0;

	for (at = 0; at < taken->n_outbox; at++)
		items += *taken->outbox[at]->item != '\0';
	return items == taken->n_items ? RESULT_OK : wrong(err, "items: not one for each record");
}

static enum result amend_sense(const Lz__Amend *amend, struct err *err)
{
	if (!*amend->id == !amend->all)
		return wrong(err, "id, all: one of them is needed");
	return RESULT_OK;
}

static enum result state_sense(const Lz__WorkerState *state, struct err *err)
{
	if (!*state->worker)
		return wrong(err, "worker: none");
	if (time_is_wrong(state->signatures_s))
		return wrong(err, "signatures_s: no time");
	return RESULT_OK;
}

static enum result stats_sense(const Lz__Stats *stats, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	for (at = 0; at < stats->n_workers && result == RESULT_OK; at++)
		result = state_sense(stats->workers[at], err);
	return result;
}

static enum result learn_sense(const Lz__Learn *learn, struct err *err)
{
	return examples_sense(learn->examples, learn->n_examples, err);
}

enum result check_sense(
        enum message_type type, const ProtobufCMessage *message, size_t body_size, struct err *err)
{
	const void *typed = message; /* message_check() has compared the descriptor */

	switch (type) {
	case MESSAGE_SUBMIT:
		return submission_sense(typed, body_size, err);
	case MESSAGE_VERDICT:
		return verdict_sense(typed, err);
	case MESSAGE_JOB:
		return job_sense(typed, body_size, err);
	case MESSAGE_DONE:
		return done_sense(typed, err);
	case MESSAGE_FAILED:
		return ((const Lz__Failed *)typed)->attempt ? RESULT_OK : wrong(err, "attempt: 0");
	case MESSAGE_STORE:
		return store_sense(typed, body_size, err);
	case MESSAGE_SHOWN:
		return ((const Lz__Shown *)typed)->item ? RESULT_OK : wrong(err, "item: none");
	case MESSAGE_RELEASE:
	case MESSAGE_RELEASE_PART:
		return release_sense(typed, type == MESSAGE_RELEASE_PART, body_size, err);
	case MESSAGE_FETCHED:
		return fetched_sense(typed, body_size, err);
	case MESSAGE_RELOAD:
		return ((const Lz__Reload *)typed)->number ? RESULT_OK : wrong(err, "number: 0");
	case MESSAGE_COUNT:
		if (!((const Lz__Count *)typed)->state)
			return RESULT_OK;
		return state_sense(((const Lz__Count *)typed)->state, err);
	case MESSAGE_STATS:
		return stats_sense(typed, err);
	case MESSAGE_TAKEN:
		return taken_sense(typed, err);
	case MESSAGE_AMEND:
		return amend_sense(typed, err);
	case MESSAGE_LEARN:
		return learn_sense(typed, err);
	case MESSAGE_SCAN_RESULT:
		return scan_result_sense(typed, body_size, err);
	case MESSAGE_SCAN_ORDER:
		return scan_order_sense(typed, body_size, err);
	default:
		return RESULT_OK;
	}
}

/* ---------------------------------------------------------------- a verdict and its submission */

static enum result edits_inside(const Lz__Group *group, uint64_t size, struct err *err)
{
	const Lz__Edit *last;

	if (group->n_edits == 0)
		return RESULT_OK;
	last = group->edits[group->n_edits - 1]; /* they ascend */
	if (last->offset > size || last->length > size - last->offset)
		return wrong(err, "verdict: an edit outside the message");
	return RESULT_OK;
}

enum result verdict_fits(
        const Lz__Verdict *verdict, const Lz__Submission *submission, struct err *err)
{
	size_t at, in, served = 0;

	if (strcmp(verdict->message_id, submission->message_id) != 0)
		return wrong(err, "verdict: of another message");
	if (verdict_sense(verdict, err) != RESULT_OK)
		return err_wrap(err, RESULT_PERMANENT, "verdict");
	for (at = 0; at < verdict->n_groups; at++) {
		const Lz__Group *group = verdict->groups[at];

		for (in = 0; in < group->n_recipients; in++)
			if (group->recipients[in] >= submission->n_recipients)
				return wrong(err, "verdict: a recipient that the message has not");
		served += group->n_recipients;
		if (edits_inside(group, submission->size, err) != RESULT_OK)
			return RESULT_PERMANENT;
	}
	/* None is twice, and all are in range: so the count tells whether one is left out. */
	if (served != submission->n_recipients)
		return wrong(err, "verdict: a recipient is in no group");
	return RESULT_OK;
}
