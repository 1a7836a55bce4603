/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/wire/inner.h"
#include "lib/wire/loop.h"

enum { WAIT_MS = 5000, SOMEBODY = 4711 };

static char folder[] = "/tmp/test-who-XXXXXX", path[64], endpoint[80];
static struct wire_limits limits = {1 << 20, 100};
static struct config_curve no_keys = {"", "", "", 0};

static int make_folder(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/who.ipc", folder);
	snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	return 0;
}

static int remove_folder(void **state)
{
	char *command = alloc_format("rm -r %s", folder);
	int bad = system(command);

	free(command);
	return bad;
}

/* ---------------------------------------------------------------- a server that hears one message
 */

struct server {
	struct wire *wire;
	struct wire_socket *socket;
	struct loop *loop;
	struct wire_message heard;
};

static void on_message(void *context, unsigned events)
{
	struct server *server = context;
	struct err err;

	if (!wire_receive(server->socket, &server->heard, &err))
		loop_end(server->loop);
}

static void on_timeout(void *context, int64_t now_ms)
{
	loop_end(context);
}

static void server_start(struct server *server, const struct config_curve *curve, char *where)
{
	struct config_list list = {1, &where};
	struct err err;

	*server = (struct server){0};
	assert_int_equal(wire_open(curve, &server->wire, &err), RESULT_OK);
	if (wire_bind(server->wire, &list, &limits, &server->socket, &err))
		fail_msg("%s", err.text);
	server->loop = loop_new(server->wire);
	loop_add_socket(server->loop, server->socket, on_message, server);
}

static void server_hear(struct server *server)
{
	struct loop_source *timer = loop_add_timer(server->loop, WAIT_MS, on_timeout, server->loop);

	loop_run(server->loop);
	loop_remove(&timer);
	assert_int_equal(server->heard.type, MESSAGE_HEARTBEAT);
}

static void server_stop(struct server *server)
{
	wire_message_free(&server->heard);
	loop_free(&server->loop);
	wire_socket_close(&server->socket);
	wire_close(&server->wire);
}

/* ---------------------------------------------------------------- local peers */

/* ZMTP 3.0 by hand (RFC 23), so that the handshake can say what libzmq's never would. */
static size_t add_property(char *out, const char *name, const char *value)
{
	size_t name_size = strlen(name), size = strlen(value);

	out[0] = (char)name_size;
	memcpy(out + 1, name, name_size);
	memset(out + 1 + name_size, 0, 3);
	out[4 + name_size] = (char)size;
	memcpy(out + 5 + name_size, value, size);
	return 5 + name_size + size;
}

/* Until the other side has said READY, too: what came before, libzmq would refuse. */
static int hear_ready(int fd)
{
	char heard[1024];
	size_t size = 0;
	ssize_t got;

	while (!memmem(heard, size, "READY", 5)) {
		got = read(fd, heard + size, sizeof(heard) - size);
		if (got <= 0)
			return 0;
		size += (size_t)got;
	}
	return 1;
}

static int speak_as_another(int fd)
{
	static const char greeting[64] = "\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL";
	static const char heartbeat[] = "\x01\x10LZ\1\x08\0\0\0\0\0\0\0\0\0\0\0\7\0\2\x08\7";
	char command[256] = "\x04";
	size_t size = 2;

	memcpy(command + size, "\x05READY", 6);
	size += 6;
	size += add_property(command + size, "Socket-Type", "DEALER");
	size += add_property(
	        command + size, "User-Id", "0123456789012345678901234567890123456789 boss 15");
	size += add_property(command + size, "Peer-Address", "host:0:0:1");
	command[1] = (char)(size - 2);
	return write(fd, greeting, sizeof(greeting)) == sizeof(greeting) &&
	       write(fd, command, size) == (ssize_t)size && hear_ready(fd) &&
	       write(fd, heartbeat, sizeof(heartbeat) - 1) == sizeof(heartbeat) - 1;
}

/* Forked before there is a wire. Tries until the socket is there and open to all. */
static pid_t somebody(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), turn;
	char rest[4096];
	pid_t child = fork();

	if (child) {
		close(fd);
		return child;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
		_exit(1);
	for (turn = 0; connect(fd, (struct sockaddr *)&address, sizeof(address)); turn++) {
		if (turn == 500)
			_exit(2);
		usleep(10000);
	}
	if (!speak_as_another(fd))
		_exit(3);
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	_exit(0);
}

static void a_local_peer_is_who_the_kernel_says_whatever_it_says_itself(void **state)
{
	struct server server;
	char text[WIRE_WHO_ROOM];
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip();
	child = somebody();
	server_start(&server, &no_keys, endpoint);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(path, 0666), 0);
	server_hear(&server);
	assert_int_equal(server.heard.who.kind, WHO_LOCAL);
	assert_int_equal(server.heard.who.uid, SOMEBODY);
	assert_string_equal(server.heard.who.key, "");
	assert_int_equal(server.heard.who.roles, 0);
	wire_who_text(&server.heard.who, text);
	assert_string_equal(text, "uid=4711");
	server_stop(&server);
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---------------------------------------------------------------- keys */

static void write_file(const char *name, const char *text)
{
	struct err err;

	if (file_write(name, text, strlen(text), 0600, &err))
		fail_msg("%s", err.text);
}

