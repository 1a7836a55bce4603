/*
 * ZIPs that say two things. Each has a clean twin: the same writer with consistent claims, whose
 * walk has no problem at all.
 */
#include "tests/unit/lib/unpack/pack.h"

/* One member as the writer below makes it. What is NULL or 0 is as in the other header, or true. */
struct made {
	const char *local, *central; /* names */
	const char *data;
	unsigned local_flags, central_flags;
	unsigned local_method, central_method;
	long central_size; /* both sizes; 0: true */
	const char *central_extra;
	size_t extra_size;
	int unlisted;
};

static void add_local(struct buf *out, const struct made *made)
{
	size_t size = strlen(made->data);

	buf_add(out, "PK\3\4", 4);
	little(out, 20, 2);
	little(out, made->local_flags, 2);
	little(out, made->local_method, 2);
	little(out, 0, 8); /* time, and a sum that is wrong: nobody's reader here checks it */
	little(out, size, 4);
	little(out, size, 4);
	little(out, strlen(made->local), 2);
	little(out, 0, 2);
	buf_add_string(out, made->local);
	buf_add_string(out, made->data);
}

static void add_central(struct buf *out, const struct made *made, size_t offset)
{
	const char *name = made->central ? made->central : made->local;
	size_t size = made->central_size ? (size_t)made->central_size : strlen(made->data);

	buf_add(out, "PK\1\2", 4);
	little(out, 20, 2);
	little(out, 20, 2);
	little(out, made->central_flags, 2);
	little(out, made->central_method, 2);
	little(out, 0, 8);
	little(out, size, 4);
	little(out, size, 4);
	little(out, strlen(name), 2);
	little(out, made->extra_size, 2);
	little(out, 0, 2 + 2 + 2 + 4);
	little(out, offset, 4);
	buf_add_string(out, name);
	buf_add(out, made->central_extra ? made->central_extra : "", made->extra_size);
}

static void add_end(struct buf *out, unsigned count, size_t size, size_t offset)
{
	buf_add(out, "PK\5\6", 4);
	little(out, 0, 4);
	little(out, count, 2);
	little(out, count, 2);
	little(out, size, 4);
	little(out, offset, 4);
	little(out, 0, 2);
}

/* A whole archive behind what `out` holds, with offsets that count from its own beginning. */
static void add_zip(struct buf *out, const struct made *made, size_t count)
{
	size_t base = out->size, offsets[8], directory, listed = 0, at;

	assert_true(count <= 8);
	for (at = 0; at < count; at++) {
		offsets[at] = out->size - base;
		add_local(out, &made[at]);
	}
	directory = out->size - base;
	for (at = 0; at < count; at++) {
		if (made[at].unlisted)
			continue;
		add_central(out, &made[at], offsets[at]);
		listed++;
	}
	add_end(out, (unsigned)listed, out->size - base - directory, directory);
}

static const struct made clean = {.local = "note.txt", .data = "clean\n"};
static const struct made evil = {.local = "x.exe", .data = "payload\n"};

static void walk_made(const struct made *made, size_t count, struct seen *seen)
{
	struct buf zip = {0};

	add_zip(&zip, made, count);
	walk(&zip, seen);
	buf_fini(&zip);
}

/* The members of `zip`, one of which is the payload; gives how often it was called ambiguous. */
static unsigned found_evil(struct buf *zip)
{
	struct seen seen;
	unsigned ambiguous;

	walk(zip, &seen);
	assert_true(has_name(&seen, "x.exe"));
	assert_true(has_content(&seen, "payload\n"));
	ambiguous = seen.problems[UNPACK_AMBIGUOUS];
	seen_fini(&seen);
	buf_fini(zip);
	return ambiguous;
}

static void expect_format(struct buf *zip, const char *what, int format)
{
	struct seen seen;

	walk(zip, &seen);
	if ((seen.problems[UNPACK_FORMAT] > 0) != format ||
	        problem_count(&seen) != seen.problems[UNPACK_FORMAT])
		fail_msg("%s: %u of %u", what, seen.problems[UNPACK_FORMAT], problem_count(&seen));
	seen_fini(&seen);
	buf_fini(zip);
}

static void a_plain_zip_has_no_problem(void **state)
{
	struct made both[] = {clean, evil};
	struct seen seen;

	walk_made(both, 2, &seen);
	assert_string_equal(seen.names.data, "\nnote.txt\n\nx.exe\n");
	assert_string_equal(seen.contents.data, "clean\npayload\n");
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
}

