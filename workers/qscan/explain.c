#include "workers/qscan/explain.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/crypto/digest.h"
#include "lib/daemon/daemon.h"
#include "workers/qscan/pipeline.h"
#include "workers/qscan/sandbox.h"
#include "workers/qscan/verdict.h"

enum { MAIL_LIMIT = 1 << 30 };

static Lz__Submission *invent_submission(const struct arguments *arguments, const struct buf *mail)
{
	Lz__Submission *submission = alloc(sizeof(*submission));
	size_t i, count = arguments->to_count ? arguments->to_count : 1;
	struct digest digest;
	char id[33];

	lz__submission__init(submission);
	digest_of(mail->data, mail->size, &digest);
	digest_message_id(&digest, id);
	submission->message_id = alloc_string(id);
	submission->queue_id = alloc_string("explain");
	submission->reverse_path = alloc_string(arguments->from);
	submission->client_address = alloc_string(arguments->client);
	submission->helo = alloc_string(arguments->helo);
	submission->size = mail->size;
	submission->recipients = alloc_zero(count, sizeof(*submission->recipients));
	for (i = 0; i < count; i++) {
		submission->recipients[i] = alloc(sizeof(**submission->recipients));
		lz__recipient__init(submission->recipients[i]);
		submission->recipients[i]->address =
		        alloc_string(arguments->to_count ? arguments->to[i] : "postmaster");
		submission->n_recipients++;
	}
	return submission;
}

static enum result read_mail(const char *path, struct buf *out, struct err *err)
{
	buf_add_string(out, "");
	if (strcmp(path, "-") == 0)
		return file_read_fd(STDIN_FILENO, MAIL_LIMIT, out, err);
	return file_read(path, MAIL_LIMIT, out, err);
}

static void warn(void *context, const char *sentence)
{
	fprintf(stderr, "qscan: warning: %s\n", sentence);
}

static void tell(struct scan *scan, struct pipeline *pipeline, int json)
{
	struct decision *decision;
	Lz__ScanResult *result;

	pipeline_run(pipeline, scan);
	decision = policy_decide(scan);
	result = verdict_make(scan, decision);
	if (json)
		explain_json(stdout, scan, result);
	else
		explain_text(stdout, scan, result);
	lz__scan_result__free_unpacked(result, NULL);
	policy_free(&decision);
}

static enum result explain(const struct config *config, const struct arguments *arguments,
        struct pipeline *pipeline, struct err *err)
{
	Lz__Submission *submission;
	struct buf mail = {0};
	struct scan scan;

	if (read_mail(arguments->explain, &mail, err) || pipeline_settle(pipeline, err) ||
	        sandbox_enter(err)) {
		buf_fini(&mail);
		return RESULT_PERMANENT;
	}
	submission = invent_submission(arguments, &mail);
	scan_init(&scan, config, submission, mail.data, mail.size);
	tell(&scan, pipeline, arguments->json);
	scan_fini(&scan);
	lz__submission__free_unpacked(submission, NULL);
	buf_fini(&mail);
	return RESULT_OK;
}

int explain_run(const struct config *config, const struct arguments *arguments)
{
	struct pipeline *pipeline = NULL;
	enum result result;
	struct err err;

	if (!arguments->explain) {
		fprintf(stderr, "qscan: expected --explain MAIL; see qscan --help\n");
		return EX_USAGE;
	}
	result = pipeline_open(config, warn, NULL, &pipeline, &err);
	if (!result)
		result = explain(config, arguments, pipeline, &err);
	pipeline_close(&pipeline);
	if (result)
		fprintf(stderr, "qscan: %s\n", err.text);
	return result ? EX_UNAVAILABLE : EX_OK;
}
