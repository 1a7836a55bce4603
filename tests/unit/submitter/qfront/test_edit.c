#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "submitter/qfront/edit.h"

static Lz__Field a_field = LZ__FIELD__INIT, b_field = LZ__FIELD__INIT;
static Lz__Edit a_edit = LZ__EDIT__INIT, b_edit = LZ__EDIT__INIT;
static Lz__Field *fields[] = {&a_field, &b_field};
static Lz__Edit *edits[] = {&a_edit, &b_edit};

static void set_edit(Lz__Edit *edit, uint64_t offset, uint64_t length, const char *replacement)
{
	edit->offset = offset;
	edit->length = length;
	edit->replacement.data = (uint8_t *)(uintptr_t)replacement;
	edit->replacement.len = strlen(replacement);
}

static Lz__Group group_of(size_t edit_count, size_t field_count)
{
	Lz__Group group = LZ__GROUP__INIT;

	group.edits = edits;
	group.n_edits = edit_count;
	group.fields = fields;
	group.n_fields = field_count;
	return group;
}

static void check(const char *original, const Lz__Group *group, const char *want)
{
	struct buf all = {0};
	struct edit edit;
	size_t i;

	assert_int_equal(edit_apply(original, strlen(original), group, &edit, NULL), RESULT_OK);
	for (i = 0; i < edit.piece_count; i++)
		buf_add(&all, edit.pieces[i].bytes, edit.pieces[i].size);
	assert_string_equal(all.size ? all.data : "", want);
	edit_fini(&edit);
	buf_fini(&all);
}

static void without_edits_the_message_is_the_original_itself(void **state)
{
	Lz__Group group = group_of(0, 0);
	struct edit edit;
	char original[] = "Subject: x\n\nx\n";

	assert_int_equal(
	        edit_apply(original, sizeof(original) - 1, &group, &edit, NULL), RESULT_OK);
	assert_int_equal(edit.piece_count, 1);
	assert_ptr_equal(edit.pieces[0].bytes, original);
	assert_int_equal(edit.pieces[0].size, sizeof(original) - 1);
	edit_fini(&edit);
	check("", &group, "");
}

static void ranges_are_replaced_removed_and_inserted(void **state)
{
	Lz__Group group = group_of(2, 0);

	set_edit(&a_edit, 2, 3, "XY");
	set_edit(&b_edit, 5, 0, "+");
	check("0123456789", &group, "01XY+56789");
	set_edit(&a_edit, 0, 10, "");
	set_edit(&b_edit, 10, 0, "end");
	check("0123456789", &group, "end");
}

static void fields_stand_in_front_with_the_messages_own_line_ends(void **state)
{
	Lz__Group group = group_of(0, 2);

	a_field.name = "X-A";
	a_field.value = "one,\n\ttwo";
	b_field.name = "X-B";
	b_field.value = "three,\r\n four";
	check("S: x\n\nb\r\n", &group, "X-A: one,\n\ttwo\nX-B: three,\n four\nS: x\n\nb\r\n");
	check("S: x\r\n\r\n", &group, "X-A: one,\r\n\ttwo\r\nX-B: three,\r\n four\r\nS: x\r\n\r\n");
	check("", &group, "X-A: one,\n\ttwo\nX-B: three,\n four\n");
}

static void check_refused(const Lz__Group *group)
{
	struct edit edit;
	struct err err;

	assert_int_equal(edit_apply("0123456789", 10, group, &edit, &err), RESULT_PERMANENT);
	assert_null(edit.pieces);
}

static void edits_out_of_place_are_refused(void **state)
{
	Lz__Group group = group_of(2, 0);

	set_edit(&a_edit, 0, 1, "");
	set_edit(&b_edit, 5, 6, "");
	check_refused(&group);
	set_edit(&b_edit, 11, 0, "");
	check_refused(&group);
	set_edit(&b_edit, 5, UINT64_MAX, "");
	check_refused(&group);
	set_edit(&b_edit, UINT64_MAX, 5, "");
	check_refused(&group);
	set_edit(&a_edit, 4, 3, "");
	set_edit(&b_edit, 6, 1, "");
	check_refused(&group);
}

static void fields_that_would_break_the_header_are_refused(void **state)
{
	static const char *const values[] = {"a\nb", "a\n", "a\r b", "a\r\nb", "\n\n"};
	static const char *const names[] = {"", "a b", "a:b", "a\n"};
	Lz__Group group = group_of(0, 1);
	size_t i;

	a_field.name = "X";
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		a_field.value = (char *)(uintptr_t)values[i];
		check_refused(&group);
	}
	a_field.value = "x";
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		a_field.name = (char *)(uintptr_t)names[i];
		check_refused(&group);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_edits_the_message_is_the_original_itself),
	        cmocka_unit_test(ranges_are_replaced_removed_and_inserted),
	        cmocka_unit_test(fields_stand_in_front_with_the_messages_own_line_ends),
	        cmocka_unit_test(edits_out_of_place_are_refused),
	        cmocka_unit_test(fields_that_would_break_the_header_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
