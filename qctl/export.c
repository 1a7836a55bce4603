/*
 * export: the original bytes of what is in the quarantine, of one item or of many.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "qctl/fetch.h"
#include "qctl/mbox.h"
#include "qctl/print.h"
#include "qctl/progress.h"
#include "qctl/selection.h"

/* Several items, in one of three forms. */
struct export
{
	struct qctl *qctl;
	const char *folder; /* of files; NULL: another form */
	int is_mbox;
	uint64_t done;
	uint64_t in_parts; /* not kept whole */
	uint64_t gone;     /* deleted since they were listed */
	uint64_t failed;
	int is_stopped; /* nothing can be written, or nobody answers */
	struct progress progress;
};

/* ---- one message, or a part of it, to standard output ---- */

static enum result write_piece(void *context, const void *bytes, size_t size, struct err *err)
{
	return file_write_fd(*(int *)context, bytes, size, err);
}

/* The beginning of an id is made whole by asking for the item. */
static enum result show(struct qctl *qctl, const char *word, int only_id,
        struct wire_message *answer, struct err *err)
{
	Lz__Show request = LZ__SHOW__INIT;

	request.id = (char *)word;
	request.only_id = only_id;
	return qctl_ask(qctl, MESSAGE_SHOW, &request, answer, err);
}

static int export_bytes(struct qctl *qctl, uint32_t part)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	struct wire_message shown;
	int fd = STDOUT_FILENO;
	struct err err;
	enum result result = show(qctl, qctl->arguments.words[0], 1, &shown, &err);

	if (result)
		return qctl_fail(result, &err);
	request.id = ((const Lz__Shown *)shown.envelope)->item->id;
	request.part = part;
	result = fetch_all(qctl, &request, write_piece, &fd, &err);
	wire_message_free(&shown);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}

/* ---- in an mbox ---- */

struct mbox_writer {
	struct mbox mbox;
	struct buf out;
	int has_begun;
	const Lz__Item *item;
	int is_broken; /* standard output takes nothing any more */
};

static enum result flush(struct mbox_writer *writer, struct err *err)
{
	enum result result = file_write_fd(STDOUT_FILENO, writer->out.data, writer->out.size, err);

	buf_clear(&writer->out);
	writer->is_broken |= result != RESULT_OK;
	return result;
}

static enum result add_piece(void *context, const void *bytes, size_t size, struct err *err)
{
	struct mbox_writer *writer = context;

	if (!writer->has_begun)
		mbox_begin(&writer->mbox, writer->item->reverse_path, writer->item->stored_ms,
		        &writer->out);
	writer->has_begun = 1;
	mbox_add(&writer->mbox, bytes, size, &writer->out);
	return flush(writer, err);
}

/* What has begun is ended, even where the rest of it did not come: the next one stands by itself.
 */
static enum result export_to_mbox(struct export *export, const Lz__Item *item, struct err *err)
{
	struct mbox_writer writer = {.item = item};
	Lz__Fetch request = LZ__FETCH__INIT;
	enum result result, last = RESULT_OK;

	request.id = item->id;
	result = fetch_all(export->qctl, &request, add_piece, &writer, err);
	if (writer.has_begun && !writer.is_broken) {
		mbox_end(&writer.mbox, &writer.out);
		last = flush(&writer, result ? NULL : err);
	}
	export->is_stopped |= writer.is_broken;
	buf_fini(&writer.out);
	return result ? result : last;
}

/* ---- in files ---- */

static enum result write_file(
        struct export *export, const Lz__Item *item, const char *path, struct err *err)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	enum result result;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		export->is_stopped |= errno != EEXIST;
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	}
	request.id = item->id;
	result = fetch_all(export->qctl, &request, write_piece, &fd, err);
	if (close(fd) < 0 && !result)
		result = err_sys(err, RESULT_PERMANENT, "%s", path);
	if (result)
		unlink(path);
	return result;
}

/* An id is made of letters and digits: protos/check.c has seen to it. */
static enum result export_to_file(struct export *export, const Lz__Item *item, struct err *err)
{
	char *path = alloc_format("%s/%s.eml", export->folder, item->id);
	enum result result = write_file(export, item, path, err);

	free(path);
	return result;
}

/* ---- several ---- */

static void tell_failure(struct export *export, const char *id, const char *why)
{
	struct err err;

	progress_clear(&export->progress);
	err_set(&err, RESULT_PERMANENT, "%s: %s", id, why);
	qctl_fail(RESULT_PERMANENT, &err);
}

static void print_json(const Lz__Item *item)
{
	struct json json = {0};

	json_object(&json, NULL);
	print_item_json(&json, item);
	json_end_object(&json);
	json_flush(&json);
}

static void show_progress(struct export *export)
{
	uint64_t at = export->done + export->in_parts + export->gone + export->failed;
	char what[60];

	snprintf(what, sizeof(what), "%llu exported", (unsigned long long)export->done);
	progress_show(&export->progress, at, what);
}

