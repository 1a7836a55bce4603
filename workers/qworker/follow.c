#include "workers/qworker/follow.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/model/chunk.h"
#include "lib/model/facts.h"

enum {
	TICK_MS = 1000,
	PIECE_CHUNKS = 512, /* about 1 MB */
	PIECE_MAX_BYTES = 2 << 20,
	HIGH_WATER = 16,
	ANSWER_MS = 20000,
};

struct follow {
	const struct config *config;
	struct loop *loop;
	struct wire_socket *socket;
	struct loop_source *source, *timer;
	struct model model;
	uint64_t request;    /* of the question that waits for its answer, */
	int64_t asked_ms;    /* and since when; 0: none does */
	int64_t done_ms;     /* the end of the last round */
	uint64_t generation; /* as it was when this round began */
	uint64_t told;       /* the epoch of the model that was told last */
	uint64_t refused;    /* of the last one that was of another version */
	uint32_t next;       /* chunk to ask for; 0: a round begins */
	follow_changed *changed;
	void *context;
};

static void ask(struct follow *follow, int64_t now_ms)
{
	Lz__ModelFetch fetch = LZ__MODEL_FETCH__INIT;
	struct err err;

	fetch.epoch = follow->model.facts.epoch;
	fetch.since = follow->model.facts.generation;
	fetch.from = follow->next;
	fetch.limit = PIECE_CHUNKS;
	if (wire_send(follow->socket, NULL, MESSAGE_MODEL_FETCH, ++follow->request, &fetch.base,
	            NULL, &err) == RESULT_OK)
		follow->asked_ms = now_ms;
}

/* A round is over when the last piece is here. What has changed since it began has a later
 * generation, and comes with the next one. A model that has learned nothing is told as well: its
 * first lessons are made with its seed. */
static void end_round(struct follow *follow, const Lz__ModelState *state)
{
	uint64_t before = follow->model.facts.generation;

	follow->done_ms = loop_now_ms(follow->loop);
	facts_take(&follow->model.facts, state);
	follow->model.facts.generation = follow->generation;
	if (follow->generation == before && follow->told == state->epoch)
		return;
	follow->told = state->epoch;
	log_event(LOG_LEVEL_INFO, NULL, "model", "generation=%llu spam=%llu ham=%llu",
	        (unsigned long long)follow->generation, (unsigned long long)state->spam,
	        (unsigned long long)state->ham);
	follow->changed(follow->context, &follow->model);
}

/* Another model took its place: all of it comes, from this piece on if it is the first. */
static void begin_anew(struct follow *follow, const Lz__ModelState *state)
{
	model_fini(&follow->model);
	model_init(&follow->model, state->epoch, state->seed);
}

/* Said once of each: the quarantine has another version of Lazaret, and what it sends is numbers
 * that mean nothing here. The last model that was not so stays. */
static void refuse(struct follow *follow, const Lz__ModelState *state)
{
	follow->next = 0;
	if (follow->refused == state->epoch)
		return;
	follow->refused = state->epoch;
	log_event(LOG_LEVEL_WARNING, NULL, "model",
	        "error=\"the quarantine's model is of version %u, not %d\"", state->version,
	        MODEL_FEATURES_VERSION);
}

static void take_piece(struct follow *follow, const struct wire_message *message)
{
	const Lz__ModelPiece *piece = (const Lz__ModelPiece *)message->envelope;
	int is_first = follow->next == 0;

	if (!piece->model)
		return;
	if (piece->model->version != MODEL_FEATURES_VERSION) {
		refuse(follow, piece->model);
		return;
	}
	if (piece->model->epoch != follow->model.facts.epoch) {
		begin_anew(follow, piece->model);
		if (!is_first) {
			follow->next = 0;
			follow->done_ms = 0; /* the round begins again, without waiting */
			return;
		}
	}
	if (is_first)
		follow->generation = piece->model->generation;
	if (!chunks_take(
	            &follow->model, wire_body_data(&message->body), wire_body_size(&message->body)))
		log_event(LOG_LEVEL_WARNING, NULL, "model", "error=\"a piece that is damaged\"");
	follow->next = piece->next < MODEL_CHUNKS ? piece->next : 0;
	if (!follow->next)
		end_round(follow, piece->model);
}

static void take(struct follow *follow, const struct wire_message *message)
{
	int64_t now_ms = loop_now_ms(follow->loop);

	if (message->request != follow->request || !follow->asked_ms)
		return; /* too late: it was asked again */
	follow->asked_ms = 0;
	follow->done_ms = now_ms;
	if (message->type != MESSAGE_MODEL_PIECE) {
		follow->next = 0;
		return;
	}
	take_piece(follow, message);
	if (follow->next)
		ask(follow, now_ms);
}

static void socket_ready(void *context, unsigned events)
{
	struct follow *follow = context;
	struct wire_message message;
	enum result result;
	struct err err;

	while ((result = wire_receive(follow->socket, &message, &err)) != RESULT_NONE) {
		if (result != RESULT_OK) {
			log_event(LOG_LEVEL_WARNING, NULL, "garbage", "from=quarantine error=%s",
			        log_quote(err.text));
			continue;
		}
		take(follow, &message);
		wire_message_free(&message);
	}
}

static void tick(void *context, int64_t now_ms)
{
	struct follow *follow = context;

	if (follow->asked_ms && now_ms - follow->asked_ms < ANSWER_MS)
		return;
	if (follow->asked_ms)
		follow->next = 0;
	if (follow->asked_ms || !follow->done_ms || follow->next ||
	        now_ms - follow->done_ms >= follow->config->spam.model.poll_ms)
		ask(follow, now_ms);
}

enum result follow_open(const struct config *config, struct wire *wire, struct loop *loop,
        follow_changed *changed, void *context, struct follow **out, struct err *err)
{
	struct wire_limits limits = {PIECE_MAX_BYTES, HIGH_WATER};
	struct follow *follow = alloc_zero(1, sizeof(*follow));
	enum result result =
	        wire_connect(wire, config->workers.quarantine, &limits, &follow->socket, err);

	if (result) {
		free(follow);
		return err_wrap(err, result, "model");
	}
	follow->config = config;
	follow->loop = loop;
	follow->changed = changed;
	follow->context = context;
	model_init(&follow->model, 0, 0);
	follow->source = loop_add_socket(loop, follow->socket, socket_ready, follow);
	follow->timer = loop_add_timer(loop, TICK_MS, tick, follow);
	*out = follow;
	return RESULT_OK;
}

void follow_close(struct follow **follow)
{
	if (!*follow)
		return;
	loop_remove(&(*follow)->source);
	loop_remove(&(*follow)->timer);
	wire_socket_close(&(*follow)->socket);
	model_fini(&(*follow)->model);
	free(*follow);
	*follow = NULL;
}

const struct model_facts *follow_facts(const struct follow *follow)
{
	return &follow->model.facts;
}
