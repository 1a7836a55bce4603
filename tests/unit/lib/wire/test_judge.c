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
#include "lib/base/log.h"
#include "lib/wire/judge.h"
#include "lib/wire/loop.h"

static char folder[] = "/tmp/test-judge-XXXXXX";
static struct wire_limits limits = {1 << 20, 100};
static struct config_curve no_keys = {"", "", "", 0};

/* Two brokers in a thread. The first does what the submission's HELO says, the second has a verdict
 * for everything but "end", which ends both. */
struct server {
	struct wire *wire;
	struct loop *loop;
	struct wire_socket *sockets[2];
	pthread_t thread;
	int64_t begun_ms; /* of a message that is slow */
	struct wire_peer slow_peer;
	uint64_t slow_request;
	char slow_id[33];
	int was_dry, beats;
	char first_id[33];
};

static struct server server;
static char *endpoints[2];
static struct wire *wire;
static struct config_front front;
static struct judge *judge;

static void send_verdict(struct wire_socket *socket, const struct wire_peer *peer, uint64_t request,
        const char *id, uint32_t recipient, double score)
{
	Lz__Verdict verdict = LZ__VERDICT__INIT;
	Lz__Group group = LZ__GROUP__INIT, *groups = &group;

	verdict.message_id = (char *)id;
	verdict.groups = &groups;
	verdict.n_groups = 1;
	verdict.score = score;
	group.recipients = &recipient;
	group.n_recipients = 1;
	wire_send(socket, peer, MESSAGE_VERDICT, request, &verdict.base, NULL, NULL);
}

static void send_busy(
        struct wire_socket *socket, const struct wire_message *to, const char *id, const char *why)
{
	Lz__Busy busy = LZ__BUSY__INIT;

	busy.message_id = (char *)id;
	busy.why = (char *)why;
	wire_send(socket, &to->peer, MESSAGE_BUSY, to->request, &busy.base, NULL, NULL);
}

static void first_broker(const struct wire_message *message, const Lz__Submission *submission)
{
	struct wire_socket *socket = server.sockets[0];
	const char *how = submission->helo, *id = submission->message_id;

	if (!strcmp(how, "full") || !strcmp(how, "crash"))
		send_busy(socket, message, id, how);
	else if (!strcmp(how, "misfit"))
		send_verdict(socket, &message->peer, message->request, id, 7, 1);
	else if (!strcmp(how, "slow")) {
		server.begun_ms = clock_monotonic_ms();
		server.slow_peer = message->peer;
		server.slow_request = message->request;
		snprintf(server.slow_id, sizeof(server.slow_id), "%s", id);
	} else if (strcmp(how, "silent") != 0)
		send_verdict(socket, &message->peer, message->request, id, 0, 1);
}

/* "slow" is answered after two silences, with heartbeats in between; "silent" never. */
static void take_heartbeat(const struct wire_message *message)
{
	Lz__Heartbeat heartbeat = LZ__HEARTBEAT__INIT;

	if (!server.begun_ms || message->request != server.slow_request)
		return;
	server.beats++;
	wire_send(server.sockets[0], &message->peer, MESSAGE_HEARTBEAT, message->request,
	        &heartbeat.base, NULL, NULL);
	if (clock_monotonic_ms() - server.begun_ms > 2 * front.silence_ms)
		send_verdict(server.sockets[0], &server.slow_peer, server.slow_request,
		        server.slow_id, 0, 1);
}

static void take_submit(int broker, const struct wire_message *message)
{
	const Lz__Submission *submission = (const Lz__Submission *)message->envelope;

	server.was_dry = submission->dry_run;
	snprintf(server.first_id, sizeof(server.first_id), "%s", submission->message_id);
	if (!strcmp(submission->helo, "end"))
		loop_end(server.loop);
	else if (broker == 0)
		first_broker(message, submission);
	else
		send_verdict(server.sockets[1], &message->peer, message->request,
		        submission->message_id, 0, 2);
}

static void on_message(int broker)
{
	struct wire_message message;

	while (wire_receive(server.sockets[broker], &message, NULL) == RESULT_OK) {
		if (message.type == MESSAGE_SUBMIT)
			take_submit(broker, &message);
		else if (message.type == MESSAGE_HEARTBEAT)
			take_heartbeat(&message);
		wire_message_free(&message);
	}
}

static void on_first(void *context, unsigned events)
{
	on_message(0);
}

static void on_second(void *context, unsigned events)
{
	on_message(1);
}

static void *serve(void *context)
{
	loop_run(server.loop);
	return NULL;
}

static int group_setup(void **state)
{
	struct config_list one = {1, &endpoints[0]}, two = {1, &endpoints[1]};

	log_open("test", LOG_LEVEL_ERROR, 0);
	if (!mkdtemp(folder))
		return -1;
	endpoints[0] = alloc_format("ipc://%s/first", folder);
	endpoints[1] = alloc_format("ipc://%s/second", folder);
	assert_int_equal(wire_open(&no_keys, &server.wire, NULL), RESULT_OK);
	assert_int_equal(
	        wire_bind(server.wire, &one, &limits, &server.sockets[0], NULL), RESULT_OK);
	assert_int_equal(
	        wire_bind(server.wire, &two, &limits, &server.sockets[1], NULL), RESULT_OK);
	server.loop = loop_new(server.wire);
	loop_add_socket(server.loop, server.sockets[0], on_first, NULL);
	loop_add_socket(server.loop, server.sockets[1], on_second, NULL);
	front.brokers = (struct config_list){2, endpoints};
	front.silence_ms = 400;
	pthread_create(&server.thread, NULL, serve, NULL);
	return wire_open(&no_keys, &wire, NULL);
}

