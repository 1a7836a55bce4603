#include "quarantine/teach.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "lib/model/calibrate.h"
#include "lib/model/chunk.h"
#include "lib/model/facts.h"
#include "quarantine/model_disk.h"
#include "quarantine/model_trial.h"
#include "quarantine/strings.h"

enum { PIECE_CHUNKS = 512 };

struct teach {
	char *path;
	struct model_disk *disk; /* NULL: it can't be opened */
	struct model model;
	struct rehearsal rehearsal;
	uint64_t generations[MODEL_CHUNKS]; /* in which each chunk changed last */
	unsigned char is_changed[MODEL_CHUNKS];
	struct model_trial trial;
	int is_lost; /* memory is not what is on disk */
};

static void begin_anew(struct teach *teach)
{
	uint64_t random[2];

	random_bytes(random, sizeof(random));
	model_fini(&teach->model);
	model_init(&teach->model, random[0], random[1]);
	rehearse_fini(&teach->rehearsal);
	random_bytes(&teach->rehearsal.lot, sizeof(teach->rehearsal.lot));
	memset(teach->generations, 0, sizeof(teach->generations));
	memset(teach->is_changed, 0, sizeof(teach->is_changed));
}

/* ---- disk ---- */

/* What is there; or an empty one, whose numbers are then there. The epoch is new each time: what is
 * read may be a copy that somebody put back, in which the same generations are other lessons. */
static enum result read_all(struct teach *teach, struct err *err)
{
	enum result result;
	uint64_t epoch;

	begin_anew(teach);
	epoch = teach->model.facts.epoch;
	result = model_disk_read(
	        teach->disk, &teach->model, &teach->rehearsal, teach->generations, err);
	teach->model.facts.epoch = epoch;
	if (result != RESULT_NONE)
		return result;
	result = model_disk_begin(teach->disk, err);
	if (!result)
		result = model_disk_put_facts(teach->disk, &teach->model.facts, err);
	if (!result)
		return model_disk_commit(teach->disk, err);
	model_disk_abort(teach->disk);
	return result;
}

static enum result read_again(struct teach *teach, struct err *err)
{
	enum result result = RESULT_OK;

	if (!teach->disk)
		result = model_trial(teach->path, &teach->trial, err);
	if (!result && !teach->disk)
		result = model_disk_open(teach->path, &teach->disk, err);
	return result ? result : read_all(teach, err);
}

/* As it is on disk, where memory may be another. */
static enum result find_model(struct teach *teach, struct err *err)
{
	enum result result = teach->is_lost ? read_again(teach, err) : RESULT_OK;

	teach->is_lost = result != RESULT_OK;
	return result;
}

static enum result write_changed(struct teach *teach, struct err *err)
{
	enum result result = model_disk_put_facts(teach->disk, &teach->model.facts, err);
	uint32_t number;

	for (number = 0; number < MODEL_CHUNKS && !result; number++) {
		if (!teach->is_changed[number])
			continue;
		teach->generations[number] = teach->model.facts.generation;
		result = model_disk_put_chunk(
		        teach->disk, &teach->model, number, teach->model.facts.generation, err);
	}
	memset(teach->is_changed, 0, sizeof(teach->is_changed));
	return result;
}

/* Begins a change. */
static enum result begin(struct teach *teach, struct err *err)
{
	enum result result = model_disk_begin(teach->disk, err);

	if (!result)
		teach->is_lost = 1; /* until it is committed */
	return result;
}

static enum result end(struct teach *teach, enum result result, int64_t now_ms, struct err *err)
{
	struct model_facts *facts = &teach->model.facts;

	facts->generation++;
	facts->changed_ms = now_ms;
	if (!result)
		result = write_changed(teach, err);
	if (!result)
		result = model_disk_commit(teach->disk, err);
	else
		model_disk_abort(teach->disk);
	if (!result)
		teach->is_lost = 0;
	return result;
}

/* ---- answers ---- */

static void *new_answer(struct answer *out, enum message_type type)
{
	const ProtobufCMessageDescriptor *descriptor = message_info(type)->descriptor;

	*out = (struct answer){.type = type, .envelope = alloc(descriptor->sizeof_message)};
	protobuf_c_message_init(descriptor, out->envelope);
	return out->envelope;
}

