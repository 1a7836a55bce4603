/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/wire/loop.h"

static char folder[] = "/tmp/test-ask-XXXXXX";
static struct wire_limits limits = {1 << 20, 100};
static struct config_curve no_keys = {"", "", "", 0};

/* A server in a thread and a wire of its own. It answers a request for statistics of n days: 1 with
 * statistics, 2 late and then with an answer to something else, 3 with an error, 4 never. */
struct server {
	struct wire *wire;
	struct loop *loop;
	struct wire_socket *socket;
	pthread_t thread;
};

static void reply(struct server *server, const struct wire_message *to, uint64_t request,
        enum message_type type, const ProtobufCMessage *envelope)
{
	assert_int_equal(wire_send(server->socket, &to->peer, type, request, envelope, NULL, NULL),
	        RESULT_OK);
}

static void on_request(void *context, unsigned events)
{
	struct server *server = context;
	struct wire_message message;
	Lz__Stats stats = LZ__STATS__INIT;
	Lz__Error error = LZ__ERROR__INIT;
	uint32_t days;

	if (wire_receive(server->socket, &message, NULL) != RESULT_OK)
		return;
	days = ((Lz__StatsRequest *)message.envelope)->days;
	error.result = RESULT_NONE;
	error.text = "no such day";
	if (days == 2)
		reply(server, &message, message.request - 1, MESSAGE_STATS, &stats.base);
	if (days == 1 || days == 2)
		reply(server, &message, message.request, MESSAGE_STATS, &stats.base);
	if (days == 3)
		reply(server, &message, message.request, MESSAGE_ERROR, &error.base);
	if (days == 5)
		loop_end(server->loop);
	wire_message_free(&message);
}

static void *serve(void *context)
{
	struct server *server = context;

	loop_run(server->loop);
	return NULL;
}

static char *endpoint;
static struct server server;
static struct wire *wire;
static struct wire_socket *asker;

static int setup(void **state)
{
	struct config_list list = {1, &endpoint};

	if (!mkdtemp(folder))
		return -1;
	endpoint = alloc_format("ipc://%s/ask", folder);
	assert_int_equal(wire_open(&no_keys, &server.wire, NULL), RESULT_OK);
	assert_int_equal(wire_bind(server.wire, &list, &limits, &server.socket, NULL), RESULT_OK);
	server.loop = loop_new(server.wire);
	loop_add_socket(server.loop, server.socket, on_request, &server);
	pthread_create(&server.thread, NULL, serve, &server);
	assert_int_equal(wire_open(&no_keys, &wire, NULL), RESULT_OK);
	return wire_connect(wire, endpoint, &limits, &asker, NULL);
}

static enum result ask(uint32_t days, int timeout_ms, struct wire_message *answer, struct err *err)
{
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;

	request.days = days;
	return wire_ask(asker, MESSAGE_STATS_REQUEST, &request.base, timeout_ms, answer, err);
}

static int teardown(void **state)
{
	struct wire_message answer;
	char command[100];

	ask(5, 50, &answer, NULL); /* ends the server */
	pthread_join(server.thread, NULL);
	wire_socket_close(&asker);
	wire_close(&wire);
	loop_free(&server.loop);
	wire_socket_close(&server.socket);
	wire_close(&server.wire);
	free(endpoint);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void an_answer_comes_back(void **state)
{
	struct wire_message answer;

	assert_int_equal(ask(1, 3000, &answer, NULL), RESULT_OK);
	assert_int_equal(answer.type, MESSAGE_STATS);
	wire_message_free(&answer);
}

static void an_answer_to_another_request_is_passed_over(void **state)
{
	struct wire_message answer;

	assert_int_equal(ask(2, 3000, &answer, NULL), RESULT_OK);
	assert_int_equal(answer.type, MESSAGE_STATS);
	wire_message_free(&answer);
}

static void an_error_becomes_its_result_and_text(void **state)
{
	struct wire_message answer;
	struct err err;

	assert_int_equal(ask(3, 3000, &answer, &err), RESULT_NONE);
	assert_string_equal(err.text, "no such day");
	assert_null(answer.envelope);
}

static void silence_ends_in_time(void **state)
{
	struct wire_message answer;
	struct err err;

	assert_int_equal(ask(4, 100, &answer, &err), RESULT_TEMPORARY);
	assert_non_null(strstr(err.text, "doesn't answer"));
}

static void *serve_and_go(void *context)
{
	struct server *one = context;

	loop_run(one->loop);
	loop_free(&one->loop);
	wire_socket_close(&one->socket);
	wire_close(&one->wire);
	return NULL;
}

static void a_server_that_goes_without_an_answer_is_not_waited_for(void **state)
{
	char *there = alloc_format("ipc://%s/goes", folder);
	struct config_list list = {1, &there};
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;
	int64_t began_ms = clock_monotonic_ms();
	struct wire_message answer;
	struct wire_socket *socket;
	struct server one;
	struct err err;

	assert_int_equal(wire_open(&no_keys, &one.wire, NULL), RESULT_OK);
	assert_int_equal(wire_bind(one.wire, &list, &limits, &one.socket, NULL), RESULT_OK);
	one.loop = loop_new(one.wire);
	loop_add_socket(one.loop, one.socket, on_request, &one);
	pthread_create(&one.thread, NULL, serve_and_go, &one);
	assert_int_equal(wire_connect(wire, there, &limits, &socket, NULL), RESULT_OK);
	request.days = 5;
	assert_int_equal(
	        wire_ask(socket, MESSAGE_STATS_REQUEST, &request.base, 60000, &answer, &err),
	        RESULT_TEMPORARY);
	assert_non_null(strstr(err.text, "was lost"));
	assert_true(clock_monotonic_ms() - began_ms < 30000);
	pthread_join(one.thread, NULL);
	wire_socket_close(&socket);
	free(there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_answer_comes_back),
	        cmocka_unit_test(an_answer_to_another_request_is_passed_over),
	        cmocka_unit_test(an_error_becomes_its_result_and_text),
	        cmocka_unit_test(silence_ends_in_time),
	        cmocka_unit_test(a_server_that_goes_without_an_answer_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
