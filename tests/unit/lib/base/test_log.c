#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

/* Until nothing is there; gives the last bytes. */
static void drain(int fd, char *out, size_t room)
{
	ssize_t got, last = 0;

	while ((got = read(fd, out, room - 1)) > 0)
		last = got;
	out[last] = '\0';
}

static void a_reader_that_hangs_costs_lines_and_no_time(void **state)
{
	enum { LINES = 5000 };
	static char heard[1 << 17];
	int ends[2], before = dup(STDERR_FILENO), i;
	int64_t begun = clock_monotonic_ms(), cost;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(fcntl(ends[0], F_SETFL, O_NONBLOCK) >= 0);
	dup2(ends[1], STDERR_FILENO);
	for (i = 0; i < LINES; i++)
		log_event(LOG_LEVEL_INFO, NULL, "line", "number=%d text=%0100d", i, 0);
	cost = clock_monotonic_ms() - begun;
	drain(ends[0], heard, sizeof(heard));
	log_event(LOG_LEVEL_INFO, NULL, "heard", NULL);
	drain(ends[0], heard, sizeof(heard));
	dup2(before, STDERR_FILENO);
	close(before);
	close(ends[0]);
	close(ends[1]);
	assert_in_range(cost, 0, 10000);
	assert_non_null(strstr(heard, "event=log-lost lines="));
	assert_non_null(strstr(heard, "event=heard"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_reader_that_hangs_costs_lines_and_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
