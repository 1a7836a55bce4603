#include "tests/unit/lib/unpack/pack.h"

enum { SECTOR = 512, FAT = 0, DIRECTORY = 1, MINI_FAT = 2, FIRST_DATA = 3 };

static const char payload[] = "payload\n";

/* ---------------------------------------------------------------- making documents */

static void put(struct buf *out, size_t at, uint64_t value, int bytes)
{
	for (; bytes; bytes--, at++, value >>= 8)
		out->data[at] = (char)(value & 0xff);
}

static void put_entry(
        struct buf *out, size_t index, const char *name, int type, uint32_t start, size_t size)
{
	size_t at = SECTOR + DIRECTORY * SECTOR + index * 128, n;

	for (n = 0; name[n]; n++)
		out->data[at + 2 * n] = name[n];
	put(out, at + 64, 2 * n + 2, 2);
	put(out, at + 66, (uint64_t)type, 1);
	put(out, at + 68, 0xffffffff, 4);
	put(out, at + 72, 0xffffffff, 4);
	put(out, at + 76, index ? 0xffffffff : 1, 4);
	put(out, at + 116, start, 4);
	put(out, at + 120, size, 4);
}

static void put_chain(struct buf *out, size_t sector, size_t first, size_t count)
{
	size_t at = SECTOR + sector * SECTOR + 4 * first;

	for (; count; count--, first++, at += 4)
		put(out, at, count > 1 ? first + 1 : 0xfffffffe, 4);
}

