/*
 * Small mails and the trees that are wanted of them, one line a part: its path, type, the offsets
 * and lengths of its header and body, and marks.
 */
#include "tests/unit/lib/mime/support.h"

static char *tree_of(const struct mime_map *map)
{
	struct buf out = {0};
	size_t at;

	for (at = 0; at < map->part_count; at++) {
		const struct mime_part *part = &map->parts[at];

		buf_add_format(&out, "%s %s [", part->path, part->type);
		buf_add(&out, map->bytes + part->body.offset,
		        part->is_multipart || part->is_message ? 0 : part->body.length);
		buf_add_format(&out, "]%s%s%s\n", part->is_multipart ? " multipart" : "",
		        part->is_message ? " message" : "", part->is_synthetic ? " synthetic" : "");
	}
	buf_add(&out, "", 0);
	return buf_give(&out);
}

static void check(const char *text, const char *want)
{
	struct mime_map *map = map_of(text);
	char *tree = tree_of(map);

	assert_string_equal(tree, want);
	free(tree);
	mime_map_free(&map);
}

static void a_plain_message_is_one_part(void **state)
{
	check("Subject: x\n\nbody\n", "0 text/plain [body\n]\n");
	check("Subject: x\n", "0 text/plain []\n");
	check("\nbody", "0 text/plain [body]\n");
	check("", "0 text/plain []\n");
	check("body with no header at all\n", "0 text/plain [body with no header at all\n]\n");
}

static void a_multipart_is_split_without_the_line_ends_of_delimiters(void **state)
{
	check("Content-Type: multipart/mixed; boundary=B\r\n\r\npreamble\r\n--B\r\n\r\none\r\n\r\n"
	      "--B\r\nContent-Type: text/html\r\n\r\ntwo\r\n--B--\r\nepilogue\r\n",
	        "0 multipart/mixed [] multipart\n1 text/plain [one\r\n]\n2 text/html [two]\n");
}

static void paths_are_those_of_imap(void **state)
{
	check("Content-Type: multipart/mixed; boundary=B\n\n--B\n\none\n--B\n"
	      "Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=C\n\n"
	      "--C\n\ntwo\n--C\n\nthree\n--C--\n--B--\n",
	        "0 multipart/mixed [] multipart\n1 text/plain [one]\n2 message/rfc822 [] message\n"
	        "2.0 multipart/mixed [] multipart\n2.1 text/plain [two]\n2.2 text/plain [three]\n");
	check("Content-Type: message/rfc822\n\nSubject: x\n\nbody",
	        "0 message/rfc822 [] message\n0.0 text/plain [body]\n");
}

static void empty_parts_have_empty_ranges(void **state)
{
	check("Content-Type: multipart/mixed; boundary=B\n\n--B\n--B\n\n--B\n\n\n--B--\n",
	        "0 multipart/mixed [] multipart\n1 text/plain []\n2 text/plain []\n"
	        "3 text/plain []\n");
}

static void an_outer_delimiter_ends_an_inner_multipart(void **state)
{
	check("Content-Type: multipart/mixed; boundary=A\n\n--A\n"
	      "Content-Type: multipart/mixed; boundary=B\n\n--B\n\none\n--A\n\ntwo\n--B\n--A--\n",
	        "0 multipart/mixed [] multipart\n1 multipart/mixed [] multipart\n"
	        "1.1 text/plain [one]\n2 text/plain [two\n--B]\n");
}

/* Who compares with the inner boundary first takes "--B--" for a delimiter of the inner multipart,
 * and shows what is behind it. */
static void what_only_some_take_for_the_end_hides_no_part(void **state)
{
	static const char mail[] = "Content-Type: multipart/mixed; boundary=B\n\n--B\n"
	                           "Content-Type: multipart/mixed; boundary=\"B--\"\n\n--B--\n"
	                           "Content-Type: text/html\n\nseen\n--B----\n";
	struct mime_map *map = map_of(mail);

	check(mail, "0 multipart/mixed [] multipart\n1 multipart/mixed []\n"
	            "s1 text/html [seen\n--B----\n] synthetic\n");
	assert_true(mime_map_has(map, MIME_ANOMALY_EPILOGUE_CONTENT));
	mime_map_free(&map);
	map = map_of("Content-Type: multipart/mixed; boundary=B\n\n--B\n"
	             "Content-Type: multipart/mixed; boundary=\"B--\"\n\n--B--\n\nno header\n");
	assert_true(mime_map_has(map, MIME_ANOMALY_EPILOGUE_CONTENT));
	mime_map_free(&map);
	map = map_of(
	        "Content-Type: multipart/mixed; boundary=B\n\n--B\n"
	        "Content-Type: multipart/mixed; boundary=\"B-\"\n\n--B-\n\nseen\n--B-\n--B--\n");
	assert_int_not_equal(worst_of(map), 2);
	mime_map_free(&map);
}

