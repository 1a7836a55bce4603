#include "workers/qscan/scanner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "workers/qscan/blame.h"
#include "workers/qscan/marker.h"
#include "workers/qscan/poison.h"
#include "workers/qscan/policy.h"
#include "workers/qscan/sandbox.h"
#include "workers/qscan/tmp.h"
#include "workers/qscan/verdict.h"

enum { GRACE_MS = 2000 };

static Lz__ScanResult *decide(const struct scan *scan)
{
	struct decision *decision = policy_decide(scan);
	Lz__ScanResult *result = verdict_make(scan, decision);

	policy_free(&decision);
	return result;
}

/* Without anything that was found. */
static Lz__ScanResult *decide_blind(const struct scan *scan, enum unscanned why, const char *detail)
{
	Lz__ScanResult *result;
	struct scan bare;

	scan_init(&bare, scan->config, scan->submission, scan->bytes, scan->size);
	bare.costs[bare.cost_count++] = (struct check_cost){.name = "scanner"};
	scan_unscanned(&bare, "scanner", why, detail);
	bare.automatic = 1;
	result = decide(&bare);
	scan_fini(&bare);
	return result;
}

/* Our own answer, held against what its reader will hold it against. A message can make it too
 * large (thousands of parts with long names): then it is decided without having been read. */
static Lz__ScanResult *checked(Lz__ScanResult *result, const struct scan *scan)
{
	struct err err;

	if (lz__scan_result__get_packed_size(result) <= MESSAGE_ENVELOPE_MAX &&
	        message_check(MESSAGE_SCAN_RESULT, &result->base, scan->size, &err) == RESULT_OK &&
	        verdict_fits(result->verdict, scan->submission, &err) == RESULT_OK)
		return result;
	lz__scan_result__free_unpacked(result, NULL);
	return decide_blind(scan, UNSCANNED_ERROR, "the verdict could not be told");
}

static void pack(const Lz__ScanResult *result, struct buf *out)
{
	size_t size = lz__scan_result__get_packed_size(result);

	buf_reserve(out, size);
	out->size += lz__scan_result__pack(result, (uint8_t *)out->data + out->size);
}

/* What it found may be more than deciding on it survives. */
static Lz__ScanResult *scan_and_decide(const struct scanner *scanner, struct scan *scan)
{
	pipeline_run(scanner->pipeline, scan);
	marker_stage(scan->marker, PIPELINE_VERDICT);
	if (blame_message(scan, "verdict"))
		return checked(decide(scan), scan);
	return decide_blind(scan, scan->findings[scan->finding_count - 1].unscanned,
	        "deciding on it has ended those who did");
}

static Lz__ScanResult *decline(struct scan *scan, const char *why)
{
	pipeline_decline(scan, *why ? unscanned_named(why) : UNSCANNED_CRASH);
	return checked(decide(scan), scan);
}

static void tell_probed(const struct scanner *scanner, struct scan *scan, struct buf *out)
{
	uint32_t parts = (uint32_t)pipeline_probe(scanner->pipeline, scan);

	buf_add(out, &parts, sizeof(parts));
}

static void take_order(struct scan *scan, const Lz__ScanOrder *order, uint32_t kind)
{
	size_t at;

	scan->is_probe = kind == PAIR_PROBE;
	scan->from = order->from;
	scan->to = order->to;
	for (at = 0; at < order->n_bad; at++)
		scan_leave_out(scan, order->bad[at]->part, unscanned_named(order->bad[at]->why));
}

static void answer(const struct scanner *scanner, const Lz__ScanOrder *order,
        const struct pair_parcel *parcel, struct buf *out)
{
	Lz__ScanResult *result = NULL;
	struct scan scan;

	scan_init(&scan, scanner->config, order->submission, parcel->parts[1], parcel->sizes[1]);
	scan.marker = scanner->marker;
	scan.model = snapshot_model(scanner->snapshot);
	if (scanner->poison && !poison_is_quiet(scanner->poison, clock_monotonic_ms()))
		scan.poison = scanner->poison;
	take_order(&scan, order, parcel->kind);
	if (parcel->kind == PAIR_PROBE)
		tell_probed(scanner, &scan, out);
	else if (parcel->kind == PAIR_UNSCANNED)
		result = decline(&scan, order->why);
	else
		result = scan_and_decide(scanner, &scan);
	if (result) {
		pack(result, out);
		lz__scan_result__free_unpacked(result, NULL);
	}
	scan_fini(&scan);
	marker_idle(scanner->marker);
}

