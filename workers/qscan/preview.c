#include "workers/qscan/preview.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/mime/decode.h"
#include "lib/unpack/unpack.h"
#include "workers/qscan/apart.h"
#include "workers/qscan/sandbox.h"
#include "workers/qscan/tmp.h"

struct viewing {
	const struct config *config;
	const struct arguments *arguments;
	const char *tmp;
	void *attachments; /* the state of that filter */
};

static void warn(void *context, const char *sentence)
{
	fprintf(stderr, "qscan: warning: %s\n", sentence);
}

/* A submission that nobody made: what is found does not depend on it. */
static void take_apart(const struct viewing *viewing, struct scan *scan)
{
	filter_map.scan(NULL, scan);
	filter_attachments.scan(viewing->attachments, scan);
}

static enum result answer(const struct viewing *viewing, struct scan *scan, struct err *err)
{
	struct buf out = {0};
	enum result result;
	Lz__Preview *preview;

	if (viewing->arguments->content) {
		preview_content(scan, viewing->arguments->content, &out);
	} else {
		preview = preview_make(scan, viewing->arguments->lines);
		buf_reserve(&out, lz__preview__get_packed_size(preview));
		out.size = lz__preview__pack(preview, (uint8_t *)out.data);
		message_free(&preview->base);
	}
	result = file_write_fd(PREVIEW_ANSWER_FD, out.data, out.size, err);
	buf_fini(&out);
	return result;
}

static enum result view(const struct viewing *viewing, struct err *err)
{
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	Lz__Recipient recipient = LZ__RECIPIENT__INIT, *recipients[] = {&recipient};
	struct buf mail = {0};
	struct scan scan;
	enum result result = file_read_fd(PREVIEW_MAIL_FD, APART_MAIL_MOST, &mail, err);

	if (!result)
		result = apart_enter(viewing->config, viewing->tmp, err);
	if (!result) {
		submission.recipients = recipients;
		submission.n_recipients = 1;
		submission.size = mail.size;
		buf_add(&mail, "", 0);
		scan_init(&scan, viewing->config, &submission, mail.data, mail.size);
		take_apart(viewing, &scan);
		result = answer(viewing, &scan, err);
		scan_fini(&scan);
	}
	buf_fini(&mail);
	return result;
}

static int view_one(void *context)
{
	struct err err;

	if (!view(context, &err))
		return EX_OK;
	fprintf(stderr, "qscan: %s\n", err.text);
	return EX_UNAVAILABLE;
}

static int view_apart(struct viewing *viewing, struct err *err)
{
	char *tmp = apart_make_tmp(viewing->config, err);
	int code;

	if (!tmp)
		return EX_UNAVAILABLE;
	viewing->tmp = tmp;
	code = apart_do(tmp, "preview", view_one, viewing);
	tmp_remove(tmp);
	free(tmp);
	return code;
}

int preview_run(const struct config *config, const struct arguments *arguments)
{
	struct viewing viewing = {.config = config, .arguments = arguments};
	struct err err = {""};
	int code = EX_UNAVAILABLE;

	decode_start();
	if (!sandbox_check(config, warn, NULL, &err) &&
	        !filter_map.open(config, NULL, warn, NULL, &err) &&
	        !filter_attachments.open(config, &viewing.attachments, warn, NULL, &err))
		code = view_apart(&viewing, &err);
	if (*err.text)
		fprintf(stderr, "qscan: %s\n", err.text);
	filter_attachments.close(&viewing.attachments);
	return code;
}