static void files_inside_text_leave_the_text_whole(void **state)
{
	check("Subject: x\n\na\nbegin 644 f\n#:&5L\n`\nend\nb\n",
	        "0 text/plain [a\nbegin 644 f\n#:&5L\n`\nend\nb\n]\n"
	        "s1 application/octet-stream [begin 644 f\n#:&5L\n`\nend\n] synthetic\n");
}

static void fields_keep_their_ranges(void **state)
{
	struct mime_map *map = map_of("To: a\nSubject: x\n  y\nDate:z\n\nb");
	const struct mime_field *field = mime_field(map, 0, "subject", 0);

	assert_int_equal(map->parts[0].field_count, 3);
	assert_int_equal(field->name.offset, 6);
	assert_int_equal(field->name.length, 7);
	assert_memory_equal(map->bytes + field->value.offset, " x\n  y", field->value.length);
	assert_int_equal(field->value.length, 6);
	field = mime_field(map, 0, "date", 0);
	assert_memory_equal(map->bytes + field->value.offset, "z", 1);
	assert_null(mime_field(map, 0, "date", 1));
	assert_null(mime_field(map, 0, "dat", 0));
	mime_map_free(&map);
}

static void what_the_header_says_is_told(void **state)
{
	struct mime_map *map = map_of("Content-Type: TEXT/HTML; charset=\"KOI8-R\"; name=a.htm\n"
	                              "Content-Transfer-Encoding: Quoted-Printable\n"
	                              "Content-Disposition: Attachment; filename=b.htm\n\nx");
	const struct mime_part *part = &map->parts[0];

	assert_string_equal(part->type, "text/html");
	assert_string_equal(part->charset, "KOI8-R");
	assert_int_equal(part->encoding, MIME_QUOTED_PRINTABLE);
	assert_int_equal(part->encodings, 1u << MIME_QUOTED_PRINTABLE);
	assert_true(part->is_attachment);
	assert_int_equal(part->name_count, 2);
	assert_string_equal(part->names[0].text, "b.htm");
	assert_int_equal(part->names[0].source, MIME_NAME_DISPOSITION);
	assert_string_equal(part->names[1].text, "a.htm");
	assert_int_equal(part->names[1].source, MIME_NAME_TYPE);
	mime_map_free(&map);
}

/* Some clients show what they can't decode. */
static void what_is_no_base64_may_be_meant_as_it_stands(void **state)
{
	static const struct {
		const char *body;
		int as_it_stands;
	} cases[] = {{"Your bank: log in here!\n", 1}, {"aGVs\nbG8h?\n", 1}, {"aGVsbG8h\n", 0},
	        {"aGVsbG8=\n-- \nA list's footer\n", 0}};
	size_t at;

	for (at = 0; at < sizeof cases / sizeof cases[0]; at++) {
		char *mail =
		        alloc_format("Content-Transfer-Encoding: base64\n\n%s", cases[at].body);
		struct mime_map *map = map_of(mail);

		assert_int_equal(map->parts[0].encoding, MIME_BASE64);
		assert_int_equal(
		        map->parts[0].encodings >> MIME_IDENTITY & 1, cases[at].as_it_stands);
		mime_map_free(&map);
		free(mail);
	}
}

static void encodings_have_names(void **state)
{
	assert_string_equal(mime_encoding_name(MIME_IDENTITY), "identity");
	assert_string_equal(mime_encoding_name(MIME_BINHEX), "binhex");
	assert_string_equal(mime_encoding_name(MIME_UNKNOWN_ENCODING), "unknown");
}

static void every_type_that_is_stated_is_a_candidate(void **state)
{
	struct mime_map *map = map_of("Content-Type: text/plain\nContent-Type: text/html\n"
	                              "Content-Type: multipart/mixed; boundary=B\n\nno delimiter");

	assert_string_equal(map->parts[0].type, "multipart/mixed");
	assert_int_equal(map->parts[0].other_type_count, 2);
	assert_string_equal(map->parts[0].other_types[0], "text/plain");
	assert_string_equal(map->parts[0].other_types[1], "text/html");
	assert_false(map->parts[0].is_multipart);
	mime_map_free(&map);
}

