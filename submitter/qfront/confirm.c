#include "submitter/qfront/confirm.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"

enum { TICK_MS = 500 };

struct question {
	struct desk *desk;
	struct question *next;
	uint64_t request;
	enum message_type type, want;
	ProtobufCMessage *envelope;
	struct wire_body body;
	int64_t again_ms, end_ms;
	desk_answer *answer; /* NULL: nobody waits */
	void *context;
	struct question **slot;
};

struct desk {
	struct loop *loop;
	struct wire_socket *socket;
	struct loop_source *source, *timer;
	struct question *questions;
	size_t count;
	uint64_t last_request;
};

static void question_free(struct question *question)
{
	struct question **at = &question->desk->questions;

	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	question->desk->count--;
	if (question->slot)
		*question->slot = NULL;
	message_free(question->envelope);
	wire_body_free(&question->body);
	free(question);
}

static void end_question(struct question *question, enum result result,
        const ProtobufCMessage *answer, const struct err *err)
{
	desk_answer *call = question->answer;
	void *context = question->context;

	if (result != RESULT_OK && !call)
		log_event(LOG_LEVEL_WARNING, NULL, "confirm-lost", "text=%s", log_quote(err->text));
	question_free(question);
	if (call)
		call(context, result, answer, err);
}

/* What can't be sent now is sent by a later tick. */
static void put(struct question *question)
{
	struct wire_body body = {0};
	struct err err;

	question->again_ms = loop_now_ms(question->desk->loop) + DESK_AGAIN_MS;
	if (question->body.present)
		wire_body_share(&question->body, &body);
	if (wire_send(question->desk->socket, NULL, question->type, question->request,
	            question->envelope, body.present ? &body : NULL, &err)) {
		wire_body_free(&body);
		log_event(LOG_LEVEL_DEBUG, NULL, "ask-failed", "error=%s", log_quote(err.text));
	}
}

static void on_answer(struct desk *desk, const struct wire_message *message)
{
	struct question *question = desk->questions;
	const Lz__Error *error = (const Lz__Error *)message->envelope;
	struct err err = {""};

	while (question && question->request != message->request)
		question = question->next;
	if (!question)
		return; /* answered before, or forgotten */
	if (message->type == question->want) {
		end_question(question, RESULT_OK, message->envelope, &err);
	} else if (message->type == MESSAGE_ERROR) {
		err_set(&err, RESULT_TEMPORARY, "the quarantine said: %s", error->text);
		if (question->answer || error->result == RESULT_PERMANENT)
			end_question(question, RESULT_TEMPORARY, NULL, &err);
	}
}

static void on_socket(void *context, unsigned events)
{
	struct desk *desk = context;
	struct wire_message message;
	enum result result;
	struct err err;

	for (;;) {
		message = (struct wire_message){0};
		result = wire_receive(desk->socket, &message, &err);
		if (result == RESULT_NONE)
			return;
		if (result == RESULT_OK)
			on_answer(desk, &message);
		else
			log_event(LOG_LEVEL_WARNING, NULL, "garbage", "from=quarantine error=%s",
			        log_quote(err.text));
		wire_message_free(&message);
	}
}

static void on_tick(void *context, int64_t now_ms)
{
	struct desk *desk = context;
	struct question *question, *next;
	struct err err;

	err_set(&err, RESULT_TEMPORARY, "the quarantine does not answer");
	for (question = desk->questions; question; question = next) {
		next = question->next;
		if (now_ms >= question->end_ms) {
			end_question(question, RESULT_TEMPORARY, NULL, &err);
			return; /* the list may have changed; the next tick sees the rest */
		}
		if (now_ms >= question->again_ms)
			put(question);
	}
}

enum result desk_open(struct loop *loop, struct wire *wire, const char *endpoint,
        const struct wire_limits *limits, struct desk **out, struct err *err)
{
	struct desk *desk = alloc_zero(1, sizeof(*desk));
	enum result result = wire_connect(wire, endpoint, limits, &desk->socket, err);

	if (result) {
		free(desk);
		return result;
	}
	desk->loop = loop;
	desk->source = loop_add_socket(loop, desk->socket, on_socket, desk);
	desk->timer = loop_add_timer(loop, TICK_MS, on_tick, desk);
	*out = desk;
	return RESULT_OK;
}

void desk_close(struct desk **desk)
{
	if (!*desk)
		return;
	if ((*desk)->questions)
		log_event(LOG_LEVEL_WARNING, NULL, "unconfirmed", "count=%zu", (*desk)->count);
	while ((*desk)->questions)
		question_free((*desk)->questions);
	loop_remove(&(*desk)->source);
	loop_remove(&(*desk)->timer);
	wire_socket_close(&(*desk)->socket);
	free(*desk);
	*desk = NULL;
}

static struct question *add_question(struct desk *desk, enum message_type type,
        ProtobufCMessage *envelope, enum message_type want, int64_t timeout_ms)
{
	struct question *question = alloc_zero(1, sizeof(*question));

	question->desk = desk;
	question->request = ++desk->last_request;
	question->type = type;
	question->want = want;
	question->envelope = envelope;
	question->end_ms = loop_now_ms(desk->loop) + timeout_ms;
	question->next = desk->questions;
	desk->questions = question;
	desk->count++;
	return question;
}

void desk_ask(struct desk *desk, enum message_type type, ProtobufCMessage *envelope,
        const struct wire_body *body, enum message_type want, int64_t timeout_ms,
        desk_answer *answer, void *context, struct question **slot)
{
	struct question *question = add_question(desk, type, envelope, want, timeout_ms);

	question->answer = answer;
	question->context = context;
	question->slot = slot;
	*slot = question;
	if (body)
		wire_body_share(body, &question->body);
	put(question);
}

void desk_forget(struct question **question)
{
	if (*question)
		question_free(*question);
}

ProtobufCMessage *desk_confirm_make(
        const char *message_id, char *const *delivered, size_t delivered_count, int complete)
{
	Lz__Confirm *confirm = alloc(sizeof(*confirm));
	size_t i;

	lz__confirm__init(confirm);
	confirm->message_id = alloc_string(message_id);
	confirm->complete = complete;
	confirm->delivered = alloc_zero(delivered_count, sizeof(char *));
	for (i = 0; i < delivered_count; i++)
		confirm->delivered[confirm->n_delivered++] = alloc_string(delivered[i]);
	return &confirm->base;
}

void desk_confirm_later(struct desk *desk, const char *message_id, char *const *delivered,
        size_t delivered_count, int complete)
{
	if (desk->count >= DESK_LATER_MAX) {
		log_event(LOG_LEVEL_ERROR, message_id, "confirm-lost",
		        "text=\"too many confirmations wait\"");
		return;
	}
	put(add_question(desk, MESSAGE_CONFIRM,
	        desk_confirm_make(message_id, delivered, delivered_count, complete),
	        MESSAGE_CONFIRMED, DESK_LATER_MS));
}

size_t desk_open_count(const struct desk *desk)
{
	return desk->count;
}
