/*
 * release, delete: what changes the quarantine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/safe.h"
#include "qctl/fetch.h"
#include "qctl/fresh.h"
#include "qctl/ids.h"
#include "qctl/outcome.h"
#include "qctl/part.h"
#include "qctl/print.h"
#include "qctl/progress.h"
#include "qctl/release_options.h"
#include "qctl/suggest.h"
#include "qctl/teacher.h"
#include "qctl/who.h"

/* For somebody who looks at mail; where it is released anyhow, less. */
enum { PATIENCE_MS = 30 * 1000, PATIENCE_FORCED_MS = 5 * 1000, FOUND_BYTES = 400 };

/* Only its id: to name an item is no view of it. */
static enum result find_item(
        struct qctl *qctl, char *id, struct wire_message *answer, struct err *err)
{
	Lz__Show request = LZ__SHOW__INIT;

	request.id = id;
	request.only_id = 1;
	return qctl_ask(qctl, MESSAGE_SHOW, &request, answer, err);
}

/* ---- release ---- */

static enum result show_item(
        struct qctl *qctl, char *id, struct wire_message *answer, struct err *err)
{
	Lz__Show request = LZ__SHOW__INIT;

	request.id = id;
	request.why = (char *)"release";
	return qctl_ask(qctl, MESSAGE_SHOW, &request, answer, err);
}

/* Several items, or one. */
struct release {
	struct qctl *qctl;
	const struct release_options *options;
	const struct part *part;
	struct fresh *fresh;
	struct teacher *teacher; /* NULL: none was needed yet */
	Lz__Release request;     /* lends from the options */
	int code;                /* of the process; the last that is not 0 */
	int is_stopped;          /* somebody does not answer */
	uint64_t done, already, refused, failed;
	struct progress progress;
};

static void show_progress(struct release *release)
{
	char what[100];

	snprintf(what, sizeof(what), "%llu %s, %llu refused", (unsigned long long)release->done,
	        release->options->is_dry ? "would be released" : "released",
	        (unsigned long long)release->refused);
	progress_show(&release->progress,
	        release->done + release->already + release->refused + release->failed, what);
}

/* A line for people, or an object. `outgoing` may be NULL. */
static void tell(struct release *release, const char *id, const char *outcome, const char *outgoing,
        const struct fresh_look *look)
{
	struct json json = {0};

	progress_clear(&release->progress);
	if (!release->qctl->json) {
		printf("%s: %s", id, outcome);
		if (outgoing)
			printf(" (%s)", outgoing);
		if (look && look->text.size)
			printf("; %s: %s", fresh_word(look->answer), look->text.data);
		puts("");
		fflush(stdout);
		return;
	}
	json_object(&json, NULL);
	json_text(&json, "id", id);
	json_text(&json, "outcome", outcome);
	if (outgoing)
		json_text(&json, "release", outgoing);
	json_bool(&json, "already", !strcmp(outcome, "was released before"));
	if (look) {
		json_text(&json, "scan", fresh_word(look->answer));
		json_text(&json, "found", look->text.size ? look->text.data : "");
	}
	json_end_object(&json);
	json_flush(&json);
}

static void fail(struct release *release, const char *id, enum result result, const char *why)
{
	struct err err;

	progress_clear(&release->progress);
	err_set(&err, result, "%s: %s", id, why);
	release->code = qctl_fail(result, &err);
	release->is_stopped |= result == RESULT_TEMPORARY;
	release->failed++;
}

/* A virus, or what could not be looked at, or nobody who looks. */
static void refuse(struct release *release, const char *id, const struct fresh_look *look)
{
	enum result result = look->answer == FRESH_UNKNOWN ? RESULT_TEMPORARY : RESULT_PERMANENT;
	struct err err;

	release->refused++;
	if (release->options->is_dry || release->qctl->json)
		tell(release, id, release->options->is_dry ? "would be refused" : "refused", NULL,
		        look);
	progress_clear(&release->progress);
	err_set(&err, result, "%s: refused: %s%s; --force with a --reason releases it all the same",
	        id,
	        look->answer == FRESH_UNKNOWN     ? "nobody could scan it: "
	        : look->answer == FRESH_UNSCANNED ? "not all of it could be scanned: "
	                                          : "",
	        look->text.data);
	if (release->options->is_dry && result == RESULT_PERMANENT)
		release->code = release->code ? release->code : QCTL_NO;
	else
		release->code = qctl_fail(result, &err);
	release->is_stopped |= result == RESULT_TEMPORARY;
}

