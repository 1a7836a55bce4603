/*
 * Every anomaly once, each with a clean twin that differs in that alone.
 */
#include "tests/unit/lib/mime/support.h"

#include "lib/base/file.h"

#define MULTI "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
#define TEXT_PART "--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
#define FILE_PART                                                                                  \
	"--B\r\nContent-Type: application/x-a; name=a.bin\r\n"                                     \
	"Content-Transfer-Encoding: base64\r\n\r\n\3"

static const struct {
	enum mime_anomaly_kind kind;
	const char *odd;
	const char *twin;
} cases[] = {
        {MIME_ANOMALY_BARE_CR, "Subject: x\r\n\r\na\rb\r\n", "Subject: x\r\n\r\nab\r\n"},
        {MIME_ANOMALY_BARE_LF_MIXED, "Subject: x\r\n\r\na\nb\r\n", "Subject: x\n\na\nb\n"},
        {MIME_ANOMALY_CR_LINES, "Subject: x\r\rbody\r", "Subject: x\r\n\r\nbody\r\n"},
        {MIME_ANOMALY_BAD_HEADER_LINE, "To: a\r\nno field here\r\nSubject: x\r\n\r\nb\r\n",
                "To: a\r\n no field here\r\nSubject: x\r\n\r\nb\r\n"},
        {MIME_ANOMALY_BLANK_SEPARATOR, "Subject: x\r\n \r\nbody\r\n", "Subject: x\r\n\r\nbody\r\n"},
        {MIME_ANOMALY_SPACE_BEFORE_COLON, "Subject : x\r\n\r\nb\r\n", "Subject: x\r\n\r\nb\r\n"},
        {MIME_ANOMALY_HIDDEN_FIELD,
                "X-Foo: bar\rContent-Type: multipart/mixed; boundary=B\r\n\r\n" TEXT_PART
                "--B--\r\n",
                "X-Foo: bar\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n" TEXT_PART
                "--B--\r\n"},
        {MIME_ANOMALY_DUPLICATE_TYPE,
                "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nb\r\n",
                "Content-Type: text/plain\r\nContent-Type: text/plain\r\n\r\nb\r\n"},
        {MIME_ANOMALY_DUPLICATE_ENCODING,
                "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n\3",
                "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: base64\r\n\r\n\3"},
        {MIME_ANOMALY_DUPLICATE_DISPOSITION,
                "Content-Disposition: inline\r\nContent-Disposition: attachment\r\n\r\nb\r\n",
                "Content-Disposition: inline\r\nContent-Disposition: inline\r\n\r\nb\r\n"},
        {MIME_ANOMALY_DUPLICATE_BOUNDARY,
                "Content-Type: multipart/mixed; boundary=B; boundary=C\r\n\r\n" TEXT_PART
                "--B--\r\n",
                "Content-Type: multipart/mixed; boundary=B; boundary=B\r\n\r\n" TEXT_PART
                "--B--\r\n"},
        {MIME_ANOMALY_DUPLICATE_NAME,
                "Content-Disposition: attachment; filename=a.txt; filename=b.exe\r\n\r\nb\r\n",
                "Content-Disposition: attachment; filename=a.txt; filename=a.txt\r\n\r\nb\r\n"},
        {MIME_ANOMALY_BAD_TYPE, "Content-Type: text\r\n\r\nb\r\n",
                "Content-Type: text/plain\r\n\r\nb\r\n"},
        {MIME_ANOMALY_BAD_ENCODING, "Content-Transfer-Encoding: base64 foo\r\n\r\n\3",
                "Content-Transfer-Encoding: BASE64\r\n\r\n\3"},
        {MIME_ANOMALY_NO_BOUNDARY, "Content-Type: multipart/mixed\r\n\r\n" TEXT_PART "--B--\r\n",
                MULTI TEXT_PART "--B--\r\n"},
        {MIME_ANOMALY_BAD_BOUNDARY,
                "Content-Type: multipart/mixed; boundary=\"B \"\r\n\r\n" TEXT_PART "--B--\r\n",
                "Content-Type: multipart/mixed; boundary=\"B\"\r\n\r\n" TEXT_PART "--B--\r\n"},
        {MIME_ANOMALY_MISSING_END, MULTI TEXT_PART, MULTI TEXT_PART "--B--\r\n"},
        {MIME_ANOMALY_NESTED_BOUNDARY,
                MULTI "--B\r\nContent-Type: multipart/mixed; boundary=BX\r\n\r\n--BX\r\n\r\nx\r\n"
                      "--BX--\r\n--B--\r\n",
                MULTI "--B\r\nContent-Type: multipart/mixed; boundary=XB\r\n\r\n--XB\r\n\r\nx\r\n"
                      "--XB--\r\n--B--\r\n"},
        {MIME_ANOMALY_DELIMITER_GARBAGE,
                MULTI TEXT_PART "--Bxyz\r\nContent-Type: text/html\r\n\r\nx\r\n--B--\r\n",
                MULTI TEXT_PART "--B \t\r\nContent-Type: text/html\r\n\r\nx\r\n--B--\r\n"},
        {MIME_ANOMALY_PREAMBLE_CONTENT,
                MULTI "Content-Type: application/x-a; name=a.bin\r\n"
                      "Content-Transfer-Encoding: base64\r\n\r\n\3\r\n" TEXT_PART "--B--\r\n",
                MULTI "This is a multi-part message in MIME format.\r\n" TEXT_PART "--B--\r\n"},
        {MIME_ANOMALY_EPILOGUE_CONTENT, MULTI TEXT_PART "--B--\r\n" FILE_PART "--B--\r\n",
                MULTI TEXT_PART FILE_PART "--B--\r\nThe end of it.\r\n"},
        {MIME_ANOMALY_ENCODED_MULTIPART,
                "Content-Type: multipart/mixed; boundary=B\r\n"
                "Content-Transfer-Encoding: base64\r\n\r\n\3",
                "Content-Type: multipart/mixed; boundary=B\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\n" TEXT_PART "--B--\r\n"},
        {MIME_ANOMALY_ENCODED_MESSAGE,
                "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n\3",
                "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nb\r\n"},
        {MIME_ANOMALY_LOOKALIKE_MULTIPART,
                "Content-Type: x-multipart/mixed; boundary=B\r\n\r\n" TEXT_PART "--B--\r\n",
                "Content-Type: text/plain; boundary=B\r\n\r\nno delimiters here\r\n"},
        {MIME_ANOMALY_CHUNKED_BASE64, "Content-Transfer-Encoding: base64\r\n\r\n\4",
                "Content-Transfer-Encoding: base64\r\n\r\n\1"},
        {MIME_ANOMALY_BAD_BASE64, "Content-Transfer-Encoding: base64\r\n\r\n\3-- \r\nfooter\r\n",
                "Content-Transfer-Encoding: base64\r\n\r\n\3\r\n"},
        {MIME_ANOMALY_BAD_QUOTED_PRINTABLE,
                "Content-Transfer-Encoding: quoted-printable\r\n\r\na= \r\nb=XY\r\n",
                "Content-Transfer-Encoding: quoted-printable\r\n\r\na=\r\nb=3d\r\n"},
        {MIME_ANOMALY_UUENCODE_IN_TEXT,
                "Subject: x\r\n\r\nbegin 644 a.txt\r\n$86)C9```\r\n`\r\nend\r\n",
                "Subject: x\r\n\r\nbegin 644 times the same\r\nhello there again, all\r\nend\r\n"},
        {MIME_ANOMALY_BINHEX_IN_TEXT,
                "Subject: x\r\n\r\n(This file must be converted with BinHex 4.0)\r\n\r\n"
                ":#@0[G'9X!:\r\n",
                "Subject: x\r\n\r\n(This file must be converted) by hand.\r\n"},
        {MIME_ANOMALY_YENC_IN_TEXT,
                "Subject: x\r\n\r\n=ybegin line=128 size=3 name=a.bin\r\nabc\r\n=yend size=3\r\n",
                "Subject: x\r\n\r\nybegin line=128 size=3 name=a.bin\r\n"},
        {MIME_ANOMALY_MESSAGE_IN_TEXT,
                "Subject: x\r\n\r\nlook:\r\n\r\nContent-Type: application/x-a; name=a.bin\r\n"
                "Content-Transfer-Encoding: base64\r\n\r\n\3",
                "Subject: x\r\n\r\nlook:\r\n\r\nContent-Type: text/plain\r\n\r\nhello\r\n"},
        {MIME_ANOMALY_PARTIAL_MESSAGE,
                "Content-Type: message/partial; id=a; number=1; total=2\r\n\r\nx\r\n",
                "Content-Type: message/delivery-status\r\n\r\nx\r\n"},
        {MIME_ANOMALY_EXTERNAL_BODY,
                "Content-Type: message/external-body; access-type=url\r\n\r\nx\r\n",
                "Content-Type: text/plain; access-type=url\r\n\r\nx\r\n"},
        {MIME_ANOMALY_BAD_PARAMETER, "Content-Type: text/plain; name=\"x.txt\r\n\r\nb\r\n",
                "Content-Type: text/plain; name=\"x.txt\"\r\n\r\nb\r\n"},
};

