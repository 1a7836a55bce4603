/*
 * What office documents that are ZIPs tell of themselves. Each hostile one has an honest twin of
 * which nothing is told.
 */
#include "tests/unit/lib/unpack/pack.h"

enum { MOST_MEMBERS = 8 };

#define OLE_MAGIC "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

/* ---------------------------------------------------------------- making ZIPs */

struct made {
	const char *name;
	const char *data;
	size_t size;
	const char *central; /* its other name; NULL: the same */
};

#define MEMBER(name, data)                                                                         \
	{                                                                                          \
		name, data, sizeof(data) - 1, NULL                                                 \
	}

static void add_head(struct buf *out, const struct made *made, const char *name, int central)
{
	buf_add_string(out, central ? "PK\1\2" : "PK\3\4");
	little(out, 20, central ? 2 : 0);
	little(out, 20, 2);
	little(out, 0, 4 + 4 + 4);
	little(out, made->size, 4);
	little(out, made->size, 4);
	little(out, strlen(name), 2);
	little(out, 0, 2);
	little(out, 0, central ? 10 : 0);
}

static void make_zip(struct buf *out, const struct made *made, size_t count)
{
	size_t offsets[MOST_MEMBERS], directory, at;

	assert_true(count <= MOST_MEMBERS);
	for (at = 0; at < count; at++) {
		offsets[at] = out->size;
		add_head(out, &made[at], made[at].name, 0);
		buf_add_string(out, made[at].name);
		buf_add(out, made[at].data, made[at].size);
	}
	directory = out->size;
	for (at = 0; at < count; at++) {
		const char *name = made[at].central ? made[at].central : made[at].name;

		add_head(out, &made[at], name, 1);
		little(out, offsets[at], 4);
		buf_add_string(out, name);
	}
	at = out->size - directory;
	buf_add(out, "PK\5\6\0\0\0\0", 8);
	little(out, count, 2);
	little(out, count, 2);
	little(out, at, 4);
	little(out, directory, 4);
	little(out, 0, 2);
}

static void walk_members(const struct made *made, size_t count, struct seen *seen)
{
	struct buf zip = {0};

	make_zip(&zip, made, count);
	walk(&zip, seen);
	buf_fini(&zip);
}

/* UTF-16 with its mark, in either order. */
static void make_wide(struct buf *out, const char *text, int big)
{
	buf_clear(out);
	buf_add(out, big ? "\xfe\xff" : "\xff\xfe", 2);
	for (; *text; text++) {
		buf_add(out, big ? "" : text, 1);
		buf_add(out, big ? text : "", 1);
	}
}

/* ---------------------------------------------------------------- OOXML */

#define TYPES(more) "<?xml version=\"1.0\"?><Types><Default Extension=\"xml\"/>" more "</Types>"
#define TYPE(type) "<Override PartName=\"/a.bin\" ContentType=\"application/" type "\"/>"
#define RELATION(type) "<Relationship Type=\"http://x/relationships/" type "\" Target=\"a.bin\"/>"
#define VBA TYPE("vnd.ms-office.vbaProject")

static void expect_types(const char *types, int macro, int embedded)
{
	struct made made[] = {
	        MEMBER("word/document.xml", "<a/>"),
	        {"[Content_Types].xml", types, strlen(types), NULL},
	};
	struct seen seen;

	walk_members(made, 2, &seen);
	assert_int_equal(seen.members, 2);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 1);
	expect_told(&seen, types, macro, embedded, 0);
}

static void expect_relation(const char *name, const char *relations, int macro, int embedded)
{
	struct made made[] = {
	        {name, relations, strlen(relations), NULL},
	        MEMBER("[Content_Types].xml", TYPES("")),
	};
	struct seen seen;

	walk_members(made, 2, &seen);
	expect_told(&seen, relations, macro, embedded, 0);
}

