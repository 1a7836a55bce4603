#include <dlfcn.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workers/qscan/numbers.h"

typedef int scan_function(const char *text, const char *format, ...);

extern int ours(const char *text, const char *format, ...) __asm__("sscanf");

static scan_function *theirs(void)
{
	return (scan_function *)dlsym(RTLD_NEXT, "sscanf");
}

static void libraries_come_to_ours(void **state)
{
	assert_true(numbers_are_ours());
	assert_ptr_not_equal(theirs(), ours);
}

static void same(const char *text, const char *format)
{
	unsigned mine[4] = {7, 7, 7, 7}, others[4] = {7, 7, 7, 7};
	int count = ours(text, format, &mine[0], &mine[1], &mine[2]);
	int expected = theirs()(text, format, &others[0], &others[1], &others[2]);

	if (count != expected || memcmp(mine, others, sizeof(mine)) != 0)
		fail_msg("\"%s\" by \"%s\": %d %u %u, expected %d %u %u", text, format, count,
		        mine[0], mine[1], expected, others[0], others[1]);
}

static void numbers_are_read_as_the_c_library_reads_them(void **state)
{
	static const char *const texts[] = {"", "0", "7", "00012", "12&3", "999999999",
	        "1000000000", "4294967295", "4294967296", "18446744073709551615",
	        "18446744073709551616", "99999999999999999999999", "-1", "+5", " 5", "\n5", "-",
	        "x", "0x10", "1,2", "3>4,5"};
	static const char *const formats[] = {
	        "%u", "%u,%u", "%u%u", " %u", "%3u", "%2u%u", "%i", "%d"};
	size_t text, format;

	for (text = 0; text < sizeof(texts) / sizeof(texts[0]); text++)
		for (format = 0; format < sizeof(formats) / sizeof(formats[0]); format++)
			same(texts[text], formats[format]);
}

static void random_texts_are_read_as_the_c_library_reads_them(void **state)
{
	static const char letters[] = "0123456789012345678901234567890123456789-+ x,";
	char text[32];
	unsigned random = 1;
	size_t round, at, size;

	for (round = 0; round < 200000; round++) {
		size = (random >> 16) % (sizeof(text) - 1);
		for (at = 0; at < size; at++) {
			random = random * 1103515245u + 12345u;
			text[at] = letters[(random >> 16) % (sizeof(letters) - 1)];
		}
		text[size] = '\0';
		random = random * 1103515245u + 12345u;
		same(text, "%u");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(libraries_come_to_ours),
	        cmocka_unit_test(numbers_are_read_as_the_c_library_reads_them),
	        cmocka_unit_test(random_texts_are_read_as_the_c_library_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