static void two_archives_in_a_row_are_both_read(void **state)
{
	struct buf zip = {0};

	add_zip(&zip, &clean, 1);
	add_zip(&zip, &evil, 1);
	assert_int_equal(found_evil(&zip), 1);
	add_zip(&zip, &evil, 1);
	add_zip(&zip, &clean, 1);
	assert_int_equal(found_evil(&zip), 1);
}

static void junk_before_and_behind_changes_nothing(void **state)
{
	struct buf zip = {0};

	buf_add_string(&zip, "GIF89a and some more");
	add_zip(&zip, &evil, 1);
	assert_int_equal(found_evil(&zip), 0);
	add_zip(&zip, &evil, 1);
	for (int at = 0; at < 70000; at++)
		buf_add_char(&zip, 'j');
	assert_int_equal(found_evil(&zip), 0);
	buf_add_string(&zip, "%PDF-1.4\n%%EOF\n");
	add_zip(&zip, &evil, 1);
	buf_add_string(&zip, "junk");
	assert_int_equal(found_evil(&zip), 0);
}

static void an_archive_in_a_comment_is_read(void **state)
{
	struct buf zip = {0};
	size_t end;

	add_zip(&zip, &clean, 1);
	end = zip.size;
	add_zip(&zip, &evil, 1);
	zip.data[end - 2] = (char)(zip.size - end);
	assert_int_equal(found_evil(&zip), 1);
}

static void a_member_goes_by_both_its_names(void **state)
{
	struct made local_evil = {.local = "x.exe", .central = "x.txt", .data = "payload\n"};
	struct made central_evil = {.local = "x.txt", .central = "x.exe", .data = "payload\n"};
	struct made slashes = {.local = "d\\x.exe", .central = "d/x.exe", .data = "payload\n"};
	struct buf zip = {0};
	struct seen seen;

	add_zip(&zip, &local_evil, 1);
	assert_int_equal(found_evil(&zip), 1);
	add_zip(&zip, &central_evil, 1);
	assert_int_equal(found_evil(&zip), 1);
	walk_made(&slashes, 1, &seen);
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
}

static void a_unicode_path_is_a_name(void **state)
{
	static const char extra[] = "\x75\x70\x0a\0\1\0\0\0\0x.exe";
	struct made made = {.local = "x.txt",
	        .data = "payload\n",
	        .central_extra = extra,
	        .extra_size = sizeof(extra) - 1};
	struct buf zip = {0};

	add_zip(&zip, &made, 1);
	assert_int_equal(found_evil(&zip), 0);
}

static void a_name_with_a_nul_is_two_names(void **state)
{
	struct buf zip = {0};
	struct made made = {.local = "x.exe#.txt", .data = "payload\n"};
	char *at;

	add_zip(&zip, &made, 1);
	while ((at = memchr(zip.data, '#', zip.size)))
		*at = '\0';
	assert_int_equal(found_evil(&zip), 0);
}

static void members_that_no_directory_names_are_read(void **state)
{
	struct made hidden = evil, both[2];
	struct buf zip = {0};

	hidden.unlisted = 1;
	both[0] = clean;
	both[1] = hidden;
	add_zip(&zip, both, 2);
	assert_int_equal(found_evil(&zip), 1);
}

static void no_directory_at_all_is_broken_but_read(void **state)
{
	struct buf zip = {0};
	struct seen seen;

	add_local(&zip, &evil);
	walk(&zip, &seen);
	assert_true(has_name(&seen, "x.exe"));
	assert_string_equal(seen.contents.data, "payload\n");
	assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
	seen_fini(&seen);
	buf_fini(&zip);
}

static void an_end_that_counts_none_is_ambiguous(void **state)
{
	struct buf zip = {0};

	add_zip(&zip, &evil, 1);
	zip.data[zip.size - 14] = zip.data[zip.size - 12] = 0;
	assert_int_equal(found_evil(&zip), 1);
}

static void a_directory_offset_that_is_wrong_is_recovered(void **state)
{
	struct buf zip = {0};

	add_zip(&zip, &evil, 1);
	zip.data[zip.size - 6] -= 5;
	assert_int_equal(found_evil(&zip), 0);
	add_zip(&zip, &evil, 1);
	zip.data[zip.size - 6] += 5;
	assert_int_equal(found_evil(&zip), 0);
}

