#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "workers/qworker/order.h"

static struct jobs jobs;
static struct job *job;
static Lz__ScanOrder *order;

static void begin(int singly)
{
	struct wire_message message = {.type = MESSAGE_JOB};
	Lz__Job *envelope = alloc(sizeof(*envelope));

	lz__job__init(envelope);
	envelope->submission = alloc(sizeof(*envelope->submission));
	lz__submission__init(envelope->submission);
	envelope->submission->recipients = alloc_zero(1, sizeof(Lz__Recipient *));
	envelope->submission->recipients[0] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(envelope->submission->recipients[0]);
	envelope->submission->recipients[0]->address = alloc_string("a@example.org");
	envelope->submission->n_recipients = 1;
	envelope->submission->message_id = alloc_string("0123456789abcdef0123456789abcdef");
	envelope->submission->size = 4;
	envelope->submission->deadline_ms = 5000;
	envelope->singly = singly;
	message.envelope = &envelope->base;
	wire_body_copy("body", 4, &message.body);
	job = jobs_add(&jobs, 0, 0, &message, 0);
}

static int end(void **state)
{
	message_free(order ? &order->base : NULL);
	order = NULL;
	jobs_fini(&jobs);
	return 0;
}

/* As a scanner reads it. */
static enum pair_kind make(int64_t time_ms)
{
	struct buf out = {0};
	enum pair_kind kind = order_make(job, time_ms, &out);
	ProtobufCMessage *message;
	struct err err;

	message_free(order ? &order->base : NULL);
	if (message_unpack(MESSAGE_SCAN_ORDER, out.data, out.size, 4, &message, &err))
		fail_msg("%s", err.text);
	order = (Lz__ScanOrder *)message;
	buf_fini(&out);
	return kind;
}

static void a_message_is_ordered_whole_with_the_time_that_it_came_with(void **state)
{
	begin(0);
	assert_int_equal(make(1000), PAIR_SCAN);
	assert_int_equal(order->submission->deadline_ms, 5000);
	assert_int_equal(order->n_bad, 0);
	assert_int_equal(order_answer(job), PAIR_RESULT);
}

static void a_probe_of_no_part_comes_first_and_stops_before_it_is_killed(void **state)
{
	begin(1);
	assert_int_equal(make(1000), PAIR_PROBE);
	assert_int_equal(order->from, order->to);
	assert_int_equal(order->submission->deadline_ms, 750);
	assert_int_equal(job->order->submission->deadline_ms, 5000);
	assert_int_equal(order_answer(job), PAIR_PROBED);
	make(0);
	assert_int_equal(order->submission->deadline_ms, 1); /* 0 would be all the time there is */
}

static void the_rest_names_what_is_left_out_and_why(void **state)
{
	begin(1);
	singly_counted(job->singly, 3);
	assert_int_equal(make(1000), PAIR_PROBE);
	assert_int_equal(order->from, 0);
	assert_int_equal(order->to, 1);
	singly_lived(job->singly);
	singly_died(job->singly, "crash");
	singly_died(job->singly, "memory");
	assert_int_equal(make(1000), PAIR_SCAN);
	assert_int_equal(order->n_bad, 2);
	assert_int_equal(order->bad[0]->part, 1);
	assert_string_equal(order->bad[0]->why, "crash");
	assert_int_equal(order->bad[1]->part, 2);
	assert_string_equal(order->bad[1]->why, "memory");
	assert_int_equal(order_answer(job), PAIR_RESULT);
}

static void a_decision_without_a_look_says_why(void **state)
{
	begin(1);
	singly_died(job->singly, "timeout");
	assert_int_equal(make(1000), PAIR_UNSCANNED);
	assert_string_equal(order->why, "timeout");
	assert_int_equal(order_answer(job), PAIR_RESULT);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_message_is_ordered_whole_with_the_time_that_it_came_with),
	        TEST(a_probe_of_no_part_comes_first_and_stops_before_it_is_killed),
	        TEST(the_rest_names_what_is_left_out_and_why),
	        TEST(a_decision_without_a_look_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
