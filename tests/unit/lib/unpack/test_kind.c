#include "tests/unit/lib/unpack/pack.h"

enum { ROOM = 1024 };

#define BYTES(bytes) bytes, sizeof(bytes) - 1

static void put_at(struct buf *out, size_t at, const char *bytes, size_t length)
{
	buf_clear(out);
	while (out->size < ROOM)
		buf_add_char(out, 0);
	memcpy(out->data + at, bytes, length);
}

static void what_no_reader_is_for_is_named(void **state)
{
	static const struct {
		const char *kind;
		size_t at;
		const char *bytes;
		size_t length;
	} table[] = {
	        {"lrzip", 0, BYTES("LRZI\0\6")},
	        {"rzip", 0, BYTES("RZIP\2\1")},
	        {"lzop", 0, BYTES("\x89LZO\0\r\n\x1a\n")},
	        {"stuffit", 0, BYTES("SIT!\0\1\0\0\0\0rLau")},
	        {"installshield", 0, BYTES("\x13\x5d\x65\x8c")},
	        {"freearc", 0, BYTES("ArC\1")},
	        {"jar", 14, BYTES("\x1aJar\x1b")},
	        {"uc2", 0, BYTES("UC2\x1a")},
	        {"sqx", 7, BYTES("-sqx-")},
	        {"pst", 0, BYTES("!BDN")},
	        {"squashfs", 0, BYTES("hsqs")},
	        {"cramfs", 0,
	                BYTES("\x45\x3d\xcd\x28\0\0\0\0\0\0\0\0\0\0\0\0"
	                      "Compressed ROMFS")},
	        {"romfs", 0, BYTES("-rom1fs-")},
	        {"ubi", 0, BYTES("UBI#\1")},
	        {"ubifs", 0, BYTES("\x31\x18\x10\6")},
	        {"jffs2", 0, BYTES("\x85\x19\1\xe0\x29\0\0\0")},
	        {"android-sparse", 0, BYTES("\x3a\xff\x26\xed\1\0\0\0")},
	        {"wim", 0, BYTES("MSWIM\0\0\0")},
	        {"wim", 0, BYTES("WLPWM\0\0\0")},
	        {"vdi", 64, BYTES("\x7f\x10\xda\xbe")},
	        {"vmdk", 0, BYTES("# Disk DescriptorFile\nversion=1\n")},
	        {"dmg", ROOM - 512, BYTES("koly\0\0\0\4")},
	        {"dmg", 0, BYTES("encrcdsa")},
	        {"apfs", 32, BYTES("NXSB")},
	        {"raw-cd", 0, BYTES("\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0")},
	        {"pbzx", 0, BYTES("pbzx\0\0\0\0\1\0\0\0")},
	        {"apple-archive", 0, BYTES("AA01\x20\0TYP1D")},
	        {"arc", 0, BYTES("\x1a\x8x.exe\0\0\0\0\0\0\0\0\5\0\0\0")},
	        {"lzx", 0, BYTES("LZX\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2")},
	        {"ace", 0, BYTES("\1\2\x31\0\0\0\x90**ACE**\x14\x14\2")},
	        {"ace", 0, BYTES("program \1\2\x31\0\0\0\x90**ACE**\x14\x14\2")},
	        {"zstd", 0, BYTES("\x50\x2a\x4d\x18\3\0\0\0abcdefghijkl")},
	};
	struct buf bytes = {0};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		const char *kind;
		struct seen seen;

		put_at(&bytes, table[at].at, table[at].bytes, table[at].length);
		kind = unpack_kind(bytes.data, bytes.size);
		if (!kind || strcmp(kind, table[at].kind))
			fail_msg("%s: %s", table[at].kind, kind ? kind : "none");
		walk(&bytes, &seen);
		if (seen.problems[UNPACK_FORMAT] != 1)
			fail_msg("%s", kind);
		seen_fini(&seen);
	}
	buf_fini(&bytes);
}