static void a_member_hidden_in_another_ones_data_is_read(void **state)
{
	struct buf inner = {0}, zip = {0};
	struct made outer = {.local = "note.txt", .unlisted = 1};
	size_t offset, directory;

	add_local(&inner, &evil);
	offset = 30 + strlen(outer.local);
	outer.data = "";
	/* The local header of note.txt takes all of x.exe for its data. */
	add_local(&zip, &outer);
	zip.data[18] = zip.data[22] = (char)inner.size;
	buf_add(&zip, inner.data, inner.size);
	directory = zip.size;
	add_central(&zip, &evil, offset);
	add_end(&zip, 1, zip.size - directory, directory);
	assert_int_equal(found_evil(&zip), 1);
	buf_fini(&inner);
}

static void different_sizes_are_ambiguous_and_both_read(void **state)
{
	struct made made = {.local = "x.exe", .data = "payload\n", .central_size = 3};
	struct buf zip = {0};

	add_zip(&zip, &made, 1);
	assert_int_equal(found_evil(&zip), 1);
}

static void stored_data_that_are_deflated_are_inflated(void **state)
{
	struct buf zip = {0};

	/* "zombie": both headers say stored, the data are deflated. */
	pack("yes payload | head -200 >x.exe && zip -q p.zip x.exe", "p.zip", &zip);
	assert_int_equal(zip.data[8], 8);
	zip.data[8] = 0;
	((char *)memmem(zip.data, zip.size, "PK\1\2", 4))[10] = 0;
	assert_int_equal(found_evil(&zip), 0);
}

static void two_methods_are_ambiguous(void **state)
{
	struct buf zip = {0};

	pack("yes payload | head -200 >x.exe && zip -q p.zip x.exe", "p.zip", &zip);
	zip.data[8] = 0;
	assert_int_equal(found_evil(&zip), 1);
}

static void an_unknown_method_is_told(void **state)
{
	struct made made = {
	        .local = "x.exe", .data = "payload\n", .local_method = 77, .central_method = 77};
	struct seen seen;

	walk_made(&made, 1, &seen);
	assert_true(has_name(&seen, "x.exe"));
	assert_true(seen.problems[UNPACK_FORMAT] >= 1);
	seen_fini(&seen);
}

static void an_encryption_flag_in_one_place_is_told_and_read(void **state)
{
	struct made central = {.local = "x.exe", .data = "payload\n", .central_flags = 1};
	struct made local = {.local = "x.exe", .data = "payload\n", .local_flags = 1};
	struct made both = {
	        .local = "x.exe", .data = "payload\n", .local_flags = 1, .central_flags = 1};
	struct buf zip = {0};
	struct seen seen;

	add_zip(&zip, &central, 1);
	assert_int_equal(found_evil(&zip), 1);
	add_zip(&zip, &local, 1);
	assert_int_equal(found_evil(&zip), 1);
	walk_made(&both, 1, &seen);
	assert_int_equal(seen.problems[UNPACK_ENCRYPTED], 1);
	assert_int_equal(seen.problems[UNPACK_AMBIGUOUS], 0);
	seen_fini(&seen);
}

/* Bit 13 says that names are masked, as they are where the directory is encrypted. */
static void a_masked_name_alone_is_no_encryption(void **state)
{
	struct made local = evil, both = evil;
	struct buf zip = {0};
	struct seen seen;

	local.local_flags = 0x2000;
	add_zip(&zip, &local, 1);
	assert_int_equal(found_evil(&zip), 1);
	both.local_flags = both.central_flags = 0x2000;
	add_zip(&zip, &both, 1);
	assert_int_equal(found_evil(&zip), 1);
	both.local_flags = both.central_flags = 0x2041;
	walk_made(&both, 1, &seen);
	assert_int_equal(seen.problems[UNPACK_ENCRYPTED], 1);
	assert_int_equal(problem_count(&seen), 1);
	seen_fini(&seen);
}

static void what_cant_be_read_behind_something_else_is_told(void **state)
{
	static const char *const fronts[] = {"Hello there.\n", "GIF89a\1", "MZ PK\3\4 PK\5\6"};
	struct made unknown = evil;

	unknown.local_method = unknown.central_method = 93;
	for (size_t at = 0; at < sizeof(fronts) / sizeof(fronts[0]); at++) {
		struct buf zip = {0};

		buf_add_string(&zip, fronts[at]);
		add_zip(&zip, &unknown, 1);
		expect_format(&zip, fronts[at], 1);
		buf_add_string(&zip, fronts[at]);
		add_zip(&zip, &evil, 1);
		expect_format(&zip, fronts[at], 0);
		buf_add_string(&zip, fronts[at]);
		add_zip(&zip, &evil, 1);
		memcpy(memmem(zip.data, zip.size, "PK\3\4\x14", 5), "pk", 2);
		expect_format(&zip, fronts[at], 1);
	}
}