/* A compound file with one stream, in sectors or in small ones. */
static void make_compound(struct buf *out, const char *name, const struct buf *data, int small)
{
	static const char magic[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	size_t sectors = data->size / SECTOR + 1;

	buf_clear(out);
	while (out->size < (FIRST_DATA + 1) * SECTOR)
		buf_add_char(out, 0);
	memcpy(out->data, magic, 8);
	put(out, 30, 9, 2);
	put(out, 32, 6, 2);
	put(out, 48, DIRECTORY, 4);
	put(out, 56, small ? 4096 : 0, 4);
	put(out, 60, MINI_FAT, 4);
	put(out, 68, 0xfffffffe, 4);
	memset(out->data + 76, 0xff, SECTOR - 76);
	put(out, 76, FAT, 4);
	memset(out->data + SECTOR, 0xff, SECTOR);
	put_chain(out, FAT, DIRECTORY, 1);
	put_chain(out, FAT, MINI_FAT, 1);
	put_chain(out, FAT, FIRST_DATA, sectors);
	put_chain(out, MINI_FAT, 0, data->size / 64 + 1);
	put_entry(out, 0, "Root Entry", 5, small ? FIRST_DATA : 0xfffffffe, small ? data->size : 0);
	put_entry(out, 1, name, 2, small ? 0 : FIRST_DATA, data->size);
	buf_add(out, data->data, data->size);
	while (out->size % SECTOR)
		buf_add_char(out, 0);
}

/* The native data of a package: a label, where it came from, where it goes, and the file. */
static void make_package(struct buf *out, const char *label)
{
	struct buf body = {0};

	little(&body, 2, 2);
	buf_add(&body, label, strlen(label) + 1);
	buf_add(&body, "C:\\x.exe", 9);
	little(&body, 3 << 16, 4);
	little(&body, 9, 4);
	buf_add(&body, "C:\\y.exe", 9);
	little(&body, strlen(payload), 4);
	buf_add_string(&body, payload);
	buf_clear(out);
	little(out, body.size, 4);
	buf_add(out, body.data, body.size);
	buf_fini(&body);
}

/* An OLE 1 object of class Package, in hexadecimal digits with `between` after every third. */
static void make_rich_text(struct buf *out, const char *between)
{
	struct buf package = {0}, object = {0};
	size_t at;

	make_package(&package, "x.exe");
	little(&object, 0x501, 4);
	little(&object, 2, 4);
	little(&object, 8, 4);
	buf_add(&object, "Package", 8);
	little(&object, 0, 8);
	little(&object, package.size - 4, 4);
	buf_add(&object, package.data + 4, package.size - 4);
	buf_clear(out);
	buf_add_string(out, "{\\rtf1 Hello {\\object\\objemb{\\*\\objdata ");
	for (at = 0; at < 2 * object.size; at++) {
		unsigned char byte = (unsigned char)object.data[at / 2];

		buf_add_char(out, "0123456789abcdef"[at % 2 ? byte & 15 : byte >> 4]);
		if (at % 3 == 2)
			buf_add_string(out, between);
	}
	buf_add_string(out, "}}}");
	buf_fini(&package);
	buf_fini(&object);
}

static void check(const struct buf *bytes, const char *kind, const char *name)
{
	struct seen seen;

	assert_string_equal(unpack_kind(bytes->data, bytes->size), kind);
	walk(bytes, &seen);
	if ((name && !has_name(&seen, name)) || !has_content(&seen, payload) ||
	        problem_count(&seen))
		fail_msg("%s: %s", kind, seen.names.data);
	seen_fini(&seen);
}

static void check_text(const char *text, const char *kind, const char *name)
{
	struct buf bytes = {0};

	buf_add_string(&bytes, text);
	check(&bytes, kind, name);
	buf_fini(&bytes);
}

/* ---------------------------------------------------------------- tests */

static void a_package_in_a_compound_file_is_a_member(void **state)
{
	struct buf package = {0}, file = {0};

	make_package(&package, "x.exe");
	make_compound(&file, "\1Ole10Native", &package, 0);
	check(&file, "ole", "x.exe");
	make_compound(&file, "\1Ole10Native", &package, 1);
	check(&file, "ole", "x.exe");
	make_package(&package, "invoice.pdf"); /* the label lies */
	make_compound(&file, "\1Ole10Native", &package, 0);
	check(&file, "ole", "C:\\x.exe");
	check(&file, "ole", "C:\\y.exe");
	buf_fini(&package);
	buf_fini(&file);
}

static void streams_that_carry_no_files_stay_inside(void **state)
{
	struct buf data = {0}, file = {0};
	struct seen seen;

	buf_add_string(&data, payload);
	make_compound(&file, "WordDocument", &data, 0);
	walk(&file, &seen);
	assert_int_equal(seen.members, 0);
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
	make_compound(&file, "_VBA_PROJECT", &data, 0);
	check(&file, "ole", "_VBA_PROJECT");
	make_compound(&file, "EncryptedPackage", &data, 0);
	walk(&file, &seen);
	assert_int_equal(seen.problems[UNPACK_ENCRYPTED], 1);
	seen_fini(&seen);
	buf_fini(&data);
	buf_fini(&file);
}

static void a_saved_mail_gives_its_attachments_without_names_too(void **state)
{
	struct buf data = {0}, file = {0};

	buf_add_string(&data, payload);
	make_compound(&file, "__substg1.0_37010102", &data, 0);
	check(&file, "ole", "");
	buf_fini(&data);
	buf_fini(&file);
}

static void chains_that_go_round_end(void **state)
{
	struct buf package = {0}, file = {0};
	struct seen seen;

	make_package(&package, "x.exe");
	make_compound(&file, "\1Ole10Native", &package, 0);
	put(&file, SECTOR + 4 * FIRST_DATA, FIRST_DATA, 4);     /* data that follow themselves */
	put(&file, SECTOR + 4 * DIRECTORY, DIRECTORY, 4);       /* and so does the directory */
	put(&file, SECTOR + SECTOR + 128 + 68, 1, 4);           /* an entry beside itself */
	put(&file, SECTOR + SECTOR + 128 + 120, 0xffffffff, 4); /* and larger than all */
	walk(&file, &seen);
	assert_true(seen.members <= file.size / 128);
	seen_fini(&seen);
	buf_fini(&package);
	buf_fini(&file);
}

static void every_beginning_of_a_compound_file_is_survived(void **state)
{
	struct buf package = {0}, file = {0};
	size_t size;

	make_package(&package, "x.exe");
	make_compound(&file, "\1Ole10Native", &package, 1);
	for (size = 512; size < file.size; size += 7) {
		struct buf part = {0};
		struct seen seen;

		buf_add(&part, file.data, size);
		walk(&part, &seen);
		assert_true(seen.members <= 1);
		seen_fini(&seen);
		buf_fini(&part);
	}
	buf_fini(&package);
	buf_fini(&file);
}

static void an_object_in_rich_text_is_found_behind_what_hides_it(void **state)
{
	static const char *const between[] = {
	        "", " ", "\r\n", "\\nop0 ", "{\\*\\a bcd}", "{\\*\\a {\\b ee}f}", "\\'ab"};
	struct buf text = {0};
	size_t at;

	for (at = 0; at < sizeof(between) / sizeof(between[0]); at++) {
		make_rich_text(&text, between[at]);
		check(&text, "rtf", "x.exe");
	}
	check_text("{\\rt{\\objdata\\bin8 payload\n}}", "rtf", NULL);
	buf_fini(&text);
}

static void files_in_pdf_are_members_and_their_names_are_given(void **state)
{
	check_text(
	        "%PDF-1.4\n1 0 obj\n<</Type/EmbeddedFile>>\nstream\npayload\n\nendstream\nendobj\n"
	        "2 0 obj<</Type/Filespec/UF (x\\056exe)>>",
	        "pdf", "x.exe");
	check_text("%PDF-1.4\n1 0 obj\n<</Type/Embedded#46ile>>\nstream\r\npayload\n\nendstream\n"
	           "2 0 obj<</Type/Filespec/F <782e657865>>>",
	        "pdf", "x.exe");
	check_text("%PDF-1.4\n1 0 obj\n<</Type/EmbeddedFile>>\nstream\npayload\n\nendstream\n"
	           "2 0 obj<</UF <feff0078002e006500780065>>>",
	        "pdf", "x.exe");
}

static void links_and_pages_of_pdf_are_no_files(void **state)
{
	struct buf bytes = {0};
	struct seen seen;

	buf_add_string(&bytes, "%PDF-1.4\n1 0 obj\n<</Names<</EmbeddedFiles 3 0 R>>/F 4/FS/URL/F "
	                       "(http://www.example.com)>>\n2 0 obj\n<</Length 5>>\nstream\nhello\n"
	                       "endstream\n");
	walk(&bytes, &seen);
	assert_int_equal(seen.members, 0);
	seen_fini(&seen);
	buf_fini(&bytes);
}

static void a_file_in_a_onenote_page_is_a_member(void **state)
{
	static const char head[] =
	        "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3 pages "
	        "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";
	struct buf bytes = {0};

	buf_add(&bytes, head, sizeof(head) - 1);
	little(&bytes, strlen(payload), 8);
	little(&bytes, 0, 12);
	buf_add_string(&bytes, payload);
	buf_add_string(&bytes, "more");
	check(&bytes, "onenote", NULL);
	buf_fini(&bytes);
}

/* "payload\n" eight times over. */
#define BLOB                                                                                       \
	"cGF5bG9hZApwYXlsb2FkCnBheWxvYWQKcGF5bG9hZApwYXlsb2FkCnBheWxvYWQKcGF5bG9hZApwYXlsb2FkCg=="

static void what_a_script_puts_together_is_a_member(void **state)
{
	check_text("<html><script>var a='" BLOB "';</script>", "markup", NULL);
	check_text("<svg><script>a(`" BLOB "`)</script></svg>", "markup", NULL);
	check_text("<a href=\"data:application/zip;base64," BLOB "\">", "markup", NULL);
	check_text("<script>a=\"cGF5bG9hZApwYXlsb2FkCnBheWxvYWQKcGF5\" + \n "
	           "\"bG9hZApwYXlsb2FkCnBheWxvYWQKcGF5bG9hZAo=\"</script>",
	        "markup", NULL);
}

static void words_and_addresses_are_no_files(void **state)
{
	struct buf bytes = {0};
	struct seen seen;

	buf_add_string(
	        &bytes, "<script>x = 'hello'</script><a href=\"https://example.org/" BLOB "\">");
	walk(&bytes, &seen);
	assert_int_equal(seen.members, 0);
	seen_fini(&seen);
	assert_null(unpack_kind("<html>hello</html>", 18));
	buf_fini(&bytes);
}

static void attachments_of_appointments_and_cards_are_members(void **state)
{
	check_text("BEGIN:VCALENDAR\r\nATTACH;X-FILENAME=\"x.exe\";ENCODING=BASE64;VALUE=BINARY:"
	           "cGF5\r\n"
	           " bG9hZAo=\r\nEND:VCALENDAR\r\n",
	        "card", "x.exe");
	check_text("begin:vcard\nKEY;ENCODING=b:cGF5bG9hZAo=\nend:vcard\n", "card", NULL);
	check_text("BEGIN:VCARD\r\nPHOTO:data:image/png;base64,cGF5bG9hZAo=\r\nEND:VCARD\r\n",
	        "card", NULL);
}

static void the_budget_holds_for_documents(void **state)
{
	struct unpack_budget budget = {1, 1000, 200, clock_monotonic_us() + 10000000};
	struct buf bytes = {0};
	struct seen seen;

	buf_add_string(&bytes, "<script>'" BLOB "'; '" BLOB "'</script>");
	walk_with(bytes.data, bytes.size, &budget, &seen);
	assert_int_equal(seen.members, 1);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
	seen_fini(&seen);
	budget = (struct unpack_budget){10, 20, 200, clock_monotonic_us() + 10000000};
	walk_with(bytes.data, bytes.size, &budget, &seen);
	assert_int_equal(seen.contents.size, 0);
	assert_true(seen.problems[UNPACK_LIMIT] >= 1);
	seen_fini(&seen);
	buf_fini(&bytes);
}

static void a_template_from_elsewhere_is_told(void **state)
{
	static const struct {
		const char *text;
		unsigned told;
	} table[] = {
	        {"{\\rtf1{\\*\\template http://h.example/a.dot}}", 1},
	        {"{\\rtf1{\\*\\template \\'68ttp://h.example/a.dot}}", 1},
	        {"{\\rtf1{\\*\\template \\\\\\\\h.example\\\\a.dot}}", 1},
	        {"{\\rtf1{\\*\\template C:\\\\a\\\\Normal.dot}}", 0},
	        {"{\\rtf1{\\*\\template Normal.dot}}", 0},
	        {"{\\rtf1{\\field{\\*\\fldinst HYPERLINK http://h.example/}}}", 0},
	        {"{\\rtf1{\\object\\objautlink{\\*\\objdata "
	         "0102e0c9ea79f9bace118c8200aa004ba90b}}}",
	                1},
	        {"{\\rtf1{\\object\\objemb{\\*\\objdata 0102e0c9ea79f9bace118c8200aa004ba90b}}}",
	                0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf text = {0};
		struct seen seen;

		buf_add_string(&text, table[at].text);
		walk(&text, &seen);
		if (seen.traits[UNPACK_EXTERNAL] != table[at].told)
			fail_msg("%s", table[at].text);
		seen_fini(&seen);
		buf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_package_in_a_compound_file_is_a_member),
	        cmocka_unit_test(streams_that_carry_no_files_stay_inside),
	        cmocka_unit_test(a_saved_mail_gives_its_attachments_without_names_too),
	        cmocka_unit_test(chains_that_go_round_end),
	        cmocka_unit_test(every_beginning_of_a_compound_file_is_survived),
	        cmocka_unit_test(an_object_in_rich_text_is_found_behind_what_hides_it),
	        cmocka_unit_test(files_in_pdf_are_members_and_their_names_are_given),
	        cmocka_unit_test(links_and_pages_of_pdf_are_no_files),
	        cmocka_unit_test(a_file_in_a_onenote_page_is_a_member),
	        cmocka_unit_test(what_a_script_puts_together_is_a_member),
	        cmocka_unit_test(words_and_addresses_are_no_files),
	        cmocka_unit_test(attachments_of_appointments_and_cards_are_members),
	        cmocka_unit_test(the_budget_holds_for_documents),
	        cmocka_unit_test(a_template_from_elsewhere_is_told),
	};

	unpack_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
