#include "tests/unit/broker/stage.h"

enum { SMALL = 1000, LARGE = 2 << 20 };

static struct stage stage;

static int setup(void **state)
{
	stage_open(&stage);
	return 0;
}

static int teardown(void **state)
{
	stage_close(&stage);
	return 0;
}

/* ---------------------------------------------------------------- what was heard */

static size_t heard(char peer, enum message_type type)
{
	size_t at, count = 0;

	for (at = 0; at < stage.count; at++)
		count += stage.sent[at].peer == peer && stage.sent[at].type == type;
	return count;
}

/* The last that this peer heard of the type; a copy, as more will be heard. */
static struct sent last(char peer, enum message_type type)
{
	size_t at = stage.count;

	while (at-- > 0)
		if (stage.sent[at].peer == peer && stage.sent[at].type == type)
			return stage.sent[at];
	fail_msg("%c has heard no %s", peer, message_info(type)->name);
	return (struct sent){0};
}

static struct sent job_of(char worker, unsigned number)
{
	size_t at = stage.count;

	while (at-- > 0)
		if (stage.sent[at].peer == worker && stage.sent[at].type == MESSAGE_JOB &&
		        stage.sent[at].number == number)
			return stage.sent[at];
	fail_msg("%c has no job for message %u", worker, number);
	return (struct sent){0};
}

static uint64_t counter_of(const char *name)
{
	return counter(&stage, name);
}

/* ---------------------------------------------------------------- the ordinary way */

static void a_message_goes_to_a_worker_and_its_verdict_back(void **state)
{
	struct sent job, verdict;

	ready(&stage, 'a', 2);
	submit(&stage, 'F', 41, 1, SMALL, 60000);
	job = last('a', MESSAGE_JOB);
	assert_int_equal(job.attempt, 1);
	assert_int_equal(job.body_size, SMALL);
	assert_false(job.singly);
	done(&stage, 'a', &job);
	verdict = last('F', MESSAGE_VERDICT);
	assert_int_equal(verdict.request, 41);
	assert_int_equal(verdict.number, 1);
	assert_int_equal(verdict.attempt, 1);
}

static void what_comes_before_the_workers_waits_for_them(void **state)
{
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	submit(&stage, 'F', 2, 2, SMALL, 60000);
	ready(&stage, 'a', 1);
	assert_int_equal(last('a', MESSAGE_JOB).number, 1);
	assert_int_equal(heard('a', MESSAGE_JOB), 1);
}

static void credit_is_never_exceeded_however_often_it_is_said(void **state)
{
	unsigned number;
	struct sent job;

	ready(&stage, 'a', 3);
	for (number = 1; number <= 10; number++)
		submit(&stage, 'F', number, number, SMALL, 60000);
	ready(&stage, 'a', 3);
	ready(&stage, 'a', 3);
	assert_int_equal(heard('a', MESSAGE_JOB), 3);
	job = job_of('a', 2);
	done(&stage, 'a', &job);
	assert_int_equal(heard('a', MESSAGE_JOB), 4);
	ready(&stage, 'a', 0);
	job = job_of('a', 1);
	done(&stage, 'a', &job);
	assert_int_equal(heard('a', MESSAGE_JOB), 4);
}

static void work_is_shared_between_workers(void **state)
{
	unsigned number;

	ready(&stage, 'a', 4);
	ready(&stage, 'b', 4);
	for (number = 1; number <= 4; number++)
		submit(&stage, 'F', number, number, SMALL, 60000);
	assert_int_equal(heard('a', MESSAGE_JOB), 2);
	assert_int_equal(heard('b', MESSAGE_JOB), 2);
}

/* ---------------------------------------------------------------- workers that fail */

static void a_silent_worker_s_jobs_go_to_another_and_its_late_verdict_is_stale(void **state)
{
	struct sent first, second;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	first = last('a', MESSAGE_JOB);
	ready(&stage, 'b', 1);
	tick(&stage, 3000);
	beat(&stage, 'b');
	tick(&stage, 3000);
	second = last('b', MESSAGE_JOB);
	assert_int_equal(second.number, 1);
	assert_int_equal(second.attempt, 1); /* not the message's fault */
	assert_int_not_equal(second.job, first.job);
	done(&stage, 'a', &first);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 0);
	assert_int_equal(counter_of("stale"), 1);
	assert_string_equal(last('a', MESSAGE_GOODBYE).why, "unknown");
	done(&stage, 'b', &second);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 1);
}

