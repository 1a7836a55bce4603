#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "workers/qworker/death.h"

static struct death death;
static int pid;

static void a_word_of_a_death_is_read(void **state)
{
	assert_true(death_read("died 1234 timeout attachments 17 9 "
	                       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	        &pid, &death));
	assert_int_equal(pid, 1234);
	assert_string_equal(death.why, "timeout");
	assert_string_equal(death.stage, "attachments");
	assert_int_equal(death.part, 17);
	assert_int_equal(death.signal, 9);
	assert_int_equal(strlen(death.digest), 64);
	assert_int_equal(death.core, -1);
}

static void a_death_may_be_of_no_part_and_by_no_signal(void **state)
{
	assert_true(death_read("died 1 memory none -1 0 -", &pid, &death));
	assert_string_equal(death.why, "memory");
	assert_int_equal(death.part, DEATH_NO_PART);
	assert_int_equal(death.signal, 0);
	assert_string_equal(death.digest, "");
}

static void what_is_no_such_word_is_refused_and_changes_nothing(void **state)
{
	static const char *const texts[] = {"", "ready", "died", "died 1 crash virus 2 11",
	        "died x crash virus 2 11 -", "died 0 crash virus 2 11 -",
	        "died -4 crash virus 2 11 -", "died 1 clean virus 2 11 -",
	        "died 1 crash VIRUS 2 11 -", "died 1 crash virus -2 11 -",
	        "died 1 crash virus 100000 11 -", "died 1 crash virus 2 65 -",
	        "died 1 crash virus 2 -1 -", "died 1 crash virus 2 11 - more",
	        "died 1 crash averyveryverylongname 2 11 -", "died 1 crash virus 2 11 abc",
	        ("died 1 crash virus 2 11 "
	         "../../56789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")};
	size_t at;

	death = death_bare("timeout");
	pid = 7;
	for (at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		assert_false(death_read(texts[at], &pid, &death));
	assert_int_equal(pid, 7);
	assert_string_equal(death.why, "timeout");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_word_of_a_death_is_read),
	        cmocka_unit_test(a_death_may_be_of_no_part_and_by_no_signal),
	        cmocka_unit_test(what_is_no_such_word_is_refused_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