/* `mail` carries a part; it is given away. NULL: the message itself, or only a question. */
static enum result ask(struct release *release, int only_ask, struct buf *mail,
        struct wire_message *answer, struct err *err)
{
	enum message_type type = release->request.part ? MESSAGE_RELEASE_PART : MESSAGE_RELEASE;
	struct wire_body body = {0};
	size_t size = mail ? mail->size : 0;

	release->request.only_ask = only_ask;
	if (!mail)
		return qctl_ask(release->qctl, type, &release->request, answer, err);
	wire_body_take(buf_give(mail), size, &body);
	return qctl_ask_with(release->qctl, type, &release->request, &body, answer, err);
}

/* What a person answers for is kept with the release. To be freed. */
static char *why_of(const struct release_options *options, const struct fresh_look *look)
{
	char *safe, *why;

	if (!options->is_forced || look->answer == FRESH_CLEAN)
		return alloc_string(options->why);
	safe = safe_text(look->text.data, FOUND_BYTES);
	why = alloc_format("%s (forced: %s: %s)", options->why, fresh_word(look->answer), safe);
	free(safe);
	return why;
}

static const char *first_recipient(const Lz__Release *request, const Lz__Item *item)
{
	if (request->n_to)
		return request->to[0];
	return item->n_recipients ? item->recipients[0]->address : "";
}

static enum result put_into_outbox(
        struct release *release, const Lz__Item *item, struct wire_message *answer, struct err *err)
{
	const Lz__Release *request = &release->request;
	struct buf mail = {0};
	enum result result;

	if (!request->part)
		return ask(release, 0, NULL, answer, err);
	result = part_mail(
	        release->qctl, release->part, item, first_recipient(request, item), &mail, err);
	if (!result)
		result = ask(release, 0, &mail, answer, err);
	buf_fini(&mail);
	return result;
}

static enum result add_piece(void *context, const void *bytes, size_t size, struct err *err)
{
	buf_add(context, bytes, size);
	return RESULT_OK;
}

static enum result learn_original(struct release *release, char *id, struct err *err)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	struct buf mail = {0};
	enum result result = RESULT_OK;

	if (!release->teacher)
		result = teacher_new(
		        release->qctl, LZ__LESSON__LEARN_HAM, 0, &release->teacher, err);
	request.id = id;
	request.why = (char *)"learn";
	if (!result)
		result = fetch_all(release->qctl, &request, add_piece, &mail, err);
	if (!result)
		result = teacher_add(release->teacher, mail.data, mail.size, err);
	buf_fini(&mail);
	return result;
}

/* Around what was reported is a report, which is neither spam nor ham. */
static int is_lesson(
        const struct release *release, const Lz__Item *item, const struct fresh_look *look)
{
	return release->options->is_lesson && !release->request.part &&
	       look->answer != FRESH_VIRUS && strcmp(item->reason, "report") != 0;
}

/* A mail that nobody could learn from is released all the same. */
static void learn(struct release *release, const Lz__Item *item, const struct fresh_look *look)
{
	struct err err, why;
	enum result result;

	if (!is_lesson(release, item, look))
		return;
	result = learn_original(release, item->id, &why);
	if (result) {
		progress_clear(&release->progress);
		err_set(&err, result, "%s: not learned: %s", item->id, why.text);
		release->code = qctl_fail(result, &err);
	}
}

static void end_lessons(struct release *release)
{
	struct err err;
	enum result result;

	if (!release->teacher)
		return;
	result = teacher_end(release->teacher, &err);
	if (result)
		release->code = qctl_fail(result, &err);
	else if (!release->qctl->json)
		fprintf(stderr, "%llu learned as ham\n",
		        (unsigned long long)(teacher_sum(release->teacher)->learned +
		                             teacher_sum(release->teacher)->corrected));
	teacher_free(&release->teacher);
}

