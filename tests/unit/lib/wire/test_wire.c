/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/wire/loop.h"
#include "lib/wire/wire.h"

enum { WAIT_MS = 3000, QUIET_MS = 400 };

static char folder[] = "/tmp/test-wire-XXXXXX";
static struct wire_limits limits = {1 << 20, 100};
static struct config_curve no_keys = {"", "", "", 0};

static char *path_of(const char *name)
{
	static char ring[8][300];
	static unsigned turn;
	char *out = ring[turn++ % 8];

	snprintf(out, sizeof(ring[0]), "%s/%s", folder, name);
	return out;
}

/* ---------------------------------------------------------------- a server on a loop */

struct server {
	struct wire *wire;
	struct loop *loop;
	struct wire_socket *socket;
	struct wire_message last; /* freed when the next comes */
	int good;
	int garbage;
	struct err err;
	int wanted; /* ends the loop */
};

static void on_message(void *context, unsigned events)
{
	struct server *server = context;
	struct wire_message message;
	enum result result = wire_receive(server->socket, &message, &server->err);

	assert_true(events & LOOP_READ);
	if (result == RESULT_NONE)
		return;
	if (result == RESULT_OK) {
		wire_message_free(&server->last);
		server->last = message;
		server->good++;
	} else {
		assert_true(message.peer.size > 0);
		server->garbage++;
	}
	if (server->good + server->garbage >= server->wanted)
		loop_end(server->loop);
}

static void on_timeout(void *context, int64_t now_ms)
{
	loop_end(context);
}

static void server_start(
        struct server *server, const struct config_curve *curve, char **endpoints, size_t count)
{
	struct config_list list = {count, endpoints};
	struct err err;

	memset(server, 0, sizeof(*server));
	assert_int_equal(wire_open(curve, &server->wire, &err), RESULT_OK);
	if (wire_bind(server->wire, &list, &limits, &server->socket, &err) != RESULT_OK)
		fail_msg("%s", err.text);
	server->loop = loop_new(server->wire);
	loop_add_socket(server->loop, server->socket, on_message, server);
}

static void server_stop(struct server *server)
{
	wire_message_free(&server->last);
	loop_free(&server->loop);
	wire_socket_close(&server->socket);
	wire_close(&server->wire);
}

/* Runs until `wanted` messages, good or not, have come in all, or the time is over. */
static void server_run(struct server *server, int wanted, int64_t wait_ms)
{
	struct loop_source *timer = loop_add_timer(server->loop, wait_ms, on_timeout, server->loop);

	server->wanted = wanted;
	if (server->good + server->garbage < wanted)
		loop_run(server->loop);
	loop_remove(&timer);
}

/* ---------------------------------------------------------------- clients */

static struct wire_socket *client(struct wire *wire, const char *endpoint)
{
	struct wire_socket *socket;
	struct err err;

	if (wire_connect(wire, endpoint, &limits, &socket, &err) != RESULT_OK)
		fail_msg("%s", err.text);
	return socket;
}

/* Tries until a connection is there; the server's loop runs meanwhile, as its ZAP handler must. */
static enum result send_number(
        struct server *server, struct wire_socket *socket, uint64_t number, int64_t wait_ms)
{
	int64_t until_ms = clock_monotonic_ms() + wait_ms;
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;
	enum result result;

	heartbeat.number = number;
	while ((result = wire_send(socket, NULL, MESSAGE_HEARTBEAT, number, &heartbeat.base, NULL,
	                NULL)) != RESULT_OK &&
	        clock_monotonic_ms() < until_ms)
		server_run(server, 1000000, 10);
	return result;
}

static void expect_number(struct server *server, uint64_t number, int wanted)
{
	server_run(server, wanted, WAIT_MS);
	assert_int_equal(server->good + server->garbage, wanted);
	assert_int_equal(server->last.type, MESSAGE_HEARTBEAT);
	assert_int_equal(server->last.request, number);
	assert_int_equal(((Lz__Heartbeat *)server->last.envelope)->number, number);
}

/* A DEALER that says what it likes. */
static void *raw_client(void *context, const char *endpoint)
{
	void *socket = zmq_socket(context, ZMQ_DEALER);
	int linger = 100;

	zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
	assert_int_equal(zmq_connect(socket, endpoint), 0);
	return socket;
}

static char good_header[16] = {'L', 'Z', 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};

struct raw {
	const char *what;
	int count;
	struct {
		const char *bytes;
		size_t size;
	} frames[4];
};