static Lz__ModelState *state_of(const struct teach *teach)
{
	Lz__ModelState *state = alloc(sizeof(*state));

	facts_tell(&teach->model.facts, state);
	return state;
}

/* ---- lessons ---- */

/* By whom, and what became of it. */
struct lesson {
	int is_report;
	int64_t now_ms;
	Lz__Learned learned;
};

static void read_features(const Lz__Example *example, uint32_t *room, struct model_features *out)
{
	size_t at;

	*out = (struct model_features){room, example->features.len / 4, example->words};
	for (at = 0; at < out->count; at++)
		room[at] = bytes_little32(example->features.data + 4 * at);
}

static void mark(struct teach *teach, const struct model_features *features)
{
	size_t at;

	for (at = 0; at < features->count; at++)
		teach->is_changed[model_index(features->list[at]) / MODEL_CHUNK] = 1;
}

/* The slot that was its own has another now, and the last one is empty. */
static enum result keep_no_more(
        struct teach *teach, const uint8_t *digest, int is_spam, struct err *err)
{
	long slot = rehearse_drop(&teach->rehearsal, is_spam, digest);
	enum result result;

	if (slot < 0)
		return RESULT_OK;
	result = model_disk_put_kept(teach->disk, &teach->rehearsal, is_spam, (size_t)slot, err);
	return result ? result
	              : model_disk_put_kept(teach->disk, &teach->rehearsal, is_spam,
	                        teach->rehearsal.count[is_spam != 0], err);
}

static enum result unlearn(struct teach *teach, const Lz__Example *example,
        const struct model_features *features, const struct model_seen *seen, struct err *err)
{
	enum result result;

	mark(teach, features);
	model_unlearn(&teach->model, features, seen->is_spam, &seen->steps);
	result = model_disk_drop_seen(teach->disk, example->digest.data, err);
	return result ? result : keep_no_more(teach, example->digest.data, seen->is_spam, err);
}

/* What was learned again has moved farther. It may be too old to be known. */
static enum result rehearsed(
        struct teach *teach, const struct rehearsed *done, int is_spam, struct err *err)
{
	const struct rehearse_kept *kept = &teach->rehearsal.kept[is_spam != 0][done->again];
	enum result result;

	mark(teach, &kept->features);
	result = model_disk_add_steps(teach->disk, kept->digest, &done->again_steps, err);
	return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result learn(struct teach *teach, const Lz__Example *example,
        const struct model_features *features, const struct lesson *lesson, struct err *err)
{
	struct model_seen seen = {.is_spam = example->lesson == LZ__LESSON__LEARN_SPAM,
	        .is_reported = lesson->is_report,
	        .time_ms = lesson->now_ms};
	struct rehearsed done;
	enum result result;

	mark(teach, features);
	calibrate_note(&teach->model.facts, model_raw(&teach->model, features), seen.is_spam);
	done = rehearse_learn(
	        &teach->rehearsal, &teach->model, features, seen.is_spam, example->digest.data);
	seen.steps = done.steps;
	result = model_disk_put_seen(teach->disk, example->digest.data, &seen, err);
	if (!result && done.again >= 0)
		result = rehearsed(teach, &done, !seen.is_spam, err);
	if (!result && done.slot >= 0)
		result = model_disk_put_kept(
		        teach->disk, &teach->rehearsal, seen.is_spam, (size_t)done.slot, err);
	return result;
}

/* The same again: where an administrator says what a user has said, it is his word from now on. */
static enum result affirm(struct teach *teach, const Lz__Example *example,
        const struct model_seen *seen, const struct lesson *lesson, struct err *err)
{
	if (lesson->is_report || !seen->is_reported)
		return RESULT_OK;
	return model_disk_affirm_seen(teach->disk, example->digest.data, err);
}

/* What a message that is known is to become, or stay. */
static enum result take_known(struct teach *teach, const Lz__Example *example,
        const struct model_features *features, const struct model_seen *seen, struct lesson *lesson,
        struct err *err)
{
	int is_same =
	        example->lesson == (seen->is_spam ? LZ__LESSON__LEARN_SPAM : LZ__LESSON__LEARN_HAM);
	enum result result;

