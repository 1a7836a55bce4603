/* The whole broker in a process of its own, with a front and a worker over real sockets. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/broker.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/wire/wire.h"

enum { WAIT_MS = 5000, SIZE = 100000 };

static char folder[] = "/tmp/test-broker-XXXXXX";
static struct config config;
static struct wire_limits limits = {1 << 24, 100};
static char *front_endpoint, *worker_endpoint;
static pid_t pid;
static struct wire *wire;
static struct wire_socket *front, *worker;

static void serve(void)
{
	struct wire *own;
	struct broker *broker;
	struct err err;

	if (wire_open(&config.curve, &own, &err) || broker_open(&config, own, &broker, &err))
		_exit(1);
	broker_run(broker);
	broker_close(&broker);
	wire_close(&own);
	_exit(0);
}

static int setup(void **state)
{
	log_open("test", LOG_LEVEL_ERROR, 0);
	if (!mkdtemp(folder))
		return -1;
	front_endpoint = alloc_format("ipc://%s/front", folder);
	worker_endpoint = alloc_format("ipc://%s/worker", folder);
	config.curve = (struct config_curve){"", "", "", 0};
	config.broker.fronts = (struct config_list){1, &front_endpoint};
	config.broker.workers = (struct config_list){1, &worker_endpoint};
	config.broker.max_messages = 10;
	config.broker.max_bytes = 1 << 24;
	config.broker.heartbeat_ms = 100;
	config.broker.silence_ms = 60000;
	config.broker.attempts = 2;
	config.broker.drain_ms = WAIT_MS;
	pid = fork(); /* before there is any context here */
	if (pid == 0)
		serve();
	if (wire_open(&config.curve, &wire, NULL) != RESULT_OK)
		return -1;
	return wire_connect(wire, front_endpoint, &limits, &front, NULL) ||
	       wire_connect(wire, worker_endpoint, &limits, &worker, NULL);
}

static int teardown(void **state)
{
	char command[100];

	wire_socket_close(&front);
	wire_socket_close(&worker);
	wire_close(&wire);
	free(front_endpoint);
	free(worker_endpoint);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void send_soon(struct wire_socket *socket, enum message_type type, uint64_t request,
        const ProtobufCMessage *envelope, struct wire_body *body)
{
	int64_t until_ms = clock_monotonic_ms() + WAIT_MS;
	struct err err;

	while (wire_send(socket, NULL, type, request, envelope, body, &err) != RESULT_OK) {
		if (clock_monotonic_ms() > until_ms)
			fail_msg("%s", err.text);
		usleep(2000);
	}
}

/* The next message that is no heartbeat. */
static struct wire_message hear(struct wire_socket *socket, enum message_type type)
{
	int64_t until_ms = clock_monotonic_ms() + WAIT_MS;
	struct wire_message message;
	struct err err = {""};
	enum result result;

	for (;;) {
		result = wire_receive(socket, &message, &err);
		if (result == RESULT_OK && message.type != MESSAGE_HEARTBEAT)
			break;
		wire_message_free(&message);
		if (clock_monotonic_ms() > until_ms)
			fail_msg("no %s: %s", message_info(type)->name, err.text);
		if (result != RESULT_OK)
			usleep(2000);
	}
	assert_int_equal(message.type, type);
	return message;
}

static void say_ready(void)
{
	Lz__Ready ready = LZ__READY__INIT;

	ready.worker = "here";
	ready.credit = 2;
	send_soon(worker, MESSAGE_READY, 1, &ready.base, NULL);
}

static void say_submit(uint64_t request)
{
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	Lz__Recipient recipient = LZ__RECIPIENT__INIT, *list = &recipient;
	struct wire_body body;

	recipient.address = "a@example.org";
	submission.message_id = "0123456789abcdef0123456789abcdef";
	submission.recipients = &list;
	submission.n_recipients = 1;
	submission.size = SIZE;
	submission.deadline_ms = 60000;
	wire_body_take(alloc_zero(1, SIZE), SIZE, &body);
	send_soon(front, MESSAGE_SUBMIT, request, &submission.base, &body);
}

static void say_done(const Lz__Job *job)
{
	Lz__Done done = LZ__DONE__INIT;
	Lz__Verdict verdict = LZ__VERDICT__INIT;
	Lz__Group group = LZ__GROUP__INIT, *groups = &group;
	uint32_t recipient = 0;

	group.recipients = &recipient;
	group.n_recipients = 1;
	verdict.message_id = job->submission->message_id;
	verdict.groups = &groups;
	verdict.n_groups = 1;
	done.job = job->job;
	done.attempt = job->attempt;
	done.verdict = &verdict;
	send_soon(worker, MESSAGE_DONE, 0, &done.base, NULL);
}

static void a_message_crosses_the_broker_and_comes_back_as_a_verdict(void **state)
{
	struct wire_message job, verdict;

	say_ready();
	say_submit(17);
	job = hear(worker, MESSAGE_JOB);
	assert_int_equal(wire_body_size(&job.body), SIZE);
	say_done((const Lz__Job *)job.envelope);
	verdict = hear(front, MESSAGE_VERDICT);
	assert_int_equal(verdict.request, 17);
	wire_message_free(&job);
	wire_message_free(&verdict);
}

static void the_status_is_told_to_who_asks(void **state)
{
	Lz__BrokerStatusRequest request = LZ__BROKER_STATUS_REQUEST__INIT;
	struct wire_message answer;
	const Lz__BrokerStatus *status;

	assert_int_equal(wire_ask(front, MESSAGE_BROKER_STATUS_REQUEST, &request.base, WAIT_MS,
	                         &answer, NULL),
	        RESULT_OK);
	status = (const Lz__BrokerStatus *)answer.envelope;
	assert_int_equal(status->n_workers, 1);
	assert_non_null(strstr(status->workers[0], "here"));
	wire_message_free(&answer);
}

static void a_signal_drains_it(void **state)
{
	struct wire_message job, verdict, goodbye;
	int status;

	say_submit(18);
	job = hear(worker, MESSAGE_JOB);
	kill(pid, SIGTERM);
	usleep(100000);
	say_submit(19); /* the same message again: it is in hand, so this asks for its answer */
	the_status_is_told_to_who_asks(state); /* behind it, so that it has been read */
	say_done((const Lz__Job *)job.envelope);
	verdict = hear(front, MESSAGE_VERDICT);
	assert_int_equal(verdict.request, 19);
	goodbye = hear(worker, MESSAGE_GOODBYE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	wire_message_free(&job);
	wire_message_free(&verdict);
	wire_message_free(&goodbye);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_message_crosses_the_broker_and_comes_back_as_a_verdict),
	        cmocka_unit_test(the_status_is_told_to_who_asks),
	        cmocka_unit_test(a_signal_drains_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
