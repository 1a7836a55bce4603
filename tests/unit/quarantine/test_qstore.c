#include "tests/unit/quarantine/fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "quarantine/key.h"
#include "quarantine/qstore.h"
#include "quarantine/record.h"

enum { WRITERS = 8, ANSWER_MS = 5000, BODY = 20000 };

static char folder[32], endpoint[64], path[48], model[48];
static char *endpoints[1] = {endpoint};
static struct config config;
static pid_t server;
static struct wire *wire;

static void set_up_config(void)
{
	snprintf(folder, sizeof(folder), "/tmp/lazaret-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/db", folder);
	snprintf(endpoint, sizeof(endpoint), "ipc://%s/store.ipc", folder);
	config.curve.secret_key = config.curve.allowed_keys = config.curve.server_keys = "";
	config.notifier.request_address = "";
	snprintf(model, sizeof(model), "%s/model", folder);
	config.quarantine.path = path;
	config.spam.model.path = model;
	config.quarantine.listen = (struct config_list){1, endpoints};
	config.quarantine.map_size = FIXTURE_MAP;
	config.quarantine.reserve = FIXTURE_MAP / 8;
	config.quarantine.max_item_size = 1024 * 1024;
	config.quarantine.commit_delay_ms = 2;
	config.quarantine.confirm_timeout_ms = HOUR_MS;
	config.quarantine.lease_ms = 60 * 1000;
}

/* In a process of its own, made before this one has a wire. */
static void serve(void)
{
	struct qstore *qstore;
	struct wire *own;
	struct err err;

	log_open("qstore", LOG_LEVEL_ERROR, 0);
	if (wire_open(&config.curve, &own, &err) || qstore_open(&config, own, &qstore, &err) ||
	        qstore_run(qstore, &err))
		_exit(1);
	qstore_close(&qstore);
	wire_close(&own);
	_exit(0);
}

/* Signals wait from before there is a child: one may be told to stop at once. */
static void start_server(void)
{
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	server = fork();
	if (!server)
		serve();
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void stop_server(int signal_number, int wanted_exit)
{
	int status;

	kill(server, signal_number);
	waitpid(server, &status, 0);
	if (wanted_exit < 0)
		assert_true(WIFSIGNALED(status));
	else
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == wanted_exit);
}

static struct wire_socket *client(void)
{
	struct wire_limits limits = {.max_bytes = 4 * 1024 * 1024, .high_water = 16};
	Lz__Show request = LZ__SHOW__INIT;
	struct wire_socket *socket;
	struct wire_message answer;
	struct err err;

	assert_int_equal(wire_connect(wire, endpoint, &limits, &socket, &err), RESULT_OK);
	request.id = (char *)"0000000000000000";
	assert_int_equal(wire_ask(socket, MESSAGE_SHOW, &request.base, ANSWER_MS, &answer, &err),
	        RESULT_NONE);
	return socket;
}

static void names(uint64_t number, char id[17], char message[33])
{
	snprintf(id, 17, "%016llu", (unsigned long long)number);
	snprintf(message, 33, "%032llu", (unsigned long long)number);
}

static void send_store(struct wire_socket *socket, uint64_t number)
{
	Lz__Store request = LZ__STORE__INIT;
	struct wire_body body = {0};
	char id[17], message[33], bytes[BODY];
	struct err err;
	Lz__Item *item;

	names(number, id, message);
	memset(bytes, (int)(number % 251), sizeof(bytes));
	memcpy(bytes, id, sizeof(id));
	item = new_item(id, message, "r@example.com");
	item->size = BODY;
	request.message_id = message;
	request.items = &item;
	request.n_items = 1;
	wire_body_copy(bytes, sizeof(bytes), &body);
	if (wire_send(socket, NULL, MESSAGE_STORE, number, &request.base, &body, &err))
		wire_body_free(&body);
	message_free((ProtobufCMessage *)item);
}

/* One answer, or RESULT_NONE after its time. */
static enum result receive(struct wire_socket *socket, struct wire_message *out, int wait_ms)
{
	int64_t until_ms = clock_monotonic_ms() + wait_ms;
	enum result result;
	struct err err;

	while ((result = wire_receive(socket, out, &err)) == RESULT_NONE &&
	        clock_monotonic_ms() < until_ms)
		usleep(1000);
	return result;
}

static void expect_stored(struct wire_socket *socket, uint64_t number)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	struct wire_message answer;
	char id[17], message[33];
	struct err err;

	names(number, id, message);
	request.id = id;
	if (wire_ask(socket, MESSAGE_FETCH, &request.base, ANSWER_MS, &answer, &err))
		fail_msg("item %s was acknowledged: %s", id, err.text);
	assert_int_equal(wire_body_size(&answer.body), BODY);
	assert_memory_equal(wire_body_data(&answer.body), id, sizeof(id));
	wire_message_free(&answer);
}

static void many_writers_are_all_answered(void **state)
{
	struct wire_socket *sockets[WRITERS];
	struct wire_message answer;
	uint64_t at;

	for (at = 0; at < WRITERS; at++)
		sockets[at] = client();
	for (at = 0; at < WRITERS; at++)
		send_store(sockets[at], 1000 + at);
	for (at = 0; at < WRITERS; at++) {
		assert_int_equal(receive(sockets[at], &answer, ANSWER_MS), RESULT_OK);
		assert_int_equal(answer.type, MESSAGE_STORED);
		assert_int_equal(answer.request, 1000 + at);
		wire_message_free(&answer);
		expect_stored(sockets[at], 1000 + at);
		wire_socket_close(&sockets[at]);
	}
}