	if (is_same) {
		lesson->learned.already++;
		return affirm(teach, example, seen, lesson, err);
	}
	if (lesson->is_report && !seen->is_reported) {
		lesson->learned.contradicted++;
		return RESULT_OK;
	}
	result = unlearn(teach, example, features, seen, err);
	if (example->lesson == LZ__LESSON__LEARN_FORGET) {
		lesson->learned.forgotten++;
		return result;
	}
	lesson->learned.corrected++;
	return result ? result : learn(teach, example, features, lesson, err);
}

static enum result take_example(struct teach *teach, const Lz__Example *example,
        const struct model_features *features, struct lesson *lesson, struct err *err)
{
	struct model_seen seen;
	enum result result = model_disk_get_seen(teach->disk, example->digest.data, &seen, err);

	if (result != RESULT_NONE)
		return result ? result : take_known(teach, example, features, &seen, lesson, err);
	if (example->lesson == LZ__LESSON__LEARN_FORGET) {
		lesson->learned.unknown++;
		return RESULT_OK;
	}
	lesson->learned.learned++;
	return learn(teach, example, features, lesson, err);
}

static enum result take_examples(struct teach *teach, Lz__Example *const *examples, size_t count,
        struct lesson *lesson, struct err *err)
{
	uint32_t *room = alloc(MODEL_FEATURES_MAX * sizeof(*room));
	enum result result = RESULT_OK;
	struct model_features features;
	size_t at;

	for (at = 0; at < count && !result; at++) {
		read_features(examples[at], room, &features);
		if (!model_features_are_sane(&features)) {
			result = err_set(err, RESULT_PERMANENT, "features that no message has");
			break;
		}
		result = take_example(teach, examples[at], &features, lesson, err);
	}
	free(room);
	calibrate(&teach->model.facts);
	return result;
}

static enum result handle_learn(struct teach *teach, const Lz__Learn *request, int64_t now_ms,
        struct answer *out, struct err *err)
{
	Lz__Learned *learned = new_answer(out, MESSAGE_LEARNED);
	struct lesson lesson = {
	        .is_report = request->as_report, .now_ms = now_ms, .learned = LZ__LEARNED__INIT};
	enum result result;

	if (request->version != MODEL_FEATURES_VERSION)
		return err_set(err, RESULT_PERMANENT, "features of version %u, not %d",
		        request->version, MODEL_FEATURES_VERSION);
	if (request->seed != teach->model.facts.seed)
		return err_set(err, RESULT_TEMPORARY,
		        "another model took the place of the one that this is for; try again");
	result = begin(teach, err);
	if (result)
		return result;
	result = take_examples(teach, request->examples, request->n_examples, &lesson, err);
	result = end(teach, result, now_ms, err);
	*learned = lesson.learned;
	if (!result)
		learned->model = state_of(teach);
	return result;
}

/* ---- reports ---- */

enum report_fate {
	REPORT_LEARNED,
	REPORT_KNOWN,        /* all of it was learned before */
	REPORT_CONTRADICTED, /* an administrator has said the other, and there was nothing else */
	REPORT_EXCESS,       /* its reporter has sent too many today */
	REPORT_FATES,
};

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* Of a text that is not to be kept itself. */
static void digest_text(const struct teach *teach, const char *text, uint8_t out[MODEL_DIGEST])
{
	struct digest_state state;
	struct digest digest;

	digest_init(&state);
	digest_add(&state, &teach->model.facts.seed, sizeof(teach->model.facts.seed));
	digest_add_string(&state, text);
	digest_final(&state, &digest);
	memcpy(out, digest.bytes, MODEL_DIGEST);
}

static void message_digest(const char *message_id, uint8_t out[MODEL_DIGEST])
{
	struct digest digest;

	digest_of(message_id, strlen(message_id), &digest);
	memcpy(out, digest.bytes, MODEL_DIGEST);
}

static void tell_report(const struct model_report *kept, Lz__Reported *out)
{
	static const char *const names[REPORT_FATES] = {
	        "learned", "known", "contradicted", "excess"};

	strings_set(&out->fate, kept->fate < REPORT_FATES ? names[kept->fate] : "");
	out->learned = kept->learned;
	out->corrected = kept->corrected;
	out->already = kept->already;
	out->contradicted = kept->contradicted;
}

/* RESULT_NONE: this mail was not here in the last days. */
static enum result find_report(struct teach *teach, const uint8_t digest[MODEL_DIGEST],
        int64_t today, struct model_report *out, struct err *err)
{
	enum result result = RESULT_NONE;
	int64_t day;

	for (day = today; result == RESULT_NONE && day > today - REPORT_DAYS; day--)
		result = model_disk_get_report(teach->disk, MODEL_REPORT, day, digest, out, err);
	return result;
}

/* One more of this reporter; *count is how many there are with it. */
static enum result count_reporter(
        struct teach *teach, const char *reporter, int64_t today, uint32_t *count, struct err *err)
{
	struct model_report kept = {.count = 0};
	char *name = alloc_string(reporter);
	uint8_t digest[MODEL_DIGEST];
	enum result result;

