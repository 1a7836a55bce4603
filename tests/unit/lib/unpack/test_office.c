/*
 * What old office documents tell of themselves. Each hostile one has an honest twin of which
 * nothing is told.
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

/* ---------------------------------------------------------------- expectations */
static void expect_stream(const struct node *node, int macro, int embedded, int encrypted)
{
	struct seen seen;

	walk_nodes(node, 1, &seen);
	assert_int_equal(seen.traits[UNPACK_PACKAGE], 0);
	expect_told(&seen, node->name, macro, embedded, encrypted);
}

/* ---------------------------------------------------------------- VBA in compound files */

static void expect_in_storage(const char *storage, const char *stream, const char *data, int macro)
{
	struct node nodes[] = {STORAGE(0, storage), {1, stream, data, strlen(data)}};
	struct seen seen;

	walk_nodes(nodes, 2, &seen);
	expect_told(&seen, stream, macro, 0, 0);
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
	expect_told(&seen, "behind its length", 1, 0, 0);
	put(&file, entry_at(1) + 64, 64, 2);
	walk(&file, &seen);
	expect_told(&seen, "behind its NUL", 1, 0, 0);
	make_compound(&file, &other, 1);
	walk(&file, &seen);
	expect_told(&seen, "longer", 0, 0, 0);
	put(&file, entry_at(1) + 64, 24, 2);
	walk(&file, &seen);
	expect_told(&seen, "cut by its length", 1, 0, 0);
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
		expect_told(&seen, nodes[at].name, 0, 1, 0);
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
	expect_told(&seen, "mail", 0, 0, 0);
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
	expect_told(&seen, "one", 0, 0, 0);
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
		expect_told(&seen, "presentation", 0, 0, 0);
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
	expect_told(&seen, "object", 0, 1, 0);
	walk_text("{\\rtf1{\\object\\objautlink{\\*\\objdata }}}", &seen);
	expect_told(&seen, "nothing in it", 0, 0, 0);
	walk_text("{\\rtf1{\\pict 0105}}", &seen);
	expect_told(&seen, "picture", 0, 0, 0);
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
	expect_told(&seen, "file", 0, 1, 0);
	walk_page("GIF89a<script>", "\x9c\x1d\0\x1c", 4, &seen);
	expect_told(&seen, "a file that begins like a picture", 0, 1, 0);
	walk_page("\x89PNG\r\n\x1a\n", "\xd7\x1d\0\x1c", 4, &seen);
	expect_told(&seen, "picture", 0, 0, 0);
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
	expect_told(&seen, "rtf", 0, 1, 0);
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
	        cmocka_unit_test(objects_in_rich_text_are_told),
	        cmocka_unit_test(files_on_a_page_of_onenote_are_told_and_pictures_are_not),
	        cmocka_unit_test(a_document_with_the_mark_of_something_else_is_still_a_document),
	};

	unpack_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