static void what_the_quarantine_does_not_answer_is_refused(void **state)
{
	struct wire_socket *socket = client();
	Lz__Heartbeat request = LZ__HEARTBEAT__INIT;
	struct wire_message answer;
	struct err err;

	assert_int_equal(
	        wire_ask(socket, MESSAGE_HEARTBEAT, &request.base, ANSWER_MS, &answer, &err),
	        RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "HEARTBEAT"));
	wire_socket_close(&socket);
}

/* Keeps `WRITERS` stores on their way until the server is gone; gives how many were answered. */
static size_t store_until_killed(struct wire_socket *socket, uint64_t *number,
        uint64_t *acknowledged, size_t most, int delay_ms)
{
	int64_t until_ms = clock_monotonic_ms() + delay_ms;
	struct wire_message answer;
	size_t count = 0;
	int killed = 0;
	uint64_t at;

	for (at = 0; at < WRITERS; at++)
		send_store(socket, (*number)++);
	while (count < most && receive(socket, &answer, killed ? 100 : 1000) == RESULT_OK) {
		if (answer.type == MESSAGE_STORED)
			acknowledged[count++] = answer.request;
		wire_message_free(&answer);
		if (!killed)
			send_store(socket, (*number)++);
		if (!killed && count > WRITERS && clock_monotonic_ms() >= until_ms) {
			stop_server(SIGKILL, -1);
			killed = 1;
		}
	}
	assert_true(killed);
	return count;
}

static void what_was_answered_is_there_after_kill_9(void **state)
{
	enum { ROUNDS = 3, MOST = 20000 };
	uint64_t *acknowledged = alloc_zero(MOST, sizeof(*acknowledged)), number = 5000;
	struct wire_socket *socket;
	size_t count, at;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		socket = client();
		count = store_until_killed(socket, &number, acknowledged, MOST, 40 + 30 * round);
		wire_socket_close(&socket);
		assert_true(count > WRITERS);
		/* fork() beside a ZeroMQ context is not allowed: this process gives its own up. */
		wire_close(&wire);
		start_server();
		assert_int_equal(wire_open(&config.curve, &wire, NULL), RESULT_OK);
		socket = client();
		for (at = 0; at < count; at++)
			expect_stored(socket, acknowledged[at]);
		wire_socket_close(&socket);
	}
	free(acknowledged);
}

/* Behind the store's back: as one of the schema before, without the index of terms. */
static void forget_index(void)
{
	struct backend_options options = {.path = path, .size = FIXTURE_MAP};
	struct backend_key name = key_text("schema"), terms = key_text("terms"), key;
	struct backend *backend;
	struct backend_txn *txn;
	struct err err;

	assert_int_equal(backend_lmdb.open(&options, &backend, &err), RESULT_OK);
	assert_int_equal(backend_lmdb.begin(backend, BACKEND_WRITE, &txn, &err), RESULT_OK);
	number_put(txn, TABLE_META, &name, 1, &err);
	number_put(txn, TABLE_META, &terms, 0, &err);
	for (key = key_bytes("", 1);
	        !backend_step(txn, TABLE_BY_TERM, BACKEND_AFTER, &key, NULL, &err);)
		assert_int_equal(backend_drop(txn, TABLE_BY_TERM, &key, &err), RESULT_OK);
	assert_int_equal(backend_lmdb.commit(&txn, &err), RESULT_OK);
	backend_lmdb.close(&backend);
}

static int is_indexed(void)
{
	struct fixture f = {.options.backend = {.path = path, .size = FIXTURE_MAP}};
	int indexed;

	fixture_open(&f);
	indexed = store_is_indexed(f.store);
	fixture_verify(&f);
	store_close(&f.store);
	return indexed;
}

static void a_store_from_before_gets_its_index_while_it_serves(void **state)
{
	unsigned seconds;

	wire_close(&wire);
	stop_server(SIGTERM, 0);
	forget_index();
	assert_false(is_indexed());
	for (seconds = 1; seconds < 60 && !is_indexed(); seconds *= 2) {
		struct wire_socket *socket;

		start_server();
		assert_int_equal(wire_open(&config.curve, &wire, NULL), RESULT_OK);
		socket = client();
		send_store(socket, seconds);
		wire_socket_close(&socket);
		sleep(seconds);
		wire_close(&wire);
		stop_server(SIGTERM, 0);
	}
	assert_true(is_indexed());
	start_server();
	assert_int_equal(wire_open(&config.curve, &wire, NULL), RESULT_OK);
}

static int set_up(void **state)
{
	set_up_config();
	start_server();
	return wire_open(&config.curve, &wire, NULL) != RESULT_OK;
}

static int tear_down(void **state)
{
	struct store_report report = {0};
	struct fixture f = {.options.backend = {.path = path, .size = FIXTURE_MAP}};
	int bad;

	wire_close(&wire);
	stop_server(SIGTERM, 0);
	fixture_open(&f);
	bad = store_verify(f.store, &report, &f.err) || report.problems || !report.items;
	snprintf(f.path, sizeof(f.path), "%s", path);
	fixture_free(&f);
	unlink(endpoint + strlen("ipc://"));
	rmdir(folder);
	return bad;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(many_writers_are_all_answered),
	        cmocka_unit_test(what_the_quarantine_does_not_answer_is_refused),
	        cmocka_unit_test(what_was_answered_is_there_after_kill_9),
	        cmocka_unit_test(a_store_from_before_gets_its_index_while_it_serves),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
