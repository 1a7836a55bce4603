/*
 * RARs made by hand, nothing packed: a file, and behind it a stream of NTFS. The twin of each has
 * the file alone.
 */
#include "tests/unit/lib/unpack/pack.h"

#include "lib/unpack/piece.h"

static const char payload[] = "payload\n";

static uint32_t sum(const char *bytes, size_t size)
{
	return piece_crc32((struct piece){(const unsigned char *)bytes, size});
}

static void number(struct buf *out, unsigned long value)
{
	for (; value > 127; value >>= 7)
		buf_add_char(out, (char)((value & 127) | 128));
	buf_add_char(out, (char)value);
}

/* What a member is made of; `subject` is the stream's name, or NULL. */
struct made {
	const char *name, *subject, *data;
	size_t size;
	unsigned type, method;
	int is_encrypted;
};

static const struct made file = {"a.txt", NULL, "clean\n", 6, 2, 0, 0};
static const struct made stream = {"STM", ":..\\..\\x.exe", payload, 8, 3, 0, 0};

static void add_block(struct buf *out, const struct buf *block)
{
	struct buf whole = {0};

	number(&whole, block->size);
	buf_add(&whole, block->data, block->size);
	little(out, sum(whole.data, whole.size), 4);
	buf_add(out, whole.data, whole.size);
	buf_fini(&whole);
}

static void add_member(struct buf *out, const struct made *made)
{
	struct buf block = {0}, extra = {0};

	if (made->is_encrypted)
		buf_add(&extra, "\2\1\0", 3);
	if (made->subject) {
		number(&extra, strlen(made->subject) + 1);
		number(&extra, 7);
		buf_add_string(&extra, made->subject);
	}
	number(&block, made->type);
	number(&block, 2u | (extra.size ? 1 : 0));
	if (extra.size)
		number(&block, extra.size);
	number(&block, made->size);
	number(&block, 0);
	number(&block, made->size);
	number(&block, 0);
	number(&block, made->method << 7);
	number(&block, 0);
	number(&block, strlen(made->name));
	buf_add_string(&block, made->name);
	buf_add(&block, extra.data ? extra.data : "", extra.size);
	add_block(out, &block);
	buf_add(out, made->data, made->size);
	buf_fini(&block);
	buf_fini(&extra);
}

static void make_rar5(struct buf *out, const struct made *first, const struct made *second)
{
	struct buf block = {0};

	buf_add(out, "Rar!\x1a\7\1\0", 8);
	buf_add(&block, "\1\0\0", 3);
	add_block(out, &block);
	add_member(out, first);
	if (second)
		add_member(out, second);
	buf_clear(&block);
	buf_add(&block, "\5\0\0", 3);
	add_block(out, &block);
	buf_fini(&block);
}

static void add_old_block(struct buf *out, const struct buf *block)
{
	little(out, sum(block->data, block->size) & 0xffff, 2);
	buf_add(out, block->data, block->size);
}

static void add_old_member(struct buf *out, const struct made *made)
{
	size_t wide = made->subject ? 2 * strlen(made->subject) : 0;
	struct buf block = {0};

	buf_add_char(&block, made->type == 2 ? 0x74 : 0x7a);
	little(&block, made->is_encrypted ? 0x8004 : 0x8000, 2);
	little(&block, 7 + 25 + strlen(made->name) + wide, 2);
	little(&block, made->size, 4);
	little(&block, made->size, 4);
	buf_add_char(&block, 2);
	little(&block, sum(made->data, made->size), 4);
	little(&block, 0x58210000, 4);
	buf_add_char(&block, 20);
	buf_add_char(&block, (char)(0x30 + made->method));
	little(&block, strlen(made->name), 2);
	little(&block, 0x20, 4);
	buf_add_string(&block, made->name);
	for (size_t at = 0; at < wide / 2; at++)
		little(&block, (unsigned char)made->subject[at], 2);
	add_old_block(out, &block);
	buf_add(out, made->data, made->size);
	buf_fini(&block);
}

static void make_rar4(struct buf *out, const struct made *first, const struct made *second)
{
	buf_add(out, "Rar!\x1a\7\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0", 20);
	add_old_member(out, first);
	if (second)
		add_old_member(out, second);
	buf_add(out, "\xc4\x3d\x7b\0\x40\7\0", 7);
}

