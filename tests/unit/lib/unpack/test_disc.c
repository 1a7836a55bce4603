#include "tests/unit/lib/unpack/pack.h"

static void a_disc_is_walked_as_each_system_shows_it(void **state)
{
	static const char *const hiding[] = {
	        "", "-hide x.exe",    /* from all but Windows */
	        "-hide-joliet x.exe", /* from Windows */
	};

	for (size_t at = 0; at < 3; at++) {
		struct buf disc = {0};
		struct seen seen;
		char line[200];

		snprintf(line, sizeof(line),
		        "mkdir d && mv x.exe 'd/a long name.exe' && mv a.txt d && "
		        "genisoimage -quiet -R -J %s -o p.iso d",
		        hiding[at]);
		for (char *found; (found = strstr(line, " x.exe -o"));)
			memcpy(found, " 'a*' -o ", 9);
		pack(line, "p.iso", &disc);
		walk(&disc, &seen);
		if (!has_name(&seen, "a long name.exe") || problem_count(&seen))
			fail_msg("%s: %s", line, seen.names.data);
		/* each file once, under all of its names */
		assert_true(has_content(&seen, "clean\n"));
		assert_int_equal(seen.contents.size, strlen("clean\npayload\n"));
		seen_fini(&seen);
		buf_fini(&disc);
	}
}

static void names_of_all_views_are_given(void **state)
{
	struct buf disc = {0};
	struct seen seen;

	pack("mkdir d && mv x.exe 'd/a long name.exe' && genisoimage -quiet -R -o p.iso d", "p.iso",
	        &disc);
	walk(&disc, &seen);
	assert_true(has_name(&seen, "a long name.exe"));
	assert_true(has_name(&seen, "A_LONG_N.EXE"));
	assert_string_equal(seen.contents.data, "payload\n");
	seen_fini(&seen);
	buf_fini(&disc);
}

static void the_budget_holds_over_all_views(void **state)
{
	struct unpack_budget budget = {3, 1 << 20, 0, clock_monotonic_us() + 10000000};
	struct buf disc = {0};
	struct seen seen;

	pack("mkdir d && mv x.exe 'd/a long name.exe' && genisoimage -quiet -R -J -o p.iso d",
	        "p.iso", &disc);
	walk_with(disc.data, disc.size, &budget, &seen);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 0);
	seen_fini(&seen);
	budget = (struct unpack_budget){2, 1 << 20, 0, clock_monotonic_us() + 10000000};
	walk_with(disc.data, disc.size, &budget, &seen);
	assert_true(seen.problems[UNPACK_LIMIT] >= 1);
	seen_fini(&seen);
	buf_fini(&disc);
}

static void a_second_file_system_is_told(void **state)
{
	struct buf disc = {0};
	struct seen seen;

	pack("mkdir d && mv x.exe d && genisoimage -quiet -udf -o p.iso d", "p.iso", &disc);
	walk(&disc, &seen);
	assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
	assert_string_equal(seen.contents.data, "payload\n");
	seen_fini(&seen);
	buf_fini(&disc);
}

/* ---------------------------------------------------------------- images of disks */

enum { IMAGE_SIZE = 8192 };

struct patch {
	size_t at;
	const char *bytes;
	size_t length;
};

#define PATCH(at, bytes)                                                                           \
	{                                                                                          \
		at, bytes, sizeof(bytes) - 1                                                       \
	}

