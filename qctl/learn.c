/*
 * learn: mails become features in a child, these go to the quarantine by the hundred, and while it
 * commits one lesson the next is made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "qctl/json.h"
#include "qctl/mails.h"
#include "qctl/model_ask.h"
#include "qctl/progress.h"
#include "qctl/pupil.h"

enum {
	EXAMPLES_AT_ONCE = 250,
	BYTES_AT_ONCE = 8 << 20,
	LESSON_MS = 60 * 1000,
	SHOW_EVERY_MS = 100,
};

struct learn {
	struct qctl *qctl;
	struct pupil *pupil;
	Lz__Lesson lesson;
	Lz__Learn batch; /* that is being made */
	size_t bytes;    /* of it */
	int is_sent;     /* one is on its way, and has no answer yet */
	Lz__Learned sum;
	uint64_t mails, unread, files;
	const char *last_path;
	struct progress progress;
	int64_t began_ms, shown_ms;
};

/* ---- lessons ---- */

static void empty_batch(struct learn *learn)
{
	size_t at;

	for (at = 0; at < learn->batch.n_examples; at++)
		lz__example__free_unpacked(learn->batch.examples[at], NULL);
	learn->batch.n_examples = 0;
	learn->bytes = 0;
}

static enum result take_answer(struct learn *learn, struct err *err)
{
	struct wire_socket *socket;
	struct wire_message answer;
	const Lz__Learned *learned;
	enum result result;

	if (!learn->is_sent)
		return RESULT_OK;
	learn->is_sent = 0;
	result = qctl_quarantine(learn->qctl, &socket, err);
	if (!result)
		result = wire_answer(socket, LESSON_MS, &answer, err);
	if (result)
		return result;
	learned = (const Lz__Learned *)answer.envelope;
	learn->sum.learned += learned->learned;
	learn->sum.corrected += learned->corrected;
	learn->sum.already += learned->already;
	learn->sum.forgotten += learned->forgotten;
	learn->sum.unknown += learned->unknown;
	wire_message_free(&answer);
	return RESULT_OK;
}

static enum result send_batch(struct learn *learn, struct err *err)
{
	struct wire_socket *socket;
	enum result result = take_answer(learn, err);

	if (result || !learn->batch.n_examples)
		return result;
	result = qctl_quarantine(learn->qctl, &socket, err);
	if (!result)
		result = wire_question(
		        socket, MESSAGE_LEARN, &learn->batch.base, NULL, LESSON_MS, err);
	learn->is_sent = !result;
	empty_batch(learn);
	return result;
}

static void add_example(struct learn *learn, struct lesson *lesson)
{
	Lz__Example *example = alloc(sizeof(*example));

	lz__example__init(example);
	example->lesson = learn->lesson;
	example->digest.data = (uint8_t *)alloc_bytes(lesson->digest, PUPIL_DIGEST);
	example->digest.len = PUPIL_DIGEST;
	example->words = lesson->words;
	example->features.len = lesson->features.size;
	example->features.data = (uint8_t *)buf_give(&lesson->features);
	learn->bytes += example->features.len;
	learn->batch.examples[learn->batch.n_examples++] = example;
}

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

static enum result take_mail(
        void *context, const char *path, const char *mail, size_t size, struct err *err)
{
	struct learn *learn = context;
	struct lesson lesson = {.words = 0};
	enum result result;

	learn->mails++;
	learn->files += path != learn->last_path;
	learn->last_path = path;
	show_progress(learn);
	if (!mail || size > MAILS_MAIL_MAX) {
		tell_unread(learn, path, mail ? "a mail of more than 64 MiB" : err->text);
		return RESULT_OK;
	}
	result = pupil_read(learn->pupil, mail, size, &lesson, err);
	if (result == RESULT_NONE) {
		tell_unread(learn, path, err->text);
		result = RESULT_OK;
	} else if (!result) {
		add_example(learn, &lesson);
		if (learn->batch.n_examples == EXAMPLES_AT_ONCE || learn->bytes > BYTES_AT_ONCE)
			result = send_batch(learn, err);
	}
	buf_fini(&lesson.features);
	return result;
}

/* ---- the command ---- */

static void tell(const struct learn *learn)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {{"mails", learn->mails}, {"learned", learn->sum.learned},
	        {"corrected", learn->sum.corrected}, {"already", learn->sum.already},
	        {"forgotten", learn->sum.forgotten}, {"unknown", learn->sum.unknown},
	        {"unread", learn->unread}};
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

static enum result begin(struct learn *learn, struct err *err)
{
	struct wire_message answer;
	const Lz__ModelState *state;
	enum result result = model_ask_state(learn->qctl, &answer, &state, err);

	if (result)
		return result;
	lz__learn__init(&learn->batch);
	lz__learned__init(&learn->sum);
	learn->batch.seed = state->seed;
	learn->batch.version = state->version;
	learn->batch.examples = alloc_zero(EXAMPLES_AT_ONCE, sizeof(*learn->batch.examples));
	learn->pupil = pupil_new(learn->qctl->config_path, state->seed, 0);
	wire_message_free(&answer);
	return RESULT_OK;
}

static int run(struct learn *learn)
{
	const struct arguments *arguments = &learn->qctl->arguments;
	struct err err;
	enum result result = begin(learn, &err);
	size_t at;

	for (at = 1; at < arguments->word_count; at++)
		learn->progress.total += mails_count(arguments->words[at]);
	learn->began_ms = clock_monotonic_ms();
	for (at = 1; at < arguments->word_count && !result; at++)
		result = mails_walk(arguments->words[at], take_mail, learn, &err);
	if (!result)
		result = send_batch(learn, &err);
	if (!result)
		result = take_answer(learn, &err);
	progress_clear(&learn->progress);
	if (result)
		return qctl_fail(result, &err);
	tell(learn);
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
	learn.lesson = (Lz__Lesson)at;
	code = run(&learn);
	if (learn.batch.examples) {
		empty_batch(&learn);
		free(learn.batch.examples);
	}
	pupil_free(&learn.pupil);
	return code;
}
