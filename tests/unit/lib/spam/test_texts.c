#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/base64.h"
#include "lib/base/utf8.h"
#include "lib/spam/links.h"
#include "lib/spam/texts.h"

/* All pieces, each with "|" behind it. To be freed. */
static char *all(const struct pieces *pieces)
{
	struct buf out = {0};

	buf_add_string(&out, "");
	for (size_t i = 0; i < pieces->count; i++) {
		size_t size;
		const char *bytes = pieces_at(pieces, i, &size);

		buf_add(&out, bytes, size);
		buf_add_char(&out, '|');
	}
	return buf_give(&out);
}

static void build_bytes(
        const char *mail, size_t size, const struct texts_limits *limits, struct texts *texts)
{
	struct mime_map *map = mime_map_new(mail, size, NULL);

	texts_build(&(struct texts_input){.map = map, .limits = limits}, texts);
	mime_map_free(&map);
}

static void body_is(const char *mail, const char *want)
{
	struct texts texts;
	char *got;

	build_bytes(mail, strlen(mail), NULL, &texts);
	got = all(&texts.body);
	assert_string_equal(got, want);
	assert_null(texts.cut);
	free(got);
	texts_fini(&texts);
}

static void links_are(const char *mail, const char *want)
{
	struct texts texts;
	char *got;

	build_bytes(mail, strlen(mail), NULL, &texts);
	got = all(&texts.links.forms);
	assert_string_equal(got, want);
	free(got);
	texts_fini(&texts);
}

static void of_a_line_end_only_its_own_cr_goes(void **state)
{
	static const char mail[] = "A: b\r\n\r\nx\ry\r\r\nz\r";
	struct texts texts;
	char *raw;

	build_bytes(mail, sizeof(mail) - 1, NULL, &texts);
	assert_string_equal(texts.full.data, "A: b\n\nx\ry\r\nz\r");
	raw = all(&texts.rawbody);
	assert_string_equal(raw, "x\ry\r\nz\r|");
	free(raw);
	texts_fini(&texts);
}

static void blanks_of_any_script_part_words_and_a_nul_parts_paragraphs(void **state)
{
	static const char text[] = "a\xe2\x80\x83\xc2\x85"
	                           "b\xe2\x80\x9c\x7f\x01\0c\xc2\xa0\xc2";
	struct pieces body = {0};
	char *got;

	texts_add_paragraphs(&body, text, sizeof(text) - 1);
	got = all(&body);
	assert_string_equal(got, "a b\xe2\x80\x9c\x7f\x01\n|c \xc2|");
	free(got);
	pieces_fini(&body);
}

static void the_subject_is_the_first_string_and_paragraphs_follow(void **state)
{
	body_is("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\none\ntwo  three\n\n \nfour\n",
	        "Gr\xc3\xbc\xc3\x9f"
	        "e\n|one two three\n|four |");
	body_is("To: x\n\n\n\nbody", "\n|\n|body|");
	body_is("Subject: s\r\n\r\none\r\ntwo\r\n\r\nthree\r\n", "s\n|one two\n|three |");
}

static void html_is_rendered_and_paragraphs_are_those_of_the_markup(void **state)
{
	body_is("Subject: s\nContent-Type: text/html\n\n<p>one\n\ntwo<br>three<p>f<!-- "
	        "-->our&nbsp;x",
	        "s\n|\n|one two three\n|four x|");
}

static void transfer_encodings_are_taken_off(void **state)
{
	body_is("Subject: s\nContent-Transfer-Encoding: quoted-printable\n\nVi=61gr=\na=20now\n",
	        "s\n|Viagra now |");
	body_is("Subject: s\nContent-Transfer-Encoding: base64\n\nVmlhZ3JhIG5vdw==\n",
	        "s\n|Viagra now|");
}

