#include "quarantine/teach.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/crypto/digest.h"
#include "lib/model/calibrate.h"
#include "lib/model/chunk.h"
#include "lib/model/facts.h"
#include "quarantine/model_disk.h"
#include "quarantine/model_trial.h"

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
        const struct model_features *features, int64_t now_ms, struct err *err)
{
	struct model_seen seen = {
	        .is_spam = example->lesson == LZ__LESSON__LEARN_SPAM, .time_ms = now_ms};
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

static enum result take_example(struct teach *teach, const Lz__Example *example,
        const struct model_features *features, int64_t now_ms, Lz__Learned *out, struct err *err)
{
	struct model_seen seen;
	enum result result = model_disk_get_seen(teach->disk, example->digest.data, &seen, err);
	int is_known = result == RESULT_OK;
	int is_spam = example->lesson == LZ__LESSON__LEARN_SPAM;

	if (result && result != RESULT_NONE)
		return result;
	if (example->lesson == LZ__LESSON__LEARN_FORGET) {
		*(is_known ? &out->forgotten : &out->unknown) += 1;
		return is_known ? unlearn(teach, example, features, &seen, err) : RESULT_OK;
	}
	if (is_known && seen.is_spam == is_spam) {
		out->already++;
		return RESULT_OK;
	}
	*(is_known ? &out->corrected : &out->learned) += 1;
	result = is_known ? unlearn(teach, example, features, &seen, err) : RESULT_OK;
	return result ? result : learn(teach, example, features, now_ms, err);
}

static enum result take_examples(struct teach *teach, const Lz__Learn *request, int64_t now_ms,
        Lz__Learned *out, struct err *err)
{
	uint32_t *room = alloc(MODEL_FEATURES_MAX * sizeof(*room));
	enum result result = RESULT_OK;
	struct model_features features;
	size_t at;

	for (at = 0; at < request->n_examples && !result; at++) {
		read_features(request->examples[at], room, &features);
		if (!model_features_are_sane(&features)) {
			result = err_set(err, RESULT_PERMANENT, "features that no message has");
			break;
		}
		result = take_example(teach, request->examples[at], &features, now_ms, out, err);
	}
	free(room);
	return result;
}

static enum result handle_learn(struct teach *teach, const Lz__Learn *request, int64_t now_ms,
        struct answer *out, struct err *err)
{
	Lz__Learned *learned = new_answer(out, MESSAGE_LEARNED);
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
	result = take_examples(teach, request, now_ms, learned, err);
	calibrate(&teach->model.facts);
	result = end(teach, result, now_ms, err);
	if (!result)
		learned->model = state_of(teach);
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
	if (teach->is_lost && !(teach->disk && replaces(message->type))) {
		result = replaces(message->type) ? read_or_begin(teach, err)
		                                 : read_again(teach, err);
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
