#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/utf8.h"
#include "quarantine/words.h"

/* All words, a "|" behind each. */
static void expect(const char *text, const char *wanted)
{
	struct words words = words_of(text);
	struct buf found = {0};
	char word[WORD_ROOM];

	buf_add_string(&found, "");
	while (words_next(&words, word)) {
		assert_true(*word && strlen(word) <= WORD_MAX);
		buf_add_format(&found, "%s|", word);
	}
	assert_string_equal(found.data, wanted);
	buf_fini(&found);
}

static void signs_and_blanks_part_words_and_case_is_folded(void **state)
{
	expect("", "");
	expect(" -- ?!", "");
	expect("Re: [List] Invoice_2026.PDF", "re|list|invoice|2026|pdf|");
	expect("\xc3\x84RGER \xc3\xa4rger \xc3\x9f", "\xc3\xa4rger|\xc3\xa4rger|\xc3\x9f|");
	expect("\xd0\x9f\xd1\x80\xd0\x98\xd0\x92\xd0\x95\xd0\xa2",
	        "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82|");
	expect("\xce\xa3\xce\x8a\xcf\x82", "\xcf\x83\xce\xaf\xcf\x83|");
	expect("a\xe2\x80\x94"
	       "b\xc2\xa0"
	       "c\xe3\x80\x82"
	       "d",
	        "a|b|c|d|");
}

static void what_nobody_sees_parts_nothing(void **state)
{
	expect("in\xc2\xadvo\xe2\x80\x8bice", "invoice|");
	expect("\xe2\x80\x8b", "");
}

static void each_character_of_a_script_without_blanks_is_a_word(void **state)
{
	expect("\xe8\xab\x8b\xe6\xb1\x82", "\xe8\xab\x8b|\xe6\xb1\x82|");
	expect("a\xe8\xab\x8b"
	       "b",
	        "a|\xe8\xab\x8b|b|");
}

static void bytes_that_are_no_text_part_words(void **state)
{
	expect("a\xff"
	       "b\xc3",
	        "a|b|");
	expect("\x80\xfe", "");
}

static void a_long_word_is_cut_between_characters(void **state)
{
	char text[2 * WORD_MAX + 20], wanted[WORD_MAX + 20];

	memset(text, 'x', WORD_MAX - 1);
	strcpy(text + WORD_MAX - 1, "\xc3\xa9"
	                            "abc next");
	memset(wanted, 'x', WORD_MAX - 1);
	strcpy(wanted + WORD_MAX - 1, "|next|");
	expect(text, wanted);
}

static void a_word_is_among_those_of_a_text_or_not(void **state)
{
	assert_true(words_has("Invoice 7", "invoice"));
	assert_false(words_has("Invoices 7", "invoice"));
	assert_false(words_has("", "invoice"));
}

static void folding_is_done_once_for_all(void **state)
{
	uint32_t code;

	for (code = 0; code < 0x20000; code++)
		assert_int_equal(utf8_fold(utf8_fold(code)), utf8_fold(code));
	assert_int_equal(utf8_fold(0x178), 0xff);
	assert_int_equal(utf8_fold(0xd7), 0xd7);
	assert_int_equal(utf8_fold(0x139), 0x13a);
	assert_int_equal(utf8_fold(0xff21), 0xff41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(signs_and_blanks_part_words_and_case_is_folded),
	        cmocka_unit_test(what_nobody_sees_parts_nothing),
	        cmocka_unit_test(each_character_of_a_script_without_blanks_is_a_word),
	        cmocka_unit_test(bytes_that_are_no_text_part_words),
	        cmocka_unit_test(a_long_word_is_cut_between_characters),
	        cmocka_unit_test(a_word_is_among_those_of_a_text_or_not),
	        cmocka_unit_test(folding_is_done_once_for_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
