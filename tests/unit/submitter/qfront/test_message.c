#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/file.h"
#include "submitter/qfront/message.h"

/* The section of docs/STATES.md that shows this table. */
static char *read_section(struct buf *file)
{
	char *begin, *end;

	assert_int_equal(file_read("docs/STATES.md", 1 << 20, file, NULL), RESULT_OK);
	begin = strstr(file->data, "\n## message\n");
	assert_non_null(begin);
	end = strstr(begin + 1, "\n## ");
	if (end)
		*end = '\0';
	return begin;
}

static void the_document_shows_the_table_that_the_program_has(void **state)
{
	struct buf file = {0};
	char *section = read_section(&file), row[100];
	int from, event, rows = 0;
	enum front_state to;
	char *at;

	for (from = 0; from < FRONT_STATES; from++) {
		snprintf(row, sizeof(row), "\n| **%s** |",
		        message_state_name((enum front_state)from));
		assert_non_null(strstr(section, row));
		for (event = 0; event < FRONT_EVENTS; event++) {
			to = message_next((enum front_state)from, (enum front_event)event);
			if (to == FRONT_STATES)
				continue;
			snprintf(row, sizeof(row), "\n| %s | %s | %s |",
			        message_state_name((enum front_state)from),
			        message_event_name((enum front_event)event),
			        message_state_name(to));
			assert_non_null(strstr(section, row));
			rows++;
		}
	}
	/* And none that it has not: behind the heading of the moves. */
	at = strstr(section, "| from | event |");
	assert_non_null(at);
	for (at = strstr(at, "\n| "); at; at = strstr(at + 1, "\n| "))
		rows -= strncmp(at, "\n| ---", 6) != 0;
	assert_int_equal(rows, 0);
	buf_fini(&file);
}

static void an_answered_message_has_no_move_left(void **state)
{
	int event;

	for (event = 0; event < FRONT_EVENTS; event++)
		assert_int_equal(
		        message_next(FRONT_ANSWERED, (enum front_event)event), FRONT_STATES);
}

static void every_state_lets_go_of_who_has_left(void **state)
{
	int from;

	for (from = 0; from < FRONT_ANSWERED; from++)
		assert_int_equal(message_next((enum front_state)from, FRONT_LEFT), FRONT_ANSWERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_document_shows_the_table_that_the_program_has),
	        cmocka_unit_test(an_answered_message_has_no_move_left),
	        cmocka_unit_test(every_state_lets_go_of_who_has_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
