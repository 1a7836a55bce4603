#include "tests/unit/lib/mime/support.h"

#include "lib/mime/cut.h"
#include "tests/unit/lib/mime/ranges.h"

#define MULTI "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
#define FIRST "--B\r\n\r\nfirst\r\n"
#define SECOND "--B\r\nContent-Type: a/b; name=x.exe\r\n\r\nsecret\r\n"
#define PLAIN "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"

/* Cuts `part` out of `text`, gives what is left. */
static char *cut_one(const char *text, size_t part, const char *replacement)
{
	struct mime_map *map = map_of(text);
	struct cut cut = {0};
	struct buf out = {0};
	struct err err;

	assert_int_equal(cut_part(&cut, map, part, replacement, &err), RESULT_OK);
	check_edits(&cut, map);
	cut_apply(&cut, map, &out);
	cut_fini(&cut);
	mime_map_free(&map);
	return buf_give(&out);
}

static void check(const char *text, size_t part, const char *replacement, const char *want)
{
	char *left = cut_one(text, part, replacement);

	assert_string_equal(left, want);
	free(left);
}

static void a_part_is_replaced_and_all_else_stays(void **state)
{
	check(MULTI FIRST SECOND "--B--\r\nend\r\n", 2, "Gone.",
	        MULTI FIRST "--B\r\n" PLAIN "Gone.\r\n--B--\r\nend\r\n");
	check(MULTI SECOND FIRST "--B--\r\n", 1, "Gone.",
	        MULTI "--B\r\n" PLAIN "Gone.\r\n" FIRST "--B--\r\n");
	check(MULTI FIRST SECOND, 2, "Gone.", MULTI FIRST "--B\r\n" PLAIN "Gone.\r\n");
}

static void line_ends_are_those_of_the_message(void **state)
{
	check("Content-Type: multipart/mixed; boundary=B\n\n--B\n\nsecret\n--B--\n", 1, "a\r\nb",
	        "Content-Type: multipart/mixed; boundary=B\n\n--B\n"
	        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\na\nb\n"
	        "--B--\n");
}

static void an_empty_part_gets_a_line_end(void **state)
{
	check(MULTI "--B\r\n--B--\r\n", 1, "Gone.", MULTI "--B\r\n" PLAIN "Gone.\r\n--B--\r\n");
}

static void text_that_is_not_plain_is_quoted(void **state)
{
	static const char quoted[] = "Content-Type: text/plain; charset=utf-8\r\n"
	                             "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
	char *want = alloc_format(
	        MULTI "--B\r\n%sGr=C3=B6=C3=9Fe =3D 1=20\r\n=2D-B--\r\n=2E\r\n--B--\r\n", quoted);

	check(MULTI FIRST "--B--\r\n", 1, "Größe = 1 \n--B--\n.", want);
	free(want);
}

static void long_lines_are_folded_softly(void **state)
{
	char text[300], *left, *line;
	struct mime_map *map;
	struct buf body = {0};

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	left = cut_one(MULTI FIRST "--B--\r\n", 1, text);
	for (line = left; line; line = strstr(line + 1, "\r\n"))
		assert_true(strcspn(line + 2, "\r") <= 76);
	map = map_of(left);
	decode_part(map, 1, map->parts[1].encoding, &body);
	assert_string_equal(body.data, text);
	buf_fini(&body);
	mime_map_free(&map);
	free(left);
}

static void a_message_of_one_part_keeps_its_own_header(void **state)
{
	check("From: a\r\nContent-Type: a/b;\r\n name=x.exe\r\nTo: b\r\n"
	      "content-transfer-encoding: base64\r\n\r\nc2VjcmV0\r\n",
	        0, "Gone.", "From: a\r\nTo: b\r\nMIME-Version: 1.0\r\n" PLAIN "Gone.\r\n");
	check("MIME-Version: 1.0\r\nFrom: a\r\n\r\nsecret", 0, "Gone.",
	        "MIME-Version: 1.0\r\nFrom: a\r\n" PLAIN "Gone.\r\n");
	check("From: a", 0, "Gone.",
	        "From: a\nMIME-Version: 1.0\n"
	        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
	        "7bit\n\nGone.\n");
	check("Content-Type: a/b", 0, "Gone.",
	        "MIME-Version: 1.0\n"
	        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
	        "7bit\n\nGone.\n");
}

