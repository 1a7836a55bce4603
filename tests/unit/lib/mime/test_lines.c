#include "tests/unit/lib/mime/support.h"

#include "lib/mime/lines.h"

static void marks_stand_where_lines_that_matter_begin(void **state)
{
	static const char text[] = "--B\nx --C\nContent-Type: a\n\t--D\rbegin 6 x\r\n=ybegin x\n"
	                           "(This file must be converted)\nbeginning\n";
	static const struct mark want[] = {{0, MARK_DELIMITER, 0}, {10, MARK_FIELD, 0},
	        {26, MARK_DELIMITER, 0}, {31, MARK_BEGIN, 1}, {42, MARK_YENC, 0},
	        {52, MARK_BINHEX, 0}};
	struct lines lines;
	size_t at;

	lines_scan(&lines, text, sizeof text - 1);
	assert_int_equal(lines.mark_count, 6);
	for (at = 0; at < 6; at++) {
		assert_int_equal(lines.marks[at].offset, want[at].offset);
		assert_int_equal(lines.marks[at].kind, want[at].kind);
		assert_int_equal(lines.marks[at].after_cr, want[at].after_cr);
	}
	assert_int_equal(lines.lf_count, 6);
	assert_int_equal(lines.crlf_count, 1);
	assert_int_equal(lines.bare_cr_count, 1);
	assert_int_equal(lines.first_bare_cr, 30);
	assert_int_equal(lines_mark_at(&lines, 11), 2);
	assert_int_equal(lines_mark_at(&lines, 1000), 6);
	lines_fini(&lines);
}

static void check(const char *text, int cr_lines, size_t end, size_t next, int bare_cr)
{
	struct line line;

	lines_read((const unsigned char *)text, 0, strlen(text), cr_lines, &line);
	assert_int_equal(line.end, end);
	assert_int_equal(line.next, next);
	assert_int_equal(line.bare_cr, bare_cr);
}

static void lines_end_as_asked_for(void **state)
{
	check("ab\nc", 0, 2, 3, 0);
	check("ab\r\nc", 0, 2, 4, 0);
	check("ab\r\r\nc", 0, 2, 5, 0);
	check("ab\rc\n", 0, 4, 5, 0);
	check("ab", 0, 2, 2, 0);
	check("ab\rc\n", 1, 2, 3, 1);
	check("ab\r\nc", 1, 2, 4, 0);
	check("ab\r\r\nc", 1, 2, 5, 0);
	check("ab\r", 1, 2, 3, 1);
	check("ab\nc\r", 1, 2, 3, 0);
}

static void the_line_end_before_a_place_is_found(void **state)
{
	const unsigned char *text = (const unsigned char *)"a\r\nb\nc\rd";

	assert_int_equal(lines_end_before(text, 0, 3), 1);
	assert_int_equal(lines_end_before(text, 0, 5), 4);
	assert_int_equal(lines_end_before(text, 0, 7), 6);
	assert_int_equal(lines_end_before(text, 0, 8), 8);
	assert_int_equal(lines_end_before(text, 3, 3), 3);
	assert_int_equal(lines_end_before(text, 2, 3), 2);
}

static void too_many_marks_are_told(void **state)
{
	struct buf text = {0};
	struct lines lines;
	size_t at;

	for (at = 0; at <= 1 << 20; at++)
		buf_add_string(&text, "--\n");
	lines_scan(&lines, text.data, text.size);
	assert_int_equal(lines.mark_count, 1 << 20);
	assert_true(lines.too_many);
	lines_fini(&lines);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(marks_stand_where_lines_that_matter_begin),
	        cmocka_unit_test(lines_end_as_asked_for),
	        cmocka_unit_test(the_line_end_before_a_place_is_found),
	        cmocka_unit_test(too_many_marks_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
