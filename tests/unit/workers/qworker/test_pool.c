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
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "workers/qworker/pool.h"

enum { MOST = 8, SCANNERS = 2 };

/* A keeper and the supervisors that it would start are played by the tests. */
struct supervisor {
	int control;
	int scanners[SCANNERS];
};

static struct {
	struct config *config;
	struct loop *loop;
	struct loop_source *timer;
	struct pool *pool;
	int keeper;
	struct supervisor started[MOST];
	int count;
	int ready, failed, lost, changed;
} world;

static void on_ready(void *context, int first)
{
	world.ready++;
}

static void on_failed(void *context)
{
	world.failed++;
}

static void on_nothing(void *context)
{
}

static void on_changed(void *context)
{
	world.changed++;
}

static void on_answered(void *context, struct job *job, const struct pair_parcel *parcel)
{
}

static void on_lost(void *context, struct job *job, const struct death *death)
{
	world.lost++;
}

static void on_time(void *context, int64_t now_ms)
{
	loop_end(world.loop);
}

/* Lets the pool work, and takes what it asks its keeper for. */
static void turn(void)
{
	char text[PAIR_TEXT_ROOM];
	struct err err;
	int fd = -1;

	world.timer = loop_add_timer(world.loop, 150, on_time, NULL);
	loop_run(world.loop);
	loop_remove(&world.timer);
	while (pair_receive_fd(world.keeper, &fd, text, sizeof(text), &err) == RESULT_OK) {
		assert_string_equal(text, "start");
		assert_true(fd >= 0 && world.count < MOST);
		file_flags(fd, 1);
		world.started[world.count].control = fd;
		memset(world.started[world.count++].scanners, -1,
		        sizeof(world.started[0].scanners));
	}
}

static void say(int number, int fd, const char *text)
{
	struct err err;

	if (pair_send_fd(world.started[number].control, fd, text, &err))
		fail_msg("%s: %s", text, err.text);
}

static int heard(int number, const char *wanted)
{
	char text[PAIR_TEXT_ROOM];
	struct err err;
	int fd = -1;

	while (pair_receive_fd(world.started[number].control, &fd, text, sizeof(text), &err) ==
	        RESULT_OK)
		if (strcmp(text, wanted) == 0)
			return 1;
	return 0;
}

static void be_ready(int number)
{
	char text[64];
	int at, ends[2];
	struct err err;

	for (at = 0; at < SCANNERS; at++) {
		assert_int_equal(pair_new(ends, &err), RESULT_OK);
		snprintf(text, sizeof(text), "scanner %d %d", at, 1000 + at);
		say(number, ends[1], text);
		close(ends[1]);
		world.started[number].scanners[at] = ends[0];
	}
	say(number, -1, "engine 1700000000 test:1; 5 signatures");
	say(number, -1, "ready");
	turn();
}

/* The process is gone, and with it its scanners. */
static void end(int number)
{
	int at;

	for (at = 0; at < SCANNERS; at++)
		if (world.started[number].scanners[at] >= 0)
			close(world.started[number].scanners[at]);
	memset(world.started[number].scanners, -1, sizeof(world.started[0].scanners));
	if (world.started[number].control >= 0)
		close(world.started[number].control);
	world.started[number].control = -1;
	turn();
}

static struct job *give_job(void)
{
	static const char text[] = "Subject: x\r\n\r\nbody\r\n";
	static Lz__Job order;
	static Lz__Submission submission;
	static struct job job;
	struct err err;

	order = (Lz__Job)LZ__JOB__INIT;
	submission = (Lz__Submission)LZ__SUBMISSION__INIT;
	order.submission = &submission;
	memset(&job, 0, sizeof(job));
	job.order = &order;
	job.state = JOB_WAITING;
	wire_body_take(alloc_string(text), sizeof(text) - 1, &job.body);
	assert_int_equal(pool_give(world.pool, &job, &err), RESULT_OK);
	wire_body_free(&job.body);
	return &job;
}

static int setup(void **state)
{
	static const char text[] = "site: {name: a.example.org, admin: a@example.org}\n"
	                           "front: {next_hop: '127.0.0.1:10026'}\n";
	struct pool_events events = {on_ready, on_failed, on_nothing, on_answered, on_lost,
	        on_changed, on_nothing, NULL};
	struct err err;
	int ends[2];

	memset(&world, 0, sizeof(world));
	if (config_parse("t.yaml", text, strlen(text), &world.config, &err) || pair_new(ends, &err))
		return -1;
	file_flags(ends[0], 1);
	world.keeper = ends[0];
	world.loop = loop_new(NULL);
	world.pool = pool_new(world.config, world.loop, ends[1], &events);
	pool_renew(world.pool, 0);
	turn();
	return 0;
}

static int teardown(void **state)
{
	int number;

	pool_free(&world.pool);
	loop_free(&world.loop);
	for (number = 0; number < world.count; number++)
		if (world.started[number].control >= 0) {
			for (int at = 0; at < SCANNERS; at++)
				if (world.started[number].scanners[at] >= 0)
					close(world.started[number].scanners[at]);
			close(world.started[number].control);
		}
	close(world.keeper);
	config_free(&world.config);
	return 0;
}

static void a_new_generation_takes_over_and_the_old_one_is_told_to_end(void **state)
{
	struct pool_state told;

	be_ready(0);
	assert_int_equal(world.ready, 1);
	pool_renew(world.pool, 0);
	turn();
	assert_int_equal(world.count, 2);
	pool_state(world.pool, &told);
	assert_int_equal(told.generation, 1);
	be_ready(1);
	pool_state(world.pool, &told);
	assert_int_equal(told.generation, 2);
	assert_int_equal(told.scanners, SCANNERS);
	assert_string_equal(told.engine, "test:1; 5 signatures");
	assert_int_equal(told.signatures_s, 1700000000);
	assert_true(heard(0, "end"));
}