static void a_verdict_that_comes_twice_is_passed_on_once(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	job = last('a', MESSAGE_JOB);
	done(&stage, 'a', &job);
	done(&stage, 'a', &job);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 1);
	assert_int_equal(counter_of("stale"), 1);
}

static void another_worker_s_lease_cannot_be_answered(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	ready(&stage, 'b', 1);
	job = last('a', MESSAGE_JOB);
	done(&stage, 'b', &job);
	job.attempt = 2;
	done(&stage, 'a', &job);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 0);
	assert_int_equal(counter_of("stale"), 2);
}

static void a_message_that_kills_its_scanners_is_decided_without_looking(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	ready(&stage, 'b', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	job = stage.sent[stage.count - 1];
	failed(&stage, job.peer, &job, "crash", 1);
	assert_int_not_equal(stage.sent[stage.count - 1].peer, job.peer); /* elsewhere */
	job = stage.sent[stage.count - 1];
	assert_int_equal(job.attempt, 2);
	assert_false(job.singly);
	failed(&stage, job.peer, &job, "crash", 1);
	job = stage.sent[stage.count - 1];
	assert_int_equal(job.attempt, 3);
	assert_true(job.singly);
	done(&stage, job.peer, &job);
	assert_int_equal(last('F', MESSAGE_VERDICT).attempt, 3);
}

static void one_that_fails_even_unlooked_at_is_for_later(void **state)
{
	struct sent job;
	int at;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	for (at = 0; at < 3; at++) {
		job = last('a', MESSAGE_JOB);
		failed(&stage, 'a', &job, "crash", 1);
	}
	assert_int_equal(heard('a', MESSAGE_JOB), 3);
	assert_string_equal(last('F', MESSAGE_BUSY).why, "crash");
}

static void the_only_worker_gets_a_message_again_that_it_failed_at(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	job = last('a', MESSAGE_JOB);
	failed(&stage, 'a', &job, "timeout", 1);
	assert_int_equal(last('a', MESSAGE_JOB).attempt, 2);
}

static void one_that_waits_for_another_worker_keeps_nobody_waiting(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	job = last('a', MESSAGE_JOB);
	ready(&stage, 'b', 1);
	submit(&stage, 'F', 2, 2, SMALL, 60000); /* keeps b busy */
	submit(&stage, 'F', 3, 3, SMALL, 60000);
	failed(&stage, 'a', &job, "crash", 1);
	assert_int_equal(last('a', MESSAGE_JOB).number, 3);
	job = job_of('b', 2);
	done(&stage, 'b', &job);
	assert_int_equal(last('b', MESSAGE_JOB).number, 1);
}

static void without_a_quarantine_the_front_is_told_to_come_later(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 9, 1, SMALL, 60000);
	job = last('a', MESSAGE_JOB);
	failed(&stage, 'a', &job, "quarantine", 0);
	assert_string_equal(last('F', MESSAGE_BUSY).why, "quarantine");
	assert_int_equal(last('F', MESSAGE_BUSY).request, 9);
	assert_int_equal(heard('a', MESSAGE_JOB), 1);
}

static void a_worker_s_goodbye_gives_its_jobs_away_at_once(void **state)
{
	ready(&stage, 'a', 2);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	submit(&stage, 'F', 2, 2, SMALL, 60000);
	submit(&stage, 'F', 3, 3, SMALL, 60000);
	ready(&stage, 'b', 2);
	bye(&stage, 'a');
	assert_int_equal(heard('a', MESSAGE_JOB), 2);
	/* number 3 went to b at once; then the first of a's, in their old order */
	assert_int_equal(heard('b', MESSAGE_JOB), 2);
	assert_int_equal(last('b', MESSAGE_JOB).number, 1);
	assert_int_equal(last('b', MESSAGE_JOB).attempt, 1);
}

static void an_unreachable_worker_costs_its_message_nothing(void **state)
{
	ready(&stage, 'a', 8);
	ready(&stage, 'b', 1);
	stage.gone = "a";
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	assert_int_equal(last('b', MESSAGE_JOB).number, 1);
	assert_int_equal(counter_of("workers"), 1);
	assert_int_equal(counter_of("requeued"), 0);
}

static void a_message_does_not_take_one_host_after_the_other_down(void **state)
{
	int at;

	submit(&stage, 'F', 1, 1, SMALL, 600000);
	for (at = 0; at < 3; at++) {
		ready(&stage, (char)('a' + at), 1);
		tick(&stage, 5001);
	}
	assert_string_equal(last('F', MESSAGE_BUSY).why, "workers lost");
	ready(&stage, 'x', 1);
	assert_int_equal(heard('x', MESSAGE_JOB), 0);
}

