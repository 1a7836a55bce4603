#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/qworker/link.h"

static struct config config = {.broker = {.heartbeat_ms = 1000, .silence_ms = 3000}};
static struct link served = {.config = &config, .is_serving = 1};

static int set_up(void **state)
{
	served.heard_ms = served.sent_ms = 10000;
	served.is_said = 1;
	return 0;
}

static void nothing_is_due_while_both_talk(void **state)
{
	assert_int_equal(link_due(&served, 10999), LINK_NOTHING);
}

static void a_heartbeat_is_due_when_we_have_been_silent(void **state)
{
	assert_int_equal(link_due(&served, 11000), LINK_HEARTBEAT);
	served.sent_ms = 10500;
	assert_int_equal(link_due(&served, 11000), LINK_NOTHING);
}

static void a_new_beginning_is_due_when_the_broker_has_been_silent(void **state)
{
	served.sent_ms = 13000;
	assert_int_equal(link_due(&served, 13000), LINK_NOTHING);
	assert_int_equal(link_due(&served, 13001), LINK_BEGIN);
}

static void ready_is_due_until_it_could_be_said(void **state)
{
	served.is_said = 0;
	served.ready_ms = 10500;
	assert_int_equal(link_due(&served, 10499), LINK_NOTHING);
	assert_int_equal(link_due(&served, 10500), LINK_READY);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(nothing_is_due_while_both_talk),
	        TEST(a_heartbeat_is_due_when_we_have_been_silent),
	        TEST(a_new_beginning_is_due_when_the_broker_has_been_silent),
	        TEST(ready_is_due_until_it_could_be_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
