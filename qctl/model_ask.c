#include "qctl/model_ask.h"

#include "lib/model/chunk.h"
#include "lib/model/facts.h"

enum { PIECE_CHUNKS = 512 };

/* One of another version is nothing to make features for, nor to keep as one of ours. */
static enum result check_piece(const Lz__ModelPiece *piece, struct err *err)
{
	if (!piece->model)
		return err_set(err, RESULT_PERMANENT, "the quarantine told nothing of the model");
	if (piece->model->version != MODEL_FEATURES_VERSION)
		return err_set(err, RESULT_PERMANENT,
		        "the quarantine's model is of version %u, and this qctl knows version %d: "
		        "they are of different versions of Lazaret",
		        piece->model->version, MODEL_FEATURES_VERSION);
	return RESULT_OK;
}

static enum result ask_piece(struct qctl *qctl, uint32_t from, uint32_t limit,
        struct wire_message *answer, struct err *err)
{
	Lz__ModelFetch fetch = LZ__MODEL_FETCH__INIT;
	enum result result;

	fetch.from = from;
	fetch.limit = limit;
	result = qctl_ask(qctl, MESSAGE_MODEL_FETCH, &fetch, answer, err);
	if (result)
		return result;
	result = check_piece((const Lz__ModelPiece *)answer->envelope, err);
	if (result)
		wire_message_free(answer);
	return result;
}

enum result model_ask_state(struct qctl *qctl, struct wire_message *answer,
        const Lz__ModelState **state, struct err *err)
{
	enum result result = ask_piece(qctl, 0, 0, answer, err);

	if (!result)
		*state = ((const Lz__ModelPiece *)answer->envelope)->model;
	return result;
}

/* 0: the next piece is wanted; `next` tells where. */
static enum result take_piece(
        const struct wire_message *answer, struct model *model, uint32_t *next, struct err *err)
{
	const Lz__ModelPiece *piece = (const Lz__ModelPiece *)answer->envelope;

	facts_take(&model->facts, piece->model);
	*next = piece->next < MODEL_CHUNKS ? piece->next : 0;
	if (chunks_take(model, wire_body_data(&answer->body), wire_body_size(&answer->body)))
		return RESULT_OK;
	return err_set(err, RESULT_PERMANENT, "a piece of the model is damaged");
}

enum result model_ask(struct qctl *qctl, struct model *out, struct err *err)
{
	struct wire_message answer;
	enum result result;
	uint32_t next = 0;

	model_init(out, 0, 0);
	do {
		result = ask_piece(qctl, next, PIECE_CHUNKS, &answer, err);
		if (result)
			break;
		result = take_piece(&answer, out, &next, err);
		wire_message_free(&answer);
	} while (!result && next);
	if (result)
		model_fini(out);
	return result;
}
