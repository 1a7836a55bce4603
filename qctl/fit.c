/*
 * Mails are judged by rules, and by a model that has learned those before them, in an order drawn
 * by lot: what it says of a mail that it knows already would be worth nothing. The first quarter is
 * only learned.
 */
#include "qctl/fit.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"
#include "lib/model/calibrate.h"
#include "lib/model/fit.h"
#include "lib/model/rehearse.h"
#include "qctl/json.h"
#include "qctl/mails.h"
#include "qctl/model_ask.h"
#include "qctl/progress.h"
#include "qctl/pupil.h"
#include "qctl/who.h"

enum { MAILS_MOST = 20000, CALIBRATE_EVERY = 50 };

struct known {
	struct model_features features;
	double points;
	int is_spam;
};

struct fitting {
	struct qctl *qctl;
	struct pupil *pupil;
	struct known *mails;
	size_t count, unread;
	int is_spam; /* those that are read now */
	struct fit_case *cases;
	size_t case_count;
	struct progress progress;
};

/* ---- reading ---- */

static void keep(struct fitting *fitting, const struct lesson *lesson)
{
	struct known *known = &fitting->mails[fitting->count++];
	size_t at, count = lesson->features.size / 4;
	const unsigned char *bytes = (const unsigned char *)lesson->features.data;

	known->features = (struct model_features){
	        alloc_zero(count + 1, sizeof(uint32_t)), count, lesson->words};
	for (at = 0; at < count; at++)
		known->features.list[at] =
		        bytes_little32(bytes + 4 * at) % (MODEL_GROUPS << MODEL_BITS);
	known->points = lesson->points;
	known->is_spam = fitting->is_spam;
}

static enum result take_mail(
        void *context, const char *path, const char *mail, size_t size, struct err *err)
{
	struct fitting *fitting = context;
	struct lesson lesson = {.words = 0};
	enum result result = RESULT_NONE;
	char what[40];

	if (fitting->count == MAILS_MOST)
		return err_set(err, RESULT_PERMANENT, "more than %d mails", MAILS_MOST);
	if (mail && size <= MAILS_MAIL_MAX)
		result = pupil_read(fitting->pupil, mail, size, &lesson, err);
	if (!result)
		keep(fitting, &lesson);
	fitting->unread += result == RESULT_NONE;
	buf_fini(&lesson.features);
	snprintf(what, sizeof(what), "%zu mails", fitting->count);
	progress_show(&fitting->progress, fitting->count + fitting->unread, what);
	return result == RESULT_NONE ? RESULT_OK : result;
}

/* ---- judging ---- */

/* Always the same lot, so that the same mails give the same answer. */
static void shuffle(struct known *mails, size_t count)
{
	uint64_t seed = 1;

	for (; count > 1; count--) {
		size_t other =
		        (size_t)((seed = seed * 6364136223846793005U + 1442695040888963407U) >>
		                 33) %
		        count;
		struct known held = mails[count - 1];

		mails[count - 1] = mails[other];
		mails[other] = held;
	}
}

static void judge_all(struct fitting *fitting)
{
	static const uint8_t digest[REHEARSE_DIGEST];
	struct rehearsal *rehearsal;
	struct model model;
	double raw;
	size_t at;

	rehearsal = alloc_zero(1, sizeof(*rehearsal));
	model_init(&model, 0, 0);
	shuffle(fitting->mails, fitting->count);
	fitting->cases = alloc_zero(fitting->count + 1, sizeof(*fitting->cases));
	for (at = 0; at < fitting->count; at++) {
		const struct known *known = &fitting->mails[at];

		raw = model_raw(&model, &known->features);
		if (at >= fitting->count / 4)
			fitting->cases[fitting->case_count++] =
			        (struct fit_case){model.facts.slope * raw + model.facts.shift,
			                known->points, known->is_spam};
		calibrate_note(&model.facts, raw, known->is_spam);
		rehearse_learn(rehearsal, &model, &known->features, known->is_spam, digest);
		if (at % CALIBRATE_EVERY == 0)
			calibrate(&model.facts);
	}
	rehearse_fini(rehearsal);
	free(rehearsal);
	model_fini(&model);
}

/* ---- telling ---- */

struct outcome {
	double weight, toll;
	double false_positive, false_negative; /* percent */
};

static struct outcome outcome_of(const struct fitting *fitting, const struct fit *fit)
{
	const struct config *config = qctl_config(fitting->qctl);
	size_t at, kinds[2] = {0, 0}, wrong[2] = {0, 0};

