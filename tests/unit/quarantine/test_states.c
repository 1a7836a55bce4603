#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "quarantine/states.h"

static const struct state_machine *const machines[] = {&item_machine, &outgoing_machine};

/* The text of a machine's section: from its heading to the next, to be freed. */
static char *section_of(const char *name)
{
	struct buf text = {0};
	char *heading = alloc_format("\n## %s\n", name), *start, *end, *section;
	struct err err;

	if (file_read("docs/STATES.md", 1 << 20, &text, &err))
		fail_msg("%s", err.text);
	start = strstr(text.data, heading);
	assert_non_null(start);
	start += strlen(heading);
	end = strstr(start, "\n## ");
	section = end ? alloc_bytes(start, (size_t)(end - start)) : alloc_string(start);
	free(heading);
	buf_fini(&text);
	return section;
}

static size_t rows_like(const char *section, const char *beginning)
{
	size_t count = 0;

	while ((section = strstr(section, beginning)) != NULL) {
		count++;
		section += strlen(beginning);
	}
	return count;
}

static void the_document_shows_every_state_and_every_move(void **state)
{
	size_t at, n;

	for (at = 0; at < 2; at++) {
		const struct state_machine *machine = machines[at];
		char *section = section_of(machine->name), *row;

		for (n = 0; n < machine->state_count; n++) {
			row = alloc_format("\n| **%s** |", machine->states[n]);
			if (rows_like(section, row) != 1)
				fail_msg("state %s is not described once", machine->states[n]);
			free(row);
		}
		for (n = 0; n < machine->move_count; n++) {
			const struct state_move *move = &machine->moves[n];

			row = alloc_format("\n| %s | %s | %s |", machine->states[move->from],
			        machine->events[move->event], machine->states[move->to]);
			if (rows_like(section, row) != 1)
				fail_msg("%s: this row is not there once:%s", machine->name, row);
			free(row);
		}
		free(section);
	}
}

/* Rows of moves are those with three cells of which the first is a state in plain type. */
static void the_document_shows_no_other_moves(void **state)
{
	size_t at, n, rows;

	for (at = 0; at < 2; at++) {
		const struct state_machine *machine = machines[at];
		char *section = section_of(machine->name), *row;

		for (rows = n = 0; n < machine->state_count; n++) {
			row = alloc_format("\n| %s |", machine->states[n]);
			rows += rows_like(section, row);
			free(row);
		}
		assert_int_equal(rows, machine->move_count);
		free(section);
	}
}

static void what_is_not_in_the_table_is_refused_and_changes_nothing(void **state)
{
	int from = ITEM_PENDING;
	struct err err;

	assert_int_equal(state_move(&item_machine, &from, ITEM_EXPIRE, &err), RESULT_PERMANENT);
	assert_int_equal(from, ITEM_PENDING);
	assert_string_equal(err.text, "item: no expire while it is pending");
	from = OUTGOING_WAITING;
	assert_int_equal(
	        state_move(&outgoing_machine, &from, OUTGOING_TAKE, &err), RESULT_PERMANENT);
	assert_int_equal(from, OUTGOING_WAITING);
}

static void no_state_has_two_ways_for_one_event(void **state)
{
	size_t at, a, b;

	for (at = 0; at < 2; at++)
		for (a = 0; a < machines[at]->move_count; a++)
			for (b = a + 1; b < machines[at]->move_count; b++) {
				const struct state_move *one = &machines[at]->moves[a];
				const struct state_move *two = &machines[at]->moves[b];

				assert_false(one->from == two->from && one->event == two->event);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_document_shows_every_state_and_every_move),
	        cmocka_unit_test(the_document_shows_no_other_moves),
	        cmocka_unit_test(what_is_not_in_the_table_is_refused_and_changes_nothing),
	        cmocka_unit_test(no_state_has_two_ways_for_one_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