static void take_fate(
        struct export *export, const Lz__Item *item, enum result result, const struct err *err)
{
	if (result == RESULT_OK) {
		export->done++;
	} else if (result == RESULT_NONE) {
		export->gone++;
	} else {
		export->failed++;
		export->is_stopped |= result == RESULT_TEMPORARY;
		tell_failure(export, item->id, err->text);
	}
}

static void export_item(struct export *export, const Lz__Item *item)
{
	enum result result;
	struct err err;

	if (export->qctl->json) {
		print_json(item);
		export->done++;
	} else if (!item->keep_original) {
		export->in_parts++;
		tell_failure(export, item->id, "only its parts were kept, not the whole message");
	} else {
		result = export->is_mbox ? export_to_mbox(export, item, &err)
		                         : export_to_file(export, item, &err);
		take_fate(export, item, result, &err);
	}
	show_progress(export);
}

static void export_named(struct export *export)
{
	const struct arguments *arguments = &export->qctl->arguments;
	struct wire_message shown;
	enum result result;
	struct err err;
	size_t at;

	for (at = 0; at < arguments->word_count && !export->is_stopped; at++) {
		result = show(export->qctl, arguments->words[at], 0, &shown, &err);
		if (result) {
			export->failed++;
			export->is_stopped |= result == RESULT_TEMPORARY;
			tell_failure(export, arguments->words[at], err.text);
			continue;
		}
		export_item(export, ((const Lz__Shown *)shown.envelope)->item);
		wire_message_free(&shown);
	}
}

static enum result export_selected(
        struct export *export, struct selection *selection, struct err *err)
{
	struct wire_message page;
	const Lz__Items *items;
	enum result result = RESULT_OK;
	size_t at;

	while (!export->is_stopped && !(result = selection_page(selection, &page, err))) {
		items = (const Lz__Items *)page.envelope;
		for (at = 0; at < items->n_items && !export->is_stopped; at++)
			export_item(export, items->items[at]);
		wire_message_free(&page);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

static void tell_counts(const struct export *export)
{
	if (export->qctl->json)
		return;
	fprintf(stderr, "%llu exported", (unsigned long long)export->done);
	if (export->in_parts)
		fprintf(stderr, ", %llu kept in parts only", (unsigned long long)export->in_parts);
	if (export->gone)
		fprintf(stderr, ", %llu deleted meanwhile", (unsigned long long)export->gone);
	if (export->failed)
		fprintf(stderr, ", %llu failed", (unsigned long long)export->failed);
	fputs("\n", stderr);
}

static int export_all(struct export *export, struct selection *selection)
{
	enum result result = RESULT_OK;
	struct err err;

	if (export->folder)
		result = file_make_folder(export->folder, 0700, &err);
	if (result)
		return qctl_fail(result, &err);
	export->progress.is_quiet = export->qctl->json;
	export->progress.total = selection_estimate(export->qctl);
	if (export->qctl->arguments.word_count)
		export_named(export);
	else
		result = export_selected(export, selection, &err);
	progress_clear(&export->progress);
	tell_counts(export);
	if (result)
		return qctl_fail(result, &err);
	return export->failed || export->in_parts ? QCTL_FAILED : QCTL_OK;
}

/* ---- what was asked for ---- */

static enum result check_usage(
        const struct qctl *qctl, const struct export *export, uint64_t part, struct err *err)
{
	int forms = (export->folder != NULL) + export->is_mbox + qctl->json;

	if (forms > 1)
		return err_set(err, RESULT_PERMANENT, "one of --eml, --mbox and --json");
	if (qctl->arguments.word_count && selection_chooses(qctl))
		return err_set(err, RESULT_PERMANENT, "either ids or options that choose");
	if (!forms && qctl->arguments.word_count != 1)
		return err_set(err, RESULT_PERMANENT,
		        "one id; of several items --eml DIR, --mbox or --json");
	if (forms && part)
		return err_set(err, RESULT_PERMANENT, "--part is of one item, as it stands");
	return RESULT_OK;
}

static enum result read_part(const struct qctl *qctl, uint64_t *part, struct err *err)
{
	const char *text = arguments_value(&qctl->arguments, "part");

	if (text && (!text_number(text, UINT32_MAX, part) || !*part))
		return err_set(
		        err, RESULT_PERMANENT, "--part %s: a number from 1 is expected", text);
	return RESULT_OK;
}

int command_export(struct qctl *qctl)
{
	struct export export = {.qctl = qctl};
	struct selection selection;
	uint64_t part = 0;
	struct err err;
	enum result result = selection_read(&selection, qctl, 0, &err);
	int code;

	export.folder = arguments_value(&qctl->arguments, "eml");
	export.is_mbox = arguments_value(&qctl->arguments, "mbox") != NULL;
	if (!result)
		result = read_part(qctl, &part, &err);
	if (!result)
		result = check_usage(qctl, &export, part, &err);
	if (result)
		code = qctl_wrong(qctl, &err);
	else if (export.folder || export.is_mbox || qctl->json)
		code = export_all(&export, &selection);
	else
		code = export_bytes(qctl, (uint32_t)part);
	selection_fini(&selection);
	return code;
}
