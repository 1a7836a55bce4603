#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qctl/columns.h"

static void expect(struct columns *columns, const char *wanted)
{
	struct buf out = {0};

	columns_print(columns, &out);
	assert_string_equal(out.data, wanted);
	buf_fini(&out);
	columns_free(&columns);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct columns *columns = columns_new(3, 0);
	const char *cells[] = {
	        "ID", "STATE", "SUBJECT", "abcdef", "held", "x", "a", "b", "long one"};
	size_t at;

	for (at = 0; at < 9; at++)
		columns_add(columns, cells[at]);
	expect(columns, "ID      STATE  SUBJECT\nabcdef  held   x\na       b      long one\n");
}

static void empty_cells_at_the_end_leave_no_blanks(void **state)
{
	struct columns *columns = columns_new(3, 0);
	const char *cells[] = {"a", "", "c", "a", "", ""};
	size_t at;

	for (at = 0; at < 6; at++)
		columns_add(columns, cells[at]);
	expect(columns, "a    c\na\n");
}

static void characters_are_counted_not_bytes(void **state)
{
	struct columns *columns = columns_new(2, 0);

	columns_add(columns, "Grüße");
	columns_add(columns, "x");
	columns_add(columns, "12345");
	columns_add(columns, "y");
	expect(columns, "Grüße  x\n12345  y\n");
}

static void a_terminal_sees_nothing_but_text(void **state)
{
	struct columns *columns = columns_new(1, 0);

	columns_add(columns, "\x1b[31mred\r\n\xff\u202e");
	expect(columns, "\\x1b[31mred\\x0d\\x0a\\xff\\xe2\\x80\\xae\n");
}

static void long_cells_are_cut(void **state)
{
	struct columns *columns = columns_new(1, 5);

	columns_add(columns, "12345");
	columns_add(columns, "123456");
	columns_add(columns, "äöüßéè");
	expect(columns, "12345\n1234…\näöüß…\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
	        cmocka_unit_test(empty_cells_at_the_end_leave_no_blanks),
	        cmocka_unit_test(characters_are_counted_not_bytes),
	        cmocka_unit_test(a_terminal_sees_nothing_but_text),
	        cmocka_unit_test(long_cells_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