static void a_key_has_its_name_and_roles_from_the_list(void **state)
{
	char public_key[41], *where = (char *)"tcp://127.0.0.1:47113", *text;
	char *secret = alloc_format("%s/host.key", folder);
	char *allowed = alloc_format("%s/allowed", folder),
	     *servers = alloc_format("%s/servers", folder);
	struct config_curve curve = {secret, allowed, servers, 0};
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;
	struct wire_socket *client;
	struct server server;
	struct wire *wire;
	struct err err;
	int turn;

	assert_int_equal(wire_keys_create(secret, public_key, &err), RESULT_OK);
	text = alloc_format("%s desk front,tool\n", public_key);
	write_file(allowed, text);
	free(text);
	text = alloc_format("%s %s\n", where, public_key);
	write_file(servers, text);
	free(text);
	server_start(&server, &curve, where);
	assert_int_equal(wire_open(&curve, &wire, &err), RESULT_OK);
	assert_int_equal(wire_connect(wire, where, &limits, &client, &err), RESULT_OK);
	for (turn = 0; turn < 500 && wire_send(client, NULL, MESSAGE_HEARTBEAT, 1, &heartbeat.base,
	                                     NULL, NULL) != RESULT_OK;
	        turn++) {
		struct loop_source *timer =
		        loop_add_timer(server.loop, 10, on_timeout, server.loop);

		loop_run(server.loop);
		loop_remove(&timer);
	}
	server_hear(&server);
	assert_int_equal(server.heard.who.kind, WHO_KEY);
	assert_string_equal(server.heard.who.key, public_key);
	assert_string_equal(server.heard.who.name, "desk");
	assert_int_equal(server.heard.who.roles, ROLE_FRONT | ROLE_TOOL);
	wire_socket_close(&client);
	wire_close(&wire);
	server_stop(&server);
	free(secret);
	free(allowed);
	free(servers);
}

static void a_key_without_roles_is_no_tool(void **state)
{
	unsigned roles;
	struct err err;

	assert_int_equal(who_read_roles("", &roles, &err), RESULT_OK);
	assert_int_equal(roles, ROLE_PROGRAMS);
	assert_int_equal(who_read_roles("worker,tool", &roles, &err), RESULT_OK);
	assert_int_equal(roles, ROLE_WORKER | ROLE_TOOL);
	assert_int_equal(who_read_roles("worker,boss", &roles, &err), RESULT_PERMANENT);
	assert_int_equal(who_read_roles("worker,,tool", &roles, &err), RESULT_PERMANENT);
}

static void what_is_not_proven_is_nobody(void **state)
{
	static const char user_id[] = "0123456789012345678901234567890123456789 boss 15";
	static const char *const addresses[] = {"::1", "::ffff:192.0.2.1", "2001:db8::1000:0:5",
	        "1:2:3:4:5:6:7:8", "1::2:3", "::1:5", "192.0.2.1", "", "h:0:0:", "h:-1:0:1",
	        "h:4294967296:0:1", "h:0:0:1x", "h:0:0:1:"};
	struct wire_who who;
	size_t at;

	for (at = 0; at < sizeof(addresses) / sizeof(addresses[0]); at++) {
		who_read(addresses[at], user_id, NULL, &who);
		if (who.kind != WHO_UNPROVEN)
			fail_msg("%s is taken for a local peer", addresses[at]);
	}
	who_read(NULL, NULL, NULL, &who);
	assert_int_equal(who.kind, WHO_UNPROVEN);
	who_read("host:1000:100:77", NULL, NULL, &who);
	assert_int_equal(who.kind, WHO_LOCAL);
	assert_int_equal(who.uid, 1000);
}

/* Also where libzmq would show what a peer has made up. */
static void only_who_has_the_handlers_word_is_a_keys_owner(void **state)
{
	struct key_row row = {(char *)"0123456789012345678901234567890123456789",
	        (char *)"b\xc3\xb6ss", (char *)"tool"};
	char token[WHO_TOKEN_ROOM], other[WHO_TOKEN_ROOM], *user_id;
	struct wire_who who;

	who_new_token(token);
	who_new_token(other);
	assert_string_not_equal(token, other);
	user_id = who_user_id(&row, token);
	who_read("192.0.2.1", user_id, token, &who);
	assert_int_equal(who.kind, WHO_KEY);
	assert_string_equal(who.name, "b??ss");
	assert_int_equal(who.roles, ROLE_TOOL);
	who_read("h:0:0:1", user_id, token, &who); /* the address is what may be made up then */
	assert_int_equal(who.kind, WHO_KEY);
	who_read("192.0.2.1", user_id, other, &who);
	assert_int_equal(who.kind, WHO_UNPROVEN);
	assert_string_equal(who.key, "");
	who_read("192.0.2.1", user_id + WHO_TOKEN_ROOM, token, &who);
	assert_int_equal(who.kind, WHO_UNPROVEN);
	who_read("192.0.2.1", token, token, &who);
	assert_int_equal(who.kind, WHO_UNPROVEN);
	free(user_id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_local_peer_is_who_the_kernel_says_whatever_it_says_itself),
	        cmocka_unit_test(a_key_has_its_name_and_roles_from_the_list),
	        cmocka_unit_test(a_key_without_roles_is_no_tool),
	        cmocka_unit_test(what_is_not_proven_is_nobody),
	        cmocka_unit_test(only_who_has_the_handlers_word_is_a_keys_owner),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
