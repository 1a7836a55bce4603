#include <string.h>
#include <zmq.h>

#include "lib/base/clock.h"
#include "lib/crypto/digest.h"
#include "lib/wire/inner.h"

/* Less than ZMQ_RECONNECT_IVL of lib/wire/wire.c. */
enum { LOOK_MS = 50 };

/* Waits for the socket to be readable or writable. */
static int wait_for(struct wire_socket *socket, short events, int64_t until_ms)
{
	zmq_pollitem_t item = {socket->zmq, 0, events, 0};
	int64_t left_ms;

	while ((left_ms = until_ms - clock_monotonic_ms()) >= 0)
		if (zmq_poll(&item, 1, (long)left_ms) > 0)
			return 1;
	return 0;
}

/* What a peer says of itself is its word, so that nothing but these three is believed. */
static enum result result_of(const Lz__Error *error, struct err *err)
{
	enum result result = RESULT_PERMANENT;

	if (error->result == RESULT_NONE || error->result == RESULT_TEMPORARY)
		result = (enum result)error->result;
	return err_set(err, result, "%s", error->text);
}

/* One question is never too much to wait for its way, so where nothing can be sent nobody is there.
 */
static int is_connected(struct wire_socket *socket)
{
	int events = 0;
	size_t size = sizeof(events);

	return zmq_getsockopt(socket->zmq, ZMQ_EVENTS, &events, &size) == 0 &&
	       (events & ZMQ_POLLOUT);
}

/* A connection that was lost is not made again before LOOK_MS are over, so none is overlooked. */
static enum result wait_for_answer(
        struct wire_socket *socket, int64_t until_ms, struct wire_message *answer, struct err *err)
{
	enum result result;
	int64_t now_ms;

	while ((now_ms = clock_monotonic_ms()) <= until_ms) {
		int64_t look_ms = now_ms + LOOK_MS < until_ms ? now_ms + LOOK_MS : until_ms;

		if (wait_for(socket, ZMQ_POLLIN, look_ms)) {
			result = wire_receive(socket, answer, err);
			if (result == RESULT_OK && answer->request == socket->request)
				return RESULT_OK;
			wire_message_free(
			        answer); /* garbage, or an answer that came too late once */
		} else if (!is_connected(socket)) {
			return err_set(err, RESULT_TEMPORARY,
			        "the connection to %s was lost before it answered",
			        socket->endpoint);
		}
	}
	return err_set(err, RESULT_TEMPORARY, "%s doesn't answer", socket->endpoint);
}

enum result wire_question(struct wire_socket *socket, enum message_type type,
        const ProtobufCMessage *envelope, struct wire_body *body, int timeout_ms, struct err *err)
{
	if (!wait_for(socket, ZMQ_POLLOUT, clock_monotonic_ms() + timeout_ms))
		return err_set(err, RESULT_TEMPORARY, "nobody is there at %s", socket->endpoint);
	if (socket->request == 0)
		random_bytes(&socket->request, sizeof(socket->request));
	socket->request++;
	return wire_send(socket, NULL, type, socket->request, envelope, body, err);
}

enum result wire_answer(
        struct wire_socket *socket, int timeout_ms, struct wire_message *answer, struct err *err)
{
	enum result result;

	*answer = (struct wire_message){0};
	result = wait_for_answer(socket, clock_monotonic_ms() + timeout_ms, answer, err);
	if (result != RESULT_OK || answer->type != MESSAGE_ERROR)
		return result;
	result = result_of((const Lz__Error *)answer->envelope, err);
	wire_message_free(answer);
	return result;
}

enum result wire_ask(struct wire_socket *socket, enum message_type type,
        const ProtobufCMessage *envelope, int timeout_ms, struct wire_message *answer,
        struct err *err)
{
	return wire_ask_with(socket, type, envelope, NULL, timeout_ms, answer, err);
}

enum result wire_ask_with(struct wire_socket *socket, enum message_type type,
        const ProtobufCMessage *envelope, struct wire_body *body, int timeout_ms,
        struct wire_message *answer, struct err *err)
{
	int64_t until_ms = clock_monotonic_ms() + timeout_ms;
	enum result result = wire_question(socket, type, envelope, body, timeout_ms, err);

	*answer = (struct wire_message){0};
	if (result)
		return result;
	return wire_answer(socket, (int)(until_ms - clock_monotonic_ms()), answer, err);
}
