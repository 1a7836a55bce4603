/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "broker/job.h"
#include "lib/base/alloc.h"
#include "lib/base/file.h"

static void an_ended_job_never_moves_again(void **state)
{
	enum job_state to;

	for (to = JOB_NEW; to < JOB_STATES; to++) {
		assert_false(job_may_move(JOB_ANSWERED, to));
		assert_false(job_may_move(JOB_REFUSED, to));
		assert_false(job_may_move(JOB_DROPPED, to));
		assert_false(job_may_move(to, JOB_NEW));
		assert_false(job_may_move(to, to));
	}
}

static void only_a_leased_job_is_answered_or_comes_back(void **state)
{
	enum job_state from;

	for (from = JOB_NEW; from < JOB_STATES; from++)
		assert_int_equal(job_may_move(from, JOB_ANSWERED), from == JOB_LEASED);
	assert_true(job_may_move(JOB_LEASED, JOB_QUEUED));
	assert_false(job_may_move(JOB_NEW, JOB_LEASED));
}

static void a_move_that_the_table_has_changes_the_state(void **state)
{
	struct job job = {.state = JOB_QUEUED};

	job_move(&job, JOB_LEASED);
	assert_int_equal(job.state, JOB_LEASED);
	assert_string_equal(job_state_name(job.state), "leased");
}

static void a_list_keeps_its_order_whoever_leaves_it(void **state)
{
	struct job jobs[4] = {{0}};
	struct job_list list = {0};

	job_list_add(&list, &jobs[1]);
	job_list_add(&list, &jobs[2]);
	job_list_add_first(&list, &jobs[0]);
	job_list_add(&list, &jobs[3]);
	job_list_remove(&list, &jobs[2]);
	assert_int_equal(list.count, 3);
	assert_ptr_equal(list.first, &jobs[0]);
	assert_ptr_equal(jobs[1].next, &jobs[3]);
	assert_ptr_equal(jobs[3].prev, &jobs[1]);
	job_list_remove(&list, &jobs[0]);
	job_list_remove(&list, &jobs[3]);
	job_list_remove(&list, &jobs[1]);
	assert_null(list.first);
	assert_null(list.last);
	job_list_add_first(&list, &jobs[2]);
	assert_ptr_equal(list.last, &jobs[2]);
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
	struct err err;
	enum job_state from, to;
	char *section, *end;

	assert_int_equal(file_read("docs/STATES.md", 1 << 20, &text, &err), RESULT_OK);
	section = strstr(text.data, "\n## job\n");
	assert_non_null(section);
	end = strstr(section + 1, "\n## ");
	if (end)
		*end = '\0';
	for (from = JOB_NEW; from < JOB_STATES; from++) {
		assert_true(has_row(section, alloc_format("\n| **%s** |", job_state_name(from))));
		for (to = JOB_NEW; to < JOB_STATES; to++)
			assert_int_equal(
			        has_row(section, alloc_format("\n| %s | %s |", job_state_name(from),
			                                 job_state_name(to))),
			        job_may_move(from, to));
	}
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_ended_job_never_moves_again),
	        cmocka_unit_test(only_a_leased_job_is_answered_or_comes_back),
	        cmocka_unit_test(a_move_that_the_table_has_changes_the_state),
	        cmocka_unit_test(the_document_shows_every_state_and_exactly_the_moves),
	        cmocka_unit_test(a_list_keeps_its_order_whoever_leaves_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
