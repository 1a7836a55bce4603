/* A worker's jobs beside each other: a backlog of large messages and a stream of small ones, on as
 * many scanners as a test wants, against a clock of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "workers/qworker/job.h"

enum {
	STEP_MS = 50,
	RUN_MS = 600000,
	LARGE_COST_MS = 10000,
	SMALL_COST_MS = 100,
	LARGE_HELD = 6, /* as many as a broker leases of a credit of 8 */
	SCANNERS_MAX = 8,
};

static struct jobs jobs;

struct seen {
	int64_t longest_ms; /* that one of them waited */
	size_t done;
};

struct scanner {
	struct job *job;
	int64_t until_ms;
};

struct run {
	unsigned scanners;
	int64_t small_every_ms;
	int64_t now_ms;
	struct scanner at[SCANNERS_MAX];
	struct seen small, large;
};

static int is_large(const struct job *job)
{
	return job->order->submission->size > MESSAGE_SMALL_MAX;
}

static struct job *add(uint64_t size, int64_t now_ms)
{
	struct wire_message message = {.type = MESSAGE_JOB};
	Lz__Job *order = alloc(sizeof(*order));

	lz__job__init(order);
	order->submission = alloc(sizeof(*order->submission));
	lz__submission__init(order->submission);
	order->submission->size = size;
	message.envelope = &order->base;
	return jobs_add(&jobs, 0, 0, &message, now_ms);
}

static size_t held(int large)
{
	const struct job *job;
	size_t count = 0;

	for (job = jobs.first; job; job = job->next)
		count += is_large(job) == large;
	return count;
}

static void finish(struct run *run)
{
	unsigned i;

	for (i = 0; i < run->scanners; i++) {
		struct scanner *scanner = &run->at[i];

		if (!scanner->job || run->now_ms < scanner->until_ms)
			continue;
		(is_large(scanner->job) ? &run->large : &run->small)->done++;
		jobs_end(&jobs, &scanner->job);
	}
}

static void start(struct run *run, struct scanner *scanner, struct job *job)
{
	struct seen *seen = is_large(job) ? &run->large : &run->small;

	if (run->now_ms - job->since_ms > seen->longest_ms)
		seen->longest_ms = run->now_ms - job->since_ms;
	scanner->job = job;
	scanner->until_ms = run->now_ms + (is_large(job) ? LARGE_COST_MS : SMALL_COST_MS);
	job_start(job, run->now_ms);
	jobs_started(&jobs, job);
}

static void dispatch(struct run *run)
{
	struct job *job;
	unsigned i;

	for (i = 0; i < run->scanners; i++)
		if (!run->at[i].job && (job = jobs_next(&jobs, run->scanners)) != NULL)
			start(run, &run->at[i], job);
}

static void simulate(struct run *run)
{
	for (; run->now_ms < RUN_MS; run->now_ms += STEP_MS) {
		finish(run);
		while (held(1) < LARGE_HELD)
			add(MESSAGE_SMALL_MAX + 1, run->now_ms);
		if (run->now_ms % run->small_every_ms == 0)
			add(MESSAGE_SMALL_MAX, run->now_ms);
		dispatch(run);
	}
}

static int tear_down(void **state)
{
	jobs_fini(&jobs);
	jobs = (struct jobs){0};
	return 0;
}

static void small_ones_do_not_wait_for_a_backlog_of_large_ones(void **state)
{
	struct run run = {.scanners = 2, .small_every_ms = 200};

	simulate(&run);
	assert_true(run.small.longest_ms <= SMALL_COST_MS);
	assert_true(run.small.done >= RUN_MS / 200 - 1);
	assert_true(run.large.done >= RUN_MS / LARGE_COST_MS - 1);
}

static void large_ones_are_not_forgotten_over_more_small_ones_than_there_is_time_for(void **state)
{
	struct run run = {.scanners = 2, .small_every_ms = 50};

	simulate(&run);
	assert_true(run.large.done >= RUN_MS / LARGE_COST_MS - 1);
}

static void all_but_a_quarter_of_the_scanners_may_have_large_ones(void **state)
{
	struct run run = {.scanners = 8, .small_every_ms = 200};

	simulate(&run);
	assert_int_equal(run.small.longest_ms, 0);
	assert_true(run.large.done >= LARGE_HELD * (RUN_MS / LARGE_COST_MS - 1));
}

static void one_scanner_alone_takes_three_small_ones_for_a_large_one(void **state)
{
	static const int wanted[] = {0, 0, 0, 1, 0, 0, 0, 1};
	struct job *job;
	size_t i;

	for (i = 0; i < 10; i++) {
		add(MESSAGE_SMALL_MAX + 1, 0);
		add(MESSAGE_SMALL_MAX, 0);
	}
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		job = jobs_next(&jobs, 1);
		assert_int_equal(is_large(job), wanted[i]);
		job_start(job, 0);
		jobs_started(&jobs, job);
		jobs_end(&jobs, &job);
	}
}

static void what_nothing_else_waits_beside_is_taken_whatever_its_size(void **state)
{
	struct job *large = add(MESSAGE_SMALL_MAX + 1, 0), *small;

	assert_ptr_equal(jobs_next(&jobs, 1), large);
	assert_ptr_equal(jobs_next(&jobs, 2), large);
	job_start(large, 0);
	assert_null(jobs_next(&jobs, 2));
	small = add(MESSAGE_SMALL_MAX, 0);
	assert_ptr_equal(jobs_next(&jobs, 2), small);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(small_ones_do_not_wait_for_a_backlog_of_large_ones),
	        TEST(large_ones_are_not_forgotten_over_more_small_ones_than_there_is_time_for),
	        TEST(all_but_a_quarter_of_the_scanners_may_have_large_ones),
	        TEST(one_scanner_alone_takes_three_small_ones_for_a_large_one),
	        TEST(what_nothing_else_waits_beside_is_taken_whatever_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