	text_lower(name); /* to most MTAs it is the same */
	digest_text(teach, name, digest);
	free(name);
	result = model_disk_get_report(teach->disk, MODEL_REPORTER, today, digest, &kept, err);
	if (result && result != RESULT_NONE)
		return result;
	kept.count += kept.count < UINT32_MAX;
	*count = kept.count;
	return model_disk_put_report(teach->disk, MODEL_REPORTER, today, digest, &kept, err);
}

static enum result learn_report(struct teach *teach, const Lz__Report *report, int64_t now_ms,
        struct model_report *kept, struct err *err)
{
	struct lesson lesson = {.is_report = 1, .now_ms = now_ms, .learned = LZ__LEARNED__INIT};
	enum result result =
	        take_examples(teach, report->examples, report->n_examples, &lesson, err);

	kept->learned = lesson.learned.learned;
	kept->corrected = lesson.learned.corrected;
	kept->already = lesson.learned.already;
	kept->contradicted = lesson.learned.contradicted;
	kept->fate = kept->learned + kept->corrected ? REPORT_LEARNED
	             : kept->contradicted            ? REPORT_CONTRADICTED
	                                             : REPORT_KNOWN;
	return result;
}

/* Inside the transaction. */
static enum result add_report(struct teach *teach, const Lz__Report *report, uint64_t most,
        int64_t now_ms, const uint8_t digest[MODEL_DIGEST], struct model_report *kept,
        struct err *err)
{
	int64_t today = now_ms / day_ms;
	uint32_t count = 0;
	enum result result = count_reporter(teach, report->reporter, today, &count, err);

	if (!result && count > most)
		*kept = (struct model_report){.fate = REPORT_EXCESS, .count = count};
	else if (!result)
		result = learn_report(teach, report, now_ms, kept, err);
	if (!result)
		result = model_disk_put_report(teach->disk, MODEL_REPORT, today, digest, kept, err);
	return result ? result : model_disk_drop_reports(teach->disk, today, err);
}

static enum result check_model(const struct teach *teach, const Lz__Report *report, struct err *err)
{
	if (report->version == MODEL_FEATURES_VERSION && report->seed == teach->model.facts.seed)
		return RESULT_OK;
	return err_set(err, RESULT_TEMPORARY,
	        "a report whose features were made for another model: its worker will have this "
	        "one soon");
}

enum result teach_report(struct teach *teach, const Lz__Report *report, const char *message_id,
        uint64_t most, int64_t now_ms, Lz__Reported *out, struct err *err)
{
	struct model_report kept = {.count = 0};
	uint8_t digest[MODEL_DIGEST];
	enum result result = find_model(teach, err), known;

	if (!result)
		result = begin(teach, err);
	if (result)
		return result;
	message_digest(message_id, digest);
	known = find_report(teach, digest, now_ms / day_ms, &kept, err);
	result = known == RESULT_NONE ? check_model(teach, report, err) : known;
	if (known == RESULT_NONE && !result) {
		result = add_report(teach, report, most, now_ms, digest, &kept, err);
		result = end(teach, result, now_ms, err);
	} else {
		model_disk_abort(teach->disk);
		teach->is_lost = 0; /* nothing was changed */
	}
	if (!result)
		tell_report(&kept, out);
	out->again = known == RESULT_OK;
	out->first_excess = kept.fate == REPORT_EXCESS && kept.count == most + 1;
	return result;
}

/* ---- telling it ---- */

static enum result handle_fetch(
        struct teach *teach, const Lz__ModelFetch *request, struct answer *out, struct err *err)
{
	Lz__ModelPiece *piece = new_answer(out, MESSAGE_MODEL_PIECE);
	int is_ours = request->epoch == teach->model.facts.epoch;
	uint32_t number = request->from, most, taken = 0;
	struct buf body = {0};
	size_t size;

