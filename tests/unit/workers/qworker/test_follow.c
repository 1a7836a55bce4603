#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/model/chunk.h"
#include "lib/model/facts.h"
#include "workers/qworker/follow.h"

enum { LATEST_MS = 15000 };

/* The quarantine's side, in the same loop: a model of which a few chunks are told at a time. */
static struct model kept;
static uint64_t generations[MODEL_CHUNKS];
static uint32_t most; /* chunks in a piece */
static uint32_t version = MODEL_FEATURES_VERSION;
static unsigned asked;
static struct wire_socket *quarantine;

static struct config config;
static char folder[] = "/tmp/lazaret-follow-XXXXXX", endpoint[80];
static char *endpoints[] = {endpoint};
static struct wire *wire;
static struct loop *loop;
static unsigned heard, wanted; /* models */
static struct model last;      /* of those */

static void answer(const struct wire_message *question)
{
	const Lz__ModelFetch *fetch = (const Lz__ModelFetch *)question->envelope;
	int is_ours = fetch->epoch == kept.facts.epoch;
	Lz__ModelPiece piece = LZ__MODEL_PIECE__INIT;
	Lz__ModelState state;
	struct wire_body body;
	struct buf chunks = {0};
	uint32_t number, taken = 0;
	struct err err;
	size_t size;

	for (number = fetch->from; number < MODEL_CHUNKS && taken < most; number++) {
		if (!generations[number] || (is_ours && generations[number] <= fetch->since))
			continue;
		chunk_add(&kept, number, &chunks);
		taken++;
	}
	facts_tell(&kept.facts, &state);
	state.version = version;
	piece.model = &state;
	piece.next = number < MODEL_CHUNKS ? number : 0;
	size = chunks.size;
	wire_body_take(buf_give(&chunks), size, &body);
	assert_int_equal(wire_send(quarantine, &question->peer, MESSAGE_MODEL_PIECE,
	                         question->request, &piece.base, &body, &err),
	        RESULT_OK);
}

static void on_question(void *context, unsigned events)
{
	struct wire_message question;
	struct err err;

	while (wire_receive(quarantine, &question, &err) == RESULT_OK) {
		asked++;
		answer(&question);
		wire_message_free(&question);
	}
}

static void change(uint32_t record, float weight)
{
	kept.records[record].weight = weight;
	kept.facts.generation++;
	generations[record / MODEL_CHUNK] = kept.facts.generation;
}

static void on_model(void *context, const struct model *model)
{
	last.facts = model->facts;
	memcpy(last.records, model->records, MODEL_RECORDS * sizeof(*last.records));
	if (++heard == wanted)
		loop_end(loop);
}

static void on_late(void *context, int64_t now_ms)
{
	loop_end(loop);
}

static void run_until(unsigned models)
{
	struct loop_source *late = loop_add_timer(loop, LATEST_MS, on_late, NULL);

	wanted = models;
	loop_run(loop);
	loop_remove(&late);
	assert_int_equal(heard, models);
	assert_memory_equal(last.records, kept.records, MODEL_RECORDS * sizeof(*last.records));
	assert_int_equal(last.facts.generation, kept.facts.generation);
}

static void a_model_of_another_version_is_not_taken(void **state)
{
	struct loop_source *late = loop_add_timer(loop, 4000, on_late, NULL);
	struct follow *follow;
	struct err err;

	change(5, 1.5F);
	version = MODEL_FEATURES_VERSION - 1;
	assert_int_equal(
	        follow_open(&config, wire, loop, on_model, NULL, &follow, &err), RESULT_OK);
	loop_run(loop);
	loop_remove(&late);
	assert_true(asked >= 1);
	assert_int_equal(heard, 0);
	assert_int_equal(follow_facts(follow)->epoch, 0);
	follow_close(&follow);
	version = MODEL_FEATURES_VERSION;
}

static void what_changes_is_followed_whatever_takes_its_place(void **state)
{
	struct follow *follow;
	struct err err;

	change(5, 1.5F);
	change(100000, -2);
	change(MODEL_RECORDS - 1, 3);
	assert_int_equal(
	        follow_open(&config, wire, loop, on_model, NULL, &follow, &err), RESULT_OK);
	run_until(1); /* all of it, in pieces */
	assert_true(asked >= 2);
	change(7000, 9);
	run_until(2); /* what is new */
	model_fini(&kept);
	model_init(&kept, 99, 4); /* of another epoch, of a lower generation */
	memset(generations, 0, sizeof(generations));
	change(12, 8);
	run_until(3); /* nothing is left of the former one */
	assert_int_equal(follow_facts(follow)->epoch, 99);
	assert_int_equal(follow_facts(follow)->seed, 4);
	follow_close(&follow);
}

static int set_up(void **state)
{
	struct config_list list = {1, endpoints};
	struct wire_limits limits = {1 << 20, 100};
	struct err err;

	if (!mkdtemp(folder))
		return -1;
	snprintf(endpoint, sizeof(endpoint), "ipc://%s/store.ipc", folder);
	config.curve.secret_key = config.curve.allowed_keys = config.curve.server_keys = "";
	config.workers.quarantine = endpoint;
	config.spam.model.poll_ms = 1000;
	most = 2;
	model_init(&kept, 7, 3);
	model_init(&last, 0, 0);
	if (wire_open(&config.curve, &wire, &err) ||
	        wire_bind(wire, &list, &limits, &quarantine, &err))
		return -1;
	loop = loop_new(wire);
	loop_add_socket(loop, quarantine, on_question, NULL);
	return 0;
}

static int take_down(void **state)
{
	loop_free(&loop);
	wire_socket_close(&quarantine);
	wire_close(&wire);
	model_fini(&kept);
	model_fini(&last);
	unlink(endpoint + strlen("ipc://"));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_model_of_another_version_is_not_taken),
	        cmocka_unit_test(what_changes_is_followed_whatever_takes_its_place),
	};

	return cmocka_run_group_tests(tests, set_up, take_down);
}
