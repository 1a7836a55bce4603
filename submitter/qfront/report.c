#include "submitter/qfront/report.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "submitter/qfront/front.h"

enum { SYMBOLS_SHOWN = 20 };

static const char *disposition_name(const Lz__Verdict *verdict)
{
	static const char *const names[] = {
	        "deliver", "quarantine", "reject", "discard", "redirect", "defer"};
	Lz__Disposition first = verdict->groups[0]->disposition;
	size_t i;

	for (i = 1; i < verdict->n_groups; i++)
		if (verdict->groups[i]->disposition != first)
			return "mixed";
	return (size_t)first < sizeof(names) / sizeof(names[0]) ? names[first] : "?";
}

static void add_symbols(const Lz__Verdict *verdict, struct buf *out)
{
	struct buf names = {0};
	size_t i;

	for (i = 0; i < verdict->n_symbols && i < SYMBOLS_SHOWN; i++)
		buf_add_format(&names, "%s%s", i ? "," : "", verdict->symbols[i]->name);
	if (verdict->n_symbols > SYMBOLS_SHOWN)
		buf_add_string(&names, ",...");
	buf_add_format(out, " symbols=%s", log_quote_bytes(names.data, names.size));
	buf_fini(&names);
}

static void add_signatures(const Lz__Verdict *verdict, struct buf *out)
{
	char text[32];

	if (!verdict->signatures_s)
		return;
	clock_text(verdict->signatures_s * 1000, text, sizeof(text));
	text[10] = 'T'; /* RFC 3339 */
	buf_add_format(out, " signatures=%s", text);
}

void report_verdict(const Lz__Verdict *verdict, struct buf *out)
{
	size_t items = 0, edits = 0, breaks = 0, i;

	for (i = 0; i < verdict->n_groups; i++) {
		items += verdict->groups[i]->n_items;
		edits += verdict->groups[i]->n_edits;
		breaks += verdict->groups[i]->n_breaks;
	}
	buf_add_format(out, " disposition=%s rule=%s score=%.1f", disposition_name(verdict),
	        log_quote(verdict->groups[0]->rule), verdict->score);
	add_symbols(verdict, out);
	add_signatures(verdict, out);
	buf_add_format(out, " items=%zu edits=%zu breaks=%zu groups=%zu attempts=%" PRIu32, items,
	        edits, breaks, verdict->n_groups, verdict->attempts);
}

static const char *outcome_name(const struct message *message, int status)
{
	if (!message->guest)
		return "left";
	return status == ANSWER_DONE ? "done" : status == ANSWER_REJECT ? "rejected" : "later";
}

/* Milliseconds of each hop; one that was not reached has none. */
static void add_times(const struct message *message, struct buf *out, int64_t now_ms)
{
	buf_add_format(out, " read_ms=%" PRId64, message->read_ms - message->came_ms);
	if (message->verdict_ms)
		buf_add_format(out, " verdict_ms=%" PRId64, message->verdict_ms - message->read_ms);
	if (message->delivered_ms)
		buf_add_format(out, " deliver_ms=%" PRId64 " confirm_ms=%" PRId64,
		        message->delivered_ms - message->verdict_ms,
		        now_ms - message->delivered_ms);
	buf_add_format(out, " total_ms=%" PRId64, now_ms - message->came_ms);
}

void report_done(const struct message *message, int status, const char *text, int64_t now_ms)
{
	const struct front *front = message->front;
	const Lz__Submission *submission = message->submission;
	struct buf line = {0};

	buf_add_format(
	        &line, "outcome=%s reason=%s", outcome_name(message, status), log_quote(text));
	if (submission)
		buf_add_format(&line, " queue=%s from=%s recipients=%zu delivered=%zu kept=%zu",
		        log_quote(submission->queue_id), log_quote(submission->reverse_path),
		        submission->n_recipients, message->delivered_count, message->kept_count);
	if (message->verdict) {
		report_verdict(message->verdict, &line);
		buf_add_format(&line, " broker=%s",
		        log_quote(front->config->front.brokers.items[message->broker]));
	}
	add_times(message, &line, now_ms);
	log_event(LOG_LEVEL_INFO, submission ? submission->message_id : NULL, "done", "%s",
	        line.data);
	buf_fini(&line);
}
