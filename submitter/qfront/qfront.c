#include "submitter/qfront/qfront.h"

#include <signal.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "submitter/qfront/front.h"

enum {
	TICK_MS = 200,
	HIGH_WATER = 1000,
	ENVELOPE_ROOM = MESSAGE_ENVELOPE_MAX,
	STOP_MS = 5000,       /* at SIGTERM, for what is in hand */
	STOP_LAST_MS = 15000, /* and for what is on its way to the next hop, or to be confirmed */
};

/* ---- brokers ---- */

enum result front_submit(struct front *front, size_t broker, const struct message *message)
{
	int64_t left_ms = message->deadline_ms - loop_now_ms(front->loop);
	struct wire_body body;
	enum result result;
	struct err err;

	message->submission->deadline_ms = left_ms > 0 ? (uint64_t)left_ms : 0;
	wire_body_share(&message->body, &body);
	result = wire_send(front->links[broker].socket, NULL, MESSAGE_SUBMIT, message->number,
	        &message->submission->base, &body, &err);
	if (result) {
		wire_body_free(&body);
		log_event(LOG_LEVEL_WARNING, message->submission->message_id, "submit-failed",
		        "error=%s", log_quote(err.text));
	}
	return result;
}

static void on_answer(struct broker_link *link, struct wire_message *answer)
{
	brokers_heard(&link->front->brokers, link->index);
	if (answer->type == MESSAGE_VERDICT)
		carry_verdict(link->front, link->index, answer);
	else if (answer->type == MESSAGE_BUSY)
		carry_busy(link->front, link->index, answer);
	else if (answer->type == MESSAGE_HEARTBEAT)
		carry_alive(link->front, link->index, answer->request);
}

static void on_broker(void *context, unsigned events)
{
	struct broker_link *link = context;
	struct wire_message message;
	enum result result;
	struct err err;

	for (;;) {
		message = (struct wire_message){0};
		result = wire_receive(link->socket, &message, &err);
		if (result == RESULT_NONE)
			return;
		if (result == RESULT_OK)
			on_answer(link, &message);
		else
			log_event(LOG_LEVEL_WARNING, NULL, "garbage", "from=broker error=%s",
			        log_quote(err.text));
		wire_message_free(&message);
	}
}

/* A scan may take longer than a broker may be silent, so its broker is asked for each message that
 * waits for long. For each: one that was started anew serves others and knows nothing of this. */
static void beat(struct front *front, int64_t now_ms)
{
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;
	int64_t pause_ms = front->config->front.silence_ms / 4;
	struct message *message;

	if (now_ms - front->beat_ms < pause_ms)
		return;
	front->beat_ms = now_ms;
	heartbeat.number = (uint64_t)now_ms;
	for (message = front->messages; message; message = message->next) {
		if (message->state != FRONT_SUBMITTED || now_ms - message->asked_ms < pause_ms)
			continue;
		/* Not sent is as good as not answered. */
		wire_send(front->links[message->broker].socket, NULL, MESSAGE_HEARTBEAT,
		        message->number, &heartbeat.base, NULL, NULL);
	}
}

/* ---- time and the end ---- */

static void stop_in_time(struct front *front, int64_t now_ms)
{
	if (now_ms >= front->stop_ms + STOP_MS)
		carry_give_up(front, "4.3.2 the filter is stopping");
	/* Who got a part of a message that was put off, only the quarantine will still know. */
	if ((!front->messages && !door_pipe_reading(front->door) &&
	            !desk_open_count(front->desk)) ||
	        now_ms >= front->stop_ms + STOP_LAST_MS)
		loop_end(front->loop);
}

static void on_tick(void *context, int64_t now_ms)
{
	struct front *front = context;

	carry_tick(front, now_ms);
	beat(front, now_ms);
	if (front->stop_ms)
		stop_in_time(front, now_ms);
}