static void raw_send(void *socket, const struct raw *raw)
{
	int at;

	for (at = 0; at < raw->count; at++)
		zmq_send(socket, raw->frames[at].bytes, raw->frames[at].size,
		        at < raw->count - 1 ? ZMQ_SNDMORE : 0);
}

/* ---------------------------------------------------------------- tests without keys */

static char *ipc_of(const char *name)
{
	return alloc_format("ipc://%s/%s", folder, name);
}

static void garbage_is_refused_and_the_next_good_message_is_received(void **state)
{
	static const struct raw all[] = {
	        {"one frame", 1, {{good_header, 16}}},
	        {"an empty frame", 1, {{"", 0}}},
	        {"wrong magic", 2, {{"LX\1\10\0\0\0\0\0\0\0\0\0\0\0\7", 16}, {"", 0}}},
	        {"wrong version", 2, {{"LZ\2\10\0\0\0\0\0\0\0\0\0\0\0\7", 16}, {"", 0}}},
	        {"unknown type", 2, {{"LZ\1\377\0\0\0\0\0\0\0\0\0\0\0\7", 16}, {"", 0}}},
	        {"reserved bytes", 2, {{"LZ\1\10\0\0\0\1\0\0\0\0\0\0\0\7", 16}, {"", 0}}},
	        {"short header", 2, {{good_header, 15}, {"", 0}}},
	        {"long header", 2, {{"LZ\1\10\0\0\0\0\0\0\0\0\0\0\0\7\0", 17}, {"", 0}}},
	        {"a body that it has not", 3, {{good_header, 16}, {"", 0}, {"x", 1}}},
	        {"too many frames", 4, {{good_header, 16}, {"", 0}, {"x", 1}, {"y", 1}}},
	        {"trailing bytes in the envelope", 2, {{good_header, 16}, {"\x08\x01\xff", 3}}},
	        {"a missing body", 2, {{"LZ\1\1\0\0\0\0\0\0\0\0\0\0\0\7", 16}, {"", 0}}},
	};
	const struct raw good = {"good", 2, {{good_header, 16}, {"\x08\x07", 2}}};
	char *endpoint = ipc_of("garbage");
	struct server server;
	void *context = zmq_ctx_new(), *socket;
	size_t at;

	server_start(&server, &no_keys, &endpoint, 1);
	socket = raw_client(context, endpoint);
	for (at = 0; at < sizeof(all) / sizeof(all[0]); at++) {
		raw_send(socket, &all[at]);
		raw_send(socket, &good);
		expect_number(&server, 7, 2 * (int)at + 2);
		if (server.garbage != (int)at + 1)
			fail_msg("%s was taken", all[at].what);
	}
	zmq_close(socket);
	zmq_ctx_term(context);
	server_stop(&server);
	free(endpoint);
}

/* The send takes from libzmq's descriptor what it had to tell. */
static void what_came_before_a_send_is_still_received(void **state)
{
	char *endpoint = ipc_of("before.ipc");
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;
	struct server server;
	struct wire_socket *socket;
	uint64_t number;

	server_start(&server, &no_keys, &endpoint, 1);
	socket = client(server.wire, endpoint);
	assert_int_equal(send_number(&server, socket, 1, WAIT_MS), RESULT_OK);
	expect_number(&server, 1, 1);
	for (number = 2; number < 5; number++) {
		server_run(&server, 1000, 20); /* all is read, and the loop knows it */
		assert_int_equal(send_number(&server, socket, number, WAIT_MS), RESULT_OK);
		usleep(50000);
		assert_int_equal(wire_send(server.socket, &server.last.peer, MESSAGE_HEARTBEAT, 0,
		                         &heartbeat.base, NULL, NULL),
		        RESULT_OK);
		expect_number(&server, number, (int)number);
	}
	wire_socket_close(&socket);
	server_stop(&server);
	free(endpoint);
}

static void an_endless_run_of_frames_is_dropped_whole(void **state)
{
	const struct raw good = {"good", 2, {{good_header, 16}, {"\x08\x07", 2}}};
	char *endpoint = ipc_of("frames");
	struct server server;
	void *context = zmq_ctx_new(), *socket;
	int at;

	server_start(&server, &no_keys, &endpoint, 1);
	socket = raw_client(context, endpoint);
	for (at = 0; at < 500; at++)
		zmq_send(socket, "x", 1, at < 499 ? ZMQ_SNDMORE : 0);
	raw_send(socket, &good);
	expect_number(&server, 7, 2);
	zmq_close(socket);
	zmq_ctx_term(context);
	server_stop(&server);
	free(endpoint);
}

