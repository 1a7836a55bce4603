#include "workers/qworker/link.h"

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
	struct err err;

	ready.worker = (char *)link->name;
	ready.credit = link->credit;
	if (!link->is_serving)
		return;
	link->is_said = link_send(link, MESSAGE_READY, &ready.base, &err) == RESULT_OK;
	if (link->is_said)
		link->ready_ms = link->sent_ms + link->config->broker.heartbeat_ms;
	else
		log_event(LOG_LEVEL_DEBUG, NULL, "ready", "broker=%s error=%s",
		        log_quote(link->endpoint), log_quote(err.text));
}

/* Forgets at once, says READY at most once a heartbeat: else two that cross each other on their way
 * would call for new ones for ever. */
static void begin(struct link *link)
{
	link->epoch++;
	link->is_said = 0;
	link->began(link->context, link);
	if (loop_now_ms(link->loop) >= link->ready_ms)
		say_ready(link);
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
		if (message.type == MESSAGE_GOODBYE) {
			log_event(LOG_LEVEL_INFO, NULL, "broker_goodbye", "broker=%s",
			        log_quote(link->endpoint));
			begin(link);
		} else if (message.type != MESSAGE_HEARTBEAT)
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
	if (!link->is_said && now_ms >= link->ready_ms)
		return LINK_READY;
	return now_ms - link->sent_ms >= broker->heartbeat_ms ? LINK_HEARTBEAT : LINK_NOTHING;
}

/* The same socket: zmq connects it again by itself. GOODBYE first, as a broker that lives after all
 * counts what we forget now as ours. */
static void begin_again(struct link *link, int64_t now_ms)
{
	Lz__Goodbye goodbye = LZ__GOODBYE__INIT;
	struct err err;

	log_event(LOG_LEVEL_WARNING, NULL, "broker_silent", "broker=%s", log_quote(link->endpoint));
	goodbye.why = (char *)"silence";
	link_send(link, MESSAGE_GOODBYE, &goodbye.base, &err);
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
