#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "workers/qscan/edits.h"

static char *apply(const struct edits *edits, const char *mail)
{
	struct buf out = {0};
	size_t i, at = 0;

	for (i = 0; i < edits->count; i++) {
		buf_add(&out, mail + at, edits->list[i].offset - at);
		buf_add(&out, edits->list[i].replacement.data, edits->list[i].replacement.size);
		at = edits->list[i].offset + edits->list[i].length;
	}
	buf_add(&out, mail + at, strlen(mail) - at);
	return buf_give(&out);
}

static void assert_stripped(const char *mail, const char *expected)
{
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct edits edits = {0};
	char *text;

	edits_strip_fields(&edits, map);
	assert_true(edits_settle(&edits));
	text = apply(&edits, mail);
	assert_string_equal(text, expected);
	free(text);
	edits_fini(&edits);
	mime_map_free(&map);
}

static void a_field_goes_with_its_continuation_lines_and_line_end(void **state)
{
	assert_stripped("A: 1\r\nX-Spam-Status: No,\r\n tests=\r\n\tX\r\nB: 2\r\n\r\nbody",
	        "A: 1\r\nB: 2\r\n\r\nbody");
	assert_stripped("A: 1\nx-spam-flag: NO\nB: 2\n\nbody", "A: 1\nB: 2\n\nbody");
}

static void the_first_and_the_last_field_can_go(void **state)
{
	assert_stripped(
	        "X-Lazaret: clean\r\nA: 1\r\nX-Lazaret-Pass: x\r\n\r\nbody", "A: 1\r\n\r\nbody");
}

static void a_name_that_only_contains_ours_stays(void **state)
{
	assert_stripped("X-Spamalot: 1\r\nMy-X-Spam-Flag: 1\r\n\r\nX-Spam-Flag: body\r\n",
	        "X-Spamalot: 1\r\nMy-X-Spam-Flag: 1\r\n\r\nX-Spam-Flag: body\r\n");
}

/* More fields than the map has. */
static void fields_beyond_those_that_are_read_go_too(void **state)
{
	struct buf mail = {0}, expected = {0};
	size_t at;

	for (at = 0; at < 1200; at++)
		buf_add_format(&mail, "A%zu: x\r\n", at);
	buf_add(&expected, mail.data, mail.size);
	buf_add_string(&mail, "x-spam-flag: NO\r\n more\r\nX-Spam-Status : No\r\nB: 1\r\n and 2\r\n"
	                      "X-Lazaret: clean\r\n\r\nX-Spam-Flag: body\r\n");
	buf_add_string(&expected, "B: 1\r\n and 2\r\n\r\nX-Spam-Flag: body\r\n");
	assert_stripped(mail.data, expected.data);
	buf_fini(&mail);
	buf_fini(&expected);
}

static void a_header_of_thousands_of_ours_makes_no_script_without_end(void **state)
{
	struct mime_map *map;
	struct edits edits = {0};
	struct buf mail = {0};
	size_t at;

	for (at = 0; at < 50000; at++)
		buf_add_string(&mail, "X-Spam-Flag: NO\nB: 1\n");
	buf_add_string(&mail, "\nbody\n");
	map = mime_map_new(mail.data, mail.size, NULL);
	edits_strip_fields(&edits, map);
	assert_true(edits_settle(&edits));
	assert_in_range(edits.count, 1000, 2000);
	assert_int_equal(edits.list[edits.count - 1].offset + edits.list[edits.count - 1].length,
	        mail.size - strlen("\nbody\n"));
	edits_fini(&edits);
	mime_map_free(&map);
	buf_fini(&mail);
}

static char *prefixed(const char *mail, const char *prefix)
{
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct edits edits = {0};
	char *text;

	edits_prefix_subject(&edits, map, prefix);
	assert_true(edits_settle(&edits));
	text = apply(&edits, mail);
	edits_fini(&edits);
	mime_map_free(&map);
	return text;
}

static void assert_prefixed(const char *mail, const char *prefix, const char *expected)
{
	char *text = prefixed(mail, prefix);

	assert_string_equal(text, expected);
	free(text);
}

static void a_prefix_stands_before_the_subject_in_every_form(void **state)
{
	assert_prefixed("Subject: hi\r\n\r\n", "[SPAM]", "Subject: [SPAM] hi\r\n\r\n");
	assert_prefixed("Subject:hi\r\n\r\n", "[SPAM]", "Subject: [SPAM] hi\r\n\r\n");
	assert_prefixed("Subject: hi\r\n\r\n", "[SPAM] ", "Subject: [SPAM] hi\r\n\r\n");
	assert_prefixed("Subject: =?utf-8?q?x?=\r\n\r\n", "[SPAM]",
	        "Subject: [SPAM] =?utf-8?q?x?=\r\n\r\n");
}

static void each_of_several_subjects_is_marked(void **state)
{
	assert_prefixed("Subject: a\r\nSubject: b\r\n\r\n", "[SPAM]",
	        "Subject: [SPAM] a\r\nSubject: [SPAM] b\r\n\r\n");
}

static void a_prefix_that_is_not_ascii_becomes_an_encoded_word(void **state)
{
	assert_prefixed("Subject: a\r\n\r\n", "\xc3\xa4", "Subject: =?UTF-8?B?w6Qg?= a\r\n\r\n");
}

static void deletions_inside_deletions_become_one(void **state)
{
	struct edits edits = {0};

	edits_add(&edits, 10, 5, NULL);
	edits_add(&edits, 0, 30, NULL);
	edits_add(&edits, 25, 10, NULL);
	assert_true(edits_settle(&edits));
	assert_int_equal(edits.count, 1);
	assert_int_equal(edits.list[0].length, 35);
	edits_fini(&edits);
}

static void replacements_that_overlap_are_refused(void **state)
{
	struct edits edits = {0};
	struct buf text = {0};

	buf_add_string(&text, "x");
	edits_add(&edits, 10, 5, &text);
	edits_add(&edits, 12, 5, NULL);
	assert_false(edits_settle(&edits));
	edits_fini(&edits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_field_goes_with_its_continuation_lines_and_line_end),
	        cmocka_unit_test(the_first_and_the_last_field_can_go),
	        cmocka_unit_test(fields_beyond_those_that_are_read_go_too),
	        cmocka_unit_test(a_header_of_thousands_of_ours_makes_no_script_without_end),
	        cmocka_unit_test(a_name_that_only_contains_ours_stays),
	        cmocka_unit_test(a_prefix_stands_before_the_subject_in_every_form),
	        cmocka_unit_test(each_of_several_subjects_is_marked),
	        cmocka_unit_test(a_prefix_that_is_not_ascii_becomes_an_encoded_word),
	        cmocka_unit_test(deletions_inside_deletions_become_one),
	        cmocka_unit_test(replacements_that_overlap_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