static void put_out(struct release *release, const Lz__Item *item, const struct fresh_look *look)
{
	const struct release_options *options = release->options;
	char *why = why_of(options, look);
	struct wire_message answer;
	const Lz__Released *released;
	struct err err;
	enum result result;
	int code;

	release->request.why = why;
	result = put_into_outbox(release, item, &answer, &err);
	release->request.why = (char *)protobuf_c_empty_string; /* the next one has its own */
	free(why);
	if (result) {
		fail(release, item->id, result, err.text);
		return;
	}
	released = (const Lz__Released *)answer.envelope;
	release->done++;
	tell(release, item->id, released->already ? "was released before" : "released",
	        released->outgoing, look);
	learn(release, item, look);
	if (options->wait_ms) {
		code = outcome_wait(release->qctl, item->id, released->outgoing, options->wait_ms);
		release->code = code ? code : release->code;
	}
	wire_message_free(&answer);
}

static void put_into_file(
        struct release *release, const Lz__Item *item, const struct fresh_look *look)
{
	struct err err;
	enum result result = part_write(release->qctl, release->part, item, &err);

	if (result) {
		fail(release, item->id, result, err.text);
		return;
	}
	release->done++;
	tell(release, item->id, "written", NULL, look);
}

static void scan_and_release(struct release *release, const Lz__Item *item)
{
	const struct release_options *options = release->options;
	struct fresh_look look;
	struct err err;
	enum result result = fresh_ask(release->fresh, item, release->request.part, &look, &err);

	if (result) {
		fail(release, item->id, result, err.text);
		return;
	}
	if (look.answer != FRESH_CLEAN && !options->is_forced) {
		refuse(release, item->id, &look);
	} else if (options->is_dry) {
		release->done++;
		tell(release, item->id, "would be released", NULL, &look);
	} else if (release->part->file) {
		put_into_file(release, item, &look);
	} else {
		put_out(release, item, &look);
	}
	fresh_look_fini(&look);
}

/* Nothing leaves: the rule is for the administrator to put into the configuration. */
static void suggest(struct release *release, const Lz__Item *item)
{
	struct json json = {0};
	struct buf rules = {0};
	struct err err;
	enum result result = suggest_rules(item, &rules, &err);

	progress_clear(&release->progress);
	if (result) {
		err_wrap(&err, result, "%s", item->id);
		release->code = qctl_fail(result, &err);
	} else if (release->qctl->json) {
		json_object(&json, NULL);
		json_text(&json, "id", item->id);
		json_text(&json, "rules", rules.data);
		json_end_object(&json);
		json_flush(&json);
	} else {
		qctl_print(&rules);
	}
	release->done++;
	buf_fini(&rules);
}

/* What was released before is told and not looked at again. */
static void release_item(struct release *release, const Lz__Item *item)
{
	const struct release_options *options = release->options;
	struct wire_message answer;
	const Lz__Released *released;
	struct err err;
	enum result result;
	int code;

	release->request.id = item->id;
	if (release->part->file) {
		scan_and_release(release, item);
		return;
	}
	result = ask(release, 1, NULL, &answer, &err);
	if (result) {
		fail(release, item->id, result, err.text);
		return;
	}
	released = (const Lz__Released *)answer.envelope;
	if (!released->already) {
		scan_and_release(release, item);
	} else {
		release->already++;
		tell(release, item->id, "was released before", released->outgoing, NULL);
		code = options->wait_ms && !options->is_dry
		               ? outcome_wait(release->qctl, item->id, released->outgoing,
		                         options->wait_ms)
		               : QCTL_OK;
		release->code = code ? code : release->code;
	}
	wire_message_free(&answer);
}

static void release_one(struct release *release, char *word)
{
	struct wire_message shown;
	struct err err;
	enum result result = show_item(release->qctl, word, &shown, &err);

	if (result) {
		fail(release, word, result, err.text);
	} else {
		const Lz__Item *item = ((const Lz__Shown *)shown.envelope)->item;

		if (release->options->is_suggestion)
			suggest(release, item);
		else
			release_item(release, item);
		wire_message_free(&shown);
	}
	show_progress(release);
}

static void tell_counts(const struct release *release)
{
	if (release->qctl->json || release->options->is_suggestion)
		return;
	fprintf(stderr, "%llu %s", (unsigned long long)release->done,
	        release->options->is_dry ? "would be released" : "released");
	if (release->already)
		fprintf(stderr, ", %llu released before", (unsigned long long)release->already);
	if (release->refused)
		fprintf(stderr, ", %llu refused", (unsigned long long)release->refused);
	if (release->failed)
		fprintf(stderr, ", %llu failed", (unsigned long long)release->failed);
	fputs("\n", stderr);
}