static void each_anomaly_is_seen_and_its_clean_twin_passes(void **state)
{
	size_t at;

	for (at = 0; at < sizeof cases / sizeof cases[0]; at++) {
		char *odd = mail(cases[at].odd), *twin = mail(cases[at].twin);
		struct mime_map *map = map_of(odd), *clean = map_of(twin);

		if (!mime_map_has(map, cases[at].kind) || mime_map_has(clean, cases[at].kind))
			fail_msg("%s: seen %d, in its twin %d", mime_anomaly_name(cases[at].kind),
			        mime_map_has(map, cases[at].kind),
			        mime_map_has(clean, cases[at].kind));
		if (worst_of(clean) == 2)
			fail_msg("the twin of %s is called ambiguous",
			        mime_anomaly_name(cases[at].kind));
		mime_map_free(&map);
		mime_map_free(&clean);
		free(odd);
		free(twin);
	}
}

static void a_nul_in_a_header_is_seen(void **state)
{
	static const char bytes[] = "Subject: a\0b\r\n\r\nc\r\n",
	                  body[] = "Subject: ab\r\n\r\n\0\r\n";
	struct mime_map *map = mime_map_new(bytes, sizeof bytes - 1, NULL);
	struct mime_map *twin = mime_map_new(body, sizeof body - 1, NULL);

	assert_true(mime_map_has(map, MIME_ANOMALY_NUL_IN_HEADER));
	assert_false(mime_map_has(twin, MIME_ANOMALY_NUL_IN_HEADER));
	mime_map_free(&map);
	mime_map_free(&twin);
}

