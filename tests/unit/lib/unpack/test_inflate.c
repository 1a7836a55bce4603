#include "tests/unit/lib/unpack/pack.h"

#include "lib/unpack/inflate.h"

enum { ROUNDS = 300 };

static size_t left;

static int spend(void *context, size_t bytes)
{
	if (bytes > left)
		return 0;
	left -= bytes;
	return 1;
}

/* Words, letters and noise, packed as Python's zlib does at a level and by a strategy. */
static void make(int level, int strategy, struct buf *plain, struct buf *packed)
{
	char command[512];

	snprintf(command, sizeof(command),
	        "python3 -c \"import zlib, random; random.seed(1); "
	        "d = b'words and more words, ' * 40 + bytes(random.choices(range(256), k=3000)) + "
	        "b'a' * 70000 + bytes(random.choices(b'abcd', k=3000)); c = zlib.compressobj(%d, "
	        "zlib.DEFLATED, -15, 8, %d); open('d', 'wb').write(d); "
	        "open('p', 'wb').write(c.compress(d) + c.flush())\" && cp d keep",
	        level, strategy);
	buf_clear(plain);
	buf_clear(packed);
	pack(command, "keep", plain);
	pack(command, "p", packed);
}

static int inflate(const struct buf *packed, size_t size, struct buf *out)
{
	buf_clear(out);
	return inflate_all(
	        (struct piece){(const unsigned char *)packed->data, size}, spend, NULL, out);
}

static void what_was_packed_comes_out(void **state)
{
	struct buf plain = {0}, packed = {0}, out = {0};

	for (int level = 0; level < 10; level += 3)
		for (int strategy = 0; strategy < 5; strategy++) {
			make(level, strategy, &plain, &packed);
			left = plain.size;
			assert_true(inflate(&packed, packed.size, &out));
			assert_int_equal(out.size, plain.size);
			assert_memory_equal(out.data, plain.data, plain.size);
			assert_int_equal(left, 0);
		}
	buf_fini(&plain);
	buf_fini(&packed);
	buf_fini(&out);
}

static void what_is_cut_off_gives_what_came_out_until_then(void **state)
{
	struct buf plain = {0}, packed = {0}, out = {0};
	size_t before = 0;

	make(6, 0, &plain, &packed);
	for (size_t size = 0; size < packed.size; size += 1 + packed.size / ROUNDS) {
		left = SIZE_MAX;
		assert_false(inflate(&packed, size, &out));
		assert_true(out.size >= before && out.size <= plain.size);
		assert_memory_equal(out.data, plain.data, out.size);
		before = out.size;
	}
	assert_true(before > plain.size / 2);
	buf_fini(&plain);
	buf_fini(&packed);
	buf_fini(&out);
}

static void what_is_broken_keeps_its_beginning(void **state)
{
	struct buf plain = {0}, packed = {0}, out = {0};

	make(6, 0, &plain, &packed);
	for (size_t at = 100; at < packed.size; at += 1 + packed.size / ROUNDS) {
		packed.data[at] ^= 0x55;
		left = 10 * plain.size;
		inflate(&packed, packed.size, &out);
		assert_memory_equal(out.data, plain.data, 20);
		packed.data[at] ^= 0x55;
	}
	buf_fini(&plain);
	buf_fini(&packed);
	buf_fini(&out);
}

static void no_more_comes_out_than_is_paid_for(void **state)
{
	struct buf plain = {0}, packed = {0}, out = {0};

	make(9, 0, &plain, &packed);
	for (size_t most = 0; most < plain.size; most += 1 + plain.size / 20) {
		left = most;
		assert_false(inflate(&packed, packed.size, &out));
		assert_true(out.size <= most);
		assert_memory_equal(out.data, plain.data, out.size);
	}
	buf_fini(&plain);
	buf_fini(&packed);
	buf_fini(&out);
}

/* Each the smallest of its kind: a kind of block that there is not, sizes that contradict, a run
 * from before the beginning, too many codes, and no codes at all. */
static void what_is_none_gives_nothing(void **state)
{
	static const char *const none[] = {"\7", "\1\5", "\x03\x02", "\x05\xff\xff\xff\xff\xff\xff",
	        "\x05\xe0\x01", "\xed\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
	struct buf bytes = {0}, out = {0};

	for (size_t at = 0; at < sizeof(none) / sizeof(none[0]); at++) {
		buf_clear(&bytes);
		buf_add_string(&bytes, none[at]);
		left = SIZE_MAX;
		assert_false(inflate(&bytes, bytes.size, &out));
		assert_int_equal(out.size, 0);
	}
	buf_fini(&bytes);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_packed_comes_out),
	        cmocka_unit_test(what_is_cut_off_gives_what_came_out_until_then),
	        cmocka_unit_test(what_is_broken_keeps_its_beginning),
	        cmocka_unit_test(no_more_comes_out_than_is_paid_for),
	        cmocka_unit_test(what_is_none_gives_nothing),
	};

	return cmocka_run_group_tests(tests, pack_begin, pack_end);
}