static void charsets_become_utf8(void **state)
{
	body_is("Subject: s\nContent-Type: text/plain; charset=iso-8859-15\n\n10 \xa4\n",
	        "s\n|10 \xe2\x82\xac |");
	/* Declared Latin-1 is windows-1252. */
	body_is("Subject: s\nContent-Type: text/plain; charset=iso-8859-1\n\n10 \x80\n",
	        "s\n|10 \xe2\x82\xac |");
	/* UTF-8 that is called something else. */
	body_is("Subject: s\nContent-Type: text/plain; charset=us-ascii\n\n\xc3\xa4\n",
	        "s\n|\xc3\xa4 |");
	body_is("Subject: s\nContent-Type: text/plain; charset=koi8-r\n\n\xf0\xf2\n",
	        "s\n|\xd0\x9f\xd0\xa0 |");
	/* ISO-2022-JP has no byte above 127. */
	body_is("Subject: s\nContent-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B$\"\x1b(B\n",
	        "s\n|\xe3\x81\x82 |");
	/* UTF-7, even where some of it isn't by the book. */
	body_is("Subject: s\nContent-Type: text/plain; charset=utf-7\n\n+AD4 x +2 y\n",
	        "s\n|> x \xef\xbf\xbdy |");
}

static void all_text_parts_are_seen_and_others_are_not(void **state)
{
	body_is("Subject: s\nContent-Type: multipart/mixed; boundary=q\n\n"
	        "--q\nContent-Type: text/plain\n\nplain\n\n"
	        "--q\nContent-Type: text/html\n\n<b>html</b>\n\n"
	        "--q\nContent-Type: image/gif\n\npicture\n"
	        "--q\nContent-Type: application/x-page; name=\"a.HTML\"\n\n<i>named</i>\n"
	        "--q\nContent-Type: message/rfc822\n\nSubject: inner\n\ninside\n--q--\n",
	        "s\n|plain\n|html \n|named inside|");
}

static void blank_lines_are(const char *head, const char *tail, size_t want)
{
	struct buf mail = {0};
	struct texts texts;
	size_t size;

	buf_add_string(&mail, head);
	for (int i = 0; i < 50; i++)
		buf_add_char(&mail, '\n');
	buf_add_string(&mail, "x");
	buf_add_string(&mail, tail);
	build_bytes(mail.data, mail.size, NULL, &texts);
	pieces_at(&texts.rawbody, 0, &size);
	assert_int_equal(size, want + 1);
	texts_fini(&texts);
	buf_fini(&mail);
}

static void of_many_blank_lines_some_stay(void **state)
{
	blank_lines_are("Subject: s\n\n", "", 21);
	blank_lines_are("Subject: s\n\ny\n", "", 20 + 2);
	blank_lines_are("Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: "
	                "text/plain\n\n",
	        "\n--q--\n", 19);
}

static void a_multipart_of_no_bytes_has_no_text(void **state)
{
	struct texts texts;

	body_is("Subject: s\nContent-Type: multipart/mixed; boundary=q\n\n", "");
	build_bytes("Content-Type: multipart/mixed; boundary=q\n\n", 43, NULL, &texts);
	assert_int_equal(texts.rawbody.count, 0);
	texts_fini(&texts);
	body_is("Subject: s\nContent-Type: multipart/mixed\n\n", "s\n|");
}

static void a_part_that_is_not_shown_ends_a_paragraph(void **state)
{
	body_is("Subject: s\nContent-Type: multipart/mixed; boundary=q\n\n"
	        "--q\nContent-Type: text/plain\n\nplain\n\n"
	        "--q\nContent-Type: image/gif\n\npicture\n--q--\n",
	        "s\n|plain\n|");
}

static void a_nul_ends_a_paragraph(void **state)
{
	static const char mail[] = "Subject: s\n\none\0two\n";
	struct texts texts;
	char *got;

	build_bytes(mail, sizeof(mail) - 1, NULL, &texts);
	got = all(&texts.body);
	assert_string_equal(got, "s\n|one\n|two |");
	free(got);
	texts_fini(&texts);
}

