/*
 * What office documents tell of themselves. Each hostile one has an honest twin of which nothing
 * is told.
 */
#include "tests/unit/lib/unpack/pack.h"

enum { SECTOR = 512, MOST_NODES = 16, NONE = 0xffffffff };

#define OLE_MAGIC "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

/* ---------------------------------------------------------------- making compound files */

/* A storage where there are no data; the root's number is 0, the first node's 1. */
struct node {
	int parent;
	const char *name;
	const char *data;
	size_t size;
};

#define STREAM(parent, name, data)                                                                 \
	{                                                                                          \
		parent, name, data, sizeof(data) - 1                                               \
	}
#define STORAGE(parent, name)                                                                      \
	{                                                                                          \
		parent, name, NULL, 0                                                              \
	}

static void put(struct buf *out, size_t at, uint64_t value, int bytes)
{
	for (; bytes; bytes--, at++, value >>= 8)
		out->data[at] = (char)(value & 0xff);
}

static size_t entry_at(size_t index)
{
	return 2 * SECTOR + index * 128;
}

static void put_entry(struct buf *out, size_t index, const char *name, int type)
{
	size_t at = entry_at(index), n;

	for (n = 0; name[n]; n++)
		out->data[at + 2 * n] = name[n];
	put(out, at + 64, 2 * n + 2, 2);
	put(out, at + 66, (uint64_t)type, 1);
	put(out, at + 68, NONE, 4);
	put(out, at + 72, NONE, 4);
	put(out, at + 76, NONE, 4);
	put(out, at + 116, 0xfffffffe, 4);
}

/* Hangs an entry into its storage: in front of those that are there. */
static void put_child(struct buf *out, size_t parent, size_t index)
{
	size_t at = entry_at(parent) + 76;

	memcpy(out->data + entry_at(index) + 72, out->data + at, 4);
	put(out, at, index, 4);
}

static void put_data(struct buf *out, size_t index, const struct node *node)
{
	size_t first = out->size / SECTOR - 1, count = node->size / SECTOR + 1, at;

	put(out, entry_at(index) + 116, first, 4);
	put(out, entry_at(index) + 120, node->size, 4);
	for (at = 0; at < count; at++)
		put(out, SECTOR + 4 * (first + at), at + 1 < count ? first + at + 1 : 0xfffffffe,
		        4);
	buf_add(out, node->data, node->size);
	do
		buf_add_char(out, 0);
	while (out->size % SECTOR);
}

static void make_compound(struct buf *out, const struct node *nodes, size_t count)
{
	size_t sectors = MOST_NODES * 128 / SECTOR, at;

	assert_true(count < MOST_NODES);
	buf_clear(out);
	while (out->size < (2 + sectors) * SECTOR)
		buf_add_char(out, 0);
	memcpy(out->data, OLE_MAGIC, 8);
	put(out, 30, 9, 2);
	put(out, 32, 6, 2);
	put(out, 48, 1, 4);
	put(out, 60, 0xfffffffe, 4);
	put(out, 68, 0xfffffffe, 4);
	memset(out->data + 76, 0xff, 2 * SECTOR - 76);
	put(out, 76, 0, 4);
	for (at = 0; at < sectors; at++)
		put(out, SECTOR + 4 * (1 + at), at + 1 < sectors ? at + 2 : 0xfffffffe, 4);
	put_entry(out, 0, "Root Entry", 5);
	for (at = 0; at < count; at++) {
		put_entry(out, at + 1, nodes[at].name, nodes[at].data ? 2 : 1);
		put_child(out, (size_t)nodes[at].parent, at + 1);
		if (nodes[at].data)
			put_data(out, at + 1, &nodes[at]);
	}
}

static void walk_nodes(const struct node *nodes, size_t count, struct seen *seen)
{
	struct buf file = {0};

	make_compound(&file, nodes, count);
	walk(&file, seen);
	buf_fini(&file);
}

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
	size_t offsets[MOST_NODES], directory, at;

	assert_true(count <= MOST_NODES);
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

/* ---------------------------------------------------------------- expectations */