static void make(struct buf *out, int is_old, const struct made *first, const struct made *second)
{
	buf_clear(out);
	if (is_old)
		make_rar4(out, first, second);
	else
		make_rar5(out, first, second);
}

static void a_stream_is_a_member_by_its_name(void **state)
{
	struct buf rar = {0};
	struct seen seen;

	for (int is_old = 0; is_old < 2; is_old++) {
		make(&rar, is_old, &file, &stream);
		walk(&rar, &seen);
		if (!has_name(&seen, "..\\..\\x.exe") || !has_content(&seen, payload) ||
		        !has_content(&seen, "clean\n") || problem_count(&seen))
			fail_msg("%d: %s", is_old, seen.names.data);
		seen_fini(&seen);
		make(&rar, is_old, &file, NULL);
		walk(&rar, &seen);
		assert_string_equal(seen.names.data, "\na.txt\n");
		assert_int_equal(problem_count(&seen), 0);
		seen_fini(&seen);
	}
	buf_fini(&rar);
}

static void a_stream_behind_something_else_is_found(void **state)
{
	struct buf rar = {0}, all = {0};
	struct seen seen;

	for (int is_old = 0; is_old < 2; is_old++) {
		make(&rar, is_old, &file, &stream);
		buf_clear(&all);
		buf_add_string(&all, "MZ and a program");
		buf_add(&all, rar.data, rar.size);
		walk(&all, &seen);
		assert_true(has_name(&seen, "..\\..\\x.exe"));
		assert_true(has_content(&seen, payload));
		assert_int_equal(problem_count(&seen), 0);
		seen_fini(&seen);
	}
	buf_fini(&all);
	buf_fini(&rar);
}

static void a_stream_that_cant_be_unpacked_is_told(void **state)
{
	struct made packed = stream, secret = stream;
	struct buf rar = {0};
	struct seen seen;

	packed.method = 3;
	secret.is_encrypted = 1;
	for (int is_old = 0; is_old < 2; is_old++) {
		make(&rar, is_old, &file, &packed);
		walk(&rar, &seen);
		assert_true(has_name(&seen, "..\\..\\x.exe"));
		assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
		seen_fini(&seen);
		make(&rar, is_old, &file, &secret);
		walk(&rar, &seen);
		assert_true(has_name(&seen, "..\\..\\x.exe"));
		assert_int_equal(seen.problems[UNPACK_ENCRYPTED], 1);
		assert_int_equal(problem_count(&seen), 1);
		seen_fini(&seen);
	}
	buf_fini(&rar);
}

/* Comments, rights, and where Windows says that a file came from. */
static void what_else_is_kept_beside_files_is_no_member(void **state)
{
	static const char *const names[][2] = {
	        {"CMT", NULL}, {"ACL", NULL}, {"QO", NULL}, {"STM", ":Zone.Identifier"}};
	struct buf rar = {0};
	struct seen seen;

	for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
		struct made made = {names[at][0], names[at][1], "words", 5, 3, 3, 0};

		for (int is_old = 0; is_old < 2; is_old++) {
			make(&rar, is_old, &made, &file);
			walk(&rar, &seen);
			if (seen.members != 1 || problem_count(&seen))
				fail_msg("%s: %u", names[at][0], problem_count(&seen));
			seen_fini(&seen);
		}
	}
	buf_fini(&rar);
}

/* A size that goes round and round, or beyond the end. */
static void a_chain_that_leads_nowhere_ends(void **state)
{
	static const size_t places[] = {12, 13, 14, 20, 25, 30};
	struct buf rar = {0};
	struct seen seen;

	for (int is_old = 0; is_old < 2; is_old++)
		for (size_t at = 0; at < sizeof(places) / sizeof(places[0]); at++) {
			make(&rar, is_old, &file, &stream);
			memset(rar.data + places[at], 0xff, 4);
			walk(&rar, &seen);
			seen_fini(&seen);
			make(&rar, is_old, &file, &stream);
			rar.size = places[at];
			walk(&rar, &seen);
			seen_fini(&seen);
		}
	buf_fini(&rar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_stream_is_a_member_by_its_name),
	        cmocka_unit_test(a_stream_behind_something_else_is_found),
	        cmocka_unit_test(a_stream_that_cant_be_unpacked_is_told),
	        cmocka_unit_test(what_else_is_kept_beside_files_is_no_member),
	        cmocka_unit_test(a_chain_that_leads_nowhere_ends),
	};

	unpack_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
