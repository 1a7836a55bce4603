#include "workers/qscan/scanner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/log.h"
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

/* Our own answer, held against what its reader will hold it against. A message can make it too
 * large (thousands of parts with long names): then it is decided without having been read. */
static Lz__ScanResult *checked(
        Lz__ScanResult *result, const struct scan *scan, const struct scanner *scanner)
{
	struct scan bare;
	struct err err;

	if (lz__scan_result__get_packed_size(result) <= MESSAGE_ENVELOPE_MAX &&
	        message_check(MESSAGE_SCAN_RESULT, &result->base, scan->size, &err) == RESULT_OK &&
	        verdict_fits(result->verdict, scan->submission, &err) == RESULT_OK)
		return result;
	lz__scan_result__free_unpacked(result, NULL);
	scan_init(&bare, scanner->config, scan->submission, scan->bytes, scan->size);
	scan_unscanned(&bare, "scanner", UNSCANNED_ERROR, "the verdict could not be told");
	bare.automatic = 1;
	result = decide(&bare);
	scan_fini(&bare);
	return result;
}

static void pack(const Lz__ScanResult *result, struct buf *out)
{
	size_t size = lz__scan_result__get_packed_size(result);

	buf_reserve(out, size);
	out->size += lz__scan_result__pack(result, (uint8_t *)out->data + out->size);
}

static void answer(const struct scanner *scanner, const Lz__Submission *submission,
        const struct pair_parcel *parcel, struct buf *out)
{
	Lz__ScanResult *result;
	struct scan scan;

	scan_init(&scan, scanner->config, submission, parcel->parts[1], parcel->sizes[1]);
	if (parcel->kind == PAIR_UNSCANNED)
		pipeline_decline(&scan);
	else
		pipeline_run(scanner->pipeline, &scan);
	result = checked(decide(&scan), &scan, scanner);
	pack(result, out);
	lz__scan_result__free_unpacked(result, NULL);
	scan_fini(&scan);
}

enum result scanner_answer(const struct scanner *scanner, const struct pair_parcel *parcel,
        struct buf *out, struct err *err)
{
	ProtobufCMessage *submission;

	if (parcel->kind != PAIR_SCAN && parcel->kind != PAIR_UNSCANNED)
		return err_set(err, RESULT_PERMANENT, "a parcel of kind %u", parcel->kind);
	if (message_unpack(MESSAGE_SUBMIT, parcel->parts[0], parcel->sizes[0], parcel->sizes[1],
	            &submission, err) != RESULT_OK)
		return RESULT_PERMANENT;
	answer(scanner, (const Lz__Submission *)submission, parcel, out);
	message_free(submission);
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

	wait_for_work(scanner->end);
	result = pair_receive(scanner->end, SIZE_MAX, &parcel, err);
	if (result)
		return result;
	sandbox_clock(scanner->config->workers.timeout_ms + GRACE_MS);
	buf_clear(out);
	result = scanner_answer(scanner, &parcel, out, err);
	pair_parcel_free(&parcel);
	tmp_empty(scanner->tmp);
	sandbox_clock(0);
	if (!result)
		result = pair_send(scanner->end, PAIR_RESULT, out->data, out->size, NULL, 0, err);
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