static void release_named(struct release *release)
{
	const struct arguments *arguments = &release->qctl->arguments;
	size_t at;

	release->progress.total = arguments->word_count;
	release->progress.is_quiet |= arguments->word_count < 2;
	for (at = 0; at < arguments->word_count && !release->is_stopped; at++)
		release_one(release, arguments->words[at]);
	progress_clear(&release->progress);
	if (arguments->word_count > 1)
		tell_counts(release);
}

static int is_harmless(const struct release_options *options)
{
	return options->is_dry || options->is_suggestion;
}

static void release_found(struct release *release, struct selection *selection)
{
	struct ids ids = {0};
	struct err err;
	enum result result = ids_collect(&ids, selection, &err);
	int code = QCTL_OK;
	size_t at;

	if (result)
		code = qctl_fail(result, &err);
	else if (!is_harmless(release->options) && ids.count)
		code = ids_confirm(release->qctl, "release", ids.count);
	release->code = code;
	release->progress.total = ids.count;
	for (at = 0; !code && at < ids.count && !release->is_stopped; at++)
		release_one(release, ids.list[at]);
	progress_clear(&release->progress);
	if (!code)
		tell_counts(release);
	ids_free(&ids);
}

static int run_release(struct qctl *qctl, const struct release_options *options,
        const struct part *part, struct selection *selection)
{
	struct release release = {.qctl = qctl, .options = options, .part = part};

	lz__release__init(&release.request);
	release.request.to = options->to;
	release.request.n_to = options->to_count;
	release.request.by = who_asks(qctl);
	release.request.again = options->is_again;
	release.request.part = part->number;
	release.request.packed = part->password != NULL;
	release.progress.is_quiet = qctl->json;
	release.fresh = fresh_new(qctl, options->is_forced ? PATIENCE_FORCED_MS : PATIENCE_MS);
	if (options->is_search)
		release_found(&release, selection);
	else
		release_named(&release);
	end_lessons(&release);
	fresh_free(&release.fresh);
	free(release.request.by);
	return release.code;
}

int command_release(struct qctl *qctl)
{
	struct release_options options;
	struct selection selection;
	struct part part = {0};
	struct err err;
	int code;

	if (release_options_read(&options, &selection, qctl, &err) || part_read(&part, qctl, &err))
		code = qctl_wrong(qctl, &err);
	else
		code = run_release(qctl, &options, &part, &selection);
	part_fini(&part);
	release_options_fini(&options);
	selection_fini(&selection);
	return code;
}

/* ---- delete ---- */

static void tell_deleted(const struct qctl *qctl, const char *id)
{
	struct json json = {0};

	if (!qctl->json) {
		printf("%s: deleted\n", id);
		return;
	}
	json_object(&json, NULL);
	json_text(&json, "id", id);
	json_bool(&json, "deleted", 1);
	json_end_object(&json);
	json_flush(&json);
}

static enum result delete_one(struct qctl *qctl, Lz__Delete *request, char *word, struct err *err)
{
	struct wire_message item, answer;
	enum result result = find_item(qctl, word, &item, err);

	if (result)
		return result;
	request->id = ((Lz__Shown *)item.envelope)->item->id;
	result = qctl_ask(qctl, MESSAGE_DELETE, request, &answer, err);
	if (!result) {
		tell_deleted(qctl, request->id);
		wire_message_free(&answer);
	}
	wire_message_free(&item);
	return result;
}

int command_delete(struct qctl *qctl)
{
	Lz__Delete request = LZ__DELETE__INIT;
	const char *why = arguments_value(&qctl->arguments, "why");
	enum result result;
	int code = QCTL_OK;
	struct err err;
	size_t at;

	request.by = who_asks(qctl);
	request.why = (char *)(why ? why : "");
	for (at = 0; at < qctl->arguments.word_count; at++) {
		result = delete_one(qctl, &request, qctl->arguments.words[at], &err);
		if (result)
			code = qctl_fail(result, &err);
	}
	free(request.by);
	return code;
}