/* `count` times `piece` between `head` and `tail`, under small limits: one too many is seen. */
static int seen_with(const char *head, const char *piece, size_t count, const char *tail,
        enum mime_anomaly_kind kind)
{
	struct mime_limits limits = {
	        .max_parts = 6, .max_depth = 5, .max_fields = 8, .max_field_bytes = 100};
	struct buf text = {0};
	struct mime_map *map;
	int seen;

	buf_add_string(&text, head);
	while (count--)
		buf_add_string(&text, piece);
	buf_add_string(&text, tail);
	map = mime_map_new(text.data, text.size, &limits);
	seen = mime_map_has(map, kind);
	if (kind != MIME_ANOMALY_HEADER_TOO_LONG)
		assert_int_equal(map->truncated, seen);
	mime_map_free(&map);
	buf_fini(&text);
	return seen;
}

static void each_limit_is_named_just_over_it(void **state)
{
	const char *message = "Content-Type: message/rfc822\r\n\r\n";

	assert_false(seen_with(MULTI, TEXT_PART, 5, "--B--\r\n", MIME_ANOMALY_TOO_MANY_PARTS));
	assert_true(seen_with(MULTI, TEXT_PART, 6, "--B--\r\n", MIME_ANOMALY_TOO_MANY_PARTS));
	assert_false(seen_with("", message, 5, "A: b\r\n\r\n", MIME_ANOMALY_TOO_DEEP));
	assert_true(seen_with("", message, 6, "A: b\r\n\r\n", MIME_ANOMALY_TOO_MANY_PARTS));
	assert_false(seen_with("", "A: b\r\n", 8, "\r\nb", MIME_ANOMALY_TOO_MANY_FIELDS));
	assert_true(seen_with("", "A: b\r\n", 9, "\r\nb", MIME_ANOMALY_TOO_MANY_FIELDS));
	assert_false(seen_with("A:", "0123456789", 10, "\r\n\r\n", MIME_ANOMALY_HEADER_TOO_LONG));
	assert_true(seen_with("A:", "0123456789", 11, "\r\n\r\n", MIME_ANOMALY_HEADER_TOO_LONG));
}

