#include "workers/qworker/link.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/base/log.h"

/* Frames that brokers send: a message, and its envelope. zmq ends the connection at a larger one.
 */
enum { FRAME_MAX_BYTES = 1 << 30, HIGH_WATER = 10000 };

enum result link_send(struct link *link, enum message_type type, const ProtobufCMessage *envelope,
        struct err *err)
{
	link->sent_ms = loop_now_ms(link->loop);
	return wire_send(link->socket, NULL, type, 0, envelope, NULL, err);
}

static void say_ready(struct link *link)
{
	Lz__Ready ready = LZ__READY__INIT;
	char name[256];
	struct err err;

	snprintf(name, sizeof(name), "%s/%d", link->config->site.name, (int)getpid());
	ready.worker = name;
	ready.credit = link->credit;
	link->began_ms = loop_now_ms(link->loop);
	if (!link->is_serving)
		return;
	link->is_said = link_send(link, MESSAGE_READY, &ready.base, &err) == RESULT_OK;
	if (!link->is_said)
		log_event(LOG_LEVEL_DEBUG, NULL, "ready", "broker=%s error=%s",
		        log_quote(link->endpoint), log_quote(err.text));
}

static void begin(struct link *link)
{
	link->epoch++;
	link->began(link->context, link);
	say_ready(link);
}

/* GOODBYE: "unknown" is the answer to who is not known there. Anything else is the end of that
 * broker, and the next beginning comes when its silence is noticed. */
static void take_goodbye(struct link *link)
{
	log_event(LOG_LEVEL_INFO, NULL, "broker_goodbye", "broker=%s", log_quote(link->endpoint));
	/* Not at once after a beginning: two READYs on their way would answer each other for ever.
	 */
	if (loop_now_ms(link->loop) - link->began_ms >= link->config->broker.heartbeat_ms / 2)
		begin(link);
}

static void socket_ready(void *context, unsigned events)
{
	struct link *link = context;
	struct wire_socket *socket = link->socket;
	struct wire_message message;
	enum result result;
	struct err err;

	while (link->socket == socket &&
	        (result = wire_receive(socket, &message, &err)) != RESULT_NONE) {
		if (result != RESULT_OK) {
			log_event(LOG_LEVEL_WARNING, NULL, "garbage", "broker=%s error=%s",
			        log_quote(link->endpoint), log_quote(err.text));
			continue;
		}
		link->heard_ms = loop_now_ms(link->loop);
		if (message.type == MESSAGE_GOODBYE)
			take_goodbye(link);
		else if (message.type != MESSAGE_HEARTBEAT)
			link->take(link->context, link, &message);
		wire_message_free(&message);
	}
}

enum result link_open(struct link *link, struct err *err)
{
	struct wire_limits limits = {FRAME_MAX_BYTES, HIGH_WATER};
	enum result result = wire_connect(link->wire, link->endpoint, &limits, &link->socket, err);

	if (result)
		return result;
	link->source = loop_add_socket(link->loop, link->socket, socket_ready, link);
	link->heard_ms = link->sent_ms = loop_now_ms(link->loop);
	return RESULT_OK;
}

void link_close(struct link *link)
{
	if (link->source)
		loop_remove(&link->source);
	if (link->socket)
		wire_socket_close(&link->socket);
}

void link_offer(struct link *link, uint32_t credit)
{
	link->is_serving = 1;
	link->credit = credit;
	say_ready(link);
}

enum link_due link_due(const struct link *link, int64_t now_ms)
{
	const struct config_broker *broker = &link->config->broker;

	if (now_ms - link->heard_ms > broker->silence_ms)
		return LINK_BEGIN;
	if (!link->is_said)
		return LINK_READY;
	return now_ms - link->sent_ms >= broker->heartbeat_ms ? LINK_HEARTBEAT : LINK_NOTHING;
}

/* The same socket: zmq connects it again by itself. What it still held for the broker that fell
 * silent is answered by "unknown" or refused as stale. */
static void begin_again(struct link *link, int64_t now_ms)
{
	log_event(LOG_LEVEL_WARNING, NULL, "broker_silent", "broker=%s", log_quote(link->endpoint));
	link->heard_ms = now_ms;
	begin(link);
}

static void beat(struct link *link)
{
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;
	struct err err;

	heartbeat.number = ++link->beats;
	if (link_send(link, MESSAGE_HEARTBEAT, &heartbeat.base, &err) != RESULT_OK)
		log_event(LOG_LEVEL_DEBUG, NULL, "heartbeat", "broker=%s error=%s",
		        log_quote(link->endpoint), log_quote(err.text));
}

void link_tick(struct link *link, int64_t now_ms)
{
	if (!link->is_serving) {
		link->heard_ms = now_ms; /* nobody talks to us yet */
		return;
	}
	switch (link_due(link, now_ms)) {
	case LINK_BEGIN:
		begin_again(link, now_ms);
		break;
	case LINK_HEARTBEAT:
		beat(link);
		break;
	case LINK_READY:
		say_ready(link);
		break;
	case LINK_NOTHING:
		break;
	}
}