/* "Subject: inner", an empty line, "inside http://inside.example.com/". */
#define ENCODED "U3ViamVjdDogaW5uZXIKCmluc2lkZSBodHRwOi8vaW5zaWRlLmV4YW1wbGUuY29tLwo="

static void a_message_in_base64_is_read_like_any_other(void **state)
{
	static const char mail[] = "Subject: s\nContent-Type: multipart/mixed; boundary=q\n\n"
	                           "--q\n\nbefore\n\n"
	                           "--q\nContent-Type: message/rfc822\n"
	                           "Content-Transfer-Encoding: base64\n\n" ENCODED "\n"
	                           "--q\n\nbehind\n--q--\n";

	body_is(mail, "s\n|before\n|inside http://inside.example.com/\n|behind|");
	links_are(mail, "http://inside.example.com/|");
}

/* One more message around `mail`, which becomes an attachment of it in base64. */
static void wrap(struct buf *mail)
{
	struct buf outer = {0};

	buf_add_string(
	        &outer, "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n");
	base64_add(&outer, mail->data, mail->size);
	buf_fini(mail);
	*mail = outer;
}

static void messages_in_base64_inside_each_other_are_bounded(void **state)
{
	struct buf mail = {0};
	struct texts texts;

	buf_add_string(&mail, "Subject: inner\n\ninside\n");
	for (int i = 0; i < 6; i++)
		wrap(&mail);
	build_bytes(mail.data, mail.size, NULL, &texts);
	assert_int_equal(texts.parts.decoded_count, 3);
	assert_int_equal(texts.parts.count, 4);
	texts_fini(&texts);
	buf_fini(&mail);
}

static void a_delimiter_at_the_very_end_begins_no_part(void **state)
{
	static const char mail[] = "Content-Type: multipart/mixed; boundary=q\n\n"
	                           "--q\n\ntext\n--q\n";
	struct texts texts;

	build_bytes(mail, strlen(mail), NULL, &texts);
	assert_int_equal(texts.parts.count, 2);
	assert_int_equal(texts.rawbody.count, 1);
	texts_fini(&texts);
}

static void a_long_paragraph_is_cut_at_a_blank_and_never_inside_a_character(void **state)
{
	struct pieces body = {0};
	struct buf text = {0};
	size_t size, total = 0;

	for (int i = 0; i < 1000; i++)
		buf_add_string(&text, "word ");
	for (int i = 0; i < 3000; i++)
		buf_add_string(&text, "\xe2\x82\xac");
	texts_add_paragraphs(&body, text.data, text.size);
	assert_true(body.count > 5);
	for (size_t i = 0; i < body.count; i++) {
		const char *piece = pieces_at(&body, i, &size);

		assert_in_range(size, 1, 2048);
		assert_true(utf8_valid(piece, size));
		total += size;
	}
	assert_int_equal(total, text.size);
	pieces_at(&body, 0, &size);
	assert_int_equal(size, 2045);
	buf_fini(&text);
	pieces_fini(&body);
}

static void raw_text_up_to_2048_bytes_is_one_string(void **state)
{
	struct pieces raw = {0};
	struct buf text = {0};
	size_t size, total = 0;

	while (text.size < 2040)
		buf_add_string(&text, "a line\n");
	texts_add_raw(&raw, text.data, text.size);
	assert_int_equal(raw.count, 1);
	pieces_fini(&raw);
	while (text.size < 20000)
		buf_add_string(&text, "a line\n");
	texts_add_raw(&raw, text.data, text.size);
	for (size_t i = 0; i < raw.count; i++) {
		const char *piece = pieces_at(&raw, i, &size);

		assert_true(i + 1 == raw.count || (size >= 2048 && size <= 4096));
		assert_int_equal(piece[size - 1], '\n');
		total += size;
	}
	assert_int_equal(total, text.size);
	pieces_fini(&raw);
	buf_fini(&text);
}