/* A trait is told or it is not; nothing depends on how often. */
static void expect(struct seen *seen, const char *what, int macro, int embedded, unsigned encrypted)
{
	if ((seen->traits[UNPACK_MACRO] > 0) != macro ||
	        (seen->traits[UNPACK_EMBEDDED] > 0) != embedded ||
	        (seen->problems[UNPACK_ENCRYPTED] > 0) != (encrypted > 0) ||
	        problem_count(seen) != seen->problems[UNPACK_ENCRYPTED])
		fail_msg("%s: macros %u, embedded %u, encrypted %u, problems %u", what,
		        seen->traits[UNPACK_MACRO], seen->traits[UNPACK_EMBEDDED],
		        seen->problems[UNPACK_ENCRYPTED], problem_count(seen));
	seen_fini(seen);
}

static void expect_stream(const struct node *node, int macro, int embedded, unsigned encrypted)
{
	struct seen seen;

	walk_nodes(node, 1, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 0);
	expect(&seen, node->name, macro, embedded, encrypted);
}

/* ---------------------------------------------------------------- VBA in compound files */

static void expect_in_storage(const char *storage, const char *stream, const char *data, int macro)
{
	struct node nodes[] = {STORAGE(0, storage), {1, stream, data, strlen(data)}};
	struct seen seen;

	walk_nodes(nodes, 2, &seen);
	expect(&seen, stream, macro, 0, 0);
}

static void a_project_is_told_by_any_stream_that_is_left_of_it(void **state)
{
	expect_in_storage("VBA", "_VBA_PROJECT", "x", 1);
	expect_in_storage("VBA", "dir", "x", 1);
	expect_in_storage("vba", "DIR", "x", 1);
	expect_in_storage("VBA", "Module1", "x", 1);
	expect_in_storage("Macros", "dir", "x", 1);
	expect_in_storage("_Vba_Project_Cur", "dir", "x", 1);
	expect_in_storage("Other", "_vba_project", "x", 1);
	expect_in_storage("Other", "project", "ID=\"{0-0}\"\r\nModule=a\r\n", 1);
	expect_in_storage("Other", "PROJECT", "\r\nmodule=a\r\n", 1);
}

static void what_is_only_called_like_macros_is_none(void **state)
{
	expect_in_storage("Macros", "readme", "x", 0);
	expect_in_storage("VBA", "dir", "", 0);
	expect_in_storage("VBA2", "dir", "x", 0);
	expect_in_storage("ObjectPool", "dir", "x", 0);
	expect_in_storage("Other", "PROJECT", "the plan of a house", 0);
	expect_in_storage("Other", "_VBA_PROJECTS", "x", 0);
}

static void a_name_ends_at_its_length_and_at_a_nul(void **state)
{
	struct node node = STREAM(0, "_VBA_PROJECT", "x"), other = STREAM(0, "_VBA_PROJECTED", "x");
	struct buf file = {0};
	struct seen seen;

	make_compound(&file, &node, 1);
	file.data[entry_at(1) + 2 * 13] = 'x'; /* behind its NUL */
	walk(&file, &seen);
	assert_true(has_name(&seen, "_VBA_PROJECT"));
	expect(&seen, "behind its length", 1, 0, 0);
	put(&file, entry_at(1) + 64, 64, 2);
	walk(&file, &seen);
	expect(&seen, "behind its NUL", 1, 0, 0);
	make_compound(&file, &other, 1);
	walk(&file, &seen);
	expect(&seen, "longer", 0, 0, 0);
	put(&file, entry_at(1) + 64, 24, 2);
	walk(&file, &seen);
	expect(&seen, "cut by its length", 1, 0, 0);
	buf_fini(&file);
}

/* ---------------------------------------------------------------- workbooks */

#define BEGIN(kind) "\x09\x08\x10\0\0\6" kind "\0\0\0\0\0\0\0\0\0\0\0\0"
#define SHEET(kind) "\x85\0\x0a\0\0\0\0\0\0" kind "\1\0ab"
#define PASSWORD "\x2f\0\x04\0\1\0\1\0"
#define END "\x0a\0\0\0"