/* All that its end says is that there is another end. */
static void a_large_archive_behind_something_else_is_read(void **state)
{
	struct buf zip = {0};
	struct seen seen;
	size_t front, directory, end;

	buf_add_string(&zip, "Hello there.\n");
	front = zip.size;
	add_local(&zip, &evil);
	directory = zip.size - front;
	add_central(&zip, &evil, 0);
	end = zip.size - front;
	buf_add(&zip, "PK\6\6", 4);
	little(&zip, 44, 8);
	little(&zip, 45 | 45 << 16, 4);
	little(&zip, 0, 8);
	little(&zip, 1, 8);
	little(&zip, 1, 8);
	little(&zip, end - directory, 8);
	little(&zip, directory, 8);
	buf_add(&zip, "PK\6\7", 4);
	little(&zip, 0, 4);
	little(&zip, end, 8);
	little(&zip, 1, 4);
	buf_add(&zip, "PK\5\6\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0", 22);
	assert_string_equal(unpack_kind(zip.data, zip.size), "zip");
	assert_int_equal(found_evil(&zip), 0);
	buf_add_string(&zip, "PK\6\7 are letters, and PK\5\6, too; behind them is nothing at all.");
	assert_null(unpack_kind(zip.data, zip.size));
	walk(&zip, &seen);
	assert_int_equal(seen.members + problem_count(&seen), 0);
	seen_fini(&seen);
	buf_fini(&zip);
}

/* A program that makes ZIPs carries the beginnings of their headers. */
static void headers_in_a_program_in_front_are_nobodys(void **state)
{
	struct made header = {.local = "%s", .data = "", .local_method = 99};
	struct buf zip = {0};

	buf_add_string(&zip, "MZ program ");
	add_local(&zip, &header);
	buf_add_string(&zip, " program");
	expect_format(&zip, "program", 0);
	buf_add_string(&zip, "MZ program ");
	add_local(&zip, &header);
	buf_add_string(&zip, " program");
	add_zip(&zip, &evil, 1);
	expect_format(&zip, "program and archive", 0);
}

static void a_zip_stored_in_a_zip_is_one_member(void **state)
{
	struct buf zip = {0};
	struct seen seen;

	pack("zip -q i.zip x.exe && zip -q0 p.zip a.txt i.zip", "p.zip", &zip);
	walk(&zip, &seen);
	assert_string_equal(seen.names.data, "\na.txt\n\ni.zip\n");
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
	buf_fini(&zip);
	pack("zip -q i.zip x.exe && cat i.zip | zip -q0 p.zip -", "p.zip", &zip);
	walk(&zip, &seen);
	assert_int_equal(seen.members, 1);
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
	buf_fini(&zip);
}

static void a_piece_of_several_volumes_is_told(void **state)
{
	struct buf zip = {0};
	struct seen seen;

	pack("head -c 200000 /dev/urandom >r && zip -q -s 64k p.zip r", "p.z01", &zip);
	walk(&zip, &seen);
	assert_true(seen.problems[UNPACK_FORMAT] >= 1);
	seen_fini(&seen);
	buf_fini(&zip);
}

static void overlapping_members_run_into_the_limit(void **state)
{
	struct unpack_budget budget = {1000, 1 << 20, 0, clock_monotonic_us() + 10000000};
	struct buf zip = {0};
	struct made kernel = {.local = "a"};
	struct seen seen;
	char data[50001];
	size_t directory;

	memset(data, 'a', 50000);
	data[50000] = '\0';
	kernel.data = data;
	add_local(&zip, &kernel);
	directory = zip.size;
	for (int at = 0; at < 500; at++)
		add_central(&zip, &kernel, 0);
	add_end(&zip, 500, zip.size - directory, directory);
	walk_with(zip.data, zip.size, &budget, &seen);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
	assert_true(seen.contents.size <= 1 << 20);
	seen_fini(&seen);
	buf_fini(&zip);
}

