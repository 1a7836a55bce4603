#include "workers/qscan/explain.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/crypto/digest.h"
#include "lib/model/file.h"
#include "workers/qscan/apart.h"
#include "workers/qscan/pipeline.h"
#include "workers/qscan/sandbox.h"
#include "workers/qscan/tmp.h"
#include "workers/qscan/verdict.h"

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
		return file_read_fd(STDIN_FILENO, APART_MAIL_MOST, out, err);
	return file_read(path, APART_MAIL_MOST, out, err);
}

static void warn(void *context, const char *sentence)
{
	fprintf(stderr, "qscan: warning: %s\n", sentence);
}

static void tell(struct scan *scan, struct pipeline *pipeline, const char *path, int json)
{
	struct decision *decision;
	Lz__ScanResult *result;

	pipeline_run(pipeline, scan);
	decision = policy_decide(scan);
	result = verdict_make(scan, decision);
	if (json)
		explain_json(stdout, path, scan, result);
	else
		explain_text(stdout, path, scan, result);
	lz__scan_result__free_unpacked(result, NULL);
	policy_free(&decision);
}

/* Read once, before the first mail, and shared with the processes that read mails. */
static struct model model;

static void read_model(const struct arguments *arguments)
{
	struct buf bytes = {0};
	struct err err;
	enum result result;

	if (arguments->model_fd < 0)
		return;
	result = file_read_fd(arguments->model_fd, MODEL_FILE_MAX, &bytes, &err);
	if (!result)
		result = model_file_read(bytes.data, bytes.size, &model, &err);
	if (result)
		fprintf(stderr, "qscan: warning: model: %s\n", err.text);
	buf_fini(&bytes);
}

static const struct model *given_model(void)
{
	return model.records ? &model : NULL;
}

/* One message, and what it is looked at with. */
struct explaining {
	const struct config *config;
	const struct arguments *arguments;
	const char *path;
	const char *tmp;
	struct pipeline *pipeline;
};

static enum result explain(const struct explaining *look, struct err *err)
{
	Lz__Submission *submission;
	struct buf mail = {0};
	struct scan scan;

	if (read_mail(look->path, &mail, err) || pipeline_settle(look->pipeline, err) ||
	        apart_enter(look->config, look->tmp, err)) {
		buf_fini(&mail);
		return RESULT_PERMANENT;
	}
	submission = invent_submission(look->arguments, &mail);
	scan_init(&scan, look->config, submission, mail.data, mail.size);
	scan.model = given_model();
	scan.is_explained = 1;
	tell(&scan, look->pipeline, look->path, look->arguments->json);
	scan_fini(&scan);
	lz__submission__free_unpacked(submission, NULL);
	buf_fini(&mail);
	return RESULT_OK;
}

static int explain_one(void *context)
{
	struct err err;

	if (!explain(context, &err))
		return fflush(stdout) ? EX_UNAVAILABLE : EX_OK;
	fprintf(stderr, "qscan: %s\n", err.text);
	return EX_UNAVAILABLE;
}

static int explain_all(
        const struct config *config, const struct arguments *arguments, struct pipeline *pipeline)
{
	struct explaining look = {.config = config, .arguments = arguments, .pipeline = pipeline};
	int code = EX_OK, one;
	struct err err;
	char *tmp = apart_make_tmp(config, &err);
	size_t at;

	if (!tmp) {
		fprintf(stderr, "qscan: %s\n", err.text);
		return EX_UNAVAILABLE;
	}
	look.tmp = tmp;
	for (at = 0; at < arguments->explain_count; at++) {
		look.path = arguments->explain[at];
		one = apart_do(tmp, look.path, explain_one, &look);
		code = code ? code : one;
	}
	tmp_remove(tmp);
	free(tmp);
	return code;
}

int explain_run(const struct config *config, const struct arguments *arguments)
{
	struct pipeline *pipeline = NULL;
	int code = EX_UNAVAILABLE;
	struct err err;

	if (!arguments->explain_count) {
		fprintf(stderr, "qscan: expected --explain MAIL; see qscan --help\n");
		return EX_USAGE;
	}
	read_model(arguments);
	if (!sandbox_check(config, warn, NULL, &err) &&
	        !pipeline_open(config, warn, NULL, &pipeline, &err))
		code = explain_all(config, arguments, pipeline);
	else
		fprintf(stderr, "qscan: %s\n", err.text);
	pipeline_close(&pipeline);
	model_fini(&model);
	return code;
}
