#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/pack/pack.h"

static struct pack *pack;
static struct buf frame, bytes;
static struct err err;

static int set_up(void **state)
{
	pack = pack_new(3);
	return 0;
}

static int tear_down(void **state)
{
	buf_fini(&frame);
	buf_fini(&bytes);
	pack_free(&pack);
	return 0;
}

static void what_was_squeezed_is_whole_again(void **state)
{
	static char text[PACK_MOST];
	size_t sizes[] = {1, 2, 100, 4080, PACK_MOST}, at;

	for (at = 0; at < PACK_MOST; at++)
		text[at] = "a line of a mail\r\n"[at % 18];
	for (at = 0; at < sizeof(sizes) / sizeof(sizes[0]); at++) {
		pack_squeeze(pack, text, sizes[at], &frame);
		assert_int_equal(
		        pack_restore(pack, frame.data, frame.size, sizes[at], &bytes, &err),
		        RESULT_OK);
		assert_int_equal(bytes.size, sizes[at]);
		assert_memory_equal(bytes.data, text, sizes[at]);
	}
	assert_true(frame.size < PACK_MOST / 100);
}

static void a_frame_of_another_size_is_refused_before_it_is_read(void **state)
{
	static char zeros[PACK_MOST];

	pack_squeeze(pack, zeros, sizeof(zeros), &frame);
	assert_int_equal(
	        pack_restore(pack, frame.data, frame.size, 100, &bytes, &err), RESULT_PERMANENT);
	assert_int_equal(pack_restore(pack, frame.data, frame.size, PACK_MOST - 1, &bytes, &err),
	        RESULT_PERMANENT);
	assert_int_equal(bytes.size, 0);
	assert_int_equal(pack_restore(pack, "", 0, 0, &bytes, &err), RESULT_PERMANENT);
	assert_int_equal(pack_restore(pack, NULL, 0, 10, &bytes, &err), RESULT_PERMANENT);
}

static void two_frames_and_cut_ones_are_refused(void **state)
{
	struct buf two = {0};
	size_t at;

	pack_squeeze(pack, "0123456789 0123456789", 21, &frame);
	buf_add(&two, frame.data, frame.size);
	buf_add(&two, frame.data, frame.size);
	assert_int_equal(
	        pack_restore(pack, two.data, two.size, 21, &bytes, &err), RESULT_PERMANENT);
	assert_int_equal(
	        pack_restore(pack, two.data, two.size, 42, &bytes, &err), RESULT_PERMANENT);
	for (at = 0; at < frame.size; at++)
		assert_int_equal(
		        pack_restore(pack, frame.data, at, 21, &bytes, &err), RESULT_PERMANENT);
	buf_fini(&two);
}

/* Whatever it gives is as long as was asked for, or nothing. */
static void damaged_frames_are_refused_or_have_their_size(void **state)
{
	static char text[5000];
	size_t at;
	char old;

	for (at = 0; at < 100; at++)
		text[at] = (char)(at * 7919 >> 3);
	pack_squeeze(pack, text, sizeof(text), &frame);
	for (at = 0; at < frame.size; at++) {
		old = frame.data[at];
		frame.data[at] = (char)(old ^ 0x41);
		if (!pack_restore(pack, frame.data, frame.size, sizeof(text), &bytes, &err))
			assert_int_equal(bytes.size, sizeof(text));
		frame.data[at] = old;
	}
	assert_int_equal(
	        pack_restore(pack, frame.data, frame.size, sizeof(text), &bytes, &err), RESULT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                what_was_squeezed_is_whole_again, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(
	                a_frame_of_another_size_is_refused_before_it_is_read, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(
	                two_frames_and_cut_ones_are_refused, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(
	                damaged_frames_are_refused_or_have_their_size, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