static void an_oversized_frame_costs_its_sender_the_connection(void **state)
{
	const struct raw good = {"good", 2, {{good_header, 16}, {"\x08\x07", 2}}};
	char *endpoint = ipc_of("oversized"), *large = alloc_zero(1, limits.max_bytes + 1);
	struct server server;
	void *context = zmq_ctx_new(), *socket;
	struct wire_socket *other;

	server_start(&server, &no_keys, &endpoint, 1);
	socket = raw_client(context, endpoint);
	other = client(server.wire, endpoint);
	zmq_send(socket, large, limits.max_bytes + 1, 0);
	assert_int_equal(send_number(&server, other, 5, WAIT_MS), RESULT_OK);
	expect_number(&server, 5, 1);
	server_run(&server, 2, QUIET_MS); /* it reconnects by itself meanwhile */
	raw_send(socket, &good);
	expect_number(&server, 7, 2);
	assert_int_equal(server.garbage, 0);
	wire_socket_close(&other);
	zmq_close(socket);
	zmq_ctx_term(context);
	server_stop(&server);
	free(large);
	free(endpoint);
}

static void a_message_finds_its_way_there_and_back(void **state)
{
	char *endpoint = ipc_of("back");
	struct server server;
	struct wire_socket *socket;
	struct wire_message answer;
	Lz__Goodbye goodbye = LZ__GOODBYE__INIT;
	int64_t until_ms = clock_monotonic_ms() + WAIT_MS;
	enum result result;

	server_start(&server, &no_keys, &endpoint, 1);
	socket = client(server.wire, endpoint);
	assert_int_equal(send_number(&server, socket, 9, WAIT_MS), RESULT_OK);
	expect_number(&server, 9, 1);
	goodbye.why = "enough";
	result = wire_send(
	        server.socket, &server.last.peer, MESSAGE_GOODBYE, 9, &goodbye.base, NULL, NULL);
	assert_int_equal(result, RESULT_OK);
	while ((result = wire_receive(socket, &answer, NULL)) == RESULT_NONE &&
	        clock_monotonic_ms() < until_ms)
		usleep(1000);
	assert_int_equal(result, RESULT_OK);
	assert_int_equal(answer.type, MESSAGE_GOODBYE);
	assert_int_equal(answer.request, 9);
	assert_string_equal(((Lz__Goodbye *)answer.envelope)->why, "enough");
	wire_message_free(&answer);
	wire_socket_close(&socket);
	server_stop(&server);
	free(endpoint);
}

static void sending_to_a_peer_that_is_not_there_is_told_and_leaves_the_body(void **state)
{
	char *endpoint = ipc_of("nobody"), *nowhere = ipc_of("nowhere");
	struct server server;
	struct wire_peer stranger = {4, "who?"};
	struct wire_socket *socket;
	struct wire_body body;
	Lz__Fetched fetched = LZ__FETCHED__INIT;

	server_start(&server, &no_keys, &endpoint, 1);
	socket = client(server.wire, nowhere);
	fetched.size = 5;
	wire_body_copy("bytes", 5, &body);
	assert_int_equal(
	        wire_send(server.socket, &stranger, MESSAGE_FETCHED, 1, &fetched.base, &body, NULL),
	        RESULT_TEMPORARY);
	assert_int_equal(wire_send(socket, NULL, MESSAGE_FETCHED, 1, &fetched.base, &body, NULL),
	        RESULT_TEMPORARY);
	assert_int_equal(wire_body_size(&body), 5);
	wire_body_free(&body);
	wire_socket_close(&socket);
	server_stop(&server);
	free(endpoint);
	free(nowhere);
}