static void macros_are_told_by_their_types_whatever_their_names(void **state)
{
	expect_types(TYPES(VBA), 1, 0);
	expect_types(TYPES(TYPE("VND.MS-OFFICE.VBAPROJECT")), 1, 0);
	expect_types(TYPES(TYPE("vnd.ms-office.&#118;ba&#x50;roject")), 1, 0);
	expect_types(TYPES(TYPE("vnd.ms-excel.macrosheet+xml")), 1, 0);
	expect_types(TYPES(TYPE("vnd.ms-excel.intlmacrosheet+xml")), 1, 0);
}

static void a_document_for_macros_without_any_has_none(void **state)
{
	expect_types(TYPES(""), 0, 0);
	expect_types("", 0, 0);
	expect_types(TYPES(TYPE("vnd.ms-word.document.macroEnabled.main+xml")), 0, 0);
	expect_types(TYPES(TYPE("vnd.ms-excel.sheet.binary.macroEnabled.main")), 0, 0);
	expect_types(TYPES(TYPE("vnd.ms-office.&#118")), 0, 0);
}

static void macros_are_told_by_relations(void **state)
{
	expect_relation("word/_rels/document.xml.rels", RELATION("vbaProject"), 1, 0);
	expect_relation("XL/_RELS/a.RELS", RELATION("xlMacrosheet"), 1, 0);
	expect_relation("xl\\_rels\\a.rels", RELATION("xlIntlMacrosheet"), 1, 0);
	expect_relation("xl/charts/_rels/a.rels", RELATION("vbaProject"), 1, 0);
	expect_relation("xl/_rels/a.rels", RELATION("worksheet"), 0, 0);
	expect_relation("xl/_rels/a.rels", "<a Target=\"https://x/vbaProject.bin\">", 0, 0);
	expect_relation("xl/rels.xml", RELATION("vbaProject"), 0, 0);
}