static void a_verdict_for_another_message_counts_as_a_failure(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	job = last('a', MESSAGE_JOB);
	job.number = 2;
	done(&stage, 'a', &job);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 0);
	assert_int_equal(counter_of("misfit"), 1);
	assert_int_equal(last('a', MESSAGE_JOB).attempt, 2);
}

static void an_unknown_worker_is_told_to_begin_anew(void **state)
{
	beat(&stage, 'a');
	assert_string_equal(last('a', MESSAGE_GOODBYE).why, "unknown");
	ready(&stage, 'a', 1);
	assert_int_equal(heard('a', MESSAGE_HEARTBEAT), 1);
	beat(&stage, 'a');
	assert_int_equal(heard('a', MESSAGE_GOODBYE), 1);
}

/* ---------------------------------------------------------------- time */

static void both_sides_hear_heartbeats(void **state)
{
	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	tick(&stage, 1000);
	tick(&stage, 500);
	tick(&stage, 500);
	assert_int_equal(heard('a', MESSAGE_HEARTBEAT), 3); /* one of them for READY */
	assert_int_equal(heard('F', MESSAGE_HEARTBEAT), 2);
	ask_for(&stage, 'F', 1);
	assert_int_equal(last('F', MESSAGE_HEARTBEAT).request, 1);
}

/* One that a former broker had, or whose answer was lost, must not look alive because others are.
 */
static void a_front_may_ask_for_one_message(void **state)
{
	submit(&stage, 'F', 8, 1, SMALL, 60000);
	submit(&stage, 'G', 9, 2, SMALL, 60000);
	ask_for(&stage, 'F', 7);
	ask_for(&stage, 'F', 9);
	assert_int_equal(heard('F', MESSAGE_HEARTBEAT), 0);
	ask_for(&stage, 'F', 8);
	assert_int_equal(heard('F', MESSAGE_HEARTBEAT), 1);
}

static void a_front_hears_nothing_of_messages_that_are_not_in_hand(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	beat(&stage, 'F');
	assert_int_equal(heard('F', MESSAGE_HEARTBEAT), 0);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	beat(&stage, 'F');
	assert_int_equal(heard('F', MESSAGE_HEARTBEAT), 1);
	job = last('a', MESSAGE_JOB);
	done(&stage, 'a', &job);
	beat(&stage, 'F');
	assert_int_equal(heard('F', MESSAGE_HEARTBEAT), 1);
}

static void the_deadline_is_kept_and_what_remains_is_passed_on(void **state)
{
	struct sent job;

	submit(&stage, 'F', 1, 1, SMALL, 4000);
	submit(&stage, 'F', 2, 2, SMALL, 4000);
	tick(&stage, 1500);
	ready(&stage, 'a', 1);
	job = last('a', MESSAGE_JOB);
	assert_int_equal(job.deadline_ms, 2500);
	tick(&stage, 2499);
	assert_int_equal(heard('F', MESSAGE_BUSY), 0);
	tick(&stage, 1);
	assert_int_equal(heard('F', MESSAGE_BUSY), 2);
	assert_string_equal(last('F', MESSAGE_BUSY).why, "deadline");
	assert_int_equal(counter_of("expired"), 2);
	done(&stage, 'a', &job);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 0);
}

static void what_expires_between_two_ticks_is_not_handed_out(void **state)
{
	submit(&stage, 'F', 1, 1, SMALL, 50);
	stage.now_ms += 50;
	ready(&stage, 'a', 1);
	assert_int_equal(heard('a', MESSAGE_JOB), 0);
	assert_string_equal(last('F', MESSAGE_BUSY).why, "deadline");
}

static void an_expired_job_takes_its_worker_s_room_until_it_is_answered(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 1000);
	job = last('a', MESSAGE_JOB);
	tick(&stage, 1000);
	submit(&stage, 'F', 2, 2, SMALL, 60000);
	assert_int_equal(heard('a', MESSAGE_JOB), 1);
	done(&stage, 'a', &job);
	assert_int_equal(last('a', MESSAGE_JOB).number, 2);
	assert_int_equal(counter_of("stale"), 0);
}

static void an_answer_that_was_lost_does_not_cost_the_room_for_ever(void **state)
{
	int at;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 1000);
	submit(&stage, 'F', 2, 2, SMALL, 60000);
	for (at = 0; at < 7; at++) {
		tick(&stage, 1000);
		beat(&stage, 'a');
	}
	assert_int_equal(last('a', MESSAGE_JOB).number, 2);
}

