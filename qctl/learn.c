/*
 * learn: teaches the statistical model with mails in files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "qctl/json.h"
#include "qctl/mails.h"
#include "qctl/progress.h"
#include "qctl/teacher.h"

enum { SHOW_EVERY_MS = 100 };

struct learn {
	struct qctl *qctl;
	struct teacher *teacher;
	uint64_t mails, unread, files;
	char *last_path; /* NULL: there was none */
	struct progress progress;
	int64_t began_ms, shown_ms;
};

/* ---- mails ---- */

static void show_progress(struct learn *learn)
{
	int64_t now_ms = clock_monotonic_ms(), since_ms = now_ms - learn->began_ms;
	char what[80];

	if (now_ms - learn->shown_ms < SHOW_EVERY_MS)
		return;
	learn->shown_ms = now_ms;
	snprintf(what, sizeof(what), "%llu mails, %lld a second", (unsigned long long)learn->mails,
	        (long long)(since_ms ? (int64_t)learn->mails * 1000 / since_ms : 0));
	progress_show(&learn->progress, learn->files, what);
}

static void tell_unread(struct learn *learn, const char *path, const char *why)
{
	struct err err;

	learn->unread++;
	progress_clear(&learn->progress);
	err_set(&err, RESULT_PERMANENT, "%s: %s", path, why);
	qctl_fail(RESULT_PERMANENT, &err);
}

/* An mbox comes mail by mail under one path. */
static void count_file(struct learn *learn, const char *path)
{
	if (learn->last_path && strcmp(path, learn->last_path) == 0)
		return;
	free(learn->last_path);
	learn->last_path = alloc_string(path);
	learn->files++;
}

static enum result take_mail(
        void *context, const char *path, const char *mail, size_t size, struct err *err)
{
	struct learn *learn = context;
	enum result result;

	learn->mails++;
	count_file(learn, path);
	show_progress(learn);
	if (!mail || size > MAILS_MAIL_MAX) {
		tell_unread(learn, path, mail ? "a mail of more than 64 MiB" : err->text);
		return RESULT_OK;
	}
	result = teacher_add(learn->teacher, mail, size, err);
	if (result == RESULT_NONE) {
		tell_unread(learn, path, err->text);
		result = RESULT_OK;
	}
	return result;
}

/* ---- the command ---- */

/* Of these nobody has said what became of them. */
static uint64_t unanswered_of(const struct learn *learn, const Lz__Learned *sum)
{
	return learn->mails - learn->unread - sum->learned - sum->corrected - sum->already -
	       sum->forgotten - sum->unknown - sum->contradicted;
}

static void tell(const struct learn *learn)
{
	const Lz__Learned *sum = teacher_sum(learn->teacher);
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {{"mails", learn->mails}, {"learned", sum->learned},
	        {"corrected", sum->corrected}, {"already", sum->already},
	        {"forgotten", sum->forgotten}, {"unknown", sum->unknown},
	        {"contradicted", sum->contradicted}, {"unread", learn->unread},
	        {"unanswered", unanswered_of(learn, sum)}};
	struct json json = {0};
	struct buf out = {0};
	size_t at;

	if (learn->qctl->json) {
		json_object(&json, NULL);
		for (at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
			json_number(&json, rows[at].name, (int64_t)rows[at].value);
		json_number(&json, "ms", clock_monotonic_ms() - learn->began_ms);
		json_end_object(&json);
		json_flush(&json);
		return;
	}
	for (at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		if (rows[at].value || at < 2)
			buf_add_format(&out, "%s%llu %s", at ? ", " : "",
			        (unsigned long long)rows[at].value, rows[at].name);
	buf_add_char(&out, '\n');
	qctl_print(&out);
}

static int run(struct learn *learn, Lz__Lesson lesson)
{
	const struct arguments *arguments = &learn->qctl->arguments;
	struct err err;
	int as_report = arguments_value(arguments, "report") != NULL;
	enum result result = teacher_new(learn->qctl, lesson, as_report, &learn->teacher, &err);
	size_t at;

	for (at = 1; at < arguments->word_count; at++)
		learn->progress.total += mails_count(arguments->words[at]);
	learn->began_ms = clock_monotonic_ms();
	for (at = 1; at < arguments->word_count && !result; at++)
		result = mails_walk(arguments->words[at], take_mail, learn, &err);
	if (!result)
		result = teacher_end(learn->teacher, &err);
	progress_clear(&learn->progress);
	if (learn->teacher)
		tell(learn); /* what was done is done, also where the rest was not */
	if (result)
		return qctl_fail(result, &err);
	return learn->unread ? QCTL_NO : QCTL_OK;
}

int command_learn(struct qctl *qctl)
{
	static const char *const words[] = {"ham", "spam", "forget"};
	struct learn learn = {.qctl = qctl, .progress = {.is_quiet = qctl->json}};
	struct err err;
	size_t at;
	int code;

	for (at = 0; at < 3 && strcmp(qctl->arguments.words[0], words[at]) != 0; at++)
		continue;
	if (at == 3) {
		err_set(&err, RESULT_PERMANENT, "expected spam, ham or forget, not \"%s\"",
		        qctl->arguments.words[0]);
		return qctl_wrong(qctl, &err);
	}
	code = run(&learn, (Lz__Lesson)at);
	teacher_free(&learn.teacher);
	free(learn.last_path);
	return code;
}