static void what_is_fetched_when_it_is_opened_is_told(void **state)
{
	static const struct {
		const char *type, *target, *mode;
		unsigned told;
	} table[] = {
	        {"attachedTemplate", "http://h.example/a.dotm", "External", 1},
	        {"AttachedTemplate", " HTTPS://h.example/a.dotm", "external", 1},
	        {"attachedTemplate", "&#104;ttp://h.example/a.dotm", "External", 1},
	        {"attachedTemplate", "file:///\\\\h.example\\a\\b.dotm", "External", 1},
	        {"attachedTemplate", "file://h.example/a/b.dotm", "External", 1},
	        {"attachedTemplate", "\\\\192.0.2.1\\a\\b.dotm", "External", 1},
	        {"oleObject", "mhtml:http://h.example/a!x-usc:http://h.example/a", "External", 1},
	        {"frame", "ftp://h.example/a", "External", 1},
	        {"subDocument", "https://h.example/a.docx", "External", 1},
	        {"attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm", "External", 0},
	        {"attachedTemplate", "file://localhost/Users/a/Normal.dotm", "External", 0},
	        {"attachedTemplate", "file:///Users/a/Normal.dotm", "External", 0},
	        {"attachedTemplate", "C:\\Users\\a\\Normal.dotm", "External", 0},
	        {"attachedTemplate", "Normal.dotm", "External", 0},
	        {"subDocument", "chapter%201.docx", "External", 0},
	        {"oleObject", "../embeddings/http.bin", "Internal", 0},
	        {"hyperlink", "http://h.example/a.dotm", "External", 0},
	        {"hyperlink", "http://h.example/relationships.oleObject", "External", 0},
	        {"image", "http://h.example/a.png", "External", 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		char text[512];
		struct made made[] = {
		        {"word/_rels/settings.xml.rels", text, 0, NULL},
		        MEMBER("[Content_Types].xml", TYPES("")),
		};
		struct seen seen;

		snprintf(text, sizeof(text),
		        "<Relationships><Relationship Id=\"a\" Type=\"http://x/relationships/%s\" "
		        "TargetMode=\"%s\" Target = \"%s\"/><Relationship Id=\"b\" "
		        "Type=\"http://x/relationships/hyperlink\" Target=\"http://h.example/\" "
		        "TargetMode=\"External\"/></Relationships>",
		        table[at].type, table[at].mode, table[at].target);
		made[0].size = strlen(text);
		walk_members(made, 2, &seen);
		if (seen.traits[UNPACK_EXTERNAL] != table[at].told)
			fail_msg("%s %s", table[at].type, table[at].target);
		seen_fini(&seen);
	}
}

static void types_in_wide_letters_are_read(void **state)
{
	struct made made[] = {MEMBER("[Content_Types].xml", "")};
	struct buf wide = {0};
	struct seen seen;

	for (int at = 0; at < 4; at++) {
		make_wide(&wide, at < 2 ? TYPES(VBA) : TYPES(""), at % 2);
		made[0].data = wide.data;
		made[0].size = wide.size;
		walk_members(made, 1, &seen);
		expect_told(&seen, "wide", at < 2, 0, 0);
	}
	buf_fini(&wide);
}

static void types_are_read_under_either_name_and_in_both_places(void **state)
{
	static const struct made hidden[] = {
	        MEMBER("[Content_Types].xml", TYPES("")),
	        {"a.txt", TYPES(VBA), sizeof(TYPES(VBA)) - 1, "[content_types].XML"},
	};
	static const struct made local[] = {
	        {"[Content_Types].xml", TYPES(VBA), sizeof(TYPES(VBA)) - 1, "a.txt"}};
	static const struct made cut = MEMBER("[Content_Types].xml%.txt", TYPES(VBA));
	static const struct made twice[] = {
	        MEMBER("[Content_Types].xml", TYPES("")),
	        MEMBER("[Content_Types].xml", TYPES(VBA)),
	        MEMBER("/[Content_Types].xml", TYPES("")),
	};
	static const struct made elsewhere[] = {
	        MEMBER("a/[Content_Types].xml", TYPES(VBA)), MEMBER("types.xml", TYPES(VBA))};
	struct buf zip = {0};
	struct seen seen;

	walk_members(hidden, 2, &seen);
	assert_int_equal(seen.traits[UNPACK_MACRO], 1);
	seen_fini(&seen);
	walk_members(local, 1, &seen);
	assert_int_equal(seen.traits[UNPACK_MACRO], 1);
	seen_fini(&seen);
	make_zip(&zip, &cut, 1);
	memcpy(memmem(zip.data, zip.size, "xml%", 4), "xml", 4); /* ends there for some */
	walk(&zip, &seen);
	assert_int_equal(seen.traits[UNPACK_MACRO], 1);
	seen_fini(&seen);
	buf_fini(&zip);
	walk_members(twice, 3, &seen);
	expect_told(&seen, "twice", 1, 0, 0);
	walk_members(elsewhere, 2, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 0);
	expect_told(&seen, "elsewhere", 0, 0, 0);
}

/* Writes p.zip as Python packs it. */
static void pack_types(const char *method, const char *type, struct buf *out)
{
	char command[512];

	snprintf(command, sizeof(command),
	        "python3 -c \"import zipfile as z; a = z.ZipFile('p.zip', 'w', z.ZIP_%s); "
	        "a.writestr('x.xml', 'x' * 500); a.writestr('[Content_Types].xml', '%s' * 50)\"",
	        method, type);
	buf_clear(out);
	pack(command, "p.zip", out);
}

static void types_are_read_however_they_are_packed(void **state)
{
	static const char *const methods[] = {"STORED", "DEFLATED", "BZIP2", "LZMA"};
	struct buf zip = {0};
	struct seen seen;

	for (size_t at = 0; at < sizeof(methods) / sizeof(methods[0]); at++) {
		pack_types(methods[at], "vnd.ms-office.vbaProject", &zip);
		walk(&zip, &seen);
		expect_told(&seen, methods[at], 1, 0, 0);
		pack_types(methods[at], "vnd.ms-office.activeX", &zip);
		walk(&zip, &seen);
		expect_told(&seen, methods[at], 0, 0, 0);
	}
	buf_fini(&zip);
}

static void a_document_behind_a_picture_tells_all_the_same(void **state)
{
	static const struct made made[] = {MEMBER("[Content_Types].xml", TYPES(VBA))};
	struct buf file = {0};
	struct seen seen;

	buf_add_string(&file, "GIF89a");
	make_zip(&file, made, 1);
	walk(&file, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 1);
	expect_told(&seen, "behind a picture", 1, 0, 0);
	buf_fini(&file);
}

static void objects_in_new_documents_are_told(void **state)
{
	static const struct made made[] = {
	        MEMBER("[Content_Types].xml", TYPES("")),
	        MEMBER("word/embeddings/a.bin", OLE_MAGIC),
	};
	struct seen seen;

	expect_types(TYPES(TYPE("vnd.openxmlformats-officedocument.oleObject")), 0, 1);
	expect_relation("word/_rels/document.xml.rels", RELATION("oleObject"), 0, 1);
	expect_relation("word/_rels/document.xml.rels", RELATION("package"), 0, 1);
	expect_relation("word/_rels/document.xml.rels",
	        "<a TargetMode = 'External'/>" RELATION("oleObject"), 0, 1);
	walk_members(made, 2, &seen);
	expect_told(&seen, "embeddings", 0, 1, 0);
}

static void charts_and_links_are_no_files_in_a_document(void **state)
{
	static const struct made chart[] = {
	        MEMBER("[Content_Types].xml", TYPES("")),
	        MEMBER("word/charts/_rels/chart1.xml.rels", RELATION("package")),
	        MEMBER("word/embeddings/Microsoft_Excel_Sheet1.xlsx", "PK\3\4"),
	};
	struct seen seen;

	walk_members(chart, 3, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 1);
	assert_int_equal(seen.traits[UNPACK_EMBEDDED], 0);
	seen_fini(&seen);
	expect_relation("word/_rels/document.xml.rels",
	        "<Relationship Type=\"x/relationships/oleObject\" TargetMode = 'External'/>", 0, 0);
}

/* ---------------------------------------------------------------- OpenDocument */

#define ODT "application/vnd.oasis.opendocument.text"
#define MANIFEST(more) "<m:manifest><m:file-entry m:media-type=\"" ODT "\"/>" more "</m:manifest>"

static void expect_open(const char *name, const char *data, size_t size, int macro, int embedded)
{
	struct made made[] = {MEMBER("mimetype", ODT), {name, data, size, NULL}};
	struct seen seen;

	walk_members(made, 2, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 1);
	expect_told(&seen, name, macro, embedded, 0);
}

static void modules_and_scripts_of_an_open_document_are_macros(void **state)
{
	expect_open("Basic/Standard/Module1.xml", "x", 1, 1, 0);
	expect_open("basic\\Standard\\Module1.xml", "x", 1, 1, 0);
	expect_open("Basic/Secret/Module1.pba", "x", 1, 1, 0);
	expect_open("Scripts/python/a.py", "x", 1, 1, 0);
	expect_open("Scripts/beanshell/Library/a.bsh", "x", 1, 1, 0);
}

static void long_names_are_judged_by_their_ends(void **state)
{
	char name[5000];

	memset(name, 'x', sizeof(name));
	memcpy(name, "Basic/Standard/", 15);
	strcpy(name + sizeof(name) - 5, ".xml");
	expect_open(name, "x", 1, 1, 0);
	memcpy(name, "Basic", 5);
	name[5] = '1';
	expect_open(name, "x", 1, 0, 0);
}

static void lists_of_modules_are_no_macros(void **state)
{
	expect_open("Basic/script-lc.xml", "x", 1, 0, 0);
	expect_open("Basic/Standard/script-lb.xml", "x", 1, 0, 0);
	expect_open("Scripts/python/parcel-descriptor.xml", "x", 1, 0, 0);
	expect_open("Scripts/python/", "", 0, 0, 0);
	expect_open("content.xml", "x", 1, 0, 0);
}

static void an_open_document_is_known_by_its_manifest_too(void **state)
{
	static const struct made made[] = {
	        MEMBER("Scripts/a.py", "x"),
	        MEMBER("META-INF/manifest.xml", MANIFEST("")),
	};
	static const struct made source[] = {
	        MEMBER("Scripts/a.py", "x"),
	        MEMBER("Basic/Standard/Module1.xml", "x"),
	        MEMBER("mimetype", "application/epub+zip"),
	        MEMBER("META-INF/manifest.xml", "<manifest/>"),
	};
	struct seen seen;

	walk_members(made, 2, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 1);
	expect_told(&seen, "manifest", 1, 0, 0);
	walk_members(source, 4, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 0);
	expect_told(&seen, "no document", 0, 0, 0);
}

static void an_encrypted_open_document_is_told(void **state)
{
	static const struct made made[] = {
	        MEMBER("META-INF/manifest.xml", MANIFEST("<m:encryption-data/>"))};
	static const struct made twin[] = {MEMBER("META-INF/manifest.xml", MANIFEST(""))};
	struct seen seen;

	walk_members(made, 1, &seen);
	assert_int_equal(seen.problems[UNPACK_ENCRYPTED], 1);
	expect_told(&seen, "encrypted", 0, 0, 1);
	walk_members(twin, 1, &seen);
	expect_told(&seen, "in clear", 0, 0, 0);
}

static void a_foreign_object_in_an_open_document_is_a_file(void **state)
{
	expect_open("Object 1", OLE_MAGIC, 8, 0, 1);
	expect_open("Object 1/content.xml", "<chart/>", 8, 0, 0);
}

static void what_the_budget_leaves_out_takes_no_trait_away(void **state)
{
	static const struct made made[] = {
	        MEMBER("mimetype", ODT),
	        MEMBER("Basic/Standard/Module1.xml", "more than there is room for"),
	};
	struct unpack_budget budget = {10, sizeof(ODT), 200, clock_monotonic_us() + 10000000};
	struct buf zip = {0};
	struct seen seen;

	make_zip(&zip, made, 2);
	walk_with(zip.data, zip.size, &budget, &seen);
	assert_true(seen.problems[UNPACK_LIMIT] >= 1);
	assert_int_equal(seen.traits[UNPACK_MACRO], 1);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 1);
	seen_fini(&seen);
	buf_fini(&zip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(macros_are_told_by_their_types_whatever_their_names),
	        cmocka_unit_test(a_document_for_macros_without_any_has_none),
	        cmocka_unit_test(macros_are_told_by_relations),
	        cmocka_unit_test(what_is_fetched_when_it_is_opened_is_told),
	        cmocka_unit_test(types_in_wide_letters_are_read),
	        cmocka_unit_test(types_are_read_under_either_name_and_in_both_places),
	        cmocka_unit_test(types_are_read_however_they_are_packed),
	        cmocka_unit_test(a_document_behind_a_picture_tells_all_the_same),
	        cmocka_unit_test(objects_in_new_documents_are_told),
	        cmocka_unit_test(charts_and_links_are_no_files_in_a_document),
	        cmocka_unit_test(modules_and_scripts_of_an_open_document_are_macros),
	        cmocka_unit_test(long_names_are_judged_by_their_ends),
	        cmocka_unit_test(lists_of_modules_are_no_macros),
	        cmocka_unit_test(an_open_document_is_known_by_its_manifest_too),
	        cmocka_unit_test(an_encrypted_open_document_is_told),
	        cmocka_unit_test(a_foreign_object_in_an_open_document_is_a_file),
	        cmocka_unit_test(what_the_budget_leaves_out_takes_no_trait_away),
	};

	return cmocka_run_group_tests(tests, pack_begin, pack_end);
}