static void words_and_chance_are_no_kind(void **state)
{
	static const char *const texts[] = {
	        "LZX is a way to pack, and it has been used on the Amiga for a long time by now.",
	        "ARC, ZOO and LRZI are kinds of archives of which some programs know how to read.",
	        "A program that knows **ACE** archives, and says so in a text of its own, at "
	        "length.",
	        "The cabinet MSCF and the words Rar! or 7z alone are not what such files begin "
	        "with.",
	        "SIT! and more words of which none is rLau; UC2, ArC, AA01, pbzx and PST are "
	        "words.",
	};
	uint64_t random = 88172645463325252u;
	struct buf bytes = {0};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		if (unpack_kind(texts[at], strlen(texts[at])))
			fail_msg("%s", unpack_kind(texts[at], strlen(texts[at])));
	put_at(&bytes, 0, BYTES("MZ MSCF\0\0\0\0 and no cabinet"));
	assert_null(unpack_kind(bytes.data, bytes.size));
	for (size_t round = 0; round < 20000; round++) {
		buf_clear(&bytes);
		while (bytes.size < 256) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			buf_add(&bytes, &random, sizeof(random));
		}
		/* The oldest of compressed files have but two bytes to be told by. */
		if (unpack_kind(bytes.data, bytes.size) &&
		        strcmp(unpack_kind(bytes.data, bytes.size), "compress"))
			fail_msg("%s", unpack_kind(bytes.data, bytes.size));
	}
	buf_fini(&bytes);
}

/* ---------------------------------------------------------------- volumes */

static void a_volume_is_told(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		int is_volume;
	} table[] = {
	        {BYTES("Rar!\x1a\7\0\xcf\x90\x73\1\0\x0d\0\0\0\0\0\0\0"), 1},
	        {BYTES("Rar!\x1a\7\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0"), 0},
	        {BYTES("Rar!\x1a\7\1\0\0\0\0\0\5\1\0\1\0"), 1},
	        {BYTES("Rar!\x1a\7\1\0\0\0\0\0\5\1\1\0\1\0"), 1},
	        {BYTES("Rar!\x1a\7\1\0\0\0\0\0\5\1\0\0\0"), 0},
	        {BYTES("MSCF\0\0\0\0\x24\0\0\0\0\0\0\0\x24\0\0\0\0\0\0\0\3\1\0\0\0\0\2\0\0\0\0\0"),
	                1},
	        {BYTES("MSCF\0\0\0\0\x24\0\0\0\0\0\0\0\x24\0\0\0\0\0\0\0\3\1\0\0\0\0\0\0\0\0\0\0"),
	                0},
	};
	struct buf bytes = {0};
	unsigned told[2] = {0};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct seen seen;

		put_at(&bytes, 0, table[at].bytes, table[at].length);
		walk(&bytes, &seen);
		told[table[at].is_volume] = seen.problems[UNPACK_FORMAT];
		/* Each is broken, too: a volume has one problem more than its twin. */
		if (table[at].is_volume ? !told[1] : told[0] + 1 != told[1])
			fail_msg("%zu: %u %u", at, told[0], told[1]);
		seen_fini(&seen);
	}
	buf_fini(&bytes);
}

/* ---------------------------------------------------------------- Macintosh, LHA, hidden cabinets
 */

static void check(const struct buf *bytes, const char *kind, const char *name)
{
	struct seen seen;

	assert_string_equal(unpack_kind(bytes->data, bytes->size), kind);
	walk(bytes, &seen);
	if (!has_name(&seen, name) || !has_content(&seen, "payload\n") || problem_count(&seen))
		fail_msg("%s: %s %u", kind, seen.names.data, problem_count(&seen));
	seen_fini(&seen);
}