static void nesting_over_the_limit_is_named(void **state)
{
	struct mime_limits limits = {
	        .max_parts = 100, .max_depth = 3, .max_fields = 10, .max_field_bytes = 100};
	const char *text =
	        "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n"
	        "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nA: b\n\n";
	struct mime_map *map = mime_map_new(text, strlen(text), &limits);

	assert_true(mime_map_has(map, MIME_ANOMALY_TOO_DEEP));
	assert_true(map->truncated);
	mime_map_free(&map);
	limits.max_depth = 4;
	map = mime_map_new(text, strlen(text), &limits);
	assert_false(mime_map_has(map, MIME_ANOMALY_TOO_DEEP));
	assert_int_equal(map->part_count, 5);
	mime_map_free(&map);
}

/* Those that need more than two strings are seen in the tests above, and views-differ in test_view.
 */
static void no_anomaly_is_without_a_test(void **state)
{
	static const enum mime_anomaly_kind elsewhere[] = {MIME_ANOMALY_NUL_IN_HEADER,
	        MIME_ANOMALY_TOO_MANY_PARTS, MIME_ANOMALY_TOO_DEEP, MIME_ANOMALY_TOO_MANY_FIELDS,
	        MIME_ANOMALY_HEADER_TOO_LONG, MIME_ANOMALY_TOO_MANY_CANDIDATES,
	        MIME_ANOMALY_VIEWS_DIFFER};
	size_t kind, at, found;

	for (kind = 0; kind < MIME_ANOMALY_KINDS; kind++) {
		found = 0;
		for (at = 0; at < sizeof cases / sizeof cases[0]; at++)
			found += cases[at].kind == kind;
		for (at = 0; at < sizeof elsewhere / sizeof elsewhere[0]; at++)
			found += elsewhere[at] == kind;
		if (found != 1)
			fail_msg("%s", mime_anomaly_name((enum mime_anomaly_kind)kind));
	}
}

/* The entry of that kind, heading and all, up to the next heading; NULL if there is none. To be
 * freed. */
static char *entry_of(const char *document, enum mime_anomaly_kind kind)
{
	char *heading = alloc_format(
	        "\n### %s (%d)\n", mime_anomaly_name(kind), mime_anomaly_severity(kind));
	const char *start = strstr(document, heading), *end;

	free(heading);
	if (!start)
		return NULL;
	end = strstr(start + 1, "\n#");
	return alloc_bytes(start, end ? (size_t)(end - start) : strlen(start));
}

/* What it is, in words right below the heading; an example as code, which is indented; and behind
 * it who reads it differently, and what becomes of it. Gives what is missing, or NULL. */
static const char *missing_in(const char *entry)
{
	const char *text = strchr(entry + 1, '\n') + 1, *example = strstr(entry, "\n\n    ");
	const char *treatment = strstr(entry, "**By default** "), *behind;

	if (*text == '\n' || *text == ' ')
		return "what it is";
	if (!example)
		return "an example";
	if (!treatment || treatment < example)
		return "what becomes of it";
	for (behind = treatment; memcmp(behind, "\n\n", 2) != 0; behind--)
		continue;
	return treatment - behind > 40 ? NULL : "who reads it differently";
}

static void the_document_explains_every_anomaly(void **state)
{
	struct buf text = {0};
	struct err err;
	size_t kind;

	assert_int_equal(file_read("docs/ANOMALIES.md", 1 << 20, &text, &err), RESULT_OK);
	for (kind = 0; kind < MIME_ANOMALY_KINDS; kind++) {
		const char *name = mime_anomaly_name((enum mime_anomaly_kind)kind), *missing;
		char *entry = entry_of(text.data, (enum mime_anomaly_kind)kind);

		if (!entry)
			fail_msg("no heading of %s with its severity", name);
		missing = missing_in(entry);
		if (missing)
			fail_msg("the entry of %s lacks %s", name, missing);
		free(entry);
	}
	buf_fini(&text);
}