static void a_body_arrives_and_can_be_sent_on_without_a_copy(void **state)
{
	enum { SIZE = 300000 };
	char *endpoint = ipc_of("body"), *bytes = alloc_zero(1, SIZE);
	struct server server;
	struct wire_socket *socket;
	struct wire_body body, other;
	Lz__Fetched fetched = LZ__FETCHED__INIT;
	const char *before;

	server_start(&server, &no_keys, &endpoint, 1);
	socket = client(server.wire, endpoint);
	assert_int_equal(send_number(&server, socket, 1, WAIT_MS), RESULT_OK);
	expect_number(&server, 1, 1);
	bytes[SIZE - 1] = 'z';
	wire_body_take(bytes, SIZE, &body);
	fetched.size = SIZE;
	assert_int_equal(
	        wire_send(socket, NULL, MESSAGE_FETCHED, 2, &fetched.base, &body, NULL), RESULT_OK);
	assert_int_equal(body.present, 0);
	server_run(&server, 2, WAIT_MS);
	assert_int_equal(server.good, 2);
	assert_int_equal(wire_body_size(&server.last.body), SIZE);
	before = wire_body_data(&server.last.body);
	assert_int_equal(before[SIZE - 1], 'z');
	wire_body_share(&server.last.body, &other);
	assert_ptr_equal(wire_body_data(&other), before);
	wire_body_free(&server.last.body);
	wire_body_move(&other, &body);
	assert_int_equal(other.present, 0);
	assert_ptr_equal(wire_body_data(&body), before);
	assert_int_equal(before[SIZE - 1], 'z');
	wire_body_free(&body);
	wire_socket_close(&socket);
	server_stop(&server);
	free(endpoint);
}

static void an_empty_body_is_a_frame_all_the_same(void **state)
{
	char *endpoint = ipc_of("empty");
	struct server server;
	struct wire_socket *socket;
	Lz__Fetched fetched = LZ__FETCHED__INIT;

	server_start(&server, &no_keys, &endpoint, 1);
	socket = client(server.wire, endpoint);
	assert_int_equal(send_number(&server, socket, 1, WAIT_MS), RESULT_OK);
	assert_int_equal(
	        wire_send(socket, NULL, MESSAGE_FETCHED, 2, &fetched.base, NULL, NULL), RESULT_OK);
	server_run(&server, 2, WAIT_MS);
	assert_int_equal(server.good, 2);
	assert_int_equal(server.last.body.present, 1);
	assert_int_equal(wire_body_size(&server.last.body), 0);
	wire_socket_close(&socket);
	server_stop(&server);
	free(endpoint);
}