static void sheets_of_macros_are_told(void **state)
{
	static const struct node nodes[] = {
	        STREAM(0, "Workbook", BEGIN("\5\0") SHEET("\0") SHEET("\1") END),
	        STREAM(0, "book", BEGIN("\5\0") SHEET("\6") END),
	        STREAM(0, "WORKBOOK", BEGIN("\5\0") SHEET("\0") END BEGIN("\x40\0") END),
	        STREAM(0, "Workbook", SHEET("\1")),
	};

	for (size_t at = 0; at < sizeof(nodes) / sizeof(nodes[0]); at++)
		expect_stream(&nodes[at], 1, 0, 0);
}

static void a_workbook_of_tables_and_charts_has_no_macros(void **state)
{
	static const struct node nodes[] = {
	        STREAM(0, "Workbook",
	                BEGIN("\5\0") SHEET("\0") SHEET("\2") END BEGIN("\x10\0") END),
	        STREAM(0, "Workbook", BEGIN("\5\0") "\x34\x12\x0e\0" SHEET("\1") END), /* data */
	        STREAM(0, "Workbook", BEGIN("\5\0") "\x85\0\xff\x20\1\1\1"),           /* cut off */
	        STREAM(0, "Worksheet", SHEET("\1")),
	};

	for (size_t at = 0; at < sizeof(nodes) / sizeof(nodes[0]); at++)
		expect_stream(&nodes[at], 0, 0, 0);
}

static void an_encrypted_workbook_still_tells_where_macro_sheets_begin(void **state)
{
	static const struct node plain =
	        STREAM(0, "Workbook", BEGIN("\5\0") PASSWORD SHEET("\1") END BEGIN("\x10\0"));
	static const struct node macros =
	        STREAM(0, "Workbook", BEGIN("\5\0") PASSWORD SHEET("\0") END BEGIN("\x40\0"));

	expect_stream(&plain, 0, 0, 1); /* the sheet's kind is encrypted: it means nothing */
	expect_stream(&macros, 1, 0, 1);
}

/* ---------------------------------------------------------------- passwords */

#define USER "\0\0\xf6\x0f\x1c\0\0\0\x14\0\0\0"

static void documents_that_need_a_password_are_told(void **state)
{
	static const struct node nodes[] = {
	        STREAM(0, "EncryptedPackage", "x"),
	        STREAM(0, "encryptedpackage", "x"),
	        STREAM(0, "EncryptedSummary", "x"),
	        STREAM(0, "\tDRMContent", "x"),
	        STREAM(0, "WordDocument", "\xec\xa5\xc1\0\0\0\0\0\0\0\0\1\0\0"),
	        STREAM(0, "Current User", USER "\xdf\xc4\xd1\xf3"),
	};

	for (size_t at = 0; at < sizeof(nodes) / sizeof(nodes[0]); at++)
		expect_stream(&nodes[at], 0, 0, 1);
}

static void documents_that_need_none_are_not(void **state)
{
	static const struct node nodes[] = {
	        STREAM(0, "EncryptedPackages", "x"),
	        STREAM(0, "WordDocument", "\xec\xa5\xc1\0\0\0\0\0\0\0\xff\xfe\0\0"),
	        STREAM(0, "WordDocument", "\xec\xa5"),
	        STREAM(0, "Current User", USER "\x5f\xc0\x91\xe3"),
	        STREAM(0, "Workbook", BEGIN("\5\0") END),
	};

	for (size_t at = 0; at < sizeof(nodes) / sizeof(nodes[0]); at++)
		expect_stream(&nodes[at], 0, 0, 0);
}

/* ---------------------------------------------------------------- files in compound files */

static void files_in_objects_are_told(void **state)
{
	static const struct node nodes[] = {
	        STREAM(0, "\1Ole10Native", "xxxxxxxx"),
	        STREAM(0, "\1OLE10native", "xxxxxxxx"),
	        STREAM(0, "Package", "PK\3\4"),
	        STREAM(0, "CONTENTS", "%PDF-1.4"),
	        STREAM(0, "CONTENTS", "a text"),
	        STREAM(0, "Contents", "%PDF-1.4"),
	        STREAM(0, "contents", "MZ\x90\0"),
	};
	struct seen seen;

	for (size_t at = 0; at < sizeof(nodes) / sizeof(nodes[0]); at++) {
		walk_nodes(&nodes[at], 1, &seen);
		assert_int_equal(seen.members, 1);
		expect(&seen, nodes[at].name, 0, 1, 0);
	}
}