static void an_entry_that_lacks_something_is_told(void **state)
{
	const char *what = "\n### a (1)\nA thing.\n", *example = "\n    a: b\n";
	const char *why =
	        "\nSome clients read it in this way, others in that one. **By default** held.\n";
	char *all = alloc_format("%s%s%s", what, example, why);
	char *without_what = alloc_format("\n### a (1)\n%s%s", example, why);
	char *without_example = alloc_format("%s%s", what, why);
	char *without_default = alloc_format("%s%s\nSome do.\n", what, example);
	char *without_why = alloc_format("%s%s\n**By default** held.\n", what, example);

	assert_null(missing_in(all));
	assert_string_equal(missing_in(without_what), "what it is");
	assert_string_equal(missing_in(without_example), "an example");
	assert_string_equal(missing_in(without_default), "what becomes of it");
	assert_string_equal(missing_in(without_why), "who reads it differently");
	free(all);
	free(without_what);
	free(without_example);
	free(without_default);
	free(without_why);
}

static void names_are_made_of_lower_case_and_dashes(void **state)
{
	assert_string_equal(mime_anomaly_name(MIME_ANOMALY_CHUNKED_BASE64), "chunked-base64");
	assert_string_equal(mime_anomaly_name(MIME_ANOMALY_VIEWS_DIFFER), "views-differ");
	assert_non_null(strstr(mime_anomaly_text(MIME_ANOMALY_BARE_CR), "carriage return"));
}

static void a_kind_is_noted_once_for_each_part(void **state)
{
	struct mime_map *map = map_of("Subject: x\r\n\r\nbody\r\n");

	mime_map_note(map, MIME_ANOMALY_VIEWS_DIFFER, 0, 1);
	mime_map_note(map, MIME_ANOMALY_VIEWS_DIFFER, 0, 2);
	assert_int_equal(map->anomaly_count, 1);
	assert_int_equal(map->anomalies[0].offset, 1);
	mime_map_free(&map);
}

/* A part with so many of a text that holds a number. */
static struct mime_map *repeated(
        struct buf *out, const char *before, const char *pattern, size_t times, const char *behind)
{
	size_t at;

	buf_clear(out);
	buf_add_string(out, before);
	for (at = 0; at < times; at++) {
		const char *hash = strchr(pattern, '#');

		buf_add_format(out, "%.*s%zu%s", (int)(hash - pattern), pattern, at, hash + 1);
	}
	buf_add_format(out, "%s\r\n\r\nhello\r\n", behind);
	return mime_map_new(out->data, out->size, NULL);
}

/* A client may take the last one, so none may be left out in silence. */
static void more_candidates_than_are_looked_at_are_ambiguous(void **state)
{
	static const struct {
		const char *before, *pattern;
		size_t most;
		const char *behind;
	} table[] = {
	        {"Content-Disposition: attachment", "; filename=\"a#.txt\"", 16, ""},
	        {"Content-Disposition: attachment", "; a#=b", 999, "; filename=x.exe"},
	        {"", "Content-Disposition: attachment; filename=a#.txt\r\n", 16, "X: y"},
	        {"", "Content-Type: text/x; name=a#.txt\r\n", 16, "X: y"},
	        {"", "Content-Transfer-Encoding: x-#\r\n", 16, "X: y"},
	        {"", "Content-Type: text/x-#\r\n", 8, "X: y"},
	};
	struct buf text = {0};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct mime_map *few = repeated(&text, table[at].before, table[at].pattern,
		        table[at].most, table[at].behind);

		assert_false(mime_map_has(few, MIME_ANOMALY_TOO_MANY_CANDIDATES));
		mime_map_free(&few);
		few = repeated(&text, table[at].before, table[at].pattern, table[at].most + 1,
		        table[at].behind);
		if (!mime_map_has(few, MIME_ANOMALY_TOO_MANY_CANDIDATES))
			fail_msg("%s%s", table[at].before, table[at].pattern);
		mime_map_free(&few);
	}
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_anomaly_is_seen_and_its_clean_twin_passes),
	        cmocka_unit_test(a_nul_in_a_header_is_seen),
	        cmocka_unit_test(each_limit_is_named_just_over_it),
	        cmocka_unit_test(nesting_over_the_limit_is_named),
	        cmocka_unit_test(no_anomaly_is_without_a_test),
	        cmocka_unit_test(the_document_explains_every_anomaly),
	        cmocka_unit_test(an_entry_that_lacks_something_is_told),
	        cmocka_unit_test(names_are_made_of_lower_case_and_dashes),
	        cmocka_unit_test(a_kind_is_noted_once_for_each_part),
	        cmocka_unit_test(more_candidates_than_are_looked_at_are_ambiguous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
