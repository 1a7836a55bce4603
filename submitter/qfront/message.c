#include "submitter/qfront/message.h"

#include <assert.h>
#include <stdlib.h>

static const struct move {
	enum front_state from;
	enum front_event event;
	enum front_state to;
} moves[] = {
        {FRONT_READING, FRONT_READ, FRONT_SUBMITTED},
        {FRONT_READING, FRONT_ANSWER, FRONT_ANSWERED},
        {FRONT_READING, FRONT_LEFT, FRONT_ANSWERED},
        {FRONT_SUBMITTED, FRONT_VERDICT, FRONT_DELIVERING},
        {FRONT_SUBMITTED, FRONT_ANSWER, FRONT_ANSWERED},
        {FRONT_SUBMITTED, FRONT_LEFT, FRONT_ANSWERED},
        {FRONT_DELIVERING, FRONT_REFUSED, FRONT_KEEPING},
        {FRONT_DELIVERING, FRONT_SETTLED, FRONT_CONFIRMING},
        {FRONT_DELIVERING, FRONT_ANSWER, FRONT_ANSWERED},
        {FRONT_DELIVERING, FRONT_LEFT, FRONT_ANSWERED},
        {FRONT_KEEPING, FRONT_KEPT, FRONT_DELIVERING},
        {FRONT_KEEPING, FRONT_ANSWER, FRONT_ANSWERED},
        {FRONT_KEEPING, FRONT_LEFT, FRONT_ANSWERED},
        {FRONT_CONFIRMING, FRONT_CONFIRMED, FRONT_ANSWERED},
        {FRONT_CONFIRMING, FRONT_LEFT, FRONT_ANSWERED},
};

enum front_state message_next(enum front_state from, enum front_event event)
{
	size_t i;

	for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		if (moves[i].from == from && moves[i].event == event)
			return moves[i].to;
	return FRONT_STATES;
}

void message_move(struct message *message, enum front_event event)
{
	enum front_state to = message_next(message->state, event);

	assert(to != FRONT_STATES);
	message->state = to;
}

const char *message_state_name(enum front_state state)
{
	static const char *const names[] = {
	        "reading", "submitted", "delivering", "keeping", "confirming", "answered"};

	assert(state < FRONT_STATES);
	return names[state];
}

const char *message_event_name(enum front_event event)
{
	static const char *const names[] = {
	        "read", "verdict", "refused", "kept", "settled", "confirmed", "answer", "left"};

	assert(event < FRONT_EVENTS);
	return names[event];
}

void message_free_whole(struct message **message)
{
	struct message *one = *message;

	assert(!one->guest && !one->sending && !one->question);
	plan_fini(&one->plan);
	wire_message_free(&one->verdict_message);
	wire_body_free(&one->body);
	if (one->submission)
		lz__submission__free_unpacked(one->submission, NULL);
	edit_fini(&one->edit);
	free(one->recipients);
	free(one->delivered);
	free(one);
	*message = NULL;
}