static void what_controls_and_other_programs_keep_is_no_file(void **state)
{
	static const struct node nodes[] = {
	        STREAM(0, "contents", "\0\2\x10\0\0\0"),
	        STREAM(0, "CONTENTS", "CHNKINK "),
	        STREAM(0, "CONTENTS", ""),
	        STREAM(0, "Contents", "\xe8\xac\x2c\0"),
	        STREAM(0, "\1Ole", "xxxx"),
	        STREAM(0, "\1CompObj", "Package"),
	};

	for (size_t at = 0; at < sizeof(nodes) / sizeof(nodes[0]); at++)
		expect_stream(&nodes[at], 0, 0, 0);
}

static void attachments_of_a_mail_in_a_saved_mail_are_members(void **state)
{
	static const struct node nodes[] = {
	        STORAGE(0, "__attach_version1.0_#00000000"),
	        STORAGE(1, "__substg1.0_3701000D"),
	        STREAM(2, "__substg1.0_0037001F", "s\0u\0b\0"),
	        STORAGE(2, "__attach_version1.0_#00000000"),
	        STREAM(4, "__substg1.0_37010102", "payload\n"),
	        STREAM(4, "__substg1.0_3707001F", "x\0.\0e\0x\0e\0"),
	};
	struct seen seen;

	walk_nodes(nodes, 6, &seen);
	assert_true(has_name(&seen, "x.exe"));
	assert_true(has_content(&seen, "payload\n"));
	assert_int_equal(seen.members, 1);
	expect(&seen, "mail", 0, 0, 0);
}

static void streams_that_share_their_sectors_are_not_read_for_ever(void **state)
{
	struct node nodes[MOST_NODES - 1];
	struct buf file = {0}, data = {0};
	struct seen seen;
	size_t at;

	for (at = 0; at < 40 * SECTOR; at++)
		buf_add_char(&data, 0);
	for (at = 0; at < MOST_NODES - 1; at++)
		nodes[at] = (struct node)STREAM(0, "Workbook", "");
	nodes[0].data = data.data;
	nodes[0].size = data.size;
	make_compound(&file, nodes, MOST_NODES - 1);
	walk(&file, &seen);
	expect(&seen, "one", 0, 0, 0);
	for (at = 2; at < MOST_NODES; at++)
		memcpy(file.data + entry_at(at) + 116, file.data + entry_at(1) + 116, 8);
	walk(&file, &seen);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
	seen_fini(&seen);
	buf_fini(&data);
	buf_fini(&file);
}

/* ---------------------------------------------------------------- presentations */

#define MACROS(place, any) "\x0f\0\xff\3\x14\0\0\0\2\0\0\4\x0c\0\0\0" place any "\2\0\0\0"

/* "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1payload\n", as zlib packs it. */
#define PACKED                                                                                     \
	"\x78\x9c\x01\x10\x00\xef\xff\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1payload\n\x32\xd2\x09\x22"

static void macros_of_a_presentation_are_told(void **state)
{
	static const struct node some =
	        STREAM(0, "PowerPoint Document", MACROS("\2\0\0\0", "\1\0\0\0"));
	static const struct node none =
	        STREAM(0, "PowerPoint Document", MACROS("\0\0\0\0", "\0\0\0\0"));

	expect_stream(&some, 1, 0, 0);
	expect_stream(&none, 0, 0, 0);
}