static void on_signal(void *context, int signal_number)
{
	struct front *front = context;

	if (signal_number == SIGHUP || front->stop_ms)
		return;
	log_event(LOG_LEVEL_INFO, NULL, "stopping", "signal=%d", signal_number);
	front->stop_ms = loop_now_ms(front->loop);
	door_pipe_stop(front->door);
	stop_in_time(front, front->stop_ms);
}

/* ---- opening ---- */

static enum result open_brokers(struct front *front, struct err *err)
{
	const struct config_list *list = &front->config->front.brokers;
	const struct wire_limits limits = {.max_bytes = ENVELOPE_ROOM, .high_water = HIGH_WATER};
	struct broker_link *link;
	size_t i;

	if (list->count > BROKERS_MAX)
		return err_set(err, RESULT_PERMANENT, "front.brokers: more than %d", BROKERS_MAX);
	brokers_init(&front->brokers, list->count);
	for (i = 0; i < list->count; i++) {
		link = &front->links[i];
		link->front = front;
		link->index = i;
		if (wire_connect(front->wire, list->items[i], &limits, &link->socket, err))
			return RESULT_PERMANENT;
		link->source = loop_add_socket(front->loop, link->socket, on_broker, link);
	}
	return RESULT_OK;
}

static enum result open_door(struct front *front, struct err *err)
{
	const struct door_options options = {.path = front->config->front.socket,
	        .group = front->config->site.front_group,
	        .deadline_ms = front->config->front.deadline_ms,
	        .budget = &front->budget,
	        .calls = {carry_arrived, carry_left},
	        .context = front};

	return door_pipe_open(front->loop, &options, &front->door, err);
}

static enum result open_parts(struct front *front, struct err *err)
{
	if (wire_open(&front->config->curve, &front->wire, err))
		return RESULT_PERMANENT;
	front->loop = loop_new(front->wire);
	return open_door(front, err);
}

enum result qfront_connect(struct front *front, struct err *err)
{
	const struct config_front *config = &front->config->front;
	const struct wire_limits limits = {.max_bytes = ENVELOPE_ROOM, .high_water = HIGH_WATER};

	if (smtp_target_new(config->next_hop, &front->target, err) || open_brokers(front, err) ||
	        desk_open(front->loop, front->wire, config->quarantine, &limits, &front->desk, err))
		return RESULT_PERMANENT;
	front->delivery = delivery_new(front->loop, front->target, front->config->site.name,
	        config->next_hop_timeout_ms, (size_t)config->connections);
	return RESULT_OK;
}

enum result qfront_open(const struct config *config, struct front **out, struct err *err)
{
	struct front *front = alloc_zero(1, sizeof(*front));

	front->config = config;
	front->budget.max_messages = config->front.max_messages;
	front->budget.max_bytes = config->front.max_bytes;
	front->served = served_new();
	if (open_parts(front, err)) {
		qfront_close(&front);
		return RESULT_PERMANENT;
	}
	front->timer = loop_add_timer(front->loop, TICK_MS, on_tick, front);
	loop_on_signal(front->loop, on_signal, front);
	*out = front;
	return RESULT_OK;
}

void qfront_run(struct front *front)
{
	loop_run(front->loop);
}

static void close_brokers(struct front *front)
{
	size_t i;

	for (i = 0; i < BROKERS_MAX; i++) {
		if (front->links[i].source)
			loop_remove(&front->links[i].source);
		if (front->links[i].socket)
			wire_socket_close(&front->links[i].socket);
	}
}

void qfront_close(struct front **out)
{
	struct front *front = *out;

	/* A message whose last bytes are with the next hop and whose reply did not come: it can be
	 * neither finished nor taken back. The process ends, qsubmit says "later". */
	if (front->messages)
		return;
	if (front->door)
		door_pipe_close(&front->door);
	delivery_free(&front->delivery);
	desk_close(&front->desk);
	close_brokers(front);
	smtp_target_free(&front->target);
	served_free(&front->served);
	if (front->timer)
		loop_remove(&front->timer);
	loop_free(&front->loop);
	if (front->wire)
		wire_close(&front->wire);
	free(front);
	*out = NULL;
}
