#include "lib/wire/judge.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/crypto/digest.h"
#include "lib/wire/inner.h"

enum {
	ANSWER_MAX_BYTES = MESSAGE_ENVELOPE_MAX,
	HIGH_WATER = 1000,
	TURN_MS = 50,  /* how often it is looked what is due */
	AGAIN_MS = 50, /* before the next broker is asked, and twice that each time */
	AGAIN_MOST_MS = 5000,
};

struct question {
	struct question *next;
	Lz__Submission *submission; /* owned */
	struct wire_body body;      /* owned */
	void *of;
	size_t broker;    /* who has it, or is asked next */
	uint64_t request; /* under which it was asked; 0: nobody is at it */
	int64_t ask_ms;   /* not before */
	int64_t wait_ms;  /* before it is asked again */
	int64_t heard_ms; /* that its broker has it */
	int64_t beat_ms;  /* when that was asked for last */
	int64_t until_ms;
	int is_done;
	struct judgement judgement;
};

struct judge {
	const struct config_front *front;
	struct wire_socket **sockets; /* one each broker */
	size_t count;
	struct question *questions;
	uint64_t requests;
};

/* ---------------------------------------------------------------- questions */

static void question_free(struct question *question)
{
	if (question->submission)
		lz__submission__free_unpacked(question->submission, NULL);
	wire_body_free(&question->body);
	if (question->judgement.verdict)
		message_free(&question->judgement.verdict->base);
	free(question);
}

static void finish(struct question *question, enum result result)
{
	question->is_done = 1;
	question->request = 0;
	question->judgement.result = result;
	wire_body_free(&question->body);
}

/* Of what came in, of whom it is, and of chance: so it is no delivery's, and no other dry run's. */
static void name_it(Lz__Submission *submission)
{
	struct digest_state state;
	struct digest digest;
	unsigned char salt[16];
	char id[33];

	random_bytes(salt, sizeof(salt));
	digest_init(&state);
	digest_add_string(&state, "dry run");
	digest_add_string(&state, submission->message_id);
	digest_add(&state, salt, sizeof(salt));
	digest_final(&state, &digest);
	digest_message_id(&digest, id);
	if (submission->message_id != protobuf_c_empty_string)
		free(submission->message_id);
	submission->message_id = alloc_string(id);
}

void judge_ask(struct judge *judge, Lz__Submission **submission, struct wire_body *body,
        int64_t deadline_ms, void *of)
{
	struct question *question = alloc_zero(1, sizeof(*question)), **at = &judge->questions;

	question->submission = *submission;
	*submission = NULL;
	wire_body_move(body, &question->body);
	question->submission->dry_run = 1;
	question->submission->size = wire_body_size(&question->body);
	name_it(question->submission);
	question->of = question->judgement.of = of;
	question->wait_ms = AGAIN_MS;
	question->until_ms = clock_monotonic_ms() + deadline_ms;
	err_set(&question->judgement.err, RESULT_TEMPORARY, "no broker answers");
	if (message_check(MESSAGE_SUBMIT, &question->submission->base, question->submission->size,
	            &question->judgement.err) != RESULT_OK)
		finish(question, RESULT_PERMANENT);
	while (*at)
		at = &(*at)->next;
	*at = question;
}

size_t judge_count(const struct judge *judge)
{
	const struct question *question;
	size_t count = 0;

	for (question = judge->questions; question; question = question->next)
		count++;
	return count;
}

/* ---------------------------------------------------------------- asking */

/* The next broker, after a while that grows: all of them may be busy. */
static void pass_on(struct judge *judge, struct question *question, int64_t now_ms)
{
	question->request = 0;
	question->broker = (question->broker + 1) % judge->count;
	question->ask_ms = now_ms + question->wait_ms;
	question->wait_ms *= 2;
	if (question->wait_ms > AGAIN_MOST_MS)
		question->wait_ms = AGAIN_MOST_MS;
}

static void submit(struct judge *judge, struct question *question, int64_t now_ms)
{
	struct wire_body body = {0};
	enum result result;

	question->submission->deadline_ms = (uint64_t)(question->until_ms - now_ms);
	question->request = ++judge->requests;
	question->heard_ms = question->beat_ms = now_ms;
	if (question->submission->size)
		wire_body_share(&question->body, &body);
	result = wire_send(judge->sockets[question->broker], NULL, MESSAGE_SUBMIT,
	        question->request, &question->submission->base,
	        question->submission->size ? &body : NULL, &question->judgement.err);
	if (result == RESULT_OK)
		return;
	if (question->submission->size)
		wire_body_free(&body);
	if (result == RESULT_PERMANENT) {
		finish(question, result);
		return;
	}
	err_set(&question->judgement.err, result, "no broker can be reached at %s",
	        judge->sockets[question->broker]->endpoint);
	pass_on(judge, question, now_ms);
}

/* Do you have it? A broker that was started anew serves our other questions and not this one. */
static void beat(struct judge *judge, struct question *question, int64_t now_ms)
{
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;
	struct err err;

	question->beat_ms = now_ms;
	wire_send(judge->sockets[question->broker], NULL, MESSAGE_HEARTBEAT, question->request,
	        &heartbeat.base, NULL, &err);
}