static void without_any_worker_the_front_is_sent_elsewhere(void **state)
{
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	tick(&stage, 5000);
	assert_int_equal(heard('F', MESSAGE_BUSY), 0);
	tick(&stage, 1);
	assert_string_equal(last('F', MESSAGE_BUSY).why, "no workers");
	submit(&stage, 'F', 2, 2, SMALL, 60000);
	assert_int_equal(heard('F', MESSAGE_BUSY), 2);
}

/* ---------------------------------------------------------------- fairness and bounds */

static void large_messages_do_not_starve_small_ones_nor_the_other_way(void **state)
{
	unsigned number, large = 0, at;
	struct sent job;

	stage.config.max_bytes = (uint64_t)1 << 30;
	for (number = 1; number <= 20; number++)
		submit(&stage, 'F', number, number, LARGE, 60000);
	for (number = 101; number <= 140; number++)
		submit(&stage, 'F', number, number, SMALL, 60000);
	ready(&stage, 'a', 1);
	for (at = 0; at < 16; at++) {
		job = last('a', MESSAGE_JOB);
		large += job.body_size == LARGE;
		done(&stage, 'a', &job);
	}
	assert_int_equal(large, 4);
}

static void some_room_is_always_kept_for_small_messages(void **state)
{
	unsigned number;

	for (number = 1; number <= 8; number++)
		submit(&stage, 'F', number, number, LARGE, 60000);
	ready(&stage, 'a', 4);
	assert_int_equal(heard('a', MESSAGE_JOB), 3);
	submit(&stage, 'F', 9, 9, SMALL, 60000);
	assert_int_equal(last('a', MESSAGE_JOB).number, 9);
}

static void each_worker_keeps_room_for_small_messages(void **state)
{
	size_t at, before;
	unsigned number;
	struct sent job;

	ready(&stage, 'a', 4);
	ready(&stage, 'b', 4);
	for (number = 1; number <= 8; number++)
		submit(&stage, 'F', number, number, SMALL, 60000);
	for (number = 11; number <= 18; number++)
		submit(&stage, 'F', number, number, LARGE, 60000);
	before = stage.count;
	for (at = 0; at < before; at++) {
		job = stage.sent[at];
		if (job.peer == 'a' && job.type == MESSAGE_JOB)
			done(&stage, 'a', &job);
	}
	assert_int_equal(heard('a', MESSAGE_JOB), 4 + 3);
	submit(&stage, 'F', 20, 20, SMALL, 60000);
	assert_int_equal(last('a', MESSAGE_JOB).number, 20);
}

static void large_ones_that_expired_take_no_room_of_small_ones(void **state)
{
	unsigned number;

	ready(&stage, 'a', 4);
	for (number = 1; number <= 3; number++)
		submit(&stage, 'F', number, number, LARGE, 1000);
	tick(&stage, 1000);
	assert_int_equal(heard('F', MESSAGE_BUSY), 3);
	submit(&stage, 'F', 4, 4, LARGE, 60000);
	assert_int_equal(heard('a', MESSAGE_JOB), 3);
	submit(&stage, 'F', 5, 5, SMALL, 60000);
	assert_int_equal(last('a', MESSAGE_JOB).number, 5);
	tick(&stage, 4000);
	beat(&stage, 'a');
	tick(&stage, 1500); /* the worker must have answered by now */
	assert_int_equal(last('a', MESSAGE_JOB).number, 4);
}

static void beyond_its_bounds_the_broker_is_busy(void **state)
{
	unsigned number;

	stage.config.max_messages = 2;
	for (number = 1; number <= 3; number++)
		submit(&stage, 'F', number, number, SMALL, 60000);
	assert_int_equal(heard('F', MESSAGE_BUSY), 1);
	assert_string_equal(last('F', MESSAGE_BUSY).why, "full");
	assert_int_equal(last('F', MESSAGE_BUSY).number, 3);
	stage.config.max_messages = 100;
	stage.config.max_bytes = 3 * SMALL;
	submit(&stage, 'F', 4, 4, SMALL, 60000);
	assert_int_equal(heard('F', MESSAGE_BUSY), 2);
	assert_int_equal(counter_of("full"), 2);
}

/* ---------------------------------------------------------------- fronts */