/* Other formats have nothing behind what is packed, where a ZIP has its directory. */
static void what_is_deflated_in_another_format_is_read_to_its_end(void **state)
{
	static const char head[] =
	        "%PDF-1.4\n1 0 obj<</Type/EmbeddedFile/Filter/FlateDecode>>\nstream\n"
	        "\x78\x9c\1\x08\0\xf7\xff";
	struct buf pdf = {0};
	struct seen seen;

	buf_add(&pdf, head, sizeof(head) - 1);
	buf_add_string(&pdf, "payload\n\nendstream\nendobj\n");
	walk(&pdf, &seen);
	assert_string_equal(seen.contents.data, "payload\n");
	seen_fini(&seen);
	buf_fini(&pdf);
}

/* A stored block of "payload\n", and behind it nothing, or what is none. */
static void what_came_out_before_it_broke_is_given(void **state)
{
	static const char *const ends[] = {"", "\xff\xff\xff\xff", "\1", "\1\5"};
	struct made made = {.local = "x.exe", .central_size = 100};
	static const char head[] =
	        "%PDF-1.4\n1 0 obj<</Type/EmbeddedFile/Filter/FlateDecode>>\nstream\n"
	        "\x78\x9c\0\x08\0\xf7\xff";

	for (size_t at = 0; at < sizeof(ends) / sizeof(ends[0]); at++) {
		struct buf pdf = {0};
		struct seen seen;

		buf_add(&pdf, head, sizeof(head) - 1);
		buf_add_string(&pdf, "payload\n");
		buf_add_string(&pdf, ends[at]);
		buf_add_string(&pdf, "\nendstream\nendobj\n");
		walk(&pdf, &seen);
		if (strncmp(seen.contents.data, "payload\n", 8))
			fail_msg("%zu: %s", at, seen.contents.data);
		assert_int_equal(problem_count(&seen), 0);
		seen_fini(&seen);
		buf_fini(&pdf);
	}
	/* Of a ZIP the same, but it is told. */
	for (size_t at = 0; at < sizeof(ends) / sizeof(ends[0]); at++) {
		struct buf zip = {0};
		struct seen seen;

		made.data = "";
		made.local_method = 8;
		add_local(&zip, &made);
		zip.data[18] = zip.data[22] = 100;
		buf_add(&zip, "\0\x08\0\xf7\xffpayload\n", 13);
		buf_add_string(&zip, ends[at]);
		walk(&zip, &seen);
		assert_true(has_content(&seen, "payload\n"));
		assert_true(seen.problems[UNPACK_FORMAT] > 0);
		seen_fini(&seen);
		buf_fini(&zip);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_plain_zip_has_no_problem),
	        cmocka_unit_test(two_archives_in_a_row_are_both_read),
	        cmocka_unit_test(junk_before_and_behind_changes_nothing),
	        cmocka_unit_test(an_archive_in_a_comment_is_read),
	        cmocka_unit_test(a_member_goes_by_both_its_names),
	        cmocka_unit_test(a_unicode_path_is_a_name),
	        cmocka_unit_test(a_name_with_a_nul_is_two_names),
	        cmocka_unit_test(members_that_no_directory_names_are_read),
	        cmocka_unit_test(no_directory_at_all_is_broken_but_read),
	        cmocka_unit_test(an_end_that_counts_none_is_ambiguous),
	        cmocka_unit_test(a_directory_offset_that_is_wrong_is_recovered),
	        cmocka_unit_test(a_member_hidden_in_another_ones_data_is_read),
	        cmocka_unit_test(different_sizes_are_ambiguous_and_both_read),
	        cmocka_unit_test(stored_data_that_are_deflated_are_inflated),
	        cmocka_unit_test(two_methods_are_ambiguous),
	        cmocka_unit_test(an_unknown_method_is_told),
	        cmocka_unit_test(an_encryption_flag_in_one_place_is_told_and_read),
	        cmocka_unit_test(a_masked_name_alone_is_no_encryption),
	        cmocka_unit_test(what_cant_be_read_behind_something_else_is_told),
	        cmocka_unit_test(a_large_archive_behind_something_else_is_read),
	        cmocka_unit_test(headers_in_a_program_in_front_are_nobodys),
	        cmocka_unit_test(a_zip_stored_in_a_zip_is_one_member),
	        cmocka_unit_test(a_piece_of_several_volumes_is_told),
	        cmocka_unit_test(overlapping_members_run_into_the_limit),
	        cmocka_unit_test(what_is_deflated_in_another_format_is_read_to_its_end),
	        cmocka_unit_test(what_came_out_before_it_broke_is_given),
	};

	return cmocka_run_group_tests(tests, pack_begin, pack_end);
}
