#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "workers/qworker/pool.h"

/* The test is keeper, supervisor and scanners of one generation. */
static struct config config = {.workers = {.scanners = 2, .timeout_ms = 60000}};
static struct loop *loop;
static struct pool *pool;
static struct jobs jobs;
static int keeper, control;
static int scanners[4]; /* their ends; -1: none, or closed */

static struct {
	unsigned lost, answered, idle;
	char why[16], stage[16];
	int part, core;
	struct job *job;
} heard;

static void ready(void *context, int first)
{
}

static void failed(void *context)
{
}

static void idle(void *context)
{
	heard.idle++;
}

static void answered(void *context, struct job *job, const struct pair_parcel *parcel)
{
	heard.answered++;
	heard.job = job;
}

static void lost(void *context, struct job *job, const struct death *death)
{
	heard.lost++;
	heard.job = job;
	heard.part = death->part;
	heard.core = death->core >= 0;
	snprintf(heard.why, sizeof(heard.why), "%s", death->why);
	snprintf(heard.stage, sizeof(heard.stage), "%s", death->stage);
}

static void changed(void *context)
{
}

static void stop(void *context, int64_t now_ms)
{
	loop_end(loop);
}

static void turn(int64_t ms)
{
	struct loop_source *timer = loop_add_timer(loop, ms, stop, NULL);

	loop_run(loop);
	loop_remove(&timer);
}

static void say(const char *text)
{
	assert_int_equal(pair_send_fd(control, -1, text, NULL), RESULT_OK);
}

/* A scanner of that slot, whose pid is 100 and the slot. */
static void begin_scanner(int slot)
{
	char text[32];
	int ends[2];

	snprintf(text, sizeof(text), "scanner %d %d", slot, 100 + slot);
	assert_int_equal(pair_new(ends, NULL), RESULT_OK);
	assert_int_equal(pair_send_fd(control, ends[0], text, NULL), RESULT_OK);
	close(ends[0]);
	file_flags(ends[1], 1);
	scanners[slot] = ends[1];
}

static void die(int slot)
{
	close(scanners[slot]);
	scanners[slot] = -1;
}

static int begin(void **state)
{
	static const struct pool_events events = {.ready = ready,
	        .failed = failed,
	        .idle = idle,
	        .answered = answered,
	        .lost = lost,
	        .changed = changed};
	char text[32];
	int ends[2];

	memset(&heard, 0, sizeof(heard));
	memset(scanners, -1, sizeof(scanners));
	loop = loop_new(NULL);
	assert_int_equal(pair_new(ends, NULL), RESULT_OK);
	keeper = ends[1];
	pool = pool_new(&config, loop, ends[0], &events);
	pool_renew(pool, 0);
	assert_int_equal(pair_receive_fd(keeper, &control, text, sizeof(text), NULL), RESULT_OK);
	begin_scanner(0);
	begin_scanner(1);
	say("ready");
	turn(20);
	return 0;
}

static int end(void **state)
{
	size_t slot;

	pool_free(&pool);
	loop_free(&loop);
	jobs_fini(&jobs);
	for (slot = 0; slot < 4; slot++)
		if (scanners[slot] >= 0)
			close(scanners[slot]);
	close(control);
	close(keeper);
	return 0;
}

static struct job *message(int singly)
{
	struct wire_message message = {.type = MESSAGE_JOB};
	Lz__Job *order = alloc(sizeof(*order));

	lz__job__init(order);
	order->singly = singly;
	order->submission = alloc(sizeof(*order->submission));
	lz__submission__init(order->submission);
	message.envelope = &order->base;
	wire_body_copy("body", 4, &message.body);
	return jobs_add(&jobs, 0, 0, &message, loop_now_ms(loop));
}

/* The slot that has a parcel, and its kind; -1: none. */
static int who_has_work(uint32_t *kind)
{
	struct pair_parcel parcel;
	struct err err;
	int slot;

	for (slot = 0; slot < 4; slot++) {
		if (scanners[slot] < 0 ||
		        pair_receive(scanners[slot], 1 << 20, &parcel, &err) != RESULT_OK)
			continue;
		*kind = parcel.kind;
		pair_parcel_free(&parcel);
		return slot;
	}
	return -1;
}

static int is_closed(int slot)
{
	struct pair_parcel parcel;
	struct err err;

	return pair_receive(scanners[slot], 1 << 20, &parcel, &err) == RESULT_PERMANENT;
}

/* Hands out a job; gives the slot that has it. */
static int give(struct job *job, uint32_t wanted)
{
	uint32_t kind = 0;
	int slot;

	assert_int_equal(pool_give(pool, job, NULL), RESULT_OK);
	slot = who_has_work(&kind);
	assert_true(slot >= 0);
	assert_int_equal(kind, wanted);
	return slot;
}

static void answer(int slot, uint32_t kind)
{
	assert_int_equal(pair_send(scanners[slot], kind, "", 0, NULL, 0, NULL), RESULT_OK);
	turn(20);
}

static void say_died(int slot, const char *rest)
{
	char text[64];

	snprintf(text, sizeof(text), "died %d %s", 100 + slot, rest);
	say(text);
	turn(20);
}

static void a_death_is_told_with_what_its_supervisor_says(void **state)
{
	struct job *job = message(0);
	int slot = give(job, PAIR_SCAN);

	die(slot);
	turn(20);
	assert_int_equal(heard.lost, 0);
	say_died(slot, "memory virus 3 9 -");
	assert_int_equal(heard.lost, 1);
	assert_ptr_equal(heard.job, job);
	assert_string_equal(heard.why, "memory");
	assert_string_equal(heard.stage, "virus");
	assert_int_equal(heard.part, 3);
	assert_false(heard.core);
}