static void there_are_never_more_than_two_generations(void **state)
{
	be_ready(0);
	give_job(); /* a long one */
	pool_renew(world.pool, 0);
	turn();
	be_ready(1);
	pool_renew(world.pool, 0);
	pool_renew(world.pool, 0);
	turn();
	assert_int_equal(world.count, 2);
	assert_false(heard(0, "end")); /* it has the job still */
	end(0);
	assert_int_equal(world.lost, 1);
	turn();
	assert_int_equal(world.count, 3); /* and one for both that asked */
	be_ready(2);
	end(1);
	turn();
	assert_int_equal(world.count, 3);
}

static void a_generation_lives_until_its_process_has_ended(void **state)
{
	be_ready(0);
	pool_renew(world.pool, 0);
	turn();
	be_ready(1);
	pool_renew(world.pool, 0);
	turn();
	assert_int_equal(world.count, 2); /* told to end, but still there */
	end(0);
	turn();
	assert_int_equal(world.count, 3);
}

static void a_refused_generation_leaves_the_old_one_and_its_words(void **state)
{
	struct pool_state told;

	be_ready(0);
	pool_renew(world.pool, 77);
	turn();
	say(1, -1, "failed virus: test.ndb: Malformed database");
	end(1);
	pool_state(world.pool, &told);
	assert_int_equal(told.generation, 1);
	assert_int_equal(told.scanners, SCANNERS);
	assert_int_equal(told.refused, 2);
	assert_string_equal(told.error, "virus: test.ndb: Malformed database");
	assert_int_equal(told.answered, 77);
	assert_int_equal(world.failed, 0);
	pool_renew(world.pool, 78);
	turn();
	be_ready(2);
	pool_state(world.pool, &told);
	assert_int_equal(told.generation, 3);
	assert_int_equal(told.refused, 0);
	assert_string_equal(told.error, "");
	assert_int_equal(told.answered, 78);
}

static void a_request_that_two_brokers_tell_is_one(void **state)
{
	be_ready(0);
	pool_renew(world.pool, 5);
	pool_renew(world.pool, 5);
	turn();
	be_ready(1);
	end(0);
	turn();
	assert_int_equal(world.count, 2);
}

static void of_two_requests_that_cross_each_other_both_are_answered(void **state)
{
	struct pool_state told;

	be_ready(0);
	give_job(); /* so that there is no room for a third */
	pool_renew(world.pool, 0);
	turn();
	be_ready(1);
	pool_renew(world.pool, 12);
	pool_renew(world.pool, 11);
	end(0);
	turn();
	assert_int_equal(world.count, 3);
	be_ready(2);
	pool_state(world.pool, &told);
	assert_int_equal(told.answered, 12);
	end(1);
	turn();
	assert_int_equal(world.count, 3);
}

static void who_asks_while_one_starts_gets_one_that_starts_later(void **state)
{
	struct pool_state told;

	be_ready(0);
	pool_renew(world.pool, 0);
	turn();
	pool_renew(world.pool, 9);
	be_ready(1);
	pool_state(world.pool, &told);
	assert_int_equal(told.answered, 0);
	end(0);
	turn();
	assert_int_equal(world.count, 3);
	be_ready(2);
	pool_state(world.pool, &told);
	assert_int_equal(told.answered, 9);
}

static void a_change_while_one_starts_counts_only_if_that_one_fails(void **state)
{
	be_ready(0);
	say(0, -1, "stale");
	turn();
	assert_int_equal(world.count, 2);
	say(0, -1, "stale");
	turn();
	end(1);
	turn();
	assert_int_equal(world.count, 3);
	say(0, -1, "stale");
	turn();
	be_ready(2);
	end(0);
	turn();
	assert_int_equal(world.count, 3);
}

static void one_that_dies_is_replaced(void **state)
{
	struct pool_state told;

	be_ready(0);
	end(0);
	pool_state(world.pool, &told);
	assert_int_equal(told.generation, 0);
	for (int turns = 0; turns < 5; turns++)
		turn();
	assert_int_equal(world.count, 2);
	be_ready(1);
	assert_int_equal(world.ready, 2);
}

static void one_that_dies_while_another_starts_is_replaced_by_that(void **state)
{
	be_ready(0);
	pool_renew(world.pool, 0);
	turn();
	end(0);
	for (int turns = 0; turns < 5; turns++)
		turn();
	be_ready(1);
	for (int turns = 0; turns < 5; turns++)
		turn();
	assert_int_equal(world.count, 2);
}

static void when_the_first_fails_there_is_nothing_to_serve_with(void **state)
{
	say(0, -1, "failed no signatures");
	end(0);
	assert_int_equal(world.failed, 1);
	assert_true(world.changed > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_new_generation_takes_over_and_the_old_one_is_told_to_end),
	        TEST(there_are_never_more_than_two_generations),
	        TEST(a_generation_lives_until_its_process_has_ended),
	        TEST(a_refused_generation_leaves_the_old_one_and_its_words),
	        TEST(a_request_that_two_brokers_tell_is_one),
	        TEST(of_two_requests_that_cross_each_other_both_are_answered),
	        TEST(who_asks_while_one_starts_gets_one_that_starts_later),
	        TEST(a_change_while_one_starts_counts_only_if_that_one_fails),
	        TEST(one_that_dies_is_replaced),
	        TEST(one_that_dies_while_another_starts_is_replaced_by_that),
	        TEST(when_the_first_fails_there_is_nothing_to_serve_with),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
