/*
 * Thousands of random events. Between each two the invariants hold (exchange_verify() is in every
 * step of the stage), no worker is given more than its credit, and in the end every submission that
 * was taken has had exactly one answer, unless its front was gone or asked for the same again.
 */
#include "tests/unit/broker/stage.h"

enum { STEPS = 20000, MESSAGES = 40, WORKERS = 4, LEASES = 16 };

/* What a front knows. */
struct asked {
	char front; /* 0: nothing is asked */
	uint64_t request;
};

/* What a worker knows. */
struct mind {
	struct sent jobs[LEASES];
	int64_t until_ms[LEASES]; /* when it gives up, at the latest, without a word */
	size_t count;
	uint32_t credit;
	int known; /* to the broker */
};

struct model {
	struct stage stage;
	struct asked asked[MESSAGES];
	struct asked now; /* the SUBMIT that is being said */
	unsigned now_number;
	struct mind workers[WORKERS];
	uint64_t requests;
	uint64_t answers;
	uint32_t seed;
};

/* xorshift: the same on every machine, so that a failure can be had again. */
static uint32_t random_below(struct model *model, uint32_t limit)
{
	model->seed ^= model->seed << 13;
	model->seed ^= model->seed >> 17;
	model->seed ^= model->seed << 5;
	return model->seed % limit;
}

static int is_asked(const struct asked *asked, const struct sent *sent)
{
	return asked->front == sent->peer && asked->request == sent->request;
}

static void see_answer(struct model *model, const struct sent *sent)
{
	struct asked *asked = &model->asked[sent->number];

	model->answers++;
	if (model->now.front && model->now_number == sent->number && is_asked(&model->now, sent)) {
		assert_int_equal(sent->type, MESSAGE_BUSY);
		model->now.front = 0;
	} else if (is_asked(asked, sent)) {
		asked->front = 0;
	} else {
		fail_msg("an answer that nobody waits for: %c %lu", sent->peer,
		        (unsigned long)sent->request);
	}
}

static void see_job(struct model *model, const struct sent *sent)
{
	struct mind *mind = &model->workers[sent->peer - 'a'];

	assert_true(mind->known);
	assert_true(mind->count < mind->credit);
	assert_true(sent->deadline_ms > 0);
	assert_int_equal(sent->singly, sent->attempt > model->stage.config.attempts);
	mind->until_ms[mind->count] =
	        model->stage.now_ms + (int64_t)sent->deadline_ms + model->stage.config.silence_ms;
	mind->jobs[mind->count++] = *sent;
}

static void watch(void *context, const struct sent *sent)
{
	struct model *model = context;

	if (sent->type == MESSAGE_VERDICT || sent->type == MESSAGE_BUSY)
		see_answer(model, sent);
	if (sent->type == MESSAGE_JOB)
		see_job(model, sent);
}

/* ---------------------------------------------------------------- what may happen */

static void some_submit(struct model *model)
{
	static const size_t sizes[] = {10, 1000, 100000, (1 << 20) + 5};
	unsigned number = random_below(model, MESSAGES);
	char front = (char)('A' + random_below(model, 3));

	model->now = (struct asked){front, ++model->requests};
	model->now_number = number;
	submit(&model->stage, front, model->now.request, number, sizes[number % 4],
	        500 + random_below(model, 20000));
	if (model->now.front) { /* taken: from here on it waits, and nobody else for this message */
		if (model->asked[number].front)
			assert_int_equal(model->asked[number].front, front);
		model->asked[number] = model->now;
	}
	model->now.front = 0;
}

static void forget(struct mind *mind, size_t at)
{
	mind->count--;
	mind->jobs[at] = mind->jobs[mind->count];
	mind->until_ms[at] = mind->until_ms[mind->count];
}

static void workers_give_up(struct model *model)
{
	size_t who, at;

	for (who = 0; who < WORKERS; who++)
		for (at = model->workers[who].count; at-- > 0;)
			if (model->workers[who].until_ms[at] <= model->stage.now_ms)
				forget(&model->workers[who], at);
}

