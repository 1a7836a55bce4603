#include "broker/broker.h"

#include <signal.h>
#include <stdlib.h>

#include "broker/exchange.h"
#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/wire/loop.h"

/* A turn takes this many messages of a socket before the others' are looked at. */
enum { BATCH = 64, HIGH_WATER = 1000, TICK_MS = 100, FAREWELL_MS = 300 };

struct broker {
	struct wire *wire;              /* lent */
	struct wire_socket *sockets[2]; /* by enum exchange_side */
	struct loop *loop;
	struct loop_source *ticking;
	struct exchange *exchange;
};

static const char *const side_names[] = {[EXCHANGE_FRONT] = "front", [EXCHANGE_WORKER] = "worker"};

static enum result send_to(void *context, enum exchange_side side, const struct wire_peer *peer,
        enum message_type type, uint64_t request, const ProtobufCMessage *envelope,
        struct wire_body *body)
{
	struct broker *broker = context;
	struct err err;
	enum result result =
	        wire_send(broker->sockets[side], peer, type, request, envelope, body, &err);

	if (result != RESULT_OK)
		log_event(LOG_LEVEL_DEBUG, NULL, "unsent", "type=%s side=%s why=%s",
		        message_info(type)->name, side_names[side], log_quote(err.text));
	return result;
}

/* What is no message is counted, and shown at debug level only: a peer could else fill the disk. */
static void receive(struct broker *broker, enum exchange_side side)
{
	struct wire_message message;
	struct err err;
	enum result result = RESULT_OK;
	int count;

	for (count = 0; count < BATCH && result != RESULT_NONE; count++) {
		result = wire_receive(broker->sockets[side], &message, &err);
		if (result == RESULT_OK) {
			exchange_take(broker->exchange, side, &message, loop_now_ms(broker->loop));
			wire_message_free(&message);
		} else if (result != RESULT_NONE) {
			exchange_garbage(broker->exchange);
			log_event(LOG_LEVEL_DEBUG, NULL, "garbage", "side=%s why=%s",
			        side_names[side], log_quote(err.text));
		}
	}
}

static void end_if_drained(struct broker *broker, int64_t now_ms)
{
	if (exchange_is_drained(broker->exchange, now_ms))
		loop_end(broker->loop);
}

static void on_front(void *context, unsigned events)
{
	receive(context, EXCHANGE_FRONT);
}

static void on_worker(void *context, unsigned events)
{
	receive(context, EXCHANGE_WORKER);
}

static void on_tick(void *context, int64_t now_ms)
{
	struct broker *broker = context;

	exchange_tick(broker->exchange, now_ms);
	end_if_drained(broker, now_ms);
}

static void on_signal(void *context, int signal_number)
{
	struct broker *broker = context;

	if (signal_number != SIGTERM && signal_number != SIGINT)
		return;
	log_event(LOG_LEVEL_INFO, NULL, "draining", "signal=%d", signal_number);
	exchange_drain(broker->exchange, loop_now_ms(broker->loop));
	end_if_drained(broker, loop_now_ms(broker->loop));
}

static enum result bind_both(
        struct broker *broker, const struct config_broker *config, struct err *err)
{
	/* No message is larger than all messages together may be. */
	struct wire_limits limits = {config->max_bytes, HIGH_WATER, 0};
	enum result result;

	if (limits.max_bytes < MESSAGE_ENVELOPE_MAX)
		limits.max_bytes = MESSAGE_ENVELOPE_MAX;
	result = wire_bind(
	        broker->wire, &config->fronts, &limits, &broker->sockets[EXCHANGE_FRONT], err);
	/* Who comes in here gets other people's mail; at the front door only an answer to his own.
	 */
	limits.is_private = 1;
	if (result == RESULT_OK)
		result = wire_bind(broker->wire, &config->workers, &limits,
		        &broker->sockets[EXCHANGE_WORKER], err);
	return result;
}

static void start(struct broker *broker, const struct config_broker *config)
{
	broker->loop = loop_new(broker->wire);
	broker->exchange = exchange_new(config, send_to, broker, loop_now_ms(broker->loop));
	loop_add_socket(broker->loop, broker->sockets[EXCHANGE_FRONT], on_front, broker);
	loop_add_socket(broker->loop, broker->sockets[EXCHANGE_WORKER], on_worker, broker);
	broker->ticking = loop_add_timer(broker->loop, TICK_MS, on_tick, broker);
	loop_on_signal(broker->loop, on_signal, broker);
}

enum result broker_open(
        const struct config *config, struct wire *wire, struct broker **out, struct err *err)
{
	struct broker *broker = alloc_zero(1, sizeof(*broker));
	enum result result;

	broker->wire = wire;
	result = bind_both(broker, &config->broker, err);
	if (result == RESULT_OK)
		start(broker, &config->broker);
	*out = broker;
	if (result != RESULT_OK)
		broker_close(out);
	return result;
}

static void on_farewell(void *context, int64_t now_ms)
{
	loop_end(context);
}

/* What a peer has not read yet when the connection closes is lost to it, so the last words need a
 * moment. Without them the peers would find out too, but only by our silence. */
void broker_run(struct broker *broker)
{
	loop_run(broker->loop);
	loop_remove(&broker->ticking);
	exchange_stop(broker->exchange);
	loop_add_timer(broker->loop, FAREWELL_MS, on_farewell, broker->loop);
	loop_run(broker->loop);
	log_event(LOG_LEVEL_INFO, NULL, "stopped", NULL);
}

void broker_close(struct broker **broker)
{
	if (!*broker)
		return;
	exchange_free(&(*broker)->exchange);
	loop_free(&(*broker)->loop);
	wire_socket_close(&(*broker)->sockets[EXCHANGE_FRONT]);
	wire_socket_close(&(*broker)->sockets[EXCHANGE_WORKER]);
	free(*broker);
	*broker = NULL;
}
