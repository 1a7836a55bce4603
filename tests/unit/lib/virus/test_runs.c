#include "lib/virus/runs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct runs *of(const char *first, const char *second)
{
	struct runs *runs = runs_new();

	runs_add(runs, (const unsigned char *)first, strlen(first));
	if (second)
		runs_add(runs, (const unsigned char *)second, strlen(second));
	runs_settle(runs);
	return runs;
}

static int finds(const struct runs *runs, const char *text)
{
	return runs_found(runs, text, strlen(text));
}

static void a_run_is_found_wherever_it_stands(void **state)
{
	struct runs *runs = of("evil", "Worm!");

	assert_true(finds(runs, "evil"));
	assert_true(finds(runs, "xevil"));
	assert_true(finds(runs, "an evil word"));
	assert_true(finds(runs, "a Worm!"));
	assert_false(finds(runs, "Worm and evi l"));
	assert_false(finds(runs, "evi"));
	assert_false(finds(runs, ""));
	assert_false(runs_found(runs, "evil", 3));
	runs_free(&runs);
	assert_null(runs);
}

static void a_run_is_found_whole_or_not_at_all(void **state)
{
	struct runs *runs = of("0123456789abcdef<script>0123456789abcdef", NULL);

	assert_true(finds(runs, "..0123456789abcdef<script>0123456789abcdef"));
	assert_false(finds(runs, "..0123456789abcdef<script>0123456789abcdeF"));
	assert_false(finds(runs, "<script>0123456789abcdef"));
	assert_false(finds(runs, "0123456789abcdef<script>"));
	runs_free(&runs);
}

static void of_a_long_run_the_beginning_counts(void **state)
{
	char text[RUNS_LONGEST + 11] = "";
	struct runs *runs;

	memset(text, 'x', RUNS_LONGEST + 10);
	memcpy(text, "begin", 5);
	runs = of(text, NULL);
	text[RUNS_LONGEST] = '\0';
	assert_true(finds(runs, text));
	text[RUNS_LONGEST - 1] = '\0';
	assert_false(finds(runs, text));
	runs_free(&runs);
}

static void none_are_found_nowhere(void **state)
{
	struct runs *runs = runs_new();

	runs_settle(runs);
	assert_int_equal(runs_count(runs), 0);
	assert_false(finds(runs, "anything"));
	runs_free(&runs);
}

/* Held against the plainest way to look for them. */
static void many_are_found_as_by_hand(void **state)
{
	enum { RUNS = 300, TEXTS = 2000, TEXT = 60 };
	unsigned char list[RUNS][8], text[TEXT];
	size_t sizes[RUNS], at, other, place;
	struct runs *runs = runs_new();
	uint32_t random = 7;
	int wanted, found = 0;

#define NEXT() ((random = random * 1103515245u + 12345u) >> 16)
	for (at = 0; at < RUNS; at++) {
		sizes[at] = 4 + NEXT() % 5;
		for (other = 0; other < sizes[at]; other++)
			list[at][other] = (unsigned char)("ab\0\xff<Z"[NEXT() % 6]);
		runs_add(runs, list[at], sizes[at]);
	}
	runs_settle(runs);
	for (at = 0; at < TEXTS; at++) {
		size_t size = NEXT() % TEXT;

		for (other = 0; other < size; other++)
			text[other] = (unsigned char)("ab\0\xff<Zc"[NEXT() % 7]);
		for (wanted = 0, other = 0; other < RUNS && !wanted; other++)
			for (place = 0; place + sizes[other] <= size && !wanted; place++)
				wanted = !memcmp(text + place, list[other], sizes[other]);
		assert_int_equal(runs_found(runs, text, size), wanted);
		found += wanted;
	}
	assert_in_range(found, 100, TEXTS - 100);
	runs_free(&runs);
}

/* Ten thousand runs begin with the same bytes; a text has nothing but these, another has few. */
static void a_text_that_would_take_long_is_taken_for_found(void **state)
{
	enum { SIZE = 1 << 20 };
	struct runs *runs = runs_new();
	unsigned char run[] = {0x90, 0x90, 0x90, 0x90, 0, 0, 1}, *text = malloc(SIZE);
	int at;

	assert_non_null(text);
	for (at = 0; at < 10000; at++) {
		run[4] = (unsigned char)('a' + at % 26);
		run[5] = (unsigned char)(at / 26);
		runs_add(runs, run, sizeof(run));
	}
	runs_settle(runs);
	memset(text, 'x', SIZE);
	memset(text + 1000, 0x90, 100);
	assert_false(runs_found(runs, text, SIZE));
	memset(text, 0x90, SIZE);
	assert_true(runs_found(runs, text, SIZE));
	free(text);
	runs_free(&runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_run_is_found_wherever_it_stands),
	        cmocka_unit_test(a_run_is_found_whole_or_not_at_all),
	        cmocka_unit_test(of_a_long_run_the_beginning_counts),
	        cmocka_unit_test(none_are_found_nowhere),
	        cmocka_unit_test(many_are_found_as_by_hand),
	        cmocka_unit_test(a_text_that_would_take_long_is_taken_for_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