static void some_answer(struct model *model)
{
	unsigned who = random_below(model, WORKERS);
	struct mind *mind = &model->workers[who];
	struct sent job;
	size_t at;

	if (mind->count == 0)
		return;
	at = random_below(model, (uint32_t)mind->count);
	job = mind->jobs[at];
	forget(mind, at);
	switch (random_below(model, 8)) {
	case 0:
		failed(&model->stage, job.peer, &job, "crash", 1);
		break;
	case 1:
		failed(&model->stage, job.peer, &job, "quarantine", 0);
		break;
	case 2:
		failed(&model->stage, job.peer, &job, "memory", 0);
		break;
	default:
		done(&model->stage, job.peer, &job);
	}
}

static void some_ready(struct model *model)
{
	unsigned who = random_below(model, WORKERS);
	struct mind *mind = &model->workers[who];

	if (!mind->known) {
		mind->count = 0; /* a new process */
		mind->credit = 1 + random_below(model, 4);
	}
	mind->known = 1;
	ready(&model->stage, (char)('a' + who), mind->credit);
}

static void some_goodbye(struct model *model)
{
	unsigned who = random_below(model, WORKERS);

	if (!model->workers[who].known)
		return;
	model->workers[who].known = 0;
	bye(&model->stage, (char)('a' + who));
}

static void some_stale_answer(struct model *model)
{
	unsigned who = random_below(model, WORKERS);
	struct sent job = {.number = random_below(model, MESSAGES), .attempt = 1};

	if (!model->workers[who].known)
		return;
	job.job = 1000000000 + random_below(model, 100);
	done(&model->stage, (char)('a' + who), &job);
}

static void front_leaves(struct model *model)
{
	char front = (char)('A' + random_below(model, 3));
	unsigned number;

	bye(&model->stage, front);
	for (number = 0; number < MESSAGES; number++)
		if (model->asked[number].front == front)
			model->asked[number].front = 0;
}

/* Time for everybody; now and then one worker keeps silent until it is forgotten. */
static void time_passes(struct model *model)
{
	unsigned who, silent = random_below(model, 3 * WORKERS), step;

	for (step = 0; step < (silent < WORKERS ? 12 : 1); step++) {
		for (who = 0; who < WORKERS; who++)
			if (model->workers[who].known && who != silent)
				beat(&model->stage, (char)('a' + who));
		model->stage.now_ms += 1 + random_below(model, 1000);
		workers_give_up(model);
		tick(&model->stage, 0);
	}
	if (silent < WORKERS && model->workers[silent].known) {
		tick(&model->stage, 0);
		bye(&model->stage, (char)('a' + silent)); /* whether it is known still or not */
		model->workers[silent].known = 0;
	}
}

static void anything(struct model *model)
{
	uint32_t chance = random_below(model, 100);

	if (chance < 35)
		some_submit(model);
	else if (chance < 75)
		some_answer(model);
	else if (chance < 85)
		some_ready(model);
	else if (chance < 86)
		some_goodbye(model);
	else if (chance < 90)
		some_stale_answer(model);
	else if (chance < 91)
		front_leaves(model);
	else
		time_passes(model);
}

static void run(uint32_t seed)
{
	static struct model model;
	unsigned step, number;

	model = (struct model){.seed = seed};
	stage_open(&model.stage);
	model.stage.config.max_messages = 20;
	model.stage.config.max_bytes = 6 << 20;
	model.stage.watch = watch;
	model.stage.context = &model;
	for (step = 0; step < STEPS; step++) {
		anything(&model);
		model.stage.count = 0; /* watched already */
	}
	model.now.front = 0;
	tick(&model.stage, 30000); /* beyond every deadline */
	for (number = 0; number < MESSAGES; number++)
		assert_int_equal(model.asked[number].front, 0);
	assert_int_equal(counter(&model.stage, "in_hand"), 0);
	assert_int_equal(counter(&model.stage, "in_hand_bytes"), 0);
	assert_true(counter(&model.stage, "answered") > STEPS / 100);
	assert_true(counter(&model.stage, "full") > 0);
	assert_int_equal(
	        counter(&model.stage, "answered") + counter(&model.stage, "busy"), model.answers);
	stage_close(&model.stage);
}

static void whatever_happens_each_submission_gets_one_answer(void **state)
{
	uint32_t seed;

	for (seed = 1; seed <= 5; seed++)
		run(seed * 2654435761u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(whatever_happens_each_submission_gets_one_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