static void raw_text_keeps_markup_and_loses_the_encoding(void **state)
{
	static const char mail[] = "Content-Type: text/html\nContent-Transfer-Encoding: "
	                           "quoted-printable\n\n<b>x=3D</b>\r\n";
	struct texts texts;
	char *got;

	build_bytes(mail, strlen(mail), NULL, &texts);
	got = all(&texts.rawbody);
	assert_string_equal(got, "<b>x=</b>\n|");
	free(got);
	texts_fini(&texts);
}

static void the_full_text_is_the_message_with_plain_line_ends(void **state)
{
	struct texts texts;

	build_bytes("A: b\r\n\r\nc\r\n", 11, NULL, &texts);
	assert_int_equal(texts.full.size, 8);
	assert_memory_equal(texts.full.data, "A: b\n\nc\n", 8);
	texts_fini(&texts);
}

static void links_are_found_in_text_and_markup(void **state)
{
	links_are("Subject: s\n\nSee http://a.example.org/x?y=1. Or <www.b.example.org/>, write to "
	          "joe.doe@c.example.net!\n",
	        "http://a.example.org/x?y=1|http://www.b.example.org/"
	        "|mailto:joe.doe@c.example.net|");
	links_are("Subject: s\nContent-Type: text/html\n\n<a href=\"http://d.example/\">here</a>",
	        "http://d.example/|");
	links_are("Subject: s\n\nlook at shop.example.com not at main.zz, a@b.org or x.y.com.\n",
	        "http://shop.example.com|http://x.y.com|mailto:a@b.org|");
	links_are("Subject: s\n\nnothing @ all, a@b, @x.y and x@.y\n", "");
}

static void forms_of(const char *url, const char *want)
{
	struct pieces forms = {0};
	char *got, *list = alloc_format("|%s", want);

	links_forms(NULL, url, strlen(url), &forms);
	got = all(&forms);
	if (strncmp(got, want, strlen(want)) != 0 && !strstr(got, list))
		fail_msg("%s: %s", url, got);
	free(got);
	free(list);
	pieces_fini(&forms);
}

static void disguised_links_are_given_plain_too(void **state)
{
	forms_of("http://host.example:80/a", "http://host.example/a|");
	forms_of("http://ex%61mple.org/%41", "http://example.org/A|");
	forms_of("http://3232235777/x", "http://192.168.1.1/x|");
	forms_of("http://0xc0.0250.1.1/x", "http://192.168.1.1/x|");
	forms_of("http:\\\\host\\x", "http://host/x|");
	forms_of("http://host/x", "http://www.host.com/x|");
	forms_of("http://r.example/?u=http%3A%2F%2Ft.example%2Fy", "http://t.example/y|");
	forms_of("http://user:pw@host.example/a?b#c", "http://user:pw@host.example/a?b#c|");
	forms_of("http://b\xc3\xbc"
	         "cher.example:80/x",
	        "http://xn--bcher-kva.example/x|");
	forms_of("https://host.example:443/", "https://host.example/|");
	forms_of("http://host:8443/", "http://host:8443/|");
}

static void redirectors_are_known_by_their_shapes(void **state)
{
	struct lists *lists = lists_new();
	struct pieces forms = {0};
	char *got;

	lists_add(lists, "redirector_pattern", "m'^https?://r\\.example/go\\?to=(.*)'i");
	links_forms(lists, "http://r.example/go?to=www.b.org/x", 34, &forms);
	got = all(&forms);
	assert_string_equal(
	        got, "http://r.example/go?to=www.b.org/x|http://www.b.org/x|www.b.org/x|");
	free(got);
	pieces_fini(&forms);
	lists_free(&lists);
}

static void a_text_larger_than_the_limit_is_told(void **state)
{
	struct texts_limits limits = {1000, 20000, 4000};
	struct buf mail = {0};
	struct texts texts;

	buf_add_string(&mail, "Subject: s\n\n");
	while (mail.size < 1500)
		buf_add_string(&mail, "word ");
	build_bytes(mail.data, mail.size, &limits, &texts);
	assert_non_null(texts.cut);
	assert_int_equal(texts.full.size, 1000);
	texts_fini(&texts);
	limits.max_bytes = 2000;
	build_bytes(mail.data, mail.size, &limits, &texts);
	assert_null(texts.cut);
	texts_fini(&texts);
	buf_fini(&mail);
}