static void a_word_that_comes_first_waits_for_the_end(void **state)
{
	int slot = give(message(0), PAIR_SCAN);

	say_died(slot, "timeout map -1 9 -");
	assert_int_equal(heard.lost, 0);
	die(slot);
	turn(20);
	assert_int_equal(heard.lost, 1);
	assert_string_equal(heard.why, "timeout");
}

static void an_answer_before_the_death_is_an_answer(void **state)
{
	int slot = give(message(0), PAIR_SCAN);

	answer(slot, PAIR_RESULT);
	assert_int_equal(heard.answered, 1);
	die(slot);
	say_died(slot, "crash none -1 11 -");
	assert_int_equal(heard.lost, 0);
}

static void without_a_word_it_was_a_crash_after_a_while(void **state)
{
	int64_t start_ms = clock_monotonic_ms();
	int slot = give(message(0), PAIR_SCAN);

	die(slot);
	turn(1000);
	assert_int_equal(heard.lost, 0);
	while (!heard.lost && clock_monotonic_ms() - start_ms < 10000)
		turn(100);
	assert_int_equal(heard.lost, 1);
	assert_string_equal(heard.why, "crash");
	assert_int_equal(heard.part, DEATH_NO_PART);
}

static void without_a_supervisor_nobody_is_waited_for(void **state)
{
	int one = give(message(0), PAIR_SCAN), two = give(message(0), PAIR_SCAN);

	die(one);
	turn(20);
	assert_int_equal(heard.lost, 0);
	close(control);
	control = -1;
	turn(20);
	assert_int_equal(heard.lost, 1);
	die(two);
	turn(20);
	assert_int_equal(heard.lost, 2);
	assert_string_equal(heard.why, "crash");
}

/* It is told to be killed; its answer is here before that. */
static void who_answers_late_gets_no_other_message(void **state)
{
	int64_t start_ms = clock_monotonic_ms();
	char text[32] = "";
	int fd = -1, slot;

	config.workers.timeout_ms = 50;
	slot = give(message(0), PAIR_SCAN);
	config.workers.timeout_ms = 60000;
	file_flags(control, 1);
	while (pair_receive_fd(control, &fd, text, sizeof(text), NULL) != RESULT_OK &&
	        clock_monotonic_ms() - start_ms < 10000)
		turn(50);
	assert_true(strncmp(text, "late ", 5) == 0);
	answer(slot, PAIR_RESULT);
	assert_int_equal(heard.answered, 1);
	assert_int_not_equal(give(message(0), PAIR_SCAN), slot);
	assert_true(is_closed(slot));
	assert_int_equal(pool_give(pool, message(0), NULL), RESULT_NONE);
}

static void a_death_that_a_stranger_died_is_nobodys(void **state)
{
	int slot = give(message(0), PAIR_SCAN);

	say_died(3, "memory virus 3 9 -");
	die(slot);
	turn(20);
	assert_int_equal(heard.lost, 0);
}

static void a_probe_is_the_only_job_of_its_scanner(void **state)
{
	struct job *job = message(1);
	int slot = give(job, PAIR_PROBE);

	answer(slot, PAIR_PROBED);
	assert_int_equal(heard.answered, 1);
	assert_ptr_equal(heard.job, job);
	assert_true(is_closed(slot));
	assert_false(is_closed(!slot));
}

static void a_probe_that_is_answered_with_a_verdict_is_lost(void **state)
{
	int slot = give(message(1), PAIR_PROBE);

	answer(slot, PAIR_RESULT);
	assert_int_equal(heard.answered, 0);
	assert_int_equal(heard.lost, 1);
	assert_string_equal(heard.why, "crash");
}

static void for_a_probe_a_used_scanner_is_replaced_and_only_one(void **state)
{
	int one = give(message(0), PAIR_SCAN), two = give(message(0), PAIR_SCAN);
	struct job *probe = message(1);

	answer(one, PAIR_RESULT);
	answer(two, PAIR_RESULT);
	assert_int_equal(pool_give(pool, probe, NULL), RESULT_NONE);
	assert_int_equal(pool_give(pool, probe, NULL), RESULT_NONE);
	assert_int_equal(is_closed(one) + is_closed(two), 1);
	begin_scanner(2);
	turn(20);
	assert_int_equal(give(probe, PAIR_PROBE), 2);
}

static void other_mail_does_not_wait_for_a_fresh_scanner(void **state)
{
	int one = give(message(0), PAIR_SCAN), two = give(message(0), PAIR_SCAN);

	answer(one, PAIR_RESULT);
	answer(two, PAIR_RESULT);
	assert_int_equal(pool_give(pool, message(1), NULL), RESULT_NONE);
	give(message(0), PAIR_SCAN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_death_is_told_with_what_its_supervisor_says),
	        TEST(a_word_that_comes_first_waits_for_the_end),
	        TEST(an_answer_before_the_death_is_an_answer),
	        TEST(without_a_word_it_was_a_crash_after_a_while),
	        TEST(without_a_supervisor_nobody_is_waited_for),
	        TEST(who_answers_late_gets_no_other_message),
	        TEST(a_death_that_a_stranger_died_is_nobodys),
	        TEST(a_probe_is_the_only_job_of_its_scanner),
	        TEST(a_probe_that_is_answered_with_a_verdict_is_lost),
	        TEST(for_a_probe_a_used_scanner_is_replaced_and_only_one),
	        TEST(other_mail_does_not_wait_for_a_fresh_scanner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