/* Some take the CR for a line end, and what follows for a field of its own. */
static void a_field_within_the_last_one_goes_with_it(void **state)
{
	check("From: a\r\nContent-Type: multipart/mixed\rTo: b", 0, "Gone.",
	        "From: a\r\nMIME-Version: 1.0\r\n" PLAIN "Gone.\r\n");
	check("From: a\r\nContent-Type: multipart/mixed\rTo: b\rc\r\n\r\nx", 0, "Gone.",
	        "From: a\r\nMIME-Version: 1.0\r\n" PLAIN "Gone.\r\n");
}

static void a_file_inside_text_becomes_a_line(void **state)
{
	check("Subject: x\n\na\nbegin 644 x.exe\n#:&5L\n`\nend\nb\n", 1, "Größe = gone\n",
	        "Subject: x\n\na\n[Gr??e - gone ]\nb\n");
}

static void a_message_inside_becomes_a_small_message(void **state)
{
	check("Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nsecret\r\n", 1, "Gone.",
	        "Content-Type: message/rfc822\r\n\r\n" PLAIN "Gone.\r\n");
}

static void check_refused(const char *text, size_t part, const char *why)
{
	struct mime_map *map = map_of(text);
	struct cut cut = {0};
	struct err err;

	assert_int_equal(cut_part(&cut, map, part, "Gone.", &err), RESULT_PERMANENT);
	assert_string_equal(err.text, why);
	assert_int_equal(cut.count, 0);
	mime_map_free(&map);
}

static void what_can_not_be_cut_is_refused_with_a_reason(void **state)
{
	check_refused("Content-Type: multipart/signed; boundary=B\r\n\r\n" FIRST SECOND "--B--\r\n",
	        2, "signed");
	check_refused("Content-Type: multipart/encrypted; boundary=B\r\n\r\n" FIRST "--B--\r\n", 1,
	        "encrypted");
	check_refused("Content-Type: multipart/mixed; boundary=B\r\n"
	              "Content-Transfer-Encoding: quoted-printable\r\n\r\n" FIRST "--B--\r\n",
	        1, "encoded");
	check_refused("Content-Type: multipart/mixed; boundary=B; boundary=C\r\n\r\n" FIRST
	              "--B--\r\n",
	        1, "ambiguous");
	check_refused("Subject: x\rContent-Type: a/b\r\n\r\nsecret\r\n", 0, "header");
	check_refused("Subject: x\r\r\rsecret\r", 0, "header");
}

static void a_signature_is_broken_where_the_caller_says_so(void **state)
{
	struct mime_map *map = map_of(
	        "Content-Type: multipart/signed; boundary=B\r\n\r\n" FIRST SECOND "--B--\r\n");
	struct cut cut = {.may_break_signatures = 1};
	struct err err;

	assert_int_equal(cut_part(&cut, map, 2, "Gone.", &err), RESULT_OK);
	assert_int_equal(cut.count, 1);
	assert_int_equal(cut.edits[0].offset, map->parts[2].whole.offset);
	assert_int_equal(cut.edits[0].length, map->parts[2].whole.length);
	cut_fini(&cut);
	mime_map_free(&map);
}

static void a_signed_whole_can_be_cut(void **state)
{
	check(MULTI
	        "--B\r\nContent-Type: multipart/signed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--\r\n"
	        "--B--\r\n",
	        1, "Gone.", MULTI "--B\r\n" PLAIN "Gone.\r\n--B--\r\n");
}