	most = request->limit < PIECE_CHUNKS ? request->limit : PIECE_CHUNKS;
	for (; most && number < MODEL_CHUNKS && taken < most; number++) {
		if (!teach->generations[number] ||
		        (is_ours && teach->generations[number] <= request->since))
			continue;
		chunk_add(&teach->model, number, &body);
		taken++;
	}
	piece->model = state_of(teach);
	piece->next = most && number < MODEL_CHUNKS ? number : 0;
	size = body.size;
	wire_body_take(buf_give(&body), size, &out->body);
	return RESULT_OK;
}

/* ---- changing it as a whole ---- */

static void mark_all(struct teach *teach)
{
	memset(teach->is_changed, 1, sizeof(teach->is_changed));
}

static enum result replaced(struct teach *teach, enum result result, int64_t now_ms,
        struct answer *out, struct err *err)
{
	Lz__ModelChanged *changed = new_answer(out, MESSAGE_MODEL_CHANGED);

	mark_all(teach);
	if (!result)
		result = model_disk_clear_seen(teach->disk, err);
	result = end(teach, result, now_ms, err);
	if (!result)
		changed->model = state_of(teach);
	return result;
}

static enum result handle_reset(struct teach *teach, const Lz__ModelReset *request, int64_t now_ms,
        struct answer *out, struct err *err)
{
	enum result result = begin(teach, err);

	if (result)
		return result;
	begin_anew(teach);
	result = replaced(teach, RESULT_OK, now_ms, out, err);
	if (!result)
		log_event(LOG_LEVEL_WARNING, NULL, "model-reset", "by=%s", log_quote(request->by));
	return result;
}

static enum result handle_load(struct teach *teach, const Lz__ModelLoad *request,
        const struct wire_body *body, int64_t now_ms, struct answer *out, struct err *err)
{
	enum result result;

	if (!request->model || request->model->version != MODEL_FEATURES_VERSION)
		return err_set(err, RESULT_PERMANENT, "a model of another version");
	result = begin(teach, err);
	if (result)
		return result;
	begin_anew(teach);
	facts_take(&teach->model.facts, request->model);
	if (!chunks_take(&teach->model, wire_body_data(body), wire_body_size(body)))
		result = err_set(err, RESULT_PERMANENT, "a model that is damaged");
	result = replaced(teach, result, now_ms, out, err);
	if (!result)
		log_event(LOG_LEVEL_WARNING, NULL, "model-loaded", "by=%s", log_quote(request->by));
	return result;
}

static enum result handle_fit(struct teach *teach, const Lz__ModelFit *request, int64_t now_ms,
        struct answer *out, struct err *err)
{
	Lz__ModelChanged *changed = new_answer(out, MESSAGE_MODEL_CHANGED);
	enum result result = begin(teach, err);

