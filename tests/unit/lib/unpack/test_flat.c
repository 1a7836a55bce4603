/*
 * Office documents as one text or as records alone. Each hostile one has an honest twin.
 */
#include "tests/unit/lib/unpack/pack.h"

#define DATA "cGF5bG9hZAo=" /* "payload\n" */
#define OPC(parts)                                                                                 \
	"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Word.Document\"?>\n<pkg:package "     \
	"xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">" parts                 \
	"</pkg:package>"
#define PART(name, more, inside)                                                                   \
	"<pkg:part pkg:name=\"" name "\" pkg:contentType=\"application/" more "\">" inside         \
	"</pkg:part>"
#define BINARY "<pkg:binaryData>" DATA "</pkg:binaryData>"
#define RELATIONS(type, more)                                                                      \
	PART("/word/_rels/a.rels", "xml",                                                          \
	        "<pkg:xmlData><Relationships><Relationship Type=\"http://x/relationships/" type    \
	        "\" Target=" more "/></Relationships></pkg:xmlData>")

static void walk_bytes(const char *bytes, size_t size, struct seen *seen)
{
	struct buf copy = {0};

	buf_add(&copy, bytes, size);
	walk(&copy, seen);
	buf_fini(&copy);
}

static void check(const char *text, enum unpack_trait trait, unsigned want)
{
	struct seen seen;

	walk_bytes(text, strlen(text), &seen);
	if (seen.traits[trait] != want || problem_count(&seen))
		fail_msg("%u instead of %u, %u: %s", seen.traits[trait], want, problem_count(&seen),
		        text);
	seen_fini(&seen);
}

/* ---------------------------------------------------------------- XML */

static void parts_in_one_text_are_members(void **state)
{
	static const char *const texts[] = {
	        OPC(PART("/word/x.bin", "octet-stream", BINARY)),
	        "\xef\xbb\xbf" OPC(PART("/word/x.bin", "octet-stream", BINARY)),
	        "<p:package xmlns:p='x'><p:part p:name='x.bin'><p:binaryData>" DATA
	        "</p:binaryData></p:part></p:package>",
	        "<package><!-- \" --><part name=\"x.bin\"><binaryData a='>'>cGF5\nbG9h<!-- x "
	        "-->ZAo="
	        "</binaryData></part></package>",
	        "<package><part name=\"x.bin\"><binaryData><![CDATA[cGF5bG9hZAo=]]></binaryData>",
	        "<package><part name=\"x.bin\"><binaryData>&#99;GF5bG9&#x68;ZAo=</binaryData>",
	        "<w:wordDocument><w:docSuppData><w:binData w:name=\"x.bin\">" DATA
	        "</w:binData></w:docSuppData></w:wordDocument>",
	        "<office:document><draw:image draw:name='x.bin'><office:binary-data>\n " DATA
	        "</office:binary-data></draw:image></office:document>",
	        "<office:document onload='x'><script>x('')</script><office:binary-data>" DATA
	        "</office:binary-data></office:document>",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
		struct seen seen;

		walk_bytes(texts[at], strlen(texts[at]), &seen);
		if (!has_content(&seen, "payload\n") || !seen.traits[UNPACK_PACKAGE] ||
		        problem_count(&seen) ||
		        (strstr(texts[at], "part ") && !strstr(seen.names.data, "x.bin")))
			fail_msg("%s: %s", texts[at], seen.names.data);
		seen_fini(&seen);
	}
}

static void a_name_is_used_once(void **state)
{
	int64_t start = clock_monotonic_us();
	struct buf text = {0};
	struct seen seen;

	buf_add_string(&text, "<package><part name='");
	while (text.size < 1 << 20)
		buf_add_string(&text, "name");
	buf_add_string(&text, "'>");
	while (text.size < 2 << 20)
		buf_add_string(&text, "<binaryData/>");
	walk(&text, &seen);
	assert_true(clock_monotonic_us() - start < 5000000);
	seen_fini(&seen);
	buf_fini(&text);
}

static void parts_in_wide_letters_are_members(void **state)
{
	static const char text[] = OPC(PART("x.bin", "octet-stream", BINARY));
	struct buf wide = {0};
	struct seen seen;

	buf_add(&wide, "\xff\xfe", 2);
	for (size_t at = 0; text[at]; at++) {
		buf_add_char(&wide, text[at]);
		buf_add_char(&wide, 0);
	}
	walk(&wide, &seen);
	assert_true(has_name(&seen, "x.bin"));
	assert_true(has_content(&seen, "payload\n"));
	seen_fini(&seen);
	buf_fini(&wide);
}

