/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/wire/loop.h"

struct world {
	struct loop *loop;
	struct loop_source *one;
	struct loop_source *other;
	int ends[2];
	int ones;
	int others;
	int ticks;
	int signal_number;
	unsigned events;
};

static int setup(void **state)
{
	static struct world world;

	world = (struct world){0};
	world.loop = loop_new(NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, world.ends), 0);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	loop_free(&world->loop);
	close(world->ends[0]);
	if (world->ends[1] >= 0)
		close(world->ends[1]);
	return 0;
}

static void end_tick(void *context, int64_t now_ms)
{
	struct world *world = context;

	loop_end(world->loop);
}

static void run_for(struct world *world, int64_t time_ms)
{
	struct loop_source *timer = loop_add_timer(world->loop, time_ms, end_tick, world);

	loop_run(world->loop);
	loop_remove(&timer);
}

static void count_tick(void *context, int64_t now_ms)
{
	struct world *world = context;

	world->ticks++;
}

static void a_timer_ticks_again_and_again(void **state)
{
	struct world *world = *state;

	loop_add_timer(world->loop, 10, count_tick, world);
	run_for(world, 105);
	assert_in_range(world->ticks, 3, 11);
}

static void slow_tick(void *context, int64_t now_ms)
{
	struct world *world = context;

	world->ticks++;
	usleep(60000);
}

static void a_timer_that_was_late_is_not_made_up_for(void **state)
{
	struct world *world = *state;

	loop_add_timer(world->loop, 10, slow_tick, world);
	run_for(world, 100);
	assert_in_range(world->ticks, 1, 3);
}

static void remove_self_tick(void *context, int64_t now_ms)
{
	struct world *world = context;

	world->ticks++;
	loop_remove(&world->one);
	assert_null(world->one);
	loop_remove(&world->other);
}

static void a_timer_may_remove_itself_and_others(void **state)
{
	struct world *world = *state;

	world->one = loop_add_timer(world->loop, 10, remove_self_tick, world);
	world->other = loop_add_timer(world->loop, 10, remove_self_tick, world);
	run_for(world, 60);
	assert_int_equal(world->ticks, 1);
}

static void one_ready(void *context, unsigned events)
{
	struct world *world = context;

	world->ones++;
	loop_remove(&world->one);
	loop_remove(&world->other);
}

static void a_handler_may_remove_itself_and_one_that_is_ready_too(void **state)
{
	struct world *world = *state;

	assert_int_equal(write(world->ends[1], "x", 1), 1);
	world->one = loop_add_fd(world->loop, world->ends[0], LOOP_READ, one_ready, world);
	world->other = loop_add_fd(world->loop, world->ends[0], LOOP_WRITE, one_ready, world);
	run_for(world, 30);
	assert_int_equal(world->ones, 1);
}

static void other_ready(void *context, unsigned events)
{
	struct world *world = context;

	world->others++;
	world->events = events;
	loop_change(world->other, 0);
}

static void adding_ready(void *context, unsigned events)
{
	struct world *world = context;

	loop_remove(&world->one);
	world->other = loop_add_fd(world->loop, world->ends[0], LOOP_READ, other_ready, world);
}

static void a_handler_may_add_and_pause(void **state)
{
	struct world *world = *state;

	assert_int_equal(write(world->ends[1], "x", 1), 1);
	world->one = loop_add_fd(world->loop, world->ends[0], LOOP_READ, adding_ready, world);
	run_for(world, 30);
	assert_int_equal(world->others, 1);
	assert_int_equal(world->events, LOOP_READ);
	loop_change(world->other, LOOP_READ);
	run_for(world, 30);
	assert_int_equal(world->others, 2);
}

static void a_hangup_is_told_to_who_waits_for_nothing_else(void **state)
{
	struct world *world = *state;

	world->other = loop_add_fd(world->loop, world->ends[0], LOOP_HANGUP, other_ready, world);
	run_for(world, 20);
	assert_int_equal(world->others, 0);
	close(world->ends[1]);
	world->ends[1] = -1;
	run_for(world, 20);
	assert_int_equal(world->others, 1);
	assert_true(world->events & LOOP_HANGUP);
}

static void on_signal(void *context, int signal_number)
{
	struct world *world = context;

	world->signal_number = signal_number;
	loop_end(world->loop);
}

static void a_signal_arrives_in_the_loop(void **state)
{
	struct world *world = *state;

	loop_on_signal(world->loop, on_signal, world);
	kill(getpid(), SIGTERM);
	loop_run(world->loop);
	assert_int_equal(world->signal_number, SIGTERM);
}

static void the_time_is_that_of_the_turn(void **state)
{
	struct world *world = *state;
	int64_t before_ms = clock_monotonic_ms();

	run_for(world, 20);
	assert_in_range(loop_now_ms(world->loop), before_ms + 19, clock_monotonic_ms());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_timer_ticks_again_and_again),
	        TEST(a_timer_that_was_late_is_not_made_up_for),
	        TEST(a_timer_may_remove_itself_and_others),
	        TEST(a_handler_may_remove_itself_and_one_that_is_ready_too),
	        TEST(a_handler_may_add_and_pause),
	        TEST(a_hangup_is_told_to_who_waits_for_nothing_else),
	        TEST(a_signal_arrives_in_the_loop),
	        TEST(the_time_is_that_of_the_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