static void the_same_message_again_never_runs_twice(void **state)
{
	struct sent job;

	ready(&stage, 'a', 4);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	submit(&stage, 'F', 2, 1, SMALL, 60000);
	assert_int_equal(heard('a', MESSAGE_JOB), 1);
	job = last('a', MESSAGE_JOB);
	done(&stage, 'a', &job);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 1);
	assert_int_equal(last('F', MESSAGE_VERDICT).request, 2);
	assert_int_equal(heard('F', MESSAGE_BUSY), 0);
}

static void the_same_message_from_another_front_is_answered_there(void **state)
{
	struct sent job;

	ready(&stage, 'a', 4);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	submit(&stage, 'G', 7, 1, SMALL, 60000);
	assert_int_equal(last('F', MESSAGE_BUSY).request, 1);
	job = last('a', MESSAGE_JOB);
	done(&stage, 'a', &job);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 0);
	assert_int_equal(last('G', MESSAGE_VERDICT).request, 7);
}

static void another_message_under_the_same_id_is_refused(void **state)
{
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	submit(&stage, 'F', 2, 1, SMALL + 1, 60000);
	assert_int_equal(last('F', MESSAGE_BUSY).request, 2);
	assert_int_equal(counter_of("in_hand"), 1);
}

static void a_message_never_gets_a_dry_run_s_verdict(void **state)
{
	ready(&stage, 'a', 4);
	stage.dry_run = 1;
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	stage.dry_run = 0;
	submit(&stage, 'G', 2, 1, SMALL, 60000);
	assert_string_equal(last('G', MESSAGE_BUSY).why, "another message has this id");
	stage.dry_run = 1;
	submit(&stage, 'F', 3, 1, SMALL, 60000);
	assert_int_equal(counter_of("again"), 1);
}

static void a_front_that_is_gone_takes_its_messages_with_it(void **state)
{
	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	submit(&stage, 'F', 2, 2, SMALL, 60000);
	submit(&stage, 'G', 3, 3, SMALL, 60000);
	stage.gone = "F";
	tick(&stage, 1000);
	assert_int_equal(counter_of("in_hand"), 1);
	assert_int_equal(counter_of("dropped"), 2);
	bye(&stage, 'G');
	assert_int_equal(counter_of("in_hand"), 0);
	assert_int_equal(counter_of("in_hand_bytes"), 0);
}

static void a_verdict_that_nobody_takes_is_dropped(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	job = last('a', MESSAGE_JOB);
	stage.gone = "F";
	done(&stage, 'a', &job);
	assert_int_equal(counter_of("in_hand"), 0);
	assert_int_equal(counter_of("dropped"), 1);
	assert_int_equal(counter_of("answered"), 0);
}

static void what_is_not_for_here_is_garbage(void **state)
{
	ready(&stage, 'a', 1);
	ready(&stage, 'F', 1);
	submit(&stage, 'a', 1, 1, SMALL, 60000);
	exchange_garbage(stage.exchange);
	assert_int_equal(counter_of("garbage"), 3);
	assert_int_equal(counter_of("workers"), 1);
}

/* ---------------------------------------------------------------- the end */

static void draining_finishes_what_is_in_hand_and_takes_nothing_new(void **state)
{
	struct sent job;

	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	assert_false(exchange_is_drained(stage.exchange, stage.now_ms));
	exchange_drain(stage.exchange, stage.now_ms);
	submit(&stage, 'F', 2, 2, SMALL, 60000);
	assert_string_equal(last('F', MESSAGE_BUSY).why, "draining");
	assert_false(exchange_is_drained(stage.exchange, stage.now_ms));
	job = last('a', MESSAGE_JOB);
	done(&stage, 'a', &job);
	assert_int_equal(heard('F', MESSAGE_VERDICT), 1);
	assert_true(exchange_is_drained(stage.exchange, stage.now_ms));
	exchange_stop(stage.exchange);
	assert_string_equal(last('a', MESSAGE_GOODBYE).why, "draining");
}

static void draining_ends_in_time_and_tells_who_still_waits(void **state)
{
	ready(&stage, 'a', 1);
	submit(&stage, 'F', 1, 1, SMALL, 60000);
	submit(&stage, 'F', 2, 2, SMALL, 60000);
	exchange_drain(stage.exchange, stage.now_ms);
	assert_false(exchange_is_drained(stage.exchange, stage.now_ms + 10000));
	assert_true(exchange_is_drained(stage.exchange, stage.now_ms + 10001));
	exchange_stop(stage.exchange);
	assert_int_equal(heard('F', MESSAGE_BUSY), 2);
	exchange_verify(stage.exchange);
}

