#include "tests/unit/lib/unpack/pack.h"

/* Every format that the tools of a build machine can make, and that must be walked. */
static void every_format_is_walked(void **state)
{
	static const struct {
		const char *command, *made, *kind;
	} table[] = {
	        {"zip -q p.zip a.txt x.exe", "p.zip", "zip"},
	        {"zip -q0 p.zip a.txt x.exe", "p.zip", "zip"},
	        {"zip -q -fd p.zip a.txt x.exe", "p.zip", "zip"},
	        {"cat a.txt | zip -q p.zip - && zip -q p.zip x.exe", "p.zip", "zip"},
	        {"7z a -mm=bzip2 p.zip a.txt x.exe", "p.zip", "zip"},
	        {"7z a -mm=lzma p.zip a.txt x.exe", "p.zip", "zip"},
	        {"zip -q -fz p.zip a.txt x.exe", "p.zip", "zip"},
	        {"7z a p.7z a.txt x.exe", "p.7z", "7z"},
	        {"7z a -m0=bzip2 p.7z a.txt x.exe", "p.7z", "7z"},
	        {"7z a -m0=ppmd p.7z a.txt x.exe", "p.7z", "7z"},
	        {"tar cf p.tar a.txt x.exe", "p.tar", "tar"},
	        {"tar --format=v7 -cf p.tar a.txt x.exe", "p.tar", "tar"},
	        {"ls a.txt x.exe | cpio -o 2>/dev/null >p.cpio", "p.cpio", "cpio"},
	        {"ls a.txt x.exe | cpio -o -H newc 2>/dev/null >p.cpio", "p.cpio", "cpio"},
	        {"ar rc p.a a.txt x.exe", "p.a", "ar"},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf archive = {0};
		struct seen seen;

		pack(table[at].command, table[at].made, &archive);
		walk(&archive, &seen);
		if (!has_name(&seen, "x.exe") || !has_content(&seen, "payload\n") ||
		        !has_content(&seen, "clean\n") || problem_count(&seen))
			fail_msg("%s: %s", table[at].command, seen.names.data);
		assert_string_equal(unpack_kind(archive.data, archive.size), table[at].kind);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void a_compressed_file_is_one_member(void **state)
{
	static const struct {
		const char *command, *kind;
	} table[] = {
	        {"gzip -c x.exe >p", "gzip"},
	        {"(gzip -c a.txt; gzip -c x.exe) >p", "gzip"},
	        {"7z a -tbzip2 p.bz2 x.exe && mv p.bz2 p", "bzip2"},
	        {"xz -c x.exe >p", "xz"},
	        {"xz --format=lzma -c x.exe >p", "lzma"},
	        {"zstd -q -c x.exe >p", "zstd"},
	        {"lz4 -q -c x.exe >p", "lz4"},
	        {"lz4 -q -l -c x.exe >p", "lz4"},
	        {"(xz -c a.txt; xz -c x.exe; truncate -s 8 z; cat z) >p", "xz"},
	        {"for f in a.txt x.exe; do 7z a -tbzip2 $f.bz2 $f; done; cat *.bz2 >p", "bzip2"},
	        {"(zstd -q -c a.txt; zstd -q -c x.exe) >p", "zstd"},
	        {"(lz4 -q -c a.txt; lz4 -q -c x.exe) >p", "lz4"},
	        {"(printf 'P*M\\030\\3\\0\\0\\0abc'; zstd -q -c x.exe) >p", "zstd"},
	        {"(printf 'Z*M\\030\\0\\0\\0\\0'; lz4 -q -c x.exe) >p", "lz4"},
	        {"(zstd -q -c a.txt; printf 'P*M\\030\\1\\0\\0\\0a'; zstd -q -c x.exe) >p", "zstd"},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf archive = {0};
		struct seen seen;

		pack(table[at].command, "p", &archive);
		walk(&archive, &seen);
		if (!has_content(&seen, "payload\n") || seen.members != 1 || problem_count(&seen))
			fail_msg("%s", table[at].command);
		assert_string_equal(unpack_kind(archive.data, archive.size), table[at].kind);
		assert_true(unpack_is_single(table[at].kind));
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void a_gzip_goes_by_the_names_in_it(void **state)
{
	static const struct {
		const char *command;
		int is_named;
	} table[] = {
	        {"gzip x.exe && mv x.exe.gz p", 1},
	        {"(gzip -c a.txt; gzip -c x.exe) >p", 1},
	        {"(gzip -nc a.txt; gzip -c x.exe) >p", 1},
	        {"(printf '\\037\\213\\010\\014\\0\\0\\0\\0\\0\\0\\002\\0abx.exe\\0'; "
	         "gzip -nc x.exe | tail -c +11) >p",
	                1},
	        {"gzip -nc x.exe >p", 0},
	        {"gzip -c a.txt >p", 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf archive = {0};
		struct seen seen;

		pack(table[at].command, "p", &archive);
		walk(&archive, &seen);
		if (!has_name(&seen, "") || has_name(&seen, "x.exe") != table[at].is_named ||
		        seen.members != 1 || problem_count(&seen))
			fail_msg("%s: %s", table[at].command, seen.names.data);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void what_needs_a_password_is_told(void **state)
{
	static const struct {
		const char *command, *made;
		int has_names;
	} table[] = {
	        {"zip -q -P word p.zip x.exe", "p.zip", 1},
	        {"7z a -pword -mem=AES256 p.zip x.exe", "p.zip", 1},
	        {"zip -q p.zip a.txt && zip -q -P word p.zip x.exe", "p.zip", 1},
	        {"7z a -pword p.7z x.exe", "p.7z", 1},
	        {"7z a -pword -mhe=on p.7z x.exe", "p.7z", 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf archive = {0};
		struct seen seen;

		pack(table[at].command, table[at].made, &archive);
		walk(&archive, &seen);
		if (!seen.problems[UNPACK_ENCRYPTED] || has_content(&seen, "payload") ||
		        has_name(&seen, "x.exe") != table[at].has_names ||
		        seen.problems[UNPACK_FORMAT])
			fail_msg("%s: %s", table[at].command, seen.names.data);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void names_beyond_ascii_survive(void **state)
{
	struct buf archive = {0};
	struct seen seen;

	pack("mv x.exe 'gr\xc3\xbc\xc3\x9f"
	     "e.exe' && 7z a p.7z *.exe",
	        "p.7z", &archive);
	walk(&archive, &seen);
	assert_true(has_name(&seen, "gr\xc3\xbc\xc3\x9f"
	                            "e.exe"));
	seen_fini(&seen);
	buf_fini(&archive);
}

static void folders_and_links_have_no_content(void **state)
{
	struct buf archive = {0};
	struct seen seen;

	pack("mkdir d.exe && mv x.exe d.exe/ && ln -s /etc/passwd l && tar cf p.tar d.exe l",
	        "p.tar", &archive);
	walk(&archive, &seen);
	assert_true(has_name(&seen, "d.exe/ (folder)"));
	assert_true(has_name(&seen, "d.exe/x.exe"));
	assert_true(has_name(&seen, "l"));
	assert_string_equal(seen.contents.data, "payload\n");
	seen_fini(&seen);
	buf_fini(&archive);
}

static void too_many_members_are_a_limit(void **state)
{
	static const char *const commands[] = {"zip -q p a.txt b c x.exe && mv p.zip p",
	        "tar cf p a.txt b c x.exe", "7z a p.7z a.txt b c x.exe && mv p.7z p"};

	for (size_t at = 0; at < 3; at++) {
		struct unpack_budget budget = {3, 1 << 20, 200, clock_monotonic_us() + 10000000};
		struct buf archive = {0};
		struct seen seen;
		char line[200];

		snprintf(line, sizeof(line), "touch b c && %s", commands[at]);
		pack(line, "p", &archive);
		walk_with(archive.data, archive.size, &budget, &seen);
		assert_true(seen.problems[UNPACK_LIMIT] >= 1);
		assert_true(seen.members <= 3);
		seen_fini(&seen);
		budget = (struct unpack_budget){4, 1 << 20, 200, clock_monotonic_us() + 10000000};
		walk_with(archive.data, archive.size, &budget, &seen);
		assert_int_equal(seen.problems[UNPACK_LIMIT], 0);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void a_bomb_is_a_limit(void **state)
{
	static const char *const commands[] = {"gzip -c zeros >p", "zip -q p zeros && mv p.zip p",
	        "7z a p.7z zeros && mv p.7z p", "xz -c zeros >p"};

	for (size_t at = 0; at < sizeof(commands) / sizeof(commands[0]); at++) {
		struct unpack_budget by_size = {9, 1 << 20, 0, clock_monotonic_us() + 10000000};
		struct unpack_budget by_ratio = {9, 64 << 20, 100, clock_monotonic_us() + 10000000};
		struct buf archive = {0};
		struct seen seen;
		char line[200];

		snprintf(line, sizeof(line), "truncate -s 20M zeros && %s", commands[at]);
		pack(line, "p", &archive);
		walk_with(archive.data, archive.size, &by_size, &seen);
		assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
		assert_true(seen.contents.size <= 1 << 20);
		seen_fini(&seen);
		walk_with(archive.data, archive.size, &by_ratio, &seen);
		assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
		assert_true(seen.contents.size < 20 << 20);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void a_deadline_is_a_timeout(void **state)
{
	struct unpack_budget budget = {9, 1 << 20, 200, clock_monotonic_us() - 1};
	struct buf archive = {0};
	struct seen seen;

	pack("zip -q p.zip x.exe", "p.zip", &archive);
	walk_with(archive.data, archive.size, &budget, &seen);
	assert_int_equal(seen.problems[UNPACK_TIMEOUT], 1);
	seen_fini(&seen);
	buf_fini(&archive);
}

static void what_is_cut_off_is_told(void **state)
{
	static const char *const commands[] = {"zip -q p x.exe && mv p.zip p",
	        "7z a p.7z x.exe && mv p.7z p", "gzip -c x.exe >p", "xz -c x.exe >p"};

	for (size_t at = 0; at < sizeof(commands) / sizeof(commands[0]); at++) {
		struct buf archive = {0};
		struct seen seen;

		pack(commands[at], "p", &archive);
		archive.size -= 10;
		walk(&archive, &seen);
		if (!seen.problems[UNPACK_FORMAT])
			fail_msg("%s", commands[at]);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void what_cant_be_read_is_named(void **state)
{
	static const struct {
		const char *file, *kind;
	} table[] = {{"clam.arj", "arj"}, {"clam.chm", "chm"}, {"clam.exe.szdd", "szdd"}};
	struct seen seen;

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf archive = {0};
		char path[128];

		snprintf(path, sizeof(path), "/usr/share/clamav-testfiles/%s", table[at].file);
		assert_int_equal(file_read(path, 1 << 20, &archive, NULL), RESULT_OK);
		assert_string_equal(unpack_kind(archive.data, archive.size), table[at].kind);
		walk(&archive, &seen);
		assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void a_beginning_alone_is_broken(void **state)
{
	static const char *const beginnings[] = {"Rar!\x1a\7\1", "xar!", "070701", "\x1f\x8b\10",
	        "\xed\xab\xee\xdb", "LZIP\1", "\x28\xb5\x2f\xfd"};

	for (size_t at = 0; at < sizeof(beginnings) / sizeof(beginnings[0]); at++) {
		struct buf archive = {0};
		struct seen seen;

		buf_add_string(&archive, beginnings[at]);
		buf_add(&archive, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28);
		walk(&archive, &seen);
		if (!seen.problems[UNPACK_FORMAT])
			fail_msg("%zu", at);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void clamavs_archives_are_walked(void **state)
{
	static const char *const files[] = {"clam.7z", "clam.cab", "clam.zip", "clam.bz2.zip",
	        "clam.newc.cpio", "clam.odc.cpio", "clam.bin-le.cpio", "clam.bin-be.cpio",
	        "clam.exe.bz2", "clam.tnef"};
	struct buf want = {0};

	assert_int_equal(
	        file_read("/usr/share/clamav-testfiles/clam.exe", 4096, &want, NULL), RESULT_OK);
	for (size_t at = 0; at < sizeof(files) / sizeof(files[0]); at++) {
		struct buf archive = {0};
		struct seen seen;
		char path[128];

		snprintf(path, sizeof(path), "/usr/share/clamav-testfiles/%s", files[at]);
		assert_int_equal(file_read(path, 1 << 20, &archive, NULL), RESULT_OK);
		walk(&archive, &seen);
		if (!memmem(seen.contents.data, seen.contents.size, want.data, want.size) ||
		        problem_count(&seen))
			fail_msg("%s: %s %u", path, seen.names.data, problem_count(&seen));
		seen_fini(&seen);
		buf_fini(&archive);
	}
	buf_fini(&want);
}

static void archives_behind_something_else_are_found(void **state)
{
	static const char *const commands[] = {
	        "7z a i.7z x.exe && (cat /usr/share/clamav-testfiles/clam.exe i.7z) >p",
	        "7z a i.7z x.exe && (printf 'GIF89a 7z\\274\\257\\047\\034 '; cat i.7z) >p",
	        "zip -q i.zip x.exe && (cat /usr/share/clamav-testfiles/clam.exe i.zip) >p",
	        "zip -q i.zip x.exe && (gzip -c a.txt; cat i.zip) >p"};

	for (size_t at = 0; at < sizeof(commands) / sizeof(commands[0]); at++) {
		struct buf archive = {0};
		struct seen seen;

		pack(commands[at], "p", &archive);
		walk(&archive, &seen);
		if (!has_name(&seen, "x.exe") || !has_content(&seen, "payload\n"))
			fail_msg("%s", commands[at]);
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

/* Twins: pictures and programs in which the letters stand by chance. */
static void what_cant_be_read_behind_something_else_is_told(void **state)
{
	static const struct {
		const char *command;
		unsigned format;
	} table[] = {
	        {"7z a -m0=Deflate64 i.7z x.exe && (echo Hello; cat i.7z) >p", 1},
	        {"7z a -m0=Deflate64 i.7z x.exe && (printf GIF89a; cat i.7z) >p", 1},
	        {"7z a -mhc=on -m0=Deflate64 i.7z x.exe && (printf '%%PDF-'; cat i.7z) >p", 1},
	        {"7z a -m0=Deflate64 i.7z x.exe && (printf "
	         "'\\320\\317\\021\\340\\241\\261\\032\\341'; head -c 999 /dev/zero; cat i.7z) >p",
	                1},
	        {"zip -q i.zip x.exe && split -b 80 i.zip && (echo Hello; cat xab) >p", 0},
	        {"7z a i.7z x.exe && (echo Hello; cat i.7z) >p", 0},
	        {"7z a i.7z x.exe && head -c 60 i.7z >j && (echo Hello; cat j) >p", 0},
	        {"(printf '\\377\\330\\377\\340 7z\\274\\257\\047\\034\\0\\4'; head -c 99 "
	         "/dev/zero) >p",
	                0},
	        {"(printf 'MZ Rar!\\032\\007\\001\\0'; head -c 99 /dev/zero) >p", 0},
	        {"(printf '\\211PNG PK\\5\\6'; head -c 99 /dev/zero) >p", 0},
	        {"(printf 'MZ MSCF\\0\\0\\0\\0'; head -c 99 /dev/zero) >p", 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf archive = {0};
		struct seen seen;

		pack(table[at].command, "p", &archive);
		walk(&archive, &seen);
		if (problem_count(&seen) != table[at].format)
			fail_msg("%s: %u", table[at].command, problem_count(&seen));
		seen_fini(&seen);
		buf_fini(&archive);
	}
}

static void other_bytes_are_no_container(void **state)
{
	static const char *const texts[] = {"", "P", "PK", "Dear all,\n", "Rar! is a word",
	        "MZ and more text", "-lh5- and so on, with more than twenty-four letters"};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
		struct buf text = {0};
		struct seen seen;

		buf_add_string(&text, texts[at]);
		assert_null(unpack_kind(text.data, text.size));
		walk(&text, &seen);
		assert_int_equal(seen.members + problem_count(&seen), 0);
		seen_fini(&seen);
		buf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_format_is_walked),
	        cmocka_unit_test(a_compressed_file_is_one_member),
	        cmocka_unit_test(a_gzip_goes_by_the_names_in_it),
	        cmocka_unit_test(what_needs_a_password_is_told),
	        cmocka_unit_test(names_beyond_ascii_survive),
	        cmocka_unit_test(folders_and_links_have_no_content),
	        cmocka_unit_test(too_many_members_are_a_limit),
	        cmocka_unit_test(a_bomb_is_a_limit),
	        cmocka_unit_test(a_deadline_is_a_timeout),
	        cmocka_unit_test(what_is_cut_off_is_told),
	        cmocka_unit_test(what_cant_be_read_is_named),
	        cmocka_unit_test(a_beginning_alone_is_broken),
	        cmocka_unit_test(clamavs_archives_are_walked),
	        cmocka_unit_test(archives_behind_something_else_are_found),
	        cmocka_unit_test(what_cant_be_read_behind_something_else_is_told),
	        cmocka_unit_test(other_bytes_are_no_container),
	};

	return cmocka_run_group_tests(tests, pack_begin, pack_end);
}