static void a_cr_in_a_field_is_read_as_nothing_and_as_a_blank(void **state)
{
	struct mime_map *map = map_of("Content-Type: multipart/mixed; boundary=B\rC\r\n"
	                              "Content-Transfer-Encoding: base\r64\r\n\r\n"
	                              "--BC\r\n\r\na\r\n--B\r\n\r\nb\r\n--B--\r\n");

	assert_int_equal(map->part_count, 3);
	assert_true(mime_map_has(map, MIME_ANOMALY_DUPLICATE_BOUNDARY));
	assert_true(map->parts[0].encodings >> MIME_BASE64 & 1);
	assert_true(map->parts[0].encodings >> MIME_UNKNOWN_ENCODING & 1);
	assert_true(mime_map_has(map, MIME_ANOMALY_DUPLICATE_ENCODING));
	mime_map_free(&map);
	map = map_of("Content-Type: text/html\rx; charset=utf-8\r\n\r\n<p>\r\n");
	assert_string_equal(map->parts[0].type, "text/htmlx");
	assert_int_equal(map->parts[0].other_type_count, 1);
	assert_string_equal(map->parts[0].other_types[0], "text/html");
	mime_map_free(&map);
	/* What broken gateways make of a fold is honest. */
	map = map_of("Content-Type: text/html;\r charset=utf-8; name=x.htm\r\n"
	             "Content-Transfer-Encoding: 7bit\r\r\n\r\n<p>\r\n");
	assert_string_equal(map->parts[0].type, "text/html");
	assert_int_equal(map->parts[0].other_type_count, 0);
	assert_int_equal(map->parts[0].encodings, 1u << MIME_IDENTITY);
	assert_int_equal(worst_of(map), 0);
	mime_map_free(&map);
}

static void names_that_open_the_same_file_are_no_duplicates(void **state)
{
	static const struct {
		const char *one, *other;
		int differ;
	} cases[] = {{"x.txt", "x.txt", 0}, {"X.txt", "x.TXT", 0}, {"\"x.txt \"", "x.txt", 0},
	        {"\"x.txt\r\"", "x.txt", 0}, {"x.txt", "x.exe", 1}, {"\"a.txt\rb\"", "a.txtb", 1}};
	size_t at;

	for (at = 0; at < sizeof cases / sizeof cases[0]; at++) {
		char *text = alloc_format("Content-Type: a/b; name=%s\r\n"
		                          "Content-Disposition: inline; filename=%s\r\n\r\nx",
		        cases[at].one, cases[at].other);
		struct mime_map *map = map_of(text);

		assert_int_equal(mime_map_has(map, MIME_ANOMALY_DUPLICATE_NAME), cases[at].differ);
		mime_map_free(&map);
		free(text);
	}
}

/* Hostile input of a megabyte: what counts is that each ends, and ends within its limits. A
 * quadratic step would run into the test runner's time limit. */
static void check_big(const char *head, const char *piece, size_t size)
{
	struct buf text = {0};
	struct mime_map *map;

	buf_add_string(&text, head);
	while (text.size < size)
		buf_add_string(&text, piece);
	map = mime_map_new(text.data, text.size, NULL);
	assert_true(map->part_count >= 1 && map->part_count <= 1000);
	assert_int_equal(map->parts[0].whole.length, text.size);
	mime_map_free(&map);
	buf_fini(&text);
}

static void a_megabyte_of_anything_is_read(void **state)
{
	static const char *const heads[] = {"",
	        "Subject: ", "Content-Type: multipart/mixed; boundary=B\n\n",
	        "Content-Type: text/plain\n\n",
	        "Content-Type: multipart/mixed; name=", "Content-Disposition: a; filename=\""};
	static const char *const pieces[] = {"--B\n", "--C\n", "--B\r", "--", "\r", "\n", "\n\n",
	        ":", "(", "\"", ";", "a=b ", "a*=b;", "a*1=", "=?", "=?a?q?", "=?a?q?b?=", "%41",
	        "Content-Type: multipart/mixed; boundary=B\n\n--B\n",
	        "Content-Type: message/rfc822\n\n", "begin 644 a\n", "begin 644 a\n#:&5L\n",
	        "=ybegin a\n", "(This file must be converted\n", "Content-Type: a; name=b\n\n",
	        "a: b\n", "a: b\r", " \n", " a\n", "--Bx\nA: b\n"};
	size_t head, piece;

	for (head = 0; head < sizeof heads / sizeof heads[0]; head++)
		for (piece = 0; piece < sizeof pieces / sizeof pieces[0]; piece++)
			check_big(heads[head], pieces[piece], 1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_plain_message_is_one_part),
	        cmocka_unit_test(a_multipart_is_split_without_the_line_ends_of_delimiters),
	        cmocka_unit_test(paths_are_those_of_imap),
	        cmocka_unit_test(empty_parts_have_empty_ranges),
	        cmocka_unit_test(an_outer_delimiter_ends_an_inner_multipart),
	        cmocka_unit_test(what_only_some_take_for_the_end_hides_no_part),
	        cmocka_unit_test(files_inside_text_leave_the_text_whole),
	        cmocka_unit_test(fields_keep_their_ranges),
	        cmocka_unit_test(what_the_header_says_is_told),
	        cmocka_unit_test(what_is_no_base64_may_be_meant_as_it_stands),
	        cmocka_unit_test(encodings_have_names),
	        cmocka_unit_test(every_type_that_is_stated_is_a_candidate),
	        cmocka_unit_test(a_cr_in_a_field_is_read_as_nothing_and_as_a_blank),
	        cmocka_unit_test(names_that_open_the_same_file_are_no_duplicates),
	        cmocka_unit_test(a_megabyte_of_anything_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