static void objects_of_a_presentation_are_members_of_it(void **state)
{
	static const struct node nodes[] = {
	        STREAM(0, "PowerPoint Document", "\0\0\x11\x10\x10\0\0\0" OLE_MAGIC "payload\n"),
	        STREAM(0, "PowerPoint Document",
	                "abc\x10\0\x11\x10\x1f\0\0\0\x10\0\0\0" PACKED "x"),
	        STREAM(0, "PowerPoint Document", "\0\0\x11\x10\x08\0\0\0no object"),
	        STREAM(0, "PowerPoint Document", "\0\x11\x10\x08\0\0\0" OLE_MAGIC),
	};
	struct seen seen;
	size_t at;

	for (at = 0; at < sizeof(nodes) / sizeof(nodes[0]); at++) {
		walk_nodes(&nodes[at], 1, &seen);
		assert_int_equal(seen.members, at < 2);
		assert_int_equal(seen.traits[UNPACK_PACKAGE], at < 2);
		assert_int_equal(has_content(&seen, OLE_MAGIC "payload\n"), at < 2);
		expect(&seen, "presentation", 0, 0, 0);
	}
}

static void objects_of_a_presentation_keep_to_the_budget(void **state)
{
	static const struct node node = STREAM(0, "PowerPoint Document",
	        "\0\0\x11\x10\x08\0\0\0" OLE_MAGIC "\x10\0\x11\x10\x1f\0\0\0\x10\0\0\0" PACKED);
	struct unpack_budget budget = {1, 1 << 20, 200, clock_monotonic_us() + 10000000};
	struct buf file = {0};
	struct seen seen;

	make_compound(&file, &node, 1);
	walk_with(file.data, file.size, &budget, &seen);
	assert_int_equal(seen.members, 1);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
	seen_fini(&seen);
	budget = (struct unpack_budget){10, 12, 200, clock_monotonic_us() + 10000000};
	walk_with(file.data, file.size, &budget, &seen);
	assert_true(seen.contents.size <= 12);
	assert_true(seen.problems[UNPACK_LIMIT] >= 1);
	seen_fini(&seen);
	buf_fini(&file);
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
	expect(&seen, types, macro, embedded, 0);
}

static void expect_relation(const char *name, const char *relations, int macro, int embedded)
{
	struct made made[] = {
	        {name, relations, strlen(relations), NULL},
	        MEMBER("[Content_Types].xml", TYPES("")),
	};
	struct seen seen;

	walk_members(made, 2, &seen);
	expect(&seen, relations, macro, embedded, 0);
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
		expect(&seen, "wide", at < 2, 0, 0);
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
	expect(&seen, "twice", 1, 0, 0);
	walk_members(elsewhere, 2, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 0);
	expect(&seen, "elsewhere", 0, 0, 0);
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
		expect(&seen, methods[at], 1, 0, 0);
		pack_types(methods[at], "vnd.ms-office.activeX", &zip);
		walk(&zip, &seen);
		expect(&seen, methods[at], 0, 0, 0);
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
	expect(&seen, "behind a picture", 1, 0, 0);
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
	expect(&seen, "embeddings", 0, 1, 0);
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
	expect(&seen, name, macro, embedded, 0);
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
	expect(&seen, "manifest", 1, 0, 0);
	walk_members(source, 4, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 0);
	expect(&seen, "no document", 0, 0, 0);
}