static void attend(struct judge *judge, struct question *question, int64_t now_ms)
{
	int64_t silence_ms = judge->front->silence_ms;

	if (question->is_done)
		return;
	if (now_ms >= question->until_ms) {
		if (question->request)
			err_set(&question->judgement.err, RESULT_TEMPORARY, "no verdict in time");
		finish(question, RESULT_TEMPORARY);
	} else if (!question->request) {
		if (now_ms >= question->ask_ms)
			submit(judge, question, now_ms);
	} else if (now_ms - question->heard_ms > silence_ms) {
		err_set(&question->judgement.err, RESULT_TEMPORARY, "a broker has fallen silent");
		pass_on(judge, question, now_ms);
	} else if (now_ms - question->beat_ms > silence_ms / 4) {
		beat(judge, question, now_ms);
	}
}

/* ---------------------------------------------------------------- answers */

static void take_verdict(struct question *question, struct wire_message *message)
{
	Lz__Verdict *verdict = (Lz__Verdict *)message->envelope;

	if (verdict_fits(verdict, question->submission, &question->judgement.err) != RESULT_OK) {
		finish(question, RESULT_PERMANENT);
		return;
	}
	question->judgement.verdict = verdict;
	message->envelope = NULL;
	finish(question, RESULT_OK);
}

/* Where the message is to blame, no other broker is asked: it would lose its scanners too. */
static void take_busy(struct judge *judge, struct question *question, const Lz__Busy *busy)
{
	int is_lasting = strcmp(busy->why, "crash") == 0 || strcmp(busy->why, "workers lost") == 0;

	err_set(&question->judgement.err, RESULT_TEMPORARY, "not scanned (%s)", busy->why);
	if (is_lasting)
		finish(question, RESULT_PERMANENT);
	else
		pass_on(judge, question, clock_monotonic_ms());
}

static void take(struct judge *judge, size_t broker, struct wire_message *message)
{
	struct question *question = judge->questions;

	while (question && (question->request != message->request || question->broker != broker))
		question = question->next;
	if (!question || !message->request)
		return; /* it was asked again since, or is a heartbeat for all */
	question->heard_ms = clock_monotonic_ms();
	if (message->type == MESSAGE_VERDICT)
		take_verdict(question, message);
	else if (message->type == MESSAGE_BUSY)
		take_busy(judge, question, (const Lz__Busy *)message->envelope);
}

static void receive(struct judge *judge, size_t broker)
{
	struct wire_message message;
	enum result result;
	struct err err;

	while ((result = wire_receive(judge->sockets[broker], &message, &err)) != RESULT_NONE)
		if (result == RESULT_OK) {
			take(judge, broker, &message);
			wire_message_free(&message);
		}
}

static void listen_for(struct judge *judge, int64_t wait_ms)
{
	zmq_pollitem_t *items = alloc_zero(judge->count, sizeof(*items));
	size_t at;

	for (at = 0; at < judge->count; at++)
		items[at] = (zmq_pollitem_t){judge->sockets[at]->zmq, 0, ZMQ_POLLIN, 0};
	zmq_poll(items, (int)judge->count, (long)wait_ms);
	for (at = 0; at < judge->count; at++)
		receive(judge, at);
	free(items);
}

static int give(struct judge *judge, struct judgement *out)
{
	struct question **at = &judge->questions, *question;

	while (*at && !(*at)->is_done)
		at = &(*at)->next;
	if (!*at)
		return 0;
	question = *at;
	*at = question->next;
	*out = question->judgement;
	question->judgement.verdict = NULL;
	question_free(question);
	return 1;
}

enum result judge_wait(struct judge *judge, int64_t timeout_ms, struct judgement *out)
{
	int64_t now_ms = clock_monotonic_ms(), until_ms = now_ms + timeout_ms;
	struct question *question;

	do {
		for (question = judge->questions; question; question = question->next)
			attend(judge, question, now_ms);
		listen_for(judge, until_ms - now_ms < TURN_MS ? until_ms - now_ms : TURN_MS);
		if (give(judge, out))
			return RESULT_OK;
		now_ms = clock_monotonic_ms();
	} while (now_ms < until_ms);
	return RESULT_NONE;
}

/* ---------------------------------------------------------------- opening and closing */

enum result judge_open(
        struct wire *wire, const struct config_front *front, struct judge **out, struct err *err)
{
	struct wire_limits limits = {.max_bytes = ANSWER_MAX_BYTES, .high_water = HIGH_WATER};
	struct judge *judge = alloc_zero(1, sizeof(*judge));
	enum result result = RESULT_OK;

	judge->front = front;
	judge->sockets = alloc_zero(front->brokers.count, sizeof(struct wire_socket *));
	random_bytes(&judge->requests, sizeof(judge->requests));
	judge->requests >>= 1; /* it counts up from there, and 0 is none */
	for (; judge->count < front->brokers.count && !result; judge->count += !result)
		result = wire_connect(wire, front->brokers.items[judge->count], &limits,
		        &judge->sockets[judge->count], err);
	if (!result && !judge->count)
		result = err_set(err, RESULT_PERMANENT, "front.brokers: none");
	if (result)
		judge_close(&judge);
	else
		*out = judge;
	return result;
}

void judge_close(struct judge **judge)
{
	Lz__Goodbye goodbye = LZ__GOODBYE__INIT;
	struct question *question;
	struct err err;
	size_t at;

	if (!*judge)
		return;
	for (at = 0; at < (*judge)->count; at++) {
		wire_send(
		        (*judge)->sockets[at], NULL, MESSAGE_GOODBYE, 0, &goodbye.base, NULL, &err);
		wire_socket_close(&(*judge)->sockets[at]);
	}
	while ((question = (*judge)->questions) != NULL) {
		(*judge)->questions = question->next;
		question_free(question);
	}
	free((*judge)->sockets);
	free(*judge);
	*judge = NULL;
}
