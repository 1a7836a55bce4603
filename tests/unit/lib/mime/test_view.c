#include "tests/unit/lib/mime/support.h"

#define MULTI "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"

struct both {
	char *text;
	struct mime_map *map;
	struct view *view;
	size_t *extra;
	size_t extra_count;
};

static struct both read_both(const char *pattern)
{
	struct both both = {.text = mail(pattern)};

	both.map = map_of(both.text);
	both.view = view_new(both.text, strlen(both.text), NULL);
	both.extra_count = view_compare(both.map, both.view, &both.extra);
	return both;
}

static void fini(struct both *both)
{
	free(both->extra);
	view_free(&both->view);
	mime_map_free(&both->map);
	free(both->text);
}

static void gmime_gives_leaves_with_names_and_contents(void **state)
{
	struct both both =
	        read_both(MULTI "--B\r\n\r\nhello\r\n--B\r\nContent-Type: a/b; name=f\r\n"
	                        "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--B--\r\n");

	assert_int_equal(both.view->count, 2);
	assert_string_equal(both.view->parts[0].type, "text/plain");
	assert_string_equal(both.view->parts[0].name, "");
	assert_string_equal(both.view->parts[1].type, "a/b");
	assert_string_equal(both.view->parts[1].name, "f");
	assert_string_equal(both.view->parts[1].content, "hello");
	assert_int_equal(both.view->parts[1].size, 5);
	assert_int_equal(both.view->depth, 1);
	fini(&both);
}

static void limits_cut_the_view_short(void **state)
{
	struct mime_limits limits = {
	        .max_parts = 1, .max_depth = 5, .max_fields = 10, .max_field_bytes = 100};
	const char *text = MULTI "--B\r\n\r\na\r\n--B\r\n\r\nb\r\n--B--\r\n";
	struct view *view = view_new(text, strlen(text), &limits);

	assert_true(view->truncated);
	assert_int_equal(view->count, 1);
	view_free(&view);
	limits.max_parts = 10;
	limits.max_depth = 0;
	view = view_new(text, strlen(text), &limits);
	assert_true(view->truncated);
	view_free(&view);
}

/* What honest mail is read differently in. */
static void sloppy_mail_is_seen_alike(void **state)
{
	static const char *const texts[] = {"Subject: x\n\nbody\n", "Subject: x\n\n", "",
	        "From a@example.org Sun Nov 22 10:00:00 2026\nSubject: x\n\nbody\n",
	        MULTI "preamble\r\n--B\r\n\r\none\r\n\r\n--B\r\n\r\ntwo  \r\n--B--\r\nepilogue\r\n",
	        MULTI "--B\r\n\r\nno end\r\n",
	        "Content-Transfer-Encoding: base64\n\n\3\n-- \nA mailing list's footer.\n",
	        "Content-Transfer-Encoding: quoted-printable\n\na= \nb=XYc=\n",
	        "Content-Type: message/rfc822\n\nSubject: x\n\nbody\n",
	        "Content-Type: multipart/mixed; boundary=B\n\nno delimiter at all\n",
	        "Content-Type: text/plain; charset=nonsense\n\nb\xE9\n"};
	size_t at;

	for (at = 0; at < sizeof texts / sizeof texts[0]; at++) {
		struct both both = read_both(texts[at]);

		if (both.extra_count || mime_map_has(both.map, MIME_ANOMALY_VIEWS_DIFFER))
			fail_msg("%s", texts[at]);
		fini(&both);
	}
}

/* Machine-readable parts of reports and of other protocols, some of them mail and some not. */
static void honest_parts_of_type_message_are_seen_alike(void **state)
{
	static const char *const types[] = {"http", "sip", "news", "rfc822", "rfc2822", "global",
	        "tracking-status", "feedback-report", "delivery-status", "disposition-notification",
	        "global-delivery-status", "global-disposition-notification", "global-headers",
	        "s-http", "cpim", "imdn+xml", "vnd.x", "sipfrag"};
	static const char *const bodies[] = {
	        "Content-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n",
	        "Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; a@b\r\n"
	        "Action: failed\r\n",
	        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
	        "Content-Length: 3\r\n\r\nabc\r\n",
	        "From: a@example.org\r\nSubject: x\r\n" MULTI
	        "--B\r\n\r\nhello\r\n--B\r\nContent-Type: text/html; "
	        "name=a.htm\r\n\r\n<p>\r\n--B--\r\n"};
	size_t type, body;

	for (type = 0; type < sizeof types / sizeof types[0]; type++)
		for (body = 0; body < sizeof bodies / sizeof bodies[0]; body++) {
			char *text = alloc_format(
			        "Content-Type: multipart/report; boundary=R\r\n\r\n--R\r\n\r\n"
			        "See below.\r\n--R\r\nContent-Type: message/%s\r\n\r\n%s--R--\r\n",
			        types[type], bodies[body]);
			struct both both = read_both(text);

			if (both.extra_count || mime_map_has(both.map, MIME_ANOMALY_VIEWS_DIFFER))
				fail_msg("%s: %s", types[type], bodies[body]);
			fini(&both);
			free(text);
		}
}