static void a_unix_socket_is_closed_to_others_from_the_first_moment(void **state)
{
	char *endpoint = alloc_format("ipc://%s/deep/er/mode", folder);
	struct server server;
	struct stat status;

	server_start(&server, &no_keys, &endpoint, 1);
	assert_int_equal(stat(path_of("deep/er/mode"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0660);
	assert_int_equal(stat(path_of("deep/er"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0750);
	server_stop(&server);
	free(endpoint);
}

static void asking_where_nobody_is_ends_in_time(void **state)
{
	char *endpoint = ipc_of("unasked");
	struct wire *wire;
	struct wire_socket *socket;
	struct wire_message answer;
	struct err err;
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;
	int64_t start_ms = clock_monotonic_ms();

	assert_int_equal(wire_open(&no_keys, &wire, &err), RESULT_OK);
	socket = client(wire, endpoint);
	assert_int_equal(wire_ask(socket, MESSAGE_STATS_REQUEST, &request.base, 150, &answer, &err),
	        RESULT_TEMPORARY);
	assert_in_range(clock_monotonic_ms() - start_ms, 100, WAIT_MS);
	assert_null(answer.envelope);
	wire_socket_close(&socket);
	wire_close(&wire);
	free(endpoint);
}

/* ---------------------------------------------------------------- tests with keys */

static char *tcp_of(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return alloc_format("tcp://127.0.0.1:%d", ntohs(address.sin_port));
}

static void write_text(const char *name, const char *text, unsigned mode)
{
	struct err err;

	assert_int_equal(file_write(path_of(name), text, strlen(text), mode, &err), RESULT_OK);
}

/* Keys for a server that allows only the client of the name "friend". */
struct keys {
	char server[41];
	char friend[41];
	char stranger[41];
	struct config_curve serve;
	struct config_curve as_friend;
	struct config_curve as_stranger;
};

static void make_keys(struct keys *keys, const char *endpoint)
{
	struct err err;
	char *text;

	unlink(path_of("server.key"));
	unlink(path_of("friend.key"));
	unlink(path_of("stranger.key"));
	assert_int_equal(wire_keys_create(path_of("server.key"), keys->server, &err), RESULT_OK);
	assert_int_equal(wire_keys_create(path_of("friend.key"), keys->friend, &err), RESULT_OK);
	assert_int_equal(
	        wire_keys_create(path_of("stranger.key"), keys->stranger, &err), RESULT_OK);
	text = alloc_format("# who may connect\n\n%s friend\n", keys->friend);
	write_text("allowed", text, 0640);
	free(text);
	text = alloc_format("%s %s\n", endpoint, keys->server);
	write_text("servers", text, 0640);
	free(text);
	keys->serve = (struct config_curve){path_of("server.key"), path_of("allowed"), "", 0};
	keys->as_friend = (struct config_curve){path_of("friend.key"), "", path_of("servers"), 0};
	keys->as_stranger =
	        (struct config_curve){path_of("stranger.key"), "", path_of("servers"), 0};
}

static void an_allowed_key_passes_and_an_unknown_one_gets_nothing(void **state)
{
	char *endpoint = tcp_of();
	struct keys keys;
	struct server server;
	struct wire *friend, *stranger;
	struct wire_socket *from_friend, *from_stranger;

	make_keys(&keys, endpoint);
	server_start(&server, &keys.serve, &endpoint, 1);
	assert_int_equal(wire_open(&keys.as_friend, &friend, NULL), RESULT_OK);
	assert_int_equal(wire_open(&keys.as_stranger, &stranger, NULL), RESULT_OK);
	from_stranger = client(stranger, endpoint);
	assert_int_equal(send_number(&server, from_stranger, 1, QUIET_MS), RESULT_TEMPORARY);
	from_friend = client(friend, endpoint);
	assert_int_equal(send_number(&server, from_friend, 2, WAIT_MS), RESULT_OK);
	expect_number(&server, 2, 1);
	assert_int_equal(server.good, 1);
	wire_socket_close(&from_friend);
	wire_socket_close(&from_stranger);
	wire_close(&friend);
	wire_close(&stranger);
	server_stop(&server);
	free(endpoint);
}

static void a_key_entered_later_lets_its_owner_in_without_any_restart(void **state)
{
	char *endpoint = tcp_of(), *text;
	struct keys keys;
	struct server server;
	struct wire *stranger;
	struct wire_socket *socket;

	make_keys(&keys, endpoint);
	server_start(&server, &keys.serve, &endpoint, 1);
	assert_int_equal(wire_open(&keys.as_stranger, &stranger, NULL), RESULT_OK);
	socket = client(stranger, endpoint);
	assert_int_equal(send_number(&server, socket, 1, QUIET_MS), RESULT_TEMPORARY);
	text = alloc_format("%s friend\n%s no-longer-a-stranger\n", keys.friend, keys.stranger);
	write_text("allowed", text, 0640);
	assert_int_equal(send_number(&server, socket, 3, 3 * WAIT_MS), RESULT_OK);
	expect_number(&server, 3, 1);
	wire_socket_close(&socket);
	wire_close(&stranger);
	server_stop(&server);
	free(text);
	free(endpoint);
}

static void a_broken_list_of_keys_lets_nobody_in(void **state)
{
	char *endpoint = tcp_of();
	struct keys keys;
	struct server server;
	struct wire *friend;
	struct wire_socket *socket;

	make_keys(&keys, endpoint);
	server_start(&server, &keys.serve, &endpoint, 1);
	write_text("allowed", "this is not-a-key\n", 0640);
	assert_int_equal(wire_open(&keys.as_friend, &friend, NULL), RESULT_OK);
	socket = client(friend, endpoint);
	assert_int_equal(send_number(&server, socket, 1, QUIET_MS), RESULT_TEMPORARY);
	wire_socket_close(&socket);
	wire_close(&friend);
	server_stop(&server);
	free(endpoint);
}

static void a_client_without_curve_gets_nothing_at_a_curve_server(void **state)
{
	const struct raw good = {"good", 2, {{good_header, 16}, {"\x08\x07", 2}}};
	char *endpoints[2] = {tcp_of(), ipc_of("mixed")};
	struct keys keys;
	struct server server;
	void *context = zmq_ctx_new(), *by_tcp, *by_ipc;

	make_keys(&keys, endpoints[0]);
	server_start(&server, &keys.serve, endpoints, 2);
	by_tcp = raw_client(context, endpoints[0]);
	raw_send(by_tcp, &good);
	server_run(&server, 1, QUIET_MS);
	assert_int_equal(server.good + server.garbage, 0);
	/* the same server's ipc:// endpoint asks for no key */
	by_ipc = raw_client(context, endpoints[1]);
	raw_send(by_ipc, &good);
	expect_number(&server, 7, 1);
	zmq_close(by_tcp);
	zmq_close(by_ipc);
	zmq_ctx_term(context);
	server_stop(&server);
	free(endpoints[0]);
	free(endpoints[1]);
}

static void plain_tcp_is_refused_unless_asked_for_in_words(void **state)
{
	char *endpoint = tcp_of();
	struct config_list list = {1, &endpoint};
	struct config_curve plain = {"", "", "", 1};
	struct wire *wire;
	struct wire_socket *socket, *bound;
	struct err err;

	assert_int_equal(wire_open(&no_keys, &wire, &err), RESULT_OK);
	assert_int_equal(wire_bind(wire, &list, &limits, &bound, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "allow_plain_tcp"));
	assert_int_equal(wire_connect(wire, endpoint, &limits, &socket, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "allow_plain_tcp"));
	wire_close(&wire);
	assert_int_equal(wire_open(&plain, &wire, &err), RESULT_OK);
	assert_int_equal(wire_bind(wire, &list, &limits, &bound, &err), RESULT_OK);
	assert_int_equal(wire_connect(wire, endpoint, &limits, &socket, &err), RESULT_OK);
	wire_socket_close(&bound);
	wire_socket_close(&socket);
	wire_close(&wire);
	free(endpoint);
}

static void endpoints_that_no_folder_guards_are_refused(void **state)
{
	static const char *const bad[] = {"ipc://@abstract", "ipc://*", "ipc://relative",
	        "inproc://x", "", "tcp:/127.0.0.1:1"};
	struct wire *wire;
	struct wire_socket *socket;
	struct err err;
	size_t at;

	assert_int_equal(wire_open(&no_keys, &wire, &err), RESULT_OK);
	for (at = 0; at < sizeof(bad) / sizeof(bad[0]); at++)
		assert_int_equal(
		        wire_connect(wire, bad[at], &limits, &socket, &err), RESULT_PERMANENT);
	wire_close(&wire);
}

static void a_secret_key_that_others_may_read_is_refused(void **state)
{
	struct config_curve curve = {path_of("loose.key"), "", "", 0};
	char public_key[41];
	struct wire *wire;
	struct err err;

	unlink(path_of("loose.key"));
	assert_int_equal(wire_keys_create(path_of("loose.key"), public_key, &err), RESULT_OK);
	assert_int_equal(
	        wire_keys_create(path_of("loose.key"), public_key, &err), RESULT_PERMANENT);
	assert_int_equal(wire_open(&curve, &wire, &err), RESULT_OK);
	wire_close(&wire);
	assert_int_equal(chmod(path_of("loose.key"), 0640), 0);
	assert_int_equal(wire_open(&curve, &wire, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "0600"));
	write_text("loose.key", "secret tooshort\n", 0600);
	assert_int_equal(wire_open(&curve, &wire, &err), RESULT_PERMANENT);
	assert_null(strstr(err.text, "tooshort")); /* errors hold no secrets */
}

static int make_folder(void **state)
{
	log_open("test", LOG_LEVEL_ERROR, 0);
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(garbage_is_refused_and_the_next_good_message_is_received),
	        cmocka_unit_test(what_came_before_a_send_is_still_received),
	        cmocka_unit_test(an_endless_run_of_frames_is_dropped_whole),
	        cmocka_unit_test(an_oversized_frame_costs_its_sender_the_connection),
	        cmocka_unit_test(a_message_finds_its_way_there_and_back),
	        cmocka_unit_test(sending_to_a_peer_that_is_not_there_is_told_and_leaves_the_body),
	        cmocka_unit_test(a_body_arrives_and_can_be_sent_on_without_a_copy),
	        cmocka_unit_test(an_empty_body_is_a_frame_all_the_same),
	        cmocka_unit_test(a_unix_socket_is_closed_to_others_from_the_first_moment),
	        cmocka_unit_test(asking_where_nobody_is_ends_in_time),
	        cmocka_unit_test(an_allowed_key_passes_and_an_unknown_one_gets_nothing),
	        cmocka_unit_test(a_key_entered_later_lets_its_owner_in_without_any_restart),
	        cmocka_unit_test(a_broken_list_of_keys_lets_nobody_in),
	        cmocka_unit_test(a_client_without_curve_gets_nothing_at_a_curve_server),
	        cmocka_unit_test(plain_tcp_is_refused_unless_asked_for_in_words),
	        cmocka_unit_test(endpoints_that_no_folder_guards_are_refused),
	        cmocka_unit_test(a_secret_key_that_others_may_read_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