static void a_reload_goes_to_every_worker_that_works(void **state)
{
	Lz__Reload wish = LZ__RELOAD__INIT;
	size_t before;

	ready(&stage, 'a', 2);
	ready(&stage, 'b', 2);
	ready(&stage, 'c', 0); /* about to end */
	ready(&stage, 'd', 2);
	stage.gone = "d";
	before = stage.count;
	wish.number = 7;
	say(&stage, 'A', MESSAGE_RELOAD, 42, &wish.base, NULL, 0);
	assert_int_equal(stage.count, before + 3);
	assert_int_equal(stage.sent[before].type, MESSAGE_RELOAD);
	assert_int_equal(stage.sent[before + 1].type, MESSAGE_RELOAD);
	assert_int_equal(stage.sent[before].peer + stage.sent[before + 1].peer, 'a' + 'b');
	assert_int_equal(stage.sent[before + 2].type, MESSAGE_RELOADING);
	assert_int_equal(stage.sent[before + 2].peer, 'A');
	assert_int_equal(stage.sent[before + 2].request, 42);
}

static void a_reload_without_workers_is_answered_all_the_same(void **state)
{
	Lz__Reload wish = LZ__RELOAD__INIT;

	wish.number = 7;
	say(&stage, 'A', MESSAGE_RELOAD, 42, &wish.base, NULL, 0);
	assert_int_equal(stage.count, 1);
	assert_int_equal(stage.sent[0].type, MESSAGE_RELOADING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_message_goes_to_a_worker_and_its_verdict_back),
	        TEST(what_comes_before_the_workers_waits_for_them),
	        TEST(credit_is_never_exceeded_however_often_it_is_said),
	        TEST(work_is_shared_between_workers),
	        TEST(a_silent_worker_s_jobs_go_to_another_and_its_late_verdict_is_stale),
	        TEST(a_verdict_that_comes_twice_is_passed_on_once),
	        TEST(another_worker_s_lease_cannot_be_answered),
	        TEST(a_message_that_kills_its_scanners_is_decided_without_looking),
	        TEST(one_that_fails_even_unlooked_at_is_for_later),
	        TEST(the_only_worker_gets_a_message_again_that_it_failed_at),
	        TEST(one_that_waits_for_another_worker_keeps_nobody_waiting),
	        TEST(without_a_quarantine_the_front_is_told_to_come_later),
	        TEST(a_worker_s_goodbye_gives_its_jobs_away_at_once),
	        TEST(an_unreachable_worker_costs_its_message_nothing),
	        TEST(a_message_does_not_take_one_host_after_the_other_down),
	        TEST(a_verdict_for_another_message_counts_as_a_failure),
	        TEST(an_unknown_worker_is_told_to_begin_anew),
	        TEST(both_sides_hear_heartbeats),
	        TEST(a_front_may_ask_for_one_message),
	        TEST(a_front_hears_nothing_of_messages_that_are_not_in_hand),
	        TEST(the_deadline_is_kept_and_what_remains_is_passed_on),
	        TEST(what_expires_between_two_ticks_is_not_handed_out),
	        TEST(an_expired_job_takes_its_worker_s_room_until_it_is_answered),
	        TEST(an_answer_that_was_lost_does_not_cost_the_room_for_ever),
	        TEST(without_any_worker_the_front_is_sent_elsewhere),
	        TEST(large_messages_do_not_starve_small_ones_nor_the_other_way),
	        TEST(some_room_is_always_kept_for_small_messages),
	        TEST(each_worker_keeps_room_for_small_messages),
	        TEST(large_ones_that_expired_take_no_room_of_small_ones),
	        TEST(beyond_its_bounds_the_broker_is_busy),
	        TEST(the_same_message_again_never_runs_twice),
	        TEST(the_same_message_from_another_front_is_answered_there),
	        TEST(another_message_under_the_same_id_is_refused),
	        TEST(a_message_never_gets_a_dry_run_s_verdict),
	        TEST(a_front_that_is_gone_takes_its_messages_with_it),
	        TEST(a_verdict_that_nobody_takes_is_dropped),
	        TEST(what_is_not_for_here_is_garbage),
	        TEST(a_reload_goes_to_every_worker_that_works),
	        TEST(a_reload_without_workers_is_answered_all_the_same),
	        TEST(draining_finishes_what_is_in_hand_and_takes_nothing_new),
	        TEST(draining_ends_in_time_and_tells_who_still_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