static void what_only_gmime_sees_is_extra(void **state)
{
	struct both both = read_both(MULTI "--B\r\n\r\nhello\r\n--B--\r\n");
	struct mime_map *other = map_of("Subject: x\r\n\r\nsomething else\r\n");
	size_t *extra;

	assert_int_equal(view_compare(other, both.view, &extra), 1);
	assert_int_equal(extra[0], 0);
	assert_true(mime_map_has(other, MIME_ANOMALY_VIEWS_DIFFER));
	free(extra);
	mime_map_free(&other);
	fini(&both);
}

static void a_bad_header_line_makes_a_longer_leaf_but_no_difference(void **state)
{
	struct both both = read_both("From: a\r\n" MULTI "--B\r\nContent-Type: text/plain\r\n"
	                             "this line is no field\r\nX: y\r\n\r\nhello\r\n--B--\r\n");

	assert_true(mime_map_has(both.map, MIME_ANOMALY_BAD_HEADER_LINE));
	assert_false(mime_map_has(both.map, MIME_ANOMALY_VIEWS_DIFFER));
	fini(&both);
}

static void what_only_we_see_is_noted(void **state)
{
	struct both both = read_both("Content-Type: multipart/mixed; boundary=C; boundary=B\r\n\r\n"
	                             "--B\r\n\r\nhello\r\n--B\r\n\r\nagain\r\n--B--\r\n");

	assert_int_equal(both.map->part_count, 3);
	assert_true(mime_map_has(both.map, MIME_ANOMALY_VIEWS_DIFFER));
	fini(&both);
}

/* GMime stops at the first padding; what it has is the beginning of what we have. */
static void chunked_base64_is_ours_in_whole(void **state)
{
	struct both both = read_both("Content-Transfer-Encoding: base64\r\n\r\n\4");

	assert_true(both.view->parts[0].size < strlen(payload()));
	assert_int_equal(both.extra_count, 0);
	assert_true(has_payload(both.map));
	assert_int_equal(worst_of(both.map), 2);
	fini(&both);
}

static void names_that_only_gmime_sees_are_added(void **state)
{
	struct both both = read_both("Subject: x\r\n\r\nhello\r\n");
	size_t *extra;

	free(both.view->parts[0].name);
	both.view->parts[0].name = alloc_string("x.exe");
	assert_int_equal(view_compare(both.map, both.view, &extra), 0);
	assert_int_equal(both.map->parts[0].name_count, 1);
	assert_string_equal(both.map->parts[0].names[0].text, "x.exe");
	assert_int_equal(both.map->parts[0].names[0].source, MIME_NAME_VIEW);
	free(extra);
	fini(&both);
}

static void nfkc_folds_widths_and_case(void **state)
{
	char *text = view_nfkc("ＡＢ\uFB01 É");

	assert_string_equal(text, "abfi é");
	free(text);
	text = view_nfkc("a\xFF");
	assert_string_equal(text, "a\uFFFD");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(gmime_gives_leaves_with_names_and_contents),
	        cmocka_unit_test(limits_cut_the_view_short),
	        cmocka_unit_test(sloppy_mail_is_seen_alike),
	        cmocka_unit_test(honest_parts_of_type_message_are_seen_alike),
	        cmocka_unit_test(what_only_gmime_sees_is_extra),
	        cmocka_unit_test(a_bad_header_line_makes_a_longer_leaf_but_no_difference),
	        cmocka_unit_test(what_only_we_see_is_noted),
	        cmocka_unit_test(chunked_base64_is_ours_in_whole),
	        cmocka_unit_test(names_that_only_gmime_sees_are_added),
	        cmocka_unit_test(nfkc_folds_widths_and_case),
	};

	view_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