static void a_truncated_map_is_refused(void **state)
{
	struct mime_limits limits = {
	        .max_parts = 2, .max_depth = 5, .max_fields = 10, .max_field_bytes = 100};
	const char *text = MULTI FIRST FIRST "--B--\r\n";
	struct mime_map *map = mime_map_new(text, strlen(text), &limits);
	struct cut cut = {0};
	struct err err;

	assert_int_equal(cut_part(&cut, map, 1, "Gone.", &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "truncated");
	mime_map_free(&map);
}

static void several_cuts_keep_their_order_and_take_what_lies_inside(void **state)
{
	const char *text =
	        MULTI FIRST "--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nz\r\n"
	                    "--B--\r\n";
	struct mime_map *map = map_of(text);
	struct cut cut = {0};
	struct buf out = {0};
	struct err err;

	assert_int_equal(cut_part(&cut, map, 3, "C", &err), RESULT_OK);
	assert_int_equal(cut_part(&cut, map, 1, "A", &err), RESULT_OK);
	assert_int_equal(cut.count, 2);
	assert_int_equal(cut_part(&cut, map, 2, "B", &err), RESULT_OK);
	assert_int_equal(cut.count, 2);
	assert_int_equal(cut_part(&cut, map, 3, "C", &err), RESULT_OK);
	assert_int_equal(cut.count, 2);
	cut_apply(&cut, map, &out);
	assert_string_equal(out.data, MULTI "--B\r\n" PLAIN "A\r\n--B\r\n" PLAIN "B\r\n--B--\r\n");
	buf_fini(&out);
	cut_fini(&cut);
	mime_map_free(&map);
}

/* What was cut is gone for us and for GMime, and all that was beside it is still there. */
static void both_views_lose_the_part_and_nothing_else(void **state)
{
	static const char *const texts[] = {MULTI FIRST SECOND "--B--\r\n", MULTI SECOND FIRST,
	        MULTI "--B\r\nContent-Type: message/rfc822\r\n\r\n" MULTI SECOND FIRST "--B--\r\n",
	        ("Content-Type: multipart/alternative; boundary=\"=_=\"\n\n--=_=\n\nfirst\n--=_=\n"
	         "Content-Type: text/html\n\nsecret\n--=_=--\n")};
	size_t at, part;

	for (at = 0; at < sizeof texts / sizeof texts[0]; at++) {
		struct mime_map *map = map_of(texts[at]), *after;
		struct view *view;
		char *left;
		size_t *extra;

		for (part = 0; part < map->part_count; part++)
			if (map->parts[part].body.length == 6)
				break;
		left = cut_one(texts[at], part, "Gone.");
		after = map_of(left);
		view = view_new(left, strlen(left), NULL);
		assert_int_equal(view_compare(after, view, &extra), 0);
		assert_false(mime_map_has(after, MIME_ANOMALY_VIEWS_DIFFER));
		assert_int_equal(after->part_count, map->part_count);
		assert_null(strstr(left, "secret"));
		assert_non_null(strstr(left, "first"));
		free(extra);
		view_free(&view);
		mime_map_free(&after);
		mime_map_free(&map);
		free(left);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_part_is_replaced_and_all_else_stays),
	        cmocka_unit_test(line_ends_are_those_of_the_message),
	        cmocka_unit_test(an_empty_part_gets_a_line_end),
	        cmocka_unit_test(text_that_is_not_plain_is_quoted),
	        cmocka_unit_test(long_lines_are_folded_softly),
	        cmocka_unit_test(a_message_of_one_part_keeps_its_own_header),
	        cmocka_unit_test(a_field_within_the_last_one_goes_with_it),
	        cmocka_unit_test(a_file_inside_text_becomes_a_line),
	        cmocka_unit_test(a_message_inside_becomes_a_small_message),
	        cmocka_unit_test(what_can_not_be_cut_is_refused_with_a_reason),
	        cmocka_unit_test(a_signature_is_broken_where_the_caller_says_so),
	        cmocka_unit_test(a_signed_whole_can_be_cut),
	        cmocka_unit_test(a_truncated_map_is_refused),
	        cmocka_unit_test(several_cuts_keep_their_order_and_take_what_lies_inside),
	        cmocka_unit_test(both_views_lose_the_part_and_nothing_else),
	};

	view_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
