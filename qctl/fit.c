/*
 * Mails are judged by rules, and by a model that has learned those before them, in an order drawn
 * by lot: what it says of a mail that it knows already would be worth nothing. The first quarter is
 * only learned. What is found is judged by mails that it was not found from, and is kept where it
 * is no worse than what counts now.
 */
#include "qctl/fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	uint8_t digest[PUPIL_DIGEST];
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
	struct fit before; /* that the quarantine keeps; weight 0: the configuration counts */
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
	memcpy(known->digest, lesson->digest, PUPIL_DIGEST);
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

/* ---- each mail once ---- */

static int by_digest(const void *a, const void *b)
{
	return memcmp(
	        ((const struct known *)a)->digest, ((const struct known *)b)->digest, PUPIL_DIGEST);
}

/* What is judged must not be known already; and what is said to be both teaches nothing. */
static enum result drop_repeated(struct fitting *fitting, struct err *err)
{
	struct known *mails = fitting->mails, *last = NULL;
	size_t at, kept = 0, both = 0;

	qsort(mails, fitting->count, sizeof(*mails), by_digest);
	for (at = 0; at < fitting->count; at++) {
		if (!last || by_digest(last, &mails[at]) != 0) {
			mails[kept] = mails[at];
			last = &mails[kept++];
			continue;
		}
		both += last->is_spam != mails[at].is_spam;
		free(mails[at].features.list);
	}
	fitting->count = kept;
	if (!both)
		return RESULT_OK;
	return err_set(
	        err, RESULT_PERMANENT, "%zu mails are among the spam and among the ham", both);
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

static void tell_one(const struct fitting *fitting, const char *name, const struct fit *fit,
        const struct fit_errors *errors)
{
	struct json json = {0};

	if (!fitting->qctl->json) {
		printf("%-16s %5.2f * logit %+6.2f   ham taken for spam %5.2f %%, spam missed "
		       "%5.2f %%\n",
		        name, fit->weight, fit->toll, errors->ham_taken, errors->spam_missed);
		return;
	}
	json_object(&json, NULL);
	json_text(&json, "which", name);
	json_real(&json, "weight", fit->weight);
	json_real(&json, "toll", fit->toll);
	json_real(&json, "false_positive", errors->ham_taken);
	json_real(&json, "false_negative", errors->spam_missed);
	json_end_object(&json);
	json_flush(&json);
}

/* Gives the errors. */
static struct fit_errors judge(
        const struct fitting *fitting, const char *name, const struct fit *fit)
{
	const struct config *config = qctl_config(fitting->qctl);
	struct fit_errors errors;

	fit_judge(fit, fitting->cases, fitting->case_count, config->policy.spam_tag,
	        config->spam.model.most, &errors);
	tell_one(fitting, name, fit, &errors);
	return errors;
}

/* Gives those of what counts now. */
static struct fit_errors tell_others(struct fitting *fitting)
{
	const struct config_model *config = &qctl_config(fitting->qctl)->spam.model;
	const struct fit none = {0, 0}, configured = {config->weight, config->toll};
	struct fit_errors now;

	progress_clear(&fitting->progress);
	if (fitting->unread)
		fprintf(stderr, "qctl: %zu mails could not be read\n", fitting->unread);
	judge(fitting, "rules alone", &none);
	now = judge(fitting, "as configured", &configured);
	return fitting->before.weight > 0 ? judge(fitting, "as fitted before", &fitting->before)
	                                  : now;
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

static enum result ask_before(struct fitting *fitting, struct err *err)
{
	struct wire_message answer;
	const Lz__ModelState *state;
	enum result result;

	if (!(qctl_config(fitting->qctl)->policy.spam_tag > 0))
		return err_set(err, RESULT_PERMANENT,
		        "policy.spam_tag is 0, so there are no points that spam has to reach");
	result = model_ask_state(fitting->qctl, &answer, &state, err);
	if (result)
		return result;
	fitting->before = (struct fit){state->weight, state->toll};
	wire_message_free(&answer);
	return RESULT_OK;
}

static enum result find_fit(struct fitting *fitting, struct fit *fit, struct err *err)
{
	const struct config *config = qctl_config(fitting->qctl);
	double threshold = config->policy.spam_tag;
	struct fit_errors now, then;
	enum result result;

	judge_all(fitting);
	result = fit_cases(fitting->cases, fitting->case_count, threshold, fit, err);
	if (!result)
		result = fit_cross(fitting->cases, fitting->case_count, threshold,
		        config->spam.model.most, &then, err);
	if (result)
		return result;
	now = tell_others(fitting);
	tell_one(fitting, "fitted", fit, &then);
	if (fit_is_worse(&then, &now))
		return err_set(err, RESULT_NONE, "worse than what counts now, so that stays");
	return RESULT_OK;
}

static enum result fit_all(
        struct fitting *fitting, const char *spam, const char *ham, struct err *err)
{
	enum result result = ask_before(fitting, err);
	struct fit fit;

	if (!result)
		result = read_both(fitting, spam, ham, err);
	if (!result)
		result = drop_repeated(fitting, err);
	if (!result)
		result = find_fit(fitting, &fit, err);
	return result ? result : send_fit(fitting->qctl, &fit, err);
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