	for (at = 0; at < fitting->case_count; at++) {
		const struct fit_case *one = &fitting->cases[at];
		int said = fit_points(fit, one, config->spam.model.most) >= config->policy.spam_tag;

		kinds[one->is_spam]++;
		wrong[one->is_spam] += said != one->is_spam;
	}
	return (struct outcome){fit->weight, fit->toll,
	        100.0 * (double)wrong[0] / (double)(kinds[0] ? kinds[0] : 1),
	        100.0 * (double)wrong[1] / (double)(kinds[1] ? kinds[1] : 1)};
}

static void tell_one(const struct fitting *fitting, const char *name, const struct fit *fit)
{
	struct outcome outcome = outcome_of(fitting, fit);
	struct json json = {0};

	if (!fitting->qctl->json) {
		printf("%-14s %5.2f * logit %+6.2f   ham taken for spam %5.2f %%, spam missed "
		       "%5.2f "
		       "%%\n",
		        name, outcome.weight, outcome.toll, outcome.false_positive,
		        outcome.false_negative);
		return;
	}
	json_object(&json, NULL);
	json_text(&json, "which", name);
	json_real(&json, "weight", outcome.weight);
	json_real(&json, "toll", outcome.toll);
	json_real(&json, "false_positive", outcome.false_positive);
	json_real(&json, "false_negative", outcome.false_negative);
	json_end_object(&json);
	json_flush(&json);
}

static void tell(struct fitting *fitting, const struct fit *fit)
{
	const struct config_model *config = &qctl_config(fitting->qctl)->spam.model;
	const struct fit none = {0, 0}, before = {config->weight, config->toll};

	progress_clear(&fitting->progress);
	tell_one(fitting, "rules alone", &none);
	tell_one(fitting, "as configured", &before);
	tell_one(fitting, "fitted", fit);
	if (fitting->unread)
		fprintf(stderr, "qctl: %zu mails could not be read\n", fitting->unread);
}

/* ---- the whole ---- */

static enum result send_fit(struct qctl *qctl, const struct fit *fit, struct err *err)
{
	Lz__ModelFit request = LZ__MODEL_FIT__INIT;
	struct wire_message answer;
	enum result result;

	request.weight = fit->weight;
	request.toll = fit->toll;
	request.by = who_asks(qctl);
	result = qctl_ask(qctl, MESSAGE_MODEL_FIT, &request, &answer, err);
	if (!result)
		wire_message_free(&answer);
	free(request.by);
	return result;
}

static enum result read_both(
        struct fitting *fitting, const char *spam, const char *ham, struct err *err)
{
	enum result result;

	fitting->progress.total = mails_count(spam) + mails_count(ham);
	fitting->is_spam = 1;
	result = mails_walk(spam, take_mail, fitting, err);
	fitting->is_spam = 0;
	return result ? result : mails_walk(ham, take_mail, fitting, err);
}

static enum result fit_all(
        struct fitting *fitting, const char *spam, const char *ham, struct err *err)
{
	enum result result = read_both(fitting, spam, ham, err);
	struct fit fit;

	if (result)
		return result;
	judge_all(fitting);
	result = fit_cases(fitting->cases, fitting->case_count,
	        qctl_config(fitting->qctl)->policy.spam_tag, &fit, err);
	if (result)
		return result;
	tell(fitting, &fit);
	return send_fit(fitting->qctl, &fit, err);
}

int fit_run(struct qctl *qctl, const char *spam, const char *ham)
{
	struct fitting fitting = {.qctl = qctl, .progress = {.is_quiet = qctl->json}};
	enum result result;
	struct err err;

	if (qctl_config(qctl)->spam.model.bayes == BAYES_POINTS) {
		result = err_set(&err, RESULT_PERMANENT,
		        "spam.model.bayes is points: the points of BAYES_* rules count, and the "
		        "model's own, which would be fitted, do not");
		return qctl_fail(result, &err);
	}
	fitting.mails = alloc_zero(MAILS_MOST, sizeof(*fitting.mails));
	fitting.pupil = pupil_new(qctl->config_path, 1, 1);
	result = fit_all(&fitting, spam, ham, &err);
	progress_clear(&fitting.progress);
	pupil_free(&fitting.pupil);
	while (fitting.count)
		free(fitting.mails[--fitting.count].features.list);
	free(fitting.mails);
	free(fitting.cases);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}