	if (result)
		return result;
	teach->model.facts.weight = request->weight;
	teach->model.facts.toll = request->toll;
	result = end(teach, RESULT_OK, now_ms, err);
	if (!result)
		changed->model = state_of(teach);
	return result;
}

/* ---- the whole ---- */

int teach_answers(enum message_type type)
{
	return type == MESSAGE_LEARN || type == MESSAGE_MODEL_FETCH ||
	       type == MESSAGE_MODEL_RESET || type == MESSAGE_MODEL_LOAD ||
	       type == MESSAGE_MODEL_FIT;
}

/* It does not matter what was there. */
static int replaces(enum message_type type)
{
	return type == MESSAGE_MODEL_RESET || type == MESSAGE_MODEL_LOAD;
}

static enum result handle(struct teach *teach, const struct wire_message *message, int64_t now_ms,
        struct answer *out, struct err *err)
{
	const void *envelope = message->envelope;

	switch (message->type) {
	case MESSAGE_LEARN:
		return handle_learn(teach, envelope, now_ms, out, err);
	case MESSAGE_MODEL_FETCH:
		return handle_fetch(teach, envelope, out, err);
	case MESSAGE_MODEL_RESET:
		return handle_reset(teach, envelope, now_ms, out, err);
	case MESSAGE_MODEL_LOAD:
		return handle_load(teach, envelope, &message->body, now_ms, out, err);
	case MESSAGE_MODEL_FIT:
		return handle_fit(teach, envelope, now_ms, out, err);
	default:
		return err_set(err, RESULT_PERMANENT, "the model does not answer this");
	}
}

/* For who wants another model anyway, one that can't be opened is no obstacle. */
static enum result read_or_begin(struct teach *teach, struct err *err)
{
	enum result result = read_again(teach, err);

	if (result != RESULT_PERMANENT || teach->disk)
		return result;
	log_event(LOG_LEVEL_WARNING, NULL, "model-set-aside", "path=%s reason=%s",
	        log_quote(teach->path), log_quote(err->text));
	result = model_disk_set_aside(teach->path, err);
	return result ? result : read_again(teach, err);
}

/* Nobody can say what a damaged one would do next, so that it is not touched again. */
static void let_go(struct teach *teach, const struct err *err)
{
	char *why;

	if (model_disk_state(teach->disk) == MODEL_DISK_DAMAGED) {
		why = alloc_format("%s: its database is damaged", err->text);
		model_trial_fail(teach->path, &teach->trial, why);
		free(why);
	}
	model_disk_close(&teach->disk);
	teach->is_lost = 1;
}

static enum result answer_it(struct teach *teach, const struct wire_message *message,
        int64_t now_ms, struct answer *out, struct err *err)
{
	enum result result = RESULT_OK;

	*out = (struct answer){0};
	if (!replaces(message->type)) {
		result = find_model(teach, err);
	} else if (teach->is_lost && !teach->disk) {
		result = read_or_begin(teach, err);
		teach->is_lost = result != RESULT_OK;
	}
	if (!result)
		result = handle(teach, message, now_ms, out, err);
	if (result)
		answer_free(out);
	return result;
}

enum result teach_handle(struct teach *teach, const struct wire_message *message, int64_t now_ms,
        struct answer *out, struct err *err)
{
	enum result result = answer_it(teach, message, now_ms, out, err);

	if (!result || !teach->disk || model_disk_state(teach->disk) == MODEL_DISK_GOOD)
		return result;
	let_go(teach, err);
	return replaces(message->type) ? answer_it(teach, message, now_ms, out, err) : result;
}

const struct model_facts *teach_facts(const struct teach *teach)
{
	return &teach->model.facts;
}

struct teach *teach_open(const char *path)
{
	struct teach *teach = alloc_zero(1, sizeof(*teach));
	struct err err;

	teach->path = alloc_string(path);
	teach->is_lost = read_again(teach, &err) != RESULT_OK;
	if (teach->is_lost)
		log_event(LOG_LEVEL_ERROR, NULL, "model-unread", "path=%s reason=%s",
		        log_quote(path), log_quote(err.text));
	return teach;
}

void teach_close(struct teach **teach)
{
	if (!*teach)
		return;
	model_disk_close(&(*teach)->disk);
	model_fini(&(*teach)->model);
	rehearse_fini(&(*teach)->rehearsal);
	free((*teach)->path);
	model_trial_fini(&(*teach)->trial);
	free(*teach);
	*teach = NULL;
}