enum result scanner_answer(const struct scanner *scanner, const struct pair_parcel *parcel,
        struct buf *out, struct err *err)
{
	ProtobufCMessage *order;

	if (parcel->kind != PAIR_SCAN && parcel->kind != PAIR_UNSCANNED &&
	        parcel->kind != PAIR_PROBE)
		return err_set(err, RESULT_PERMANENT, "a parcel of kind %u", parcel->kind);
	if (message_unpack(MESSAGE_SCAN_ORDER, parcel->parts[0], parcel->sizes[0], parcel->sizes[1],
	            &order, err) != RESULT_OK)
		return RESULT_PERMANENT;
	answer(scanner, (const Lz__ScanOrder *)order, parcel, out);
	message_free(order);
	return RESULT_OK;
}

/* SIGTERM ends a scanner between messages only. */
static void wait_for_work(int end)
{
	struct pollfd wanted = {.fd = end, .events = POLLIN};
	sigset_t idle;

	sigprocmask(SIG_SETMASK, NULL, &idle);
	sigdelset(&idle, SIGTERM);
	while (ppoll(&wanted, 1, NULL, &idle) < 0 && errno == EINTR)
		continue;
}

static enum result work(const struct scanner *scanner, struct buf *out, struct err *err)
{
	struct pair_parcel parcel;
	enum result result;
	uint32_t kind;

	wait_for_work(scanner->end);
	result = pair_receive(scanner->end, SIZE_MAX, &parcel, err);
	if (result)
		return result;
	if (parcel.kind == PAIR_MODEL) {
		result = snapshot_take(scanner->snapshot, &parcel, err);
		pair_parcel_free(&parcel);
		return result;
	}
	sandbox_clock(scanner->config->workers.timeout_ms + GRACE_MS);
	buf_clear(out);
	result = scanner_answer(scanner, &parcel, out, err);
	kind = parcel.kind == PAIR_PROBE ? PAIR_PROBED : PAIR_RESULT;
	pair_parcel_free(&parcel);
	tmp_empty(scanner->tmp);
	sandbox_clock(0);
	if (!result)
		result = pair_send(scanner->end, kind, out->data, out->size, NULL, 0, err);
	return result;
}

static enum result settle(const struct scanner *scanner, struct err *err)
{
	const struct sandbox sandbox = {.tmp = scanner->tmp,
	        .pair = scanner->end,
	        .is_required = scanner->config->workers.sandbox == SANDBOX_REQUIRED};
	enum result result;

	signal(SIGTERM, SIG_DFL);
	setenv("TMPDIR", scanner->tmp, 1);
	/* No socket can be opened from in there, not even to syslog. */
	log_open("qscan", (enum log_level)scanner->config->log.level, 0);
	if (chdir(scanner->tmp) < 0) /* where a core would go */
		return err_sys(err, RESULT_TEMPORARY, "work in %s", scanner->tmp);
	result = sandbox_limit(scanner->config, scanner->supervisor, err);
	if (!result)
		result = pipeline_settle(scanner->pipeline, err);
	return result ? result : sandbox_enter(&sandbox, err);
}

int scanner_run(const struct scanner *scanner)
{
	struct buf out = {0};
	enum result result;
	struct err err = {""};

	result = settle(scanner, &err);
	if (result) {
		log_event(LOG_LEVEL_ERROR, NULL, "scanner_start", "error=%s", log_quote(err.text));
		return EX_UNAVAILABLE;
	}
	while (result == RESULT_OK || result == RESULT_NONE)
		result = work(scanner, &out, &err);
	buf_fini(&out);
	if (strcmp(err.text, "closed") == 0)
		return EX_OK;
	log_event(LOG_LEVEL_WARNING, NULL, "scanner_end", "error=%s", log_quote(err.text));
	return EX_SOFTWARE;
}
