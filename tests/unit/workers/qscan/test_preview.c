#include "tests/unit/workers/qscan/scanning.h"
#include "workers/qscan/preview.h"

static const char quiet[] = "virus: {enabled: false}\nspam: {enabled: false}\n";

/* Reads a mail as preview.c does. */
static Lz__Preview *preview_of(struct scanning *s, const char *mail, size_t size, size_t lines)
{
	scanning_open(s, quiet, &filter_map, &filter_attachments, NULL);
	scanning_run(s, mail, size);
	return preview_make(&s->scan, lines);
}

static void end(struct scanning *s, Lz__Preview *preview)
{
	struct err err;

	assert_int_equal(message_check(MESSAGE_PREVIEW, &preview->base, 0, &err), RESULT_OK);
	message_free(&preview->base);
	scanning_close(s);
}

static void parts_have_names_hashes_and_sizes_as_decoded(void **state)
{
	static const char mail[] =
	        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	        "--b\r\n\r\nwords\r\n"
	        "--b\r\nContent-Type: application/x; name=\"a\xe2\x80\xae.exe\"\r\n"
	        "Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--b--\r\n";
	struct scanning s;
	Lz__Preview *preview = preview_of(&s, mail, strlen(mail), 100);

	assert_int_equal(preview->n_parts, 3);
	assert_string_equal(preview->parts[0]->type, "multipart/mixed");
	assert_int_equal(preview->parts[2]->depth, 1);
	assert_string_equal(preview->parts[2]->names[0], "a\xe2\x80\xae.exe");
	assert_string_equal(preview->parts[2]->encoding, "base64");
	assert_int_equal(preview->parts[2]->size, 3);
	assert_string_equal(preview->parts[2]->sha256,
	        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(preview->n_texts, 1);
	assert_string_equal(preview->texts[0]->lines[0], "words");
	end(&s, preview);
}

static void html_is_the_text_that_a_reader_sees_and_its_links(void **state)
{
	static const char mail[] =
	        "Content-Type: text/html; charset=iso-8859-1\r\n\r\n"
	        "<html><style>p{}</style><body><p>Gr\xfc\xdf<script>alert(1)</script> dich"
	        "<p><a href=\"http://evil.example/x\">your bank</a></body></html>\r\n";
	struct scanning s;
	Lz__Preview *preview = preview_of(&s, mail, strlen(mail), 100);

	assert_string_equal(preview->texts[0]->type, "text/html");
	assert_non_null(strstr(preview->texts[0]->lines[0], "Gr\xc3\xbc\xc3\x9f"));
	assert_null(strstr(preview->texts[0]->lines[0], "alert"));
	assert_int_equal(preview->n_links, 1);
	assert_string_equal(preview->links[0], "http://evil.example/x");
	end(&s, preview);
}

static void text_ends_at_so_many_lines_and_says_so(void **state)
{
	struct buf mail = {0};
	struct scanning s;
	Lz__Preview *preview;
	int at;

	buf_add_string(&mail, "Subject: x\n\n");
	for (at = 0; at < 50; at++)
		buf_add_format(&mail, "line %d\n\n\n\n", at);
	preview = preview_of(&s, mail.data, mail.size, 10);
	assert_int_equal(preview->texts[0]->n_lines, 10);
	assert_string_equal(preview->texts[0]->lines[2], "line 1"); /* one empty line between */
	assert_true(preview->more_text);
	end(&s, preview);
	buf_fini(&mail);
}

static void a_line_without_end_is_cut_into_lines_at_whole_characters(void **state)
{
	struct buf mail = {0};
	struct scanning s;
	Lz__Preview *preview;
	size_t at;

	buf_add_string(&mail, "Content-Type: text/plain; charset=utf-8\n\n");
	for (at = 0; at < 2000; at++)
		buf_add_string(&mail, "\xe2\x82\xac");
	preview = preview_of(&s, mail.data, mail.size, 100);
	assert_true(preview->texts[0]->n_lines > 10);
	for (at = 0; at < preview->texts[0]->n_lines; at++)
		assert_true(strlen(preview->texts[0]->lines[at]) <= 400 &&
		            strlen(preview->texts[0]->lines[at]) % 3 == 0);
	end(&s, preview);
	buf_fini(&mail);
}

static void bytes_that_are_no_text_end_nothing(void **state)
{
	static const char mail[] = "Subject: x\n\none\0two\xff\xfe\x1b[2J\r\nthree\n";
	struct scanning s;
	Lz__Preview *preview = preview_of(&s, mail, sizeof(mail) - 1, 100);

	assert_int_equal(preview->texts[0]->n_lines, 2);
	assert_non_null(strstr(preview->texts[0]->lines[0], "one\xe2\x90\x80two"));
	assert_string_equal(preview->texts[0]->lines[1], "three");
	end(&s, preview);
}

static void attached_text_is_shown_where_it_is_all_that_there_is(void **state)
{
	static const char part[] = "Content-Type: text/x-script; name=a.sh\n"
	                           "Content-Disposition: attachment; filename=a.sh\n\nrm -rf /\n";
	static const char mail[] = "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	                           "Content-Type: text/plain\nContent-Disposition: attachment\n\n"
	                           "hidden\n--b--\n";
	struct scanning s;
	Lz__Preview *preview = preview_of(&s, part, strlen(part), 100);

	assert_string_equal(preview->texts[0]->lines[0], "rm -rf /");
	end(&s, preview);
	preview = preview_of(&s, mail, strlen(mail), 100);
	assert_int_equal(preview->n_texts, 0);
	end(&s, preview);
}

static void a_content_is_found_by_its_hash_else_the_body_is_decoded(void **state)
{
	static const char mail[] = "Content-Type: application/x; name=a.exe\r\n"
	                           "Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n";
	static const char folded[] = "Subject: a part\n\nbegin 644 a.exe\n#86)C\n`\nend\n";
	struct buf out = {0};
	struct scanning s;
	Lz__Preview *preview = preview_of(&s, mail, strlen(mail), 1);

	preview_content(&s.scan, "", &out);
	assert_int_equal(out.size, 3);
	assert_memory_equal(out.data, "abc", 3);
	end(&s, preview);
	buf_clear(&out);
	preview = preview_of(&s, folded, strlen(folded), 1);
	preview_content(
	        &s.scan, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", &out);
	assert_int_equal(out.size, 3);
	assert_memory_equal(out.data, "abc", 3);
	end(&s, preview);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(parts_have_names_hashes_and_sizes_as_decoded),
	        cmocka_unit_test(html_is_the_text_that_a_reader_sees_and_its_links),
	        cmocka_unit_test(text_ends_at_so_many_lines_and_says_so),
	        cmocka_unit_test(a_line_without_end_is_cut_into_lines_at_whole_characters),
	        cmocka_unit_test(bytes_that_are_no_text_end_nothing),
	        cmocka_unit_test(attached_text_is_shown_where_it_is_all_that_there_is),
	        cmocka_unit_test(a_content_is_found_by_its_hash_else_the_body_is_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