static void an_encrypted_open_document_is_told(void **state)
{
	static const struct made made[] = {
	        MEMBER("META-INF/manifest.xml", MANIFEST("<m:encryption-data/>"))};
	static const struct made twin[] = {MEMBER("META-INF/manifest.xml", MANIFEST(""))};
	struct seen seen;

	walk_members(made, 1, &seen);
	assert_int_equal(seen.problems[UNPACK_ENCRYPTED], 1);
	expect(&seen, "encrypted", 0, 0, 1);
	walk_members(twin, 1, &seen);
	expect(&seen, "in clear", 0, 0, 0);
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

/* ---------------------------------------------------------------- other documents */

static void walk_text(const char *text, struct seen *seen)
{
	struct buf bytes = {0};

	buf_add_string(&bytes, text);
	walk(&bytes, seen);
	buf_fini(&bytes);
}

static void objects_in_rich_text_are_told(void **state)
{
	struct seen seen;

	walk_text("{\\rtf1{\\object\\objemb{\\*\\objdata 0105}}}", &seen);
	expect(&seen, "object", 0, 1, 0);
	walk_text("{\\rtf1{\\object\\objautlink{\\*\\objdata }}}", &seen);
	expect(&seen, "nothing in it", 0, 0, 0);
	walk_text("{\\rtf1{\\pict 0105}}", &seen);
	expect(&seen, "picture", 0, 0, 0);
}

static void walk_page(const char *data, const char *property, size_t size, struct seen *seen)
{
	struct buf bytes = {0};

	buf_add_string(&bytes, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3 "
	                       "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac");
	little(&bytes, strlen(data), 8);
	little(&bytes, 0, 12);
	buf_add_string(&bytes, data);
	buf_add(&bytes, property, size);
	walk(&bytes, seen);
	assert_int_equal(seen->members, 1);
	buf_fini(&bytes);
}

static void files_on_a_page_of_onenote_are_told_and_pictures_are_not(void **state)
{
	struct seen seen;

	walk_page("payload", "", 0, &seen);
	expect(&seen, "file", 0, 1, 0);
	walk_page("GIF89a<script>", "\x9c\x1d\0\x1c", 4, &seen);
	expect(&seen, "a file that begins like a picture", 0, 1, 0);
	walk_page("\x89PNG\r\n\x1a\n", "\xd7\x1d\0\x1c", 4, &seen);
	expect(&seen, "picture", 0, 0, 0);
}

static void a_document_with_the_mark_of_something_else_is_still_a_document(void **state)
{
	static const struct node node = STREAM(0, "_VBA_PROJECT", "x");
	struct buf file = {0};
	struct seen seen;

	make_compound(&file, &node, 1);
	memcpy(file.data + 257, "ustar",
	        5); /* where the header numbers sectors that aren't there */
	assert_string_equal(unpack_kind(file.data, file.size), "tar");
	walk(&file, &seen);
	assert_true(has_name(&seen, "_VBA_PROJECT"));
	assert_int_equal(seen.traits[UNPACK_MACRO], 1);
	seen_fini(&seen);
	buf_fini(&file);
	walk_text("{\\rtf1 %PDF-1.4 {\\object\\objemb{\\*\\objdata 0105}}}", &seen);
	assert_int_equal(seen.members, 1);
	expect(&seen, "rtf", 0, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_project_is_told_by_any_stream_that_is_left_of_it),
	        cmocka_unit_test(what_is_only_called_like_macros_is_none),
	        cmocka_unit_test(a_name_ends_at_its_length_and_at_a_nul),
	        cmocka_unit_test(sheets_of_macros_are_told),
	        cmocka_unit_test(a_workbook_of_tables_and_charts_has_no_macros),
	        cmocka_unit_test(an_encrypted_workbook_still_tells_where_macro_sheets_begin),
	        cmocka_unit_test(documents_that_need_a_password_are_told),
	        cmocka_unit_test(documents_that_need_none_are_not),
	        cmocka_unit_test(files_in_objects_are_told),
	        cmocka_unit_test(what_controls_and_other_programs_keep_is_no_file),
	        cmocka_unit_test(attachments_of_a_mail_in_a_saved_mail_are_members),
	        cmocka_unit_test(streams_that_share_their_sectors_are_not_read_for_ever),
	        cmocka_unit_test(macros_of_a_presentation_are_told),
	        cmocka_unit_test(objects_of_a_presentation_are_members_of_it),
	        cmocka_unit_test(objects_of_a_presentation_keep_to_the_budget),
	        cmocka_unit_test(macros_are_told_by_their_types_whatever_their_names),
	        cmocka_unit_test(a_document_for_macros_without_any_has_none),
	        cmocka_unit_test(macros_are_told_by_relations),
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
	        cmocka_unit_test(objects_in_rich_text_are_told),
	        cmocka_unit_test(files_on_a_page_of_onenote_are_told_and_pictures_are_not),
	        cmocka_unit_test(a_document_with_the_mark_of_something_else_is_still_a_document),
	};

	return cmocka_run_group_tests(tests, pack_begin, pack_end);
}
