#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "workers/qworker/job.h"

static struct jobs jobs;

static int tear_down(void **state)
{
	jobs_fini(&jobs);
	return 0;
}

static struct job *add(size_t link, uint64_t epoch, uint64_t number)
{
	struct wire_message message = {.type = MESSAGE_JOB};
	Lz__Job *order = alloc(sizeof(*order));

	lz__job__init(order);
	order->job = number;
	order->submission = alloc(sizeof(*order->submission));
	lz__submission__init(order->submission);
	message.envelope = &order->base;
	wire_body_copy("body", 4, &message.body);
	return jobs_add(&jobs, link, epoch, &message, 1000);
}

static Lz__ScanResult *some_result(void)
{
	Lz__ScanResult *result = alloc(sizeof(*result));

	lz__scan_result__init(result);
	return result;
}

static void a_job_takes_envelope_and_body(void **state)
{
	struct wire_message message = {.type = MESSAGE_JOB};
	struct job *job;
	Lz__Job *order = alloc(sizeof(*order));

	lz__job__init(order);
	order->submission = alloc(sizeof(*order->submission));
	lz__submission__init(order->submission);
	message.envelope = &order->base;
	wire_body_copy("body", 4, &message.body);
	job = jobs_add(&jobs, 0, 0, &message, 5);
	assert_null(message.envelope);
	assert_false(message.body.present);
	assert_memory_equal(wire_body_data(&job->body), "body", 4);
	assert_int_equal(job->since_ms, 5);
	assert_int_equal(job->state, JOB_WAITING);
}

static void jobs_wait_in_the_order_they_came(void **state)
{
	struct job *one = add(0, 0, 1), *two = add(0, 0, 2);

	assert_ptr_equal(jobs_next(&jobs, 1), one);
	job_start(one, 7);
	assert_int_equal(one->started_ms, 7);
	assert_ptr_equal(jobs_next(&jobs, 1), two);
}

static void what_is_looked_at_singly_waits_by_itself_and_comes_again(void **state)
{
	struct job *one = add(0, 0, 1), *two = add(0, 0, 2);

	assert_null(jobs_waiting_singly(&jobs));
	one->singly = singly_new();
	assert_ptr_equal(jobs_waiting_singly(&jobs), one);
	assert_ptr_equal(jobs_next(&jobs, 2), two);
	job_start(one, 0);
	job_start(two, 0);
	assert_null(jobs_waiting_singly(&jobs));
	assert_int_equal(jobs_probing(&jobs), 1);
	job_again(one);
	assert_int_equal(jobs_probing(&jobs), 0);
	assert_ptr_equal(jobs_waiting_singly(&jobs), one);
}

static void each_store_has_a_request_of_its_own(void **state)
{
	struct job *one = add(0, 0, 1), *two = add(0, 0, 2);
	Lz__ScanResult *first = some_result(), *second = some_result();

	job_start(one, 0);
	job_start(two, 0);
	job_store(&jobs, one, &first, 9);
	job_store(&jobs, two, &second, 9);
	assert_null(first);
	assert_int_not_equal(one->request, two->request);
	assert_ptr_equal(jobs_storing(&jobs, two->request), two);
	assert_int_equal(one->stored_ms, 9);
}

static void an_answer_to_a_store_given_up_finds_no_job(void **state)
{
	struct job *job = add(0, 0, 1);
	Lz__ScanResult *result = some_result();
	uint64_t request;

	job_start(job, 0);
	job_store(&jobs, job, &result, 0);
	request = job->request;
	jobs_end(&jobs, &job);
	assert_null(job);
	assert_null(jobs_storing(&jobs, request));
}

static void jobs_are_counted_by_link_and_epoch(void **state)
{
	add(0, 1, 1);
	add(0, 1, 2);
	add(0, 2, 3);
	add(1, 1, 4);
	assert_int_equal(jobs_of_link(&jobs, 0, 1), 2);
	assert_int_equal(jobs_of_link(&jobs, 0, 2), 1);
	assert_int_equal(jobs_of_link(&jobs, 1, 1), 1);
}

static void a_job_can_end_first_in_the_middle_and_last(void **state)
{
	struct job *one = add(0, 0, 1), *two = add(0, 0, 2), *three = add(0, 0, 3);

	jobs_end(&jobs, &two);
	assert_ptr_equal(one->next, three);
	assert_ptr_equal(three->previous, one);
	jobs_end(&jobs, &one);
	assert_ptr_equal(jobs.first, three);
	jobs_end(&jobs, &three);
	assert_null(jobs.first);
	assert_null(jobs.last);
	assert_int_equal(jobs.count, 0);
}

static void a_deadline_counts_from_the_jobs_arrival(void **state)
{
	struct job *job = add(0, 0, 1);

	assert_int_equal(job_deadline_ms(job), INT64_MAX);
	job->order->submission->deadline_ms = 500;
	assert_int_equal(job_deadline_ms(job), 1500);
}

static int has_row(const char *section, char *row)
{
	int found = strstr(section, row) != NULL;

	free(row);
	return found;
}

static void the_document_shows_every_state_and_exactly_the_moves(void **state)
{
	struct buf text = {0};
	char *section, *end;
	int from, to;

	assert_int_equal(file_read("docs/STATES.md", 1 << 20, &text, NULL), RESULT_OK);
	section = strstr(text.data, "\n## job at a worker\n");
	assert_non_null(section);
	end = strstr(section + 1, "\n## ");
	if (end)
		*end = '\0';
	for (from = 0; from < JOB_STATES; from++) {
		assert_true(has_row(section, alloc_format("\n| **%s** |", job_state_name(from))));
		for (to = 0; to < JOB_STATES; to++)
			assert_int_equal(
			        has_row(section, alloc_format("\n| %s | %s |", job_state_name(from),
			                                 job_state_name(to))),
			        job_may_move(from, to));
	}
	buf_fini(&text);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_job_takes_envelope_and_body),
	        TEST(jobs_wait_in_the_order_they_came),
	        TEST(what_is_looked_at_singly_waits_by_itself_and_comes_again),
	        TEST(each_store_has_a_request_of_its_own),
	        TEST(an_answer_to_a_store_given_up_finds_no_job),
	        TEST(jobs_are_counted_by_link_and_epoch),
	        TEST(a_job_can_end_first_in_the_middle_and_last),
	        TEST(a_deadline_counts_from_the_jobs_arrival),
	        TEST(the_document_shows_every_state_and_exactly_the_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