static void a_long_text_attached_as_a_file_is_not(void **state)
{
	struct texts_limits limits = {1000, 20000, 4000};
	struct buf mail = {0};
	struct texts texts;

	buf_add_string(&mail,
	        "Subject: s\nContent-Type: text/plain\nContent-Disposition: attachment; "
	        "filename=log.txt\n\n");
	while (mail.size < 3000)
		buf_add_string(&mail, "line\n");
	build_bytes(mail.data, mail.size, &limits, &texts);
	assert_null(texts.cut);
	assert_in_range(texts.rawbody.bytes.size, 1, 1000);
	texts_fini(&texts);
	buf_fini(&mail);
}

static void too_many_pieces_and_links_are_told(void **state)
{
	struct texts_limits limits = {100000, 10, 10};
	struct buf mail = {0};
	struct texts texts;

	buf_add_string(&mail, "Subject: s\n\n");
	for (int i = 0; i < 9; i++)
		buf_add_string(&mail, "x\n\n");
	build_bytes(mail.data, mail.size, &limits, &texts);
	assert_null(texts.cut);
	texts_fini(&texts);
	buf_add_string(&mail, "x\n\n");
	build_bytes(mail.data, mail.size, &limits, &texts);
	assert_string_equal(texts.cut, "pieces");
	texts_fini(&texts);
	buf_clear(&mail);
	buf_add_string(&mail, "Subject: s\n\n");
	for (int i = 0; i < 20; i++)
		buf_add_format(&mail, "a%d@example.org ", i);
	build_bytes(mail.data, mail.size, &limits, &texts);
	assert_string_equal(texts.cut, "links");
	texts_fini(&texts);
	buf_fini(&mail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_subject_is_the_first_string_and_paragraphs_follow),
	        cmocka_unit_test(of_a_line_end_only_its_own_cr_goes),
	        cmocka_unit_test(blanks_of_any_script_part_words_and_a_nul_parts_paragraphs),
	        cmocka_unit_test(html_is_rendered_and_paragraphs_are_those_of_the_markup),
	        cmocka_unit_test(transfer_encodings_are_taken_off),
	        cmocka_unit_test(charsets_become_utf8),
	        cmocka_unit_test(all_text_parts_are_seen_and_others_are_not),
	        cmocka_unit_test(of_many_blank_lines_some_stay),
	        cmocka_unit_test(a_multipart_of_no_bytes_has_no_text),
	        cmocka_unit_test(a_part_that_is_not_shown_ends_a_paragraph),
	        cmocka_unit_test(a_nul_ends_a_paragraph),
	        cmocka_unit_test(a_message_in_base64_is_read_like_any_other),
	        cmocka_unit_test(messages_in_base64_inside_each_other_are_bounded),
	        cmocka_unit_test(a_delimiter_at_the_very_end_begins_no_part),
	        cmocka_unit_test(a_long_paragraph_is_cut_at_a_blank_and_never_inside_a_character),
	        cmocka_unit_test(raw_text_up_to_2048_bytes_is_one_string),
	        cmocka_unit_test(raw_text_keeps_markup_and_loses_the_encoding),
	        cmocka_unit_test(the_full_text_is_the_message_with_plain_line_ends),
	        cmocka_unit_test(links_are_found_in_text_and_markup),
	        cmocka_unit_test(disguised_links_are_given_plain_too),
	        cmocka_unit_test(redirectors_are_known_by_their_shapes),
	        cmocka_unit_test(a_text_larger_than_the_limit_is_told),
	        cmocka_unit_test(a_long_text_attached_as_a_file_is_not),
	        cmocka_unit_test(too_many_pieces_and_links_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