static void ask(const char *helo, int64_t deadline_ms, void *of)
{
	Lz__Submission *submission = alloc(sizeof(*submission));
	struct wire_body body;

	lz__submission__init(submission);
	submission->message_id = alloc_string("0123456789abcdef0123456789abcdef");
	submission->helo = alloc_string(helo);
	submission->recipients = alloc_zero(1, sizeof(*submission->recipients));
	submission->recipients[submission->n_recipients++] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(submission->recipients[0]);
	submission->recipients[0]->address = alloc_string("a@example.org");
	wire_body_copy("Subject: x\r\n\r\nbody\r\n", 20, &body);
	judge_ask(judge, &submission, &body, deadline_ms, of);
	assert_null(submission);
	assert_false(body.present);
}

static int group_teardown(void **state)
{
	struct judgement judgement;
	char command[100];

	assert_int_equal(judge_open(wire, &front, &judge, NULL), RESULT_OK);
	ask("end", 1000, NULL);
	judge_wait(judge, 2000, &judgement);
	pthread_join(server.thread, NULL);
	judge_close(&judge);
	wire_close(&wire);
	loop_free(&server.loop);
	wire_socket_close(&server.sockets[0]);
	wire_socket_close(&server.sockets[1]);
	wire_close(&server.wire);
	free(endpoints[0]);
	free(endpoints[1]);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static int teardown(void **state)
{
	judge_close(&judge);
	return 0;
}

static struct judgement answer(void)
{
	struct judgement judgement;

	assert_int_equal(judge_wait(judge, 5000, &judgement), RESULT_OK);
	return judgement;
}

/* Gives the score that tells which broker answered. */
static double answered_by(void)
{
	struct judgement judgement = answer();
	double score;

	if (judgement.result != RESULT_OK)
		fail_msg("%s", judgement.err.text);
	score = judgement.verdict->score;
	message_free(&judgement.verdict->base);
	return score;
}

/* Until both are connected, who is first is a matter of luck. */
static int setup(void **state)
{
	enum result result = judge_open(wire, &front, &judge, NULL);

	server.begun_ms = 0;
	do
		ask("fine", 5000, NULL);
	while (answered_by() != 1);
	return result;
}

static void a_dry_run_under_an_id_of_its_own_gets_its_verdict(void **state)
{
	char before[33];

	ask("fine", 5000, NULL);
	assert_true(answered_by() == 1);
	assert_true(server.was_dry);
	assert_string_not_equal(server.first_id, "0123456789abcdef0123456789abcdef");
	snprintf(before, sizeof(before), "%s", server.first_id);
	ask("fine", 5000, NULL);
	assert_true(answered_by() == 1);
	assert_string_not_equal(server.first_id, before);
}

static void several_are_asked_at_once_and_each_answer_is_its_own(void **state)
{
	static int marks[20];
	struct judgement judgement;
	size_t at;

	for (at = 0; at < 20; at++)
		ask(at % 2 ? "fine" : "full", 5000, &marks[at]);
	assert_int_equal(judge_count(judge), 20);
	for (at = 0; at < 20; at++) {
		judgement = answer();
		assert_int_equal(judgement.result, RESULT_OK);
		(*(int *)judgement.of)++;
		message_free(&judgement.verdict->base);
	}
	for (at = 0; at < 20; at++)
		assert_int_equal(marks[at], 1);
	assert_int_equal(judge_count(judge), 0);
}

static void a_busy_broker_and_a_silent_one_are_passed_over(void **state)
{
	ask("full", 5000, NULL);
	assert_true(answered_by() == 2);
	ask("silent", 5000, NULL);
	assert_true(answered_by() == 2);
}

static void a_broker_that_still_has_the_message_is_waited_for(void **state)
{
	server.beats = 0;
	ask("slow", 5000, NULL);
	assert_true(answered_by() == 1);
	assert_true(server.beats > 1);
}

static void a_message_that_scanners_die_of_is_not_taken_elsewhere(void **state)
{
	struct judgement judgement;

	ask("crash", 5000, NULL);
	judgement = answer();
	assert_int_equal(judgement.result, RESULT_PERMANENT);
	assert_non_null(strstr(judgement.err.text, "crash"));
}

static void a_verdict_that_does_not_fit_is_none(void **state)
{
	ask("misfit", 5000, NULL);
	assert_int_equal(answer().result, RESULT_PERMANENT);
}

static void without_any_broker_it_ends_in_time(void **state)
{
	char *nowhere = alloc_format("ipc://%s/nowhere", folder);
	struct config_front alone = {.brokers = {1, &nowhere}, .silence_ms = 200};
	struct judgement judgement;

	judge_close(&judge);
	assert_int_equal(judge_open(wire, &alone, &judge, NULL), RESULT_OK);
	ask("fine", 600, NULL);
	assert_int_equal(judge_wait(judge, 0, &judgement), RESULT_NONE);
	assert_int_equal(answer().result, RESULT_TEMPORARY);
	judge_close(&judge);
	free(nowhere);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_dry_run_under_an_id_of_its_own_gets_its_verdict),
	        TEST(several_are_asked_at_once_and_each_answer_is_its_own),
	        TEST(a_busy_broker_and_a_silent_one_are_passed_over),
	        TEST(a_broker_that_still_has_the_message_is_waited_for),
	        TEST(a_message_that_scanners_die_of_is_not_taken_elsewhere),
	        TEST(a_verdict_that_does_not_fit_is_none),
	        TEST(without_any_broker_it_ends_in_time),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
