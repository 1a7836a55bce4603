#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "submitter/door/letter.h"

static struct letter sample(void)
{
	struct letter letter = {0};

	letter.texts[LETTER_QUEUE_ID] = "4X";
	letter.texts[LETTER_SENDER] = "";
	letter_add_recipient(&letter, "a@x");
	letter_add_recipient(&letter, "b c@x");
	return letter;
}

static void written(struct buf *out)
{
	struct letter letter = sample();

	letter_write(out, &letter);
	letter_fini(&letter);
}

static void a_letter_is_read_as_it_was_written(void **state)
{
	struct buf bytes = {0};
	struct letter letter;

	written(&bytes);
	assert_int_equal(letter_size(bytes.data), bytes.size);
	assert_int_equal(letter_read(bytes.data, bytes.size, &letter, NULL), RESULT_OK);
	assert_string_equal(letter.texts[LETTER_QUEUE_ID], "4X");
	assert_string_equal(letter.texts[LETTER_SENDER], "");
	assert_null(letter.texts[LETTER_HELO]);
	assert_int_equal(letter.recipient_count, 2);
	assert_string_equal(letter.recipients[1], "b c@x");
	letter_fini(&letter);
	buf_fini(&bytes);
}

/* Every letter that is cut, or that has one byte changed, is refused or still whole and checked. */
static void a_letter_cut_or_changed_anywhere_is_never_half_taken(void **state)
{
	struct buf whole = {0}, bytes = {0};
	struct letter letter;
	size_t at;

	written(&whole);
	for (at = 0; at < whole.size; at++) {
		buf_clear(&bytes);
		buf_add(&bytes, whole.data, at);
		assert_int_equal(
		        letter_read(bytes.data, bytes.size, &letter, NULL), RESULT_PERMANENT);
		letter_fini(&letter);
		buf_clear(&bytes);
		buf_add(&bytes, whole.data, whole.size);
		bytes.data[at] ^= 0x55;
		if (letter_read(bytes.data, bytes.size, &letter, NULL) == RESULT_OK)
			assert_int_equal(letter_check(&letter, NULL), RESULT_OK);
		letter_fini(&letter);
	}
	buf_fini(&whole);
	buf_fini(&bytes);
}

static void what_is_missing_or_too_long_is_refused(void **state)
{
	static char longest[LETTER_ADDRESS_MAX + 2];
	struct letter letter = sample();

	assert_int_equal(letter_check(&letter, NULL), RESULT_OK);
	letter_add_original(&letter, "o@x");
	assert_int_equal(letter_check(&letter, NULL), RESULT_PERMANENT);
	letter.original_count = 0;
	letter.texts[LETTER_SENDER] = NULL;
	assert_int_equal(letter_check(&letter, NULL), RESULT_PERMANENT);
	memset(longest, 'a', LETTER_ADDRESS_MAX + 1);
	letter.texts[LETTER_SENDER] = longest;
	assert_int_equal(letter_check(&letter, NULL), RESULT_PERMANENT);
	letter.texts[LETTER_SENDER] = longest + 1;
	assert_int_equal(letter_check(&letter, NULL), RESULT_OK);
	letter.recipients[0] = "";
	assert_int_equal(letter_check(&letter, NULL), RESULT_PERMANENT);
	letter.recipient_count = 0;
	assert_int_equal(letter_check(&letter, NULL), RESULT_PERMANENT);
	letter_fini(&letter);
}

static void an_answer_is_read_as_it_was_written(void **state)
{
	struct buf bytes = {0};
	const char *text;
	int status;

	answer_write(&bytes, 69, "5.7.1 no");
	assert_int_equal(answer_size(bytes.data), bytes.size);
	assert_int_equal(answer_read(bytes.data, bytes.size, &status, &text, NULL), RESULT_OK);
	assert_int_equal(status, 69);
	assert_string_equal(text, "5.7.1 no");
	assert_int_equal(
	        answer_read(bytes.data, bytes.size - 1, &status, &text, NULL), RESULT_PERMANENT);
	bytes.data[0] = 'X';
	assert_int_equal(answer_size(bytes.data), 0);
	buf_fini(&bytes);
}

static void a_long_answer_is_cut_to_what_is_read(void **state)
{
	char text[2 * ANSWER_TEXT_MAX];
	struct buf bytes = {0};

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	answer_write(&bytes, 75, text);
	assert_int_equal(answer_size(bytes.data), DOOR_HEAD + 1 + ANSWER_TEXT_MAX);
	assert_int_equal(bytes.size, DOOR_HEAD + 1 + ANSWER_TEXT_MAX);
	buf_fini(&bytes);
}

static void the_question_and_its_answer_are_told_from_all_else(void **state)
{
	char question[DOOR_HEAD], presence[DOOR_HEAD];
	struct buf letter = {0}, answer = {0};

	question_write(question);
	presence_write(presence);
	written(&letter);
	answer_write(&answer, 0, "2.0.0 done");
	assert_true(question_is(question) && presence_is(presence));
	assert_false(question_is(presence) || presence_is(question));
	assert_false(question_is(answer.data) || presence_is(letter.data));
	assert_int_equal(answer_size(question), 0);
	assert_int_equal(letter_size(presence), 0);
	buf_fini(&letter);
	buf_fini(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_question_and_its_answer_are_told_from_all_else),
	        cmocka_unit_test(a_letter_is_read_as_it_was_written),
	        cmocka_unit_test(a_letter_cut_or_changed_anywhere_is_never_half_taken),
	        cmocka_unit_test(what_is_missing_or_too_long_is_refused),
	        cmocka_unit_test(an_answer_is_read_as_it_was_written),
	        cmocka_unit_test(a_long_answer_is_cut_to_what_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