static void macintosh_files_are_opened(void **state)
{
	static const char entries[] = "\0\0\0\3\0\0\0\x32\0\0\0\5\0\0\0\1\0\0\0\x37\0\0\0\x8";
	struct buf bytes = {0};

	buf_add(&bytes, BYTES("\0\5\x16\0\0\2\0\0"));
	buf_add(&bytes, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"));
	buf_add(&bytes, BYTES(entries));
	buf_add_string(&bytes, "x.exepayload\n");
	check(&bytes, "applesingle", "x.exe");
	put_at(&bytes, 0, BYTES("\0\5x.exe"));
	bytes.size = 256;
	memcpy(bytes.data + 83, "\0\0\0\x8", 4);
	memcpy(bytes.data + 102, "mBIN", 4);
	memcpy(bytes.data + 128, "payload\n", 8);
	check(&bytes, "macbinary", "x.exe");
	memcpy(bytes.data + 102, "\0\0\0\0", 4); /* neither mark nor sum, as in the beginning */
	check(&bytes, "macbinary", "x.exe");
	bytes.data[100] = 1;
	assert_null(unpack_kind(bytes.data, bytes.size));
	bytes.data[100] = 0;
	bytes.data[85] = 1; /* more than the file has */
	assert_null(unpack_kind(bytes.data, bytes.size));
	put_at(&bytes, 0, BYTES("\0\5x.exe"));
	memcpy(bytes.data + 83, "\0\0\0\x8", 4);
	memcpy(bytes.data + 102, "mBIN", 4);
	bytes.data[121] = 3; /* a second head */
	memcpy(bytes.data + 256, "payload\n", 8);
	check(&bytes, "macbinary", "x.exe");
	buf_fini(&bytes);
}

/* Each of many entries with a name as long as the file. */
static void a_macintosh_file_of_entries_is_read_in_time(void **state)
{
	static const char head[] = "\0\5\x16\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff"
	                           "\0\0\0\3\0\0\0\x1a\0\x10\0\0";
	int64_t start = clock_monotonic_us();
	struct buf bytes = {0};
	struct seen seen;

	buf_add(&bytes, BYTES(head));
	while (bytes.size < 1 << 20)
		buf_add(&bytes, BYTES("\0\0\0\2\0\0\0\0\0\0\0\0"));
	walk(&bytes, &seen);
	assert_true(clock_monotonic_us() - start < 5000000);
	seen_fini(&seen);
	buf_clear(&bytes);
	buf_add(&bytes, BYTES(head));
	while (bytes.size < 1 << 20)
		buf_add(&bytes, BYTES("\0\0\0\2\0\0\0\0\0\0\0\1"));
	walk(&bytes, &seen);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
	assert_true(clock_monotonic_us() - start < 5000000);
	seen_fini(&seen);
	buf_fini(&bytes);
}

static void a_macintosh_file_with_two_of_a_kind_is_ambiguous(void **state)
{
	static const char entries[] = "\0\0\0\1\0\0\0\x32\0\0\0\5\0\0\0\1\0\0\0\x37\0\0\0\x8";

	for (char version = 1; version < 3; version++)
		for (char kind = 0; kind < 8; kind += 7) {
			struct buf bytes = {0};
			struct seen seen;

			buf_add(&bytes, BYTES("\0\5\x16\0\0\0\0\0"));
			bytes.data[3] = kind;
			bytes.data[5] = version;
			buf_add(&bytes, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"));
			buf_add(&bytes, BYTES(entries));
			buf_add_string(&bytes, "cleanpayload\n");
			walk(&bytes, &seen);
			assert_string_equal(seen.contents.data, "cleanpayload\n");
			assert_int_equal(seen.problems[UNPACK_AMBIGUOUS], 1);
			seen_fini(&seen);
			buf_fini(&bytes);
		}
}

/* Stored, by the headers of levels 0 to 2. */
static void lha_of_each_level_is_walked(void **state)
{
	static const char sizes[] = "\x8\0\0\0\x8\0\0\0\0\0\0\0";

	for (int level = 0; level < 3; level++) {
		struct buf bytes = {0}, head = {0};
		unsigned sum = 0;

		buf_add_string(&head, "-lh0-");
		buf_add(&head, BYTES(sizes));
		buf_add_char(&head, 0x20);
		buf_add_char(&head, (char)level);
		if (level < 2)
			buf_add(&head, BYTES("\5x.exe"));
		buf_add(&head, BYTES("\x0a\x4f"));
		if (level)
			buf_add_char(&head, 'U');
		if (level == 2)
			buf_add(&head, BYTES("\5\0\0\x88\x81\x8\0\1x.exe\0\0"));
		else if (level)
			buf_add(&head, BYTES("\0\0"));
		for (size_t at = 0; at < head.size; at++)
			sum += (unsigned char)head.data[at];
		if (level == 2)
			little(&bytes, head.size + 2, 2);
		else
			little(&bytes, head.size | (sum & 0xff) << 8, 2);
		buf_add(&bytes, head.data, head.size);
		buf_add_string(&bytes, "payload\n");
		buf_add_char(&bytes, 0);
		while (bytes.size < 64)
			buf_add_char(&bytes, 0);
		check(&bytes, "lha", "x.exe");
		buf_fini(&bytes);
		buf_fini(&head);
	}
}

static void a_cabinet_behind_a_program_is_walked(void **state)
{
	struct buf cabinet = {0}, bytes = {0}, want = {0};
	struct seen seen;

	assert_int_equal(file_read("/usr/share/clamav-testfiles/clam.cab", 1 << 20, &cabinet, NULL),
	        RESULT_OK);
	assert_int_equal(
	        file_read("/usr/share/clamav-testfiles/clam.exe", 1 << 20, &want, NULL), RESULT_OK);
	buf_add_string(&bytes, "MZ, the words MSCF and MSCF\n");
	buf_add(&bytes, "MSCF\0\0\0\0", 8);
	buf_add(&bytes, cabinet.data, cabinet.size);
	walk(&bytes, &seen);
	assert_non_null(memmem(seen.contents.data, seen.contents.size, want.data, want.size));
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
	buf_fini(&cabinet);
	buf_fini(&bytes);
	buf_fini(&want);
}

/* Windows does not look at what is reserved; the twin of that is the cabinet as it was made. */
static void a_cabinet_with_words_where_none_should_be_is_walked(void **state)
{
	static const size_t reserved[] = {0, 4, 12, 20};
	struct buf cabinet = {0}, want = {0};

	assert_int_equal(
	        file_read("/usr/share/clamav-testfiles/clam.exe", 4096, &want, NULL), RESULT_OK);
	for (size_t at = 0; at < sizeof(reserved) / sizeof(reserved[0]); at++) {
		struct seen seen;

		buf_clear(&cabinet);
		assert_int_equal(
		        file_read("/usr/share/clamav-testfiles/clam.cab", 1 << 20, &cabinet, NULL),
		        RESULT_OK);
		if (reserved[at])
			cabinet.data[reserved[at]] = 1;
		walk(&cabinet, &seen);
		assert_non_null(
		        memmem(seen.contents.data, seen.contents.size, want.data, want.size));
		assert_int_equal(problem_count(&seen), 0);
		seen_fini(&seen);
	}
	buf_fini(&cabinet);
	buf_fini(&want);
}

static void an_installer_is_told_by_the_class_of_its_root(void **state)
{
	static const struct {
		size_t at;
		const char *kind;
	} table[] = {{512 + 80, "msi"}, {512 + 208, "ole"}, {1000, "ole"}};
	struct buf bytes = {0};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		put_at(&bytes, 0, BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
		bytes.data[30] = 9;
		memcpy(bytes.data + table[at].at, "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", 16);
		assert_string_equal(unpack_kind(bytes.data, bytes.size), table[at].kind);
	}
	buf_fini(&bytes);
}

static void more_hidden_archives_than_are_tried_are_told(void **state)
{
	static const char head[] = "Rar!\x1a\7\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0";
	struct buf bytes = {0};
	struct seen seen;

	buf_add_string(&bytes, "MZ Rar!");
	for (int at = 0; at < 100; at++)
		buf_add(&bytes, "Rar!\x1a\7\0, no header at all", 23);
	walk(&bytes, &seen);
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
	for (int at = 0; at < 100; at++)
		buf_add(&bytes, BYTES(head));
	walk(&bytes, &seen);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
	seen_fini(&seen);
	buf_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_no_reader_is_for_is_named),
	        cmocka_unit_test(words_and_chance_are_no_kind),
	        cmocka_unit_test(a_volume_is_told),
	        cmocka_unit_test(macintosh_files_are_opened),
	        cmocka_unit_test(a_macintosh_file_of_entries_is_read_in_time),
	        cmocka_unit_test(a_macintosh_file_with_two_of_a_kind_is_ambiguous),
	        cmocka_unit_test(lha_of_each_level_is_walked),
	        cmocka_unit_test(a_cabinet_behind_a_program_is_walked),
	        cmocka_unit_test(a_cabinet_with_words_where_none_should_be_is_walked),
	        cmocka_unit_test(an_installer_is_told_by_the_class_of_its_root),
	        cmocka_unit_test(more_hidden_archives_than_are_tried_are_told),
	};

	unpack_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