static const struct image {
	const char *kind;
	struct patch patches[12];
} images[] = {
        {"fat", {PATCH(0, "\xeb\x3c\x90MSDOS5.0\0\2\4\1\0\2\0\2\0\x50\xf8\x14\0"),
                        PATCH(510, "\x55\xaa")}},
        {"exfat", {PATCH(0, "\xeb\x76\x90"
                            "EXFAT   "),
                          PATCH(510, "\x55\xaa")}},
        {"ntfs", {PATCH(0, "\xeb\x52\x90NTFS    "), PATCH(510, "\x55\xaa")}},
        {"mbr", {PATCH(446, "\x80\1\1\0\7\xfe\xff\xff\x3f\0\0\0\0\x10\0\0"),
                        PATCH(510, "\x55\xaa")}},
        {"gpt", {PATCH(450, "\xee"), PATCH(510, "\x55\xaa"), PATCH(512, "EFI PART")}},
        {"ext", {PATCH(1024, "\x10\0\0\0\x40\0\0\0"), PATCH(1080, "\x53\xef\1\0\1\0"),
                        PATCH(1100, "\1")}},
        {"hfs", {PATCH(1024, "H+\0\4"), PATCH(1064, "\0\0\x10\0")}},
        {"hfs", {PATCH(1024, "BD"), PATCH(1042, "\0\x10\0\0\2\0"), PATCH(1060, "\4name")}},
        {"apm", {PATCH(0, "ER\2\0"), PATCH(512, "PM\0\0")}},
};

static void make_image(const struct image *image, struct buf *out)
{
	buf_clear(out);
	while (out->size < IMAGE_SIZE)
		buf_add_char(out, 0);
	for (size_t at = 0; image->patches[at].bytes; at++)
		memcpy(out->data + image->patches[at].at, image->patches[at].bytes,
		        image->patches[at].length);
}

static void images_of_disks_are_named_and_unread(void **state)
{
	struct buf bytes = {0};
	struct seen seen;

	for (size_t at = 0; at < sizeof(images) / sizeof(images[0]); at++) {
		const char *kind;

		make_image(&images[at], &bytes);
		kind = unpack_kind(bytes.data, bytes.size);
		if (!kind || strcmp(kind, images[at].kind))
			fail_msg("%s: %s", images[at].kind, kind ? kind : "none");
		walk(&bytes, &seen);
		assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
		seen_fini(&seen);
	}
	buf_fini(&bytes);
}

static void a_mark_at_the_end_of_a_sector_is_not_enough(void **state)
{
	static const struct image twins[] = {
	        {"", {PATCH(510, "\x55\xaa")}},
	        {"", {PATCH(0, "\xeb\x3c\x90MSDOS5.0\0\2\3\1\0\2"), PATCH(510, "\x55\xaa")}},
	        {"", {PATCH(446, "\x12\1\1\0\7\xfe\xff\xff\x3f\0\0\0\0\x10\0\0"),
	                     PATCH(510, "\x55\xaa")}},
	        {"", {PATCH(446, "\x80\1\1\0\7\xfe\xff\xff\x3f\0\0\0\0\x10\0\0")}},
	        {"", {PATCH(1080, "\x53\xef")}},
	        {"", {PATCH(1024, "H+\0\4")}},
	        {"", {PATCH(1024, "BD")}},
	        {"", {PATCH(0, "ER\2\0")}},
	};
	struct buf bytes = {0};
	uint64_t random = 88172645463325252u;

	for (size_t at = 0; at < sizeof(twins) / sizeof(twins[0]); at++) {
		make_image(&twins[at], &bytes);
		if (unpack_kind(bytes.data, bytes.size))
			fail_msg("%zu: %s", at, unpack_kind(bytes.data, bytes.size));
	}
	/* Bytes by chance, with the mark. */
	for (size_t round = 0; round < 2000; round++) {
		buf_clear(&bytes);
		while (bytes.size < 2048) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			buf_add(&bytes, &random, sizeof(random));
		}
		memcpy(bytes.data + 510, "\x55\xaa", 2);
		if (unpack_kind(bytes.data, bytes.size))
			fail_msg("%s", unpack_kind(bytes.data, bytes.size));
	}
	buf_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_disc_is_walked_as_each_system_shows_it),
	        cmocka_unit_test(names_of_all_views_are_given),
	        cmocka_unit_test(the_budget_holds_over_all_views),
	        cmocka_unit_test(a_second_file_system_is_told),
	        cmocka_unit_test(images_of_disks_are_named_and_unread),
	        cmocka_unit_test(a_mark_at_the_end_of_a_sector_is_not_enough),
	};

	return cmocka_run_group_tests(tests, pack_begin, pack_end);
}