static void macros_in_one_text_are_told(void **state)
{
	static const char *const texts[] = {
	        OPC(PART("/word/a.bin", "vnd.ms-office.vbaProject", BINARY)),
	        OPC(RELATIONS("vbaProject", "'a.bin'")),
	        "<office:document><office:scripts><office:script><ooo:libraries>"
	        "<ooo:library-embedded ooo:name='A'><ooo:module ooo:name='B'><ooo:source-code>Sub x"
	        "</ooo:source-code></ooo:module></ooo:library-embedded></ooo:libraries>"
	        "</office:script></office:scripts></office:document>",
	        ("<office:document><office:event-listeners><script:event-listener "
	         "xlink:href='vnd.sun.star.script:a'/></office:event-listeners></office:document>"),
	};
	static const char *const honest[] = {
	        OPC(PART("/word/media/a.png", "png", BINARY)),
	        OPC(RELATIONS("styles", "'a.xml'")),
	        "<office:document><office:scripts/><office:event-listeners/><office:body/>"
	        "<office:binary-data>" DATA "</office:binary-data></office:document>",
	        "<w:wordDocument><w:binData w:name='wordml://1.png'>" DATA
	        "</w:binData></w:wordDocument>",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		check(texts[at], UNPACK_MACRO, 1);
	for (size_t at = 0; at < sizeof(honest) / sizeof(honest[0]); at++) {
		check(honest[at], UNPACK_MACRO, 0);
		check(honest[at], UNPACK_EXTERNAL, 0);
	}
}

static void what_one_text_fetches_is_told(void **state)
{
	check(OPC(RELATIONS("attachedTemplate", "'http://h.example/a' TargetMode='External'")),
	        UNPACK_EXTERNAL, 1);
	check(OPC(RELATIONS("hyperlink", "'http://h.example/a' TargetMode='External'")),
	        UNPACK_EXTERNAL, 0);
}

/* The words of a document, in what a browser runs. */
static void a_picture_with_such_words_is_one_all_the_same(void **state)
{
	check("<svg onload='x()'><!-- xmldata --></svg>", UNPACK_SCRIPT, 1);
	check("<svg><!-- xmldata --></svg>", UNPACK_SCRIPT, 0);
}

/* ---------------------------------------------------------------- ActiveMime */

static void make_active_mime(struct buf *out, size_t head)
{
	buf_clear(out);
	buf_add_string(out, "ActiveMime");
	while (out->size < head)
		buf_add_char(out, 0);
	out->data[30] = (char)(head - 46);
	buf_add(out, "\x78\1\1\x8\0\xf7\xffpayload\n\1\2\3\4", 19);
}

static void what_is_packed_for_a_web_page_is_a_member(void **state)
{
	static const size_t heads[] = {46, 50, 60};
	struct buf bytes = {0};
	struct seen seen;

	for (size_t at = 0; at < sizeof(heads) / sizeof(heads[0]); at++) {
		make_active_mime(&bytes, heads[at]);
		assert_string_equal(unpack_kind(bytes.data, bytes.size), "activemime");
		walk(&bytes, &seen);
		if (!has_content(&seen, "payload\n") || problem_count(&seen))
			fail_msg("%zu", heads[at]);
		seen_fini(&seen);
	}
	bytes.data[60] = 0;
	walk(&bytes, &seen);
	assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
	seen_fini(&seen);
	buf_fini(&bytes);
	check("ActiveMime is a word, and this is a text about it that goes on for a while.",
	        UNPACK_PACKAGE, 0);
}

/* ---------------------------------------------------------------- workbooks and SYLK */

static void macro_sheets_without_a_compound_file_are_told(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		unsigned told;
	} table[] = {
	        {"\x09\0\4\0\2\0\x40\0", 8, 1},
	        {"\x09\2\6\0\0\0\x40\0\0\0", 10, 1},
	        {"\x09\4\6\0\0\0\x40\0\0\0", 10, 1},
	        {"\x09\x8\x8\0\0\5\5\0\0\0\0\0\x85\0\7\0\0\0\0\0\0\1\0", 23, 1},
	        {"\x09\0\4\0\2\0\x10\0", 8, 0},
	        {"\x09\4\6\0\0\0\x10\0\0\0", 10, 0},
	        {"\x09\x8\x8\0\0\5\5\0\0\0\0\0\x85\0\7\0\0\0\0\0\0\0\0", 23, 0},
	        {"\x09\0words of a text", 17, 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct seen seen;

		walk_bytes(table[at].bytes, table[at].size, &seen);
		if (seen.traits[UNPACK_MACRO] != table[at].told || problem_count(&seen))
			fail_msg("%zu", at);
		seen_fini(&seen);
	}
}

static void macros_in_symbolic_links_are_told(void **state)
{
	check("ID;P\r\nO;E\r\nNN;NAuto_open;ER1C1;F\r\nC;X1;Y1;EEXEC(\"x\")\r\nE\r\n", UNPACK_MACRO,
	        1);
	check("ID;PWXL;N;E\nO;L;D;V0;K47;E\nE\n", UNPACK_MACRO, 1);
	check("id;p\rnn;nAUTO_OPEN;er1c1\rE\r", UNPACK_MACRO, 1);
	check("ID;PWXL;N;E\r\nP;PGeneral\r\nO;L;D;V0;K47;G100 0.001\r\nNN;NTotal;ER1C1\r\n"
	      "C;Y1;X1;K\"auto_open;E\";EA1+1\r\nE\r\n",
	        UNPACK_MACRO, 0);
	check("ID;E is what a text may begin with\n", UNPACK_MACRO, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(parts_in_one_text_are_members),
	        cmocka_unit_test(a_name_is_used_once),
	        cmocka_unit_test(parts_in_wide_letters_are_members),
	        cmocka_unit_test(macros_in_one_text_are_told),
	        cmocka_unit_test(what_one_text_fetches_is_told),
	        cmocka_unit_test(a_picture_with_such_words_is_one_all_the_same),
	        cmocka_unit_test(what_is_packed_for_a_web_page_is_a_member),
	        cmocka_unit_test(macro_sheets_without_a_compound_file_are_told),
	        cmocka_unit_test(macros_in_symbolic_links_are_told),
	};

	unpack_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
